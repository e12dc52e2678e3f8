"""Several comparisons together: the latest of all, the earliest of any, windows that close."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from policies.conditions import parse
from policies.eligibility import (
    EVERYONE,
    NO_ONE,
    Count,
    Decision,
    Explanation,
    Outcome,
    decide,
    explain,
    holds,
    in_turn,
    rule_of,
    value_on,
)

ON = date(2026, 11, 24)

# One month insured by now: 3 months on 24 January, 6 on 24 April, 12 on 24 October.
FACTS = {
    "ss_months_cont": Count(1, ON),
    "fund_months_cont": Count(0, ON),
    "grad_date": date(2025, 3, 10),
    "edu": "21",
    "insured": False,
    "house_family": 0,
}
THREE = {"fact": "ss_months_cont", "op": ">=", "value": 3}
SIX = {"fact": "ss_months_cont", "op": ">=", "value": 6}
FUND = {"fact": "fund_months_cont", "op": ">=", "value": 3}
TWO_YEARS = {"fact": "months_since_grad", "op": "<", "value": 24}  # until 9 March 2027
INSURED = {"fact": "insured", "op": "==", "value": True, "matures": True}
BACHELOR = {"fact": "edu", "op": "==", "value": "21"}
DOCTOR = {"fact": "edu", "op": "==", "value": "11"}
TITLE = {"fact": "title_level", "op": "==", "value": "中级"}


def window(begin: str, end: str) -> dict[str, Any]:
    return {"fact": "application_date", "op": "between", "value": [begin, end]}


def explained(tree: dict[str, Any], facts: dict[str, Any] | None = None) -> Explanation:
    return explain(rule_of(parse(tree)), FACTS if facts is None else facts, ON)


@pytest.mark.parametrize(
    ("tree", "outcome", "from_day", "closes_on"),
    [
        ({"all": [THREE, SIX]}, "not_yet", "2027-04-24", None),
        ({"any": [THREE, SIX]}, "not_yet", "2027-01-24", None),
        ({"at_least": 2, "of": [THREE, SIX, FUND]}, "not_yet", "2027-02-24", None),
        ({"at_least": 3, "of": [THREE, SIX, FUND]}, "not_yet", "2027-04-24", None),
        ({"all": [THREE, BACHELOR]}, "not_yet", "2027-01-24", None),
        ({"all": [THREE, DOCTOR]}, "not", None, None),
        ({"any": [THREE, DOCTOR]}, "not_yet", "2027-01-24", None),
        ({"any": [DOCTOR, BACHELOR]}, "eligible", None, None),
        # Windows: ripe while it is open, ripe on its last day, ripe a day too late.
        ({"all": [THREE, TWO_YEARS]}, "not_yet", "2027-01-24", "2027-03-09"),
        ({"all": [SIX, TWO_YEARS]}, "not", None, None),
        ({"all": [THREE, window("2026-01-01", "2027-01-24")]}, "not_yet", "2027-01-24",
         "2027-01-24"),
        ({"all": [THREE, window("2026-01-01", "2027-01-23")]}, "not", None, None),
        ({"all": [THREE, window("2027-06-01", "2027-06-30")]}, "not_yet", "2027-06-01",
         "2027-06-30"),
        ({"any": [{"all": [SIX, TWO_YEARS]}, FUND]}, "not_yet", "2027-02-24", None),
        (TWO_YEARS, "eligible", None, "2027-03-09"),
        ({"any": [TWO_YEARS, THREE]}, "eligible", None, None),
        ({"any": [TWO_YEARS, SIX]}, "eligible", None, "2027-03-09"),
        # An event may come on any later day, as long as the rest allows one.
        (INSURED, "not_yet", None, None),
        ({"all": [INSURED, THREE]}, "not_yet", None, None),
        ({"all": [INSURED, TWO_YEARS]}, "not_yet", None, "2027-03-09"),
        ({"any": [INSURED, THREE]}, "not_yet", "2027-01-24", None),
        ({"all": [INSURED, window("2026-11-01", "2026-11-24")]}, "not", None, None),
        ({"all": [INSURED, SIX, TWO_YEARS]}, "not", None, None),
        # What time alone will bring is not expected earlier from an event.
        ({"all": [{**SIX, "matures": True}, TWO_YEARS]}, "not", None, None),
        ({"all": [{**THREE, "matures": True}, TWO_YEARS]}, "not_yet", "2027-01-24", "2027-03-09"),
        ({"all": [{**TWO_YEARS, "matures": True}, SIX]}, "not", None, None),
        # Unknown only where an answer could still help.
        (TITLE, "unknown", None, None),
        ({"all": [TITLE, DOCTOR]}, "not", None, None),
        ({"all": [TITLE, THREE]}, "unknown", None, None),
        ({"all": [TITLE, TWO_YEARS]}, "unknown", None, "2027-03-09"),
        ({"all": [TITLE, SIX, TWO_YEARS]}, "not", None, None),
        ({"any": [TITLE, DOCTOR]}, "unknown", None, None),
        ({"any": [TITLE, THREE]}, "not_yet", "2027-01-24", None),
        ({"any": [TITLE, {"all": [SIX, TWO_YEARS]}]}, "unknown", None, None),
        ({"any": [TITLE, BACHELOR]}, "eligible", None, None),
        # Negations.
        ({"none": [DOCTOR, SIX]}, "eligible", None, "2027-04-23"),
        ({"none": [BACHELOR]}, "not", None, None),
        ({"none": [TITLE]}, "unknown", None, None),
        ({"none": [TITLE, BACHELOR]}, "not", None, None),
        ({"none": [TWO_YEARS]}, "not_yet", "2027-03-10", None),
        ({"none": [{"all": [BACHELOR, TWO_YEARS]}]}, "not_yet", "2027-03-10", None),
        ({"none": [{"none": [THREE]}]}, "not_yet", "2027-01-24", None),
        ({"none": [{"at_least": 2, "of": [BACHELOR, TWO_YEARS, THREE]}]}, "not", None, None),
        ({"none": [{"at_least": 2, "of": [BACHELOR, TWO_YEARS, DOCTOR]}]}, "not_yet",
         "2027-03-10", None),
        ({"all": [{"none": [TWO_YEARS]}, window("2026-01-01", "2027-03-09")]}, "not", None, None),
    ],
)  # fmt: skip
def test_outcome_day_and_end(
    tree: dict[str, Any], outcome: str, from_day: str | None, closes_on: str | None
) -> None:
    found = explained(tree)

    assert found.outcome == outcome
    assert (found.from_day and found.from_day.isoformat()) == from_day
    assert (found.closes_on and found.closes_on.isoformat()) == closes_on
    assert decide(rule_of(parse(tree)), FACTS, ON) == Decision(found.outcome, found.from_day)


def test_an_eligible_stretch_ends_where_it_has_a_gap() -> None:
    tree = {"fact": "ss_months_cont", "op": "!=", "value": 4}

    found = explained(tree)

    assert (found.outcome, found.closes_on) == (Outcome.ELIGIBLE, date(2027, 2, 23))


# ---- findings ----


def test_a_finding_says_needed_and_actual_value_in_chinese_and_as_json() -> None:
    tree = {"all": [{**SIX, "label": "连续参保满6个月", "matures": True}, BACHELOR, TITLE]}

    six, bachelor, title = explained(tree).leaves

    assert six._asdict() == {
        "path": "all[0]",
        "fact": "ss_months_cont",
        "name": "在杭连续参保月数（不含补缴）",
        "op": ">=",
        "need": "不低于6个月",
        "actual": "1个月",
        "need_value": 6,
        "actual_value": 1,
        "met": False,
        "from_day": date(2027, 4, 24),
        "matures": True,
        "label": "连续参保满6个月",
    }
    assert (bachelor.need, bachelor.actual, bachelor.met) == ("为本科", "本科", True)
    assert (bachelor.label, bachelor.actual_value) == ("学历为本科", "21")
    assert (title.actual, title.actual_value, title.met) == ("未知", None, None)


def test_a_finding_under_none_tells_of_the_opposite() -> None:
    house = {"fact": "house_family", "op": "in", "value": [1, 2], "label": "有房"}

    found = explained({"none": [house, {**BACHELOR, "label": "本科生"}]}).leaves

    assert [(leaf.op, leaf.need, leaf.met, leaf.label) for leaf in found] == [
        ("not in", "不为1套或2套", True, "不属于：有房"),
        ("!=", "不为本科", False, "不属于：本科生"),
    ]


@pytest.mark.parametrize(
    ("tree", "facts", "need", "actual", "values"),
    [
        ({"fact": "insured", "op": "==", "value": True}, {"insured": False}, "是", "否",
         (True, False)),
        ({"fact": "insured", "op": "!=", "value": True}, {"insured": False}, "否", "否",
         (True, False)),
        ({"fact": "grad_date", "op": ">=", "value": "2019-06-03"}, FACTS, "不早于2019年6月3日",
         "2025年3月10日", ("2019-06-03", "2025-03-10")),
        ({"fact": "income_pc", "op": "<", "value": 66068.5},
         {"income_pc": Decimal("48000.10")}, "低于66068.5元", "48000.1元", (66068.5, 48000.1)),
        ({"fact": "months_since_grad", "op": "between", "value": [0, 24]}, FACTS,
         "在0个月至24个月之间（含）", "20个月", ([0, 24], 20)),
        ({"fact": "application_date", "op": "<=", "value": "2026-12-31"}, {},
         "不晚于2026年12月31日", "2026年11月24日", ("2026-12-31", "2026-11-24")),
        ({"fact": "grad_date", "op": ">=", "value": {"of": "application", "years": -2}}, FACTS,
         "不早于申请之日前2年", "2025年3月10日",
         ({"of": "application", "years": -2}, "2025-03-10")),
        ({"fact": "district", "op": "==", "value": "330110"}, {"district": "330106"}, "为余杭区",
         "西湖区", ("330110", "330106")),
    ],
)  # fmt: skip
def test_values_of_each_kind_in_words_and_as_json(
    tree: dict[str, Any], facts: dict[str, Any], need: str, actual: str, values: tuple[Any, Any]
) -> None:
    (found,) = explained(tree, facts).leaves

    assert need.removeprefix("为") in found.need
    assert actual in found.actual
    assert (found.need_value, found.actual_value) == values


def test_missing_are_the_stated_facts_whose_answer_could_help() -> None:
    age = {"fact": "age", "op": "<", "value": 35}
    founded = {"fact": "established", "op": ">=", "value": {"of": "grad_date"}}

    assert explained({"all": [TITLE, age]}).missing == ("title_level", "birth_date")
    assert explained({"all": [founded, TITLE]}, {}).missing == (
        "established", "grad_date", "title_level"
    )  # fmt: skip
    assert explained({"all": [TITLE, DOCTOR]}).missing == ()
    assert explained({"any": [TITLE, BACHELOR]}).missing == ()
    assert explained({"any": [age, {"all": [TITLE, DOCTOR]}]}).missing == ("birth_date",)
    assert explained({"any": [THREE, TITLE]}).missing == ("title_level",)
    assert explained({"all": [TITLE, SIX, TWO_YEARS]}).missing == ()
    stopped = {"ss_months_cont": Count(1, None)}
    assert explained({"any": [age, {"all": [TITLE, SIX]}]}, stopped).missing == ("birth_date",)


def test_an_unknown_fact_names_itself_even_under_a_negation() -> None:
    assert explained({"none": [TITLE]}).missing == ("title_level",)


# ---- rules beside those of trees ----


def test_everyone_and_no_one() -> None:
    assert decide(EVERYONE, {}, ON) == Decision(Outcome.ELIGIBLE)
    assert decide(NO_ONE, {}, ON) == Decision(Outcome.NOT)
    assert holds(EVERYONE, {}, ON) is True
    assert holds(NO_ONE, {}, ON) is False
    assert explain(EVERYONE, {}, ON) == Explanation(Outcome.ELIGIBLE, None, None, (), ())


def test_equal_trees_share_one_rule() -> None:
    assert rule_of(parse({"all": [SIX, BACHELOR]})) is rule_of(parse({"all": [SIX, BACHELOR]}))


def test_days_to_come_are_those_of_the_rule_in_its_own_term() -> None:
    six, three = rule_of(parse(SIX)), rule_of(parse(THREE))
    last = date(2027, 3, 31)

    ripens_later = in_turn(six, ((None, last, six), (date(2027, 4, 1), None, three)))
    never = in_turn(six, ((None, last, six),))

    assert decide(ripens_later, FACTS, ON) == Decision(Outcome.NOT_YET, date(2027, 4, 1))
    assert decide(never, FACTS, ON) == Decision(Outcome.NOT)


def test_a_value_is_what_it_has_become_by_the_day() -> None:
    later = date(2027, 2, 24)

    assert value_on("ss_months_cont", FACTS, later) == 4
    assert value_on("months_since_grad", FACTS, later) == 23
    assert value_on("age", FACTS, later) is None
    assert value_on("edu", FACTS, later) == "21"
    assert value_on("application_date", FACTS, later) == later
