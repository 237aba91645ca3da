"""What 0001 to 0005 come to, at once: for an empty database.

One that has some of them already is brought on by the others of them (Django's `replaces`).
"""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ("personas", "0001_initial"),
        ("personas", "0002_drafts"),
        ("personas", "0003_persona_versions"),
        ("personas", "0004_offers"),
        ("personas", "0005_messages"),
    ]

    initial = True

    dependencies = [("accounts", "0001_squashed_0010_deputies"), migrations.swappable_dependency(settings.AUTH_USER_MODEL),]

    operations = [
        migrations.CreateModel(
            name='Definition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField()),
                ('version', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=120)),
                ('words', models.TextField()),
                ('rule', models.JSONField(default=dict)),
                ('in_force_from', models.DateTimeField()),
                ('signed_for_marketing_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_for_sales_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['key', '-version'],
                'constraints': [models.UniqueConstraint(fields=('key', 'version'), name='definition_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('definition', 'Definition'), ('persona', 'Persona')], max_length=16)),
                ('key', models.SlugField()),
                ('facts', models.JSONField()),
                ('based_on', models.PositiveIntegerField()),
                ('edits', models.PositiveIntegerField(default=1)),
                ('changed_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changed_at', models.DateTimeField()),
                ('signed_for_marketing_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_for_sales_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agreed_as', models.PositiveIntegerField(null=True)),
                ('discarded_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('agreed_as', None), ('discarded_at', None)), fields=('kind', 'key'), name='one_open_draft_a_word'), models.CheckConstraint(condition=models.Q(('agreed_as', None), ('discarded_at', None), _connector='OR'), name='draft_agreed_or_discarded')],
            },
        ),
        migrations.CreateModel(
            name='Persona',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('motives', models.TextField(blank=True)),
                ('influences', models.TextField(blank=True)),
                ('pains', models.TextField(blank=True)),
                ('goals', models.TextField(blank=True)),
                ('objections', models.JSONField(blank=True, default=list)),
                ('channels', models.CharField(blank=True, max_length=200)),
                ('market_size', models.PositiveBigIntegerField(blank=True, null=True)),
                ('market_note', models.CharField(blank=True, max_length=300)),
                ('sources', models.JSONField(blank=True, default=list)),
                ('criteria', models.JSONField(default=list)),
                ('min_points', models.PositiveSmallIntegerField(default=10)),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('is_active', models.BooleanField(default=True)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['order', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=160)),
                ('summary', models.TextField(blank=True)),
                ('price', models.DecimalField(decimal_places=2, max_digits=12)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('is_active', models.BooleanField(default=True)),
                ('personas', models.ManyToManyField(blank=True, related_name='offers', to='personas.persona')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='offer_price_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='PersonaVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('persona', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='personas.persona')),
                ('version', models.PositiveIntegerField()),
                ('facts', models.JSONField()),
                ('in_force_from', models.DateTimeField(null=True)),
                ('signed_for_marketing_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_for_sales_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-version'],
                'constraints': [models.UniqueConstraint(fields=('persona', 'version'), name='persona_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='personas.offer')),
                ('persona', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='personas.persona')),
                ('stage', models.CharField(blank=True, max_length=16)),
                ('channel', models.CharField(blank=True, choices=[('', 'Any channel'), ('call', 'Call'), ('email', 'E-mail'), ('meeting', 'Meeting'), ('social', 'Social')], max_length=8)),
                ('text', models.TextField()),
                ('collaterals', models.JSONField(blank=True, default=list)),
                ('proposed_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_at', models.DateTimeField()),
                ('agreed_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agreed_at', models.DateTimeField(null=True)),
                ('retired_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('agreed_at', None), ('agreed_by', None)), models.Q(('agreed_at__isnull', False), ('agreed_by__isnull', False)), _connector='OR'), name='message_agreed_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='OfferChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='personas.offer')),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('claim', models.CharField(blank=True, max_length=200)),
                ('say', models.TextField(blank=True)),
                ('reason', models.TextField()),
                ('title', models.CharField(max_length=250)),
                ('proposed_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_at', models.DateTimeField()),
                ('edits', models.PositiveIntegerField(default=1)),
                ('published_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('published_at', models.DateTimeField(null=True)),
                ('discarded_at', models.DateTimeField(null=True)),
                ('taken_back_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('taken_back_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-published_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('discarded_at', None), ('published_at', None)), fields=('offer',), name='one_open_change_an_offer'), models.CheckConstraint(condition=models.Q(('published_at', None), ('discarded_at', None), _connector='OR'), name='change_published_or_discarded'), models.CheckConstraint(condition=models.Q(('taken_back_at', None), ('published_at__isnull', False), _connector='OR'), name='only_published_is_taken_back')],
            },
        ),
        migrations.CreateModel(
            name='Acknowledgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='acknowledgements', to='personas.offerchange')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('acknowledged_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['user__name', 'id'],
                'indexes': [models.Index(condition=models.Q(('acknowledged_at', None)), fields=['user'], name='to_acknowledge')],
                'constraints': [models.UniqueConstraint(fields=('change', 'user'), name='acknowledged_once')],
            },
        ),
        migrations.CreateModel(
            name='FormerName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former', to='personas.offer')),
                ('name', models.CharField(max_length=160)),
                ('until', models.DateTimeField(null=True)),
                ('change', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='retired_name', to='personas.offerchange')),
            ],
            options={
                'ordering': [models.OrderBy(models.F('until'), descending=True, nulls_last=True), '-id'],
                'constraints': [models.UniqueConstraint(models.F('offer'), django.db.models.functions.text.Lower('name'), name='former_name_once')],
            },
        ),
    ]
