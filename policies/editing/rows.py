"""A condition tree as the rows of a form, and back: tree ↔ rows ↔ posted fields, without loss.

The page lists the tree from top to bottom, one row per group or comparison, each with its depth.
What is typed but wrong stays in the tree as it was typed, for policies.conditions to speak about.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from policies.dictionary import FactDefinition, FactKind, dictionary

APPLICATION_DATE = "application_date"
# How a date written from another day names the day of application.
APPLICATION = "application"
AT_LEAST = "at_least"
GROUPS = ("all", "any", "none", AT_LEAST)
LEAF = "leaf"
STEPS = ("years", "months", "days")
MOST_ROWS = 1200

_KEY = re.compile(r"[a-z0-9]{1,12}", re.ASCII)
_BETWEEN_VALUES = re.compile(r"[、，,；;\s]+")


class Posted(Protocol):
    """What of a QueryDict is read here."""

    def get(self, name: str, default: str, /) -> Any: ...
    def getlist(self, name: str, /) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Operand:
    """One end of a comparison: a text, or so many years, months or days from another day (`of`).

    `days` are further days beside years or months, with a sign of their own.
    """

    text: str = ""
    of: str = ""
    side: str = "+"
    count: str = ""
    step: str = ""
    days: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form; `key` stays with it while it is moved."""

    key: str
    depth: int
    kind: str = LEAF
    label: str = ""
    least: str = ""
    fact: str = ""
    op: str = ""
    first: Operand = field(default_factory=Operand)
    second: Operand = field(default_factory=Operand)
    choices: tuple[str, ...] = ()
    matures: bool = False
    unit: str = ""
    source: str = ""

    @property
    def is_group(self) -> bool:
        return self.kind in GROUPS


def kind_of(fact: str) -> FactKind | None:
    """Return the type of a fact, none for an unknown one."""
    if fact == APPLICATION_DATE:
        return "date"
    definition = dictionary().get(fact)
    return definition.kind if definition else None


def picks_options(fact: str) -> bool:
    """Tell whether values of a fact are ticked from a list where several are asked for."""
    return kind_of(fact) in {"enum", "division"}


# Tree → rows


def rows_of(tree: Any) -> list[Row]:
    """Return the rows of a tree, the outermost group first; no tree gives one empty group."""
    rows = [replace(row, key=str(index)) for index, row in enumerate(_walk(tree, 0))]
    return rows or [Row("0", 0, kind="all")]


def _walk(node: Any, depth: int) -> Iterator[Row]:
    if not isinstance(node, Mapping):
        return
    group = _group_of(node)
    if group is None:
        yield _leaf_row(node, depth)
        return
    kind, parts = group
    least = _text(node.get(AT_LEAST)) if kind == AT_LEAST else ""
    yield Row("", depth, kind=kind, label=_text(node.get("label")), least=least)
    for part in parts:
        yield from _walk(part, depth + 1)


def _group_of(node: Mapping[str, Any]) -> tuple[str, list[Any]] | None:
    for kind in GROUPS:
        if kind in node:
            parts = node.get(parts_key(kind))
            return kind, parts if isinstance(parts, list) else []
    return None


def parts_key(kind: str) -> str:
    """Return under which key a group holds its parts."""
    return "of" if kind == AT_LEAST else kind


def _leaf_row(leaf: Mapping[str, Any], depth: int) -> Row:
    fact, op, value = _text(leaf.get("fact")), _text(leaf.get("op")), leaf.get("value")
    row = Row(
        "",
        depth,
        label=_text(leaf.get("label")),
        fact=fact,
        op=op,
        matures=leaf.get("matures") is True,
        unit=_text(leaf.get("unit")),
        source=_text(leaf.get("source")),
    )
    if not isinstance(value, list):
        return replace(row, first=_operand(value))
    if op == "in" and picks_options(fact):
        return replace(row, choices=tuple(_text(one) for one in value))
    if op == "in":
        return replace(row, first=Operand("、".join(_text(one) for one in value)))
    first, second, *_ = (*map(_operand, value), Operand(), Operand())
    return replace(row, first=first, second=second)


