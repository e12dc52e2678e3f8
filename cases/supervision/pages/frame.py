"""What all pages of supervision share: the choice, the filters, the ways between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.templatetags.static import static
from django.urls import reverse

from cases import calendar
from cases.models.work_item import Stage
from cases.pages.picture import short_name
from cases.supervision.figures import CASE_LISTS
from cases.supervision.selection import (
    EXPLAINED,
    LISTS,
    PERIODS,
    SEEN,
    Selection,
    district_names,
    item_names,
    selection,
)
from cases.supervision.tables import Table
from cases.working_time import Calendar
from policies.models import OneThing
from portal.accounts.models import Department, User
from portal.core import clock
from portal.core.chinese import instant_words

# The pages about time, in the order of their questions: what is late, since when, where, when.
PAGES = {
    "cases:supervision": "总览",
    "cases:supervision-work-items": "超时清单",
    "cases:supervision-trends": "趋势",
    "cases:supervision-bottlenecks": "堵点",
    "cases:supervision-stages": "环节超时",
    "cases:supervision-hours": "忙闲分布",
}
# Pages of other rooms that belong beside them.
URGINGS = "cases:urgings"  # a department answers its own at its desk
ROOMS = {URGINGS: "督办", "cases:bulletins": "月度通报"}


@dataclass(frozen=True)
class Frame:
    """One request: who asks, what was chosen, at which instant."""

    choice: Selection
    given: Mapping[str, str]
    one_things: list[OneThing]
    departments: list[Department]
    now: datetime
    calendar: Calendar

    @cached_property
    def items(self) -> dict[str, str]:
        """The items that can be chosen: code → short name."""
        return {code: short_name(name) for code, name in item_names(self.one_things).items()}

    @property
    def where(self) -> str:
        """What narrows the choice, in words, for the beginning of a sentence."""
        return "、".join(self.choice.words(self.items))

    @property
    def scope_words(self) -> str:
        """What an Excel file says of itself."""
        return (
            f"范围：{self.where or '全部'}　统计期间：{self.choice.period_days}　"
            f"数据截至 {instant_words(self.now)}"
        )

    def context(self, current: str, /, *tables: Table, **more: Any) -> dict[str, Any]:
        """Return the context of a page with its tables, filters and ways."""
        choice = self.choice
        return {
            "choice": choice,
            "page_name": current,
            "one_things": self.one_things,
            "departments": [] if choice.is_bound else self.departments,
            "items": self.items,
            "districts": district_names(choice.district),
            "officers": officers(choice),
            "periods": PERIODS,
            "lists": {code: label for code, label in LISTS.items() if code not in CASE_LISTS},
            "list_filters": False,
            "kind": "",
            "steps": [],
            "explanation": "",
            "first": False,
            "chart_library": chart_library(),
            "stages": dict(Stage.choices),
            "seen": SEEN,
            "explained": EXPLAINED,
            "calendar_warning": calendar.provisional_warning(self.calendar, choice.today),
            "as_of": instant_words(self.now),
            "ways": ways(current, choice),
            "tables": tables,
            "own": {},
            **more,
        }


def frame(reader: User, given: Mapping[str, str]) -> Frame:
    """Return what an address chooses for a reader, now."""
    one_things = list(OneThing.objects.select_related("current").defer("current__document"))
    departments = list(Department.objects.all())
    choice = selection(
        reader, given, today=clock.today(), one_things=one_things, departments=departments
    )
    return Frame(choice, given, one_things, departments, clock.now(), calendar.current())


def officers(choice: Selection) -> list[User]:
    """Return the officers that can be chosen: those of the chosen department, and the chosen."""
    if choice.department is None:
        return [choice.officer] if choice.officer else []
    found = list(User.objects.staff_of([choice.department.pk]).order_by("username"))
    if choice.officer and choice.officer not in found:
        found.append(choice.officer)
    return found


def ways(current: str, choice: Selection) -> list[dict[str, Any]]:
    """Return the ways between the pages as tabs; the choice is carried along."""
    query = choice.general()
    late = choice.general(clock="red")
    found = [
        _way(
            f"{reverse(name)}?{late if name == 'cases:supervision-work-items' else query}",
            label,
            name == current,
        )
        for name, label in PAGES.items()
    ]
    rooms = {name: label for name, label in ROOMS.items() if name != URGINGS or not choice.is_bound}
    return found + [_way(reverse(name), label, name == current) for name, label in rooms.items()]


def plain_ways(current: str, reader: User) -> list[dict[str, Any]]:
    """Return the ways on a page that has no filters to carry along."""
    everything = selection(reader, {}, today=clock.today(), one_things=[], departments=[])
    return ways(current, everything)


def chart_library() -> str:
    """Return the address of the chart library; empty where set-up could not fetch it."""
    try:
        return static("vendor/echarts.common.min.js")
    except ValueError:  # no such file in the manifest
        return ""


def _way(url: str, label: str, current: bool) -> dict[str, Any]:
    return {"url": url.rstrip("?"), "label": label, "current": current, "count": None}
