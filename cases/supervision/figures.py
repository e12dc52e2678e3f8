"""The supervisor's figures (监督指标): counts and what follows from them, by whatever is asked.

What a condition means stands in cases.supervision.conditions. Counts are read from tallies, which
are exact (cases.supervision.tallies); only figures by officer are counted from the rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DateField, F, Q
from django.db.models.functions import Trunc

from cases.supervision import conditions, live, tallies
from cases.supervision.scope import Cases, Grouping, Items, Key, Period, Scope, Step
from cases.working_time import SHANGHAI
from policies.models import OneThing


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of work items; `promised` and `net` are sums of working days over the decided ones.

    `days` is their histogram: net working days, rounded up → how many took them.
    """

    open: int = 0
    normal: int = 0
    yellow: int = 0
    red: int = 0
    paused: int = 0
    applicant: int = 0
    waiting: int = 0
    started: int = 0
    decided: int = 0
    late: int = 0
    late_at_window: int = 0
    promised: int = 0
    net: float = 0.0
    days: Mapping[int, int] = field(default_factory=dict)

    @property
    def on_time_rate(self) -> float | None:
        """按时办结率: the share of the decided that no department was late with, 0 to 1.

        What the window delayed is the window's (`late_at_window`). None without any decision.
        """
        return (self.decided - self.late) / self.decided if self.decided else None

    @property
    def average_net(self) -> float | None:
        """平均用时: net working days from start to decision, pauses left out."""
        return self.net / self.decided if self.decided else None

    @property
    def average_promised(self) -> float | None:
        """平均承诺: promised working days of the same work items."""
        return self.promised / self.decided if self.decided else None

    @property
    def median_net(self) -> int | None:
        """用时中位数: half of the decided took so many net working days or fewer."""
        return percentile(self.days, 50)

    @property
    def p90_net(self) -> int | None:
        """用时九成位数: nine in ten of the decided took so many net working days or fewer."""
        return percentile(self.days, 90)


