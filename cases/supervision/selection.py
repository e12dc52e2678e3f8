"""What a supervisor has chosen to look at: filters that stand in the address (筛选).

A filter that cannot be used is left out and named in a notice; the page shows the rest.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.utils.http import urlencode

from cases.models.work_item import Stage
from cases.supervision.figures import CASE_LISTS, CLOCKS
from cases.supervision.scope import (
    NO_DISTRICT,
    NOBODY,
    Period,
    Scope,
    month_before,
    month_of,
)
from policies import divisions
from policies.models import OneThing
from portal.accounts.models import DEPARTMENT_ROLES, Department, Role, User
from portal.core.chinese import day_words

PERIODS = {
    "month": "本月",
    "last": "上月",
    "today": "今天",
    "week": "本周",
    "year": "今年",
    "range": "自选日期",
}
# The longest period that is counted, and when; a slip of the keyboard is not a thousand years.
LONGEST = timedelta(days=10 * 366)
EARLIEST, LATEST = date(1949, 10, 1), date(2999, 12, 31)
# In an address: what nobody has claimed.
UNCLAIMED = "none"
SEEN = {"no": "未知悉", "yes": "已知悉"}
EXPLAINED = {"no": "未说明", "yes": "已说明"}
# Lists that no figure counts: every card that was issued in the period, decided since or not.
CARD_LISTS = {"reds": ("期内亮红牌", "red"), "yellows": ("期内亮黄牌", "yellow")}
AT = re.compile(r"[1-7]-(1?\d|2[0-3])", re.ASCII)
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
LISTS = {
    **{code: label for code, (label, _) in {**CLOCKS, **CARD_LISTS}.items()},
    **CASE_LISTS,
}


@dataclass(frozen=True)
class Selection:
    """A choice of work items and a period; `problems` are sentences about what was left out."""

    reader: User
    today: date
    one_thing: OneThing | None
    department: Department | None
    item: str
    district: str
    officer: User | None
    clock: str
    stage: str
    seen: str
    explained: str
    # Weekday (from Monday, 1) and hour of a list, as in 1-10; empty: any.
    at: str
    period_name: str
    period: Period
    # Only what nobody has claimed.
    is_unclaimed: bool = False
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

    @property
    def period_days(self) -> str:
        """The first and the last day in words, for what is printed or sent on."""
        if self.period.begin == self.period.end:
            return day_words(self.period.begin)
        return f"{day_words(self.period.begin)}至{day_words(self.period.end)}"

    @property
    def weekday_and_hour(self) -> tuple[int, int] | None:
        """The weekday, from Monday as 1, and the hour to which a list is narrowed."""
        weekday, _, hour = self.at.partition("-")
        return (int(weekday), int(hour)) if hour else None

    @property
    def scope(self) -> Scope:
        """The choice as the figures take it."""
        return Scope(
            one_thing=self.one_thing.pk if self.one_thing else None,
            department=self.department.pk if self.department else None,
            item=self.item,
            district=self.district,
            officer=NOBODY if self.is_unclaimed else self.officer.pk if self.officer else None,
        )

    def words(self, items: Mapping[str, str]) -> list[str]:
        """Return what narrows the choice, in words; nothing where everything is chosen."""
        found = [
            self.one_thing.name if self.one_thing else "",
            self.department.short_name if self.department else "",
            items.get(self.item, ""),
            district_name(self.district) if self.district else "",
            self.officer.get_full_name() if self.officer else "",
            "未认领" if self.is_unclaimed else "",
        ]
        return [word for word in found if word]

    def query(self, **changes: str) -> str:
        """Return the query string of this choice with some filters changed; empty ones vanish."""
        is_range = self.period_name == "range"
        values = {
            "one_thing": self.one_thing.slug if self.one_thing else "",
            "department": self.department.code if self.department and not self.is_bound else "",
            "item": self.item,
            "district": self.district,
            "officer": UNCLAIMED
            if self.is_unclaimed
            else (str(self.officer.pk) if self.officer else ""),
            "clock": self.clock,
            "stage": self.stage,
            "seen": self.seen,
            "explained": self.explained,
            "at": self.at,
            "period": self.period_name if self.period_name != "month" else "",
            "from": self.period.begin.isoformat() if is_range else "",
            "until": self.period.end.isoformat() if is_range else "",
            **changes,
        }
        return urlencode({key: value for key, value in values.items() if value})

    def general(self, **changes: str) -> str:
        """Return the query string without what only a list has."""
        of_lists = dict.fromkeys(("clock", "stage", "seen", "explained", "at"), "")
        return self.query(**of_lists | changes)


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

    def pick(name: str, known: Callable[[str], object], complaint: str) -> str:
        value = given.get(name, "")
        if value and not known(value):
            problems.append(complaint)
            return ""
        return value

    slugs = {one.slug: one for one in one_things}
    one_thing = pick("one_thing", slugs.get, "没有这个“一件事”，已显示全部。")
    department = _department(reader, given.get("department", ""), departments, problems)
    items = item_names(one_things)
    item = pick("item", items.get, "没有这个事项，已显示全部事项。")
    district = pick("district", _is_district, "没有这个区县，已显示全部区县。")
    unclaimed = given.get("officer") == UNCLAIMED
    officer = None if unclaimed else _officer(reader, given.get("officer", ""), problems)
    clock = pick("clock", LISTS.get, "没有这种时限状态，已显示全部。")
    stage = pick("stage", Stage.values.__contains__, "没有这个环节，已显示全部环节。")
    seen = pick("seen", SEEN.get, "知悉情况只能选已知悉或未知悉，已显示全部。")
    explained = pick("explained", EXPLAINED.get, "说明情况只能选已说明或未说明，已显示全部。")
    at = pick("at", AT.fullmatch, "没有这个星期与钟点，已显示全部。")
    name, period = _period(given, today, problems)
    return Selection(
        reader,
        today,
        slugs.get(one_thing),
        department,
        item,
        district,
        officer,
        clock,
        stage,
        seen,
        explained,
        at,
        name,
        period,
        unclaimed,
        tuple(problems),
    )


def item_names(one_things: Sequence[OneThing]) -> dict[str, str]:
    """Return the items that can be chosen: code → name."""
    return {
        code: item.name
        for one_thing in one_things
        if one_thing.current
        for code, item in one_thing.current.catalogue.items.items()
    }


def _is_district(code: str) -> bool:
    return code == NO_DISTRICT or divisions.known(code)


def district_names(chosen: str = "") -> dict[str, str]:
    """Return the districts of this division that can be chosen, and the chosen one: code → name."""
    own = dict(divisions.children(settings.DIVISION_CODE)) | {NO_DISTRICT: district_name("")}
    return own | ({chosen: district_name(chosen)} if chosen and chosen not in own else {})


def district_name(code: str) -> str:
    """Return the name of a district, without the city where it is this one's."""
    if code in {"", NO_DISTRICT}:
        return "未登记区县"
    city = divisions.name_of(settings.DIVISION_CODE) or ""
    return (divisions.name_of(code) or code).removeprefix(city)


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


