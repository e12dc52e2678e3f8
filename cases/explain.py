"""When is it due, and why? (时限说明): the answer for one work item, as data and in words.

Reads a work item with its case; `NEEDED` names what lists prefetch so that nothing more is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from cases import calendar, deadlines
from cases.deadlines import Used, used_days
from cases.models import Extension, Limit, Stage, Suspension, WorkItem, WorkItemState
from cases.models.extension import BASIS as EXTENDING
from cases.models.extension import ExtensionState
from cases.models.work_item import DECIDED, RUNNING
from cases.steps import Reason, Step, began, days_words, ending, rule, way
from cases.working_time import Calendar, Deadline, Pause, civil_day, deadline
from portal.accounts.models import DEPARTMENT_ROLES, User
from portal.core import clock
from portal.core.chinese import instant_words, listed

NEEDED = ("suspensions", "extensions", "needs__predecessor")

STARTING = "《浙江省保障“最多跑一次”改革规定》第五条"
SHORTER = "《浙江省保障“最多跑一次”改革规定》第十二条"
DEEMED = "《中华人民共和国行政许可法》第三十二条第一款第四项"

# What each kind of step is called on a page.
LABELS = {
    "waiting": "等待起算",
    "start": "起算",
    "limit": "时限",
    "extended": "延期",
    "rule": "计算方法",
    "counted": "计入",
    "skipped": "不计入",
    "made_up": "调休上班",
    "paused": "暂停计时",
    "moved": "顺延",
    "provisional": "暂定",
    "due": "应办结",
    "if_resumed": "恢复以后",
    "yellow": "黄牌提醒",
    "ended": "办理结果",
}


class Origin(StrEnum):
    """What made a clock begin (起算事由)."""

    ACCEPTANCE = "acceptance"
    RECEIPT = "receipt"
    PREDECESSOR = "predecessor"
    RELEASE = "release"


class Reader(StrEnum):
    """For whom a deadline is put in words; warnings are not the applicant's concern."""

    TALENT = "talent"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Explanation:
    """When a work item is due and everything that leads there.

    `due_at` and `yellow_at` are empty before the start and while the clock stands; then
    `if_resumed_now` says what would follow from going on at this instant. Of a decided item they
    are those that held. `promised_due_at` and `statutory_due_at` are the ends of both clocks, the
    latter only where a statutory limit is known.
    """

    item: str
    state: str
    promised_days: int
    statutory_days: int | None
    binding: Limit
    extended_days: int
    budget: int
    warn_days: int | None
    started_at: datetime | None
    started_by: Origin | None
    desk_at: datetime | None
    due_at: datetime | None
    yellow_at: datetime | None
    promised_due_at: datetime | None
    statutory_due_at: datetime | None
    paused_at: datetime | None
    if_resumed_now: Deadline | None
    decided_at: datetime | None
    late_stage: str
    used: Used | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """An explanation as a page shows it: the answer, the facts, the steps of a timeline."""

    title: str
    facts: list[dict[str, str]]
    steps: list[dict[str, str]]


def explain_deadline(work_item: WorkItem) -> Explanation:
    """Return when a work item is due, with start, limits, pauses, extension and every step."""
    return _Telling(work_item, clock.now(), calendar.current()).explanation()


def reader_of(user: User) -> Reader:
    if user.is_applicant:
        return Reader.TALENT
    return Reader.OFFICER if user.role in DEPARTMENT_ROLES else Reader.SUPERVISOR


def seen_by(reader: Reader, told: Explanation) -> Explanation:
    """Return what one kind of reader sees: an applicant no warnings, which are the office's own."""
    if reader != Reader.TALENT:
        return told
    steps = tuple(step for step in told.steps if step.kind != "yellow")
    return replace(told, warn_days=None, yellow_at=None, steps=steps)


def words(work_item: WorkItem, *, reader: Reader = Reader.TALENT) -> Words:
    """Return the explanation in Chinese, for the eyes of one kind of reader."""
    told = seen_by(reader, explain_deadline(work_item))
    today = clock.today()
    return Words(
        title=_title(told, work_item),
        facts=[{"term": term, "value": value} for term, value in _facts(told, reader)],
        steps=[
            {
                "state": "done" if step.end <= today else "wait",
                "title": LABELS[step.kind],
                "why": step.text,
                "when": f"依据：{step.source}" if step.source else "",
            }
            for step in told.steps
        ],
    )


