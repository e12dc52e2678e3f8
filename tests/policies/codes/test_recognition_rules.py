"""The routes of recognition by their numbers; sources stand in recognition.yaml."""

from decimal import Decimal
from typing import Any

import pytest

from policies.recognition_rules import NotMet, ground, is_higher, rules, words
from tests.policies.codes.people import CONTEST, MARKET, ROUTES, WORD


@pytest.mark.parametrize(
    ("stated", "highest"),
    [
        ({"rank": "一等", "role": "leader"}, "C"),
        ({"rank": "三等", "role": "leader"}, "C"),
        ({"rank": "特等", "role": "leader"}, "C"),
        ({"rank": "一等", "role": "member"}, "D"),
    ],
)
def test_a_project_leader_reaches_class_c_and_others_less(
    stated: dict[str, str], highest: str
) -> None:
    assert ground("contest", CONTEST | stated).highest == highest


@pytest.mark.parametrize("rank", ["优胜", "100强", "", None])
def test_a_rank_below_the_first_three_is_no_ground(rank: str | None) -> None:
    with pytest.raises(NotMet) as refusal:
        ground("contest", CONTEST | {"rank": rank})
    assert set(refusal.value.problems) == {"rank"}


@pytest.mark.parametrize(
    ("measure", "amount", "highest"),
    [
        ("taxable_income", "199999.99", None),
        ("taxable_income", "200000", "E"),  # 以上 counts the amount itself
        ("taxable_income", "500000", "D"),
        ("taxable_income", "1000000", "C"),
        ("equity_value", "3000000", None),  # 高于 does not
        ("equity_value", "3000000.01", "E"),
        ("equity_value", Decimal("30000001"), "C"),
    ],
)
def test_the_market_decides_at_its_thresholds(
    measure: str, amount: Any, highest: str | None
) -> None:
    stated = MARKET | {"measure": measure, "amount": amount}

    if highest is None:
        with pytest.raises(NotMet, match="未达到市场化评定标准"):
            ground("market", stated)
    else:
        assert ground("market", stated).highest == highest


@pytest.mark.parametrize(
    "amount", [None, "", "abc", "-1", "1e9", "NaN", "Infinity", True, "9" * 30]
)
def test_an_amount_that_is_none_is_refused(amount: Any) -> None:
    with pytest.raises(NotMet) as refusal:
        ground("market", MARKET | {"amount": amount})
    assert set(refusal.value.problems) == {"amount"}


@pytest.mark.parametrize("route", sorted(ROUTES))
@pytest.mark.parametrize("proof", ["", "  ", "长" * 101])
def test_every_route_asks_for_proof(route: str, proof: str) -> None:
    with pytest.raises(NotMet) as refusal:
        ground(route, ROUTES[route] | {"proof": proof})
    assert set(refusal.value.problems) == {"proof"}


def test_what_is_kept_is_only_what_the_rule_reads() -> None:
    assert ground("recommendation", WORD | {"other": "x"}).evidence == WORD


def test_the_words_of_a_market_ground_keep_the_amount_to_themselves() -> None:
    said = words("market", ground("market", MARKET | {"amount": "876543"}).evidence)

    assert "876" not in said
    assert "不低于 200,000 元" in said


def test_the_numbers_of_the_source_are_those_of_the_rules() -> None:
    """「年应纳税所得额 20 万元以上或在公司中股权估值高于 300 万元」「每人每年可推荐 2 名人才」."""
    first = {one.code: one.bands[0].start for one in rules().market.measures}

    assert first == {"taxable_income": 200_000, "equity_value": 3_000_000}
    assert rules().recommendation.yearly_quota == 2
    assert min(role.highest for role in rules().contest.roles) == "C"


def test_a_stands_above_f() -> None:
    assert is_higher("A", "C")
    assert not is_higher("C", "C")
    assert not is_higher("F", "C")
