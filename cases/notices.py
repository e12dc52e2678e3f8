"""Notices (告知): what the law makes a decision or a request say, and to whom it is told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict

from django.urls import reverse

from cases import calendar
from cases.errors import Incomplete
from cases.models import Case
from cases.working_time import civil_day
from notifications.sending import Notice
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event

REDRESS = (
    "如不服本决定，可自收到决定之日起六十日内依法申请行政复议，"
    "或者自收到决定之日起六个月内依法向人民法院提起行政诉讼。"
)
# Working days an applicant has to answer the window's one-time notice.
SUPPLEMENT_DAYS = 10
# 行政许可法 art. 32(4): within so many working days the window accepts or tells what is missing.
NOTICE_DAYS = 5
# Working days before the end of a term at whose opening an applicant is reminded of it.
REMINDER_DAYS = (3, 1)


class Gap(TypedDict):
    """One thing that is missing or wrong; `kind` is "material" or "field"."""

    kind: str
    code: str
    name: str
    reason: str


def gap_words(gaps: Iterable[Gap]) -> list[str]:
    """Return the gaps of a notice as sentences without personal data."""
    return [f"{gap['name']}：{gap['reason']}" for gap in gaps]


def end_of_term(begun: datetime, days: int) -> datetime:
    """Return the end of a term: close of the n-th working day after the day it was begun."""
    working_days = calendar.current()
    return working_days.closing(working_days.add(civil_day(begun), days))


def supplement_term() -> datetime:
    """Return the instant at which a supplement asked for now is due: close of the 10th day."""
    return end_of_term(clock.now(), SUPPLEMENT_DAYS)


def window_term(received_at: datetime) -> datetime:
    """Return the end of the window's term: close of the 5th working day after the receipt."""
    return end_of_term(received_at, NOTICE_DAYS)


def first_reminder(term: datetime, *, after: datetime) -> datetime | None:
    """Return when an applicant is first reminded of a term told at `after`; none if it is short."""
    working_days = calendar.current()
    instants = (
        working_days.opening(working_days.add(civil_day(term), -days)) for days in REMINDER_DAYS
    )
    return next((instant for instant in instants if instant > after), None)


def require_reasons(reasons: str, legal_basis: str) -> None:
    """Raise Incomplete unless a refusal says why and on what basis (行政许可法 art. 38)."""
    problems = {}
    if not reasons.strip():
        problems["reasons"] = "请写明理由。"
    if not legal_basis.strip():
        problems["legal_basis"] = "请写明依据的条款。"
    if problems:
        raise Incomplete(problems)


def desk_of(department_id: int, holder_id: int | None, *, leaders: bool = False) -> list[User]:
    """Return who of a department is told about an item: its holder, else all officers.

    With `leaders` they are told as well; without any officer they are told in any case.
    """
    staff = list(User.objects.staff_of([department_id]).order_by("pk"))
    heads = [person for person in staff if person.role == Role.LEADER]
    officers = [person for person in staff if person.role == Role.OFFICER]
    hands = [person for person in staff if person.pk == holder_id] or officers or heads
    return list(dict.fromkeys([*hands, *heads] if leaders else hands))


def applicant_notice(case: Case, event: Event, words: Mapping[str, object]) -> Notice:
    """Return the notice to a case's applicant about an event, linked to the case page."""
    params = {"number": case.number, **words}
    link = reverse("cases:case", args=[case.pk])
    return Notice(event, case.applicant, event.kind, params, link)
