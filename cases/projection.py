"""Re-projection (重新推算): after a change of the calendar every open deadline is worked out anew.

The calendar's revision row keeps how far the work has come; beat calls `reproject` every few
seconds. It reads open work items in the order of their keys, and where a case has anything that
follows differently from the stored facts, moves the whole case in one short transaction: its work
items, its own term, an event for each, one message to the applicant, and the mark on the revision.

A run that was killed goes on behind the mark. Two copies meet on the revision's row: the mark has
to stand where a copy has seen it, else the other one was faster.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from cases import calendar, deadlines, issuing, review, terms
from cases.models import CalendarRevision, Case, WorkItem
from cases.models.work_item import OPEN
from cases.working_time import YELLOW_SHARE
from notifications import bulk
from notifications.sending import Notice, tell
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Entry, record

logger = logging.getLogger("portal.calendar")
T = TypeVar("T")

# The page on which an applicant reads how a case stands.
OWN = "cases:case"
# Real time after which no process still counts by the calendar of before (calendar.SEEN_FOR).
SETTLED_AFTER = timedelta(seconds=35)
# Open work items read at a time, and roughly how many are moved in one transaction.
SCAN, CHUNK = 20_000, 1000
# A case that has been paused is worked out one by one, so it counts as so many work items.
PAUSED_WEIGHT = 5
# A row that somebody else holds is waited for so briefly that no one waits for us in turn.
PATIENCE, ATTEMPTS, APART = "50ms", 20, 0.1
# What a crash of the server takes away is done again, mark and moves together. Nobody outside hears
# of it before: a message is claimed, and that commit is flushed, before it goes to its provider.
SWIFTLY = "SET LOCAL synchronous_commit = off"
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"

# Moves the mark on where this copy has seen it; holds the revision's row, and with it other copies,
# until the commit.
MARK = """
UPDATE cases_calendarrevision SET upto = %(upto)s
WHERE id = %(revision)s AND upto = %(seen)s AND finished_at IS NULL
  AND NOT EXISTS (SELECT FROM cases_calendarrevision AS newer WHERE newer.id > %(revision)s)
