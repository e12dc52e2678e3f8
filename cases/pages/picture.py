"""The plan as a picture (办理计划图): what the template components/_plan.html draws.

The same picture shows the promise while picking and the progress of a case. Columns are working
days; a bar stands on the days that count, what the law leaves out is hatched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NotRequired, TypedDict

from cases import deadlines, routing
from cases.models import Case, Edge, Level, Suspension, WorkItem, WorkItemState
from cases.models.work_item import DECIDED, RUNNING
from cases.working_time import Calendar, civil_day
from policies.schema import Catalogue, Item
from portal.core.chinese import day_words, listed

MOST_COLUMNS = 60
NEVER_DECIDED = (WorkItemState.CLOSED, WorkItemState.WITHDRAWN)
NOT_COUNTED = "承诺时限不含评审、公示、制证等不计入时限的环节。"


class Bar(TypedDict):
    at: int
    span: int
    kind: str
    label: str


class Row(Bar):
    name: str
    department: str
    why: NotRequired[str]
    note: NotRequired[str]
    when: NotRequired[str]
    more: NotRequired[list[Bar]]


class Picture(TypedDict):
    caption: str
    days: int
    scale: list[dict[str, Any]]
    today: int | None
    rows: list[Row]
    note: str


@dataclass(frozen=True, slots=True)
class Expected:
    """When a work item begins and ends, as decided, due, or to be expected."""

    begin: date
    end: date


def short_name(name: str) -> str:
    """Return an item's name without what stands in brackets."""
    return name.split("（")[0]


def days_words(days: int) -> str:
    return f"{days} 个工作日" if days else "即办"


# ---- the promise, while picking -------------------------------------------------------------


def promise(plan: routing.Plan, catalogue: Catalogue) -> Picture:
    """Return the picture of a selection: working days after acceptance run to the right."""
    days = max((_end_with_procedures(step) for step in plan.steps), default=1)
    return {
        "caption": f"{len(plan.steps)} 项的办理计划，受理后共 {days_words(plan.days)}",
        "days": min(max(days, 1), MOST_COLUMNS),
        "scale": [{"at": day, "label": f"第 {day} 日"} for day in _ticks(max(days, 1))],
        "today": None,
        "rows": [_promised_row(step, catalogue) for step in plan.steps],
        "note": f"第几日指受理次日起的第几个工作日。{NOT_COUNTED}",
    }


def _promised_row(step: routing.Step, catalogue: Catalogue) -> Row:
    at = max(step.begin, 1) if step.begin == step.end else step.begin + 1
    waits = "、".join(
        "或".join(short_name(catalogue.items[code].name) for code in need.any_of)
        for need in step.needs
    )
    return {
        "name": step.item.name,
        "department": department_names(step.item, catalogue),
        "why": f"等{waits}的结果" if waits else "",
        "at": at,
        "span": max(step.end - step.begin, 1),
        "kind": "wait" if step.needs else "ahead",
        "label": days_words(step.item.promised_days),
        "note": _result_day(step),
        "when": f"最晚{_result_day(step)}",
        "more": _procedures(step),
    }


def _result_day(step: routing.Step) -> str:
    return f"第 {step.end} 个工作日出结果" if step.end else "受理当日出结果"


def _procedures(step: routing.Step) -> list[Bar]:
    bars, at = list[Bar](), max(step.end, 1) + 1
    for procedure in step.item.special_procedures:
        if not procedure.counted and procedure.days:
            label = f"{procedure.name} {procedure.days} 日"
            bars.append({"at": at, "span": procedure.days, "kind": "excluded", "label": label})
            at += procedure.days
    return bars


def _end_with_procedures(step: routing.Step) -> int:
    bars = _procedures(step)
    return bars[-1]["at"] + bars[-1]["span"] - 1 if bars else max(step.end, 1)