# ---- as data ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Telling:
    """One work item at one instant, as it is told."""

    work_item: WorkItem
    now: datetime
    working_days: Calendar

    def explanation(self) -> Explanation:
        item, stood = self.work_item, self.open_pause
        held = self.held
        return Explanation(
            item=item.item_code,
            state=item.state,
            promised_days=item.promised_days,
            statutory_days=item.statutory_days,
            binding=deadlines.binding(item),
            extended_days=item.extended_days,
            budget=item.budget,
            warn_days=item.warn_days,
            started_at=item.started_at,
            started_by=self.origin,
            desk_at=item.desk_at,
            due_at=held.due_at if held else None,
            yellow_at=held.yellow_at if held else None,
            promised_due_at=self.due_by(item.promised_days),
            statutory_due_at=self.due_by(item.statutory_days),
            paused_at=stood.began_at if stood else None,
            if_resumed_now=self.if_resumed_now,
            decided_at=item.decided_at,
            late_stage=item.late_stage,
            used=used_days(item, self.now, self.working_days),
            steps=tuple(self.steps()),
        )

    @property
    def open_pause(self) -> Suspension | None:
        if self.work_item.state != WorkItemState.PAUSED:
            return None
        return next((one for one in self.work_item.suspensions.all() if not one.ended_at), None)

    @property
    def held(self) -> Deadline | None:
        """Return the deadline that runs, or that held when the item was decided."""
        item = self.work_item
        if item.due_at and item.yellow_at:
            return Deadline(civil_day(item.due_at), item.due_at, item.yellow_at)
        if item.state in DECIDED and item.started_at:
            return self.projected(())
        return None

    def due_by(self, limit: int | None) -> datetime | None:
        """Return when one of both clocks ends, while there is one that runs or held."""
        item = self.work_item
        if limit is None or item.started_at is None or self.held is None:
            return None
        return deadline(
            self.working_days,
            start=item.started_at,
            budget=limit + item.extended_days,
            pauses=deadlines.closed_pauses(item),
        ).due_at

    @property
    def if_resumed_now(self) -> Deadline | None:
        stood = self.open_pause
        if stood is None or self.work_item.started_at is None:
            return None
        return self.projected([(stood.began_at, max(self.now, stood.began_at))])

    def projected(self, more: list[Pause] | tuple[()]) -> Deadline:
        pauses = [*deadlines.closed_pauses(self.work_item), *more]
        return deadlines.projected(self.work_item, self.working_days, pauses)

    @property
    def origin(self) -> Origin | None:
        item = self.work_item
        if item.started_at is None:
            return None
        if item.started_at == item.case.accepted_at:
            return Origin.RECEIPT if item.desk_at else Origin.ACCEPTANCE
        return Origin.PREDECESSOR if self.predecessors() else Origin.RELEASE

    def predecessors(self) -> list[str]:
        """Return the names of the items whose decision made this one begin."""
        edges = list(self.work_item.needs.all())
        last = [one for one in edges if one.predecessor.decided_at == self.work_item.started_at]
        return [
            f"“{edge.predecessor.item_name}”"
            if edge.predecessor.case_id == self.work_item.case_id
            else "有关人员事项"
            for edge in last
        ]

    def steps(self) -> Iterator[Step]:
        item = self.work_item
        if item.started_at is None:
            yield self._waiting()
            yield self._limit()
            return
        yield self._began(item.started_at)
        yield self._limit()
        yield from self._extended()
        yield rule(self.working_days, item.started_at, item.budget)
        if stood := self.open_pause:
            yield from self._standing(item.started_at, stood)
            return
        pauses = deadlines.closed_pauses(item)
        yield from way(self.working_days, item.started_at, item.budget, pauses, self._reasons())
        if held := self.held:
            yield from ending(held, item.budget, item.warn_days)
        yield from self._ended()

    def _waiting(self) -> Step:
        today = civil_day(self.now)
        if self.work_item.state != WorkItemState.WAITING:
            return Step("ended", today, today, 0, "时限未起算，事项已终止。")
        text = "前置事项作出决定时起算；等待前置结果不是暂停，时限尚未开始。"
        return Step("waiting", today, today, 0, text, STARTING)

    def _began(self, at: datetime) -> Step:
        match self.origin:
            case Origin.RECEIPT:
                since = f"自 {instant_words(at)} 收件之日起视为受理，时限自此"
                why = f"窗口在 5 个工作日内没有答复，{since}"
                return began(at, why, DEEMED)
            case Origin.ACCEPTANCE:
                return began(at, f"{instant_words(at)} 受理，各并联事项同时", STARTING)
            case Origin.PREDECESSOR:
                names = listed(dict.fromkeys(self.predecessors()))
                return began(
                    at, f"前置的{names}于 {instant_words(at)} 作出决定，本事项同时", STARTING
                )
        return began(at, source=STARTING)

    def _limit(self) -> Step:
        item, day = self.work_item, civil_day(self.work_item.started_at or self.now)
        promised = f" {days_words(item.promised_days)}" if item.promised_days else "为即办"
        text = f"承诺时限{promised}。"
        if item.statutory_days is not None:
            binds = deadlines.binding(item).label
            end = self.due_by(item.statutory_days)
            until = f"（到 {instant_words(end)}）" if end else ""
            statutory = f"{days_words(item.statutory_days)}{until}"
            text = f"承诺时限{promised}，法定时限 {statutory}，以较短的{binds}为准。"
        return Step("limit", day, day, item.budget - item.extended_days, text, SHORTER)

    def _extended(self) -> Iterator[Step]:
        item = self.work_item
        for one in item.extensions.all():
            if one.state == ExtensionState.GRANTED:
                yield _extension(one)
                return
        if item.extended_days and item.started_at:
            day = civil_day(item.started_at)
            text = f"经批准延长 {days_words(item.extended_days)}。"
            yield Step("extended", day, day, item.extended_days, text, EXTENDING)

    def _standing(self, start: datetime, stood: Suspension) -> Iterator[Step]:
        """Yield what was counted before a pause that lasts, and the pause."""
        item, today = self.work_item, civil_day(self.now)
        begin = civil_day(stood.began_at)
        ahead = max(self.now, stood.began_at) + timedelta(days=1)
        pauses = [*deadlines.closed_pauses(item), (stood.began_at, ahead)]
        if item.budget:
            steps = way(self.working_days, start, item.budget, pauses, self._reasons())
            yield from takewhile(lambda step: step.end <= max(begin, civil_day(start)), steps)
        days = self.working_days.between(begin, today) if today > begin else 0
        text = (
            f"{instant_words(stood.began_at)} 起因{stood.get_reason_display()}暂停计时，"
            f"已停 {days_words(days)}，预计共 {days_words(stood.expected_days)}，不计入时限。"
        )
        yield Step("paused", begin, max(begin, today), days, text, stood.legal_basis)
        if then := self.if_resumed_now:
            due = replace(ending(then, item.budget)[0], kind="if_resumed")
            text = f"恢复时重新推算；如现在恢复，{due.text}"
            yield replace(due, text=text)

    def _ended(self) -> Iterator[Step]:
        item = self.work_item
        if item.state in RUNNING:
            return
        end = item.decided_at or item.case.closed_at or self.now
        used = used_days(item, self.now, self.working_days)
        took = f"，净用时 {used.net:.1f} 个工作日，总用时 {used.gross:.1f} 个工作日" if used else ""
        text = f"{instant_words(end)} {item.get_state_display()}{took}。"
        yield Step("ended", civil_day(end), civil_day(end), 0, text)

    def _reasons(self) -> dict[Pause, Reason]:
        return {
            (one.began_at, one.ended_at): Reason(one.get_reason_display(), one.legal_basis)
            for one in self.work_item.suspensions.all()
            if one.ended_at
        }


