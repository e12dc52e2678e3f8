"""The sweep against its floors: an empty tick, and a tick that finds every running clock yellow.

The floor is the raw writes (card, event and next instant, no messages) in one statement; a loop
that saves one object at a time, without messages too, stands beside it for comparison.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import TypeVar

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks import Row
from cases import calendar, seeding, sweep
from cases.models import Card, WorkItem
from cases.models.work_item import RUNNING
from notifications import wording
from portal.accounts.demo import make_demo_accounts
from portal.core import clock
from portal.core.ledger import Entry, record

T = TypeVar("T")

CASES = 4000
SAVED_SINGLY = 200

FLOOR = """
WITH due AS (SELECT * FROM cases_workitem WHERE check_at <= %(now)s FOR NO KEY UPDATE SKIP LOCKED),
moved AS (
    UPDATE cases_workitem w SET check_at = due.due_at FROM due WHERE w.id = due.id
),
issued AS (
    INSERT INTO cases_card (work_item_id, level, cycle, issued_at, due_at)
    SELECT id, 'yellow', cycle, yellow_at, due_at FROM due RETURNING *
)
INSERT INTO core_event (stream, subject, kind, at, recorded_at, payload)
SELECT case_id, 'work_item:' || due.id, 'card.yellow', yellow_at, now(),
       jsonb_build_object('card', issued.id)
FROM issued JOIN due ON due.id = issued.work_item_id
"""


def run() -> list[Row]:
    call_command("load_catalogue", verbosity=0)
    calendar.load()
    make_demo_accounts()
    seeded = seeding.seed(cases=CASES, open_share=1.0)
    now = clock.now()
    wording.texts()
    empty = median(timed(lambda: sweep.sweep(now=now))[0] for _ in range(15))
    count = make_all_due(now)
    floor, _ = timed(lambda: raw(now))
    make_all_due(now)
    seconds, report = timed(lambda: sweep.sweep(now=now))
    assert report.yellow == count
    make_all_due(now)
    singly, _ = timed(lambda: one_by_one(now))
    return [
        Row("seeded cases", seeded.rate, "cases/s"),
        Row("empty tick, whole sweep", empty * 1000, "ms"),
        Row("clocks that turn yellow at once", count, "clocks"),
        Row("floor: raw writes, no messages", count / floor, "clocks/s"),
        Row("sweep with cards, events and messages", count / seconds, "clocks/s"),
        Row("loop: one object at a time, no messages", SAVED_SINGLY / singly, "clocks/s"),
    ]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = perf_counter()
    result = work()
    return perf_counter() - begun, result


def make_all_due(now: datetime) -> int:
    """Let every running clock have turned yellow an hour ago, with no card issued yet."""
    Card.objects.all().delete()
    return WorkItem.objects.filter(state__in=RUNNING).update(
        yellow_at=now - timedelta(hours=1),
        check_at=now - timedelta(hours=1),
        due_at=now + timedelta(days=1),
    )


def raw(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, {"now": now})


def one_by_one(now: datetime) -> None:
    for item in WorkItem.objects.filter(check_at__lte=now)[:SAVED_SINGLY]:
        with transaction.atomic():
            card = Card.objects.create(
                work_item=item,
                level="yellow",
                cycle=item.cycle,
                issued_at=item.yellow_at,
                due_at=item.due_at,
            )
            record(Entry("card.yellow", item.case_id, item.subject, payload={"card": card.pk}))
            item.check_at = item.due_at
            item.save()
