"""What must be true of any tree and any facts; the reference is a second, naive reading of both."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policies.conditions import All, AnyOf, AtLeast, Leaf, Node, NoneOf, Offset, parse, to_json
from policies.dictionary import dictionary
from policies.eligibility import Count, Outcome, decide, explain, holds, rule_of
from tests.policies.trees import ON, facts, nodes

thorough = settings(max_examples=150, suppress_health_check=list(HealthCheck))
# Beyond all days that the random facts and trees reach from.
HORIZON = 2000

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda is_, wanted: is_ == wanted,
    "!=": lambda is_, wanted: is_ != wanted,
    "<": lambda is_, wanted: is_ < wanted,
    "<=": lambda is_, wanted: is_ <= wanted,
    ">": lambda is_, wanted: is_ > wanted,
    ">=": lambda is_, wanted: is_ >= wanted,
}


# ---- the naive reading ----


def plus(day: date, months: int) -> date:
    """Return a day some months on, the last of the month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    for of_month in range(day.day, 0, -1):
        try:
            return date(index // 12, index % 12 + 1, of_month)
        except ValueError:
            continue
    raise AssertionError


def months_between(since: date, by: date) -> int:
    months = 0
    while plus(since, months + 1) <= by:
        months += 1
    return months


def known(code: str, given_facts: Any, on: date) -> Any:
    if code == "application_date":
        return on
    definition = dictionary()[code]
    value = given_facts.get(code)
    if value is None and definition.since and given_facts.get(definition.since.fact):
        value = Count(0, given_facts[definition.since.fact])
    if isinstance(value, Count):
        months = months_between(value.as_of, on) if value.as_of else 0
        return value.value + (months // 12 if definition.moves == "year" else months)
    return value


def compared(leaf: Leaf, op: str, bound: Any, given_facts: Any, on: date) -> bool | None:
    actual = known(leaf.fact, given_facts, on)
    if isinstance(bound, Offset):
        if bound.is_of_application:
            if actual is None:
                return None
            moved = plus(actual, -bound.months) - timedelta(days=bound.days)
            return COMPARE[op](moved, on)
        base = given_facts.get(bound.of)
        bound = base and plus(base, bound.months) + timedelta(days=bound.days)
    return None if actual is None or bound is None else COMPARE[op](actual, bound)


def kleene(found: list[bool | None], least: int) -> bool | None:
    if found.count(True) >= least:
        return True
    return None if found.count(True) + found.count(None) >= least else False


def naive(node: Node, given_facts: Any, on: date) -> bool | None:
    """Read a tree as it is written, without pushing negations or counting days."""
    if isinstance(node, Leaf):
        ops = {"in": ["=="] * len(node.values), "between": [">=", "<="]}.get(node.op, [node.op])
        found = [
            compared(node, op, bound, given_facts, on)
            for op, bound in zip(ops, node.values, strict=True)
        ]
        return kleene(found, 1 if node.op == "in" else len(found))
    found = [naive(part, given_facts, on) for part in node.parts]
    if isinstance(node, NoneOf):
        any_ = kleene(found, 1)
        return None if any_ is None else not any_
    least = {All: len(found), AnyOf: 1}.get(type(node), getattr(node, "least", 0))
    return kleene(found, least)


# ---- properties ----


@thorough
@given(nodes, facts, st.integers(-60, 60))
def test_holds_is_what_the_tree_says_when_read_naively(
    node: Node, given_facts: Any, shift: int
) -> None:
    on = ON + timedelta(days=shift)

    assert holds(rule_of(node), given_facts, on) is naive(node, given_facts, on)


@thorough
@given(nodes, facts)
def test_it_is_eligible_exactly_where_it_holds(node: Node, given_facts: Any) -> None:
    rule = rule_of(node)

    is_eligible = decide(rule, given_facts, ON).outcome == Outcome.ELIGIBLE

    assert is_eligible == (holds(rule, given_facts, ON) is True)


@settings(thorough, max_examples=600)
@given(nodes, facts)
def test_not_yet_from_a_day_is_false_the_day_before_and_true_on_it(
    node: Node, given_facts: Any
) -> None:
    rule = rule_of(node)
    outcome, from_day = decide(rule, given_facts, ON)

    if from_day is None:
        return
    assert outcome == Outcome.NOT_YET
    assert holds(rule, given_facts, from_day - timedelta(days=1)) is not True
    assert decide(rule, given_facts, from_day).outcome == Outcome.ELIGIBLE


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(nodes, facts)
def test_a_walk_from_day_to_day_finds_the_same_first_and_last_day(
    node: Node, given_facts: Any
) -> None:
    rule = rule_of(node)
    found = explain(rule, given_facts, ON)
    walked = [
        holds(rule, given_facts, ON + timedelta(days=ahead)) is True for ahead in range(HORIZON)
    ]

    if found.outcome == Outcome.ELIGIBLE:
        ends = next((i for i, (a, b) in enumerate(pairwise(walked)) if a and not b), None)
        expected = None if ends is None else ON + timedelta(days=ends)
        assert found.closes_on == expected
    elif found.from_day is not None:
        assert walked.index(True) == (found.from_day - ON).days
    elif found.outcome in {Outcome.NOT, Outcome.NOT_YET}:
        assert not any(walked)
    if found.outcome == Outcome.NOT_YET and found.closes_on is not None:
        assert not any(walked[(found.closes_on - ON).days + 1 :])


@thorough
@given(nodes, facts)
def test_explaining_comes_to_the_same_outcome(node: Node, given_facts: Any) -> None:
    rule = rule_of(node)

    found = explain(rule, given_facts, ON)

    assert (found.outcome, found.from_day) == decide(rule, given_facts, ON)
    assert [leaf.path for leaf in found.leaves] == [path for path, _ in node.leaves()]
    assert found.outcome != Outcome.UNKNOWN or found.missing


@thorough
@given(nodes, facts)
def test_a_tree_survives_json(node: Node, given_facts: Any) -> None:
    again = parse(to_json(node))

    assert again == node
    assert decide(rule_of(again), given_facts, ON) == decide(rule_of(node), given_facts, ON)


@thorough
@given(nodes, facts, st.data())
def test_what_is_not_stays_so_whatever_the_unknown_facts_turn_out_to_be(
    node: Node, given_facts: Any, data: st.DataObject
) -> None:
    rule = rule_of(node)
    assume(decide(rule, given_facts, ON).outcome in {Outcome.NOT, Outcome.ELIGIBLE})
    learned = {**data.draw(facts), **given_facts}
    # A derived fact is known through its date, and may not be stated anew against it.
    for code in ("age", "months_since_grad"):
        if code not in given_facts and dictionary()[code].since.fact in given_facts:
            learned.pop(code, None)

    assert decide(rule, learned, ON).outcome == decide(rule, given_facts, ON).outcome


# ---- the outcome, by a walk over all days to come ----


def days_of(node: Node, given_facts: Any, counting: str, negated: bool = False) -> set[int]:
    """Return how many days ahead a tree is true, counting on events or answers as well."""
    if isinstance(node, Leaf):
        return leaf_days(node, given_facts, counting, negated)
    negated ^= isinstance(node, NoneOf)
    parts = [days_of(part, given_facts, counting, negated) for part in node.parts]
    least = {All: len(parts), AnyOf: 1, NoneOf: 1}.get(type(node), getattr(node, "least", 0))
    if negated:
        least = len(parts) - least + 1
    return {ahead for ahead in range(HORIZON) if sum(ahead in part for part in parts) >= least}


def leaf_days(leaf: Leaf, given_facts: Any, counting: str, negated: bool) -> set[int]:
    """Return when a comparison is true; its several windows wait for events each by itself."""
    ops = {"in": ["=="] * len(leaf.values), "between": [">=", "<="]}.get(leaf.op, [leaf.op])
    has_windows = any(isinstance(value, Offset) for value in leaf.values)
    if len(ops) == 1 or not (has_windows or leaf.fact == "application_date"):
        return single_days(leaf, given_facts, counting, negated)
    single = [
        leaf.model_copy(update={"op": op, "value": value})
        for op, value in zip(ops, leaf.values, strict=True)
    ]
    parts = [single_days(one, given_facts, counting, negated) for one in single]
    needs_each = (leaf.op == "between") != negated
    return set.intersection(*parts) if needs_each else set.union(*parts)


def single_days(leaf: Leaf, given_facts: Any, counting: str, negated: bool) -> set[int]:
    rule = rule_of(NoneOf(parts=(leaf,)) if negated else leaf)
    stands = [holds(rule, given_facts, ON + timedelta(days=d)) for d in range(HORIZON)]
    if stands[0] is None:
        return set(range(HORIZON)) if counting == "answers" else set()
    found = {ahead for ahead, is_true in enumerate(stands) if is_true}
    if leaf.matures and counting != "time" and not found:
        return set(range(1, HORIZON))
    return found


@settings(thorough, max_examples=200)
@given(nodes, facts)
def test_the_outcome_is_what_a_walk_over_all_days_to_come_allows(
    node: Node, given_facts: Any
) -> None:
    if 0 in days_of(node, given_facts, "time"):
        expected = Outcome.ELIGIBLE
    elif days_of(node, given_facts, "events"):
        expected = Outcome.NOT_YET
    elif days_of(node, given_facts, "answers"):
        expected = Outcome.UNKNOWN
    else:
        expected = Outcome.NOT

    assert decide(rule_of(node), given_facts, ON).outcome == expected


# ---- the order of outcomes, where no window closes ----

ORDER = (Outcome.NOT, Outcome.UNKNOWN, Outcome.NOT_YET, Outcome.ELIGIBLE)
# One comparison for each outcome, none of which ever ends.
OPEN = {
    Outcome.NOT: {"fact": "edu", "op": "==", "value": "11"},
    Outcome.UNKNOWN: {"fact": "title_level", "op": "==", "value": "中级"},
    Outcome.NOT_YET: {"fact": "ss_months_cont", "op": ">=", "value": 6},
    Outcome.ELIGIBLE: {"fact": "house_family", "op": "==", "value": 0},
}
STANDING = {"edu": "21", "ss_months_cont": Count(1, ON), "house_family": 0}


@given(st.lists(st.sampled_from(ORDER), min_size=1, max_size=5), st.data())
def test_where_no_window_closes_outcomes_are_ordered_as_settled(
    outcomes: list[Outcome], data: st.DataObject
) -> None:
    parts = [OPEN[outcome] for outcome in outcomes]
    least = data.draw(st.integers(1, len(parts)))
    ranked = sorted(ORDER.index(outcome) for outcome in outcomes)

    def came_to(tree: dict[str, Any]) -> int:
        return ORDER.index(decide(rule_of(parse(tree)), STANDING, ON).outcome)

    assert came_to({"all": parts}) == ranked[0]
    assert came_to({"any": parts}) == ranked[-1]
    assert came_to({"at_least": least, "of": parts}) == ranked[-least]


def test_at_least_one_and_at_least_all_are_any_and_all() -> None:
    parts = list(OPEN.values())
    assert isinstance(parse({"at_least": 1, "of": parts}), AtLeast)

    some, every = ({"at_least": least, "of": parts} for least in (1, len(parts)))

    assert decide(rule_of(parse(some)), STANDING, ON).outcome == Outcome.ELIGIBLE
    assert decide(rule_of(parse(every)), STANDING, ON).outcome == Outcome.NOT