def _extension(one: Extension) -> Step:
    day = civil_day(one.decided_at or one.asked_at)
    reasons = f"，理由：{one.reasons.rstrip('。')}" if one.reasons else ""
    text = f"经本部门负责人批准延长 {days_words(one.days)}{reasons}。"
    return Step("extended", day, day, one.days, text, EXTENDING)


# ---- in words -----------------------------------------------------------------------------------


def _title(told: Explanation, work_item: WorkItem) -> str:
    if told.state in RUNNING and told.due_at:
        late = "，已超过时限" if clock.now() > told.due_at else ""
        return f"应于 {instant_words(told.due_at)} 前办结{late}"
    if told.paused_at:
        return "暂停计时，恢复时重新推算"
    if told.state == WorkItemState.WAITING:
        return "等前置事项的结果，时限尚未起算"
    if told.decided_at and told.due_at:
        within = "在时限内" if told.decided_at <= told.due_at else "超过时限"
        return f"{instant_words(told.decided_at)} 作出决定，{within}"
    return f"{work_item.get_state_display()}，时限不再计算"


def _facts(told: Explanation, reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield what the steps do not tell."""
    if told.used and not told.decided_at:
        yield "净用时", f"{told.used.net:.1f} 个工作日，不含暂停"
        yield "总用时", f"{told.used.gross:.1f} 个工作日，含暂停"
    if reader != Reader.TALENT:
        if told.desk_at:
            yield "到达部门", instant_words(told.desk_at)
        if told.late_stage:
            yield "超时环节", str(Stage(told.late_stage).label)