def department_names(item: Item, catalogue: Catalogue) -> str:
    """Return the lead department and those that take part (会办)."""
    lead = catalogue.departments[item.department].short_name
    others = listed(catalogue.departments[code].short_name for code in item.co_departments)
    return f"{lead}，{others}会办" if others else lead


# ---- the progress of a case -------------------------------------------------------------------


def progress(
    case: Case,
    work_items: Sequence[WorkItem],
    edges: Iterable[Edge],
    *,
    now: datetime,
    calendar: Calendar,
) -> Picture:
    """Return the picture of an accepted case; work items come with department and suspensions."""
    before_each = waits(edges)
    expected = expectations(work_items, before_each, now=now, calendar=calendar)
    axis = _Axis.of(case, expected.values(), now, calendar)
    by_pk = {item.pk: item for item in work_items}
    rows = []
    for item in sorted(work_items, key=lambda item: (expected[item.pk].begin, item.pk)):
        before = [by_pk[pk] for pk in before_each.get(item.pk, ()) if pk in by_pk]
        rows.append(_progress_row(item, expected[item.pk], axis, before, now))
    return {
        "caption": f"{len(rows)} 项的办理进度",
        "days": axis.columns,
        "scale": axis.scale(),
        "today": axis.column(axis.today) if case.is_open else None,
        "rows": rows,
        "note": NOT_COUNTED,
    }


def expectations(
    work_items: Sequence[WorkItem],
    before_each: Mapping[int, Sequence[int]],
    *,
    now: datetime,
    calendar: Calendar,
) -> dict[int, Expected]:
    """Return when each work item begins and ends; what waits begins when the last of its
    predecessors is expected to end.
    """
    by_pk = {item.pk: item for item in work_items}
    found: dict[int, Expected] = {}

    def expect(item: WorkItem) -> Expected:
        if item.pk not in found:
            before = [expect(by_pk[pk]) for pk in before_each.get(item.pk, ()) if pk in by_pk]
            found[item.pk] = _expected(item, before, now, calendar)
        return found[item.pk]

    for item in work_items:
        expect(item)
    return found


def _expected(
    item: WorkItem, before: Sequence[Expected], now: datetime, calendar: Calendar
) -> Expected:
    today = civil_day(now)
    if item.started_at is None:
        begin = max([today, *(other.end for other in before)])
        if item.state in NEVER_DECIDED:
            return Expected(today, today)
        return Expected(begin, calendar.add(begin, item.budget))
    begin = civil_day(item.started_at)
    if item.decided_at:
        return Expected(begin, civil_day(item.decided_at))
    if item.due_at:
        return Expected(begin, max(civil_day(item.due_at), today))
    return Expected(begin, _end_after_pause(item, today, calendar))


def _end_after_pause(item: WorkItem, today: date, calendar: Calendar) -> date:
    """Return the day to expect while the clock stands: the pause, then the rest of the limit."""
    pause = _open_pause(item)
    if item.state in NEVER_DECIDED or pause is None:
        return today
    resumes = max(today, calendar.add(civil_day(pause.began_at), pause.expected_days))
    stands = (pause.began_at, max(calendar.opening(resumes), pause.began_at))
    then = deadlines.projected(item, calendar, [*deadlines.closed_pauses(item), stands])
    return max(resumes, then.due_on)


