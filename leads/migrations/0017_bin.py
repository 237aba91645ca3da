"""Deleted leads: in the bin, their e-mail address free. Built while the table is in use."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ALIVE = models.UniqueConstraint(
    condition=models.Q(("deleted_at", None)), fields=("email",), name="lead_email_once"
)
ALL = models.UniqueConstraint(fields=("email",), name="lead_email_once")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0016_tag_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "lead", "deleted_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "lead",
            "deleted_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["-deleted_at"],
                name="lead_in_bin",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY lead_email_alive ON leads_lead (email) "
                    "WHERE deleted_at IS NULL",
                    "DROP INDEX CONCURRENTLY IF EXISTS lead_email_alive",
                ),
                migrations.RunSQL(
                    [
                        "ALTER TABLE leads_lead DROP CONSTRAINT lead_email_once",
                        "ALTER INDEX lead_email_alive RENAME TO lead_email_once",
                    ],
                    [
                        "ALTER INDEX lead_email_once RENAME TO lead_email_alive",
                        "ALTER TABLE leads_lead ADD CONSTRAINT lead_email_once UNIQUE (email)",
                    ],
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("lead", "lead_email_once"),
                migrations.AddConstraint("lead", ALIVE),
            ],
        ),
        migrations.AlterField(
            model_name="activity",
            name="kind",
            field=models.CharField(choices=[('form', 'Form filled in'), ('page_view', 'Page visited'), ('download', 'Download'), ('email_click', 'E-mail link clicked'), ('event', 'Came to an event'), ('reply', 'Reply'), ('ad_click', 'Ad clicked'), ('imported', 'Imported'), ('entered', 'Entered by hand'), ('call', 'Call'), ('email', 'E-mail'), ('meeting', 'Meeting'), ('note', 'Note'), ('mql', 'Became an MQL'), ('handed_over', 'Handed over to sales'), ('reassigned', 'Reassigned'), ('accepted', 'Accepted by sales'), ('rejected', 'Rejected by sales'), ('paused', 'Paused'), ('resumed', 'Resumed'), ('return_answered', 'Return answered by marketing'), ('qualified', 'Qualified'), ('disqualified', 'Disqualified'), ('recycled', 'Recycled to marketing'), ('withdrawn', 'Withdrawn from sales'), ('merged', 'Merged with another lead'), ('unmerged', 'Merge undone'), ('restored', 'Put back from the bin'), ('deal_opened', 'Deal opened'), ('won', 'Deal won'), ('lost', 'Deal lost'), ('edited', 'Details changed')], max_length=20),
        ),
    ]
