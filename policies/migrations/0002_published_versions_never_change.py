from django.db import migrations

# Cases point at the version they were made from; it must read the same for ever.
FORWARD = """
CREATE FUNCTION policies_refuse_version_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'A published catalogue version never changes (%).', TG_OP
        USING ERRCODE = 'restrict_violation';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER policies_version_never_changes
    BEFORE UPDATE OR DELETE ON policies_catalogueversion
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_version_change();
"""
BACKWARD = """
DROP TRIGGER policies_version_never_changes ON policies_catalogueversion;
DROP FUNCTION policies_refuse_version_change();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
