"""Amounts that follow from a number: family, heads, floor area, rent paid (按人数、面积、租金)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from policies.benefits.result import (
    Benefit,
    Known,
    between,
    fen,
    over,
    plain,
    product,
    sure,
    worked_out,
)
from policies.dictionary import dictionary
from policies.formulas import AreaDays, FamilyArea, Heads, PaidRent
from portal.core.chinese import listed, money_words

NOTHING = Decimal(0)


@worked_out.register
def family_area(formula: FamilyArea, known: Known) -> Benefit:
    """Return the monthly amount for a family's floor area, at most the rent."""
    size = known.number(formula.by)
    if size is None:
        return _of_any_family(formula, known)
    fitting = (step.area for step in formula.areas if step.up_to is None or size <= step.up_to)
    area = next(fitting, formula.areas[-1].area)
    standard, rent = formula.rate * area, known.number(formula.at_most)
    amount = standard if rent is None else fen(min(standard, rent))
    rate = f"每月 {money_words(amount)}"
    lines = [
        f"家庭 {size} 人：{_monthly(formula, area)}",
        _rent_line(formula, rent, standard),
        product(rate, amount, "month", formula.years),
    ]
    total, words = over(amount, "month", formula.years), f"{rate}，最长 {formula.years} 年"
    benefit = sure(formula.kind, amount, "元/月", total, words, lines)
    return replace(benefit, unknown=known.unknown(formula.at_most))


def _of_any_family(formula: FamilyArea, known: Known) -> Benefit:
    standards = [formula.rate * step.area for step in formula.areas]
    rent = known.number(formula.at_most)
    paid = standards if rent is None else [fen(min(one, rent)) for one in standards]
    least, most = min(paid), max(paid)
    limit = f"不超过{dictionary()[formula.at_most].name}"
    if rent is not None:
        limit += f" {money_words(rent)}"
    return Benefit(
        formula.kind,
        f"每月 {between(least, most)}，最长 {formula.years} 年",
        unit="元/月",
        least=least,
        most=most,
        lines=(*_family_lines(formula), limit),
        unknown=known.unknown(formula.by, formula.at_most),
    )


def _family_lines(formula: FamilyArea) -> Iterator[str]:
    first = 1
    for step in formula.areas:
        if step.up_to is None:
            people = f"{first} 人及以上"
        else:
            people = f"{first} 人" if first == step.up_to else f"{first} 至 {step.up_to} 人"
            first = step.up_to + 1
        yield f"家庭 {people}：{_monthly(formula, step.area)}"


def _monthly(formula: FamilyArea, area: Decimal) -> str:
    amount = money_words(formula.rate * area)
    return f"每平方米 {money_words(formula.rate)} × {plain(area)} 平方米 = 每月 {amount}"


def _rent_line(formula: FamilyArea, rent: Decimal | None, standard: Decimal) -> str:
    name = dictionary()[formula.at_most].name
    if rent is None:
        return f"不超过{name}"
    if rent < standard:
        return f"{name} {money_words(rent)}，低于标准，按 {money_words(rent)}计"
    return f"{name} {money_words(rent)}，不低于标准，按 {money_words(standard)}计"


@worked_out.register
def heads(formula: Heads, known: Known) -> Benefit:
    """Return the yearly amount for so many heads, up to the cap."""
    count, rule = known.number(formula.by), _heads_rule(formula)
    if count is None:
        return Benefit(
            formula.kind,
            f"每年 {between(formula.base, formula.cap)}",
            unit="元/年",
            least=formula.base,
            most=formula.cap,
            lines=(rule,),
            unknown=known.unknown(formula.by),
        )
    if count < formula.base_heads:
        line = f"{count} 人，不足 {formula.base_heads} 人，不发补贴"
        return sure(formula.kind, NOTHING, "元/年", NOTHING, line, [rule, line])
    extra = count - formula.base_heads
    full = formula.base + formula.per_extra * extra
    amount = min(full, formula.cap)
    rate = f"每年 {money_words(amount)}"
    more = f"{money_words(formula.base)} + {money_words(formula.per_extra)} × {extra} 人"
    capped = f"，超过每年上限，按 {money_words(amount)}计" if amount < full else ""
    line = f"{count} 人：{more} = {money_words(full)}{capped}"
    total = over(amount, "year", formula.years)
    lines = [rule, line, f"人数不变的，{product(rate, amount, 'year', formula.years)}"]
    return sure(formula.kind, amount, "元/年", total, f"{rate}，最长 {formula.years} 年", lines)


