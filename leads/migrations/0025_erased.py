"""Leads erased for good: an empty row is left, for the figures. The index is built in use."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("leads", "0024_tag_keeping")]
    operations = [
        migrations.AddField("lead", "erased_at", models.DateTimeField(blank=True, null=True)),
        RemoveIndexConcurrently("lead", "lead_in_bin"),
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("deleted_at__isnull", False), ("erased_at", None)),
                fields=["-deleted_at"],
                name="lead_in_bin",
            ),
        ),
        migrations.RemoveConstraint("lead", "lead_can_be_reached"),
        migrations.AddConstraint(
            "lead",
            models.CheckConstraint(
                condition=models.Q(
                    ("email__isnull", False),
                    models.Q(("phone", ""), _negated=True),
                    ("erased_at__isnull", False),
                    _connector="OR",
                ),
                name="lead_can_be_reached",
            ),
        ),
    ]
