"""The sweep: an empty one, and one that finds ten thousand clocks in warning.

Floors in the same run: the raw writes in one statement (next instants, cards, events, messages;
nothing looked up, nothing guarded) and a loop that saves one object after the other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from benchmarks import Result, at_least, at_most, timed
from benchmarks.population import Population
from cases import issuing, sweep
from cases.models import Card, WorkItem
from notifications import wording
from notifications.models import Message
from notifications.sending import Notice, tell
from portal.core.ledger import Entry, record

DUE = 10_000
ROUNDS = 3
SAVED_SINGLY = 300
LONGEST_MS = 100.0

RAW = """
WITH due AS MATERIALIZED (
    SELECT id, case_id, cycle, promised_days, yellow_at, due_at, claimed_by_id
    FROM cases_workitem WHERE check_at <= %(now)s
),
moved AS (
    UPDATE cases_workitem SET check_at = due.due_at + interval '1 microsecond'
    FROM due WHERE cases_workitem.id = due.id
),
issued AS (
    INSERT INTO cases_card
        (work_item_id, level, cycle, issued_at, due_at, "limit", budget, stage, owner_id)
    SELECT id, 'yellow', cycle, yellow_at, due_at, 'promised', promised_days, 'department',
           claimed_by_id
    FROM due
),
numbered AS MATERIALIZED (SELECT nextval('core_event_id_seq') AS event_id, due.* FROM due),
recorded AS (
    INSERT INTO core_event (id, stream, subject, kind, at, recorded_at, payload)
    SELECT event_id, case_id, 'work_item:' || id, 'card.yellow', yellow_at, now(),
           jsonb_build_object('cycle', cycle, 'due_at', due_at)
    FROM numbered
)
INSERT INTO notifications_message
    (id, event_id, recipient_id, channel, kind, address, title, template, params, link, state,
     error, provider, provider_ref, created_at, due_at, attempts)
SELECT gen_random_uuid(), event_id, claimed_by_id, channel, 'card.yellow', '', '黄牌预警',
       '受理码 {number} 的“{item}”临近时限，应于{due}前办结，请抓紧办理。',
       jsonb_build_object('number', '33010020261124000001', 'item', '职工参保登记', 'due', ''), '',
       CASE channel WHEN 'sms' THEN 'queued' ELSE 'delivered' END, '', '', '', now(),
       CASE channel WHEN 'sms' THEN now() END, 0
FROM numbered CROSS JOIN (VALUES ('inbox'), ('sms')) AS channels (channel)
"""
KEEP = """
CREATE TABLE bench_swept AS
    SELECT id, yellow_at, due_at, check_at FROM cases_workitem
    WHERE check_at IS NOT NULL ORDER BY id LIMIT %s
"""
LET_FALL_DUE = """
UPDATE cases_workitem w
SET yellow_at = %(now)s - interval '1 hour', check_at = %(now)s - interval '1 hour',
    due_at = %(now)s + interval '1 day'
FROM bench_swept s WHERE s.id = w.id
"""
PUT_BACK = """
UPDATE cases_workitem w SET yellow_at = s.yellow_at, due_at = s.due_at, check_at = s.check_at
FROM bench_swept s WHERE s.id = w.id
"""
TOLD = ("card.yellow", "card.red")


def rows(n: int, population: Population) -> Iterator[Result]:
    """Measure at a population of `n` open work items; it is left as it was."""
    now = population.now
    # What a process reads once is read now.
    wording.texts()
    issuing.desk_link()
    empty = median(database_ms(lambda: sweep.sweep(now=now)) for _ in range(31))
    yield at_most("sweep: nothing due, database time (ms)", n, empty, 1.0, 1)
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [min(DUE, n)])
    try:
        yield from changing(n, now)
    finally:
        forget()
        with connection.cursor() as cursor:
            cursor.execute(PUT_BACK)
            cursor.execute("DROP TABLE bench_swept")


def changing(n: int, now: Any) -> Iterator[Result]:
    raw, ours, singly, chunks = [], [], [], list[float]()
    for _ in range(ROUNDS):
        raw.append(measured(lambda: execute(RAW, now), now, expected=2))
        with chunks_timed(chunks):
            ours.append(measured(lambda: sweep.sweep(now=now), now, expected=2))
        singly.append(measured(lambda: one_by_one(now), now))
    due = min(DUE, n)
    ours_rate, loop_rate = due / median(ours), SAVED_SINGLY / median(singly)
    yield at_most(f"sweep: {due} change (s) vs raw statement", n, median(ours), median(raw), 2)
    yield at_least("sweep: clocks/s vs save() loop", n, ours_rate, loop_rate, 15)
    yield at_most("sweep: longest transaction (ms)", n, max(chunks) * 1000, LONGEST_MS, 1)


def measured(work: Callable[[], object], now: Any, expected: int | None = None) -> float:
    """Return the seconds of some work on clocks that have all just fallen due."""
    forget()
    execute(LET_FALL_DUE, now)
    for table in ("cases_workitem", "cases_card", "cases_tallydelta", "notifications_message"):
        execute(f"VACUUM ANALYZE {table}", now)
    seconds, _ = timed(work)
    if expected is not None:
        cards = Card.objects.count()
        assert Message.objects.filter(kind__in=TOLD).count() == expected * cards > 0
    return seconds


def one_by_one(now: Any) -> None:
    """Do the same for a few, one after the other, as code without a sweep would."""
    due = WorkItem.objects.filter(check_at__lte=now).select_related("case", "claimed_by")
    for item in due[:SAVED_SINGLY]:
        assert item.claimed_by and item.yellow_at and item.due_at
        with transaction.atomic():
            card = Card.objects.create(
                work_item=item,
                level="yellow",
                cycle=item.cycle,
                budget=item.budget,
                issued_at=item.yellow_at,
                due_at=item.due_at,
                owner=item.claimed_by,
            )
            payload = {"card": card.pk, "item": item.item_code, "cycle": item.cycle}
            event = record(
                Entry("card.yellow", item.case_id, item.subject, at=item.yellow_at, payload=payload)
            )
            words = {
                "number": item.case.number,
                "item": item.item_name,
                "due": item.due_at,
                "booked": "",
            }
            tell([Notice(event, item.claimed_by, "card.yellow", words)])
            item.check_at = item.due_at
            item.save()


def forget() -> None:
    """Drop the cards of the last round and what was told of them; events stay for ever."""
    Message.objects.filter(kind__in=TOLD).delete()
    Card.objects.all().delete()


def execute(statement: str, now: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": now})


def database_ms(work: Callable[[], object]) -> float:
    """Return the milliseconds that some work waits for the database."""
    spent = 0.0

    def clocked(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal spent
        begun = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += perf_counter() - begun

    with connection.execute_wrapper(clocked):
        work()
    return spent * 1000


@contextmanager
def chunks_timed(seconds: list[float]) -> Iterator[None]:
    """Note how long each transaction of the sweep lasts, its commit included."""
    issue = issuing.issue_due

    def clocked(**arguments: Any) -> issuing.Issued:
        taken, issued = timed(lambda: issue(**arguments))
        seconds.append(taken)
        return issued

    issuing.issue_due = clocked  # type: ignore[assignment]
    try:
        yield
    finally:
        issuing.issue_due = issue
