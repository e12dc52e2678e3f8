"""The nodes of a condition tree (条件树) over facts, as JSON and in plain Chinese.

policies.conditions reads and checks them; policies.eligibility judges a subject by them.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr

from policies.dictionary import FactDefinition, dictionary

APPLICATION = "application"
# The day asked about, as if it were a fact.
APPLICATION_DATE = FactDefinition(
    code="application_date", name="申请日期", kind="date", sources=(APPLICATION,)
)

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "between"]
# What an operator becomes where its comparison must not hold.
OPPOSITE = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "in": "not in", "not in": "in", "between": "not between", "not between": "between",
}  # fmt: skip

_NUMBER_WORDS = {"<": "低于", "<=": "不高于", ">": "高于", ">=": "不低于"}
_DATE_WORDS = {"<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"}
_EQUAL_WORDS = {"==": "为", "!=": "不为", "in": "为", "not in": "不为"}


def definition_of(code: str) -> FactDefinition:
    """Return what the dictionary says of a fact; raises KeyError for none such."""
    return APPLICATION_DATE if code == APPLICATION_DATE.code else dictionary()[code]


class Line(NamedTuple):
    """One line of a tree in plain language; `depth` is how far it stands to the right."""

    depth: int
    text: str
    path: str


class Offset(BaseModel):
    """A day that lies so far after (before, if negative) the application or a date fact."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: StrictStr
    months: int = 0
    days: int = 0

    @property
    def is_of_application(self) -> bool:
        return self.of == APPLICATION

    def describe(self) -> str:
        base = "申请之日" if self.is_of_application else definition_of(self.of).name
        years, months = divmod(abs(self.months), 12)
        parts = [(years, "年"), (months, "个月")]
        words = "".join(f"{number}{unit}" for number, unit in parts if number)
        if words:
            base += f"{_side(self.months)}{words}"
        return base + (f"{_side(self.days)}{abs(self.days)}天" if self.days else "")

    def to_json(self) -> dict[str, Any]:
        whole = self.months % 12 == 0
        moved = {
            "years": self.months // 12 if whole else 0,
            "months": 0 if whole else self.months,
            "days": self.days,
        }
        return {"of": self.of, **{key: number for key, number in moved.items() if number}}


def _side(number: int) -> str:
    return "后" if number > 0 else "前"


Bound = bool | int | Decimal | str | date | Offset


class Node(BaseModel):
    """What every condition can do; `label` is what editors call it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    label: StrictStr = ""

    @abstractmethod
    def leaves(self) -> "Iterator[tuple[str, Leaf]]":
        """Yield every leaf with its path, such as all[1].any[0]."""

    @abstractmethod
    def describe(self) -> str:
        """Return the condition as a Chinese phrase without a full stop."""

    def facts(self) -> frozenset[str]:
        """Return the codes of the facts that are asked about, the derived ones as such."""
        return frozenset(code for _, leaf in self.leaves() for code in leaf.codes())


class Leaf(Node):
    """One comparison of a fact.

    `value` is typed as the fact is; a tuple for `in` and `between`. What `matures` may yet be made
    true by an event. `source` is for maintainers.
    """

    fact: StrictStr
    op: Operator
    value: Any
    matures: StrictBool = False
    unit: StrictStr = ""
    source: StrictStr = ""

    @property
    def definition(self) -> FactDefinition:
        return definition_of(self.fact)

    @property
    def values(self) -> tuple[Any, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def codes(self) -> Iterator[str]:
        """Yield the dictionary's facts in it, that of an offset included."""
        if self.fact != APPLICATION_DATE.code:
            yield self.fact
        for value in self.values:
            if isinstance(value, Offset) and not value.is_of_application:
                yield value.of

    def leaves(self) -> "Iterator[tuple[str, Leaf]]":
        yield "", self

    def describe(self) -> str:
        return phrase(self)


class Group(Node):
    """Several conditions; `key` is how the group is written."""

    key: ClassVar[str]
    title: ClassVar[str]

    parts: tuple[Any, ...]

    @property
    def heading(self) -> str:
        return self.title

    def leaves(self) -> Iterator[tuple[str, Leaf]]:
        for path, part in self.steps():
            for rest, leaf in part.leaves():
                yield joined(path, rest), leaf

    def steps(self) -> Iterator[tuple[str, Node]]:
        """Yield the parts with the step that leads to each, such as all[1]."""
        for index, part in enumerate(self.parts):
            yield f"{self.key}[{index}]", part


