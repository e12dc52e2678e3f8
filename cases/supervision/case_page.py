"""One case as supervisors read it: where its days went, which cards it drew and who saw them.

Personal data stay masked; the form's answers are not shown at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from cases import application, calendar, deadlines, documents, explain, masking
from cases.models import (
    Card,
    Case,
    CaseState,
    Edge,
    Extension,
    Level,
    Suspension,
    Urging,
    WorkItem,
    WorkItemState,
)
from cases.models.case import ApplicantKind
from cases.models.work_item import DECIDED
from cases.numbering import spaced
from cases.pages import card_record, picture
from cases.pages import urgings as urging_page
from cases.pages.picture import short_name
from cases.pages.time_forms import RevocationForm, UrgingForm
from cases.working_time import Calendar, civil_day
from policies.schema import Item
from portal.accounts.models import DEPARTMENT_ROLES, Role, User
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
    "work_item.taken_over": "负责人接管",
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
    "card.seen": "已知悉预警牌",
    "case.deemed_accepted": "窗口逾期未答复，视为受理",
    "case.revoked": "撤销受理",
    "case.moved": "放假安排调整，重新推算整体期限",
    "case.supplement_reminder": "提醒申请人补正",
    "case.tolerance_reminder": "提醒申请人补齐容缺材料",
    "work_item.supplement_reminder": "提醒申请人补充材料",
    "work_item.moved": "放假安排调整，重新推算时限",
    "term.moved": "放假安排调整，重新推算窗口答复期限",
    "parked.begun": "条件未成熟，先行搁置",
    "parked.ripe": "已成熟，通知申请人恢复办理",
    "parked.moved": "预计可办日期变动",
    "parked.closing": "提醒申请人最迟期限将到",
    "parked.ended": "搁置的事项终止",
    "parked.resumed": "申请人恢复办理",
    "card.escalated": "红牌升级",
    "card.explained": "说明预警原因",
    "card.revoked": "撤销预警牌",
    "extension.asked": "申请延期",
    "extension.granted": "批准延期",
    "extension.refused": "不批准延期",
    "urging.sent": "发出督办",
    "urging.answered": "答复督办",
    "urging.overdue": "督办逾期未答复",
}
# A term by whose it is; the window's is the case's own.
TERMS = {
    "supplement": "放假安排调整，补正期限顺延",
    "offer": "放假安排调整，改办选择期限顺延",
    "tolerance": "放假安排调整，补齐容缺材料的期限顺延",
    "urging": "放假安排调整，督办答复期限顺延",
}
# Deliberately left out: looking is no step of the case, and drafts are the applicant's own.
UNTOLD = {"case.given_up", "document.opened", "document.removed", "value.revealed"}
STOPPED = {
    "case.refused",
    "case.withdrawn",
    "case.lapsed",
    "case.revoked",
    "work_item.refused",
    "work_item.closed",
    "parked.ended",
    "extension.refused",
}


def page(case: Case, user: User, forms: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the context of a case's page; a fixed few queries whatever its size.

    `forms` are those that came back with errors.
    """
    now, working_days = clock.now(), calendar.current()
    items = list(
        case.work_items.select_related("department", "claimed_by", "case")
        .prefetch_related(*explain.NEEDED, "extensions__asked_by", "extensions__decided_by")
        .order_by("pk")
    )
    cards = list(card_record.with_people(Card.objects.filter(work_item__case=case)))
    edges = list(Edge.objects.filter(dependant__case=case)) if items else []
    records = _cards(cards, user, forms or {})
    urged = list(urging_page.with_people(case.urgings.visible_to(user))) if items else []
    return {
        "case": case,
        "number": spaced(case.number or ""),
        "heading": heading(case, items, now, working_days),
        "picture": _picture(case, items, edges, now, working_days),
        "items": [_item(item, now, working_days) for item in items],
        "cards": records,
        "folded": sum(record["is_folded"] for record in records),
        "urgings": [urging_page.row(one) for one in urged],
        "urging_form": _urging_form(case, items, user, forms or {}),
        "facts": _facts(case),
        "chronicle": _chronicle(case, items, urged),
        "papers": _papers(case),
        "bad_form": next(iter((forms or {}).values()), None),
    }


def urging_targets(items: Iterable[WorkItem]) -> list[tuple[str, str]]:
    """Return whom of a case a supervisor may urge: open items, then departments as a whole."""
    every = list(items)
    departments = {item.department_id: item.department.short_name for item in every}
    return [
        *(
            (f"item:{item.pk}", f"{short_name(item.item_name)}（{item.department.short_name}）")
            for item in every
            if item.is_open
        ),
        *((f"department:{pk}", f"整件（{name}）") for pk, name in departments.items()),
    ]


def _urging_form(
    case: Case, items: Sequence[WorkItem], user: User, forms: Mapping[str, Any]
) -> UrgingForm | None:
    if user.role != Role.SUPERVISOR or not items or not case.is_open:
        return None
    return forms.get("urging_form") or UrgingForm(targets=urging_targets(items))


