"""The sweep (巡检): once a minute, everything that time alone brings about.

It compares stored instants with now, never a window, so an outage only delays; what it writes bears
the instant at which it fell due. Any number of copies may run: rows are claimed with SKIP LOCKED,
and unique constraints let each card and each message exist once.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.urls import reverse

from cases import calendar, intake, responses, review
from cases.deadlines import projected
from cases.errors import AlreadyHandled
from cases.models import (
    CaseState,
    Level,
    Offer,
    OfferState,
    Supplement,
    Suspension,
    WorkItem,
    WorkItemState,
)
from cases.notices import applicant_notice
from notifications.sending import Notice, tell
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Entry, Event, record, record_many

logger = logging.getLogger("portal.sweep")

# One claimed row per work item whose next instant has come; `until` is how far its clock has run.
RUNNING_CLOCKS = """
    SELECT id, case_id, item_code, item_name, department_id, claimed_by_id, cycle,
           promised_days AS budget, yellow_at, due_at, %(now)s::timestamptz AS until
    FROM cases_workitem
    WHERE check_at <= %(now)s AND due_at IS NOT NULL
    ORDER BY check_at
    LIMIT %(chunk)s
    FOR NO KEY UPDATE SKIP LOCKED
"""
# The same for clocks that stopped before a sweep could issue their cards; claimed beforehand.
STOPPED_CLOCKS = """
    SELECT id, case_id, item_code, item_name, department_id, claimed_by_id, cycle,
           promised_days AS budget, stood.yellow_at, stood.due_at, stood.until
    FROM unnest(%(ids)s::bigint[], %(yellow)s::timestamptz[], %(due)s::timestamptz[],
                %(until)s::timestamptz[]) AS stood (id, yellow_at, due_at, until)
    JOIN cases_workitem USING (id)
"""
# Cards, and the next instant to look again, in one statement; one row per claimed work item and
# new card. ON CONFLICT: a card that exists already is not issued, told or recorded again.
ISSUE = """
WITH due AS MATERIALIZED ({clocks}),
moved AS (
    UPDATE cases_workitem
    SET check_at = CASE
        WHEN due.due_at < due.until OR cases_workitem.due_at IS NULL THEN NULL
        WHEN due.yellow_at > due.until THEN due.yellow_at
        ELSE due.due_at + interval '1 microsecond'
    END
    FROM due WHERE cases_workitem.id = due.id
),
issued AS (
    INSERT INTO cases_card
        (work_item_id, level, cycle, issued_at, due_at, "limit", budget, stage, owner_id)
    SELECT id, level, cycle, issued_at, due_at, 'promised', budget, 'department', claimed_by_id
    FROM (
        SELECT *, 'yellow' AS level, yellow_at AS issued_at FROM due WHERE yellow_at <= until
        UNION ALL
        SELECT *, 'red', due_at FROM due WHERE due_at < until
    ) AS reached
    ON CONFLICT (work_item_id, level, cycle) DO NOTHING
    RETURNING id, work_item_id, level, issued_at
)
SELECT due.id, issued.id, level, issued_at, due.due_at, due.cycle, due.case_id, number,
       item_code, item_name, department_id, claimed_by_id
