"""The sweep (巡检): once a minute, everything that time alone brings about.

It compares stored instants with now, never a window, so an outage only delays; what it writes bears
the instant at which it fell due. Any number of copies may run: rows are claimed with SKIP LOCKED,
and unique constraints let each card, rung and message exist once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from cases import intake, issuing, ladders, responses, review
from cases.errors import AlreadyHandled
from cases.models import (
    Case,
    CaseState,
    Offer,
    OfferState,
    Supplement,
    Suspension,
    Tolerance,
    WorkItem,
)
from cases.notices import applicant_notice
from notifications.sending import tell
from portal.core import clock
from portal.core.ledger import Entry, record

logger = logging.getLogger("portal.sweep")

# Work items, or rows of a ladder, that one transaction takes: few enough that nobody at a desk
# waits for it (benchmarks/time_sweep.py), though each may be told to several officers.
CHUNK = 200

# What may be due, by the figure of the report that counts it: a look into one partial index each.
DUE = {
    "resumed": "cases_suspension WHERE ended_at IS NULL AND lapses_at <= %(now)s",
    "deemed_accepted": "cases_case WHERE state = 'submitted' AND deemed_at < %(now)s",
    "lapsed_offers": "cases_offer WHERE state = 'open' AND lapses_at <= %(now)s",
    "lapsed_supplements": """cases_supplement
        WHERE work_item_id IS NULL AND answered_at IS NULL AND ended_at IS NULL
          AND lapses_at <= %(now)s""",
    "lapsed_tolerances": """cases_tolerance
        WHERE met_at IS NULL AND ended_at IS NULL AND lapses_at <= %(now)s""",
    "cards": "cases_workitem WHERE check_at <= %(now)s",
    "escalations": "cases_card WHERE check_at <= %(now)s",
    "overdue_urgings": "cases_urging WHERE answered_at IS NULL AND check_at <= %(now)s",
    "reminders": "cases_supplement WHERE answered_at IS NULL AND remind_at <= %(now)s",
    "tolerance_reminders": """cases_tolerance
        WHERE met_at IS NULL AND ended_at IS NULL AND remind_at <= %(now)s""",
}
LOOK = "SELECT " + ", ".join(f"EXISTS (SELECT FROM {rows})" for rows in DUE.values())  # noqa: S608


@dataclass(slots=True)
class SweepReport:
    """How much one sweep brought about; `failed` rows stay due and are tried again."""

    yellow: int = 0
    red: int = 0
    resumed: int = 0
    deemed_accepted: int = 0
    lapsed_offers: int = 0
    lapsed_supplements: int = 0
    lapsed_tolerances: int = 0
    escalations: int = 0
    reminders: int = 0
    overdue_urgings: int = 0
    failed: int = 0


def sweep(*, now: datetime | None = None, chunk: int = CHUNK) -> SweepReport:
    """Bring about all that has fallen due by `now` and return how much it was.

    Ended terms come first: a clock that they set going may have run into warning since. Cards
    follow, then the ladders, which red cards may have to climb at once; each chunk is one statement
    in a transaction of its own. Where nothing is due, one look is all.
    """
    moment = now or clock.now()
    report = SweepReport()
    if due := _due(moment):
        _end_terms(due, moment, report)
        _issue_cards(moment, chunk, report)
        _climb_ladders(_due(moment), moment, chunk, report)
    return report


def _due(now: datetime) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"now": now})
        return {name for name, is_due in zip(DUE, cursor.fetchone(), strict=True) if is_due}


def _end_terms(due: set[str], now: datetime, report: SweepReport) -> None:
    if "resumed" in due:
        report.resumed = _each(_lapsed_suspensions(now), _resume, report)
    if "deemed_accepted" in due:
        report.deemed_accepted = _each(_silent_windows(now), _deem_accepted, report)
    if "lapsed_offers" in due:
        report.lapsed_offers = _each(_lapsed_offers(now), _lapse_offer, report)
    if "lapsed_supplements" in due:
        report.lapsed_supplements = _each(_lapsed_supplements(now), _lapse_case, report)
    if "lapsed_tolerances" in due:
        report.lapsed_tolerances = _each(_lapsed_tolerances(now), _revoke, report)


def _issue_cards(now: datetime, chunk: int, report: SweepReport) -> None:
    while True:
        issued = issuing.issue_due(now=now, chunk=chunk)
        report.yellow += issued.yellow
        report.red += issued.red
        if issued.clocks < chunk:
            return


def _climb_ladders(due: set[str], now: datetime, chunk: int, report: SweepReport) -> None:
    climb = partial(ladders.climb, now=now, chunk=chunk)
    if "escalations" in due:
        report.escalations = climb(ladders.ESCALATION)
    if "overdue_urgings" in due:
        report.overdue_urgings = climb(ladders.URGING)
    if "reminders" in due:
        report.reminders += climb(ladders.SUPPLEMENT)
    if "tolerance_reminders" in due:
        report.reminders += climb(ladders.TOLERANCE)


# Keys of rows whose term has ended, with its end.
Lapsed = QuerySet[Any, tuple[Any, Any]]


def _lapsed_suspensions(now: datetime) -> Lapsed:
    ended = Suspension.objects.filter(ended_at=None, lapses_at__lte=now)
    return ended.order_by("lapses_at").values_list("pk", "lapses_at")


def _silent_windows(now: datetime) -> Lapsed:
    silent = Case.objects.filter(state=CaseState.SUBMITTED, deemed_at__lt=now)
    return silent.order_by("deemed_at").values_list("pk", "deemed_at")


def _lapsed_offers(now: datetime) -> Lapsed:
    ended = Offer.objects.filter(state=OfferState.OPEN, lapses_at__lte=now)
    return ended.order_by("lapses_at").values_list("pk", "lapses_at")


def _lapsed_supplements(now: datetime) -> Lapsed:
    ended = Supplement.objects.filter(
        work_item=None, answered_at=None, ended_at=None, lapses_at__lte=now
    )
    return ended.order_by("lapses_at").values_list("case_id", "lapses_at")


def _lapsed_tolerances(now: datetime) -> Lapsed:
    ended = Tolerance.objects.filter(met_at=None, ended_at=None, lapses_at__lte=now)
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


def _deem_accepted(case_id: UUID, at: datetime) -> None:
    intake.deem_accepted(case_id=case_id, at=at)


def _lapse_offer(offer_id: int, at: datetime) -> None:
    responses.lapse_offer(offer_id=offer_id, at=at)


def _lapse_case(case_id: UUID, at: datetime) -> None:
    intake.lapse(case_id=case_id, at=at)


def _revoke(case_id: UUID, at: datetime) -> None:
    intake.revoke(case_id=case_id, at=at)
