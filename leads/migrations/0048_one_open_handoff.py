"""One open handoff a lead: the index that keeps it is back where it was lost.

0002 took the index of the foreign key away. PostgreSQL shows the unique one over open handoffs as
an index of the same column, and Django dropped both. A database with two open handoffs of a lead
is refused here, with the lead's number.
"""

from django.db import migrations

KEEP = """
CREATE UNIQUE INDEX IF NOT EXISTS one_open_handoff_a_lead ON leads_handoff (lead_id)
WHERE closed_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0047_owner_in_pool")]
    operations = [migrations.RunSQL(KEEP, migrations.RunSQL.noop)]
