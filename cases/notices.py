"""Notices (告知): what the law makes a decision or a request say, and to whom it is told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict

from django.urls import reverse

from cases import calendar
from cases.errors import Incomplete
from cases.models import Case
from notifications.sending import Notice
from portal.core import clock
from portal.core.ledger import Event

REDRESS = (
    "如不服本决定，可自收到决定之日起六十日内依法申请行政复议，"
    "或者自收到决定之日起六个月内依法向人民法院提起行政诉讼。"
)
# Working days an applicant has to answer the window's one-time notice.
SUPPLEMENT_DAYS = 10


class Gap(TypedDict):
    """One thing that is missing or wrong; `kind` is "material" or "field"."""

    kind: str
    code: str
    name: str
    reason: str


def gap_words(gaps: Iterable[Gap]) -> list[str]:
    """Return the gaps of a notice as sentences without personal data."""
    return [f"{gap['name']}：{gap['reason']}" for gap in gaps]


def supplement_term() -> datetime:
    """Return the instant at which a supplement asked for now is due: close of the 10th day."""
    working_days = calendar.current()
    return working_days.closing(working_days.add(clock.today(), SUPPLEMENT_DAYS))


def require_reasons(reasons: str, legal_basis: str) -> None:
    """Raise Incomplete unless a refusal says why and on what basis (行政许可法 art. 38)."""
    problems = {}
    if not reasons.strip():
        problems["reasons"] = "请写明理由。"
    if not legal_basis.strip():
        problems["legal_basis"] = "请写明依据的条款。"
    if problems:
        raise Incomplete(problems)


def applicant_notice(case: Case, event: Event, words: Mapping[str, object]) -> Notice:
    """Return the notice to a case's applicant about an event, linked to the case page."""
    params = {"number": case.number, **words}
    link = reverse("cases:case", args=[case.pk])
    return Notice(event, case.applicant, event.kind, params, link)
