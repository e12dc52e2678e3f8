"""What the window's pages show: the queue by waiting time, and one case with all of its papers."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from cases import application, calendar, notices, verdicts
from cases.models import Case, CaseState, ParkedItem, ParkedState, Supplement
from cases.models.case import AT_WINDOW
from cases.pages import dossier, waiting
from cases.pages import parked as parked_page
from cases.pages import verdicts as verdict_page
from cases.pages.staff_forms import BASES, PRESETS, GapsForm
from cases.working_time import civil_day
from policies.subjects import identity_index
from portal.accounts.models import User
from portal.core import clock
from portal.core.chinese import day_words, instant_words
from portal.core.ledger import Event

PAGE_SIZE = 30
FOUND_AT_MOST = 50
TABS = {"": "待受理", "returned": "待补正", "today": "今日已处理"}
HANDLED = {
    "case.accepted": "受理",
    "case.deemed_accepted": "逾期未答复，视为受理",
    "case.returned": "一次性告知补正",
    "case.refused": "不予受理",
}
STATE_TAGS = {
    CaseState.SUBMITTED: "now",
    CaseState.RETURNED: "later",
    CaseState.ACCEPTED: "now",
    CaseState.COMPLETED: "done",
}
KEYS = [
    {"key": "J / K", "label": "上下移动"},
    {"key": "Enter", "label": "打开"},
    {"key": "S", "label": "查找"},
]
CASE_KEYS = [
    {"key": "A", "label": "受理"},
    {"key": "T", "label": "一次性告知"},
    {"key": "R", "label": "不予受理"},
    {"key": "N", "label": "下一件"},
    {"key": "Q", "label": "返回队列"},
]


def is_number(text: str) -> bool:
    """Tell whether a text can be a case number (20 digits) or the last six digits of one."""
    return bool(re.fullmatch(r"\d{6}|\d{20}", text))


def queue(user: User, *, tab: str, number: str, page: str) -> dict[str, Any]:
    """Return one page of a tab, or what a case number finds."""
    tab = tab if tab in TABS else ""
    if is_number(number):
        found = Case.objects.visible_to(user).filter(number__endswith=number)
        return _found(found, f"受理码 {number}")
    counts = _counts(user)
    rows = Paginator(_rows(user, tab), PAGE_SIZE).get_page(page)
    return {
        "tab": tab,
        "tabs": _tabs(tab, counts),
        "heading": _heading(user, counts),
        "page": rows,
        "rows": _handled(list(rows)) if tab == "today" else [_row(one) for one in rows],
        "keys": KEYS,
        "searched": "",
    }


def found_by_identity(user: User, identity: str) -> dict[str, Any]:
    """Return the cases filed under an ID or social credit number, by its blind index."""
    found = Case.objects.visible_to(user).filter(identity_index=identity_index(identity))
    return _found(found, "该证件号码")


def case(found: Case) -> dict[str, Any]:
    """Return everything a clerk reads of one case, and which verbs its state allows."""
    problems = application.missing(found) if found.state == CaseState.SUBMITTED else {}
    told = found.supplements.filter(work_item=None).select_related("asked_by").first()
    at_window = found.state == CaseState.SUBMITTED and not _is_overdue(found)
    parked = list(found.parked_items.defer("snapshot"))
    return {
        "case": found,
        "number": dossier.number_words(found),
        "heading": _case_heading(found, problems, told, parked),
        "facts": _facts(found),
        "problems": list(problems.values()),
        "sections": dossier.sections(found, found.item_codes, problems),
        "materials": dossier.materials(found, problems=problems),
        "plan": dossier.plan_of(found),
        "verdicts": _verdicts(found),
        "parked": parked_page.of_case(parked)["parked"],
        "told": dossier.told(told) if told else None,
        "can_accept": at_window and not problems,
        "can_ask": at_window and told is None,
        "can_refuse": at_window,
        "redress": notices.REDRESS,
        "presets": PRESETS,
        "bases": BASES,
        "next_url": _next_url(found),
        "keys": CASE_KEYS,
    }


def gaps_form(found: Case, data: Mapping[str, Any] | None = None) -> GapsForm:
    """Return the form of the one-time notice, with what the system sees missing ticked."""
    merged = application.merged_form(found)
    return GapsForm(
        data,
        materials=[(one.code, one.material.name) for one in merged.uploads],
        answers=[(element.code, element.name) for element in merged.fields],
        found=application.missing(found)
        if data is None and found.state == CaseState.SUBMITTED
        else {},
    )


def _rows(user: User, tab: str) -> QuerySet[Any]:
    visible = Case.objects.visible_to(user)
    if tab == "today":
        return (
            Event.objects.filter(kind__in=HANDLED, at__gte=_midnight(), at__lte=clock.now())
            .select_related("actor")
            .order_by("-at", "-pk")
        )
    if tab == "returned":
        return (
            visible.filter(state=CaseState.RETURNED)
            .order_by("received_at", "pk")
            .select_related("version")
            .defer("version__document")
        )
    answered = Supplement.objects.filter(case=OuterRef("pk"), work_item=None)
    return (
        visible.at_window()
        .annotate(was_returned=Exists(answered))
        .select_related("version")
        .defer("version__document")
    )


def _counts(user: User) -> dict[str, int]:
    counts: dict[str, int] = Case.objects.visible_to(user).aggregate(
        submitted=Count("pk", filter=Q(state=CaseState.SUBMITTED)),
        returned=Count("pk", filter=Q(state=CaseState.RETURNED)),
    )
    return {
        "": counts["submitted"],
        "returned": counts["returned"],
        "today": _rows(user, "today").count(),
    }


def _midnight() -> datetime:
    return calendar.current().at(clock.today(), datetime.min.time())


def _tabs(current: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    address = reverse("cases:window")
    return [
        {
            "label": label,
            "url": f"{address}?tab={tab}" if tab else address,
            "current": tab == current,
            "count": counts[tab],
        }
        for tab, label in TABS.items()
    ]


def _heading(user: User, counts: Mapping[str, int]) -> str:
    first = Case.objects.visible_to(user).at_window().first()
    if first is None or first.received_at is None:
        return "没有待受理的申请"
    return f"{counts['']} 件待受理，最久的{_waited(first.received_at)}"


def _waited(since: datetime) -> str:
    return waiting.waiting_words(calendar.current(), since=since, until=clock.now())


def _row(one: Case) -> dict[str, Any]:
    received = one.received_at or one.created_at
    is_waiting = one.state == CaseState.SUBMITTED
    return {
        "url": reverse("cases:window-case", args=[one.pk]),
        "number": dossier.number_words(one),
        "applicant": dossier.applicant_words(one),
        "kind": one.get_applicant_kind_display(),
        "items": dossier.item_words(one),
        "received": instant_words(received),
        "waited": _waited(received) if is_waiting else "",
        "limit": _limit_words(one) if is_waiting else "",
        "state": {"kind": STATE_TAGS.get(one.state, "stop"), "label": one.get_state_display()},
        "was_returned": getattr(one, "was_returned", False),
    }


def _is_overdue(one: Case) -> bool:
    """Whether the window's term is over and the sweep about to accept by law."""
    return one.deemed_at is not None and one.deemed_at < clock.now()