def _cards(cards: Sequence[Card], user: User, forms: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records of all cards, with the form of revocation where one may revoke.

    Beside red cards yellow ones are folded away.
    """
    has_red = any(card.level == Level.RED for card in cards)
    records = card_record.records(cards)
    tried = forms.get("revocation_form")
    for record in records:
        mine = tried if tried and tried.card_id == record["pk"] else None
        may = user.role == Role.SUPERVISOR and not record["is_revoked"]
        record["form"] = (mine or RevocationForm(record["pk"])) if may else None
        record["is_folded"] = has_red and record["level"] == Level.YELLOW and not mine
    return records


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
    late = sum(bool(item.late_stage) for item in items if item.state in DECIDED)
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
        case CaseState.REVOKED:
            return "已撤销受理"
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
    used = deadlines.used_days(item, now, working_days)
    level = deadlines.level(item, now=now)
    return {
        "pk": item.pk,
        "name": item.item_name,
        "department": item.department.short_name,
        "officer": item.claimed_by.get_full_name() if item.claimed_by else "",
        "state": item.get_state_display(),
        "level": str(level) if level else "",
        "words": deadlines.card_words(item, now=now, calendar=working_days),
        "late": item.get_late_stage_display() if item.late_stage else "",
        "promised": picture.days_words(item.promised_days),
        "statutory": "—"
        if item.statutory_days is None
        else picture.days_words(item.statutory_days),
        "net": f"{used.net:.1f}" if used else "—",
        "gross": f"{used.gross:.1f}" if used else "—",
        "waited": _waited(item, working_days),
        "paused": [_pause(pause, now, working_days) for pause in item.suspensions.all()],
        "extensions": [_extension(one) for one in item.extensions.all()],
        "due": item.due_at,
        "decided": item.decided_at,
        "clock": explain.words(item, reader=explain.Reader.SUPERVISOR),
    }


def _extension(one: Extension) -> str:
    return f"延期 {one.days} 个工作日，{one.get_state_display()}：{one.reasons}"


def _waited(item: WorkItem, working_days: Calendar) -> int | None:
    """Return the working days between acceptance and the start of the clock."""
    if item.started_at is None or item.case.accepted_at is None:
        return None
    accepted = civil_day(item.case.accepted_at)
    # The movable clock of demo and test may have gone back since.
    return working_days.between(accepted, max(accepted, civil_day(item.started_at)))


def _pause(pause: Suspension, now: datetime, working_days: Calendar) -> str:
    ended = max(pause.ended_at or now, pause.began_at)
    days = working_days.between(civil_day(pause.began_at), civil_day(ended))
    lasts = "" if pause.ended_at else "，仍在暂停"
    return f"{pause.get_reason_display()} {days} 个工作日{lasts}"


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


def _chronicle(
    case: Case, items: Iterable[WorkItem], urged: Iterable[Urging]
) -> list[dict[str, Any]]:
    """Return what the ledger says of the case, newest first."""
    names = {item.subject: item for item in items}
    urgings = {one.subject: one for one in urged}
    offered = case.version.catalogue.items
    events = Event.objects.of_stream(case.pk).filter(kind__in=HAPPENED)
    ordered = sorted(events.select_related("actor"), key=lambda event: (event.at, event.pk))
    return [
        _entry(event, names.get(event.subject), urgings.get(event.subject), offered)
        for event in reversed(ordered)
        # What was sent to another department stays between it and the supervisors.
        if event.subject in urgings or not event.kind.startswith("urging.")
    ]


def _entry(
    event: Event, item: WorkItem | None, urging: Urging | None, offered: Mapping[str, Item]
) -> dict[str, Any]:
    title = HAPPENED[event.kind]
    if event.kind.startswith("parked.") and event.payload["item"] in offered:
        title = f"{short_name(offered[event.payload['item']].name)}：{title}"
    if event.kind == "term.moved":
        title = TERMS.get(event.subject.partition(":")[0], title)
    state = "stop" if event.kind in STOPPED else "done"
    is_card = event.kind in {"card.yellow", "card.red"}
    title = card_record.climbing_words(event.kind, title, event.payload)
    if urging:
        title = f"{urging.department.short_name}：{title}"
    return {
        "state": "now" if is_card else state,
        "title": f"{short_name(item.item_name)}：{title}" if item else title,
        "url": "",
        "card": {"level": event.kind.removeprefix("card."), "text": ""} if is_card else None,
        "why": _urging_words(event, urging) if urging else "",
        "when": f"{instant_words(event.at)} · {_who(event, item)}",
    }


def _urging_words(event: Event, urging: Urging) -> str:
    """Return what was asked or answered, as far as it was said at that event."""
    words = {"urging.sent": urging.words, "urging.answered": urging.answer}
    return words.get(event.kind, "")


def _who(event: Event, item: WorkItem | None) -> str:
    """Return who did it: a department with its officer, the window, the applicant, the system."""
    if event.actor is None:
        return "系统"
    if event.actor.is_applicant:
        return "申请人"
    of_desk = item is not None and event.actor.role in DEPARTMENT_ROLES
    where = item.department.short_name if item and of_desk else event.actor.get_role_display()
    return f"{where} {event.actor.get_full_name()}"


def _papers(case: Case) -> list[dict[str, str]]:
    """Return the papers a supervisor may read: what was decided and told."""
    return [
        {"title": paper.title, "url": reverse("cases:paper", args=[case.pk, paper.kind])}
        for paper in documents.papers_of(case)
        if paper.kind not in {"registration", "commitment"}
    ]
