"""One case as supervisors read it: where its days went, which cards it drew and who saw them.

Personal data stay masked; the form's answers are not shown at all.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from cases import application, calendar, deadlines, documents, masking
from cases.models import (
    Card,
    Case,
    CaseState,
    Edge,
    Level,
    Suspension,
    WorkItem,
    WorkItemState,
)
from cases.models.case import ApplicantKind
from cases.models.work_item import DECIDED
from cases.numbering import spaced
from cases.pages import picture
from cases.pages.picture import short_name
from cases.supervision.pages import net_of, seen_words, was_late
from cases.working_time import Calendar, civil_day
from portal.core import clock
from portal.core.chinese import instant_words, listed
from portal.core.ledger import Event

# What happened, by kind of event; kinds that say nothing here are left out of the chronicle.
HAPPENED = {
    "case.submitted": "申请人提交申请",
    "case.returned": "窗口一次性告知补正",
    "case.answered": "申请人补正",
    "case.accepted": "窗口受理",
    "case.refused": "窗口决定不予受理",
    "case.withdrawn": "申请人撤回",
    "case.lapsed": "逾期未补正，视为撤回",
    "case.completed": "全部事项办结",
    "work_item.released": "开始计时",
    "work_item.claimed": "认领",
    "work_item.taken_over": "负责人接办",
    "work_item.approved": "准予办结",
    "work_item.refused": "不予办理",
    "work_item.closed": "终止",
    "work_item.withdrawn": "随申请撤回",
    "work_item.paused": "暂停计时",
    "work_item.supplement": "暂停计时，等申请人补充材料",
    "work_item.answered": "申请人补充材料，恢复计时",
    "work_item.resumed": "恢复计时",
    "offer.made": "告知可改办其他事项",
    "offer.taken": "申请人选择改办",
    "offer.declined": "申请人放弃改办",
    "offer.lapsed": "逾期未选择改办",
    "offer.ended": "改办机会失效",
    "card.yellow": "亮黄牌",
    "card.red": "亮红牌",
    "card.seen": "已看预警",
}
STOPPED = {"case.refused", "case.withdrawn", "case.lapsed", "work_item.refused", "work_item.closed"}


def page(case: Case) -> dict[str, Any]:
    """Return the context of a case's page; a fixed few queries whatever its size."""
    now, working_days = clock.now(), calendar.current()
    items = list(
        case.work_items.select_related("department", "claimed_by", "case")
        .prefetch_related("suspensions", Prefetch("cards", Card.objects.select_related("seen_by")))
        .order_by("pk")
    )
    edges = list(Edge.objects.filter(dependant__case=case)) if items else []
    return {
        "case": case,
        "number": spaced(case.number or ""),
        "heading": heading(case, items, now, working_days),
        "picture": _picture(case, items, edges, now, working_days),
        "items": [_item(item, now, working_days) for item in items],
        "cards": [_card(card, item) for item in items for card in item.cards.all()],
        "facts": _facts(case),
        "chronicle": _chronicle(case, items),
        "papers": _papers(case),
    }


def heading(case: Case, items: Sequence[WorkItem], now: datetime, working_days: Calendar) -> str:
    """Return the sentence that says how the case stands and what is late."""
    if case.state != CaseState.ACCEPTED:
        return _ended_heading(case, items)
    done = sum(1 for item in items if item.state in DECIDED)
    told = f"{len(items)} 项中 {done} 项已办结"
    warned = [(deadlines.level(item, now=now), item) for item in items]
    red = [item for level, item in warned if level == Level.RED]
    if red:
        words = "，".join(_late_words(item, now, working_days) for item in red)
        return f"{told}，{words}"
    yellow = [short_name(item.item_name) for level, item in warned if level == Level.YELLOW]
    if yellow:
        return f"{told}，{listed(yellow)}临近时限"
    paused = [short_name(item.item_name) for item in items if item.state == WorkItemState.PAUSED]
    return f"{told}，{listed(paused)}暂停计时" if paused else f"{told}，没有超时"


def _late_words(item: WorkItem, now: datetime, working_days: Calendar) -> str:
    words = deadlines.card_words(item, now=now, calendar=working_days)
    return f"{short_name(item.item_name)}{words.replace('超 ', '已超 ')}"


def _ended_heading(case: Case, items: Sequence[WorkItem]) -> str:
    late = sum(was_late(item, item.cards.all()) for item in items if item.state in DECIDED)
    match case.state:
        case CaseState.COMPLETED:
            if len(items) == 1:
                return "已办结，超过时限" if late else "已办结，没有超时"
            return f"{len(items)} 项办理结束，" + (f"{late} 项超过时限" if late else "没有超时")
        case CaseState.SUBMITTED:
            return "已提交，等窗口受理"
        case CaseState.RETURNED:
            return "已一次性告知，等申请人补正"
        case CaseState.REFUSED:
            return "窗口已决定不予受理"
    return "申请已撤回"


