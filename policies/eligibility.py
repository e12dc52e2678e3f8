"""Whether one subject may have what conditions ask for, why not yet, and from which day (资格判定).

`decide` is fast and says the outcome alone; `explain` says it with every comparison. Nothing here
knows of databases or policies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from policies import closures
from policies.closures import (
    ANSWERS,
    EVENTS,
    TIME,
    Count,
    Day,
    DaysOf,
    Facts,
    Part,
    base_of,
    count_in,
    day_of,
    enough,
    grown,
    part_of,
)
from policies.conditions import Problem
from policies.day_sets import as_day, first_after, run_end
from policies.dictionary import FactDefinition, dictionary
from policies.guards import as_date
from policies.trees import (
    APPLICATION_DATE,
    Leaf,
    Node,
    definition_of,
    need_words,
    phrase,
    value_json,
)

__all__ = [
    "EVERYONE", "NO_ONE", "Count", "Decision", "Explanation", "FactError", "Facts", "Finding",
    "Outcome", "Rule", "decide", "explain", "facts_from", "grown", "holds", "in_turn", "rule_of",
    "value_on",
]  # fmt: skip


class Outcome(StrEnum):
    ELIGIBLE = "eligible"
    NOT_YET = "not_yet"
    NOT = "not"
    UNKNOWN = "unknown"


class Decision(NamedTuple):
    """An outcome; with `not_yet` the first day on which it is eligible, if only time is missing."""

    outcome: Outcome
    from_day: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """Conditions made ready to judge many subjects; `days` may reach into later versions."""

    root: Part
    leaves: tuple[Part, ...]
    days: DaysOf


class Finding(NamedTuple):
    """How one comparison stands: needed and actual value in Chinese and as JSON.

    `met` is none where the fact is unknown. `from_day` is the first later day on which time alone
    makes it true. Under `none`, `op` and `need` are the opposite of what is written.
    """

    path: str
    fact: str
    name: str
    op: str
    need: str
    actual: str
    need_value: Any
    actual_value: Any
    met: bool | None
    from_day: date | None
    matures: bool
    label: str


class Explanation(NamedTuple):
    """An outcome with its reasons.

    `closes_on` is the last day on which it is, or still could become, eligible; none where there is
    no such end. `missing` are the stated facts that are unknown and would matter.
    """

    outcome: Outcome
    from_day: date | None
    closes_on: date | None
    leaves: tuple[Finding, ...]
    missing: tuple[str, ...]


_ELIGIBLE = Decision(Outcome.ELIGIBLE)
_NOT = Decision(Outcome.NOT)
_UNKNOWN = Decision(Outcome.UNKNOWN)
_ON_AN_EVENT = Decision(Outcome.NOT_YET)


@lru_cache(maxsize=2048)
def rule_of(node: Node) -> Rule:
    """Return the conditions as a rule; equal conditions share one."""
    return _rule(part_of(node))


def _rule(root: Part) -> Rule:
    return Rule(root, tuple(_leaves(root)), root.days)


def _leaves(part: Part) -> Iterator[Part]:
    if part.leaf is not None:
        yield part
        return
    for one in part.parts:
        yield from _leaves(one)


# Of a policy open to all, and of one that was abolished.
EVERYONE = _rule(enough([], 0))
NO_ONE = _rule(enough([], 1))


@lru_cache(maxsize=2048)
def in_turn(now: Rule, terms: tuple[tuple[date | None, date | None, Rule], ...]) -> Rule:
    """Return a rule whose days to come are those of several rules, each in its own term."""
    days = closures.in_turn([(begins, ends, rule.days) for begins, ends, rule in terms])
    return Rule(now.root, now.leaves, days)


# ---- deciding -----------------------------------------------------------------------------------


def decide(rule: Rule, facts: Facts, on: date) -> Decision:
    """Return how a subject with these facts stands on a day."""
    day = day_of(on)
    rank = rule.root.rank(facts, day)
    if rank == closures.ELIGIBLE:
        return _ELIGIBLE
    if rank == closures.NOT:
        return _NOT
    return _worked_out(rule, facts, day, rank)


def _worked_out(rule: Rule, facts: Facts, day: Day, rank: int) -> Decision:
    """Return what the days say where leaf by leaf it is not yet, or not known."""
    if rank == closures.NOT_YET:
        first = first_after(rule.days(facts, day, TIME), day.ordinal)
        if first is not None:
            return Decision(Outcome.NOT_YET, date.fromordinal(first))
        if first_after(rule.days(facts, day, EVENTS), day.ordinal) is not None:
            return _ON_AN_EVENT
    days = rule.days(facts, day, ANSWERS)
    return _UNKNOWN if days and days[-1][1] >= day.ordinal else _NOT


def holds(rule: Rule, facts: Facts, on: date) -> bool | None:
    """Tell whether a subject is eligible on a day; none where an unknown fact decides."""
    return _holds(rule.root, facts, day_of(on))


def _holds(part: Part, facts: Facts, day: Day) -> bool | None:
    rank = part.rank(facts, day)
    if rank == closures.ELIGIBLE:
        return True
    if rank == closures.NOT or not part.parts:
        return None if rank == closures.UNKNOWN else False
    found = [_holds(one, facts, day) for one in part.parts]
    if found.count(True) >= part.least:
        return True
    return None if len(found) - found.count(False) >= part.least else False


# ---- explaining ---------------------------------------------------------------------------------


def explain(rule: Rule, facts: Facts, on: date) -> Explanation:
    """Return how a subject stands on a day, with every comparison and what would change it."""
    day = day_of(on)
    outcome, from_day = decide(rule, facts, on)
    missing = () if outcome == Outcome.NOT else _missing(rule.root, facts, day)
    return Explanation(
        outcome=outcome,
        from_day=from_day,
        closes_on=_closes_on(rule, facts, day, outcome),
        leaves=tuple(_finding(part, facts, day) for part in rule.leaves),
        missing=tuple(dict.fromkeys(missing)),
    )


def _closes_on(rule: Rule, facts: Facts, day: Day, outcome: Outcome) -> date | None:
    if outcome == Outcome.NOT:
        return None
    if outcome == Outcome.ELIGIBLE:
        end = run_end(rule.days(facts, day, TIME), day.ordinal)
    else:
        days = rule.days(facts, day, EVENTS if outcome == Outcome.NOT_YET else ANSWERS)
        end = days[-1][1]
    return None if end is None else as_day(end)


def _missing(part: Part, facts: Facts, day: Day) -> Iterator[str]:
    """Yield the stated facts that are unknown where an answer could still change something."""
    rank = part.rank(facts, day)
    if rank in {closures.NOT, closures.ELIGIBLE}:
        return
    if part.leaf is None:
        for one in part.parts:
            yield from _missing(one, facts, day)
    elif rank == closures.UNKNOWN:
        for code in part.leaf.codes():
            since = dictionary()[code].since
            if facts.get(code) is None and (since is None or facts.get(since.fact) is None):
                yield since.fact if since else code


def _finding(part: Part, facts: Facts, day: Day) -> Finding:
    leaf = part.leaf
    assert leaf is not None  # noqa: S101
    definition = leaf.definition
    rank = part.rank(facts, day)
    actual = _actual(definition, facts, day.date)
    first = None
    if rank == closures.NOT_YET:
        first = first_after(part.days(facts, day, TIME), day.ordinal)
    need, label = _words(leaf, part.op)
    return Finding(
        path=part.path,
        fact=leaf.fact,
        name=definition.name,
        op=part.op,
        need=need,
        actual=definition.label_of(actual),
        need_value=value_json(leaf.value),
        actual_value=value_json(actual),
        met=_holds(part, facts, day),
        from_day=None if first is None else date.fromordinal(first),
        matures=leaf.matures,
        label=label,
    )


@lru_cache(maxsize=4096)
def _words(leaf: Leaf, op: str) -> tuple[str, str]:
    """Return the needed value and the label of a comparison or of its opposite."""
    label = leaf.label or phrase(leaf)
    return need_words(leaf, op), label if op == leaf.op else f"不属于：{label}"


def value_on(code: str, facts: Facts, on: date) -> Any:
    """Return a fact's value on a day, grown or derived by then; none where it is unknown."""
    return _actual(definition_of(code), facts, on)


