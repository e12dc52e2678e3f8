"""The fact dictionary (事实字典): what can be known of a subject, its type, and who knows it.

`facts.yaml` beside this module is the dictionary. A derived fact (age) has no value of its own but
follows from a date fact at the day asked about; a growing count (months insured) is known as of a
day and grows by calendar months from it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from policies.divisions import name_of
from policies.guards import as_date, as_number
from policies.schema import Applicant, Code, Option, Text
from portal.core.chinese import day_words

FACTS = Path(__file__).parent / "facts.yaml"

FactKind = Literal["bool", "int", "decimal", "enum", "date", "division"]
Step = Literal["month", "year"]
# The largest count that is taken for one; beyond it a provider has sent nonsense.
LARGEST = 10**12
# As fine as a column of the wide row, so that here and there the same number is compared.
FINEST = Decimal("0.0001")


class Since(BaseModel):
    """How a derived fact follows from a date fact: full months or years since it, never negative.

    Before the day (an expected graduation) the count is 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: Code
    by: Step


class FactDefinition(BaseModel):
    """One fact (事实) that can be known of a person or an enterprise.

    `sources` are those who may state it, the more trusted first: codes of departments and data
    sources, or result, recognition, form, manual. `unit` is Chinese.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Text
    kind: FactKind
    unit: str = ""
    sources: tuple[Code, ...] = ()
    applicant: Applicant | None = None
    options: tuple[Option, ...] = ()
    since: Since | None = None
    grows: Step | None = None
    answers: tuple[Code, ...] = ()
    sensitive: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kind == "enum") != bool(self.options):
            raise ValueError("enum 须有 options，其他类型不得有")
        if (self.since or self.grows) and self.kind != "int":
            raise ValueError("推算的、随时间增长的事实应为 int")
        if bool(self.since) == bool(self.sources):
            raise ValueError("推算的事实没有 sources，其他事实必须有")
        return self

    @property
    def is_derived(self) -> bool:
        return self.since is not None

    @property
    def moves(self) -> Step | None:
        """By what step its value rises as time passes; none for what stays as it is."""
        return self.since.by if self.since else self.grows

    def parse(self, value: Any) -> Any:
        """Return a value in its Python type: bool, int, Decimal (to four places), str or date.

        Raises ValueError, in Chinese, for a value of another type; numbers below 0 are refused.
        """
        parsed = _PARSERS[self.kind](self, value)
        if parsed is None:
            raise ValueError(f"“{self.name}”应为{_EXPECTED[self.kind]}")
        return parsed

    def label_of(self, value: Any) -> str:
        """Return a value in Chinese: 是, 本科, 6个月, 2020年6月30日; 未知 for none."""
        if value is None:
            return "未知"
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, date):
            return day_words(value)
        if self.kind == "division":
            return name_of(str(value)) or str(value)
        if self.options:
            return next((o.label for o in self.options if o.value == value), str(value))
        return f"{_plain(value)}{self.unit}"


def _bool(definition: FactDefinition, value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _int(definition: FactDefinition, value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        return None
    return value


def _decimal(definition: FactDefinition, value: Any) -> Decimal | None:
    if isinstance(value, float):
        value = repr(value)
    number = as_number(value) if isinstance(value, int | str | Decimal) else None
    if number is None or not 0 <= number <= LARGEST:
        return None
    return number if number % FINEST == 0 else number.quantize(FINEST, ROUND_HALF_UP)


def _enum(definition: FactDefinition, value: Any) -> str | None:
    return value if any(option.value == value for option in definition.options) else None


def _division(definition: FactDefinition, value: Any) -> str | None:
    return value if isinstance(value, str) and name_of(value) else None


def _date(definition: FactDefinition, value: Any) -> date | None:
    return None if isinstance(value, datetime) else as_date(value)


_PARSERS: Mapping[FactKind, Any] = {
    "bool": _bool,
    "int": _int,
    "decimal": _decimal,
    "enum": _enum,
    "date": _date,
    "division": _division,
}
_EXPECTED: Mapping[FactKind, str] = {
    "bool": "是或否（true、false）",
    "int": "不小于 0 的整数",
    "decimal": "不小于 0 的数字",
    "enum": "所列选项之一",
    "date": "2020-06-01 形式的日期",
    "division": "六位行政区划代码",
}


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


@cache
def dictionary() -> Mapping[str, FactDefinition]:
    """Return the fact dictionary by code, in the order of the file."""
    entries = yaml.safe_load(FACTS.read_text(encoding="utf-8"))["facts"]
    known = [FactDefinition.model_validate(entry) for entry in entries]
    return MappingProxyType({definition.code: definition for definition in known})


def stated() -> tuple[FactDefinition, ...]:
    """Return the facts that someone states, without those that follow from others."""
    return tuple(one for one in dictionary().values() if not one.is_derived)