RETURNING id
"""
LOCK_CASES = """
SELECT 1 FROM cases_case WHERE id = ANY(%(cases)s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
# Their work items, in the statement that writes them: a sweep locks these alone.
LOCK_ITEMS = """
SELECT * FROM cases_workitem
WHERE case_id = ANY(%(cases)s::uuid[]) AND due_at IS NOT NULL
ORDER BY id FOR NO KEY UPDATE
"""

# What follows from a work item's facts where nothing has paused it: due and warning, by look-up.
# Empty for same-day items and beyond the known calendar: those are worked out one by one.
# OFFSET 0 keeps these look-ups: a join would read the whole table for every chunk.
FOLLOWS = """
    SELECT item.*,
           (ends.date + %(closes)s::time) AT TIME ZONE 'Asia/Shanghai' AS plain_due,
           (CASE item.budget
                WHEN 1 THEN ends.date + %(resumes)s::time
                WHEN 2 THEN ends.date + %(opens)s::time
                ELSE warns.date + %(opens)s::time
            END) AT TIME ZONE 'Asia/Shanghai' AS plain_warn
    FROM (
        SELECT id, case_id, item_code, item_name, department_id, cycle, started_at, yellow_at,
               due_at, check_at, warn_days,
               least(promised_days, statutory_days) + extended_days AS budget
        FROM {items} WHERE due_at IS NOT NULL
    ) AS item
    LEFT JOIN LATERAL (
        SELECT ordinal FROM cases_calendarordinal
        WHERE date = (started_at AT TIME ZONE 'Asia/Shanghai')::date OFFSET 0
    ) AS began ON true
    LEFT JOIN LATERAL (
        SELECT date, ordinal FROM cases_calendarordinal
        WHERE working AND ordinal = began.ordinal + nullif(budget, 0) OFFSET 0
    ) AS ends ON true
    LEFT JOIN LATERAL (
        SELECT date FROM cases_calendarordinal
        WHERE working
          AND ordinal = ends.ordinal
              - coalesce(warn_days, greatest(1, floor(budget * %(yellow_share)s)::int)) OFFSET 0
    ) AS warns ON true
"""
CASE_DUE = """(
    SELECT (ends.date + %(closes)s::time) AT TIME ZONE 'Asia/Shanghai'
    FROM cases_calendarordinal AS began
    JOIN cases_calendarordinal AS ends
      ON ends.working AND ends.ordinal = began.ordinal + promised_days
    WHERE began.date = (coalesce(resumed_at, accepted_at) AT TIME ZONE 'Asia/Shanghai')::date
)"""

# How far the next open work items reach and how many they are; then the cases that have to move,
# with the first and the number of their items here. So many are followed by joins at once.
CANDIDATES = f"""
WITH open AS MATERIALIZED (
    SELECT id, case_id, item_code, item_name, department_id, cycle, started_at, yellow_at, due_at,
           check_at, warn_days, promised_days, statutory_days, extended_days
    FROM cases_workitem
    WHERE id > %(upto)s AND state = ANY(%(open)s) ORDER BY id LIMIT %(scan)s
),
found AS (
    SELECT case_id FROM ({FOLLOWS.format(items="open").replace("OFFSET 0", "")}) AS item
    WHERE plain_due IS DISTINCT FROM due_at OR plain_warn IS NULL
       OR plain_warn <> yellow_at AND greatest(plain_warn, yellow_at) > %(now)s
    UNION
    SELECT id FROM cases_case
    WHERE id IN (SELECT case_id FROM open) AND state = 'accepted'
      AND due_at IS DISTINCT FROM {CASE_DUE}
)
SELECT NULL, max(id), count(*) FROM open
UNION ALL
SELECT case_id, min(open.id), count(*) FROM open JOIN found USING (case_id) GROUP BY case_id
"""  # noqa: S608
# Cases in which a clock has stood still: looked at one by one, wherever they lie.
PAUSED = """
SELECT case_id, min(item.id) FROM cases_workitem AS item
WHERE item.state = ANY(%(open)s) AND item.id > %(upto)s AND case_id IN (
    SELECT case_id FROM cases_suspension AS pause
    JOIN cases_workitem AS paused ON paused.id = pause.work_item_id
    JOIN cases_case AS own ON own.id = paused.case_id
    WHERE pause.ended_at IS NOT NULL AND own.state = 'accepted'
)
GROUP BY case_id
"""
MAY_MOVE = """
SELECT count(*) FROM cases_workitem
WHERE due_at IS NOT NULL AND EXISTS (
    SELECT FROM unnest(%(days)s::date[]) AS day
    WHERE day BETWEEN (started_at AT TIME ZONE 'Asia/Shanghai')::date
                  AND (due_at AT TIME ZONE 'Asia/Shanghai')::date
)
"""
# Which work items, and which of the locked cases, a look-up cannot follow: what was paused,
# same-day items, and what begins before the known calendar or reaches towards its end.
BEYOND = (
    "coalesce({start} < first OR {start} + make_interval(days => 30 + 2 * {days}) > last, true)"
)
KNOWN = """(
    SELECT min(date)::timestamp AT TIME ZONE 'Asia/Shanghai' AS first,
           max(date)::timestamp AT TIME ZONE 'Asia/Shanghai' AS last
    FROM cases_calendarordinal
)"""
ONE_BY_ONE = f"""
WITH known AS MATERIALIZED {KNOWN}
SELECT item.id, NULL FROM cases_workitem AS item
CROSS JOIN LATERAL (SELECT least(promised_days, statutory_days) + extended_days AS budget) AS clock
CROSS JOIN known
WHERE case_id = ANY(%(cases)s::uuid[]) AND due_at IS NOT NULL AND (
    budget = 0 OR {BEYOND.format(start="started_at", days="budget")} OR EXISTS (
        SELECT FROM cases_suspension AS pause
        WHERE pause.work_item_id = item.id AND pause.ended_at IS NOT NULL
    )
)
UNION ALL
SELECT NULL, own.id FROM cases_case AS own CROSS JOIN known
WHERE own.id = ANY(%(cases)s::uuid[]) AND state = 'accepted' AND (
    {BEYOND.format(start="coalesce(resumed_at, accepted_at)", days="promised_days")} OR EXISTS (
        SELECT FROM cases_suspension AS pause
        JOIN cases_workitem AS paused ON paused.id = pause.work_item_id
        WHERE paused.case_id = own.id AND pause.ended_at IS NOT NULL
    )
)
"""  # noqa: S608

_FROM_TO = "'由' || {} || '改为' || {}".format(*map(bulk.DAY_WORDS.format, ("due_at", "new_due")))

# All writes of a chunk. `issued` is the warning for which a card exists, `stands` the one in which
# the item stands now (0 none, 1 yellow, 2 red). Cards stay as they were issued. Where an item
# leaves a warning its cycle rises, so that it may be warned anew; where it stays in one, that keeps
# its instant; where the change brings it into one, the warning begins now.
MOVE = f"""
WITH own_items AS MATERIALIZED ({{items}}),
wanted AS MATERIALIZED (
    SELECT item.*, coalesce(single.due_at, plain_due) AS new_due,
           coalesce(single.yellow_at, plain_warn) AS new_warn
    FROM ({FOLLOWS.format(items="own_items")}) AS item
    LEFT JOIN unnest(%(ids)s::bigint[], %(dues)s::timestamptz[], %(warns)s::timestamptz[])
        AS single (id, due_at, yellow_at) USING (id)
),
standing AS (
    SELECT wanted.*,
           CASE WHEN check_at IS NULL THEN 2 WHEN check_at > due_at THEN 1 ELSE 0 END AS issued,
           CASE WHEN new_due < %(now)s THEN 2 WHEN new_warn <= %(now)s THEN 1 ELSE 0 END AS stands
    FROM wanted
),
warned AS (
    SELECT standing.*, issued > stands AS leaves,
           CASE
               WHEN stands = 0 THEN new_warn
               WHEN issued <= stands AND yellow_at <= %(now)s THEN least(yellow_at, new_due)
               ELSE least(%(now)s, new_due)
           END AS new_yellow
    FROM standing
),
moved AS (
    UPDATE cases_workitem
    SET due_at = new_due, yellow_at = new_yellow, cycle = warned.cycle + leaves::int,
        check_at = CASE
            WHEN issued = 2 AND NOT leaves THEN NULL
            WHEN issued = 1 AND NOT leaves THEN new_due + interval '1 microsecond'
            ELSE new_yellow
        END
    FROM warned
    WHERE cases_workitem.id = warned.id AND cases_workitem.case_id = ANY(%(cases)s::uuid[])
      AND new_due IS NOT NULL AND new_yellow IS NOT NULL
      AND (warned.due_at, warned.yellow_at) IS DISTINCT FROM (new_due, new_yellow)
    RETURNING warned.*
),
moved_events AS (
    INSERT INTO core_event (stream, subject, kind, at, recorded_at, payload)
    SELECT case_id, 'work_item:' || id, 'work_item.moved', %(now)s, now(),
           jsonb_build_object('item', item_code, 'department', department_id, 'was', due_at,
               'due_at', new_due, 'revision', %(revision)s)
    FROM moved ORDER BY id
),
own AS MATERIALIZED (
    SELECT kase.id, number, applicant_id, kase.due_at,
           coalesce(single.due_at, {CASE_DUE}) AS new_due
    FROM cases_case AS kase
    LEFT JOIN unnest(%(case_ids)s::uuid[], %(case_dues)s::timestamptz[]) AS single (id, due_at)
      ON single.id = kase.id
    WHERE kase.id = ANY(%(cases)s::uuid[]) AND state = 'accepted'
),
moved_cases AS (
    UPDATE cases_case SET due_at = new_due
    FROM own
    WHERE cases_case.id = own.id AND cases_case.id = ANY(%(cases)s::uuid[])
      AND own.due_at <> new_due
),
changed AS MATERIALIZED (
    SELECT nextval('core_event_id_seq') AS event_id, own.*,
           concat_ws('；', items.words,
               CASE WHEN due_at <> new_due THEN '全部办结的时间' || {_FROM_TO} END) AS words
    FROM own LEFT JOIN (
        SELECT case_id, string_agg('“' || item_name || '”' || {_FROM_TO}, '；' ORDER BY id) AS words
        FROM moved WHERE due_at <> new_due GROUP BY case_id
    ) AS items ON items.case_id = own.id
    WHERE items.words IS NOT NULL OR due_at <> new_due
),
case_events AS (
    INSERT INTO core_event (id, stream, subject, kind, at, recorded_at, payload)
    SELECT event_id, id, '', 'case.moved', %(now)s, now(),
           jsonb_build_object('was', due_at, 'due_at', new_due, 'revision', %(revision)s)
    FROM changed
),
told AS (
    SELECT event_id, applicant_id AS recipient_id, 'case.moved' AS kind,
           jsonb_build_object('number', number, 'changes', words) AS params,
           format(%(own_link)s, id) AS link
    FROM changed
),
messages AS ({{messages}})
UPDATE cases_calendarrevision AS revision SET moved = revision.moved + counted.moved
FROM (SELECT count(*) AS moved FROM moved WHERE due_at <> new_due) AS counted
WHERE id = %(revision)s
RETURNING counted.moved
"""  # noqa: S608
# Moves of these revisions by department: how many items, how many of them to an earlier day.
BY_DEPARTMENT = """
SELECT department, count(*), count(*) FILTER (WHERE earlier)
FROM (
    SELECT (payload->>'department')::bigint AS department, subject,
           bool_or((payload->>'due_at')::timestamptz < (payload->>'was')::timestamptz) AS earlier
    FROM core_event
    WHERE kind = 'work_item.moved' AND payload->>'due_at' <> payload->>'was'
      AND (payload->>'revision')::bigint = ANY(%s)
    GROUP BY 1, 2
) AS moved
GROUP BY 1
"""
# Whether somebody still writes what was read before everybody knew the change.
OLD_WRITERS = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_xid IS NOT NULL AND xact_start < %s
)
"""


class Overtaken(Exception):
    """Another copy has moved the mark on, or the calendar was changed again."""


class Busy(Exception):
    """Somebody holds a row for long; the next tick tries again at the same place."""


class Candidate(NamedTuple):
    """A case that may have to move: its first open work item, and how much work it is."""

    first: int
    case: UUID
    weight: int


@dataclass(frozen=True, slots=True)
class Window:
    """What was found among the next open work items; `last` is the key of the last one read."""

    candidates: list[Candidate]
    last: int
    is_last: bool

    def batches(self, chunk: int) -> Iterator[tuple[list[UUID], int]]:
        """Yield cases for one transaction each, with the key up to which all is done by then."""
        batch: list[UUID] = []
        weight = 0
        for candidate in self.candidates:
            if batch and weight + candidate.weight > chunk:
                yield batch, candidate.first - 1
                batch, weight = [], 0
            batch.append(candidate.case)
            weight += candidate.weight
        yield batch, self.last


def reproject(*, chunk: int = CHUNK, scan: int = SCAN, seconds: float = 60) -> int:
    """Go on with the newest revision, for at most so many seconds; return the deadlines moved.

    Older revisions that are not finished are finished with it. Nothing happens before every process
    counts by the changed calendar.
    """
    revision = _revision_to_do()
    if revision is None:
        return 0
    calendar.forget()
    issuing.case_link(OWN)  # the first address that a process works out takes its time
    until, before = monotonic() + seconds, revision.moved
    paused = _paused(revision.upto)
    try:
        if not revision.upto:
            _move_terms(revision)
        while monotonic() < until:
            window = _window(revision.upto, scan, paused)
            for batch, upto in window.batches(chunk):
                revision.moved += _patiently(partial(_move, revision, batch, upto))
                revision.upto = upto
            if window.is_last:
                _finish(revision)
                break
    except Overtaken:
        logger.info("Revision %d of the calendar is in other hands.", revision.pk)
    except Busy:
        logger.warning("Revision %d of the calendar waits for a locked row.", revision.pk)
    return revision.moved - before


def may_move(days: Collection[date]) -> int:
    """Return how many open work items count a day of these, so that their deadline may move."""
    ((count,),) = _rows(MAY_MOVE, {"days": list(days)}) if days else ((0,),)
    return count


def _revision_to_do() -> CalendarRevision | None:
    """Return the newest revision if it is unfinished and everybody knows its calendar."""
    newest = CalendarRevision.objects.order_by("-pk").first()
    if newest is None or newest.finished_at is not None:
        return None
    if timezone.now() - newest.made_at < SETTLED_AFTER:
        return None
    known = newest.made_at + timedelta(seconds=calendar.SEEN_FOR)
    with connection.cursor() as cursor:
        cursor.execute(OLD_WRITERS, [known])
        return None if cursor.fetchone()[0] else newest


def _paused(upto: int) -> list[Candidate]:
    rows = _rows(PAUSED, {"open": list(OPEN), "upto": upto})
    return sorted(Candidate(first, case, PAUSED_WEIGHT) for case, first in rows)


def _window(upto: int, scan: int, paused: list[Candidate]) -> Window:
    """Read on behind the mark, locking nothing."""
    params = {"upto": upto, "scan": scan, "open": list(OPEN), "now": clock.now()}
    params |= calendar.hours_of_statements() | {"yellow_share": YELLOW_SHARE}
    (_, last, read), *rows = _rows(CANDIDATES, params)
    last = last or upto
    found = {case: Candidate(first, case, weight) for case, first, weight in rows}
    found |= {one.case: one for one in paused if upto < one.first <= last}
    return Window(sorted(found.values()), last, is_last=read < scan)


def _patiently(work: Callable[[], T]) -> T:
    """Do something in a transaction that waits for locks only briefly; try again where one is held.

    Raises Busy where it is held for long.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            with transaction.atomic():
                _execute(f"SET LOCAL lock_timeout = '{PATIENCE}'; {SWIFTLY}")
                return work()
        except OperationalError as error:
            code = getattr(error.__cause__, "pgcode", None)
            if code not in {LOCK_NOT_AVAILABLE, DEADLOCK}:
                raise
            if attempt == ATTEMPTS:
                raise Busy from error
            sleep(APART)


