"""Guards (适用情形) over the answers of one form, two-valued: serialisable, checkable, explainable.

YAML: `{field: p_edu, op: in, value: ['21', '31']}`, `{all: [...]}`, `{any: [...]}`,
`{none: [...]}`.
"""

import operator
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag,
    model_validator,
)

if TYPE_CHECKING:
    from policies.schema import Catalogue, Element

Operator = Literal[
    "==", "!=", "in", "<", "<=", ">", ">=", "after_application", "before_application"
]
Literal_ = StrictBool | StrictInt | StrictFloat | StrictStr
ORDERING = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
RELATIVE_TO_APPLICATION = {"after_application", "before_application"}

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_NUMBER_WORDS = {"<": "低于", "<=": "不高于", ">": "高于", ">=": "不低于"}
_DATE_WORDS = {"<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"}
_OTHER_WORDS = {"==": "为", "!=": "不为", "in": "为"}
_APPLICATION_WORDS = {"after_application": "晚于申请日", "before_application": "早于申请日"}


def is_blank(value: Any) -> bool:
    """Tell whether an answer counts as not given; false and zero are answers."""
    return value is None or value == "" or value == [] or value == {}


def as_date(value: Any) -> date | None:
    """Return the day of an answer, none when it is not written as 2020-06-30."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def as_number(value: Any) -> Decimal | None:
    """Return the number of an answer, none when it is not written in plain digits."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, bool) or not _PLAIN_NUMBER.fullmatch(str(value)):
        return None
    return Decimal(str(value))


class Node(BaseModel):
    """What every condition can do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def holds(self, answers: Mapping[str, Any], on: date) -> bool:
        """Tell whether the condition is met by the answers on the day of application."""

    @abstractmethod
    def describe(self, catalogue: "Catalogue") -> str:
        """Return the condition as a Chinese phrase without a full stop."""

    @abstractmethod
    def comparisons(self) -> "Iterator[tuple[tuple[str | int, ...], Compare]]":
        """Yield every comparison with its path inside the condition."""

    def fields(self) -> frozenset[str]:
        """Return the codes of the elements that the condition asks about."""
        return frozenset(compare.field for _, compare in self.comparisons())


class Compare(Node):
    """One comparison; an unanswered field makes it false whatever the operator."""

    field: str
    op: Operator
    value: Literal_ | tuple[Literal_, ...] | None = None

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Self:
        if self.op in RELATIVE_TO_APPLICATION:
            if self.value is not None:
                raise ValueError(f"{self.op} 不带 value")
        elif self.op == "in":
            if not isinstance(self.value, tuple) or not self.value:
                raise ValueError("in 的 value 应为非空列表")
        elif self.value is None or isinstance(self.value, tuple):
            raise ValueError(f"{self.op} 的 value 应为单个值")
        return self

    @property
    def values(self) -> tuple[Literal_, ...]:
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def holds(self, answers: Mapping[str, Any], on: date) -> bool:
        actual = answers.get(self.field)
        if is_blank(actual):
            return False
        if self.op in RELATIVE_TO_APPLICATION:
            day = as_date(actual)
            return day is not None and (day > on if self.op == "after_application" else day < on)
        if self.op in ORDERING:
            return _ordered(actual, self.op, self.values[0])
        equal = any(_equal(actual, value) for value in self.values)
        return equal != (self.op == "!=")

    def describe(self, catalogue: "Catalogue") -> str:
        element = catalogue.elements[self.field]
        if self.op in RELATIVE_TO_APPLICATION:
            return f"{element.name}{_APPLICATION_WORDS[self.op]}"
        return f"{element.name}{self._words(element)}{self._labels(element)}"

    def comparisons(self) -> "Iterator[tuple[tuple[str | int, ...], Compare]]":
        yield (), self

    def _words(self, element: "Element") -> str:
        ordering = _DATE_WORDS if element.kind in {"date", "month"} else _NUMBER_WORDS
        return (ordering if self.op in ORDERING else _OTHER_WORDS)[self.op]

    def _labels(self, element: "Element") -> str:
        return "或".join(element.label_of(value) for value in self.values)


class All(Node):
    all: tuple["Guard", ...] = Field(min_length=1)

    def holds(self, answers: Mapping[str, Any], on: date) -> bool:
        return all(part.holds(answers, on) for part in self.all)

    def describe(self, catalogue: "Catalogue") -> str:
        return "，且".join(_bracketed(part, catalogue) for part in self.all)

    def comparisons(self) -> "Iterator[tuple[tuple[str | int, ...], Compare]]":
        yield from _nested("all", self.all)


class AnyOf(Node):
    any: tuple["Guard", ...] = Field(min_length=1)

    def holds(self, answers: Mapping[str, Any], on: date) -> bool:
        return any(part.holds(answers, on) for part in self.any)

    def describe(self, catalogue: "Catalogue") -> str:
        return "，或".join(_bracketed(part, catalogue) for part in self.any)

    def comparisons(self) -> "Iterator[tuple[tuple[str | int, ...], Compare]]":
        yield from _nested("any", self.any)


class NoneOf(Node):
    none: tuple["Guard", ...] = Field(min_length=1)

    def holds(self, answers: Mapping[str, Any], on: date) -> bool:
        return not any(part.holds(answers, on) for part in self.none)

    def describe(self, catalogue: "Catalogue") -> str:
        return f"不属于：{'；'.join(part.describe(catalogue) for part in self.none)}"

    def comparisons(self) -> "Iterator[tuple[tuple[str | int, ...], Compare]]":
        yield from _nested("none", self.none)


def _shape(value: Any) -> str | None:
    if isinstance(value, Node):
        return f"<{type(value).__name__}>"
    if not isinstance(value, dict):
        return None
    for key, model in (("all", All), ("any", AnyOf), ("none", NoneOf), ("field", Compare)):
        if key in value:
            return f"<{model.__name__}>"
    return None


# The tags are in angle brackets so that the loader can leave them out of the paths it reports.
Guard = Annotated[
    Annotated[Compare, Tag("<Compare>")]
    | Annotated[All, Tag("<All>")]
    | Annotated[AnyOf, Tag("<AnyOf>")]
    | Annotated[NoneOf, Tag("<NoneOf>")],
    Discriminator(
        _shape,
        custom_error_type="guard_shape",
        custom_error_message="条件应写成 field/op/value、all、any 或 none",
    ),
]

for _model in (All, AnyOf, NoneOf):
    _model.model_rebuild()


def _nested(key: str, parts: tuple[Any, ...]) -> Iterator[tuple[tuple[str | int, ...], Compare]]:
    for index, part in enumerate(parts):
        for path, compare in part.comparisons():
            yield (key, index, *path), compare


def _bracketed(part: Node, catalogue: "Catalogue") -> str:
    text = part.describe(catalogue)
    return text if isinstance(part, Compare) else f"（{text}）"


def _equal(actual: Any, value: Literal_) -> bool:
    if isinstance(value, bool) or isinstance(actual, bool):
        return actual is value
    if isinstance(value, int | float):
        return as_number(actual) == as_number(value)
    return _text(actual) == value


def _ordered(actual: Any, op: str, value: Literal_) -> bool:
    if isinstance(value, str):
        return bool(ORDERING[op](_text(actual), value))
    number, limit = as_number(actual), as_number(value)
    return number is not None and limit is not None and bool(ORDERING[op](number, limit))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