def _officer(reader: User, key: str, problems: list[str]) -> User | None:
    if not key:
        return None
    found = User.objects.filter(role__in=DEPARTMENT_ROLES)
    if reader.role == Role.LEADER:
        found = found.filter(department=reader.department)
    officer = found.filter(pk=key).first() if key.isascii() and key.isdigit() else None
    if officer is None:
        problems.append("没有这位经办人，已显示全部经办人。")
    return officer


def _period(given: Mapping[str, str], today: date, problems: list[str]) -> tuple[str, Period]:
    name = given.get("period") or "month"
    if name == "range":
        own = _range(given)
        if own:
            return name, own
        if not (given.get("from") or given.get("until")):
            return name, _named_period("month", today)
        problems.append("起止日期不正确，已显示本月。")
        name = "month"
    elif name not in PERIODS:
        problems.append("没有这种统计期间，已显示本月。")
        name = "month"
    return name, _named_period(name, today)


def _named_period(name: str, today: date) -> Period:
    match name:
        case "today":
            return Period(today, today)
        case "week":
            monday = today - timedelta(days=today.weekday())
            return Period(monday, monday + timedelta(days=6))
        case "last":
            return month_of(month_before(today))
        case "year":
            return Period(today.replace(month=1, day=1), today.replace(month=12, day=31))
    return month_of(today)


def _range(given: Mapping[str, str]) -> Period | None:
    try:
        begin = date.fromisoformat(given.get("from", ""))
        end = date.fromisoformat(given.get("until", ""))
    except ValueError:
        return None
    # Terms are counted back and forth from a period; there has to be a calendar on both sides.
    fits = EARLIEST <= begin <= end <= LATEST and end - begin <= LONGEST
    return Period(begin, end) if fits else None
