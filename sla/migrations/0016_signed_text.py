from django.db import migrations, models

# A version both sides signed stays as it is: only its end may be set, and before a clock has run
# under it both may take it back into a draft.
CREATE = """
CREATE FUNCTION sla_signed_contract_stays() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Version % of the contract is signed and stays.', OLD.version;
    END IF;
    IF NEW.is_draft THEN
        IF EXISTS (SELECT 1 FROM sla_clock c JOIN sla_term t ON t.id = c.term_id
                   WHERE t.contract_id = OLD.id) THEN
            RAISE EXCEPTION 'Clocks have run under version % of the contract; it stays.',
                OLD.version;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.version, NEW.name, NEW.hop_limit, NEW.in_force_from, NEW.text, NEW.text_sha256,
        NEW.signed_for_marketing_by_id, NEW.signed_for_marketing_at,
        NEW.signed_for_sales_by_id, NEW.signed_for_sales_at)
       IS DISTINCT FROM
       (OLD.version, OLD.name, OLD.hop_limit, OLD.in_force_from, OLD.text, OLD.text_sha256,
        OLD.signed_for_marketing_by_id, OLD.signed_for_marketing_at,
        OLD.signed_for_sales_by_id, OLD.signed_for_sales_at) THEN
        RAISE EXCEPTION 'Version % of the contract is signed and never changes.', OLD.version;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER signed_contract_stays BEFORE UPDATE OR DELETE ON sla_contract FOR EACH ROW
    WHEN (OLD.text_sha256 <> '' AND NOT OLD.is_draft)
    EXECUTE FUNCTION sla_signed_contract_stays();

CREATE FUNCTION sla_signed_promise_stays() RETURNS trigger AS $$
DECLARE
    signed integer;
BEGIN
    SELECT version INTO signed FROM sla_contract
    WHERE NOT is_draft AND text_sha256 <> ''
      AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.contract_id END,
                 CASE WHEN TG_OP <> 'DELETE' THEN NEW.contract_id END)
    LIMIT 1;
    IF signed IS NOT NULL THEN
        RAISE EXCEPTION 'Version % of the contract is signed; its promises never change.', signed;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER signed_promise_stays BEFORE INSERT OR UPDATE OR DELETE ON sla_term
    FOR EACH ROW EXECUTE FUNCTION sla_signed_promise_stays();
"""
DROP = """
DROP TRIGGER signed_promise_stays ON sla_term;
DROP FUNCTION sla_signed_promise_stays();
DROP TRIGGER signed_contract_stays ON sla_contract;
DROP FUNCTION sla_signed_contract_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0015_misses_touch_no_index")]

    operations = [
        migrations.AddField(
            model_name="contract", name="text", field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="contract",
            name="text_sha256",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunSQL(CREATE, DROP),
    ]  # fmt: skip
