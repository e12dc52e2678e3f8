"""Conditions (享受条件) over facts: read from JSON or YAML and checked against the fact dictionary.

A leaf is `{fact: ss_months_cont, op: '>=', value: 6, matures: true}`; a day may lie so far from the
application or from a date fact: `{of: application, years: -2}`. Groups are `{all: [...]}`,
`{any: [...]}`, `{none: [...]}` and `{at_least: 2, of: [...]}`. The guards on form answers are
another language, policies.guards.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr, ValidationError

from policies.contradictions import contradictions, in_order
from policies.dictionary import FactDefinition, FactKind, dictionary
from policies.reading import reason_of, steps_of
from policies.schema import Applicant
from policies.trees import (
    APPLICATION,
    APPLICATION_DATE,
    All,
    AnyOf,
    AtLeast,
    Bound,
    Group,
    Leaf,
    Line,
    Node,
    NoneOf,
    Offset,
    Operator,
    joined,
    outline,
    to_json,
)

__all__ = [
    "All", "AnyOf", "AtLeast", "ConditionError", "Leaf", "Line", "Node", "NoneOf", "Offset",
    "Problem", "outline", "parse", "to_json",
]  # fmt: skip

MOST_LEAVES = 500
DEEPEST = 20
# Two centuries: beyond that an offset is a slip of the pen.
FARTHEST_MONTHS = 2400
FARTHEST_DAYS = 73_000

GROUPS: Mapping[str, type[Group]] = {"all": All, "any": AnyOf, "none": NoneOf, "at_least": AtLeast}
ORDERED = ("==", "!=", "<", "<=", ">", ">=", "in", "between")
OPERATORS: Mapping[FactKind, tuple[str, ...]] = {
    "bool": ("==", "!="),
    "enum": ("==", "!=", "in"),
    "division": ("==", "!=", "in"),
    "int": ORDERED,
    "decimal": ORDERED,
    "date": ORDERED,
}


class Problem(NamedTuple):
    """One mistake in a tree: where, such as all[1].value, and what is wrong."""

    path: str
    reason: str

    def __str__(self) -> str:
        return "：".join(part for part in self if part)


class ConditionError(ValueError):
    """A tree that is not sound; nothing of it may be used."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def parse(tree: Any, applicant: Applicant | None = None) -> Node:
    """Return a tree given as JSON; raise ConditionError with all problems.

    With an applicant kind, facts of the other kind are refused too.
    """
    if (size := _oversize(tree)) is not None:
        raise ConditionError((size,))
    reading = _Reading(applicant)
    node = reading.node(tree, "")
    if node is not None and not reading.problems:
        reading.problems = [Problem(*found) for found in dict.fromkeys(contradictions(node))]
    if node is None or reading.problems:
        raise ConditionError(tuple(reading.problems))
    return node


def _oversize(tree: Any) -> Problem | None:
    """Return why a tree is too large, without ever going deeper than allowed."""
    leaves, waiting = 0, [(tree, "", 0)]
    while waiting:
        part, path, depth = waiting.pop()
        lists = [
            (key, part[key])
            for key in ("all", "any", "none", "of")
            if isinstance(part, Mapping) and isinstance(part.get(key), list | tuple)
        ]
        if lists and depth >= DEEPEST:
            return Problem(path, f"条件嵌套超过 {DEEPEST} 层")
        leaves += not lists
        for key, parts in lists:
            steps = ((one, joined(path, f"{key}[{i}]"), depth + 1) for i, one in enumerate(parts))
            waiting.extend(steps)
        if leaves + len(waiting) > MOST_LEAVES:
            return Problem("", f"条件超过 {MOST_LEAVES} 项")
    return None


class _WrittenLeaf(BaseModel):
    """A leaf as written, its value not yet looked at."""

    model_config = ConfigDict(extra="forbid")

    fact: StrictStr
    op: Operator
    value: Any
    label: StrictStr = ""
    matures: StrictBool = False
    unit: StrictStr = ""
    source: StrictStr = ""


class _WrittenOffset(BaseModel):
    model_config = ConfigDict(extra="forbid")

    of: StrictStr
    years: StrictInt = 0
    months: StrictInt = 0
    days: StrictInt = 0


