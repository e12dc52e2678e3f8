"""Conditions that can never be met together: an empty range, a window that ends too early."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from policies.closures import ANSWERS, RELATIONS, day_of, part_of
from policies.day_sets import FIRST, intersection, moved
from policies.dictionary import FactDefinition
from policies.trees import (
    APPLICATION_DATE,
    OPPOSITE,
    All,
    AnyOf,
    AtLeast,
    Group,
    Leaf,
    Node,
    NoneOf,
    Offset,
    definition_of,
    joined,
    phrase,
)

# Days from which offsets are tried: before and after months and years of every length.
TRIED = tuple(
    map(
        date.fromisoformat,
        ("2000-02-29", "2001-01-31", "2001-02-28", "2001-03-15", "2001-04-30", "2003-06-15"),
    )
)

# A comparison that must hold: its path, and whether it must not.
Bound = tuple[str, Leaf, bool]


def in_order(low: Any, high: Any) -> bool:
    """Tell whether a range from one bound to another can hold anything."""
    if isinstance(low, Offset) and isinstance(high, Offset) and low.of == high.of:
        return any(
            moved(day, low.months, low.days) <= moved(day, high.months, high.days) for day in TRIED
        )
    if isinstance(low, Offset) or isinstance(high, Offset):
        return True
    return bool(low <= high)


def contradictions(node: Node, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield where comparisons that must all hold exclude each other, and why."""
    groups: dict[tuple[str, ...], list[Bound]] = defaultdict(list)
    for bound in _together(node, path, False):
        groups[_about(bound[1])].append(bound)
    for about, bounds in groups.items():
        if about and not _possible(about, bounds):
            yield _reason(about, bounds)
    yield from _within(node, path)


def _within(node: Node, path: str) -> Iterator[tuple[str, str]]:
    """Yield the contradictions of parts that need not hold together with the rest."""
    if not isinstance(node, Group):
        return
    for step, part in node.steps():
        below = joined(path, step)
        yield from (_within if isinstance(node, All) else contradictions)(part, below)


def _together(node: Node, path: str, negated: bool) -> Iterator[Bound]:
    """Yield the comparisons that must hold wherever the node does."""
    if isinstance(node, Leaf):
        yield path, node, negated
    elif isinstance(node, Group) and _needs_each(node, negated):
        negated ^= isinstance(node, NoneOf)
        for step, part in node.steps():
            yield from _together(part, joined(path, step), negated)


def _needs_each(node: Group, negated: bool) -> bool:
    if isinstance(node, AtLeast):
        return node.least == (1 if negated else len(node.parts))
    return len(node.parts) == 1 or isinstance(node, AnyOf if negated else All | NoneOf)


def _about(leaf: Leaf) -> tuple[str, ...]:
    """Return what must be the same for leaves to be compared with each other; empty for others."""
    if not any(isinstance(value, Offset) for value in leaf.values):
        return (leaf.fact,)
    bases = {value.of if isinstance(value, Offset) else "" for value in leaf.values}
    pair = bases | {leaf.fact} if leaf.fact != APPLICATION_DATE.code else bases
    pair -= {"application"}
    one_base = len(bases) == 1 and "" not in bases
    return ("window", *pair) if one_base and len(pair) == 1 else ()


def _reason(about: tuple[str, ...], bounds: Sequence[Bound]) -> tuple[str, str]:
    for index, (path, leaf, negated) in enumerate(bounds):
        if not _possible(about, [bounds[index]]):
            return path, f"“{_words(leaf, negated)}”不可能满足"
        for _, other, opposed in bounds[:index]:
            if not _possible(about, [(path, leaf, negated), ("", other, opposed)]):
                return path, f"与“{_words(other, opposed)}”不可能同时满足"
    return bounds[-1][0], "与同组的其他条件不可能同时满足"


def _words(leaf: Leaf, negated: bool) -> str:
    return f"{'不得' if negated else ''}{phrase(leaf)}"


def _possible(about: tuple[str, ...], bounds: Sequence[Bound]) -> bool:
    if about[0] == "window":
        return any(_window(about[1], day, bounds) for day in TRIED)
    values = _values_to_try(definition_of(about[0]), [leaf for _, leaf, _ in bounds])
    return any(all(_holds(bound, value) for bound in bounds) for value in values)


def _window(code: str, day: date, bounds: Sequence[Bound]) -> bool:
    start = day_of(date.fromordinal(FIRST))
    sets = (
        part_of(leaf, negated=negated).days({code: day}, start, ANSWERS)
        for _, leaf, negated in bounds
    )
    return bool(intersection(sets))


def _holds(bound: Bound, value: Any) -> bool:
    _, leaf, negated = bound
    return RELATIONS[OPPOSITE[leaf.op] if negated else leaf.op](leaf.value, value)


def _values_to_try(definition: FactDefinition, leaves: Sequence[Leaf]) -> set[Any]:
    """Return values of which one meets the leaves if any value does."""
    named: set[Any] = {value for leaf in leaves for value in leaf.values}
    match definition.kind:
        case "bool":
            return {True, False}
        case "enum":
            return {option.value for option in definition.options}
        case "division":
            return {*named, ""}
        case "int":
            return {value + step for value in named for step in (-1, 0, 1) if value + step >= 0}
        case "date":
            return named | {
                date.fromordinal(ordinal)
                for value in named
                for ordinal in (value.toordinal() - 1, value.toordinal() + 1)
                if FIRST <= ordinal <= date.max.toordinal()
            }
        case _:
            return _numbers_to_try(sorted({Decimal(0), *named}))


def _numbers_to_try(named: list[Decimal]) -> set[Any]:
    between = {(low + high) / 2 for low, high in pairwise(named)}
    return {*named, *between, named[-1] + 1}
