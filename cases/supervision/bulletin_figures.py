"""The figures of a month as a bulletin's document; what each means stands in cases.supervision.

Rounded here, once, so that whoever shows them shows the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from cases import calendar
from cases.models import Card, Level, Urging, WorkItem
from cases.models.work_item import Stage
from cases.numbering import spaced
from cases.pages.picture import short_name
from cases.supervision import figures, stages
from cases.supervision.bulletin_document import (
    CardLine,
    DepartmentLine,
    Document,
    Done,
    ItemLine,
    UrgingLine,
)
from cases.supervision.conditions import within
from cases.supervision.figures import Figures
from cases.supervision.scope import Period, Scope, month_before, month_of
from cases.working_time import Calendar, civil_day
from policies.models import OneThing
from portal.accounts.models import Department

NAMED = 3  # items named for good, and for bad
MOST_LISTED = 1000  # cards in one bulletin; more are only counted

ItemKey = tuple[int, str]


def collect(month: date, *, now: datetime) -> Document:
    """Return the document of a month as the figures stand at `now`."""
    period, working_days, offered = month_of(month), calendar.current(), _offered()
    counted = _Month(period, now, working_days)
    before = _Month(month_of(month_before(month)), now, working_days)
    cards = _cards_to_list(period)
    return Document(
        month=period.begin,
        as_of=now,
        total=counted.done(),
        previous=before.done(),
        departments=_departments(counted, before, {one.code for one in offered.values()}),
        best=_best(counted, offered),
        worst=_worst(counted, offered),
        cards=tuple(_card(card, now, working_days) for card in cards[:MOST_LISTED]),
        cards_in_all=cards.count(),
        urgings=tuple(map(_urging, _urgings(period))),
    )


class _Month:
    """What a month's figures are made of: read once, put together for all, a department, an item.

    Groups are told apart by the primary key of the department, or by one-thing and item code.
    """

    def __init__(self, period: Period, now: datetime, working_days: Calendar) -> None:
        self.period = period
        self.departments = figures.by("department", Scope(), now=now, period=period)
        self.items = {
            key: counts
            for key, counts in figures.by("item", Scope(), now=now, period=period).items()
            if isinstance(key, tuple)
        }
        self.cards = _cards(period)
        self.late = {
            stage: _late(period, stage, now, working_days)
            for stage in (Stage.INTAKE, Stage.DELIVERY)
        }

    def done(self, department: int | None = None) -> Done:
        """Return what was done by a department, or by all of them."""
        cases = figures.intake(Scope(department=department), self.period)
        every = department is None
        late = {
            stage: sum(count for pk, count in found.items() if every or pk == department)
            for stage, found in self.late.items()
        }
        return Done(
            received=cases.received,
            accepted=cases.accepted,
            late_at_window=late[Stage.INTAKE],
            late_delivery=late[Stage.DELIVERY],
            **_worked(self._counts(department)),
            **_carded(row for row in self.cards if every or row["department"] == department),
        )

    def rate(self, department: int) -> float | None:
        counts = self._counts(department)
        return rate(counts.decided, counts.late)

    def red(self, department: int) -> int:
        return _carded(row for row in self.cards if row["department"] == department)["red"]

    def item(self, key: ItemKey) -> dict[str, Any]:
        own = (row for row in self.cards if (row["one_thing"], row["item"]) == key)
        return _worked(self.items.get(key, Figures())) | _carded(own)

    def _counts(self, department: int | None) -> Figures:
        if department is None:
            return figures.total(self.departments.values())
        return self.departments.get(department, Figures())


def _worked(counts: Figures) -> dict[str, Any]:
    return {
        "decided": counts.decided,
        "late": counts.late,
        "rate": rate(counts.decided, counts.late),
        "median": counts.median_net,
        "p90": counts.p90_net,
        "average": _tenths(counts.average_net),
        "promised": _tenths(counts.average_promised),
    }


def rate(decided: int, late: int) -> float | None:
    """Return the on-time rate with three decimals; never 1 while one was late, nor 0 for a few."""
    if not decided:
        return None
    if late in {0, decided}:
        return float(not late)
    return min(max(_rounded((decided - late) / decided, 3), 0.001), 0.999)


def _tenths(days: float | None) -> float | None:
    return None if days is None else _rounded(days, 1)


def _rounded(value: float, digits: int) -> float:
    """Round half up, as people do."""
    return int(value * 10**digits + 0.5) / 10**digits


# ---- departments --------------------------------------------------------------------------------


def _departments(counted: _Month, before: _Month, owners: set[str]) -> tuple[DepartmentLine, ...]:
    """Return a line for each department that owns an item or has done anything in the month."""
    lines = []
    for department in Department.objects.all():
        done = counted.done(department.pk).model_dump()
        if department.code in owners or any(done.values()):
            lines.append(
                DepartmentLine(
                    code=department.code,
                    name=department.short_name,
                    previous_rate=before.rate(department.pk),
                    previous_red=before.red(department.pk),
                    **done,
                )
            )
    ranks = ranking(lines)
    return tuple(line.model_copy(update={"rank": ranks.get(line.code)}) for line in lines)


def ranking(lines: Iterable[DepartmentLine]) -> dict[str, int]:
    """Return the rank of each department that has decided anything, by its code.

    By on-time rate, then by red cards; equals share a rank and the next one is left out (1, 1, 3).
    """
    standards = {
        line.code: (Fraction(line.late, line.decided), line.red) for line in lines if line.decided
    }
    return {
        code: 1 + sum(1 for other in standards.values() if other < own)
        for code, own in standards.items()
    }


def _late(period: Period, stage: Stage, now: datetime, working_days: Calendar) -> dict[int, int]:
    late = stages.listed(WorkItem.objects.all(), stage, period, now=now, calendar=working_days)
    rows = late.order_by().values("department").annotate(count=Count("pk"))
    return {row["department"]: row["count"] for row in rows}


# ---- items --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Offered:
    """An item on offer, with the code and the name of its department."""

    name: str
    code: str
    department: str


def _offered() -> dict[ItemKey, _Offered]:
    names = dict(Department.objects.values_list("code", "short_name"))
    one_things = OneThing.objects.select_related("current").defer("current__document")
    return {
        (one_thing.pk, code): _Offered(
            short_name(item.name), item.department, names[item.department]
        )
        for one_thing in one_things
        if one_thing.current
        for code, item in one_thing.current.catalogue.items.items()
    }


def _best(counted: _Month, offered: Mapping[ItemKey, _Offered]) -> tuple[ItemLine, ...]:
    """Return items without lateness and red cards that took the smallest share of their promise.

    Those decided on the day they begin (即办) have no promise to compare with.
    """
    lines = {key: _item(key, counted, offered) for key in counted.items if key in offered}
    good = {
        key: counted.items[key].net / counted.items[key].promised
        for key, line in lines.items()
        if counted.items[key].promised and not (line.late or line.red)
    }
    chosen = sorted(good, key=lambda key: (good[key], -lines[key].decided, key))
    return tuple(lines[key] for key in chosen[:NAMED])


def _worst(counted: _Month, offered: Mapping[ItemKey, _Offered]) -> tuple[ItemLine, ...]:
    """Return the items with the largest share of lateness, then most red cards; none if none."""
    carded: set[ItemKey] = {(row["one_thing"], row["item"]) for row in counted.cards}
    keys = carded.union(counted.items)
    lines = {key: _item(key, counted, offered) for key in keys if key in offered}
    bad = {
        key: (Fraction(-line.late, line.decided or 1), -line.red)
        for key, line in lines.items()
        if line.late or line.red
    }
    chosen = sorted(bad, key=lambda key: (bad[key], key))
    return tuple(lines[key] for key in chosen[:NAMED])


def _item(key: ItemKey, counted: _Month, offered: Mapping[ItemKey, _Offered]) -> ItemLine:
    item = offered[key]
    return ItemLine(code=key[1], name=item.name, department=item.department, **counted.item(key))


# ---- cards and urgings --------------------------------------------------------------------------


def issued_in(period: Period) -> Q:
    """发牌: issued in the period and not revoked since."""
    return within("issued_at", period) & Q(revoked_at=None)


def _cards(period: Period) -> list[dict[str, Any]]:
    rows = Card.objects.filter(issued_in(period)).order_by()
    grouped = rows.values(
        "level",
        "stage",
        department=F("work_item__department"),
        one_thing=F("work_item__case__one_thing"),
        item=F("work_item__item_code"),
    )
    counts = {"count": Count("pk"), "unexplained": Count("pk", filter=Q(cause=""))}
    return [dict(row) for row in grouped.annotate(**counts)]


def _carded(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many cards; those of the window's lateness are not the department's."""
    found = {"yellow": 0, "red": 0, "red_at_window": 0, "unexplained": 0}
    for row in rows:
        at_window = row["stage"] == Stage.INTAKE
        if row["level"] == Level.RED:
            found["red_at_window" if at_window else "red"] += row["count"]
            found["unexplained"] += row["unexplained"]
        elif not at_window:
            found["yellow"] += row["count"]
    return found