@dataclass(frozen=True, slots=True)
class _Axis:
    """Working days from acceptance on; long ways are drawn to scale in fewer columns."""

    start: date
    today: date
    days: int
    calendar: Calendar

    @classmethod
    def of(
        cls, case: Case, expected: Iterable[Expected], now: datetime, calendar: Calendar
    ) -> "_Axis":
        start = civil_day(case.accepted_at or now)
        ends, today = [start, *(one.end for one in expected)], civil_day(now)
        last = max([*ends, today] if case.is_open else ends)
        return cls(start, today, calendar.between(start, last), calendar)

    @property
    def columns(self) -> int:
        return min(self.days + 1, MOST_COLUMNS)

    def column(self, day: date) -> int:
        """Return the column of a day, 1 for the day of acceptance and before."""
        number = self.calendar.between(self.start, day) if day > self.start else 0
        number = min(number, self.days)
        if self.days + 1 <= MOST_COLUMNS:
            return number + 1
        return 1 + number * (MOST_COLUMNS - 1) // self.days

    def bar(self, begin: date, end: date, kind: str, label: str) -> Bar:
        """Return a bar on the days after `begin` up to and including `end`."""
        first, last = self.column(begin), self.column(max(begin, end))
        at = first if first == last else first + 1
        return {"at": at, "span": last - at + 1, "kind": kind, "label": label}

    def scale(self) -> list[dict[str, Any]]:
        marks: dict[int, str] = {}
        for number in [0, *_ticks(self.days)]:
            day = self.calendar.add(self.start, number) if number else self.start
            marks.setdefault(self.column(day), f"{day.month}月{day.day}日")
        return [{"at": at, "label": label} for at, label in marks.items()]


def _progress_row(
    item: WorkItem, expected: Expected, axis: _Axis, before: Sequence[WorkItem], now: datetime
) -> Row:
    kind, label = _look(item, expected, now)
    main = axis.bar(expected.begin, _drawn_end(item, expected), kind, label)
    open_names = [short_name(other.item_name) for other in before if other.is_open]
    waiting = item.state == WorkItemState.WAITING and open_names
    return {
        "at": main["at"],
        "span": main["span"],
        "kind": main["kind"],
        "label": main["label"],
        "name": item.item_name,
        "department": item.department.short_name,
        "why": f"等{listed(open_names)}的结果" if waiting else "",
        "when": f"{day_words(expected.begin)}至{day_words(expected.end)}",
        "more": [_pause_bar(pause, axis) for pause in item.suspensions.all()],
    }


def _look(item: WorkItem, expected: Expected, now: datetime) -> tuple[str, str]:
    """Return the kind of bar and the word on it."""
    if item.state in DECIDED or item.state in NEVER_DECIDED:
        if item.state == WorkItemState.APPROVED:
            return "done", f"{expected.end.month}月{expected.end.day}日"
        return "closed", item.get_state_display()
    if item.state == WorkItemState.WAITING:
        return "wait", f"之后 {item.budget} 个工作日" if item.budget else "之后即办"
    if item.state in RUNNING:
        level = deadlines.level(item, now=now)
        if level == Level.RED:
            return "late", "已超时限"
        return ("soon" if level else "doing"), f"{expected.end.month}月{expected.end.day}日前"
    return "doing", "已暂停计时"


def _drawn_end(item: WorkItem, expected: Expected) -> date:
    pause = _open_pause(item)
    return civil_day(pause.began_at) if pause else expected.end


def _pause_bar(pause: Suspension, axis: _Axis) -> Bar:
    ended = civil_day(pause.ended_at) if pause.ended_at else None
    end = ended or axis.calendar.add(civil_day(pause.began_at), pause.expected_days)
    return axis.bar(civil_day(pause.began_at), end, "excluded", pause.get_reason_display())


def _open_pause(item: WorkItem) -> Suspension | None:
    return next((pause for pause in item.suspensions.all() if pause.ended_at is None), None)


def waits(edges: Iterable[Edge]) -> dict[int, list[int]]:
    """Return the predecessors of each work item, by primary key."""
    found: dict[int, list[int]] = {}
    for edge in edges:
        found.setdefault(edge.dependant_id, []).append(edge.predecessor_id)
    return found


def _ticks(days: int) -> list[int]:
    """Return about five round numbers up to `days`, each far enough from the next to be read."""
    step = next((step for step in (5, 10, 15, 20, 30, 50) if days <= step * 5), 100)
    if days < step:
        return [days]
    return list(range(step, days + 1, step))
