"""Store what earlier decisions came to: net days, whose lateness it was, when the result arrived.

Until now a late decision was known by its red card alone, and net time was computed when shown.
Cards of before get what they rest on and whom they reached, the calendar its count of working days.
"""

from collections.abc import Iterator
from datetime import time
from typing import Any

from django.conf import settings
from django.db import migrations

from cases.working_time import Calendar, Pause, WorkingHours, deadline, net_days

CHUNK = 1000
DECIDED = ["approved", "refused"]
# Chunks go by key, so that a run can be repeated: what has its facts is left alone.
KEEP = """
UPDATE cases_workitem
SET net_days = facts.net_days, delivered_at = cases_workitem.decided_at, check_at = NULL,
    late_stage = CASE WHEN facts.late OR EXISTS (
        SELECT FROM cases_card
        WHERE work_item_id = cases_workitem.id AND level = 'red' AND revoked_at IS NULL
          AND cases_card.cycle = cases_workitem.cycle
    ) THEN 'department' ELSE '' END
FROM unnest(%s::bigint[], %s::float8[], %s::boolean[]) AS facts (id, net_days, late)
WHERE cases_workitem.id = facts.id
"""
# Whoever held the item already when the card was issued. Leaders were told with the officers then:
# a red card that stands has climbed to them, and goes on to the supervisors.
CARDS = """
UPDATE cases_card
SET budget = least(promised_days, statutory_days) + extended_days,
    "limit" = CASE WHEN statutory_days < promised_days THEN 'statutory' ELSE 'promised' END,
    owner_id = CASE WHEN item.claimed_at <= issued_at THEN item.claimed_by_id END,
    rungs = (level = 'red')::int,
    check_at = CASE
        WHEN level = 'red' AND item.due_at IS NOT NULL AND item.cycle = cases_card.cycle
        THEN issued_at
    END
FROM cases_workitem AS item
WHERE item.id = work_item_id
"""
# Ladders look days up in it; the calendar of before had no such count.
COUNT_DAYS = """
INSERT INTO cases_calendarordinal (date, working, ordinal)
SELECT day, working, count(*) FILTER (WHERE working) OVER (ORDER BY day)
FROM (
    SELECT days.day, COALESCE(exception.working, extract(isodow FROM days.day) < 6) AS working
    FROM (
        SELECT generate_series(
            make_date(min(year), 1, 1), make_date(max(year), 12, 31), '1 day')::date AS day
        FROM cases_calendaryear HAVING count(*) > 0
    ) AS days
    LEFT JOIN cases_calendarday exception ON exception.date = days.day
) AS known
ON CONFLICT DO NOTHING
"""


def fill(apps: Any, schema_editor: Any) -> None:
    calendar = working_days(apps)
    items = apps.get_model("cases", "WorkItem").objects.filter(state__in=DECIDED, net_days=None)
    for chunk in chunks(items):
        pauses = closed_pauses(apps, [item.pk for item in chunk])
        facts = [facts_of(item, pauses.get(item.pk, []), calendar) for item in chunk]
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(KEEP, [list(column) for column in zip(*facts, strict=True)])


def chunks(items: Any) -> Iterator[list[Any]]:
    last = 0
    while chunk := list(items.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def facts_of(item: Any, pauses: list[Pause], calendar: Calendar) -> tuple[int, float, bool]:
    """Return key, net days, and whether a red card was still to be issued."""
    end = max(item.decided_at, item.started_at)
    net = net_days(calendar, start=item.started_at, end=end, pauses=pauses)
    if item.check_at is None:
        return item.pk, net, False
    due = deadline(calendar, start=item.started_at, budget=item.promised_days, pauses=pauses)
    return item.pk, net, item.decided_at > due.due_at


def closed_pauses(apps: Any, keys: list[int]) -> dict[int, list[Pause]]:
    found: dict[int, list[Pause]] = {}
    rows = apps.get_model("cases", "Suspension").objects.filter(work_item__in=keys)
    closed = rows.exclude(ended_at=None).values_list("work_item_id", "began_at", "ended_at")
    for key, began, ended in closed:
        found.setdefault(key, []).append((began, ended))
    return found


def working_days(apps: Any) -> Calendar:
    days = apps.get_model("cases", "CalendarDay").objects.values_list("date", "working")
    hours = WorkingHours(*(time.fromisoformat(moment) for moment in settings.BUSINESS_HOURS))
    return Calendar(dict(days), hours=hours)


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_tallies")]

    operations = [
        # A statement over every row of a large database takes longer than a page may.
        migrations.RunSQL("SET LOCAL statement_timeout = 0", migrations.RunSQL.noop, elidable=True),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL(COUNT_DAYS, migrations.RunSQL.noop, elidable=True),
        migrations.RunSQL(CARDS, migrations.RunSQL.noop, elidable=True),
    ]