FROM due
JOIN cases_case ON cases_case.id = due.case_id
LEFT JOIN issued ON issued.work_item_id = due.id
ORDER BY issued_at, level DESC
"""


class Issued(NamedTuple):
    """A claimed work item with the card it got; without one the card fields are empty."""

    work_item: int
    card: int | None
    level: str | None
    issued_at: datetime
    due_at: datetime
    cycle: int
    case: UUID
    number: str
    item: str
    name: str
    department: int
    claimer: int | None

    @property
    def kind(self) -> str:
        return f"card.{self.level}"


@dataclass(slots=True)
class SweepReport:
    """How much one sweep brought about; `failed` rows stay due and are tried again."""

    yellow: int = 0
    red: int = 0
    resumed: int = 0
    lapsed_offers: int = 0
    lapsed_supplements: int = 0
    failed: int = 0


def sweep(*, now: datetime | None = None, chunk: int = 1000) -> SweepReport:
    """Bring about all that has fallen due by `now` and return how much it was.

    Ended terms come first: a clock that they set going may have run into warning since. Each chunk
    of cards is one transaction with a number of statements that does not grow with its rows.
    """
    moment = now or clock.now()
    report = SweepReport()
    report.resumed = _each(_lapsed_suspensions(moment), _resume, report)
    report.lapsed_offers = _each(_lapsed_offers(moment), _lapse_offer, report)
    report.lapsed_supplements = _each(_lapsed_supplements(moment), _lapse_case, report)
    for issue in (_issue_running, _issue_stopped):
        while _count(issued := issue(moment, chunk), report) == chunk:
            logger.info("A full chunk of %d clocks, going on.", len(issued))
    return report


def _count(issued: Sequence[Issued], report: SweepReport) -> int:
    """Add the new cards to the report and return how many work items the chunk had."""
    report.yellow += sum(row.level == Level.YELLOW for row in issued)
    report.red += sum(row.level == Level.RED for row in issued)
    return len({row.work_item for row in issued})


@transaction.atomic
def _issue_running(now: datetime, chunk: int) -> list[Issued]:
    return _issue(RUNNING_CLOCKS, {"now": now, "chunk": chunk})


@transaction.atomic
def _issue_stopped(now: datetime, chunk: int) -> list[Issued]:
    """Issue the cards of clocks that ran into warning while no sweep came by, and then stopped."""
    items = list(
        WorkItem.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(check_at__lte=now, due_at=None)
        .select_related("case")
        .prefetch_related("suspensions")
        .order_by("check_at")[:chunk]
    )
    if not items:
        return []
    working_days = calendar.current()
    stood = [projected(item, working_days, _closed_pauses(item)) for item in items]
    columns = {
        "ids": [item.pk for item in items],
        "yellow": [deadline.yellow_at for deadline in stood],
        "due": [deadline.due_at for deadline in stood],
        "until": [_stopped_at(item) for item in items],
    }
    return _issue(STOPPED_CLOCKS, columns)


def _issue(clocks: str, params: dict[str, Any]) -> list[Issued]:
    with connection.cursor() as cursor:
        cursor.execute(ISSUE.format(clocks=clocks), params)
        issued = [Issued(*row) for row in cursor.fetchall()]
    new = [row for row in issued if row.card is not None]
    if new:
        events = record_many(map(_entry, new))
        desks = _desks({row.department for row in new})
        tell(
            notice
            for row, event in zip(new, events, strict=True)
            for notice in _notices(row, event, desks.get(row.department, []))
        )
    return issued


def _entry(row: Issued) -> Entry:
    payload = {
        "card": row.card,
        "item": row.item,
        "cycle": row.cycle,
        "due_at": row.due_at.isoformat(),
    }
    return Entry(row.kind, row.case, f"work_item:{row.work_item}", None, row.issued_at, payload)


def _desks(departments: set[int]) -> dict[int, list[User]]:
    desks: dict[int, list[User]] = {}
    for user in User.objects.staff_of(sorted(departments)).order_by("pk"):
        if user.department_id is not None:
            desks.setdefault(user.department_id, []).append(user)
    return desks


def _notices(row: Issued, event: Event, desk: Iterable[User]) -> list[Notice]:
    """Return a card's notices: to whoever has claimed the item, else every officer; and leaders.

    A claimer who has left the desk counts as none.
    """
    params = {"number": row.number, "item": row.name, "due": row.due_at}
    link = reverse("admin:cases_workitem_change", args=[row.work_item])
    desk = list(desk)
    claimed = any(user.pk == row.claimer for user in desk)
    return [
        Notice(event, user, row.kind, params, link)
        for user in desk
        if user.role == Role.LEADER or user.pk == row.claimer or not claimed
    ]


def _closed_pauses(item: WorkItem) -> list[tuple[datetime, datetime]]:
    return [(s.began_at, s.ended_at) for s in item.suspensions.all() if s.ended_at]


def _stopped_at(item: WorkItem) -> datetime:
    """Return when a stopped clock stopped: the open pause, the decision, the end of the case."""
    paused = [s.began_at for s in item.suspensions.all() if s.ended_at is None]
    if item.state == WorkItemState.PAUSED and paused:
        return paused[0]
    return item.decided_at or item.case.closed_at or clock.now()


# Keys of rows whose term has ended, with its end.
Lapsed = QuerySet[Any, tuple[Any, Any]]


def _lapsed_suspensions(now: datetime) -> Lapsed:
    ended = Suspension.objects.filter(ended_at=None, lapses_at__lte=now)
    return ended.order_by("lapses_at").values_list("pk", "lapses_at")


def _lapsed_offers(now: datetime) -> Lapsed:
    ended = Offer.objects.filter(state=OfferState.OPEN, lapses_at__lte=now)
    return ended.order_by("lapses_at").values_list("pk", "lapses_at")


def _lapsed_supplements(now: datetime) -> Lapsed:
    ended = Supplement.objects.filter(
        work_item=None, answered_at=None, lapses_at__lte=now, case__state=CaseState.RETURNED
    )
    return ended.order_by("lapses_at").values_list("case_id", "lapses_at")


def _each(rows: Lapsed, verb: Callable[[Any, datetime], object], report: SweepReport) -> int:
    """Call a verb for every row, each in its own transaction, and return how often it did it.

    Where a person or another sweep was faster nothing happens; one broken row stops no other.
    """
    done = 0
    for key, at in list(rows):
        try:
            verb(key, at)
            done += 1
        except AlreadyHandled:
            continue
        except OperationalError:
            raise
        except Exception:
            report.failed += 1
            logger.exception("The sweep could not settle %s %s.", verb.__name__, key)
    return done


@transaction.atomic
def _resume(suspension_id: int, at: datetime) -> None:
    """Set a clock going again at the end of the term for a supplement that was not given.

    The department then decides on what is there (local practice).
    """
    work_item = (
        WorkItem.objects.select_for_update(of=("self", "case"), no_key=True, skip_locked=True)
        .select_related("case__applicant", "case__version__one_thing", "department")
        .filter(suspensions=suspension_id)
        .first()
    )
    still_open = Suspension.objects.filter(pk=suspension_id, ended_at=None)
    if work_item is None or not still_open.exists():
        raise AlreadyHandled
    with clock.at(at):
        review.restart(work_item)
        payload = {"item": work_item.item_code, "lapsed": True}
        event = record(
            Entry("work_item.resumed", work_item.case_id, work_item.subject, None, at, payload)
        )
        words = {"item": work_item.item_name, "due": work_item.due_at}
        tell([applicant_notice(work_item.case, event, words)])


def _lapse_offer(offer_id: int, at: datetime) -> None:
    responses.lapse_offer(offer_id=offer_id, at=at)


def _lapse_case(case_id: UUID, at: datetime) -> None:
    intake.lapse(case_id=case_id, at=at)
