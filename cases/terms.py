"""Terms that applicants, the window and departments were given, after a change of the calendar.

A term that somebody was told is only ever moved later, never earlier. Which ones have to move is
read off the rows themselves, so a run that stops half-way is simply repeated.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from cases import calendar
from cases.models import (
    Case,
    CaseState,
    Offer,
    OfferState,
    Supplement,
    Suspension,
    SuspensionReason,
    Tolerance,
    Urging,
)
from cases.notices import (
    SUPPLEMENT_DAYS,
    applicant_notice,
    end_of_term,
    first_reminder,
    window_term,
)
from cases.release import OFFER_DAYS
from cases.working_time import civil_day
from notifications.sending import tell
from portal.core import clock
from portal.core.ledger import Entry, record_many

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Term:
    """One kind of term: which rows still run, where the end stands, and what it should be."""

    awaited: Callable[[], QuerySet[Any]]
    field: str
    due: Callable[[Any], datetime]
    subject: str = ""
    # What the applicant knows it as; empty where none was told an instant.
    name: str = ""
    # Further columns that follow from the end, changed in memory by `follow`.
    fields: tuple[str, ...] = ()
    follow: Callable[[Any, datetime], None] = lambda row, was: None

    def moved_to(self, row: Any) -> datetime | None:
        """Return the end as it should be where the row has another one and may be moved."""
        due, stands = self.due(row), getattr(row, self.field)
        may_move = due > stands or (due < stands and not self.subject)
        return due if may_move else None


def early() -> Iterator[tuple[Term, list[Any]]]:
    """Yield keys of rows whose term has to move, a chunk at a time."""
    for term in TERMS:
        rows = (row.pk for row in term.awaited() if term.moved_to(row))
        while batch := list(islice(rows, CHUNK)):
            yield term, batch


@transaction.atomic
def move(term: Term, keys: list[Any], revision: int) -> None:
    """Move the terms of some rows, write an event for each, and tell the applicants."""
    locked = term.awaited().filter(pk__in=keys).order_by("pk")
    moved, entries = [], []
    for row in locked.select_for_update(of=("self",), no_key=True):
        was, due = getattr(row, term.field), term.moved_to(row)
        if due is None:
            continue
        setattr(row, term.field, due)
        term.follow(row, was)
        moved.append(row)
        payload = {"was": was.isoformat(), "due_at": due.isoformat(), "revision": revision}
        subject = f"{term.subject}:{row.pk}" if term.subject else ""
        entries.append(Entry("term.moved", _case(row).pk, subject, payload=payload))
    if moved:
        moved[0]._meta.model.objects.bulk_update(moved, [term.field, *term.fields])
        events = zip(moved, record_many(entries), strict=True)
        if term.name:
            words = ({"term": term.name, "due": getattr(row, term.field)} for row in moved)
            tell(
                applicant_notice(_case(row), event, params)
                for (row, event), params in zip(events, words, strict=True)
            )


def _case(row: Any) -> Case:
    return row if isinstance(row, Case) else row.case


def _end_of_tolerance(tolerance: Tolerance) -> datetime:
    """Return the end; a last day that is no working day gives way to the next one.

    民法典 art. 203. The term was given as a date, not as a number of days.
    """
    last, working_days = civil_day(tolerance.lapses_at), calendar.current()
    if working_days.is_working(last):
        return tolerance.lapses_at
    return working_days.closing(working_days.next_working(last))


def _remind_later(row: Any, was: datetime) -> None:
    """Let a reminder that is still to come keep its distance from the end."""
    if row.remind_at is not None:
        row.remind_at = first_reminder(row.lapses_at, after=clock.now())


def _supplement_moved(row: Supplement, was: datetime) -> None:
    _remind_later(row, was)
    if row.work_item_id is not None:
        # The clock of the work item stands until the same instant.
        Suspension.objects.filter(
            work_item=row.work_item_id, ended_at=None, reason=SuspensionReason.SUPPLEMENT
        ).update(lapses_at=row.lapses_at)


def _urging_moved(row: Urging, was: datetime) -> None:
    if row.check_at == was:
        row.check_at = row.due_at


TERMS = (
    Term(
        lambda: Case.objects.filter(state=CaseState.SUBMITTED, deemed_at__isnull=False),
        "deemed_at",
        lambda case: window_term(case.received_at or case.deemed_at),
    ),
    Term(
        lambda: Supplement.objects.awaited().select_related("case__applicant"),
        "lapses_at",
        lambda row: end_of_term(row.asked_at, SUPPLEMENT_DAYS),
        "supplement",
        "补正期限",
        ("remind_at",),
        _supplement_moved,
    ),
    Term(
        lambda: Offer.objects.filter(state=OfferState.OPEN).select_related("case__applicant"),
        "lapses_at",
        lambda row: end_of_term(row.offered_at, OFFER_DAYS),
        "offer",
        "改办选择期限",
    ),
    Term(
        lambda: Tolerance.objects.filter(met_at=None, ended_at=None).select_related(
            "case__applicant"
        ),
        "lapses_at",
        _end_of_tolerance,
        "tolerance",
        "容缺材料补齐期限",
        ("remind_at",),
        _remind_later,
    ),
    Term(
        lambda: Urging.objects.awaited().select_related("case"),
        "due_at",
        lambda row: end_of_term(row.sent_at, row.days),
        "urging",
        fields=("check_at",),
        follow=_urging_moved,
    ),
)
