"""What the arithmetic of a benefit results in, and the facts as it asks for them.

Amounts are in yuan (元), rounded to the fen (分).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import singledispatch
from typing import Any

from policies.conditions import parse
from policies.dictionary import dictionary
from policies.eligibility import Count, Facts, explain, grown, holds, rule_of
from policies.formulas import Formula, Per, Tree
from portal.core.chinese import day_words, money_words

FEN = Decimal("0.01")
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Payment:
    """One instalment (一期): due by now (`is_due`), or else from a day, where that is known."""

    pct: Decimal | None
    amount: Decimal | None
    when: str
    day: date | None = None
    is_due: bool = False

    def __str__(self) -> str:
        day = f"（{day_words(self.day)}起）" if self.day else "（已满足）" if self.is_due else ""
        return "，".join(part for part in (f"{self.when}{day}", self.share) if part)

    @property
    def share(self) -> str:
        """Return the amount in words, or its share while it is unknown."""
        if self.amount is not None:
            return money_words(self.amount)
        return "" if self.pct is None else f"{plain(self.pct)}%"


@dataclass(frozen=True, slots=True)
class Benefit:
    """What one subject gets (待遇).

    `amount` is that of one `unit` (元, 元/月, 元/年), `total` that of the whole term; a right to a
    loan has no total. While facts are missing (`unknown`) or a review decides there is no amount;
    it then lies between `least` and `most`. `lines` are the arithmetic in Chinese.
    """

    kind: str
    words: str
    amount: Decimal | None = None
    unit: str = "元"
    total: Decimal | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    lines: tuple[str, ...] = ()
    instalments: tuple[Payment, ...] = ()
    unknown: tuple[str, ...] = ()

    def share(self, pct: Decimal | None) -> Decimal | None:
        """Return so many per cent of the amount, none while either is unknown."""
        return None if self.amount is None or pct is None else fen(self.amount * pct / 100)

    def to_json(self) -> dict[str, Any]:
        """Return it for programs, amounts as numbers."""
        return {
            "kind": self.kind,
            "amount": _number(self.amount),
            "unit": self.unit,
            "total": _number(self.total),
            "instalments": [
                {
                    "pct": _number(part.pct),
                    "amount": _number(part.amount),
                    "when": part.when,
                    "day": part.day.isoformat() if part.day else None,
                }
                for part in self.instalments
            ],
            "lines": list(self.lines),
            "unknown": list(self.unknown),
        }


@dataclass(frozen=True, slots=True)
class Known:
    """The facts of a subject on a day."""

    facts: Facts
    on: date

    def value(self, code: str) -> Any:
        """Return a fact's value, grown or derived by the day; none if it is unknown."""
        definition, known = dictionary()[code], self.facts.get(code)
        if known is None and definition.since is not None:
            base = self.facts.get(definition.since.fact)
            known = None if base is None else Count(0, base)
        return grown(known, definition.moves, self.on) if isinstance(known, Count) else known

    def number(self, code: str) -> Decimal | None:
        value = self.value(code)
        return None if value is None else Decimal(value)

    def holds(self, tree: Tree | None) -> bool | None:
        """Tell whether conditions inside a formula are met; none if an unknown fact decides."""
        return True if tree is None else holds(rule_of(parse(tree)), self.facts, self.on)

    def missing(self, tree: Tree | None) -> tuple[str, ...]:
        return () if tree is None else explain(rule_of(parse(tree)), self.facts, self.on).missing

    def unknown(self, *codes: str) -> tuple[str, ...]:
        """Return those facts that are unknown, a derived one as the date it follows from."""
        missing = (dictionary()[code] for code in codes if self.value(code) is None)
        return tuple(one.since.fact if one.since else one.code for one in missing)


@singledispatch
def worked_out(formula: Formula, known: Known) -> Benefit:
    """Return what a formula of any kind gives, still without instalments and remarks."""
    raise TypeError(f"no arithmetic for {type(formula).__name__}")


def sure(
    kind: str, amount: Decimal, unit: str, total: Decimal | None, words: str, lines: Sequence[str]
) -> Benefit:
    """Return a benefit whose amount is known."""
    return Benefit(kind, words, amount, unit, total, amount, amount, tuple(lines))


def over(amount: Decimal, per: Per, years: int) -> Decimal:
    """Return what comes together in so many years."""
    return amount * years * (MONTHS if per == "month" else 1)


def product(rate: str, amount: Decimal, per: Per, years: int) -> str:
    """Return the same as a product: 每月 864 元 × 12 个月 × 6 年 = 62,208 元."""
    months = f" × {MONTHS} 个月" if per == "month" else ""
    return f"{rate}{months} × {years} 年 = {money_words(over(amount, per, years))}"


def between(least: Decimal, most: Decimal) -> str:
    return money_words(least) if least == most else f"{money_words(least)}至 {money_words(most)}"


def fen(amount: Decimal) -> Decimal:
    return amount.quantize(FEN, ROUND_HALF_UP)


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _number(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)
