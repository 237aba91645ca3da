"""An index for each further order of the list of leads. Built while the table is in use."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("leads", "0013_saved_views")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(
                models.OrderBy(
                    models.F("last_touchpoint_at"), descending=True, nulls_last=True
                ),
                models.OrderBy(models.F("id"), descending=True),
                name="lead_touched",
            ),
        ),
        AddIndexConcurrently(
            "lead", models.Index(fields=["-updated_at", "-id"], name="lead_changed")
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(
                fields=["respond_by", "id"],
                name="lead_due",
                condition=models.Q(respond_by__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "lead", models.Index(fields=["match_text", "id"], name="lead_by_name")
        ),
    ]
