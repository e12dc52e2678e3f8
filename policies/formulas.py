"""Formulas of benefits (待遇标准) as data: what a policy version pays, in yuan (元).

A formula is part of a published version. `policies.benefits` works out what one subject gets by it.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, StrictInt, Tag

from policies.schema import Code, Text

# A condition tree of policies.conditions as JSON; checked together with the document it stands in.
Tree = dict[str, Any]
Per = Literal["once", "month", "year"]
Part = TypeVar("Part")


# Beyond these a number is a slip of the pen, and sums could no longer be worked out exactly.
MOST = 10_000
MOST_MONEY = 10**10
FINEST = -4


def _positive(value: int) -> int:
    if value < 1:
        raise ValueError("应为不小于 1 的整数")
    if value > MOST:
        raise ValueError(f"不能超过 {MOST:,}")
    return value


def _not_negative(amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount < 0:
        raise ValueError("金额不能为负数")
    if amount > MOST_MONEY:
        raise ValueError("金额不能超过 100 亿元")
    return _exact(amount)


def _share(value: Decimal) -> Decimal:
    if not 0 < value <= 100:
        raise ValueError("比例应大于 0、不超过 100")
    return _exact(value)


def _exact(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < FINEST:
        raise ValueError(f"最多写 {-FINEST} 位小数")
    return number.copy_abs()


def _some(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    if not parts:
        raise ValueError("不能为空")
    return parts


Some = Annotated[tuple[Part, ...], AfterValidator(_some)]
Money = Annotated[Decimal, AfterValidator(_not_negative)]
Whole = Annotated[StrictInt, AfterValidator(_positive)]
Percent = Annotated[Decimal, AfterValidator(_share)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Instalment(_Part):
    """One payment (分期): its share of the amount, and from when; `due` says from which day."""

    pct: Percent | None = None
    when: Text
    due: Tree | None = None


class Extension(_Part):
    """Further years (延长) for those who meet what `when` says."""

    years: Whole
    when: Text


class Tier(_Part):
    """The amount for some values of a fact; with `when`, only for those who meet it."""

    values: Some[Text]
    amount: Money
    when: Tree | None = None


class Area(_Part):
    """The floor area that counts for a family of at most `up_to`; without it for any larger."""

    up_to: Whole | None = None
    area: Money


class Prize(_Part):
    value: Text
    amount: Money
    count: Whole | None = None


def _ranks(path: str, by: str, prizes: tuple[Prize, ...]) -> Iterator[tuple[str, str, str]]:
    for index, prize in enumerate(prizes):
        yield f"{path}[{index}].value", by, prize.value


class Cap(_Part):
    """The highest amount for projects of one kind (项目类别)."""

    label: Text
    amount: Money


class Formula(_Part):
    """What every formula has: instalments, and remarks that stand under its arithmetic."""

    instalments: tuple[Instalment, ...] = ()
    remarks: tuple[Text, ...] = ()

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        """Yield path and code of each fact it counts with, and whether that must be a number."""
        yield from ()

    def values(self) -> Iterator[tuple[str, str, str]]:
        """Yield path, code of a fact and each value of it that the formula names."""
        yield from ()

    def trees(self) -> Iterator[tuple[str, Tree]]:
        """Yield path and JSON of each condition inside it."""
        for index, part in enumerate(self.instalments):
            if part.due is not None:
                yield f"instalments[{index}].due", part.due


class Fixed(Formula):
    """The same for everyone (定额); by the month or year for at most `years`."""

    kind: Literal["fixed"]
    amount: Money
    per: Per = "once"
    payee: str = ""
    years: Whole | None = None
    extension: Extension | None = None


class ByFact(Formula):
    """An amount by the value of a fact (分类定额), such as by degree; the first tier that fits."""

    kind: Literal["by_fact"]
    by: Code
    tiers: Some[Tier]

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        yield "by", self.by, False

    def values(self) -> Iterator[tuple[str, str, str]]:
        for index, tier in enumerate(self.tiers):
            for value in tier.values:
                yield f"tiers[{index}].values", self.by, value

    def trees(self) -> Iterator[tuple[str, Tree]]:
        yield from super().trees()
        for index, tier in enumerate(self.tiers):
            if tier.when is not None:
                yield f"tiers[{index}].when", tier.when


class FamilyArea(Formula):
    """A rate by the floor area that a family's size gives (按家庭人口), at most the rent paid."""

    kind: Literal["family_area"]
    by: Code
    rate: Money
    areas: Some[Area]
    at_most: Code
    years: Whole

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        yield "by", self.by, True
        yield "at_most", self.at_most, True


