"""What the officer's desk (部门工作台) shows: a work item, what it needs, and its clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from cases import application, calendar, deadlines, notices, review
from cases.models import Card, Edge, Suspension, WorkItem, WorkItemState
from cases.models.work_item import RUNNING
from cases.pages import dossier, picture
from cases.pages.staff_forms import BASES, PRESETS, DecisionForm, GapsForm, PauseForm, RefusalForm
from cases.steps import explain
from portal.accounts.models import User
from portal.core import clock
from portal.core.chinese import day_words, instant_words, listed
from portal.core.ledger import Event

# What the timeline of a work item tells: kind of event → words and the state of its mark.
TOLD = {
    "work_item.released": ("开始计时", "done"),
    "work_item.claimed": ("认领", "done"),
    "work_item.taken_over": ("负责人接管", "done"),
    "work_item.paused": ("暂停计时", "wait"),
    "work_item.supplement": ("一次性告知申请人补充", "wait"),
    "work_item.answered": ("申请人已补充", "done"),
    "work_item.resumed": ("恢复计时", "done"),
    "work_item.approved": ("准予办结", "done"),
    "work_item.refused": ("不予办理", "stop"),
    "work_item.closed": ("终止办理", "stop"),
    "work_item.withdrawn": ("申请人撤回", "stop"),
    "card.yellow": ("发出黄牌", "wait"),
    "card.red": ("发出红牌", "wait"),
    "card.seen": ("已知悉预警牌", "done"),
}
DONE = {
    "claim": "已认领",
    "take_over": "已接管",
    "approve": "已准予办结",
    "refuse": "已作出不予办理决定，理由和救济途径已告知申请人",
    "ask": "已一次性告知申请人补充，办理时限暂停计算",
    "pause": "已暂停计时，原因和预计时间已告知申请人",
    "resume": "已恢复计时",
}
VERB_KEYS = {
    "claim": ("C", "认领"),
    "take_over": ("T", "接管"),
    "approve": ("Y", "准予"),
    "refuse": ("R", "不予"),
    "ask": ("B", "告知补充"),
    "pause": ("P", "暂停计时"),
    "resume": ("G", "恢复计时"),
}
# The next ones appear as these are acknowledged; the heading counts all.
ALERTS_AT_MOST = 3
LIST_KEYS = [{"key": "N", "label": "下一件"}, {"key": "Q", "label": "返回办件台"}]


def page(work_item: WorkItem, user: User) -> dict[str, Any]:
    """Return everything the page of one work item shows to this user."""
    case, verbs = work_item.case, review.allowed_verbs(work_item, user)
    told = work_item.supplements.select_related("asked_by").first()
    pauses = list(work_item.suspensions.order_by("began_at"))
    return {
        "item": work_item,
        "case": case,
        "title": heading(work_item, user, pauses),
        "card": card_of(work_item),
        "clock": clock_sentences(work_item, pauses),
        "facts": _facts(work_item),
        "sections": dossier.sections(case, [work_item.item_code]),
        "materials": dossier.materials(case, {work_item.item_code}),
        "plan": dossier.plan_of(case),
        "entries": _timeline(work_item),
        "told": dossier.told(told) if told else None,
        "results": [dossier.result_row(one) for one in work_item.results.current()],
        "verbs": verbs,
        "can_ask": "ask" in verbs and told is None,
        "is_own_desk": work_item.department_id == user.department_id,
        "redress": notices.REDRESS,
        "presets": PRESETS,
        "bases": BASES,
        "alerts": alerts(user),
        "next_url": next_url(user, work_item),
        "keys": [{"key": key, "label": label} for key, label in map(VERB_KEYS.get, verbs)]  # type: ignore[misc]
        + LIST_KEYS,
    }


def empty_forms(work_item: WorkItem, verbs: tuple[str, ...]) -> dict[str, Any]:
    """Return the forms of the verbs that are allowed."""
    forms: dict[str, Any] = {}
    if "approve" in verbs:
        forms |= {"decision_form": DecisionForm(), "refusal_form": RefusalForm()}
    if "ask" in verbs:
        forms["gaps_form"] = gaps_form(work_item)
    if "pause" in verbs:
        forms["pause_form"] = pause_form(work_item)
    return forms


def gaps_form(work_item: WorkItem, data: Mapping[str, Any] | None = None) -> GapsForm:
    """Return the form of the department's one-time notice: only what this item asks for."""
    case, code = work_item.case, work_item.item_code
    uploads = [one for one in application.merged_form(case).uploads if code in one.items]
    return GapsForm(
        data,
        materials=[(one.code, one.material.name) for one in uploads],
        answers=[(one.code, one.name) for one in case.version.catalogue.fields_of([code])],
    )


def pause_form(work_item: WorkItem, data: Mapping[str, Any] | None = None) -> PauseForm:
    return PauseForm(data, reasons=review.pause_reasons(work_item))


def card_of(work_item: WorkItem) -> dict[str, str] | None:
    """Return the warning a running clock stands in, with its words; none for all others."""
    now = clock.now()
    level = deadlines.level(work_item, now=now)
    words = deadlines.card_words(work_item, now=now, calendar=calendar.current())
    return {"level": str(level), "text": words} if level else None


