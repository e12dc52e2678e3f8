from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from policies.eligibility import Count, FactError, facts_from

ON = date(2026, 11, 24)


def test_facts_are_typed_and_counts_grow_from_the_day_asked_about() -> None:
    raw = {
        "insured": True,
        "edu": "21",
        "income_pc": 48000.5,
        "grad_date": "2020-06-30",
        "age": 22,
        "ss_months_cont": 1,
        "ss_months_total": {"value": 4, "as_of": "2026-10-31"},
        "fund_months_cont": {"value": 4, "as_of": None},
        "house_family": {"value": 0, "as_of": "2026-10-31"},
        "contract_months": {"value": 12},
        "title_level": None,
    }

    assert facts_from(raw, ON) == {
        "insured": True,
        "edu": "21",
        "income_pc": Decimal("48000.5"),
        "grad_date": date(2020, 6, 30),
        "age": Count(22, ON),
        "ss_months_cont": Count(1, ON),
        "ss_months_total": Count(4, date(2026, 10, 31)),
        "fund_months_cont": Count(4, None),
        "house_family": 0,
        "contract_months": 12,
        "title_level": None,
    }


@pytest.mark.parametrize(
    ("code", "given", "reason"),
    [
        ("agex", 22, "事实字典中没有这一事实"),
        ("application_date", "2026-11-24", "事实字典中没有这一事实"),
        ("age", "22", "“周岁年龄”应为不小于 0 的整数"),
        ("age", True, "“周岁年龄”应为不小于 0 的整数"),
        ("age", -1, "“周岁年龄”应为不小于 0 的整数"),
        ("insured", 1, "“当前在杭参保”应为是或否"),
        ("edu", "99", "“学历”应为所列选项之一"),
        ("edu", 21, "“学历”应为所列选项之一"),
        ("grad_date", "2020-6-30", "2020-06-01 形式的日期"),
        ("grad_date", 20200630, "2020-06-01 形式的日期"),
        ("ss_months_cont", {"value": 1, "as_of": "yesterday"}, "as_of 应为"),
        ("ss_months_cont", {"value": 1, "asof": "2026-10-31"}, "应写成 {value, as_of}"),
        ("ss_months_cont", {"as_of": "2026-10-31"}, "应写成 {value, as_of}"),
        ("ss_months_cont", [1], "应为不小于 0 的整数"),
        ("house_family", {"value": 0, "as_of": 5}, "as_of 应为"),
    ],
)
def test_what_is_not_a_fact_is_refused_by_its_code(code: str, given: Any, reason: str) -> None:
    with pytest.raises(FactError) as refusal:
        facts_from({"enrolled": True, code: given}, ON)

    (problem,) = refusal.value.problems
    assert problem.path == code
    assert reason in problem.reason


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(FactError) as refusal:
        facts_from({"agex": 1, "edu": "99", "insured": True}, ON)

    assert [problem.path for problem in refusal.value.problems] == ["agex", "edu"]


@pytest.mark.parametrize("raw", [None, [], "facts", 5, [{"edu": "21"}]])
def test_facts_are_a_mapping(raw: Any) -> None:
    with pytest.raises(FactError, match="事实应为键值表"):
        facts_from(raw, ON)
