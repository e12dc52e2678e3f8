"""What benefits come to, worked out by hand; amounts in yuan."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from policies.benefits import Benefit, work_out
from policies.benefits.example import example_of
from policies.eligibility import facts_from
from policies.formulas import AnyFormula, Formula
from policies.shelf import PublishedPolicy

ON = date(2022, 6, 1)
FORMULAS: TypeAdapter[Formula] = TypeAdapter(AnyFormula)


def formula(**data: Any) -> Formula:
    return FORMULAS.validate_python(data)


def worked(given: Formula, on: date = ON, **facts: Any) -> Benefit:
    return work_out(given, facts_from(facts, on), on)


def of(policies: dict[str, PublishedPolicy], code: str, label: str) -> Formula:
    version = next(one for one in policies[code].versions if one.label == label)
    assert version.document.benefit is not None
    return version.document.benefit


# Item, version, facts; then the amount, that of the whole term, and one line of the arithmetic.
AMOUNTS = [
    ("P07", "2019", {"edu": "21"}, 10000, 10000, "学历为本科：10,000 元"),
    ("P07", "2019", {"edu": "11"}, 50000, 50000, "学历为博士：50,000 元"),
    ("P07", "2021", {"edu": "11", "grad_date": "2021-10-15"}, 100000, 100000,
     "学历为博士，2021年10月15日及以后毕业：100,000 元"),
    ("P07", "2021", {"edu": "11", "grad_date": "2021-10-14"}, 50000, 50000,
     "学历为博士：50,000 元"),
    ("P08", "2020", {"family_size": 1, "monthly_rent": 2000}, 864, 62208,
     "每月 864 元 × 12 个月 × 6 年 = 62,208 元"),
    ("P08", "2020", {"family_size": 2, "monthly_rent": 864}, 864, 62208,
     "实际月租金 864 元，不低于标准，按 864 元计"),
    ("P08", "2020", {"family_size": 3, "monthly_rent": 700}, 700, 50400,
     "实际月租金 700 元，低于标准，按 700 元计"),
    ("P08", "2020", {"family_size": 9, "monthly_rent": "1440.50"}, 1440, 103680,
     "家庭 9 人：每平方米 24 元 × 60 平方米 = 每月 1,440 元"),
    ("P08", "2020", {"family_size": 3, "monthly_rent": "900.125"}, Decimal("900.13"),
     Decimal("64809.36"), "每月 900.13 元 × 12 个月 × 6 年 = 64,809.36 元"),
    ("P08", "余杭2021", {"family_size": 4, "monthly_rent": 2000}, 1080, 77760,
     "家庭 4 人：每平方米 18 元 × 60 平方米 = 每月 1,080 元"),
    ("P09", "2020", {}, 10000, 30000, "每户每年 10,000 元 × 3 年 = 30,000 元"),
    ("P10", "第七届", {"contest_rank": "二等"}, 10000, 10000, "二等奖：10,000 元"),
    ("P10", "第七届", {"contest_rank": "100强"}, 0, 0, "100强：没有奖金"),
    ("P11", "2016", {}, 5000, 5000, "一次性 5,000 元"),
    ("P12", "2020", {}, 500000, None, "各类项目：最高 500,000 元"),
    ("E01", "2020", {"contest_rank": "特等"}, 1000000, 1000000, "特等奖，免评审：1,000,000 元"),
    ("E02", "2017", {"lease_area": 80}, 29200, 58400,
     "第 1 年：80 平方米 × 1 元 × 365 天 = 29,200 元"),
    ("E02", "2017", {"lease_area": "33.33"}, Decimal("12165.45"), Decimal("24330.91"),
     "第 2 年：33.33 平方米 × 0.50 元 × 365 天 = 6,082.73 元"),
    ("E02", "2017", {"lease_area": 120}, 36500, 73000, "租赁 120 平方米，面积最多按 100 平方米计"),
    ("E02", "2020", {"rent_paid": 50000}, 40000, 100000,
     "第 1 年：实付 50,000 元，上限 40,000 元，取较小者 40,000 元"),
    ("E02", "2020", {"rent_paid": 35000}, 35000, 95000,
     "各年情况相同的，3 年合计 35,000 元 + 30,000 元 + 30,000 元 = 95,000 元"),
    ("E02", "2020", {"rent_paid": 0}, 0, 0, "第 3 年：实付 0 元，上限 30,000 元，取较小者 0 元"),
    ("E04", "2016", {"hires_12m": 2}, 0, 0, "2 人，不足 3 人，不发补贴"),
    ("E04", "2016", {"hires_12m": 3}, 2000, 6000, "3 人：2,000 元 + 1,000 元 × 0 人 = 2,000 元"),
    ("E04", "2016", {"hires_12m": 8}, 7000, 21000, "人数不变的，每年 7,000 元 × 3 年 = 21,000 元"),
    ("E04", "2016", {"hires_12m": 22}, 20000, 60000,
     "22 人：2,000 元 + 1,000 元 × 19 人 = 21,000 元，超过每年上限，按 20,000 元计"),
    ("E05", "2017", {}, 500000, 500000, "一次性 500,000 元"),
    ("POL_E01x", "2017", {}, 100000, 100000, "一次性 100,000 元"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "label", "facts", "amount", "total", "line"), AMOUNTS)
def test_amount_and_arithmetic_are_those_worked_out_by_hand(
    policies: dict[str, PublishedPolicy], code: str, label: str, facts: dict[str, Any],
    amount: Decimal, total: Decimal | None, line: str,
) -> None:  # fmt: skip
    benefit = worked(of(policies, code, label), **facts)

    assert (benefit.amount, benefit.total) == (amount, total)
    assert line in benefit.lines


# Item, version, facts; then what it lies between, in words, and the facts that are missing.
RANGES = [
    ("P07", "2021", {}, (10000, 100000), "10,000 元至 100,000 元", ("edu", "grad_date")),
    ("P07", "2021", {"edu": "11"}, (50000, 100000), "50,000 元至 100,000 元", ("grad_date",)),
    ("P07", "2021", {"edu": "14"}, (30000, 30000), "30,000 元", ()),
    ("P08", "2020", {}, (864, 1440), "每月 864 元至 1,440 元，最长 6 年",
     ("family_size", "monthly_rent")),
    ("P08", "2020", {"monthly_rent": 900}, (864, 900), "每月 864 元至 900 元，最长 6 年",
     ("family_size",)),
    ("P08", "2020", {"family_size": 3}, (1080, 1080), "每月 1,080 元，最长 6 年",
     ("monthly_rent",)),
    ("P10", "第七届", {}, (0, 50000), "奖金最高 50,000 元", ()),
    ("P12", "2017", {}, (300000, 500000), "最高可贷 500,000 元", ()),
    ("E01", "2017", {"contest_rank": "一等"}, (20000, 200000), "经评审 20,000 元至 200,000 元", ()),
    ("E01", "2020", {}, (50000, 500000), "经评审 50,000 元至 500,000 元", ()),
    ("E01", "2020", {"contest_rank": "优胜"}, (50000, 500000), "经评审 50,000 元至 500,000 元", ()),
    ("E02", "2017", {}, (0, 36500), "第 1 年最高 36,500 元", ("lease_area",)),
    ("E02", "2020", {}, (0, 40000), "第 1 年最高 40,000 元", ("rent_paid",)),
    ("E04", "2016", {}, (2000, 20000), "每年 2,000 元至 20,000 元", ("hires_12m",)),
    ("E06", "2019", {}, (None, None), "免费参加创业培训", ()),
    ("E07", "2018", {}, (None, None), "据实补贴，最长 12 个月", ()),
]  # fmt: skip


@pytest.mark.parametrize(("code", "label", "facts", "limits", "words", "unknown"), RANGES)
def test_what_is_unknown_or_left_to_a_review_is_a_range(
    policies: dict[str, PublishedPolicy], code: str, label: str, facts: dict[str, Any],
    limits: tuple[Any, Any], words: str, unknown: tuple[str, ...],
) -> None:  # fmt: skip
    benefit = worked(of(policies, code, label), **facts)

    assert (benefit.least, benefit.most) == limits
    assert benefit.words == words
    assert benefit.unknown == unknown


def test_instalments_say_what_falls_due_on_which_day(policies: dict[str, PublishedPolicy]) -> None:
    living = of(policies, "P07", "2021")

    first, second = worked(living, edu="14", ss_months_cont=7).instalments

    assert (first.amount, first.is_due, first.day) == (15000, True, None)
    assert (second.amount, second.is_due, second.day) == (15000, False, date(2022, 11, 1))
    assert str(second) == "连续参保满12个月（2022年11月1日起），15,000 元"
    assert [str(part) for part in worked(living).instalments] == [
        "连续参保满6个月，50%",
        "连续参保满12个月，50%",
    ]


def test_instalments_of_an_odd_amount_are_rounded_to_the_fen() -> None:
    thirds = [{"pct": pct, "when": "每年"} for pct in ("33.33", "33.33", "33.34")]

    benefit = worked(formula(kind="fixed", amount="100.01", instalments=thirds))

    assert [part.amount for part in benefit.instalments] == [
        Decimal("33.33"), Decimal("33.33"), Decimal("33.34"),
    ]  # fmt: skip


def test_a_fixed_amount_by_the_month_and_one_without_an_end() -> None:
    monthly = worked(formula(kind="fixed", amount=500, per="month", years=2))
    yearly = worked(formula(kind="fixed", amount=500, per="year"))

    assert (monthly.unit, monthly.total) == ("元/月", 12000)
    assert monthly.lines == ("每月 500 元 × 12 个月 × 2 年 = 12,000 元",)
    assert (yearly.unit, yearly.total, yearly.words) == ("元/年", None, "每年 500 元")


def test_an_extension_is_told_but_not_counted(policies: dict[str, PublishedPolicy]) -> None:
    benefit = worked(of(policies, "P09", "2020"))

    assert benefit.total == 30000
    line = "期满后收入低于城镇居民人均可支配收入的，可以延长 3 年，增加 30,000 元"
    assert benefit.lines[1] == line
    assert benefit.unit == "元/户·年"


def test_a_value_without_a_tier_has_no_amount() -> None:
    given = formula(kind="by_fact", by="edu", tiers=[{"values": ["11"], "amount": 1}])

    benefit = worked(given, edu="31")

    assert (benefit.amount, benefit.words) == (None, "学历没有对应的标准")


def test_a_derived_fact_counts_and_is_missing_as_its_date() -> None:
    given = formula(kind="heads", by="e_months", base=100, base_heads=1, per_extra=100, cap=1000,
                    years=1)  # fmt: skip

    assert worked(given, established="2022-01-01").amount == 500
    assert worked(given).unknown == ("established",)


def test_remarks_stand_under_the_arithmetic(policies: dict[str, PublishedPolicy]) -> None:
    assert worked(of(policies, "E05", "2017")).lines[1:] == (
        "分2期拨付。",
        "每年培育名额20名，经评审确定。",
    )


def test_as_json_amounts_are_numbers_and_days_are_texts(
    policies: dict[str, PublishedPolicy],
) -> None:
    written = worked(of(policies, "P07", "2021"), edu="21", ss_months_cont=0).to_json()

    assert (written["kind"], written["amount"], written["unit"]) == ("by_fact", 10000, "元")
    assert written["instalments"][0] == {
        "pct": 50, "amount": 5000, "when": "连续参保满6个月", "day": "2022-12-01",
    }  # fmt: skip


def test_an_example_shows_the_cap_at_work(policies: dict[str, PublishedPolicy]) -> None:
    example = example_of(of(policies, "P08", "2020"), ON)

    assert example is not None
    assert example.words == "家庭人口 3人，实际月租金 1000元"
    assert example.benefit.amount == 1000
    assert example_of(of(policies, "P11", "2016"), ON) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "fixed", "amount": -1},
        {"kind": "fixed", "amount": "NaN"},
        {"kind": "heads", "by": "hires_12m", "base": 1, "base_heads": 0, "per_extra": 1, "cap": 1,
         "years": 1},
        {"kind": "by_fact", "by": "edu", "tiers": []},
        {"kind": "paid_rent", "by": "rent_paid", "caps": [1, -2], "total_cap": 3},
        {"kind": "free"},
    ],
)  # fmt: skip
def test_a_formula_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        FORMULAS.validate_python(wrong)
