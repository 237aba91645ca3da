"""Programs that know no tags yet write leads without naming them."""
import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0020_feedback'),
    ]

    operations = [
        migrations.AlterField(
            model_name='lead',
            name='tags',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), blank=True, db_default=[], default=list, size=None),
        ),
    ]