def _heads_rule(formula: Heads) -> str:
    return (
        f"{formula.base_heads} 人 {money_words(formula.base)}，"
        f"每增加 1 人加 {money_words(formula.per_extra)}，"
        f"每年最高 {money_words(formula.cap)}，最长 {formula.years} 年"
    )


@worked_out.register
def area_days(formula: AreaDays, known: Known) -> Benefit:
    """Return the amount of each year for a floor area, by the day and square metre."""
    area, limit = known.number(formula.by), f"面积最多按 {plain(formula.area_cap)} 平方米计"
    counted = formula.area_cap if area is None else min(area, formula.area_cap)
    years = [fen(counted * rate * formula.days) for rate in formula.rates]
    lines = [
        f"第 {number} 年：{plain(counted)} 平方米 × {money_words(rate)}"
        f" × {formula.days} 天 = {money_words(amount)}"
        for number, rate, amount in _numbered(formula.rates, years)
    ]
    if area is None:
        return _up_to(formula.kind, years[0], [limit, *lines], known.unknown(formula.by))
    if area > formula.area_cap:
        lines.insert(0, f"租赁 {plain(area)} 平方米，{limit}")
    return _by_year(formula.kind, years, sum(years, NOTHING), lines)


@worked_out.register
def paid_rent(formula: PaidRent, known: Known) -> Benefit:
    """Return the rent paid, up to each year's cap and the one for all of them."""
    rent = known.number(formula.by)
    limit = f"{len(formula.caps)} 年合计不超过 {money_words(formula.total_cap)}"
    caps = [f"第 {n} 年最高 {money_words(cap)}" for n, cap in enumerate(formula.caps, start=1)]
    rule = f"按实付租金补贴：{listed(caps)}，{limit}"
    if rent is None:
        return _up_to(formula.kind, formula.caps[0], [rule], known.unknown(formula.by))
    years = [fen(min(rent, cap)) for cap in formula.caps]
    lines = [
        f"第 {number} 年：实付 {money_words(rent)}，上限 {money_words(cap)}，"
        f"取较小者 {money_words(amount)}"
        for number, cap, amount in _numbered(formula.caps, years)
    ]
    total = min(sum(years, NOTHING), formula.total_cap)
    return _by_year(formula.kind, years, total, [rule, *lines])


def _up_to(kind: str, most: Decimal, lines: list[str], unknown: tuple[str, ...]) -> Benefit:
    """Return a benefit by the year of which only the most is known."""
    words = f"第 1 年最高 {money_words(most)}"
    return Benefit(
        kind, words, unit="元/年", least=NOTHING, most=most, lines=tuple(lines), unknown=unknown
    )


def _by_year(kind: str, years: Sequence[Decimal], total: Decimal, lines: list[str]) -> Benefit:
    """Return a benefit that differs by year; its amount is the first year's."""
    full = sum(years, NOTHING)
    capped = f"，超过合计上限，按 {money_words(total)}计" if total < full else ""
    together = f"{' + '.join(map(money_words, years))} = {money_words(full)}{capped}"
    lines = [*lines, f"各年情况相同的，{len(years)} 年合计 {together}"]
    words = f"第 1 年 {money_words(years[0])}，{len(years)} 年合计 {money_words(total)}"
    return sure(kind, years[0], "元/年", total, words, lines)


def _numbered(
    rates: Sequence[Decimal], amounts: Sequence[Decimal]
) -> Iterator[tuple[int, Decimal, Decimal]]:
    for number, (rate, amount) in enumerate(zip(rates, amounts, strict=True), start=1):
        yield number, rate, amount
