from django.db import migrations

# A verdict names the version it was made by; that must read the same for ever.
REFUSE = """
CREATE FUNCTION policies_refuse_published_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'A published policy version never changes (%).', TG_OP
        USING ERRCODE = 'restrict_violation';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER policies_published_never_changes
    BEFORE UPDATE OR DELETE ON policies_policyversion
    FOR EACH ROW WHEN (OLD.state = 'published')
    EXECUTE FUNCTION policies_refuse_published_change();
"""
ALLOW = """
DROP TRIGGER policies_published_never_changes ON policies_policyversion;
DROP FUNCTION policies_refuse_published_change();
"""
# Full months from one day to another, 0 before it: the most months that, added to the first day and
# cut to the end of the month, do not go beyond the second. One expression, so that it is inlined.
MONTHS = """
CREATE FUNCTION policies_months(since date, by date) RETURNS integer AS $$
    SELECT greatest(
        0,
        (extract(year FROM by)::int - extract(year FROM since)::int) * 12
        + extract(month FROM by)::int - extract(month FROM since)::int
        - (
            extract(day FROM by) < extract(day FROM since)
            AND extract(month FROM by) = extract(month FROM by + 1)
        )::int
    )
$$ LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE;
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_policies_and_subjects")]

    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(MONTHS, "DROP FUNCTION policies_months(date, date);"),
    ]
