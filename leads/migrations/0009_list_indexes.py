"""The list of leads among a million of them. Built while the table is in use."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("leads", "0008_duplicate_pairs")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(fields=["-created_at", "-id"], name="lead_newest_of_all"),
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(fields=["-score", "-id"], name="lead_best_of_all"),
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(
                fields=["stage", "-created_at", "-id"], name="lead_newest_by_stage"
            ),
        ),
    ]
