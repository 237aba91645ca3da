"""What a handoff holds of a packet, told from its receipt once, when it is bound to a contract.

Receipts are costly to open; of thousands a month the figures read these two columns instead. They
stay when the receipt of an erased lead is emptied.
"""

PERSONA = "coalesce(h.receipt #>> '{persona,slug}', '')"
# Items are those of sla.models.Packet; `h` is leads_handoff.
PACKET = """
array_remove(ARRAY[
    CASE WHEN coalesce(h.receipt #>> '{person,company}', '') <> '' THEN 'company' END,
    CASE WHEN coalesce(h.receipt #>> '{person,job_title}', '') <> '' THEN 'job_title' END,
    CASE WHEN coalesce(h.receipt #>> '{person,country}', '') <> '' THEN 'country' END,
    CASE WHEN coalesce(h.receipt #>> '{persona,slug}', '') <> '' THEN 'persona' END,
    CASE WHEN coalesce(h.receipt #>> '{source}', '') <> '' THEN 'source' END,
    CASE WHEN coalesce(h.receipt #>> '{touchpoints,0,kind}', '') <> '' THEN 'touchpoints' END,
    CASE WHEN h.override_reason = '' THEN 'definition' END
], NULL)::varchar(12)[]
"""