def heading(work_item: WorkItem, user: User, pauses: list[Suspension]) -> str:
    """Return the sentence that says where the work item stands and what it waits for."""
    name, state = picture.short_name(work_item.item_name), work_item.state
    if state in RUNNING and work_item.due_at:
        mine = "由您办理" if work_item.claimed_by_id == user.pk else f"由{work_item.claimed_by}办理"
        whose = mine if work_item.claimed_by else "待认领"
        return f"{name}：{whose}，{_due_words(work_item.due_at)}"
    if state == WorkItemState.PAUSED and pauses:
        pause = pauses[-1]
        return (
            f"{name}：{pause.get_reason_display()}，暂停计时，预计 {pause.expected_days} 个工作日"
        )
    if state == WorkItemState.WAITING:
        return f"{name}：等{_awaited(work_item)}的结果"
    if work_item.decided_at:
        return f"{name}：{day_words(work_item.decided_at)}{work_item.get_state_display()}"
    return f"{name}：{work_item.get_state_display()}"


def _due_words(due_at: datetime) -> str:
    until = instant_words(due_at)
    return f"应于 {until} 前办结，已超时限" if clock.now() > due_at else f"{until} 前办结"


def clock_sentences(work_item: WorkItem, pauses: list[Suspension]) -> list[str]:
    """Return how the due date comes about, step by step; closed pauses are left out of it."""
    if work_item.started_at is None:
        return ["前置事项作出决定时起算，等待期间不计入时限。"]
    closed = [(one.began_at, one.ended_at) for one in pauses if one.ended_at]
    steps = explain(
        calendar.current(),
        start=work_item.started_at,
        budget=work_item.promised_days,
        pauses=closed,
    )
    if work_item.state in RUNNING:
        return [step.text for step in steps]
    sentences = [step.text for step in steps if step.kind in {"start", "paused"}]
    if work_item.state == WorkItemState.PAUSED and pauses:
        last = pauses[-1]
        sentences.append(
            f"{instant_words(last.began_at)}起暂停计时，恢复时重新计算。依据：{last.legal_basis}。"
        )
    return sentences


def alerts(user: User) -> list[dict[str, str]]:
    """Return the cards that this desk has not acknowledged, for the banner."""
    return [
        {
            "level": card.level,
            "title": _item_and_number(card.work_item),
            "url": reverse("admin:cases_workitem_change", args=[card.work_item_id]),
            "why": _card_reason(card),
            "seen_url": reverse("admin:cases_workitem_seen", args=[card.pk]),
        }
        for card in Card.objects.unseen_by_desk_of(user).order_by("level", "issued_at")[
            :ALERTS_AT_MOST
        ]
    ]


def next_item(user: User, after: WorkItem | None = None) -> WorkItem | None:
    """Return the most urgent work item to go on with: own ones first, then unclaimed ones."""
    running = WorkItem.objects.of_desk(user).filter(state__in=RUNNING).order_by("due_at", "pk")
    if after is not None:
        running = running.exclude(pk=after.pk)
    mine = running.filter(claimed_by=user).first()
    return mine or running.filter(state=WorkItemState.READY).first()


def next_url(user: User, after: WorkItem | None = None) -> str:
    """Return the page of the next work item, the list where there is none."""
    following = next_item(user, after)
    if following is None:
        return reverse("admin:cases_workitem_changelist")
    return reverse("admin:cases_workitem_change", args=[following.pk])


def _item_and_number(work_item: WorkItem) -> str:
    name = picture.short_name(work_item.item_name)
    return f"{name}　{dossier.number_words(work_item.case)}"


def _card_reason(card: Card) -> str:
    due_at = card.work_item.due_at
    if card.level == "red" or (due_at and clock.now() > due_at):
        return f"应于 {instant_words(card.due_at)} 前办结，已超过时限"
    return f"应于 {instant_words(card.due_at)} 前办结，临近时限"


def _awaited(work_item: WorkItem) -> str:
    edges = Edge.objects.filter(dependant=work_item).select_related("predecessor")
    names = [picture.short_name(edge.predecessor.item_name) for edge in edges]
    return listed(dict.fromkeys(names)) or "前置事项"


def _facts(work_item: WorkItem) -> list[dict[str, Any]]:
    case = work_item.case
    statutory = work_item.statutory_days
    facts: list[tuple[str, object]] = [
        ("受理码", dossier.number_words(case)),
        ("申请人", dossier.applicant_words(case)),
        ("承诺时限", picture.days_words(work_item.promised_days)),
        ("法定时限", f"{statutory} 个工作日" if statutory else "—"),
        ("窗口受理", _instant(case.accepted_at)),
        ("起算", _instant(work_item.started_at)),
        ("应办结", _instant(work_item.due_at)),
        ("经办人", str(work_item.claimed_by or "未认领")),
    ]
    if work_item.co_departments:
        names = case.version.catalogue.departments
        facts.append(("会办", listed(names[code].short_name for code in work_item.co_departments)))
    if work_item.result_number:
        facts.append(("结果文号", work_item.result_number))
    if work_item.reasons:
        facts += [("理由", work_item.reasons), ("依据", work_item.legal_basis)]
    return [{"term": term, "value": value} for term, value in facts]


def _instant(moment: datetime | None) -> str:
    return instant_words(moment) if moment else "—"


def _timeline(work_item: WorkItem) -> list[dict[str, Any]]:
    """Return what happened to this work item, newest first."""
    events = (
        Event.objects.of_stream(work_item.case_id)
        .filter(subject=work_item.subject, kind__in=TOLD)
        .select_related("actor")
        .order_by("-at", "-pk")
    )
    return [
        {
            "title": TOLD[event.kind][0],
            "state": TOLD[event.kind][1],
            "url": "",
            "card": None,
            "why": str(event.actor or ""),
            "when": instant_words(event.at),
        }
        for event in events
    ]
