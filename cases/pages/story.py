"""How a case stands, in words (办理进度): the heading that answers, and one timeline with reasons.

Pure but for the time words of `deadlines`; everything is handed in, nothing is fetched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from cases import deadlines, explain
from cases.models import (
    Case,
    CaseState,
    Edge,
    ExtensionState,
    Offer,
    ParkedItem,
    ParkedState,
    Supplement,
    SuspensionReason,
    WorkItem,
    WorkItemState,
)
from cases.models.extension import BASIS as EXTENDING
from cases.models.work_item import DECIDED, RUNNING
from cases.notices import NOTICE_DAYS, REDRESS
from cases.numbering import spaced
from cases.pages.picture import Expected, short_name
from cases.working_time import Calendar
from portal.core.chinese import day_words, instant_words, listed


@dataclass(frozen=True)
class Facts:
    """Everything of one case that its story is told from."""

    case: Case
    work_items: Sequence[WorkItem]
    edges: Sequence[Edge]
    supplements: Sequence[Supplement]
    offers: Sequence[Offer]
    # When items ended without a decision, by what the ledger calls them.
    closed: Mapping[str, datetime]
    # When supervisors urged a department; the applicant reads that, and no more.
    urged: Sequence[datetime]
    expected: Mapping[int, Expected]
    now: datetime
    calendar: Calendar
    parked: Sequence[ParkedItem] = ()

    @property
    def put_aside(self) -> list[ParkedItem]:
        return [row for row in self.parked if row.is_open]

    @property
    def asking(self) -> list[Supplement]:
        """Notices that still wait for the applicant."""
        return [one for one in self.supplements if is_asking(one, self.case)]

    @property
    def open_offers(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.state == "open" and self.case.is_open]


def is_asking(supplement: Supplement, case: Case) -> bool:
    """Tell whether a notice can still be answered."""
    if supplement.answered_at:
        return False
    if supplement.work_item is None:
        return bool(case.state == CaseState.RETURNED)
    pauses = supplement.work_item.suspensions.all()
    return any(one.reason == SuspensionReason.SUPPLEMENT and not one.ended_at for one in pauses)


def heading(facts: Facts) -> str:
    """Return the sentence that says where the case stands."""
    case = facts.case
    match case.state:
        case CaseState.SUBMITTED:
            return "申请已提交，等窗口受理"
        case CaseState.RETURNED:
            return _returned_heading(facts)
        case CaseState.ACCEPTED:
            then = "等您选择是否改办" if facts.open_offers else _expected_end(facts)
            return f"{_count(facts.work_items)}，{then}"
        case CaseState.COMPLETED if facts.put_aside:
            return _resting_heading(facts)
        case CaseState.COMPLETED:
            return _completed_heading(facts.work_items)
        case CaseState.REFUSED:
            return "窗口作出不予受理决定"
        case CaseState.REVOKED:
            return "受理已撤销"
    return "申请已撤回"


def _resting_heading(facts: Facts) -> str:
    """Return how a case stands of which some items are still put aside."""
    ripe = sum(row.state == ParkedState.RIPE for row in facts.put_aside)
    if ripe:
        return f"{ripe} 项已成熟，可以恢复办理"
    waiting = f"{len(facts.put_aside)} 项待成熟，已先搁置"
    return f"{_count(facts.work_items)}，另有 {waiting}" if facts.work_items else waiting


def lead(facts: Facts) -> str:
    """Return the line under the heading: what comes next and until when."""
    case, aside = facts.case, _aside_words(facts)
    return f"{_lead(case)}{aside}"


def _aside_words(facts: Facts) -> str:
    waiting = [row for row in facts.put_aside if row.state == ParkedState.WAITING]
    days = [row.expected_on for row in waiting if row.expected_on]
    if not waiting:
        return ""
    first = f"，最早的预计 {day_words(min(days))}成熟" if days else ""
    return f"{len(waiting)} 项待成熟{first}，届时通知您。"


def _lead(case: Case) -> str:
    if case.state == CaseState.SUBMITTED and case.deemed_at:
        return (
            f"窗口将在 {instant_words(case.deemed_at)} 前受理，或一次性告知需要补正的全部内容；"
            "逾期未答复的，自收到申请之日起视为受理。"
        )
    if case.state == CaseState.ACCEPTED and case.due_at:
        return (
            f"整体承诺 {case.promised_days} 个工作日，"
            f"自{'恢复办理' if case.resumed_at else '受理'}次日起算，"
            f"最晚 {day_words(case.due_at)}。"
        )
    if case.closed_at:
        return (
            f"{instant_words(case.closed_at)} 办结。"
            if case.state == CaseState.COMPLETED
            else (instant_words(case.closed_at))
        )
    return ""


def timeline(facts: Facts) -> list[dict[str, Any]]:
    """Return what is at work first, what waits next, then what happened, newest first."""
    running = [item for item in facts.work_items if item.state in RUNNING or _is_paused(item)]
    waiting = [item for item in facts.work_items if item.state == WorkItemState.WAITING]
    ended = [item for item in facts.work_items if not item.is_open]
    # What happened at the same instant stays newest first: the sort is stable.
    past = [(_ended_at(item, facts), _ended(item, facts)) for item in ended]
    past += reversed(list(_events(facts)))
    past.sort(key=lambda pair: pair[0], reverse=True)
    return [
        *(
            _running(item, facts)
            for item in sorted(running, key=lambda i: facts.expected[i.pk].end)
        ),
        *(
            _waiting(item, facts)
            for item in sorted(waiting, key=lambda i: facts.expected[i.pk].begin)
        ),
        *(entry for _, entry in past),
    ]


def clocks(facts: Facts) -> list[dict[str, Any]]:
    """Return, for each item on the way, when it is due and how that comes about."""
    return [
        {"name": short_name(item.item_name), "words": explain.words(item)}
        for item in facts.work_items
    ]


def _count(work_items: Sequence[WorkItem]) -> str:
    decided = sum(1 for item in work_items if item.state == WorkItemState.APPROVED)
    refused = sum(1 for item in work_items if not item.is_open) - decided
    told = f"{len(work_items)} 项中 {decided} 项已办结"
    return f"{told}、{refused} 项未办成" if refused else told


def _expected_end(facts: Facts) -> str:
    ends = [facts.expected[item.pk].end for item in facts.work_items if item.is_open]
    return f"预计 {day_words(max(ends))}全部办好" if ends else "即将办结"


def _completed_heading(work_items: Sequence[WorkItem]) -> str:
    approved = sum(1 for item in work_items if item.state == WorkItemState.APPROVED)
    if approved == len(work_items):
        return f"{approved} 项全部办结，结果可以下载" if approved > 1 else "已办结，结果可以下载"
    return f"办理结束：{approved} 项办结，{len(work_items) - approved} 项未办成"


def _returned_heading(facts: Facts) -> str:
    asked = facts.asking
    if not asked:
        return "等您补正"
    return f"请在 {day_words(asked[0].lapses_at)}前补正 {len(asked[0].gaps)} 项内容"


def _is_paused(item: WorkItem) -> bool:
    return bool(item.state == WorkItemState.PAUSED)


def _running(item: WorkItem, facts: Facts) -> dict[str, Any]:
    if _is_paused(item):
        return _paused(item, facts)
    level = deadlines.level(item, now=facts.now)
    text = deadlines.card_words(item, now=facts.now, calendar=facts.calendar)
    due = instant_words(item.due_at) if item.due_at else ""
    return {
        "state": "now",
        "title": f"{short_name(item.item_name)}：{'办理中' if item.claimed_at else '等经办人认领'}",
        "card": {"level": str(level), "text": text} if level else None,
        "why": f"应于 {due} 前办结。{_rule_words(item, facts)}",
        "when": f"{_instant(item.started_at)} 起 · {item.department}",
    }


def _rule_words(item: WorkItem, facts: Facts) -> str:
    """Return by which rule the time of a running item counts."""
    if item.started_at is None:
        return ""
    begin = f"前一事项 {_day(item.started_at)}办结，自"
    if item.started_at == facts.case.accepted_at:
        begin = "自受理"
    elif any(row.resumed_at == item.started_at for row in facts.parked):
        begin = f"{_day(item.started_at)}恢复办理，自"
    if not item.budget:
        rule = f"即办事项，{begin}当日办结，下班后或休息日顺延到下一工作日。"
    else:
        longer = f"（含批准延长 {item.extended_days} 个）" if item.extended_days else ""
        rule = f"{begin}次日起算 {item.budget} 个工作日{longer}。"
    stops = [pause for pause in item.suspensions.all() if pause.ended_at]
    return rule + (f"其间暂停计时 {len(stops)} 次，暂停的工作日不计入。" if stops else "")


def _paused(item: WorkItem, facts: Facts) -> dict[str, Any]:
    pause = next((one for one in item.suspensions.all() if one.ended_at is None), None)
    why = ""
    if pause:
        note = f"（{pause.note}）" if pause.note else ""
        why = (
            f"因{pause.get_reason_display()}{note}自 {_day(pause.began_at)}起暂停计时，"
            f"预计 {pause.expected_days} 个工作日，不计入时限。依据：{pause.legal_basis}。"
        )
    return {
        "state": "now",
        "title": f"{short_name(item.item_name)}：已暂停计时",
        "why": why,
        "when": f"{_instant(item.started_at)} 起 · {item.department}",
    }


def _waiting(item: WorkItem, facts: Facts) -> dict[str, Any]:
    needs = [edge for edge in facts.edges if edge.dependant_id == item.pk]
    known = {one.pk: one for one in facts.work_items}
    names = [
        short_name(known[edge.predecessor_id].item_name)
        if edge.predecessor_id in known
        else "有关人员的前置事项"
        for edge in needs
        if edge.predecessor_id not in known or known[edge.predecessor_id].is_open
    ]
    then = f"结果出来次日起算 {item.budget} 个工作日" if item.budget else "结果出来当日办结"
    expected = day_words(facts.expected[item.pk].end)
    whom = f"等{listed(dict.fromkeys(names))}的结果，{then}，预计 {expected}办结。"
    reasons = "".join(dict.fromkeys(edge.why for edge in needs if edge.why))
    return {
        "state": "wait",
        "title": f"{short_name(item.item_name)}：等前一事项",
        "why": f"{whom if names else '等您选择是否改办。'}{reasons}",
        "when": f"{_instant(facts.case.accepted_at)} 起等候 · {item.department}",
    }


def _ended(item: WorkItem, facts: Facts) -> dict[str, Any]:
    approved = item.state == WorkItemState.APPROVED
    word = "已办结" if approved else item.get_state_display()
    return {
        "state": "done" if approved else "stop",
        "title": f"{short_name(item.item_name)}：{word}",
        "why": _result_words(item, facts) if approved else refusal_words(item),
        "when": f"{instant_words(_ended_at(item, facts))} · {item.department}",
    }


def _result_words(item: WorkItem, facts: Facts) -> str:
    known = {one.pk: one for one in facts.work_items}
    users = [
        short_name(known[edge.dependant_id].item_name)
        for edge in facts.edges
        if edge.predecessor_id == item.pk and edge.dependant_id in known and edge.strength == "hard"
    ]
    handed = f"已转给{listed(dict.fromkeys(users))}作为材料。" if users else ""
    number = f"，文号 {item.result_number}" if item.result_number else ""
    return f"结果：{item.result_name}{number}。{handed}"


def refusal_words(item: WorkItem) -> str:
    """Return why an item ended without a result, with basis and redress where it was decided."""
    reasons = f"理由：{item.reasons.rstrip('。')}。" if item.reasons else ""
    basis = f"依据：{item.legal_basis.rstrip('。')}。" if item.legal_basis else ""
    return reasons + basis + (REDRESS if item.state in DECIDED else "")


def _ended_at(item: WorkItem, facts: Facts) -> datetime:
    return item.decided_at or facts.closed.get(item.subject) or facts.case.closed_at or facts.now


def _events(facts: Facts) -> Iterable[tuple[datetime, dict[str, Any]]]:
    case = facts.case
    if case.submitted_at:
        yield _event(case.submitted_at, "done", "提交申请", f"受理码 {spaced(case.number or '')}")
    for notice in facts.supplements:
        whose = short_name(notice.work_item.item_name) if notice.work_item else "窗口"
        gaps = "；".join(f"{gap['name']}：{gap['reason']}" for gap in notice.gaps)
        yield _event(notice.asked_at, "done", f"{whose}：一次性告知需要补正的内容", gaps)
        if notice.answered_at:
            yield _event(notice.answered_at, "done", f"{whose}：您已补正", "")
    for offer in facts.offers:
        if offer.answered_at:
            words = f"{offer.get_state_display()}：{short_name(offer.item_name)}"
            yield _event(offer.answered_at, "done", words, "")
    for at in facts.urged:
        yield _event(at, "done", "监督部门已督办", "")
    yield from _extensions(facts)
    yield from _parked(facts)
    if case.accepted_at:
        yield _acceptance(case, case.accepted_at)
    if case.closed_at and case.state != CaseState.COMPLETED:
        basis = f"依据：{case.legal_basis.rstrip('。')}。" if case.legal_basis else ""
        why = f"理由：{case.reasons.rstrip('。')}。{basis}{REDRESS}" if case.reasons else ""
        yield _event(case.closed_at, "stop", case.get_state_display(), why)


def _extensions(facts: Facts) -> Iterable[tuple[datetime, dict[str, Any]]]:
    for item in facts.work_items:
        for one in item.extensions.all():
            if one.state == ExtensionState.GRANTED and one.decided_at:
                title = f"{short_name(item.item_name)}：经批准延长 {one.days} 个工作日"
                why = f"理由：{one.reasons.rstrip('。')}。依据：{EXTENDING}。"
                yield _event(one.decided_at, "done", title, why)


def _parked(facts: Facts) -> Iterable[tuple[datetime, dict[str, Any]]]:
    for row in facts.parked:
        name = short_name(row.item_name)
        labels = listed(entry["label"] for entry in row.missing)
        why = f"受理时还差：{labels}。" if labels else ""
        yield _event(row.parked_at, "wait", f"{name}：待成熟，先行搁置", why)
        if row.ripe_at:
            yield _event(row.ripe_at, "done", f"{name}：已成熟", "已通知您恢复办理。")
        if row.resumed_at:
            yield _event(row.resumed_at, "done", f"{name}：恢复办理", "")
        if row.ended_at:
            yield _event(row.ended_at, "stop", f"{name}：终止", row.reasons)


def _acceptance(case: Case, at: datetime) -> tuple[datetime, dict[str, Any]]:
    then = "不等前置结果的事项同时开始办理。"
    if case.is_deemed_accepted and case.deemed_at:
        why = (
            f"窗口在 {NOTICE_DAYS} 个工作日内没有答复，依法自收到申请之日（{day_words(at)}）起"
            f"视为受理，时限自该日起算。{then}"
        )
        return _event(case.deemed_at, "done", "视为受理", why)
    return _event(at, "done", "窗口受理", then)


def _event(at: datetime, state: str, title: str, why: str) -> tuple[datetime, dict[str, Any]]:
    return at, {"state": state, "title": title, "why": why, "when": instant_words(at)}


def _instant(at: datetime | None) -> str:
    return instant_words(at) if at else ""


def _day(at: datetime) -> str:
    local = timezone.localdate(at)
    return f"{local.month}月{local.day}日"