def _move(revision: CalendarRevision, cases: list[UUID], upto: int) -> int:
    """Move some cases, and the mark of the revision with them; return the deadlines moved.

    Raises Overtaken.
    """
    _mark(revision, upto)
    if not cases:
        return 0
    _rows(LOCK_CASES, {"cases": _array(cases)})
    return _write(revision, cases)


def _move_terms(revision: CalendarRevision) -> None:
    """Move the terms, before all deadlines: one that ends too early cannot be given back."""
    for term, keys in terms.early():
        _patiently(partial(terms.move, term, keys, revision.pk))


def _mark(revision: CalendarRevision, upto: int) -> None:
    """Move the mark from where this copy has seen it. Raises Overtaken where it stands no more."""
    if not _rows(MARK, {"revision": revision.pk, "seen": revision.upto, "upto": upto}):
        raise Overtaken


def _write(revision: CalendarRevision, cases: list[UUID]) -> int:
    """Write all that follows for some locked cases and return how many deadlines have moved."""
    now = clock.now()
    params: dict[str, Any] = {
        "cases": _array(cases),
        "now": now,
        "revision": revision.pk,
        "own_link": issuing.case_link(OWN),
    }
    params |= calendar.hours_of_statements() | {"yellow_share": YELLOW_SHARE}
    singly = _rows(ONE_BY_ONE, params)
    params |= _items_singly([pk for pk, _ in singly if pk])
    params |= _cases_singly([pk for _, pk in singly if pk])
    params |= bulk.params(["case.moved"], at=now)
    statement = MOVE.format(items=LOCK_ITEMS, messages=bulk.INSERT)
    ((moved,),) = _rows(statement, params)
    return moved