def _operand(value: Any) -> Operand:
    if not isinstance(value, Mapping):
        return Operand(_text(value))
    of = _text(value.get("of"))
    steps = [step for step in STEPS if step in value]
    if not steps:
        return Operand(of=of)
    step, *rest = steps
    count = _text(value[step])
    side = "-" if count.startswith("-") else "+"
    days = _text(value["days"]) if "days" in rest else ""
    return Operand(of=of, side=side, count=count.removeprefix("-"), step=step, days=days)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


# Rows → tree


def tree_of(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return the tree that rows stand for; none where there is only an empty outermost group."""
    settled = settle(rows)
    if not settled or (len(settled) == 1 and settled[0].is_group and not settled[0].label):
        return None
    tree, _ = _node(settled, 0)
    return tree


def settle(rows: Sequence[Row]) -> list[Row]:
    """Return rows with depths that make one tree: each stands in the nearest group above it."""
    if len(rows) > 1 and not rows[0].is_group:
        taken = {row.key for row in rows}
        root = Row(_free(taken), 0, kind="all")
        rows = [root, *(replace(row, depth=row.depth + 1) for row in rows)]
    settled: list[Row] = []
    for row in rows:
        most = settled[-1].depth + settled[-1].is_group if settled else 0
        least = 1 if settled else 0
        settled.append(replace(row, depth=min(max(row.depth, least), most)))
    return settled


def free_key(rows: Sequence[Row]) -> str:
    """Return a key that no row has."""
    return _free({row.key for row in rows})


def _free(taken: set[str]) -> str:
    return next(str(number) for number in range(len(taken) + 1) if str(number) not in taken)


def _node(rows: Sequence[Row], at: int) -> tuple[dict[str, Any], int]:
    row = rows[at]
    if not row.is_group:
        return leaf_of(row), at + 1
    parts, place = [], at + 1
    while place < len(rows) and rows[place].depth > row.depth:
        part, place = _node(rows, place)
        parts.append(part)
    node: dict[str, Any] = {AT_LEAST: number_of(row.least)} if row.kind == AT_LEAST else {}
    node[parts_key(row.kind)] = parts
    if row.label:
        node["label"] = row.label
    return node, place


def leaf_of(row: Row) -> dict[str, Any]:
    """Return the comparison that a row stands for."""
    leaf: dict[str, Any] = {"fact": row.fact, "op": row.op, "value": _value(row)}
    for name in ("label", "unit", "source"):
        if text := getattr(row, name):
            leaf[name] = text
    if row.matures:
        leaf["matures"] = True
    return leaf


def _value(row: Row) -> Any:
    if row.op == "between":
        return [_end(row.fact, row.first), _end(row.fact, row.second)]
    if row.op != "in":
        return _end(row.fact, row.first)
    if picks_options(row.fact):
        return list(row.choices)
    texts = [text for text in _BETWEEN_VALUES.split(row.first.text) if text]
    return [_end(row.fact, Operand(text)) for text in texts]


def _end(fact: str, operand: Operand) -> Any:
    if operand.of:
        return {"of": operand.of, **_offset(operand)}
    kind = kind_of(fact)
    if kind == "bool" and operand.text in {"true", "false"}:
        return operand.text == "true"
    if kind in {"int", "decimal"}:
        return number_of(operand.text)
    return operand.text or None


def _offset(operand: Operand) -> dict[str, Any]:
    further = {"days": number_of(operand.days)} if operand.days else {}
    if not operand.count:
        return further
    count = number_of(operand.count)
    if isinstance(count, int) and operand.side == "-":
        count = -count
    return {operand.step or "years": count, **further}


def number_of(text: str) -> int | float | str | None:
    """Return a number as JSON would have it; a text that is none, or too exact, stays a text."""
    text = text.strip().replace("，", "").replace(",", "")
    if not text:
        return None
    for make in (int, float):
        try:
            if str(number := make(text)) == text and abs(number) < 10**15:
                return number
        except ValueError:
            continue
    return text


# Rows ↔ fields of the form

_OPERAND = ("text", "of", "side", "count", "step", "days")


def fields_of(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return what the page posts for rows, name and value."""
    found: list[tuple[str, str]] = []
    for row in rows:
        found += [("row", row.key), *((f"{row.key}-{name}", text) for name, text in _fields(row))]
    return found


def _fields(row: Row) -> Iterator[tuple[str, str]]:
    yield from (("depth", str(row.depth)), ("kind", row.kind), ("label", row.label))
    if row.is_group:
        yield "least", row.least
        return
    yield from (("fact", row.fact), ("was", row.fact), ("op", row.op))
    for end in ("first", "second"):
        operand = getattr(row, end)
        yield from ((f"{end}-{name}", getattr(operand, name)) for name in _OPERAND)
    yield from (("choice", choice) for choice in row.choices)
    yield from (("unit", row.unit), ("source", row.source))
    if row.matures:
        yield "matures", "on"


def posted(data: Posted) -> list[Row]:
    """Return the rows that were posted, settled; at most MOST_ROWS, no key twice."""
    keys = dict.fromkeys(key for key in data.getlist("row") if _KEY.fullmatch(key))
    rows = settle([posted_row(data, key) for key in list(keys)[:MOST_ROWS]])
    return rows or rows_of(None)


def posted_row(data: Posted, key: str) -> Row:
    """Return one row whose fields begin with a key."""

    def read(name: str) -> str:
        return str(data.get(f"{key}-{name}", "") or "").replace("\0", "").strip()

    depth, kind = read("depth"), read("kind")
    place = int(depth) if depth.isdecimal() and len(depth) < 3 else 0
    if kind in GROUPS:
        return Row(key, place, kind=kind, label=read("label"), least=read("least"))
    row = Row(
        key,
        place,
        label=read("label"),
        fact=read("fact"),
        op=read("op"),
        first=Operand(*(read(f"first-{name}") for name in _OPERAND)),
        second=Operand(*(read(f"second-{name}") for name in _OPERAND)),
        choices=tuple(one.replace("\0", "") for one in data.getlist(f"{key}-choice")),
        matures=bool(read("matures")),
        unit=read("unit"),
        source=read("source"),
    )
    return _fitting(row, was=read("was"))


def _fitting(row: Row, was: str) -> Row:
    """Return a row whose value suits a newly chosen fact or operator; what still fits is kept."""
    definition, before = dictionary().get(row.fact), dictionary().get(was)
    if row.fact != was and not _alike(definition, before, row.fact, was):
        row = replace(row, first=Operand(), second=Operand(), choices=(), op="", unit="")
    if kind_of(row.fact) and not row.op:
        row = replace(row, op=operators(row.fact)[0])
    if kind_of(row.fact) == "bool" and not row.first.text:
        row = replace(row, first=replace(row.first, text="true"))
    if not picks_options(row.fact):
        return row
    if row.op == "in" and not row.choices and row.first.text:
        return replace(row, choices=(row.first.text,), first=Operand())
    if row.op != "in" and row.choices:
        text = row.first.text or row.choices[0]
        return replace(row, choices=(), first=replace(row.first, text=text))
    return row


def _alike(one: FactDefinition | None, other: FactDefinition | None, fact: str, was: str) -> bool:
    """Tell whether a value of one fact may stand for another: same type and unit, no options."""
    if kind_of(fact) is None or kind_of(was) is None:
        return not was
    units = {definition.unit if definition else "" for definition in (one, other)}
    return kind_of(fact) == kind_of(was) and len(units) == 1 and not picks_options(fact)


_OPERATORS: Mapping[FactKind, tuple[str, ...]] = {
    "bool": ("==",),
    "int": (">=", "<=", ">", "<", "==", "!=", "between", "in"),
    "decimal": (">=", "<=", ">", "<", "==", "!=", "between", "in"),
    "enum": ("==", "in", "!="),
    "division": ("==", "in", "!="),
    "date": (">=", "<=", ">", "<", "==", "!=", "between"),
}


def operators(fact: str) -> tuple[str, ...]:
    """Return the operators that fit a fact, the most usual first."""
    kind = kind_of(fact)
    return _OPERATORS[kind] if kind else ()
