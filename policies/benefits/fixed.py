"""Amounts that are the same for everyone, or follow from the value of one fact (定额)."""

from collections.abc import Iterator, Sequence

from policies.benefits.result import Benefit, Known, between, over, product, sure, worked_out
from policies.conditions import parse
from policies.dictionary import dictionary
from policies.formulas import ByFact, Extension, Fixed, Tier, Tree
from portal.core.chinese import money_words

EVERY = {"once": "一次性", "month": "每月", "year": "每年"}
UNITS = {"once": "元", "month": "元/{}月", "year": "元/{}年"}


@worked_out.register
def fixed(formula: Fixed, known: Known) -> Benefit:
    """Return the fixed amount: once, or by the month or year for its term."""
    payee = f"每{formula.payee}" if formula.payee else ""
    rate = f"{payee}{EVERY[formula.per]} {money_words(formula.amount)}"
    unit = UNITS[formula.per].format(f"{formula.payee}·" if formula.payee else "")
    if formula.years is None or formula.per == "once":
        total = formula.amount if formula.per == "once" else None
        return sure(formula.kind, formula.amount, unit, total, rate, [rate])
    lines = [product(rate, formula.amount, formula.per, formula.years)]
    if formula.extension is not None:
        lines.append(_extended(formula, formula.extension))
    total = over(formula.amount, formula.per, formula.years)
    words = f"{rate}，最长 {formula.years} 年"
    return sure(formula.kind, formula.amount, unit, total, words, lines)


def _extended(formula: Fixed, more: Extension) -> str:
    extra = money_words(over(formula.amount, formula.per, more.years))
    return f"{more.when}的，可以延长 {more.years} 年，增加 {extra}"


@worked_out.register
def by_fact(formula: ByFact, known: Known) -> Benefit:
    """Return the first tier that fits; all that may fit while a fact is unknown."""
    possible = list(_possible(formula, known))
    if not possible:
        line = f"{dictionary()[formula.by].name}没有对应的标准"
        return Benefit(formula.kind, line, lines=(line,))
    lines = tuple(_lines(formula, [tier for tier, _ in possible]))
    amounts = [tier.amount for tier, _ in possible]
    if known.value(formula.by) is not None and [met for _, met in possible] == [True]:
        return sure(formula.kind, amounts[0], "元", amounts[0], money_words(amounts[0]), lines)
    missing = (code for tier, _ in possible for code in known.missing(tier.when))
    return Benefit(
        formula.kind,
        between(min(amounts), max(amounts)),
        least=min(amounts),
        most=max(amounts),
        lines=lines,
        unknown=tuple(dict.fromkeys((*known.unknown(formula.by), *missing))),
    )


def _possible(formula: ByFact, known: Known) -> Iterator[tuple[Tier, bool]]:
    """Yield the tiers that may be the subject's, each with whether its condition is surely met."""
    value = known.value(formula.by)
    for tier in formula.tiers:
        met = known.holds(tier.when)
        if met is False or (value is not None and value not in tier.values):
            continue
        yield tier, bool(met)
        if met and value is not None:
            return


def _lines(formula: ByFact, tiers: Sequence[Tier]) -> Iterator[str]:
    definition = dictionary()[formula.by]
    conditional: set[str] = set()
    for tier in tiers:
        labels = "或".join(definition.label_of(value) for value in tier.values)
        when = f"，{_words(tier.when)}" if tier.when else ""
        if conditional.intersection(tier.values):
            when = when or "，其他情形"
        if tier.when:
            conditional.update(tier.values)
        yield f"{definition.name}为{labels}{when}：{money_words(tier.amount)}"


def _words(tree: Tree) -> str:
    node = parse(tree)
    return node.label or node.describe()