def _picture(
    case: Case,
    items: Sequence[WorkItem],
    edges: Sequence[Edge],
    now: datetime,
    working_days: Calendar,
) -> picture.Picture | None:
    if items:
        return picture.progress(case, items, edges, now=now, calendar=working_days)
    if case.state in {CaseState.SUBMITTED, CaseState.RETURNED}:
        return picture.promise(application.route(case), case.version.catalogue)
    return None


def _item(item: WorkItem, now: datetime, working_days: Calendar) -> dict[str, Any]:
    """Return where the days of one work item went, in working days."""
    net = net_of(item, now, working_days)
    level = deadlines.level(item, now=now)
    return {
        "pk": item.pk,
        "name": item.item_name,
        "department": item.department.short_name,
        "officer": item.claimed_by.get_full_name() if item.claimed_by else "",
        "state": item.get_state_display(),
        "level": str(level) if level else "",
        "words": deadlines.card_words(item, now=now, calendar=working_days),
        "was_late": item.state in DECIDED and was_late(item, item.cards.all()),
        "promised": picture.days_words(item.promised_days),
        "net": "—" if net is None else f"{net:.1f}",
        "waited": _waited(item, working_days),
        "paused": [_pause(pause, now, working_days) for pause in item.suspensions.all()],
        "due": item.due_at,
        "decided": item.decided_at,
        "reasons": item.reasons,
    }


def _waited(item: WorkItem, working_days: Calendar) -> int | None:
    """Return the working days between acceptance and the start of the clock."""
    if item.started_at is None or item.case.accepted_at is None:
        return None
    return working_days.between(civil_day(item.case.accepted_at), civil_day(item.started_at))


def _pause(pause: Suspension, now: datetime, working_days: Calendar) -> str:
    days = working_days.between(civil_day(pause.began_at), civil_day(pause.ended_at or now))
    return f"{pause.get_reason_display()} {days} 日{'' if pause.ended_at else '，仍在暂停'}"


def _card(card: Card, item: WorkItem) -> dict[str, Any]:
    return {
        "level": card.level,
        "name": short_name(item.item_name),
        "department": item.department.short_name,
        "issued": card.issued_at,
        "due": card.due_at,
        "seen": seen_words([card]),
        "seen_at": card.seen_at,
    }


def _facts(case: Case) -> list[dict[str, Any]]:
    person = case.applicant_kind == ApplicantKind.PERSON
    name = masking.masked_name(case.applicant_name) if person else case.applicant_name
    instants = [
        ("提交", case.submitted_at),
        ("受理", case.accepted_at),
        ("整体承诺", case.due_at),
        ("办结", case.closed_at),
    ]
    return [
        {"term": "一件事", "value": case.one_thing.name},
        {"term": "申请人", "value": f"{name}（{case.get_applicant_kind_display()}）"},
        *({"term": term, "value": instant_words(at)} for term, at in instants if at),
    ]


def _chronicle(case: Case, items: Iterable[WorkItem]) -> list[dict[str, Any]]:
    """Return what the ledger says of the case, newest first."""
    names = {item.subject: item for item in items}
    events = Event.objects.of_stream(case.pk).filter(kind__in=HAPPENED)
    ordered = sorted(events.select_related("actor"), key=lambda event: (event.at, event.pk))
    return [_entry(event, names.get(event.subject)) for event in reversed(ordered)]


def _entry(event: Event, item: WorkItem | None) -> dict[str, Any]:
    title = HAPPENED[event.kind]
    state = "stop" if event.kind in STOPPED else "done"
    is_card = event.kind in {"card.yellow", "card.red"}
    return {
        "state": "now" if is_card else state,
        "title": f"{short_name(item.item_name)}：{title}" if item else title,
        "url": "",
        "card": {"level": event.kind.removeprefix("card."), "text": ""} if is_card else None,
        "why": "",
        "when": f"{instant_words(event.at)} · {_who(event, item)}",
    }


def _who(event: Event, item: WorkItem | None) -> str:
    """Return who did it: a department with its officer, the window, the applicant, the system."""
    if event.actor is None:
        return "系统"
    if event.actor.is_applicant:
        return "申请人"
    where = item.department.short_name if item else event.actor.get_role_display()
    return f"{where} {event.actor.get_full_name()}"


def _papers(case: Case) -> list[dict[str, str]]:
    """Return the papers a supervisor may read: what was decided and told."""
    return [
        {"title": paper.title, "url": reverse("cases:paper", args=[case.pk, paper.kind])}
        for paper in documents.papers_of(case)
        if paper.kind not in {"registration", "commitment"}
    ]
