"""A lead with an owner is in that owner's pool, one without in none: PostgreSQL is told."""

from django.db import migrations

# Taken one by one, the two columns let it expect a tenth of all leads to wait in a pool, and what
# a rep may see was then looked for among the newest of everybody's instead of by its indexes.
CREATE = "CREATE STATISTICS lead_owner_in_pool (mcv) ON owner_id, pool_id FROM leads_lead"
DROP = "DROP STATISTICS lead_owner_in_pool"


class Migration(migrations.Migration):
    dependencies = [("leads", "0046_unlogged")]
    operations = [migrations.RunSQL(CREATE, DROP)]
