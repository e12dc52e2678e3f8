"""Urgings (督办) as pages show them: what was asked, until when, and what was answered."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse

from cases import urging
from cases.models import Urging
from cases.numbering import spaced
from cases.pages.picture import short_name
from portal.core import clock
from portal.core.chinese import instant_words

# What a list may show, in words.
FILTERS = {
    "open": "待答复",
    "overdue": "逾期未答复",
    "answered": "已答复",
    "all": "全部",
}


def with_people(urgings: QuerySet[Urging]) -> QuerySet[Urging]:
    """Return urgings with everything that a row names."""
    return urgings.select_related("case", "work_item", "department", "sent_by", "answered_by")


def filtered(urgings: QuerySet[Urging], chosen: str) -> QuerySet[Urging]:
    """Return what one of FILTERS shows: awaited ones soonest due first, others newest first."""
    if chosen == "all":
        return urgings.order_by("-sent_at", "-pk")
    if chosen == "answered":
        return urgings.exclude(answered_at=None).order_by("-answered_at", "-pk")
    late = Q(due_at__lt=clock.now()) if chosen == "overdue" else Q()
    return urgings.filter(late, answered_at=None).order_by(F("due_at").asc(), "pk")


def row(one: Urging) -> dict[str, Any]:
    """Return an urging with its state in words and shape."""
    late = (one.answered_at or clock.now()) > one.due_at
    if one.answered_at:
        tag = {"kind": "done", "label": "逾期答复" if late else "已答复"}
    else:
        tag = {"kind": "stop" if late else "now", "label": "逾期未答复" if late else "待答复"}
    return {
        "pk": one.pk,
        "manner": one.get_kind_display(),
        "subject": short_name(urging.subject_words(one)),
        "department": one.department.short_name,
        "number": spaced(one.case.number or ""),
        "url": reverse("cases:supervision-case", args=[one.case_id]) + f"#urging-{one.pk}",
        "words": one.words,
        "sent": f"{one.sent_by}，{instant_words(one.sent_at)}",
        "due": instant_words(one.due_at),
        "tag": tag,
        "answer": one.answer,
        "answered": f"{one.answered_by}，{instant_words(one.answered_at)}"
        if one.answered_at
        else "",
    }


def heading(chosen: str, count: int) -> str:
    """Return the sentence over the list."""
    words = {
        "open": ("件督办待答复", "没有待答复的督办"),
        "overdue": ("件督办逾期未答复", "没有逾期未答复的督办"),
        "answered": ("件督办已答复", "还没有答复过的督办"),
    }
    some, none = words.get(chosen, ("件督办", "还没有发出过督办"))
    return f"{count} {some}" if count else none
