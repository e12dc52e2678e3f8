"""Working out every open deadline anew after a change of the calendar, against one raw statement.

The floor is a single UPDATE that joins the working-day ordinals and writes due, yellow and next
instants of all n open work items: no event, no message, no case, and all rows locked to its end.
Ours finds what has to move without a lock, and moves it in short transactions with an event for
each work item and case, the case's own term and the applicant's messages.

Two changes: one day in a fortnight (an ordinary correction), and tomorrow (every deadline moves).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks import Result, at_most, timed
from cases import calendar, issuing, projection
from cases.models import CalendarRevision
from cases.working_time import civil_day
from notifications.models import Message
from portal.core import clock

FORTNIGHT = 10  # working days
LONGEST_LOCK = 100.0  # milliseconds

RAW = """
UPDATE cases_workitem AS item
SET due_at = (ends.date + '17:30'::time) AT TIME ZONE 'Asia/Shanghai',
    yellow_at = (warns.date + '09:00'::time) AT TIME ZONE 'Asia/Shanghai',
    check_at = CASE
        WHEN (warns.date + '09:00'::time) AT TIME ZONE 'Asia/Shanghai' > %(now)s
        THEN (warns.date + '09:00'::time) AT TIME ZONE 'Asia/Shanghai'
        ELSE (ends.date + '17:30'::time) AT TIME ZONE 'Asia/Shanghai' + interval '1 microsecond'
    END
FROM cases_calendarordinal AS began, cases_calendarordinal AS ends, cases_calendarordinal AS warns
WHERE item.due_at IS NOT NULL
  AND began.date = (item.started_at AT TIME ZONE 'Asia/Shanghai')::date
  AND ends.working AND ends.ordinal = began.ordinal + item.promised_days
  AND warns.working AND warns.ordinal = ends.ordinal - greatest(1, item.promised_days / 5)
"""


def rows(n: int, population: Any) -> Iterator[Result]:
    today = civil_day(population.now)
    issuing.case_link(projection.OWN)  # a worker has read the addresses long ago
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    settle_cases()
    try:
        for name, ahead in (("one day in a fortnight", FORTNIGHT), ("every deadline", 1)):
            yield from compared(n, name, calendar.current().add(today, ahead))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def compared(n: int, name: str, day: date) -> Iterator[Result]:
    """Make a day off and let all deadlines follow; then take it back by the raw statement.

    So both change the same deadlines. A raw run that changed none would be cheap: a row whose
    indexed columns stay needs no new index entries.
    """
    held = calendar.held(day.year)
    assert held is not None
    edit(calendar.Year(held.year, True, held.source, {**held.days, day: (False, "调整")}))
    vacuum()
    with longest_transaction() as longest:
        ours, moved = timed(run)
    edit(held)
    CalendarRevision.objects.update(finished_at=timezone.now())
    vacuum()
    floor, _ = timed(raw)
    yield at_most(f"calendar edit, {name}: {moved:,} moved (s)", n, ours, floor, 3)
    share = longest[0] / LONGEST_LOCK
    yield Result("  its longest transaction (ms)", n, longest[0], LONGEST_LOCK, share, "-", True)
    settle_cases()
    Message.objects.filter(kind__in=("case.moved", "desk.moved")).delete()
    vacuum()


def edit(year: calendar.Year) -> None:
    revision = calendar.revise([year], how="基准测试")
    assert revision is not None
    revision.made_at -= projection.SETTLED_AFTER + timedelta(seconds=1)
    revision.save(update_fields=["made_at"])


def run() -> int:
    """Work until the newest revision is done; return the deadlines moved."""
    moved = 0
    while CalendarRevision.objects.filter(finished_at=None).exists():
        moved += projection.reproject()
    return moved


def raw() -> None:
    with connection.cursor() as cursor:
        cursor.execute(RAW, {"now": clock.now()})


def settle_cases() -> None:
    """Let each case's term follow from its acceptance, as the population does not."""
    settle = f"UPDATE cases_case SET due_at = {projection.CASE_DUE} WHERE state = 'accepted'"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(settle, calendar.hours_of_statements())


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE cases_workitem, cases_case, core_event")


@contextmanager
def longest_transaction() -> Iterator[list[float]]:
    """Note the milliseconds of the longest chunk, from its first lock to its commit."""
    longest, patiently = [0.0], projection._patiently

    def timed_patiently(work: Any) -> Any:
        seconds, result = timed(lambda: patiently(work))
        longest[0] = max(longest[0], seconds * 1000)
        return result

    projection._patiently = timed_patiently
    try:
        yield longest
    finally:
        projection._patiently = patiently