def _actual(definition: FactDefinition, facts: Facts, on: date) -> Any:
    if definition is APPLICATION_DATE:
        return on
    if not definition.moves:
        return facts.get(definition.code)
    count = count_in(facts, definition.code, base_of(definition))
    return None if count is None else grown(Count(*count), definition.moves, on)


# ---- facts as JSON ------------------------------------------------------------------------------


class FactError(ValueError):
    """Facts that are not what the dictionary says; `problems` has them all, by code."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def facts_from(raw: Any, on: date) -> Facts:
    """Return facts given as `{code: value}` or `{code: {value, as_of}}`; raise FactError.

    A count grows from `as_of`, from the day asked about without it, and not at all if it is null.
    """
    if not isinstance(raw, Mapping):
        raise FactError((Problem("", "事实应为键值表 {代码: 值}"),))
    facts, problems = {}, []
    for code, given in raw.items():
        try:
            facts[str(code)] = _fact_from(str(code), given, on)
        except ValueError as error:
            problems.append(Problem(str(code), str(error)))
    if problems:
        raise FactError(tuple(problems))
    return facts


def _fact_from(code: str, given: Any, on: date) -> Any:
    definition = dictionary().get(code)
    if definition is None:
        raise ValueError("事实字典中没有这一事实")
    value: Any = given
    as_of: date | None = on
    if isinstance(given, Mapping):
        if "value" not in given or not set(given) <= {"value", "as_of"}:
            raise ValueError("应写成 {value, as_of}")
        value, as_of = given["value"], _as_of(given, on)
    if value is None:
        return None
    if isinstance(value, datetime):
        raise ValueError(f"“{definition.name}”应为 2020-06-01 形式的日期")
    value = definition.parse(value)
    return Count(value, as_of) if definition.moves else value


def _as_of(given: Mapping[str, Any], on: date) -> date | None:
    raw = given.get("as_of", on)
    day = None if isinstance(raw, datetime) else as_date(raw)
    if day is None and raw is not None:
        raise ValueError("as_of 应为 2020-06-01 形式的日期")
    return day
