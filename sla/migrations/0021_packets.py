"""What handoffs from before hold of a packet, from their receipts (sla.figures.packets)."""

from django.db import migrations

FILL = """
UPDATE leads_handoff h SET handed_persona = coalesce(h.receipt #>> '{persona,slug}', ''),
packet = array_remove(ARRAY[
    CASE WHEN coalesce(h.receipt #>> '{person,company}', '') <> '' THEN 'company' END,
    CASE WHEN coalesce(h.receipt #>> '{person,job_title}', '') <> '' THEN 'job_title' END,
    CASE WHEN coalesce(h.receipt #>> '{person,country}', '') <> '' THEN 'country' END,
    CASE WHEN coalesce(h.receipt #>> '{persona,slug}', '') <> '' THEN 'persona' END,
    CASE WHEN coalesce(h.receipt #>> '{source}', '') <> '' THEN 'source' END,
    CASE WHEN coalesce(h.receipt #>> '{touchpoints,0,kind}', '') <> '' THEN 'touchpoints' END,
    CASE WHEN h.override_reason = '' THEN 'definition' END
], NULL)::varchar(12)[]
WHERE h.contract_version IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0020_excuses"), ("leads", "0040_packets")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
