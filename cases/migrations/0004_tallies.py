"""Keep tallies: every move of a work item appends a delta, in its own transaction.

Insertion and deletion come in bulk, so their triggers see whole statements and group them. Updates
come one by one, and most of them move nothing: their trigger is per row, with a condition that
costs next to nothing (see docs/adr/0011). Cases of before get their district first, so that they
are counted under it.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from cases import districts

CHUNK = 1000
FUNCTIONS = """
CREATE FUNCTION cases_standing(state text, due_at timestamptz, check_at timestamptz)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN state IN ('waiting', 'paused') THEN state
        WHEN state NOT IN ('ready', 'handling') THEN ''
        WHEN check_at IS NULL THEN 'red'
        WHEN check_at > due_at THEN 'yellow'
        ELSE 'normal'
    END
$$;
CREATE FUNCTION cases_day(instant timestamptz)
RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (instant AT TIME ZONE 'Asia/Shanghai')::date
$$;
CREATE FUNCTION cases_decided_on(state text, decided_at timestamptz)
RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN state IN ('approved', 'refused') THEN cases_day(decided_at) END
$$;
"""
COLUMNS = """one_thing_id, department_id, item_code, district, was, status, count, started_on,
    decided_on, days, late, promised, net"""
# Look-ups of cases are kept to one row at a time: the plan is kept for the session, and must suit
# both a statement of one row and one of a hundred thousand.
GROUPED = f"""
INSERT INTO cases_tallydelta ({COLUMNS})
SELECT one_thing_id, department_id, item_code, district, '', status, %(sign)s count(*), started_on,
       decided_on, days, late, %(sign)s sum(promised), %(sign)s sum(net)
FROM (
    SELECT item.department_id, item.item_code, own.one_thing_id, own.district,
           cases_standing(item.state, item.due_at, item.check_at) AS status,
           cases_day(item.started_at) AS started_on, decided_on,
           CASE WHEN decided_on IS NOT NULL THEN ceil(item.net_days)::smallint END AS days,
           CASE WHEN decided_on IS NOT NULL THEN item.late_stage ELSE '' END AS late,
           CASE WHEN decided_on IS NOT NULL THEN item.promised_days ELSE 0 END AS promised,
           CASE WHEN decided_on IS NOT NULL THEN coalesce(item.net_days, 0) ELSE 0 END AS net
    FROM %(rows)s AS item
    CROSS JOIN LATERAL cases_decided_on(item.state, item.decided_at) AS decided_on
    CROSS JOIN LATERAL (
        SELECT one_thing_id, district FROM cases_case WHERE id = item.case_id OFFSET 0
    ) AS own
) AS facts
WHERE status <> '' OR started_on IS NOT NULL
GROUP BY one_thing_id, department_id, item_code, district, status, started_on, decided_on, days,
         late;
"""
BULK = """
CREATE FUNCTION cases_tally_%(event)s() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    %(insert)s
    RETURN NULL;
END $$;
CREATE TRIGGER cases_workitem_tally_%(event)s AFTER %(event)s ON cases_workitem
    REFERENCING %(age)s TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION cases_tally_%(event)s();
"""
UPDATE = f"""
CREATE FUNCTION cases_tally_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := cases_standing(OLD.state, OLD.due_at, OLD.check_at);
    stands text := cases_standing(NEW.state, NEW.due_at, NEW.check_at);
    began date := cases_day(OLD.started_at);
    begins date := cases_day(NEW.started_at);
    ended date := cases_decided_on(OLD.state, OLD.decided_at);
    ends date := cases_decided_on(NEW.state, NEW.decided_at);
    corrects boolean := began <> begins OR begins IS NULL AND began IS NOT NULL
        OR ended IS NOT NULL AND (
            ends IS DISTINCT FROM ended
            OR OLD.late_stage <> NEW.late_stage
            OR OLD.net_days IS DISTINCT FROM NEW.net_days
        );
BEGIN
    IF corrects THEN
        INSERT INTO cases_tallydelta ({COLUMNS})
        SELECT one_thing_id, NEW.department_id, NEW.item_code, district, '', facts.*
        FROM cases_case, (VALUES
            (was, -1, began, ended, ceil(OLD.net_days), OLD.late_stage,
             -OLD.promised_days, -coalesce(OLD.net_days, 0)),
            (stands, 1, begins, ends, ceil(NEW.net_days), NEW.late_stage,
             NEW.promised_days, coalesce(NEW.net_days, 0))
        ) AS facts
        WHERE id = NEW.case_id;
    ELSIF was <> stands OR begins IS DISTINCT FROM began OR ends IS DISTINCT FROM ended THEN
        INSERT INTO cases_tallydelta ({COLUMNS})
        SELECT one_thing_id, NEW.department_id, NEW.item_code, district, was, stands, 1,
               CASE WHEN began IS NULL THEN begins END, ends, ceil(NEW.net_days), NEW.late_stage,
               NEW.promised_days, coalesce(NEW.net_days, 0)
        FROM cases_case WHERE id = NEW.case_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_workitem_tally_update AFTER UPDATE ON cases_workitem
    FOR EACH ROW WHEN (
        OLD.state <> NEW.state
        OR OLD.check_at IS DISTINCT FROM NEW.check_at
        OR OLD.due_at IS DISTINCT FROM NEW.due_at
        OR OLD.started_at IS DISTINCT FROM NEW.started_at
        OR OLD.decided_at IS DISTINCT FROM NEW.decided_at
        OR OLD.late_stage <> NEW.late_stage
        OR OLD.net_days IS DISTINCT FROM NEW.net_days
    ) EXECUTE FUNCTION cases_tally_update();