def _array(keys: list[UUID]) -> str:
    """Return keys as one literal, for the driver would quote each by itself, many times a chunk."""
    return "{" + ",".join(map(str, keys)) + "}"


def _items_singly(keys: list[int]) -> dict[str, Any]:
    """Return due and warning of the work items whose facts a look-up cannot follow."""
    working_days, found = calendar.current(), []
    items = WorkItem.objects.filter(pk__in=keys).prefetch_related("suspensions") if keys else []
    for item in items:
        try:
            pauses = deadlines.closed_pauses(item)
            result = deadlines.projected(item, working_days, pauses)
        except ValueError:
            logger.exception("The clock of work item %d cannot be worked out.", item.pk)
            continue
        resumed = max((ended for _, ended in pauses), default=result.yellow_at)
        found.append((item.pk, result.due_at, max(result.yellow_at, resumed)))
    return {
        "ids": [row[0] for row in found],
        "dues": [row[1] for row in found],
        "warns": [min(row[2], row[1]) for row in found],
    }


def _cases_singly(keys: list[UUID]) -> dict[str, Any]:
    """Return the terms of cases in which a clock has stood still."""
    cases = Case.objects.filter(pk__in=keys).select_related("version").defer("version__document")
    dues = {case.pk: review.case_due(case) for case in cases} if keys else {}
    return {"case_ids": list(dues), "case_dues": list(dues.values())}


def _finish(revision: CalendarRevision) -> None:
    """Close this revision and the older ones it stands for, and tell the departments."""
    unfinished = CalendarRevision.objects.filter(finished_at=None, pk__lte=revision.pk)
    done = list(unfinished.values_list("pk", flat=True))
    counts = {row[0]: row[1:] for row in _rows(BY_DEPARTMENT, [done])}
    with transaction.atomic():
        _mark(revision, revision.upto)
        CalendarRevision.objects.filter(pk__in=done).update(finished_at=timezone.now())
        payload = {"revision": revision.pk, "moved": sum(count for count, _ in counts.values())}
        event = record(Entry("calendar.projected", payload=payload))
        tell(
            Notice(event, user, "desk.moved", {"count": count, "earlier": earlier}, _desk_link())
            for user in User.objects.staff_of(list(counts))
            if user.department_id
            for count, earlier in [counts[user.department_id]]
        )


def _desk_link() -> str:
    return reverse("admin:cases_workitem_changelist")


def _rows(sql: str, params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