def _limit_words(one: Case) -> str:
    """Return until when the window must answer, and what follows if it does not."""
    if one.deemed_at is None:
        return ""
    if _is_overdue(one):
        return "已过答复期限，视为受理"
    last = civil_day(one.deemed_at)
    return f"{last.month}月{last.day}日前受理或告知，逾期视为受理"


def _handled(events: list[Event]) -> list[dict[str, Any]]:
    streams = [event.stream for event in events]
    by_pk = Case.objects.select_related("version").defer("version__document").in_bulk(streams)
    return [
        {
            **_row(by_pk[event.stream]),
            "done": HANDLED[event.kind],
            "by": str(event.actor or ""),
            "at": f"{instant_words(event.at)[-5:]}",
        }
        for event in events
        if event.stream in by_pk
    ]


def _found(found: QuerySet[Case], what: str) -> dict[str, Any]:
    rows = [
        _row(one)
        for one in found.select_related("version")
        .defer("version__document")
        .order_by("-submitted_at")[:FOUND_AT_MOST]
    ]
    heading = f"按{what}查到 {len(rows)} 件" if rows else f"按{what}没有查到申请"
    return {
        "tab": "found",
        "tabs": [],
        "heading": heading,
        "page": None,
        "rows": rows,
        "keys": KEYS,
        "searched": what,
    }


