# An answer notes what the question had answered itself.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0030_insights")]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="instead_of",
            field=models.CharField(
                blank=True,
                choices=[
                    ("yes", "Yes"),
                    ("partly", "Partly"),
                    ("no", "No"),
                    ("open", "Not known"),
                ],
                default="",
                max_length=8,
            ),
        ),
    ]