class All(Group):
    key = "all"
    title = "以下条件须全部满足"

    def describe(self) -> str:
        return "，且".join(map(_bracketed, self.parts))


class AnyOf(Group):
    key = "any"
    title = "以下条件满足其一即可"

    def describe(self) -> str:
        return "，或".join(map(_bracketed, self.parts))


class NoneOf(Group):
    key = "none"
    title = "不得有以下任一情形"

    def describe(self) -> str:
        return f"不属于：{_series(self.parts)}"


class AtLeast(Group):
    key = "of"

    least: StrictInt

    @property
    def heading(self) -> str:
        return f"以下条件至少满足{self.least}项"

    def describe(self) -> str:
        return f"至少满足{self.least}项：{_series(self.parts)}"


def joined(path: str, rest: str) -> str:
    return f"{path}.{rest}" if path and rest else path + rest


def _bracketed(part: Node) -> str:
    text = part.describe()
    return text if isinstance(part, Leaf) else f"（{text}）"


def _series(parts: Sequence[Node]) -> str:
    return "；".join(part.describe() for part in parts)


# ---- in words -----------------------------------------------------------------------------------


def outline(node: Node) -> tuple[Line, ...]:
    """Return a tree in plain language, line by line, as pages show it."""
    return tuple(_lines(node, "", 0))


def _lines(node: Node, path: str, depth: int) -> Iterator[Line]:
    text = node.heading if isinstance(node, Group) else node.describe()
    yield Line(depth, f"{node.label}：{text}" if node.label else text, path)
    if isinstance(node, Group):
        for step, part in node.steps():
            yield from _lines(part, joined(path, step), depth + 1)


def phrase(leaf: Leaf) -> str:
    """Return a comparison in words: 学历为博士或硕士, “在校生”为否."""
    definition = leaf.definition
    if definition.kind == "bool":
        return f"“{definition.name}”为{need_words(leaf, leaf.op)}"
    return definition.name + need_words(leaf, leaf.op)


def need_words(leaf: Leaf, op: str) -> str:
    """Return what is needed by an operator, which may be the opposite of the leaf's own."""
    definition = leaf.definition
    words = [_bound_words(definition, value) for value in leaf.values]
    if definition.kind == "bool":
        return definition.label_of(leaf.value == (op == "=="))
    if op in _EQUAL_WORDS:
        return _EQUAL_WORDS[op] + _alternatives(words)
    ordering = _DATE_WORDS if definition.kind == "date" else _NUMBER_WORDS
    if op == "between":
        return f"在{words[0]}至{words[1]}之间（含）"
    if op == "not between":
        return f"{ordering['<']}{words[0]}或{ordering['>']}{words[1]}"
    return ordering[op] + words[0]


def _bound_words(definition: FactDefinition, value: Bound) -> str:
    return value.describe() if isinstance(value, Offset) else definition.label_of(value)


def _alternatives(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{'、'.join(words[:-1])}或{words[-1]}"


# ---- as JSON ------------------------------------------------------------------------------------


def to_json(node: Node) -> dict[str, Any]:
    """Return the tree as JSON; policies.conditions.parse reads it back to an equal tree."""
    if isinstance(node, Leaf):
        return _leaf_json(node)
    assert isinstance(node, Group)  # noqa: S101
    written: dict[str, Any] = {node.key: [to_json(part) for part in node.parts]}
    if isinstance(node, AtLeast):
        written = {"at_least": node.least, **written}
    return {**written, "label": node.label} if node.label else written


def _leaf_json(leaf: Leaf) -> dict[str, Any]:
    written = {"fact": leaf.fact, "op": leaf.op, "value": value_json(leaf.value)}
    extras = {name: getattr(leaf, name) for name in ("label", "matures", "unit", "source")}
    return {**written, **{name: extra for name, extra in extras.items() if extra}}


def value_json(value: Any) -> Any:
    """Return a fact's value, or what one is compared with, as JSON."""
    if isinstance(value, tuple):
        return [value_json(one) for one in value]
    if isinstance(value, Offset):
        return value.to_json()
    if isinstance(value, date):
        return value.isoformat()
    return _number_json(value) if isinstance(value, Decimal) else value


def _number_json(number: Decimal) -> int | float | str:
    """Return a JSON number where it says exactly the same, else the digits as text."""
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(repr(float(number))) == number else f"{number:f}"
