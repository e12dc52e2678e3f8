"""What the supervisor's figures mean (监督指标): each is defined here, once.

The unit is the work item (办件). What stands now (open, yellow, red, waiting) is counted at an
instant; what was done (on time, net days) is counted over the work items decided in a period.
A figure and the list that it opens come from the same condition, so they cannot differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Extract, Greatest, Least, TruncDate

from cases.models import Card, Level, Suspension, SuspensionReason, WorkItem, WorkItemState
from cases.models.work_item import DECIDED, OPEN, RUNNING
from cases.working_time import SHANGHAI, Calendar, WorkingHours

Items = QuerySet[WorkItem]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in Asia/Shanghai, both included."""

    begin: date
    end: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first instant and the first one after the period."""
        after = self.end + timedelta(days=1)
        return (
            datetime.combine(self.begin, time.min, SHANGHAI),
            datetime.combine(after, time.min, SHANGHAI),
        )


# ---- conditions ---------------------------------------------------------------------------------


def is_open() -> Q:
    """在办: accepted and not decided, waiting and paused ones included."""
    return Q(state__in=OPEN)


def is_red(now: datetime) -> Q:
    """红牌: the clock runs and its due instant has passed."""
    return Q(state__in=RUNNING, due_at__lt=now)


def is_yellow(now: datetime) -> Q:
    """黄牌: the clock runs, is in warning, and the due instant has not passed."""
    return Q(state__in=RUNNING, yellow_at__lte=now, due_at__gte=now)


def is_normal(now: datetime) -> Q:
    """正常: the clock runs and no warning has begun."""
    return Q(state__in=RUNNING, yellow_at__gt=now)


def is_paused() -> Q:
    """暂停计时: the clock stands for any reason of the closed list."""
    return Q(state=WorkItemState.PAUSED)


def waits_for_applicant() -> Q:
    """等申请人: the clock stands because the applicant has been asked for a supplement."""
    asked = Suspension.objects.filter(
        work_item=OuterRef("pk"), ended_at=None, reason=SuspensionReason.SUPPLEMENT
    )
    return Q(state=WorkItemState.PAUSED) & Q(Exists(asked))


def waits_for_predecessor() -> Q:
    """等前一事项: the clock has not begun because a predecessor's result is missing."""
    return Q(state=WorkItemState.WAITING)


def decided_in(period: Period) -> Q:
    """办结: approved or refused within the period."""
    begin, after = period.instants
    return Q(state__in=DECIDED, decided_at__gte=begin, decided_at__lt=after)


def was_late() -> Q:
    """超时办结: decided with a red card in the last cycle of its clock."""
    red = Card.objects.filter(work_item=OuterRef("pk"), level=Level.RED, cycle=OuterRef("cycle"))
    return Q(state__in=DECIDED) & Q(Exists(red))


# ---- figures ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of work items; `promised` and `net` are sums of working days over the decided ones."""

    open: int = 0
    normal: int = 0
    yellow: int = 0
    red: int = 0
    paused: int = 0
    applicant: int = 0
    waiting: int = 0
    decided: int = 0
    late: int = 0
    promised: int = 0
    net: float = 0.0

    @property
    def on_time_rate(self) -> float | None:
        """按时办结率: the share of the decided that were not late, 0 to 1; none without any."""
        return (self.decided - self.late) / self.decided if self.decided else None

    @property
    def average_net(self) -> float | None:
        """平均用时: net working days from start to decision, pauses left out."""
        return self.net / self.decided if self.decided else None

    @property
    def average_promised(self) -> float | None:
        """平均承诺: promised working days of the same work items."""
        return self.promised / self.decided if self.decided else None


def by_department(
    items: Items, *, now: datetime, period: Period, calendar: Calendar
) -> dict[int, Figures]:
    """Return the figures of each department that has any; four statements, however many."""
    found: dict[int, Figures] = {}
    net = net_by_department(items.filter(decided_in(period)), calendar)
    for row in [*_standing(items, now), *_done(items, period)]:
        department = row.pop("department")
        found[department] = replace(found.get(department, Figures()), **row)
    return {key: replace(figures, net=net.get(key, 0.0)) for key, figures in found.items()}


def total(figures: Iterable[Figures]) -> Figures:
    """Return the figures of all departments together."""
    every = list(figures)
    names = Figures.__dataclass_fields__
    return Figures(**{name: sum(getattr(one, name) for one in every) for name in names})


def _standing(items: Items, now: datetime) -> list[dict[str, Any]]:
    rows = (
        items.filter(is_open())
        .order_by()
        .values("department")
        .annotate(
            open=Count("pk"),
            normal=Count("pk", filter=is_normal(now)),
            yellow=Count("pk", filter=is_yellow(now)),
            red=Count("pk", filter=is_red(now)),
            paused=Count("pk", filter=is_paused()),
            applicant=Count("pk", filter=waits_for_applicant()),
            waiting=Count("pk", filter=waits_for_predecessor()),
        )
    )
    return [dict(row) for row in rows]


