import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE sla_clock c SET persona_id = l.persona_id, campaign_id = l.campaign_id, source = l.source
FROM leads_lead l WHERE l.id = c.lead_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0001_initial"),
        ("personas", "0001_initial"),
        ("sla", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="clock",
            name="clock_at_risk",
        ),
        migrations.AddField(
            model_name="clock",
            name="campaign",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.campaign",
            ),
        ),
        migrations.AddField(
            model_name="clock",
            name="persona",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="personas.persona",
            ),
        ),
        migrations.AddField(
            model_name="clock",
            name="source",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        # So that the indexes below find no trigger events of the fill waiting.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["due_at"],
                include=("state", "owner", "team"),
                name="clock_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("state", "missed")),
                fields=["started_at"],
                include=("due_at", "owner", "team"),
                name="clock_missed",
            ),
        ),
    ]
