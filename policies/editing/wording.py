"""A policy version in plain Chinese, finished or not, and what differs between two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from policies import conditions, divisions
from policies.dictionary import dictionary
from policies.editing import benefit_form, builder
from policies.editing.cells import Cell
from policies.editing.draft import MODES, Draft
from policies.editing.rows import AT_LEAST, LEAF, Row, leaf_of, tree_of
from policies.guards import as_date
from policies.trees import All, AnyOf, NoneOf
from portal.core.chinese import day_words

UNFINISHED = "（尚未填完）"
EVERYWHERE = "全市"


@dataclass(frozen=True, slots=True)
class Worded:
    """One line; `depth` is how far it stands to the right, `change` is added, removed or empty."""

    depth: int
    text: str
    change: str = ""

    @property
    def inset(self) -> int:
        return min(self.depth, builder.MOST_INSET)


@dataclass(frozen=True, slots=True)
class Difference:
    """One point of a policy: how it stood before and how it stands now, line by line."""

    term: str
    lines: tuple[Worded, ...]

    @property
    def changed(self) -> bool:
        return any(line.change for line in self.lines)


# Conditions


def outline(rows: Sequence[Row]) -> list[Worded]:
    """Return the conditions in plain language; a row that is not sound yet says so."""
    tree = tree_of(rows)
    if tree is None:
        return []
    try:
        lines = conditions.outline(conditions.parse(tree))
    except conditions.ConditionError:
        return [Worded(row.depth, _unfinished(row)) for row in rows]
    return [Worded(line.depth, line.text) for line in lines]


_HEADINGS = {"all": All.heading, "any": AnyOf.heading, "none": NoneOf.heading}


def _unfinished(row: Row) -> str:
    named = f"{row.label}：" if row.label else ""
    if row.kind == AT_LEAST:
        return f"{named}以下条件至少满足{row.least or '几'}项"
    if row.kind != LEAF:
        return f"{named}{_HEADINGS[row.kind]}"
    try:
        return f"{named}{conditions.parse(leaf_of(row)).describe()}"
    except conditions.ConditionError:
        return f"{named}{builder.fact_name(row.fact)}{UNFINISHED}"


def conditions_of(draft: Draft) -> list[Worded]:
    """Return who may have it, in plain language."""
    if draft.mode != "conditions":
        return [Worded(0, dict(MODES)[draft.mode])]
    return outline(draft.rows)


# Everything else


def benefit_lines(benefit: Any, applicant: str) -> list[Worded]:
    """Return a benefit as lines of 字段：值."""
    if not isinstance(benefit, Mapping):
        return [Worded(0, "无金额")]
    kind = str(benefit.get("kind"))
    lines = [Worded(0, f"计算方式：{dict(benefit_form.KINDS).get(kind, kind)}")]
    for section in benefit_form.sections(benefit, applicant):
        for number, cells in enumerate(section.rows, 1):
            words = [text for cell in cells if (text := _cell_words(cell))]
            if not words:
                continue
            if section.part is None:
                lines += [Worded(0, word) for word in words]
            else:
                place = f"第 {number} {section.part.unit}" if section.part.many else ""
                lines.append(Worded(1, f"{section.part.label}{place}：{'，'.join(words)}"))
    return lines


def _cell_words(cell: Cell) -> str:
    if cell.kind == "tree":
        text = _tree_words(cell)
    elif cell.options:
        labels = dict(cell.options)
        text = "、".join(labels.get(one, one) for one in cell.picked if one)
    else:
        text = cell.text.replace("\n", "；")
    return f"{cell.label}：{text}" if text else ""


def _tree_words(cell: Cell) -> str:
    if cell.line is None:
        return "多项组合的条件"
    return _unfinished(cell.line.row) if cell.line.row.fact else ""


def _plain(*texts: str) -> list[Worded]:
    return [Worded(0, line) for text in texts for line in text.splitlines() if line]


def _day(text: str) -> str:
    day = as_date(text)
    return day_words(day) if day else text


def _fact(code: str) -> str:
    fact = dictionary().get(code)
    return fact.name if fact else code


def _basis(document: Mapping[str, Any]) -> list[Worded]:
    rows = [row for row in document.get("basis", ()) if isinstance(row, Mapping)]
    return [
        Worded(0, "，".join(_day(str(row[name])) for name in ("title", "number", "date", "url")
                           if row.get(name)))
        for row in rows
    ]  # fmt: skip


def points(draft: Draft, applicant: str, names: Mapping[str, str]) -> dict[str, list[Worded]]:
    """Return everything a version says, by point; `names` are those of policies by code."""
    document, head = draft.document, draft.head
    judged_on = str(document.get("judged_on") or "application")
    enjoyed = str(document.get("enjoyed") or "")
    return {
        "版本": _plain(head["label"]),
        "适用区划": _plain(divisions.name_of(head["division"]) or head["division"] or EVERYWHERE),
        "施行日期": _plain(_day(head["effective_from"]) or "未规定"),
        "截止日期": _plain(_day(head["effective_to"]) or "未规定"),
        "按哪一天的版本": _plain(
            "申请之日" if judged_on == "application" else f"{_fact(judged_on)}当日"
        ),
        "摘要": _plain(str(document.get("summary", ""))),
        "政策依据": _basis(document),
        "享受条件": conditions_of(draft),
        "待遇": benefit_lines(document.get("benefit"), applicant),
        "如何办理": _plain(str(document.get("apply", ""))),
        "批准后记为": _plain(_fact(enjoyed) if enjoyed else ""),
        "不能同时享受": _plain(*(names.get(str(c), str(c)) for c in document.get("excludes", ()))),
    }


def differences(
    new: Draft, old: Draft | None, applicant: str, names: Mapping[str, str]
) -> list[Difference]:
    """Return each point of a version with what was added and removed since an older one."""
    now = points(new, applicant, names)
    before = points(old, applicant, names) if old else {}
    return [
        Difference(term, tuple(compared(before.get(term, []), lines)))
        for term, lines in now.items()
        if lines or before.get(term)
    ]


def compared(old: Sequence[Worded], new: Sequence[Worded]) -> list[Worded]:
    """Return the lines of both, each marked as removed, added or neither."""
    found: list[Worded] = []
    matcher = SequenceMatcher(None, list(old), list(new), autojunk=False)
    for tag, begin, end, first, last in matcher.get_opcodes():
        if tag == "equal":
            found += new[first:last]
            continue
        found += [Worded(line.depth, line.text, "removed") for line in old[begin:end]]
        found += [Worded(line.depth, line.text, "added") for line in new[first:last]]
    return found
