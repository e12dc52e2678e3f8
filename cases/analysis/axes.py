"""By what the population is told apart (分析维度): degree, age, industry, level."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Func, IntegerField, Value
from django.db.models.expressions import Combinable

from policies.dictionary import dictionary

UNKNOWN = "?"
# From how many full years on, and how it is called.
AGES = (
    (0, "21 岁及以下"),
    (22, "22 至 24 岁"),
    (25, "25 至 29 岁"),
    (30, "30 至 34 岁"),
    (35, "35 至 39 岁"),
    (40, "40 岁及以上"),
)
STANDING = ((0, "成立不满 1 年"), (1, "满 1 年不满 3 年"), (3, "满 3 年不满 5 年"), (5, "满 5 年"))


@dataclass(frozen=True, slots=True)
class Axis:
    """One way to tell subjects apart; `raw` is taken from the wide row, `category` names it."""

    code: str
    name: str
    kind: str
    raw: Callable[[date], Combinable]
    category: Callable[[Any], str]
    names: Mapping[str, str]


class Months(Func):
    """Full calendar months from one day to another (policies_months in the database)."""

    function = "policies_months"
    output_field = IntegerField()


def _options(code: str, name: str, kind: str, fact: str) -> Axis:
    options = {option.value: option.label for option in dictionary()[fact].options}
    return Axis(
        code,
        name,
        kind,
        raw=lambda on: F(f"f_{fact}"),
        category=lambda value: value if value in options else UNKNOWN,
        names=options | {UNKNOWN: "未知"},
    )


def _years(code: str, name: str, kind: str, fact: str, bands: Sequence[tuple[int, str]]) -> Axis:
    def category(months: int | None) -> str:
        if months is None:
            return UNKNOWN
        return str(max(start for start, _ in bands if start <= months // 12))

    return Axis(
        code,
        name,
        kind,
        raw=lambda on: Months(F(f"f_{fact}"), Value(on)),
        category=category,
        names={str(start): label for start, label in bands} | {UNKNOWN: "未知"},
    )


AXES = {
    axis.code: axis
    for axis in (
        _options("degree", "学历", "person", "edu"),
        _years("age", "年龄", "person", "birth_date", AGES),
        _options("industry", "行业", "person", "industry"),
        _options("level", "人才层次", "person", "talent_level"),
        _options("firm-industry", "企业行业", "enterprise", "industry"),
        _years("firm-age", "企业成立时间", "enterprise", "established", STANDING),
    )
}