def percentile(days: Mapping[int, int], percent: int) -> int | None:
    """Return the fewest days within which `percent` of a histogram's items were done."""
    needed = -(-sum(days.values()) * percent // 100)
    reached = 0
    for taken in sorted(days):
        reached += days[taken]
        if reached >= needed:
            return taken
    return None


def by(grouping: Grouping, scope: Scope, *, now: datetime, period: Period) -> dict[Key, Figures]:
    """Return the figures of each department (item, one-thing, …) that has any.

    What stands now is counted at `now`, what was done over `period`.
    """
    found = _done(grouping, scope, period)
    source = tallies if tallies.knows(scope, grouping) else live
    for key, row in source.standing(scope, grouping, now=now).items():
        found[key] = replace(found.get(key, Figures()), **_standing(row))
    return found


def overall(scope: Scope, *, now: datetime, period: Period) -> Figures:
    """Return the figures of a whole scope."""
    return total(by("department", scope, now=now, period=period).values())


def total(figures: Iterable[Figures]) -> Figures:
    """Return the figures of several groups together."""
    sums: dict[str, Any] = dict.fromkeys(Figures.__dataclass_fields__, 0)
    days: dict[int, int] = {}
    for one in figures:
        for name in sums:
            if name != "days":
                sums[name] += getattr(one, name)
        for taken, count in one.days.items():
            days[taken] = days.get(taken, 0) + count
    return Figures(**sums | {"days": days})


def _done(by: Grouping | Step, scope: Scope, period: Period) -> dict[Key, Figures]:
    source = tallies if tallies.knows(scope, by) else live
    days = (tallies if tallies.knows_days(scope, by) else live).histogram(scope, by, period)
    return {
        key: Figures(**row, days=days.get(key, {}))
        for key, row in source.daily(scope, by, period).items()
    }


def _standing(row: Mapping[str, int]) -> dict[str, Any]:
    """Return the standing of a group; those who wait for the applicant are among the paused."""
    return {**row, "open": sum(row.values()) - row.get("applicant", 0)}


# ---- at the window ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Intake:
    """Counts of cases: handed in, accepted, and of these accepted by silence."""

    received: int = 0
    accepted: int = 0
    deemed: int = 0


def intake(scope: Scope, period: Period) -> Intake:
    """Return how many cases were received and accepted in a period."""
    cases = scope.cases()
    accepted = cases.filter(conditions.accepted_in(period))
    return Intake(
        received=cases.filter(conditions.received_in(period)).count(),
        accepted=accepted.count(),
        # On its own: an index holds these few, and one of instants alone counts the others.
        deemed=accepted.filter(conditions.deemed_accepted()).count(),
    )


def intake_by(grouping: Grouping | Step, scope: Scope, period: Period) -> dict[Key, Intake]:
    """Return the same by one-thing, district or step of time.

    Raises KeyError for other groupings: a case has several items, departments and officers.
    """
    cases = scope.cases()
    accepted = cases.filter(conditions.accepted_in(period))
    counted = {
        "received": _cases_by(
            grouping, cases.filter(conditions.received_in(period)), "submitted_at"
        ),
        "accepted": _cases_by(grouping, accepted, "accepted_at"),
        "deemed": _cases_by(grouping, accepted.filter(conditions.deemed_accepted()), "accepted_at"),
    }
    found: dict[Key, Intake] = {}
    for name, counts in counted.items():
        for key, count in counts.items():
            found[key] = replace(found.get(key, Intake()), **{name: count})
    return found


def _cases_by(grouping: Grouping | Step, cases: Cases, instant: str) -> dict[Key, int]:
    if grouping in live.STEPS:
        key: Any = Trunc(instant, grouping, output_field=DateField(), tzinfo=SHANGHAI)
    else:
        key = F({"one_thing": "one_thing", "district": "district"}[grouping])
    rows = cases.order_by().annotate(key=key).values_list("key")
    return dict(rows.annotate(count=Count("*")))


# ---- course of time -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """What was done in one day, week (from Monday) or month."""

    begin: date
    figures: Figures
    intake: Intake


def trend(scope: Scope, period: Period, step: Step) -> list[Point]:
    """Return a point for each step of a period, those without anything included.

    The first and last are cut to the period. What stands now has no past: those counts are 0.
    """
    done, cases = _done(step, scope, period), intake_by(step, scope, period)
    return [
        Point(begin, done.get(begin, Figures()), cases.get(begin, Intake()))
        for begin in _begins(period, step)
    ]


def _begins(period: Period, step: Step) -> Iterator[date]:
    last = None
    for offset in range((period.end - period.begin).days + 1):
        day = period.begin + timedelta(days=offset)
        begin = {
            "day": day,
            "week": day - timedelta(days=day.weekday()),
            "month": day.replace(day=1),
        }[step]
        if begin != last:
            yield begin
        last = begin


# ---- before and after ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compression:
    """An item's working days: before the reform, by law where known, promised, really taken.

    `promised` and `actual` are averages over the `decided` work items.
    """

    one_thing: int
    item: str
    name: str
    department: str
    decided: int
    before: float
    statutory: float | None
    promised: float
    actual: float

    @property
    def saved(self) -> float | None:
        """压缩比: the share of the time before the reform that is no longer taken, 0 to 1."""
        return 1 - self.actual / self.before if self.before else None

    @property
    def saved_of_statutory(self) -> float | None:
        """The same against the statutory limit; none where that is not known."""
        return 1 - self.actual / self.statutory if self.statutory else None


def compression(scope: Scope, period: Period) -> list[Compression]:
    """Return the compression of each item decided in a period, in the catalogue's order."""
    done = _done("item", scope, period)
    found = []
    for one_thing in OneThing.objects.select_related("current").defer("current__document"):
        if one_thing.current is None:
            continue
        catalogue = one_thing.current.catalogue
        for code, item in catalogue.items.items():
            one = done.get((one_thing.pk, code), Figures())
            if not one.decided:
                continue
            found.append(
                Compression(
                    one_thing.pk,
                    code,
                    item.name,
                    item.department,
                    one.decided,
                    item.days_before,
                    item.statutory_days,
                    one.promised / one.decided,
                    one.net / one.decided,
                )
            )
    return found


def compressed(items: Iterable[Compression]) -> Compression | None:
    """Return the compression of several items together, weighted by what was decided.

    The statutory limit is known only where it is for each of them.
    """
    every = list(items)
    decided = sum(one.decided for one in every)
    if not decided:
        return None

    def mean(name: str) -> float:
        return sum(getattr(one, name) * one.decided for one in every) / decided

    known = all(one.statutory is not None for one in every)
    return Compression(
        0, "", "合计", "", decided, mean("before"), mean("statutory") if known else None,
        mean("promised"), mean("actual"),
    )  # fmt: skip


# ---- lists --------------------------------------------------------------------------------------

# What can be listed: the word for it, and whether it is about what was done in the period.
CLOCKS: dict[str, tuple[str, bool]] = {
    "open": ("在办", False),
    "red": ("红牌", False),
    "yellow": ("黄牌", False),
    "normal": ("正常", False),
    "paused": ("暂停计时", False),
    "applicant": ("等申请人", False),
    "waiting": ("等前一事项", False),
    "started": ("期内起算", True),
    "decided": ("期内办结", True),
    "late": ("期内超时办结", True),
    "late_at_window": ("期内窗口超时", True),
}
# The same for figures of cases.
CASE_LISTS = {"received": "期内收件", "accepted": "期内受理", "deemed": "期内视为受理"}


def listed(items: Items, clock: str, *, now: datetime, period: Period) -> Items:
    """Return the work items that a figure counts; `clock` is a key of CLOCKS."""
    decided = conditions.decided_in(period)
    condition: Q = {
        "open": conditions.is_open(),
        "red": conditions.is_red(now),
        "yellow": conditions.is_yellow(now),
        "normal": conditions.is_normal(now),
        "paused": conditions.is_paused(),
        "applicant": conditions.waits_for_applicant(),
        "waiting": conditions.waits_for_predecessor(),
        "started": conditions.started_in(period),
        "decided": decided,
        "late": decided & conditions.was_late(),
        "late_at_window": decided & conditions.was_late_at_window(),
    }[clock]
    # What ends first, or is over longest, comes first; what was done last comes first.
    if not CLOCKS[clock][1]:
        return items.filter(condition).order_by(F("due_at").asc(nulls_last=True), "pk")
    return items.filter(condition).order_by(
        F("started_at" if clock == "started" else "decided_at").desc(), "pk"
    )


def listed_cases(cases: Cases, name: str, *, period: Period) -> Cases:
    """Return the cases that a figure of intake counts; `name` is a key of CASE_LISTS."""
    accepted = conditions.accepted_in(period)
    condition = {
        "received": conditions.received_in(period),
        "accepted": accepted,
        "deemed": accepted & conditions.deemed_accepted(),
    }[name]
    instant = "submitted_at" if name == "received" else "accepted_at"
    return cases.filter(condition).order_by(F(instant).desc(), "pk")