def _verdicts(found: Case) -> list[dict[str, Any]]:
    """Return for the clerk's own check what the policies say of a case that is at the window."""
    if found.state not in AT_WINDOW:
        return []
    return verdict_page.of_case(found, verdicts.of_case(found), verdicts.suppliers(found))


def _case_heading(
    found: Case,
    problems: Mapping[str, str],
    told: Supplement | None,
    parked: Sequence[ParkedItem],
) -> str:
    if found.state == CaseState.RETURNED and told:
        return f"等申请人补正，期限至{day_words(told.lapses_at)}"
    if found.state != CaseState.SUBMITTED:
        return _closed_heading(found, parked)
    if _is_overdue(found):
        return "已过答复期限，依法视为受理"
    if problems:
        return f"还缺 {len(problems)} 项，不能受理"
    return "已按告知补正，可以受理" if told else "材料和填写齐全，可以受理"


def _closed_heading(found: Case, parked: Sequence[ParkedItem]) -> str:
    if found.state == CaseState.REFUSED and found.closed_at:
        return f"{day_words(found.closed_at)}不予受理"
    if found.state == CaseState.WITHDRAWN:
        return "申请已撤回"
    if found.state == CaseState.REVOKED and found.closed_at:
        return f"{day_words(found.closed_at)}撤销受理"
    if found.accepted_at is None:
        return str(found.get_state_display())
    ripe = sum(row.state == ParkedState.RIPE for row in parked)
    waiting = sum(row.state == ParkedState.WAITING for row in parked)
    aside = [f"{ripe} 项已成熟，等申请人恢复办理"] if ripe else []
    aside += [f"{waiting} 项待成熟"] if waiting else []
    later = "".join(f"，{words}" for words in aside)
    count = len(found.item_codes) - sum(row.resumed_at is None for row in parked)
    if found.state == CaseState.COMPLETED and found.closed_at:
        if not count:
            return later.removeprefix("，") or "各事项均已终止"
        return f"{count} 项已全部办结{later}"
    due = f"，承诺 {day_words(found.due_at)}前全部办结" if found.due_at else ""
    accepted = "起视为受理" if found.is_deemed_accepted else "已受理"
    return f"{day_words(found.accepted_at)}{accepted}，{count} 项正在办理{later}{due}"


def _facts(found: Case) -> list[dict[str, Any]]:
    facts = [
        {"term": "申请人", "value": dossier.applicant_words(found)},
        {"term": "类型", "value": found.get_applicant_kind_display()},
        {"term": "事项", "value": f"{len(found.item_codes)} 项：{dossier.item_words(found)}"},
    ]
    if found.submitted_at:
        facts.append({"term": "提交", "value": instant_words(found.submitted_at)})
    if found.received_at and found.state == CaseState.SUBMITTED:
        facts.append({"term": "等候", "value": _waited(found.received_at)})
        facts.append({"term": "期限", "value": _limit_words(found)})
    if found.accepted_at:
        by = f"，{found.accepted_by}" if found.accepted_by else ""
        if found.is_deemed_accepted:
            by = "，窗口逾期未答复，依法视为受理"
        facts.append({"term": "受理", "value": f"{instant_words(found.accepted_at)}{by}"})
    if found.reasons:
        facts.append({"term": "理由", "value": found.reasons})
        facts.append({"term": "依据", "value": found.legal_basis})
    return facts


def _next_url(found: Case) -> str:
    """Return the page of the case next in waiting, the queue's at the end."""
    others = Case.objects.at_window().exclude(pk=found.pk)
    later = others.filter(received_at__gte=found.received_at) if found.received_at else others
    following = later.first() or others.first()
    if following is None:
        return reverse("cases:window")
    return reverse("cases:window-case", args=[following.pk])
