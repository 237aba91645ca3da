from django.db import migrations, models

# What clocks add to the tallies: those judged or voided, by the hour in which they started.
ADDS = """
SELECT date_trunc('hour', started_at, 'UTC') AS slot, coalesce(owner_id, 0) AS owner_id,
    coalesce(team_id, 0) AS team_id, term_id, coalesce(persona_id, 0) AS persona_id,
    coalesce(campaign_id, 0) AS campaign_id, source,
    sum(sign * (state = 'met')::int) AS met, sum(sign * (state = 'missed')::int) AS missed,
    sum(sign * excused::int) AS excused, sum(sign * (state = 'voided')::int) AS voided
FROM ({clocks}) c WHERE state IN ('met', 'missed', 'voided')
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
NOTE = """
INSERT INTO sla_tallychange
    (slot, owner_id, team_id, term_id, persona_id, campaign_id, source, met, missed, excused, voided)
SELECT * FROM ({adds}) a WHERE (met, missed, excused, voided) <> (0, 0, 0, 0)
"""


def note(clocks: str) -> str:
    return NOTE.format(adds=ADDS.format(clocks=clocks))


# Clocks start running, so a start fires nothing; only rows loaded in bulk are judged already.
TRIGGERS = {
    "clock_loaded": (
        "SELECT NEW.*, 1 AS sign",
        "INSERT ON sla_clock FOR EACH ROW WHEN (NEW.state IN ('met', 'missed', 'voided'))",
    ),
    "clock_updated": (
        "SELECT *, 1 AS sign FROM new_rows UNION ALL SELECT *, -1 FROM old_rows",
        "UPDATE ON sla_clock REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"
        " FOR EACH STATEMENT",
    ),
    "clock_deleted": (
        "SELECT *, -1 AS sign FROM old_rows",
        "DELETE ON sla_clock REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT",
    ),
}
CREATE = """
CREATE FUNCTION sla_note_{name}() RETURNS trigger AS $$
BEGIN
    {note};
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER {name} AFTER {event} EXECUTE FUNCTION sla_note_{name}();
"""
DROP = "DROP TRIGGER {name} ON sla_clock; DROP FUNCTION sla_note_{name}();"


class Migration(migrations.Migration):
    dependencies = [("sla", "0002_clock_freezes_groups")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cut",
                    models.CharField(
                        choices=[
                            ("hour", "Hour"),
                            ("term", "Day and term"),
                            ("persona", "Day and persona"),
                            ("campaign", "Day and campaign"),
                            ("source", "Day and source"),
                        ],
                        max_length=8,
                    ),
                ),
                ("slot", models.DateTimeField()),
                ("owner_id", models.BigIntegerField()),
                ("team_id", models.BigIntegerField()),
                ("value", models.CharField(max_length=60)),
                ("met", models.IntegerField()),
                ("missed", models.IntegerField()),
                ("excused", models.IntegerField()),
                ("voided", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TallyChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slot", models.DateTimeField()),
                ("owner_id", models.BigIntegerField()),
                ("team_id", models.BigIntegerField()),
                ("term_id", models.BigIntegerField()),
                ("persona_id", models.BigIntegerField()),
                ("campaign_id", models.BigIntegerField()),
                ("source", models.CharField(max_length=60)),
                ("met", models.IntegerField()),
                ("missed", models.IntegerField()),
                ("excused", models.IntegerField()),
                ("voided", models.IntegerField()),
            ],
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(
                fields=("cut", "slot", "owner_id", "team_id", "value"), name="tally_once"
            ),
        ),
        migrations.RunSQL(note("SELECT *, 1 AS sign FROM sla_clock"), migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                CREATE.format(name=name, note=note(clocks), event=event), DROP.format(name=name)
            )
            for name, (clocks, event) in TRIGGERS.items()
        ),
    ]
