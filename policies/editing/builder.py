"""The condition form as its page shows it: one line per row, with the fields that fit its fact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies import divisions, trees
from policies.dictionary import dictionary
from policies.editing import moves
from policies.editing.rows import (
    APPLICATION,
    APPLICATION_DATE,
    AT_LEAST,
    LEAF,
    Operand,
    Row,
    kind_of,
    operators,
    parts_key,
    picks_options,
)

Choice = tuple[str, str]

GROUP_KINDS: tuple[Choice, ...] = (
    ("all", "全部满足"),
    ("any", "任一满足"),
    ("none", "都不满足"),
    (AT_LEAST, "至少满足几项"),
)
STEP_CHOICES: tuple[Choice, ...] = (("years", "年"), ("months", "个月"), ("days", "天"))
SIDES: tuple[Choice, ...] = (("+", "之后"), ("-", "之前"))
BOOLEANS: tuple[Choice, ...] = (("true", "是"), ("false", "否"))
HANGZHOU = "330100"
# Deeper rows are set in no further.
MOST_INSET = 6

_NUMBERS = {
    ">=": "不低于",
    "<=": "不高于",
    ">": "高于",
    "<": "低于",
    "==": "为",
    "!=": "不为",
    "between": "介于（含两端）",
    "in": "为其中之一",
}
_DAYS = {
    ">=": "不早于",
    "<=": "不晚于",
    ">": "晚于",
    "<": "早于",
    "==": "为",
    "!=": "不为",
    "between": "介于（含两端）",
}
_CHOICES = {"==": "为", "in": "为其中之一", "!=": "不为"}


@dataclass(frozen=True, slots=True)
class End:
    """One value field of a comparison; `widget` is options, number, numbers or day."""

    name: str
    title: str
    widget: str
    operand: Operand
    options: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the form with what its page needs to draw it."""

    row: Row
    path: str
    title: str
    problems: tuple[str, ...]
    operators: tuple[Choice, ...]
    ends: tuple[End, ...]
    options: tuple[Choice, ...]
    unit: str
    acts: frozenset[str]
    # What the keyboard goes on with: nothing, the first field (`field`), or a button.
    focus: str

    @property
    def inset(self) -> int:
        return min(self.row.depth, MOST_INSET)

    @property
    def picks_several(self) -> bool:
        return self.row.op == "in" and picks_options(self.row.fact)


def lines(
    rows: Sequence[Row], problems: Iterable[tuple[str, str]] = (), focus: str = ""
) -> list[Line]:
    """Return the lines of a form; each problem (path, reason) stands at the row it is about."""
    paths = paths_of(rows)
    said = placed(paths, problems)
    return [
        _line(rows, at, paths[at], tuple(said.get(at, ())), _focus(row.key, focus))
        for at, row in enumerate(rows)
    ]


def single(row: Row, key: str) -> Line:
    """Return the line of a comparison that stands alone, with fields named after a key."""
    return _line([replace(row, key=key)], 0, "", (), "")


def paths_of(rows: Sequence[Row]) -> list[str]:
    """Return the path of each row in the tree, as in `all[1].any[0]`; empty for the outermost."""
    paths: list[str] = []
    open_groups: list[tuple[Row, str, int]] = []
    for row in rows:
        del open_groups[row.depth :]
        path = ""
        if open_groups:
            group, above, count = open_groups[-1]
            dot = "." if above else ""
            path = f"{above}{dot}{parts_key(group.kind)}[{count}]"
            open_groups[-1] = (group, above, count + 1)
        paths.append(path)
        open_groups.append((row, path, 0))
    return paths


def placed(paths: Sequence[str], problems: Iterable[tuple[str, str]]) -> dict[int, list[str]]:
    """Return the reasons by the place of the row with the longest path that they start with."""
    said: dict[int, list[str]] = {}
    for path, reason in problems:
        fitting = [at for at, one in enumerate(paths) if _inside(path, one)]
        at = max(fitting, key=lambda at: len(paths[at]), default=0)
        said.setdefault(at, []).append(reason)
    return said


def _inside(path: str, row: str) -> bool:
    return not row or path == row or path.startswith((f"{row}.", f"{row}["))


def _focus(key: str, focus: str) -> str:
    if focus == key:
        return "field"
    act, _, place = focus.partition(":")
    return act if place == key else ""


def _line(rows: Sequence[Row], at: int, path: str, problems: tuple[str, ...], focus: str) -> Line:
    row = rows[at]
    definition = dictionary().get(row.fact)
    return Line(
        row=row,
        path=path,
        title=_title(row, at),
        problems=problems,
        operators=_operator_choices(row),
        ends=_ends(row),
        options=_options(row, row.choices),
        unit=definition.unit if definition else "",
        acts=acts_of(rows, at),
        focus=focus,
    )


