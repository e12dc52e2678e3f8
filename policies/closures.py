"""Conditions as plain Python closures over facts and a day; policies.eligibility puts them to use.

Each part of a tree has two functions. `rank` says at once how it stands on the day asked about,
leaf by leaf; `days` says on which days it is true, and so knows of windows that close before others
open. A negation is pushed down to the leaves first.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from policies.day_sets import (
    EVERY,
    FIRST,
    LAST,
    NEVER,
    Days,
    covered,
    full_months,
    intersection,
    month_length,
    moved,
    outside,
    span,
)
from policies.dictionary import LARGEST, FactDefinition, Step
from policies.trees import (
    APPLICATION_DATE,
    OPPOSITE,
    All,
    AtLeast,
    Group,
    Leaf,
    Node,
    NoneOf,
    Offset,
)

# How a part stands, the better the greater: all is the least of its parts, any the greatest.
NOT, UNKNOWN, NOT_YET, ELIGIBLE = range(4)
# What may be counted on for later days: time alone, an event too, an answer to what is unknown too.
TIME, EVENTS, ANSWERS = range(3)

# Values by fact code; a missing code or None is unknown.
Facts = Mapping[str, Any]
Rank = Callable[[Facts, "Day"], int]
DaysOf = Callable[[Facts, "Day", int], Days]


class Count(NamedTuple):
    """A count known as of a day, from which it grows; without the day it has stopped growing."""

    value: int
    as_of: date | None


@dataclass(frozen=True, slots=True)
class Day:
    """The day asked about, taken apart once."""

    date: date
    ordinal: int
    months: int
    of_month: int
    ends_month: bool
    later: Days
    onwards: Days


@lru_cache(maxsize=4096)
def day_of(on: date) -> Day:
    ordinal = on.toordinal()
    return Day(
        date=on,
        ordinal=ordinal,
        months=on.year * 12 + on.month,
        of_month=on.day,
        ends_month=on.day == month_length(on.year, on.month),
        later=span(ordinal + 1, LAST),
        onwards=span(ordinal, LAST),
    )


def grown(count: Count, step: Step | None, on: date) -> int:
    """Return what a count has come to by a day: one more for each full month or year."""
    if count.as_of is None or step is None:
        return count.value
    months = full_months(count.as_of, on)
    return count.value + (months // 12 if step == "year" else months)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A condition made ready: true where `least` of its parts are; a comparison has none.

    `leaf` is the comparison as written that it stands for, `op` its operator or the opposite.
    """

    rank: Rank
    days: DaysOf
    parts: tuple["Part", ...] = ()
    least: int = 0
    path: str = ""
    leaf: Leaf | None = None
    op: str = ""


# ---- groups -------------------------------------------------------------------------------------


def part_of(node: Node, path: str = "", *, negated: bool = False) -> Part:
    """Return a condition, or its negation, as closures."""
    if isinstance(node, Leaf):
        return _leaf(node, path, OPPOSITE[node.op] if negated else node.op)
    assert isinstance(node, Group)  # noqa: S101
    negated ^= isinstance(node, NoneOf)
    prefix = f"{path}." if path else ""
    parts = [part_of(part, prefix + step, negated=negated) for step, part in node.steps()]
    return enough(parts, _least(node, len(parts), negated))


def _least(node: Group, count: int, negated: bool) -> int:
    """Return how many parts must hold: of n parts, not m means that n - m + 1 do not."""
    if isinstance(node, NoneOf):
        return count if negated else 1
    if isinstance(node, AtLeast):
        least = node.least
    else:
        least = count if isinstance(node, All) else 1
    return count - least + 1 if negated else least


def enough(parts: Sequence[Part], least: int) -> Part:
    """Return the part that is true where at least so many of the parts are."""
    every = tuple(parts)
    if len(every) == 1 == least:
        return every[0]
    if least == len(every):
        rank = _worst([part.rank for part in every])
    elif least == 1:
        rank = _best([part.rank for part in every])
    else:
        rank = _nth([part.rank for part in every], least)
    return Part(rank, _days_of(every, least), every, least)


def _worst(ranks: list[Rank]) -> Rank:
    def rank(facts: Facts, day: Day) -> int:
        worst = ELIGIBLE
        for one in ranks:
            found = one(facts, day)
            if found < worst:
                if found == NOT:
                    return NOT
                worst = found
        return worst

    return rank


def _best(ranks: list[Rank]) -> Rank:
    def rank(facts: Facts, day: Day) -> int:
        best = NOT
        for one in ranks:
            found = one(facts, day)
            if found > best:
                if found == ELIGIBLE:
                    return ELIGIBLE
                best = found
        return best

    return rank


