"""What 0001 to 0021 come to, at once: for an empty database.

One that has some of them already is brought on by the others of them (Django's `replaces`).
"""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Their SQL is said where it was written first.
tallies = import_module("sla.migrations.0003_tallies")
misses = import_module("sla.migrations.0015_misses_touch_no_index")
signed = import_module("sla.migrations.0016_signed_text")
monthly = import_module("sla.migrations.0018_monthly_promises")


class Migration(migrations.Migration):

    replaces = [
        ("sla", "0001_initial"),
        ("sla", "0002_clock_freezes_groups"),
        ("sla", "0003_tallies"),
        ("sla", "0004_fewer_indexes"),
        ("sla", "0005_claims"),
        ("sla", "0006_person_calendars"),
        ("sla", "0007_pauses"),
        ("sla", "0008_sweep_pulse"),
        ("sla", "0009_attempts"),
        ("sla", "0010_more_steps"),
        ("sla", "0011_calendar_of"),
        ("sla", "0012_webhook_step"),
        ("sla", "0013_contract_drafts"),
        ("sla", "0014_moving_alarms"),
        ("sla", "0015_misses_touch_no_index"),
        ("sla", "0016_signed_text"),
        ("sla", "0017_changes_to_acknowledge"),
        ("sla", "0018_monthly_promises"),
        ("sla", "0019_endings"),
        ("sla", "0020_excuses"),
        ("sla", "0021_packets"),
    ]

    initial = True

    dependencies = [("accounts", "0001_squashed_0010_deputies"), ("leads", "0001_squashed_0047_owner_in_pool"), ("personas", "0001_squashed_0005_messages"), migrations.swappable_dependency(settings.AUTH_USER_MODEL),]

    operations = [
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=120)),
                ('always_open', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('always_open', True)), fields=('always_open',), name='one_always_open')],
            },
        ),
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('name', models.CharField(max_length=160)),
                ('is_draft', models.BooleanField(default=False)),
                ('in_force_from', models.DateTimeField(null=True)),
                ('in_force_to', models.DateTimeField(blank=True, null=True)),
                ('signed_for_marketing_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_for_marketing_at', models.DateTimeField(null=True)),
                ('signed_for_sales_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_for_sales_at', models.DateTimeField(null=True)),
                ('text', models.TextField(blank=True)),
                ('text_sha256', models.CharField(blank=True, max_length=64)),
                ('hop_limit', models.PositiveSmallIntegerField(default=2)),
            ],
            options={
                'ordering': ['-version'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('in_force_to', None), ('is_draft', True)), models.Q(('in_force_from__isnull', False), ('is_draft', False)), _connector='OR'), name='contract_draft_or_in_force'), models.UniqueConstraint(condition=models.Q(('is_draft', True)), fields=('is_draft',), name='one_draft_at_a_time'), models.CheckConstraint(condition=models.Q(('in_force_to', None), ('in_force_to__gt', models.F('in_force_from')), _connector='OR'), name='contract_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='Exclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('handoff', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exclusions', to='leads.handoff')),
                ('reason', models.CharField(max_length=300)),
                ('asked_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField()),
                ('signed_for_marketing_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_for_sales_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agreed_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-asked_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('dropped_at', None)), fields=('handoff',), name='one_exclusion_a_handoff'), models.CheckConstraint(condition=models.Q(('agreed_at', None), models.Q(('signed_for_marketing_by__isnull', False), ('signed_for_sales_by__isnull', False), models.Q(('signed_for_marketing_by', models.F('signed_for_sales_by')), _negated=True)), _connector='OR'), name='exclusion_agreed_by_both')],
            },
        ),
        migrations.CreateModel(
            name='SweepPulse',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('last_swept_at', models.DateTimeField(null=True)),
                ('fired', models.BigIntegerField(default=0)),
                ('breached', models.BigIntegerField(default=0)),
                ('reassigned', models.BigIntegerField(default=0)),
                ('set_aside', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_sweep_pulse')],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cut', models.CharField(choices=[('hour', 'Hour'), ('term', 'Day and term'), ('persona', 'Day and persona'), ('campaign', 'Day and campaign'), ('source', 'Day and source')], max_length=8)),
                ('slot', models.DateTimeField()),
                ('owner_id', models.BigIntegerField()),
                ('team_id', models.BigIntegerField()),
                ('value', models.CharField(max_length=60)),
                ('met', models.IntegerField()),
                ('missed', models.IntegerField()),
                ('excused', models.IntegerField()),
                ('voided', models.IntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('cut', 'slot', 'owner_id', 'team_id', 'value'), name='tally_once')],
            },
        ),
        migrations.CreateModel(
            name='TallyChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot', models.DateTimeField()),
                ('owner_id', models.BigIntegerField()),
                ('team_id', models.BigIntegerField()),
                ('term_id', models.BigIntegerField()),
                ('persona_id', models.BigIntegerField()),
                ('campaign_id', models.BigIntegerField()),
                ('source', models.CharField(max_length=60)),
                ('met', models.IntegerField()),
                ('missed', models.IntegerField()),
                ('excused', models.IntegerField()),
                ('voided', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='sla.calendar')),
                ('number', models.PositiveIntegerField()),
                ('tz', models.CharField(max_length=64)),
                ('weekly', models.JSONField()),
                ('country', models.CharField(blank=True, max_length=2)),
                ('subdivision', models.CharField(blank=True, max_length=40)),
                ('closed', models.JSONField(blank=True, default=list)),
                ('opened', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['calendar', '-number'],
                'constraints': [models.UniqueConstraint(fields=('calendar', 'number'), name='calendar_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Ending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='endings', to='sla.contract')),
                ('takes_back', models.BooleanField(default=False)),
                ('ends_at', models.DateTimeField(null=True)),
                ('why', models.CharField(max_length=300)),
                ('asked_at', models.DateTimeField()),
                ('signed_for_marketing_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_for_sales_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agreed_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('agreed_at', None), ('dropped_at', None)), fields=('contract',), name='one_open_ending_a_version'), models.CheckConstraint(condition=models.Q(('agreed_at', None), models.Q(('signed_for_marketing_by__isnull', False), ('signed_for_sales_by__isnull', False), models.Q(('signed_for_marketing_by', models.F('signed_for_sales_by')), _negated=True)), _connector='OR'), name='ending_agreed_by_both')],
            },
        ),
        migrations.CreateModel(
            name='MonthlyPromise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='monthly', to='sla.contract')),
                ('key', models.SlugField()),
                ('name', models.CharField(max_length=120)),
                ('counted', models.CharField(choices=[('accepted', 'How many are accepted'), ('share', 'Which share is accepted'), ('complete', 'Which share comes with a complete packet')], max_length=12)),
                ('target', models.PositiveIntegerField()),
                ('personas', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(), blank=True, default=list, size=None)),
                ('packet', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), blank=True, default=list, size=None)),
            ],
            options={
                'ordering': ['contract', 'id'],
                'constraints': [models.UniqueConstraint(fields=('contract', 'key'), name='monthly_key_once'), models.CheckConstraint(condition=models.Q(('counted__in', ['accepted', 'share', 'complete'])), name='monthly_counts_something'), models.CheckConstraint(condition=models.Q(('target__gte', 1), models.Q(('counted', 'accepted'), ('target__lte', 100), _connector='OR')), name='monthly_target_can_be_met'), models.CheckConstraint(condition=models.Q(models.Q(('counted', 'complete'), ('packet__len__gte', 1)), models.Q(models.Q(('counted', 'complete'), _negated=True), ('packet__len', 0)), _connector='OR'), name='monthly_packet_where_counted')],
            },
        ),
        migrations.CreateModel(
            name='PersonCalendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='working_calendar', to=settings.AUTH_USER_MODEL)),
                ('own', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person', to='sla.calendar')),
                ('less_leave', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='less_leave_of', to='sla.calendar')),
            ],
        ),
        migrations.CreateModel(
            name='TeamCalendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('team', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='working_calendar', to='accounts.team')),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.calendar')),
            ],
        ),
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='sla.contract')),
                ('key', models.SlugField()),
                ('measure', models.SlugField()),
                ('name', models.CharField(max_length=120)),
                ('side', models.CharField(choices=[('marketing', 'Marketing'), ('sales', 'Sales')], max_length=12)),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('tiers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None)),
                ('personas', django.contrib.postgres.fields.ArrayField(base_field=models.SlugField(), blank=True, default=list, size=None)),
                ('sources', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('starts_on', models.CharField(max_length=20)),
                ('stops_on', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('stops_after', models.PositiveSmallIntegerField(default=1)),
                ('spacing_seconds', models.PositiveIntegerField(default=0)),
                ('target_seconds', models.PositiveIntegerField()),
                ('calendar_of', models.CharField(choices=[('team', 'The team’s working hours'), ('owner', 'The owner’s own hours, less their leave'), ('wall', 'Around the clock')], default='team', max_length=8)),
                ('per_owner', models.BooleanField(default=False)),
                ('steps', models.JSONField(default=list)),
                ('pause_reasons', models.JSONField(blank=True, default=list)),
            ],
            options={
                'ordering': ['contract', 'measure', 'order', 'id'],
                'constraints': [models.UniqueConstraint(fields=('contract', 'key'), name='term_key_once'), models.CheckConstraint(condition=models.Q(('target_seconds__gt', 0)), name='term_has_target'), models.CheckConstraint(condition=models.Q(('stops_after__gte', 1)), name='term_stops_after_one'), models.CheckConstraint(condition=models.Q(('calendar_of__in', ['team', 'owner', 'wall'])), name='term_counted_in_known_hours')],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('term', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='sla.term')),
                ('handoff', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='leads.handoff')),
                ('lead', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='leads.lead')),
                ('acknowledgement', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='personas.acknowledgement')),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='accounts.team')),
                ('calendar_version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.calendarversion')),
                ('persona', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='personas.persona')),
                ('campaign', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.campaign')),
                ('source', models.CharField(blank=True, max_length=60)),
                ('target_seconds', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('met', 'Met'), ('missed', 'Missed'), ('voided', 'Voided')], default='running', max_length=8)),
                ('started_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('remaining_seconds', models.PositiveIntegerField(null=True)),
                ('stopped_at', models.DateTimeField(null=True)),
                ('stopped_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leads.activity')),
                ('ended_at', models.DateTimeField(null=True)),
                ('excused', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['due_at', 'id'],
                'indexes': [models.Index(fields=['handoff'], name='clock_by_handoff'), models.Index(condition=models.Q(('stopped_by__isnull', False)), fields=['stopped_by'], name='clock_by_stop'), models.Index(condition=models.Q(('ended_at', None)), fields=['lead', 'due_at'], name='clock_unended'), models.Index(fields=['started_at'], name='clock_by_start'), models.Index(condition=models.Q(('ended_at', None)), fields=['due_at'], include=('owner', 'team'), name='clock_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('acknowledgement', None), ('handoff__isnull', False), ('lead__isnull', False)), models.Q(('acknowledgement__isnull', False), ('handoff', None), ('lead', None)), _connector='OR'), name='clock_has_one_subject'), models.UniqueConstraint(fields=('term', 'handoff', 'round'), name='clock_round_once'), models.UniqueConstraint(condition=models.Q(('acknowledgement__isnull', False)), fields=('acknowledgement', 'term'), name='clock_of_acknowledgement_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'met'), _negated=True), models.Q(('due_at', None), ('stopped_at__isnull', False)), ('stopped_at__lte', models.F('due_at')), _connector='OR'), name='clock_met_in_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'missed'), _negated=True), ('stopped_at', None), ('stopped_at__gt', models.F('due_at')), _connector='OR'), name='clock_stopped_late_is_missed'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ['running', 'paused'])), ('state', 'missed'), models.Q(('ended_at__isnull', False), ('state__in', ['met', 'voided'])), _connector='OR'), name='clock_ended_iff_over'), models.CheckConstraint(condition=models.Q(models.Q(('excused', True), _negated=True), ('state', 'missed'), _connector='OR'), name='only_a_miss_is_excused')],
            },
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='alarms', to='sla.clock')),
                ('step', models.PositiveSmallIntegerField()),
                ('action', models.CharField(choices=[('warn', 'Warn the owner'), ('breach', 'Record the breach'), ('tell_owner', 'Remind the owner'), ('tell_manager', 'Tell the manager'), ('reassign', 'Give it to another rep'), ('back_to_pool', 'Give it back to its pool'), ('webhook', 'Call the webhooks')], max_length=12)),
                ('fire_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('fired', 'Fired'), ('void', 'No longer needed'), ('aside', 'Set aside after an error')], default='waiting', max_length=8)),
                ('fired_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['fire_at'], name='alarm_waiting'), models.Index(condition=models.Q(('action__in', ['reassign', 'back_to_pool']), ('state', 'waiting')), fields=['fire_at', 'id'], name='alarm_moving'), models.Index(condition=models.Q(('state', 'aside')), fields=['id'], name='alarm_aside')],
                'constraints': [models.UniqueConstraint(fields=('clock', 'step'), name='alarm_once_a_step')],
            },
        ),
        migrations.CreateModel(
            name='Breach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='breach', to='sla.clock')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='breaches', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('started_at', models.DateTimeField()),
                ('breached_at', models.DateTimeField()),
                ('noticed_at', models.DateTimeField()),
                ('overturned_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['breached_at'], name='breach_by_instant'), models.Index(condition=models.Q(('overturned_at', None)), fields=['started_at'], include=('breached_at', 'owner', 'team'), name='breach_standing')],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='sla.clock')),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.activity')),
                ('claimed_at', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'Waits for a manager'), ('approved', 'Approved'), ('refused', 'Refused'), ('settled', 'Settled by other evidence')], default='waiting', max_length=8)),
                ('decided_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['made_at', 'id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['made_at'], name='claim_waiting'), models.Index(condition=models.Q(('decided_at__isnull', False)), fields=['decided_at'], name='claim_decided')],
                'constraints': [models.UniqueConstraint(fields=('clock', 'activity'), name='claim_once'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='claim_decided_or_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Excuse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='excuses', to='sla.clock')),
                ('reason', models.CharField(max_length=500)),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('taken_back_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['at', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('taken_back_at', None)), fields=('clock',), name='one_excuse_a_clock')],
            },
        ),
        migrations.CreateModel(
            name='Leg',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='legs', to='sla.clock')),
                ('calendar_version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.calendarversion')),
                ('until', models.DateTimeField()),
            ],
            options={
                'ordering': ['until', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='sla.clock')),
                ('started_at', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(max_length=40)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['started_at', 'id'],
                'indexes': [models.Index(condition=models.Q(('ended_at', None), ('until__isnull', False)), fields=['until'], name='pause_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('started_at')), _connector='OR'), name='pause_until_after_start')],
            },
        ),
        migrations.AddField(
            model_name='calendar',
            name='teams',
            field=models.ManyToManyField(related_name='calendars', through='sla.TeamCalendar', to='accounts.team'),
        ),
    *(
            migrations.RunSQL(
                tallies.CREATE.format(name=name, note=tallies.note(clocks), event=event),
                tallies.DROP.format(name=name),
            )
            for name, (clocks, event) in tallies.TRIGGERS.items()
        ),
        migrations.RunSQL(misses.ROOM, misses.NO_ROOM),
        migrations.RunSQL(signed.CREATE, signed.DROP),
        migrations.RunSQL(monthly.CREATE, monthly.DROP),
    ]