"""
# Who waits for the applicant is known by the open suspension, not by the work item.
APPLICANT = f"""
CREATE FUNCTION cases_tally_applicant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    waited boolean := TG_OP <> 'INSERT' AND OLD.reason = 'supplement' AND OLD.ended_at IS NULL;
    waits boolean := TG_OP <> 'DELETE' AND NEW.reason = 'supplement' AND NEW.ended_at IS NULL;
BEGIN
    IF waits IS DISTINCT FROM waited THEN
        INSERT INTO cases_tallydelta ({COLUMNS})
        SELECT one_thing_id, department_id, item_code, district, '', 'applicant', waits::int * 2 - 1,
               NULL, NULL, NULL, '', 0, 0
        FROM cases_workitem AS item JOIN cases_case AS own ON own.id = item.case_id
        WHERE item.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.work_item_id ELSE NEW.work_item_id END;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_suspension_tally AFTER INSERT OR UPDATE OR DELETE ON cases_suspension
    FOR EACH ROW EXECUTE FUNCTION cases_tally_applicant();
"""
FILL = (
    GROUPED % {"sign": "", "rows": "cases_workitem"}
    + f"""
INSERT INTO cases_tallydelta ({COLUMNS})
SELECT one_thing_id, department_id, item_code, district, '', 'applicant', count(*),
       NULL, NULL, NULL, '', 0, 0
FROM cases_suspension JOIN cases_workitem AS item ON item.id = work_item_id
JOIN cases_case AS own ON own.id = item.case_id
WHERE reason = 'supplement' AND ended_at IS NULL
GROUP BY one_thing_id, department_id, item_code, district;
"""
)
# Rows come and go all day: vacuum by number, not by share, so that reading them stays quick.
STORAGE = """
ALTER TABLE cases_tallydelta SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1
);
ALTER TABLE cases_standingtally SET (fillfactor = 50);
ALTER TABLE cases_dailytally SET (fillfactor = 80);
ALTER TABLE cases_nettally SET (fillfactor = 80);
"""
FORWARD = "".join(
    [
        FUNCTIONS,
        BULK
        % {
            "event": "insert",
            "age": "NEW",
            "insert": GROUPED % {"sign": "", "rows": "moved"},
        },
        BULK
        % {
            "event": "delete",
            "age": "OLD",
            "insert": GROUPED % {"sign": "-", "rows": "moved"},
        },
        UPDATE,
        APPLICANT,
        STORAGE,
        # The triggers hold all writers off until this commits, so nothing is counted twice.
        FILL,
    ]
)
BACKWARD = """
DROP TRIGGER cases_suspension_tally ON cases_suspension;
DROP TRIGGER cases_workitem_tally_update ON cases_workitem;
DROP TRIGGER cases_workitem_tally_delete ON cases_workitem;
DROP TRIGGER cases_workitem_tally_insert ON cases_workitem;
DROP FUNCTION cases_tally_applicant();
DROP FUNCTION cases_tally_update();
DROP FUNCTION cases_tally_delete();
DROP FUNCTION cases_tally_insert();
DROP FUNCTION cases_decided_on(text, timestamptz);
DROP FUNCTION cases_day(timestamptz);
DROP FUNCTION cases_standing(text, timestamptz, timestamptz);
TRUNCATE cases_tallydelta, cases_standingtally, cases_dailytally, cases_nettally;
"""


def give_districts(apps: Any, schema_editor: Any) -> None:
    """Store the district of cases handed in before; catalogues of then do not name their city."""
    cases = apps.get_model("cases", "Case").objects.filter(number__isnull=False, district="")
    for chunk in chunks(cases.only("applicant_kind", "answers", "sealed")):
        for case in chunk:
            answers = case.answers | case.sealed
            case.district = districts.of_applicant(
                case.applicant_kind, answers, settings.DIVISION_CODE
            )
        cases.bulk_update(chunk, ["district"])


def chunks(cases: Any) -> Iterator[list[Any]]:
    chunk = list(cases.order_by("pk")[:CHUNK])
    while chunk:
        yield chunk
        chunk = list(cases.filter(pk__gt=chunk[-1].pk).order_by("pk")[:CHUNK])


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_clocks_cards_and_supervision")]

    operations = [
        # A statement over every row of a large database takes longer than a page may.
        migrations.RunSQL("SET LOCAL statement_timeout = 0", migrations.RunSQL.noop),
        migrations.RunPython(give_districts, migrations.RunPython.noop),
        # What the updates above leave behind would hold back the changes of the table.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.DeleteModel("TallyDelta"),
        migrations.CreateModel(
            name="TallyDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("one_thing_id", models.BigIntegerField()),
                ("department_id", models.BigIntegerField()),
                ("item_code", models.CharField(max_length=16)),
                ("district", models.CharField(blank=True, default="", max_length=6)),
                ("was", models.CharField(blank=True, default="", max_length=10)),
                ("status", models.CharField(blank=True, default="", max_length=10)),
                ("count", models.IntegerField(default=0)),
                ("started_on", models.DateField(null=True)),
                ("decided_on", models.DateField(null=True)),
                ("days", models.PositiveSmallIntegerField(null=True)),
                ("late", models.CharField(blank=True, default="", max_length=10)),
                ("promised", models.IntegerField(default=0)),
                ("net", models.FloatField(default=0)),
            ],
            options={"abstract": False},
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["closed_at"],
                condition=Q(state="completed"),
                name="cases_case_completed",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["deemed_at"],
                condition=Q(accepted_at__isnull=False, accepted_by=None, deemed_at__isnull=False)
                | Q(accepted_at__gt=F("deemed_at")),
                name="cases_case_late_at_window",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