def _nth(ranks: list[Rank], least: int) -> Rank:
    def rank(facts: Facts, day: Day) -> int:
        return sorted(one(facts, day) for one in ranks)[-least]

    return rank


def _days_of(parts: tuple[Part, ...], least: int) -> DaysOf:
    own = [part.days for part in parts]

    def all_days(facts: Facts, day: Day, counting: int) -> Days:
        return intersection(days(facts, day, counting) for days in own)

    def enough_days(facts: Facts, day: Day, counting: int) -> Days:
        return covered([days(facts, day, counting) for days in own], least)

    return all_days if least == len(own) else enough_days


# ---- comparisons --------------------------------------------------------------------------------


def _leaf(leaf: Leaf, path: str, op: str) -> Part:
    definition = leaf.definition
    if definition.moves:
        part = _moving(leaf, op)
    elif definition is APPLICATION_DATE or any(isinstance(v, Offset) for v in leaf.values):
        part = _windows(leaf, op)
    else:
        part = _fixed(leaf, op)
    return Part(part.rank, part.days, part.parts, part.least, path, leaf, op)


def _missed(leaf: Leaf) -> int:
    return NOT_YET if leaf.matures else NOT


def _possible(true_on: Callable[[Facts], Days | None], matures: bool) -> DaysOf:
    """Return the days of a comparison; an event may bring what time alone never will."""

    def days(facts: Facts, day: Day, counting: int) -> Days:
        found = true_on(facts)
        if found is None:
            return day.onwards if counting == ANSWERS else NEVER
        if matures and counting != TIME and not (found and found[-1][1] >= day.ordinal):
            return day.later
        return found

    return days


# A relation takes first what is wanted, then what is.
RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.gt,
    "<=": operator.ge,
    ">": operator.lt,
    ">=": operator.le,
    "in": operator.contains,
    "not in": lambda wanted, actual: actual not in wanted,
    "between": lambda wanted, actual: wanted[0] <= actual <= wanted[1],
    "not between": lambda wanted, actual: not wanted[0] <= actual <= wanted[1],
}


def _fixed(leaf: Leaf, op: str) -> Part:
    """Return a comparison that time does not change."""
    code, wanted, relation, missed = leaf.fact, leaf.value, RELATIONS[op], _missed(leaf)

    def rank(facts: Facts, day: Day) -> int:
        actual = facts.get(code)
        if actual is None:
            return UNKNOWN
        return ELIGIBLE if relation(wanted, actual) else missed

    def true_on(facts: Facts) -> Days | None:
        actual = facts.get(code)
        if actual is None:
            return None
        return EVERY if relation(wanted, actual) else NEVER

    return Part(rank, _possible(true_on, leaf.matures))


# ---- comparisons of what grows ------------------------------------------------------------------


def base_of(definition: FactDefinition) -> str:
    """Return the date fact that a derived fact follows from, the fact itself for others."""
    return definition.since.fact if definition.since else definition.code


def count_in(facts: Facts, code: str, base: str) -> tuple[int, date | None] | None:
    """Return a growing fact as a count; a derived one follows from its date if it is not given."""
    known = facts.get(code)
    if known is None:
        since = facts.get(base)
        return None if since is None else (0, since)
    return known if isinstance(known, Count) else (known, None)


def _moving(leaf: Leaf, op: str) -> Part:
    """Return a comparison of a count that rises as time passes."""
    code, base, missed = leaf.fact, base_of(leaf.definition), _missed(leaf)
    ranges = values_for(op, leaf.values)
    per = 12 if leaf.definition.moves == "year" else 1

    def rank(facts: Facts, day: Day) -> int:
        count = count_in(facts, code, base)
        if count is None:
            return UNKNOWN
        value, as_of = count
        if as_of is not None:
            value += _months(as_of, day) // per
        for low, high in ranges:
            if value <= high:
                if value >= low:
                    return ELIGIBLE
                return missed if as_of is None else NOT_YET
        return missed

    return Part(rank, _possible(_counted_days(code, base, ranges, per), leaf.matures))


def _counted_days(code: str, base: str, ranges: Days, per: int) -> Callable[[Facts], Days | None]:
    def true_on(facts: Facts) -> Days | None:
        count = count_in(facts, code, base)
        if count is None:
            return None
        found = []
        for low, high in ranges:
            begin, end = _reached(*count, low, per), _reached(*count, high + 1, per) - 1
            if begin <= end:
                found.append((begin, end))
        return tuple(found)

    return true_on


def _months(since: date, day: Day) -> int:
    """Return the same as full_months, for a day already taken apart."""
    months = day.months - since.year * 12 - since.month
    if day.of_month < since.day and not day.ends_month:
        months -= 1
    return months if months > 0 else 0


