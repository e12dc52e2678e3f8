from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.conditions import ConditionError, parse
from policies.eligibility import holds, rule_of
from tests.policies.trees import ON, facts, leaves


def leaf(fact: str, op: str, value: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value}


def ago(**moved: int) -> dict[str, Any]:
    return {"of": "application", **moved}


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"all": [leaf("age", "<", 30), leaf("age", ">", 40)]}, "all[1]"),
        ({"all": [leaf("age", "<", 30), leaf("age", ">=", 30)]}, "all[1]"),
        ({"at_least": 2, "of": [leaf("age", "<", 30), leaf("age", ">", 40)]}, "of[1]"),
        (
            {"none": [{"at_least": 1, "of": [leaf("age", "<", 30), leaf("age", ">=", 30)]}]},
            "none[0].of[1]",
        ),
        ({"all": [leaf("age", ">", 30), leaf("age", "<", 31)]}, "all[1]"),
        ({"all": [leaf("income_pc", ">", 30), leaf("income_pc", "<", 30)]}, "all[1]"),
        ({"all": [leaf("edu", "==", "11"), leaf("edu", "==", "14")]}, "all[1]"),
        ({"all": [leaf("edu", "in", ["11"]), leaf("edu", "!=", "11")]}, "all[1]"),
        ({"all": [leaf("insured", "==", True), leaf("insured", "!=", True)]}, "all[1]"),
        ({"all": [leaf("district", "==", "330110"), leaf("district", "==", "330106")]}, "all[1]"),
        (
            {"all": [leaf("grad_date", ">", "2020-01-01"), leaf("grad_date", "<", "2020-01-02")]},
            "all[1]",
        ),
        (
            {
                "all": [
                    leaf("application_date", ">=", "2026-06-01"),
                    leaf("application_date", "<=", "2026-05-31"),
                ]
            },
            "all[1]",
        ),
        (
            {
                "all": [
                    leaf("grad_date", ">=", ago(years=-2)),
                    leaf("grad_date", "<", ago(years=-3)),
                ]
            },
            "all[1]",
        ),
        (
            {
                "all": [
                    leaf("application_date", ">", {"of": "grad_date", "months": 6}),
                    leaf("application_date", "<", {"of": "grad_date", "months": 3}),
                ]
            },
            "all[1]",
        ),
        (
            {
                "all": [
                    leaf("grad_date", ">=", ago(years=-1)),
                    leaf("application_date", ">", {"of": "grad_date", "years": 2}),
                ]
            },
            "all[1]",
        ),
        (leaf("grad_date", "between", [ago(years=-1), ago(years=-2)]), "value"),
        ({"all": [leaf("insured", "==", True), {"none": [leaf("insured", "==", True)]}]},
         "all[1].none[0]"),
        ({"all": [leaf("age", "<", 30), {"all": [leaf("age", ">", 40)]}]}, "all[1].all[0]"),
        ({"none": [leaf("insured", "==", True), leaf("insured", "==", False)]}, "none[1]"),
        ({"none": [{"any": [leaf("age", "<", 30), leaf("age", ">=", 30)]}]}, "none[0].any[1]"),
        ({"all": [leaf("age", "<", 30), {"none": [{"none": [leaf("age", ">", 40)]}]}]},
         "all[1].none[0].none[0]"),
        ({"any": [{"all": [leaf("age", "<", 30), leaf("age", ">", 40)]}]}, "any[0].all[1]"),
        ({"any": [leaf("enrolled", "==", True),
                  {"all": [leaf("age", "<", 30), leaf("age", ">", 40)]}]}, "any[1].all[1]"),
        (leaf("age", "<", 0), ""),
        (
            {"all": [leaf("insured", "==", True), leaf("age", "<", 30),
                     leaf("enrolled", "==", True), leaf("age", ">", 30)]},
            "all[3]",
        ),
        (
            {"all": [leaf("skill_level", "!=", level)
                     for level in ("无", "初级工", "中级工", "高级工", "技师", "高级技师")]},
            "all[5]",
        ),
    ],
)  # fmt: skip
def test_comparisons_that_exclude_each_other_are_refused(tree: dict[str, Any], path: str) -> None:
    with pytest.raises(ConditionError) as refusal:
        parse(tree)

    assert [problem.path for problem in refusal.value.problems] == [path]


def test_a_refusal_names_the_other_comparison() -> None:
    with pytest.raises(ConditionError, match="与“周岁年龄低于30岁”不可能同时满足"):
        parse({"all": [leaf("age", "<", 30), leaf("age", ">", 40)]})


@pytest.mark.parametrize(
    "tree",
    [
        {"all": [leaf("age", ">=", 30), leaf("age", "<=", 30)]},
        {"all": [leaf("income_pc", ">", 30), leaf("income_pc", "<", 31)]},
        {"any": [leaf("age", "<", 30), leaf("age", ">", 40)]},
        {"at_least": 1, "of": [leaf("age", "<", 30), leaf("age", ">", 40)]},
        {"none": [leaf("age", "<", 18), leaf("age", ">", 40)]},
        {"all": [leaf("grad_date", ">=", "2019-06-03"), leaf("grad_date", "<", ago(years=-2))]},
        {"all": [leaf("grad_date", ">=", ago(years=-2)), leaf("grad_date", "<", ago(years=-1))]},
        # A month may have 31 days and a year 366.
        {
            "all": [
                leaf("application_date", ">=", {"of": "grad_date", "days": 31}),
                leaf("application_date", "<=", {"of": "grad_date", "months": 1}),
            ]
        },
        {
            "all": [
                leaf("application_date", ">=", {"of": "grad_date", "days": 366}),
                leaf("application_date", "<=", {"of": "grad_date", "years": 1}),
            ]
        },
        leaf("grad_date", "between", [ago(years=-1), {"of": "established"}]),
        leaf("grad_date", "between", ["2099-01-01", ago()]),
    ],
)
def test_what_can_be_met_together_is_read(tree: dict[str, Any]) -> None:
    assert parse(tree)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.lists(leaves(), min_size=2, max_size=3), facts, st.integers(-40, 400))
def test_what_is_refused_as_contradictory_never_holds(
    parts: list[dict[str, Any]], given_facts: Any, ahead: int
) -> None:
    parts = [{**part, "fact": parts[0]["fact"]} for part in parts]
    try:
        rules = [rule_of(parse(part)) for part in parts]
    except ConditionError:  # of another kind, or impossible by itself
        return

    try:
        parse({"all": parts})
    except ConditionError:
        on = ON + timedelta(days=ahead)
        assert not all(holds(rule, given_facts, on) for rule in rules)