class _Reading:
    """One pass over a tree: all that is wrong with it, each with its path."""

    def __init__(self, applicant: Applicant | None) -> None:
        self.applicant = applicant
        self.problems: list[Problem] = []

    def node(self, raw: Any, path: str) -> Node | None:
        if not isinstance(raw, Mapping):
            return self._refuse(path, "条件应为键值表")
        kinds = [key for key in GROUPS if key in raw]
        if len(kinds) > 1:
            return self._refuse(path, f"{'、'.join(kinds)} 不能写在同一层")
        if kinds:
            return self._group(kinds[0], raw, path)
        if "fact" in raw or "op" in raw:
            return self._leaf(raw, path)
        return self._refuse(path, "条件应写成 fact/op/value、all、any、none 或 at_least/of")

    # ---- groups ----

    def _group(self, kind: str, raw: Mapping[str, Any], path: str) -> Node | None:
        model = GROUPS[kind]
        for key in raw:
            if key not in {kind, model.key, "label"}:
                self._refuse(joined(path, str(key)), "不认识的键")
        label = raw.get("label", "")
        if not isinstance(label, str):
            self._refuse(joined(path, "label"), "应为文字")
        parts = self._parts(raw.get(model.key), joined(path, model.key))
        extras = {"least": self._least(raw, path)} if model is AtLeast else {}
        if self.problems or parts is None:
            return None
        return model(parts=parts, label=label, **extras)

    def _parts(self, raw: Any, path: str) -> tuple[Node | None, ...] | None:
        if not isinstance(raw, list | tuple):
            return self._refuse(path, "应为列表" if raw is not None else "缺少该键")
        if not raw:
            return self._refuse(path, "不能为空")
        return tuple(self.node(part, f"{path}[{index}]") for index, part in enumerate(raw))

    def _least(self, raw: Mapping[str, Any], path: str) -> int:
        least, parts = raw["at_least"], raw.get("of")
        most = len(parts) if isinstance(parts, list | tuple) else MOST_LEAVES
        if isinstance(least, bool) or not isinstance(least, int):
            self._refuse(joined(path, "at_least"), "应为整数")
            return 1
        if most and not 1 <= least <= most:
            self._refuse(joined(path, "at_least"), f"应在 1 至 {most} 之间")
        return least

    # ---- leaves ----

    def _leaf(self, raw: Mapping[str, Any], path: str) -> Leaf | None:
        try:
            written = _WrittenLeaf.model_validate(dict(raw))
        except ValidationError as error:
            for detail in error.errors():
                self._refuse(joined(path, steps_of(detail["loc"]).lstrip(".")), reason_of(detail))
            return None
        definition = self._definition(written.fact, joined(path, "fact"))
        if definition is None:
            return None
        if written.unit and written.unit != definition.unit:
            self._refuse(joined(path, "unit"), _wrong_unit(definition))
        if written.op not in OPERATORS[definition.kind]:
            usable = "、".join(OPERATORS[definition.kind])
            return self._refuse(joined(path, "op"), f"“{definition.name}”只能用 {usable}")
        value = self._value(definition, written.op, written.value, joined(path, "value"))
        if value is None:
            return None
        return Leaf.model_construct(**{**dict(written), "value": value})

    def _definition(self, code: str, path: str) -> FactDefinition | None:
        if code == APPLICATION_DATE.code:
            return APPLICATION_DATE
        definition = dictionary().get(code)
        if definition is None:
            return self._refuse(path, f"事实字典中没有 {code}")
        if self.applicant and definition.applicant not in {None, self.applicant}:
            return self._refuse(path, f"“{definition.name}”是另一类申请人的事实")
        return definition

    def _value(self, definition: FactDefinition, op: str, raw: Any, path: str) -> Any:
        if op not in {"in", "between"}:
            return self._bound(definition, raw, path)
        if not isinstance(raw, list | tuple) or not raw:
            return self._refuse(path, f"{op} 的值应为非空列表")
        if op == "between" and len(raw) != 2:
            return self._refuse(path, "between 的值应为 [最低, 最高]")
        bounds = [self._bound(definition, one, f"{path}[{i}]") for i, one in enumerate(raw)]
        if any(bound is None for bound in bounds):
            return None
        if op == "between" and not in_order(*bounds):
            return self._refuse(path, "起点晚于终点" if _is_date(definition) else "下限高于上限")
        return tuple(bounds)

    def _bound(self, definition: FactDefinition, raw: Any, path: str) -> Bound | None:
        if isinstance(raw, Mapping):
            return self._offset(definition, raw, path)
        if isinstance(raw, datetime):
            raw = None
        try:
            bound: Bound = definition.parse(raw)
        except ValueError as error:
            return self._refuse(path, str(error))
        if isinstance(bound, Decimal) and bound != Decimal(str(raw)):
            return self._refuse(path, "最多写 4 位小数")
        return bound

    def _offset(
        self, definition: FactDefinition, raw: Mapping[str, Any], path: str
    ) -> Offset | None:
        if not _is_date(definition):
            return self._refuse(path, f"“{definition.name}”不是日期，不能与日期比较")
        try:
            written = _WrittenOffset.model_validate(dict(raw))
        except ValidationError as error:
            for detail in error.errors():
                self._refuse(joined(path, steps_of(detail["loc"]).lstrip(".")), reason_of(detail))
            return None
        months = written.years * 12 + written.months
        if abs(months) > FARTHEST_MONTHS or abs(written.days) > FARTHEST_DAYS:
            return self._refuse(path, "相隔不能超过 200 年")
        if not self._is_base(definition, written.of, joined(path, "of")):
            return None
        return Offset(of=written.of, months=months, days=written.days)

    def _is_base(self, definition: FactDefinition, of: str, path: str) -> bool:
        base = APPLICATION_DATE if of == APPLICATION else self._definition(of, path)
        if base is None:
            return False
        if not _is_date(base) or of == APPLICATION_DATE.code:
            self._refuse(path, f"应为 {APPLICATION} 或一个日期事实")
        elif base == definition:
            self._refuse(path, f"“{base.name}”不能与自身比较")
        else:
            return True
        return False

    def _refuse(self, path: str, reason: str) -> Any:
        """Note a problem; what could not be read is none."""
        self.problems.append(Problem(path, reason))


def _is_date(definition: FactDefinition) -> bool:
    return definition.kind == "date"


def _wrong_unit(definition: FactDefinition) -> str:
    if not definition.unit:
        return f"“{definition.name}”没有单位"
    return f"“{definition.name}”的单位是“{definition.unit}”"
