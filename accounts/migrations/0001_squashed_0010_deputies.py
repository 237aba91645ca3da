"""What 0001 to 0010 come to, at once: for an empty database.

One that has some of them already is brought on by the others of them (Django's `replaces`).
"""

from importlib import import_module

import accounts.models.people
import accounts.models.webhooks
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

# Their SQL is said where it was written first.
audit = import_module("accounts.migrations.0002_audit_is_append_only")


class Migration(migrations.Migration):

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_audit_is_append_only"),
        ("accounts", "0003_fewer_indexes"),
        ("accounts", "0004_webhooks"),
        ("accounts", "0005_quiet_hours"),
        ("accounts", "0006_preferences"),
        ("accounts", "0007_calendar_feeds"),
        ("accounts", "0008_contacts"),
        ("accounts", "0009_booking_page"),
        ("accounts", "0010_deputies"),
    ]

    initial = True

    dependencies = [("auth", "0012_alter_user_first_name_max_length"), ("contenttypes", "0002_remove_content_type_name"),]

    operations = [
        migrations.CreateModel(
            name='ConfigurationStamp',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('stamp', models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_configuration_stamp')],
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('marketing', 'Marketing'), ('sales', 'Sales')], max_length=16)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                ('name', models.CharField(blank=True, max_length=120)),
                ('time_zone', models.CharField(default='America/New_York', max_length=64, validators=[accounts.models.people.validate_time_zone])),
                ('quiet_from', models.TimeField(blank=True, null=True)),
                ('quiet_to', models.TimeField(blank=True, null=True)),
                ('quiet_weekends', models.BooleanField(default=False)),
                ('is_staff', models.BooleanField(default=False, verbose_name='admin')),
                ('is_active', models.BooleanField(default=True)),
                ('date_joined', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to=settings.AUTH_USER_MODEL)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('deputy', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='stands_in', to=settings.AUTH_USER_MODEL)),
                ('passed_on_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['starts_at'],
                'indexes': [models.Index(condition=models.Q(('deputy__isnull', False), ('passed_on_at', None)), fields=['starts_at'], name='absence_to_pass_on')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='absence_ends_after_start'), models.CheckConstraint(condition=models.Q(('deputy', None), models.Q(('deputy', models.F('user')), _negated=True), _connector='OR'), name='absence_deputy_is_another')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL)),
                ('label', models.CharField(blank=True, max_length=80)),
                ('scope', models.CharField(choices=[('capture', 'Capture leads only'), ('full', 'All its person may do')], max_length=16)),
                ('prefix', models.CharField(max_length=8)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('verb', models.CharField(max_length=64)),
                ('subject', models.CharField(max_length=64)),
                ('subject_id', models.BigIntegerField(null=True)),
                ('facts', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['subject', 'subject_id'], name='audit_by_subject')],
            },
        ),
        migrations.CreateModel(
            name='BookingPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='booking_page', to=settings.AUTH_USER_MODEL)),
                ('slug', models.CharField(max_length=60, unique=True)),
                ('is_on', models.BooleanField(default=True)),
                ('minutes', models.PositiveSmallIntegerField(default=30)),
                ('buffer', models.PositiveSmallIntegerField(default=10)),
                ('notice', models.PositiveSmallIntegerField(default=4)),
                ('ahead', models.PositiveSmallIntegerField(default=14)),
                ('place', models.CharField(blank=True, max_length=500)),
                ('words', models.CharField(blank=True, max_length=500)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feed', to=settings.AUTH_USER_MODEL)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(choices=[('contract', 'The contract, deadlines and figures'), ('unassigned', 'Leads that nobody takes'), ('returns', 'Leads that came back'), ('definitions', 'What our words mean'), ('personas', 'Personas'), ('offers', 'Offers and what we say of them'), ('scoring', 'Scores'), ('imports', 'Imports and duplicates'), ('access', 'Accounts, teams and rights')], max_length=20, unique=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deputy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('deputy', None), models.Q(('deputy', models.F('person')), _negated=True), _connector='OR'), name='contact_deputy_is_another')],
            },
        ),
        migrations.CreateModel(
            name='IdempotentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ('key', models.CharField(max_length=200)),
                ('body_hash', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('answer', models.JSONField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='idempotency_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.team')),
                ('is_manager', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'team'), name='membership_once')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                ('delivery_id', models.UUIDField(unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('title', models.CharField(max_length=300)),
                ('body', models.TextField(blank=True)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['user', '-created_at'], name='notification_by_user'), models.Index(condition=models.Q(('read_at', None)), fields=['user'], name='notification_unread')],
            },
        ),
        migrations.CreateModel(
            name='NotificationPreference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notification_preferences', to=settings.AUTH_USER_MODEL)),
                ('topic', models.CharField(max_length=40)),
                ('bell', models.BooleanField(default=True)),
                ('mail', models.CharField(choices=[('at_once', 'At once'), ('hourly', 'Every hour'), ('daily', 'Every morning'), ('never', 'Never')], default='at_once', max_length=10)),
                ('chat', models.BooleanField(default=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'topic'), name='preference_one_a_topic')],
            },
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('kind', models.CharField(max_length=40)),
                ('title', models.CharField(max_length=300)),
                ('body', models.TextField(blank=True)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('dedupe_key', models.CharField(max_length=120, null=True)),
                ('created_at', models.DateTimeField()),
                ('next_attempt_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('envelope', models.UUIDField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('dead_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('dead_at', None), ('delivered_at', None)), fields=['next_attempt_at'], name='outbox_waiting')],
                'constraints': [models.UniqueConstraint(fields=('dedupe_key',), name='outbox_tells_once')],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('url', models.CharField(max_length=500)),
                ('salt', models.CharField(default=accounts.models.webhooks.new_salt, max_length=32)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='chat', to=settings.AUTH_USER_MODEL)),
                ('last_status', models.CharField(blank=True, max_length=160)),
                ('last_attempt_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='accounts.webhook')),
                ('event', models.CharField(max_length=40)),
                ('body', models.JSONField()),
                ('dedupe_key', models.CharField(max_length=120, null=True)),
                ('created_at', models.DateTimeField()),
                ('next_attempt_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('last_attempt_at', models.DateTimeField(null=True)),
                ('last_status', models.CharField(blank=True, max_length=160)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('dead_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('dead_at', None), ('delivered_at', None)), fields=['next_attempt_at'], name='webhook_waiting'), models.Index(fields=['created_at'], name='webhook_delivery_by_age')],
                'constraints': [models.UniqueConstraint(fields=('dedupe_key',), name='webhook_tells_once')],
            },
        ),
        migrations.AddField(
            model_name='team',
            name='members',
            field=models.ManyToManyField(related_name='teams', through='accounts.Membership', to=settings.AUTH_USER_MODEL),
        ),
    migrations.RunSQL(audit.CREATE, audit.DROP),
    ]