def _done(items: Items, period: Period) -> list[dict[str, Any]]:
    rows = (
        items.filter(decided_in(period))
        .order_by()
        .values("department")
        .annotate(
            decided=Count("pk"), late=Count("pk", filter=was_late()), promised=Sum("promised_days")
        )
    )
    return [dict(row) for row in rows]


# ---- net days -----------------------------------------------------------------------------------


def net_by_department(decided: Items, calendar: Calendar) -> dict[int, float]:
    """Return the sum of net working days of decided work items, by department.

    Equals the sum of `working_time.net_days` over the rows. The database groups the rows by the
    days on which they begin and end, the calendar is asked once per group: days between start and
    decision, minus what was left of the last day, minus the days of pauses.
    """
    sums: dict[int, float] = {}
    for row in _spans(decided, calendar.hours):
        days = _days(row, calendar)
        sums[row["department"]] = sums.get(row["department"], 0.0) + days
    for row in _pauses(decided, calendar.hours):
        # A pause that ends on the day of the decision takes that day out, whole as it was counted.
        days = _days(row, calendar) if row["decided"] else _whole_days(row, calendar)
        sums[row["work_item__department"]] -= days
    return sums


def _whole_days(row: Mapping[str, Any], calendar: Calendar) -> float:
    return calendar.between(row["first"], row["last"]) * row["count"]


def _days(row: Mapping[str, Any], calendar: Calendar) -> float:
    """Return the working days of a group, of the last one the share that had passed."""
    days = _whole_days(row, calendar)
    if row["first"] != row["last"] and calendar.is_working(row["last"]):
        days += row["passed"] - row["count"]
    return days


def _spans(decided: Items, hours: WorkingHours) -> list[Mapping[str, Any]]:
    """Return counts by first and last day; `passed` sums the shares of the last day's hours."""
    rows = (
        decided.order_by()
        .annotate(
            first=TruncDate("started_at", tzinfo=SHANGHAI),
            last=TruncDate("decided_at", tzinfo=SHANGHAI),
            share=_share_passed("decided_at", hours),
        )
        .values("department", "first", "last")
        .annotate(count=Count("pk"), passed=Sum("share"))
    )
    return list(rows)


def _pauses(decided: Items, hours: WorkingHours) -> list[Mapping[str, Any]]:
    """Return counts of pauses by first and last day, and whether the decision came on the last."""
    day = TruncDate("work_item__decided_at", tzinfo=SHANGHAI)
    rows = (
        Suspension.objects.filter(work_item__in=decided.order_by(), ended_at__isnull=False)
        .order_by()
        .annotate(
            first=TruncDate("began_at", tzinfo=SHANGHAI),
            last=TruncDate("ended_at", tzinfo=SHANGHAI),
            share=_share_passed("work_item__decided_at", hours),
        )
        .annotate(decided=ExpressionWrapper(Q(last=day), output_field=BooleanField()))
        .values("work_item__department", "first", "last", "decided")
        .annotate(count=Count("pk"), passed=Sum("share"))
    )
    return list(rows)


def _share_passed(field: str, hours: WorkingHours) -> ExpressionWrapper:
    """Return `WorkingHours.share_passed` of an instant as an expression."""
    # Local time, so that the remainder of a day is the time of day.
    second = Extract(field, "epoch", tzinfo=SHANGHAI) % 86400
    halves = ((hours.opens, hours.breaks), (hours.resumes, hours.closes))
    spans = [(_seconds(begin), _seconds(end)) for begin, end in halves]
    whole = sum(end - begin for begin, end in spans)
    passed = [
        Least(Greatest(second - begin, Value(0.0)), Value(end - begin), output_field=FloatField())
        for begin, end in spans
    ]
    return ExpressionWrapper((passed[0] + passed[1]) / whole, output_field=FloatField())


def _seconds(moment: time) -> float:
    return float(moment.hour * 3600 + moment.minute * 60 + moment.second)


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
    "decided": ("期内办结", True),
    "late": ("期内超时办结", True),
}


def listed(items: Items, clock: str, *, now: datetime, period: Period) -> Items:
    """Return the work items that a figure counts; `clock` is a key of CLOCKS."""
    conditions: dict[str, Q] = {
        "open": is_open(),
        "red": is_red(now),
        "yellow": is_yellow(now),
        "normal": is_normal(now),
        "paused": is_paused(),
        "applicant": waits_for_applicant(),
        "waiting": waits_for_predecessor(),
        "decided": decided_in(period),
        "late": decided_in(period) & was_late(),
    }
    # What ends first, or is over longest, comes first; what was decided last comes first.
    order = [F("decided_at").desc()] if CLOCKS[clock][1] else [F("due_at").asc(nulls_last=True)]
    return items.filter(conditions[clock]).order_by(*order, "pk")
