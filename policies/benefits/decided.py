"""Benefits that a review, a jury, a bank or the bills decide (评审、赛事、贷款、据实)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from policies.benefits.result import Benefit, Known, between, sure, worked_out
from policies.dictionary import dictionary
from policies.formulas import Contest, Graded, Loan, Nominal, Prize, Reimbursed
from portal.core.chinese import listed, money_words


@worked_out.register
def graded(formula: Graded, known: Known) -> Benefit:
    """Return the grades that a review chooses from; a prize won spares the review."""
    rank = known.value(formula.by) if formula.by else None
    if formula.by and (won := _prize(formula.without_review, rank)):
        words = money_words(won.amount)
        line = f"{_rank(formula.by, won)}，免评审：{words}"
        return sure(formula.kind, won.amount, "元", won.amount, words, [line])
    lines = [f"评审分 {len(formula.grades)} 档：{listed(map(money_words, formula.grades))}"]
    amounts = list(formula.grades)
    if formula.exceptional is not None:
        lines.append(f"特别优秀的 {money_words(formula.exceptional)}")
        amounts.append(formula.exceptional)
    if formula.by and formula.without_review:
        lines.append(f"大赛获奖或入围的免评审：{_prizes(formula.by, formula.without_review)}")
    least, most = min(amounts), max(amounts)
    words = f"经评审 {between(least, most)}"
    return Benefit(formula.kind, words, least=least, most=most, lines=tuple(lines))


@worked_out.register
def contest(formula: Contest, known: Known) -> Benefit:
    """Return the prize of a known rank, else what may be won."""
    lines = [f"奖金：{_prizes(formula.by, formula.prizes)}"]
    if formula.landing:
        rule = f"{formula.landing_rule}：" if formula.landing_rule else ""
        lines.append(f"{rule}{_prizes(formula.by, formula.landing)}")
    rank = known.value(formula.by)
    if rank is None:
        amounts = [prize.amount for prize in formula.prizes]
        least, most = min(amounts), max(amounts)
        words = f"奖金最高 {money_words(most)}"
        return Benefit(formula.kind, words, least=least, most=most, lines=tuple(lines))
    won = _prize(formula.prizes, rank)
    amount = won.amount if won else Decimal(0)
    words = money_words(amount) if amount else "没有奖金"
    result = f"{dictionary()[formula.by].label_of(rank)}：{words}"
    return sure(formula.kind, amount, "元", amount, words, [result, *lines])


def _prize(prizes: Sequence[Prize], rank: Any) -> Prize | None:
    return next((prize for prize in prizes if prize.value == rank), None)


def _prizes(by: str, prizes: Sequence[Prize]) -> str:
    return listed(_prize_words(by, prize) for prize in prizes)


def _prize_words(by: str, prize: Prize) -> str:
    amount = money_words(prize.amount) if prize.amount else "没有奖金"
    count = f"（{prize.count} 名）" if prize.count else ""
    return f"{_rank(by, prize)}{count or ' '}{amount}"


def _rank(by: str, prize: Prize) -> str:
    return dictionary()[by].label_of(prize.value)


@worked_out.register
def loan(formula: Loan, known: Known) -> Benefit:
    """Return how much may be lent; nothing of it is paid out as a benefit."""
    lines = [f"{cap.label}：最高 {money_words(cap.amount)}" for cap in formula.caps]
    lines.append(f"{formula.interest}，贴息最长 {formula.interest_years} 年")
    amounts = [cap.amount for cap in formula.caps]
    most = max(amounts)
    return Benefit(
        formula.kind,
        f"最高可贷 {money_words(most)}",
        amount=most if len(amounts) == 1 else None,
        unit="元（贷款额度）",
        least=min(amounts),
        most=most,
        lines=tuple(lines),
    )


@worked_out.register
def reimbursed(formula: Reimbursed, known: Known) -> Benefit:
    """Return by which rule the bills are paid."""
    words = f"据实补贴，最长 {formula.max_months} 个月"
    return Benefit(formula.kind, words, lines=(f"{formula.rule}，{words}",))


@worked_out.register
def nominal(formula: Nominal, known: Known) -> Benefit:
    """Return what is given instead of money."""
    return Benefit(formula.kind, formula.text.rstrip("。"), lines=(formula.text,))