def values_for(op: str, values: Sequence[Any]) -> Days:
    """Return the whole numbers from 0 for which a comparison holds, as ranges."""
    low, high = min(values), max(values)
    if op in {"==", "in"}:
        return covered([((value, value),) for value in values])
    if op in {"!=", "not in"}:
        return outside(covered([((value, value),) for value in values]), 0, MOST)
    ranges = {
        ">=": (low, MOST),
        ">": (low + 1, MOST),
        "<=": (0, high),
        "<": (0, high - 1),
        "between": (low, high),
        "not between": (low, high),
    }
    found = span(*ranges[op], 0, MOST)
    return outside(found, 0, MOST) if op == "not between" else found


# More than any count comes to within the calendar.
MOST = 2 * LARGEST


def _reached(known: int, as_of: date | None, value: int, per: int) -> int:
    """Return the ordinal of the first day on which a count has come to a value."""
    if value <= known:
        return FIRST
    if as_of is None or value > MOST:
        return LAST + 1
    return moved(as_of, (value - known) * per)


# ---- comparisons with the day of application ----------------------------------------------------


def _windows(leaf: Leaf, op: str) -> Part:
    """Return a comparison with days that move; several bounds are one window each."""
    values = leaf.values
    if op in {"in", "not in"}:
        parts = [_window(leaf, "==" if op == "in" else "!=", value) for value in values]
    elif op in {"between", "not between"}:
        ends = (">=", "<=") if op == "between" else ("<", ">")
        parts = [_window(leaf, end, value) for end, value in zip(ends, values, strict=True)]
    else:
        parts = [_window(leaf, op, values[0])]
    return enough(parts, len(parts) if op in {"between", "not in"} else 1)


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _window(leaf: Leaf, op: str, bound: date | Offset) -> Part:
    true_on, missed = _window_days(leaf.fact, op, bound), _missed(leaf)

    def rank(facts: Facts, day: Day) -> int:
        days = true_on(facts)
        if days is None:
            return UNKNOWN
        for begin, end in days:
            if day.ordinal <= end:
                return ELIGIBLE if begin <= day.ordinal else NOT_YET
        return missed

    return Part(rank, _possible(true_on, leaf.matures))


def _window_days(code: str, op: str, bound: date | Offset) -> Callable[[Facts], Days | None]:
    """Return on which days of application a date compares so with a bound."""
    if code == APPLICATION_DATE.code:
        if isinstance(bound, Offset):
            return lambda facts: _compared(op, _moved(facts.get(bound.of), bound))
        ordinal = bound.toordinal()
        return lambda facts: _compared(op, ordinal)
    if isinstance(bound, Offset) and bound.is_of_application:
        # Counted from the fact's own day, so that both ends of a window are exact.
        back = Offset(of=bound.of, months=-bound.months, days=-bound.days)
        mirrored = _MIRRORED.get(op, op)
        return lambda facts: _compared(mirrored, _moved(facts.get(code), back))
    return _two_facts(code, op, bound)


def _two_facts(code: str, op: str, bound: date | Offset) -> Callable[[Facts], Days | None]:
    relation = RELATIONS[op]

    def true_on(facts: Facts) -> Days | None:
        actual = facts.get(code)
        wanted = (
            _moved(facts.get(bound.of), bound) if isinstance(bound, Offset) else bound.toordinal()
        )
        if actual is None or wanted is None:
            return None
        return EVERY if relation(wanted, actual.toordinal()) else NEVER

    return true_on


def _moved(day: date | None, offset: Offset) -> int | None:
    return None if day is None else moved(day, offset.months, offset.days)


def _compared(op: str, ordinal: int | None) -> Days | None:
    """Return the days that compare so with a day."""
    if ordinal is None:
        return None
    match op:
        case "<":
            return span(FIRST, ordinal - 1)
        case "<=":
            return span(FIRST, ordinal)
        case ">":
            return span(ordinal + 1, LAST)
        case ">=":
            return span(ordinal, LAST)
        case "==":
            return span(ordinal, ordinal)
        case _:
            return outside(span(ordinal, ordinal))


# ---- versions -----------------------------------------------------------------------------------


def in_turn(terms: Sequence[tuple[date | None, date | None, DaysOf]]) -> DaysOf:
    """Return the days of several conditions, each in its own term with both ends included."""
    spans = [
        (span(begins.toordinal() if begins else FIRST, ends.toordinal() if ends else LAST), days)
        for begins, ends, days in terms
    ]

    def days(facts: Facts, day: Day, counting: int) -> Days:
        return covered(intersection((term, own(facts, day, counting))) for term, own in spans)

    return days
