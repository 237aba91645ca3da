"""Tags on leads, and what is done to many leads at once."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_quiet_hours'),
        ('leads', '0014_list_orders'),
        ('personas', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lead_number', models.BigIntegerField()),
                ('name', models.CharField(blank=True, max_length=254)),
                ('why', models.CharField(blank=True, max_length=500)),
                ('undone', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['run', 'lead_number'],
            },
        ),
        migrations.CreateModel(
            name='BulkRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deed', models.CharField(max_length=16)),
                ('told', models.JSONField(default=dict)),
                ('leads', models.JSONField(default=list)),
                ('position', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('running', 'Running'), ('finished', 'Done'), ('stopped', 'Stopped'), ('undoing', 'Being undone'), ('undone', 'Undone')], default='running', max_length=10)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-started_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('name')],
            },
        ),
        migrations.AddField(
            model_name='lead',
            name='tags',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='bulkrun',
            name='by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='bulk_runs', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bulkline',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='leads.bulkrun'),
        ),
        migrations.AddField(
            model_name='tag',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='bulkrun',
            index=models.Index(fields=['by', '-started_at'], name='bulk_run_newest'),
        ),
        migrations.AddIndex(
            model_name='bulkrun',
            index=models.Index(condition=models.Q(('state__in', ['running', 'undoing'])), fields=['started_at'], name='bulk_run_under_way'),
        ),
        migrations.AddConstraint(
            model_name='bulkline',
            constraint=models.UniqueConstraint(fields=('run', 'lead_number'), name='bulk_line_once'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='tag_name_once'),
        ),
    ]