def _cards_to_list(period: Period) -> QuerySet[Card]:
    """Return every red card, and the yellow ones that somebody has explained."""
    return (
        Card.objects.filter(issued_in(period), Q(level=Level.RED) | ~Q(cause=""))
        .select_related("work_item__case", "work_item__department")
        .defer("work_item__case__sealed", "work_item__case__answers")
        .order_by("work_item__department__position", "level", "issued_at", "pk")
    )


def _card(card: Card, now: datetime, working_days: Calendar) -> CardLine:
    work_item = card.work_item
    return CardLine(
        level=card.level,  # type: ignore[arg-type]
        number=spaced(work_item.case.number or ""),
        item=short_name(work_item.item_name),
        department=work_item.department.short_name,
        at_window=card.stage == Stage.INTAKE,
        issued_at=card.issued_at,
        due_at=card.due_at,
        standing=_standing(card, now, working_days),
        cause=card.get_cause_display() if card.cause else "",
        explanation=card.explanation,
        measure=card.measure,
    )


def _standing(card: Card, now: datetime, working_days: Calendar) -> str:
    """Return how it went on after the card, and by how much the decision was late."""
    work_item = card.work_item
    if work_item.decided_at is None and not work_item.is_open:
        return work_item.get_state_display()
    if work_item.decided_at is None or work_item.decided_at > now:
        return "尚未办结"
    day = civil_day(work_item.decided_at)
    decided = f"{day.month}月{day.day}日办结"
    if card.level != Level.RED or work_item.decided_at <= card.due_at:
        return decided
    over = working_days.between(civil_day(card.due_at), day)
    return f"{decided}，超时{f' {over} 个' if over else '不足 1 个'}工作日"


def _urgings(period: Period) -> QuerySet[Urging]:
    return (
        Urging.objects.filter(within("sent_at", period))
        .select_related("case", "work_item", "department")
        .defer("case__sealed", "case__answers")
        .order_by("sent_at", "pk")
    )


def _urging(urging: Urging) -> UrgingLine:
    return UrgingLine(
        number=spaced(urging.case.number or ""),
        item=short_name(urging.work_item.item_name) if urging.work_item else "",
        department=urging.department.short_name,
        kind=urging.get_kind_display(),
        words=urging.words,
        sent_at=urging.sent_at,
        due_at=urging.due_at,
        answer=urging.answer,
        answered_at=urging.answered_at,
    )