class Heads(Formula):
    """A base for the first heads and more for each further one (按人数), capped per year."""

    kind: Literal["heads"]
    by: Code
    base: Money
    base_heads: Whole
    per_extra: Money
    cap: Money
    years: Whole

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        yield "by", self.by, True


class Graded(Formula):
    """One of several grades by review (分档评审); those with a prize get theirs without one."""

    kind: Literal["graded"]
    grades: Some[Money]
    exceptional: Money | None = None
    by: Code | None = None
    without_review: tuple[Prize, ...] = ()

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        if self.by is not None:
            yield "by", self.by, False

    def values(self) -> Iterator[tuple[str, str, str]]:
        if self.by is not None:
            yield from _ranks("without_review", self.by, self.without_review)


class AreaDays(Formula):
    """A rate per square metre and day by year (按面积), for an area up to a limit."""

    kind: Literal["area_days"]
    by: Code
    area_cap: Money
    rates: Some[Money]
    days: Whole = 365

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        yield "by", self.by, True


class PaidRent(Formula):
    """The rent really paid (据实补贴), up to a cap for each year and one in total."""

    kind: Literal["paid_rent"]
    by: Code
    caps: Some[Money]
    total_cap: Money

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        yield "by", self.by, True


class Loan(Formula):
    """A right to a loan (贷款资格) up to a cap by kind of project; not money that is paid out."""

    kind: Literal["loan"]
    caps: Some[Cap]
    interest: Text
    interest_years: Whole


class Contest(Formula):
    """Prizes by rank (赛事奖金), and what the ranked get when they settle their project here."""

    kind: Literal["contest"]
    by: Code
    prizes: Some[Prize]
    landing: tuple[Prize, ...] = ()
    landing_rule: str = ""

    def fact_codes(self) -> Iterator[tuple[str, str, bool]]:
        yield "by", self.by, False

    def values(self) -> Iterator[tuple[str, str, str]]:
        yield from _ranks("prizes", self.by, self.prizes)
        yield from _ranks("landing", self.by, self.landing)


class Reimbursed(Formula):
    """What was really paid (据实), for at most so many months; known only when it is settled."""

    kind: Literal["reimbursed"]
    rule: Text
    max_months: Whole


class Nominal(Formula):
    """Something else than money (非资金待遇), such as free training."""

    kind: Literal["nominal"]
    text: Text


AnyFormula = Annotated[
    Annotated[Fixed, Tag("<fixed>")]
    | Annotated[ByFact, Tag("<by_fact>")]
    | Annotated[FamilyArea, Tag("<family_area>")]
    | Annotated[Heads, Tag("<heads>")]
    | Annotated[Graded, Tag("<graded>")]
    | Annotated[AreaDays, Tag("<area_days>")]
    | Annotated[PaidRent, Tag("<paid_rent>")]
    | Annotated[Loan, Tag("<loan>")]
    | Annotated[Contest, Tag("<contest>")]
    | Annotated[Reimbursed, Tag("<reimbursed>")]
    | Annotated[Nominal, Tag("<nominal>")],
    Discriminator(
        lambda value: f"<{_kind_of(value)}>",
        custom_error_type="formula_kind",
        custom_error_message="待遇的 kind 不认识",
    ),
]


def _kind_of(value: Any) -> Any:
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