def _title(row: Row, at: int) -> str:
    name = row.label or (dict(GROUP_KINDS)[row.kind] if row.is_group else fact_name(row.fact))
    return f"第 {at + 1} 行，{name}"


def fact_name(fact: str) -> str:
    if fact == APPLICATION_DATE:
        return trees.APPLICATION_DATE.name
    definition = dictionary().get(fact)
    return definition.name if definition else fact or "未选事实"


def acts_of(rows: Sequence[Row], at: int) -> frozenset[str]:
    """Return what can be done with a row where it stands."""
    return frozenset(_acts(rows, at))


def _acts(rows: Sequence[Row], at: int) -> Iterable[str]:
    above = moves.before(rows, at)
    if above is not None:
        yield "up"
        if rows[above].is_group:
            yield "indent"
    if moves.after(rows, at) is not None:
        yield "down"
    if moves.parent_of(rows, at):
        yield "outdent"
    if at:
        yield "wrap"
        yield "remove"
        if rows[at].is_group:
            yield "unwrap"


def _operator_choices(row: Row) -> tuple[Choice, ...]:
    kind = kind_of(row.fact)
    words = _DAYS if kind == "date" else _NUMBERS if kind in {"int", "decimal"} else _CHOICES
    offered = operators(row.fact)
    kept = (row.op,) if row.op and row.op not in offered else ()
    return tuple((op, words.get(op, _NUMBERS.get(op, op))) for op in (*offered, *kept))


def _ends(row: Row) -> tuple[End, ...]:
    kind = kind_of(row.fact)
    if row.kind != LEAF or kind is None or (row.op == "in" and picks_options(row.fact)):
        return ()
    widget = {"date": "day", "int": "number", "decimal": "number"}.get(kind, "options")
    if row.op == "in":
        return (End("first", "值，以顿号分开", "numbers", row.first),)
    if row.op == "between":
        return (End("first", "起", widget, row.first), End("second", "止", widget, row.second))
    return (End("first", "值", widget, row.first, _options(row, (row.first.text,))),)


def _options(row: Row, kept: Sequence[str]) -> tuple[Choice, ...]:
    """Return what can be picked for a fact, and what was picked though it is not offered."""
    kind = kind_of(row.fact)
    if kind == "bool":
        offered = BOOLEANS
    elif kind == "division":
        offered = districts()
    elif kind == "enum":
        offered = tuple((one.value, one.label) for one in dictionary()[row.fact].options)
    else:
        return ()
    values = {value for value, _ in offered}
    strange = tuple(
        (one, divisions.name_of(one) or f"{one}（不在选项中）")
        for one in kept
        if one and one not in values
    )
    return (*offered, *strange)


def districts() -> tuple[Choice, ...]:
    """Return the districts of the city by code."""
    return divisions.children(HANGZHOU)


def fact_choices(applicant: str, used: Iterable[str] = ()) -> list[tuple[str, list[Choice]]]:
    """Return the facts that a policy for an applicant kind may ask, in groups; used ones stay."""
    groups: dict[str, list[Choice]] = {"日期": [(APPLICATION_DATE, fact_name(APPLICATION_DATE))]}
    for code, one in dictionary().items():
        if one.applicant in {None, applicant}:
            groups.setdefault(_group_name(code), []).append((code, one.name))
    offered = {code for choices in groups.values() for code, _ in choices}
    strange = [(code, fact_name(code)) for code in dict.fromkeys(used) if code not in offered]
    if kept := [choice for choice in strange if choice[0]]:
        groups["不适用的事实"] = kept
    return list(groups.items())


_GROUP_NAMES: Mapping[str, str] = {
    "date": "日期",
    "bool": "是否",
    "enum": "类别",
    "division": "类别",
    "int": "数量",
    "decimal": "数量",
}


def _group_name(code: str) -> str:
    return _GROUP_NAMES[dictionary()[code].kind]


def day_choices(applicant: str) -> list[Choice]:
    """Return the days that a date can be written from; empty stands for a fixed day."""
    facts = [
        (code, one.name)
        for code, one in dictionary().items()
        if one.kind == "date" and one.applicant in {None, applicant}
    ]
    return [("", "固定日期"), (APPLICATION, "申请之日"), *facts]


def context(
    rows: Sequence[Row],
    applicant: str,
    problems: Iterable[tuple[str, str]] = (),
    focus: str = "",
) -> dict[str, Any]:
    """Return what the condition form needs."""
    return {
        "lines": lines(rows, problems, focus),
        "facts": fact_choices(applicant, (row.fact for row in rows)),
        "days": day_choices(applicant),
        "group_kinds": GROUP_KINDS,
        "steps": STEP_CHOICES,
        "sides": SIDES,
    }
