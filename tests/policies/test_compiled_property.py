"""SQL over the wide row says of everyone what the evaluator says of one subject."""

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies import compiled
from policies.conditions import Node, to_json
from policies.dictionary import dictionary
from policies.eligibility import Facts, Outcome, holds, rule_of
from policies.judging import outcome
from policies.policy_schema import PolicyDocument
from policies.shelf import PublishedPolicy, PublishedVersion
from tests.policies import trees
from tests.policies.wide_rows import (
    DATES,
    DISTRICTS,
    OPEN_FACTS,
    SEALED_FACTS,
    a_day,
    a_tree,
    an_application,
    judged,
    some_facts,
)

pytestmark = pytest.mark.django_db
seeds = st.integers(0, 2**32)
in_one_database = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def differences(nodes: list[Node], known: list[Facts], on: date) -> list[Any]:
    """Return where SQL and the evaluator disagree: tree, facts, and both answers."""
    rows = judged([compiled.where(node, on) for node in nodes], known)
    return [
        (to_json(node), facts, on, {"sql": said, "python": holds(rule_of(node), facts, on)})
        for facts, row in zip(known, rows, strict=True)
        for node, said in zip(nodes, row, strict=True)
        if said is not holds(rule_of(node), facts, on)
    ]


# A few at a time, so that what fails is made small and readable.
@settings(in_one_database, max_examples=150)
@given(
    nodes=st.lists(trees.nodes, min_size=1, max_size=3),
    known=st.lists(trees.facts, min_size=1, max_size=6),
    on=trees.days,
)
def test_the_same_is_said_of_small_trees(nodes: list[Any], known: list[Facts], on: date) -> None:
    stated = [{c: v for c, v in facts.items() if not dictionary()[c].is_derived} for facts in known]

    assert differences(nodes, stated, on) == []


# Many at a time: each example is 40 trees over 60 subjects.
@in_one_database
@given(seed=seeds)
def test_the_same_is_said_of_any_tree(seed: int) -> None:
    dice = Random(seed)
    on = an_application(dice)
    nodes = [a_tree(dice) for _ in range(40)]
    known = [some_facts(dice) for _ in range(60)]

    assert differences(nodes, known, on)[:1] == []


@in_one_database
@given(seed=seeds)
def test_a_sealed_fact_only_ever_leaves_a_row_open(seed: int) -> None:
    dice = Random(seed)
    on, facts = a_day(dice), (*OPEN_FACTS[:12], *SEALED_FACTS * 6)
    nodes = [a_tree(dice, facts) for _ in range(30)]
    known = [some_facts(dice, facts) for _ in range(60)]

    rows = judged([compiled.where(node, on) for node in nodes], known)
    hopes = judged([compiled.could_hold(node, on) for node in nodes], known)

    for stated, row, hoped in zip(known, rows, hopes, strict=True):
        for node, said, could in zip(nodes, row, hoped, strict=True):
            truth = holds(rule_of(node), stated, on)
            assert said is None or said is truth, (to_json(node), stated, on)
            assert could or truth is not True, (to_json(node), stated, on)


def a_policy(dice: Random) -> PublishedPolicy:
    """Return a policy with versions of the city and of districts, some judged by an event."""
    versions = []
    for pk in range(1, 7):
        begins, ends = sorted([a_day(dice), a_day(dice)])
        content = dice.choice(
            [{"open": True}, {"closed": True}, *({"conditions": to_json(a_tree(dice))},) * 4]
        )
        versions.append(
            PublishedVersion(
                pk=pk,
                label=str(pk),
                number=pk,
                division=dice.choice(["", "", *DISTRICTS]),
                begins=dice.choice([begins, begins, None]),
                ends=dice.choice([ends, None]),
                document=PolicyDocument.model_validate(
                    {"summary": "试", "judged_on": dice.choice(["application", *DATES]), **content}
                ),
            )
        )
    versions.sort(key=lambda one: (one.division, one.begins or date.min))
    return PublishedPolicy(1, "A", "试", "person", "", "", "", tuple(versions))


@in_one_database
@given(seed=seeds)
def test_the_same_version_counts(seed: int) -> None:
    dice = Random(seed)
    on = a_day(dice)
    policies = [a_policy(dice) for _ in range(15)]
    known = [some_facts(dice) for _ in range(60)]

    rows = judged([compiled.matching(policy, on) for policy in policies], known)

    for facts, row in zip(known, rows, strict=True):
        for policy, said in zip(policies, row, strict=True):
            version = policy.version(facts, on)
            met = outcome(policy, facts, on).outcome == Outcome.ELIGIBLE
            assert said == (version.pk if version and met else None), (policy, facts, on)
