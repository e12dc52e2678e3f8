"""What the officer's desk (部门工作台) shows: a work item, what it needs, and its clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from cases import application, calendar, deadlines, extending, notices, review, verdicts
from cases.explain import Reader, words
from cases.models import Edge, Extension, Level, Suspension, Urging, WorkItem, WorkItemState
from cases.models.work_item import ON_DESK, RUNNING
from cases.pages import card_record, dossier, picture
from cases.pages import urgings as urging_page
from cases.pages import verdicts as verdict_page
from cases.pages.staff_forms import BASES, PRESETS, DecisionForm, GapsForm, PauseForm, RefusalForm
from cases.pages.time_forms import (
    ExplanationForm,
    ExtensionDecisionForm,
    ExtensionForm,
    UrgingAnswerForm,
)
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
    "card.escalated": ("红牌升级", "wait"),
    "card.explained": ("说明预警原因", "done"),
    "card.revoked": ("监督部门撤销预警牌", "done"),
    "extension.asked": ("申请延期", "wait"),
    "extension.granted": ("批准延期", "done"),
    "extension.refused": ("不批准延期", "stop"),
    "work_item.moved": ("放假安排调整，重新推算时限", "done"),
    "urging.sent": ("收到督办", "wait"),
    "urging.answered": ("答复督办", "done"),
    "urging.overdue": ("督办逾期未答复", "wait"),
}
DONE = {
    "claim": "已认领",
    "take_over": "已接管",
    "approve": "已准予办结",
    "refuse": "已作出不予办理决定，理由和救济途径已告知申请人",
    "ask": "已一次性告知申请人补充，办理时限暂停计算",
    "pause": "已暂停计时，原因和预计时间已告知申请人",
    "resume": "已恢复计时",
    "extend": "已申请延期，等本部门负责人批准",
    "grant": "已批准延期，新的应办结时间和理由已告知申请人",
    "deny": "未批准延期，已告知经办人",
    "explain": "已说明预警原因",
    "answer": "已答复督办",
}
VERB_KEYS = {
    "claim": ("C", "认领"),
    "take_over": ("T", "接管"),
    "approve": ("Y", "准予"),
    "refuse": ("R", "不予"),
    "ask": ("B", "告知补充"),
    "pause": ("P", "暂停计时"),
    "resume": ("G", "恢复计时"),
    "extend": ("E", "申请延期"),
    "grant": ("A", "批准延期"),
    "explain": ("X", "说明原因"),
    "answer": ("D", "答复督办"),
}
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
        "deadline": words(work_item, reader=Reader.OFFICER),
        "facts": _facts(work_item),
        "sections": dossier.sections(case, [work_item.item_code]),
        "materials": dossier.materials(case, {work_item.item_code}),
        "plan": dossier.plan_of(case),
        "verdicts": _verdicts(work_item),
        "entries": _timeline(work_item),
        "told": dossier.told(told) if told else None,
        "results": [dossier.result_row(one) for one in work_item.results.current()],
        "verbs": verbs,
        "can_ask": "ask" in verbs and told is None,
        "is_own_desk": work_item.department_id == user.department_id,
        "redress": notices.REDRESS,
        "presets": PRESETS,
        "bases": BASES,
        "next_url": next_url(user, work_item),
    }


def _verdicts(work_item: WorkItem) -> list[dict[str, Any]]:
    """Return for the officer's own check what the item's policy says, until it is decided."""
    if not work_item.is_open:
        return []
    case = work_item.case
    found = verdicts.of_case(case, [work_item.item_code])
    return verdict_page.of_case(case, found, verdicts.suppliers(case))


def time_on(work_item: WorkItem, user: User, forms: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page says about time beyond the clock, with the keys of the whole page.

    Cards with their records, urgings, the extension; of `forms` those that came back with errors.
    """
    own = work_item.department_id == user.department_id
    cards = list(card_record.with_people(work_item.cards.all()))
    urged = list(urging_page.with_people(Urging.objects.at_desk_of(work_item))) if own else []
    extension = work_item.extensions.select_related("asked_by", "decided_by").last()
    records = card_record.records(cards)
    explained, answered = forms.get("explanation_form"), forms.get("answer_form")
    for record in records:
        mine = explained if explained and explained.card_id == record["pk"] else None
        record["form"] = (mine or ExplanationForm(record["pk"])) if own and record["owes"] else None
        record["is_open"] = record["level"] == Level.RED and work_item.claimed_by_id == user.pk
    urgings = [urging_page.row(one) for one in urged]
    for row in urgings:
        mine = answered if answered and answered.urging_id == row["pk"] else None
        row["form"] = None if row["answered"] else mine or UrgingAnswerForm(row["pk"])
    verbs = [*review.allowed_verbs(work_item, user)]
    if can_extend := extending.can_ask(work_item, user):
        verbs.append("extend")
    if can_grant := extension is not None and extending.can_decide(extension, user):
        verbs.append("grant")
    verbs += ["explain"] * any(row["form"] for row in records)
    verbs += ["answer"] * any(row["form"] for row in urgings)
    return {
        "cards": records,
        "urgings": urgings,
        "extension": extension,
        "extension_note": _extension_note(extension) if extension else "",
        "extension_form": ExtensionForm() if can_extend else None,
        "approval_form": ExtensionDecisionForm() if can_grant else None,
        "can_grant": can_grant and work_item.state in RUNNING and not extending.is_over(work_item),
        "keys": [dict(zip(("key", "label"), VERB_KEYS[verb], strict=True)) for verb in verbs]
        + LIST_KEYS,
    }


def _extension_note(extension: Extension) -> str:
    """Return who asked for an extension and what became of it."""
    asked = f"{extension.asked_by}，{instant_words(extension.asked_at)} 申请"
    if extension.decided_at is None:
        awaited = extension.work_item.state in ON_DESK
        return f"{asked}，{'待本部门负责人批准' if awaited else '未及批准，办件已办结或终止'}"
    decided = f"{extension.decided_by}，{instant_words(extension.decided_at)}"
    note = f"：{extension.note}" if extension.note else ""
    return f"{asked}；{decided} {extension.get_state_display()}{note}"


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
        ("法定时限", "—" if statutory is None else picture.days_words(statutory)),
        ("窗口受理", _instant(case.accepted_at)),
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


def _title(event: Event) -> str:
    return card_record.climbing_words(event.kind, TOLD[event.kind][0], event.payload)


def _timeline(work_item: WorkItem) -> list[dict[str, Any]]:
    """Return what happened to this work item, newest first, urgings among it."""
    urged = Urging.objects.at_desk_of(work_item)
    subjects = [work_item.subject, *(one.subject for one in urged)]
    events = (
        Event.objects.of_stream(work_item.case_id)
        .filter(subject__in=subjects, kind__in=TOLD)
        .select_related("actor")
        .order_by("-at", "-pk")
    )
    return [
        {
            "title": _title(event),
            "state": TOLD[event.kind][1],
            "url": "",
            "card": None,
            "why": str(event.actor or ""),
            "when": instant_words(event.at),
        }
        for event in events
    ]
