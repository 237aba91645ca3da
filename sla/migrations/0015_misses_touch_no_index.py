from django.db import migrations, models
from django.db.models import Q

FILL = """
UPDATE sla_breach b SET started_at = c.started_at FROM sla_clock c WHERE c.id = b.clock_id
"""
# Room on each page for the next state of its clocks: PostgreSQL then writes a miss beside the old
# row and leaves every index alone. Pages written before stay full until their rows are rewritten.
ROOM = "ALTER TABLE sla_clock SET (fillfactor = 85)"
NO_ROOM = "ALTER TABLE sla_clock RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("sla", "0014_moving_alarms")]

    operations = [
        migrations.AddField(
            model_name="breach", name="started_at", field=models.DateTimeField(null=True)
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="breach", name="started_at", field=models.DateTimeField()
        ),
        migrations.AddIndex(
            model_name="breach",
            index=models.Index(
                fields=["started_at"],
                name="breach_standing",
                include=["breached_at", "owner", "team"],
                condition=Q(overturned_at=None),
            ),
        ),
        migrations.RemoveIndex(model_name="clock", name="clock_missed"),
        migrations.RemoveIndex(model_name="clock", name="clock_waiting"),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(
                fields=["due_at"],
                name="clock_waiting",
                include=["owner", "team"],
                condition=Q(ended_at=None),
            ),
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
