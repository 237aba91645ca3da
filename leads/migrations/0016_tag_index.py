"""Leads by tag. Built while the table is in use; leads without tags are not in it."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("leads", "0015_tags_and_bulk")]

    operations = [
        AddIndexConcurrently(
            "lead",
            GinIndex(
                condition=models.Q(("tags", []), _negated=True), fields=["tags"], name="lead_by_tag"
            ),
        ),
    ]
