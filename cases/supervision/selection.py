"""What a supervisor has chosen to look at: filters that stand in the address (筛选).

A filter that cannot be used is left out and named in a notice; the page shows the rest.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.http import urlencode

from cases.models import WorkItem
from cases.supervision.figures import CLOCKS, Items, Period
from policies.models import OneThing
from portal.accounts.models import Department, Role, User
from portal.core.chinese import day_words

PERIODS = {"month": "本月", "last": "上月", "range": "自选日期"}


@dataclass(frozen=True)
class Selection:
    """A choice of work items and a period; `problems` are sentences about what was left out."""

    reader: User
    today: date
    one_thing: OneThing | None
    department: Department | None
    item: str
    clock: str
    period_name: str
    period: Period
    problems: tuple[str, ...] = field(default=())

    @property
    def is_bound(self) -> bool:
        """Whether the reader sees one department only."""
        return self.reader.role == Role.LEADER

    @property
    def period_words(self) -> str:
        if self.period_name != "range":
            return PERIODS[self.period_name]
        return f"{day_words(self.period.begin)}至{day_words(self.period.end)}"

    def work_items(self) -> Items:
        """Return the chosen work items that the reader may see."""
        items = WorkItem.objects.all()
        if self.department:
            items = items.filter(department=self.department)
        if self.one_thing:
            items = items.filter(case__one_thing=self.one_thing)
        return items.filter(item_code=self.item) if self.item else items

    def query(self, **changes: str) -> str:
        """Return the query string of this choice with some filters changed; empty ones vanish."""
        values = {
            "one_thing": self.one_thing.slug if self.one_thing else "",
            "department": self.department.code if self.department and not self.is_bound else "",
            "item": self.item,
            "clock": self.clock,
            "period": self.period_name if self.period_name != "month" else "",
            "from": self.period.begin.isoformat() if self.period_name == "range" else "",
            "until": self.period.end.isoformat() if self.period_name == "range" else "",
            **changes,
        }
        return urlencode({key: value for key, value in values.items() if value})


def selection(
    reader: User,
    given: Mapping[str, str],
    *,
    today: date,
    one_things: list[OneThing],
    departments: list[Department],
) -> Selection:
    """Return the choice that an address makes; a leader is bound to the own department."""
    problems: list[str] = []
    one_thing = next((one for one in one_things if one.slug == given.get("one_thing")), None)
    if given.get("one_thing") and one_thing is None:
        problems.append("没有这个“一件事”，已显示全部。")
    department = _department(reader, given.get("department", ""), departments, problems)
    item = given.get("item", "")
    if item and item not in item_names(one_things):
        problems.append("没有这个事项，已显示全部事项。")
        item = ""
    clock = given.get("clock", "")
    if clock and clock not in CLOCKS:
        problems.append("没有这种时限状态，已显示全部。")
        clock = ""
    name, period = _period(given, today, problems)
    return Selection(
        reader, today, one_thing, department, item, clock, name, period, tuple(problems)
    )


def item_names(one_things: list[OneThing]) -> dict[str, str]:
    """Return the items that can be chosen: code → name."""
    return {
        code: item.name
        for one_thing in one_things
        if one_thing.current
        for code, item in one_thing.current.catalogue.items.items()
    }


def _department(
    reader: User, code: str, departments: list[Department], problems: list[str]
) -> Department | None:
    if reader.role == Role.LEADER:
        if code and reader.department and code != reader.department.code:
            problems.append("只能查看本部门的办件，已显示本部门。")
        return reader.department
    found = next((one for one in departments if one.code == code), None)
    if code and found is None:
        problems.append("没有这个部门，已显示全部部门。")
    return found


def _period(given: Mapping[str, str], today: date, problems: list[str]) -> tuple[str, Period]:
    name = given.get("period") or "month"
    this_month = Period(
        today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])
    )
    if name == "range":
        own = _range(given)
        if own:
            return name, own
        if not (given.get("from") or given.get("until")):
            return name, this_month
        problems.append("起止日期不正确，已显示本月。")
    elif name not in PERIODS:
        problems.append("没有这种统计期间，已显示本月。")
    if name == "last":
        last = today.replace(day=1) - timedelta(days=1)
        return name, Period(last.replace(day=1), last)
    return "month", this_month


def _range(given: Mapping[str, str]) -> Period | None:
    try:
        begin = date.fromisoformat(given.get("from", ""))
        end = date.fromisoformat(given.get("until", ""))
    except ValueError:
        return None
    # Later than any calendar: the day after the last one has to exist as well.
    return Period(begin, end) if begin <= end < date.max else None
