"""The form of a benefit: fields by kind of formula, from and to the JSON of policies.formulas.

What is typed but wrong stays in the JSON as typed, for policies.policy_schema to speak about.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.dictionary import dictionary
from policies.editing import builder
from policies.editing.builder import Choice, Line
from policies.editing.cells import Cell
from policies.editing.rows import Posted, Row, leaf_of, number_of, posted_row, rows_of

PREFIX = "b"
MOST_PARTS = 60
PER: tuple[Choice, ...] = (("once", "一次性"), ("month", "每月"), ("year", "每年"))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a formula; `kind` says how it is typed and how it is kept."""

    name: str
    label: str
    kind: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A list of things inside a formula (`many`), or one that may be left out."""

    name: str
    label: str
    unit: str
    fields: tuple[Field, ...]
    many: bool = True


INSTALMENTS = Part(
    "instalments",
    "分期",
    "期",
    (
        Field("pct", "比例（%）", "percent"),
        Field("when", "拨付时点", "text", "写给人看的话，如：连续参保满6个月"),
        Field("due", "到期条件", "tree", "据此推算这一期何时到期；没有可以不填"),
    ),
)
REMARKS = Field("remarks", "说明", "lines", "一行一条，列在计算过程之下")
EXTENSION = Part(
    "extension",
    "延长",
    "项",
    (Field("years", "延长年数", "whole"), Field("when", "延长条件", "text")),
    many=False,
)
TIERS = Part(
    "tiers",
    "标准",
    "档",
    (
        Field("values", "适用于", "values"),
        Field("amount", "金额（元）", "money"),
        Field("when", "附加条件", "tree", "只给满足它的人；没有可以不填"),
    ),
)
AREAS = Part(
    "areas",
    "保障面积",
    "档",
    (
        Field("up_to", "家庭人口不超过（人）", "whole", "最后一档留空，表示更多人口"),
        Field("area", "面积（平方米）", "money"),
    ),
)
_PRIZE = (
    Field("value", "等次", "value"),
    Field("amount", "金额（元）", "money"),
    Field("count", "名额", "whole"),
)
BY = Field("by", "依据的事实", "fact")

Parts = tuple[Field | Part, ...]
FORMULAS: Mapping[str, tuple[str, Parts]] = {
    "fixed": (
        "定额",
        (
            Field("amount", "金额（元）", "money"),
            Field("per", "发放方式", "per"),
            Field("payee", "计发单位", "text", "如“户”；按人的不填"),
            Field("years", "最长年数", "whole"),
            EXTENSION,
        ),
    ),
    "by_fact": ("分类定额", (BY, TIERS)),
    "family_area": (
        "按家庭人口折算面积",
        (
            Field("by", "家庭人口", "number"),
            Field("rate", "每平方米金额（元）", "money"),
            AREAS,
            Field("at_most", "金额不超过", "number"),
            Field("years", "最长年数", "whole"),
        ),
    ),
    "heads": (
        "按人数",
        (
            Field("by", "人数", "number"),
            Field("base", "基数（元）", "money"),
            Field("base_heads", "基数含几人", "whole"),
            Field("per_extra", "每多一人（元）", "money"),
            Field("cap", "每年最高（元）", "money"),
            Field("years", "最长年数", "whole"),
        ),
    ),
    "graded": (
        "分档评审",
        (
            Field("grades", "各档金额（元）", "moneys", "以顿号分开"),
            Field("exceptional", "特别优秀（元）", "money"),
            Field("by", "免评审依据", "fact"),
            Part("without_review", "免评审", "个等次", _PRIZE),
        ),
    ),
    "area_days": (
        "按面积和天数",
        (
            Field("by", "面积", "number"),
            Field("area_cap", "面积上限（平方米）", "money"),
            Field("rates", "各年每平方米每天（元）", "moneys", "一年一个，以顿号分开"),
            Field("days", "每年天数", "whole", "不填为 365 天"),
        ),
    ),
    "paid_rent": (
        "按实付租金",
        (
            Field("by", "实付租金", "number"),
            Field("caps", "各年上限（元）", "moneys", "一年一个，以顿号分开"),
            Field("total_cap", "总上限（元）", "money"),
        ),
    ),
    "loan": (
        "贷款资格",
        (
            Part(
                "caps",
                "额度上限",
                "类",
                (Field("label", "项目类别", "text"), Field("amount", "上限（元）", "money")),
            ),
            Field("interest", "贴息", "text"),
            Field("interest_years", "贴息年数", "whole"),
        ),
    ),
    "contest": (
        "赛事奖金",
        (
            BY,
            Part("prizes", "奖金", "个等次", _PRIZE),
            Part("landing", "落地资助", "个等次", _PRIZE),
            Field("landing_rule", "落地规则", "text"),
        ),
    ),
    "reimbursed": (
        "据实补贴",
        (Field("rule", "计算办法", "text"), Field("max_months", "最多月数", "whole")),
    ),
    "nominal": ("非资金待遇", (Field("text", "内容", "text"),)),
}
KINDS: tuple[Choice, ...] = (
    ("", "无金额"),
    *((kind, name) for kind, (name, _) in FORMULAS.items()),
)


def parts_of(kind: str) -> Parts:
    """Return the fields of a formula kind, those of every formula last; none without a formula."""
    return (*FORMULAS[kind][1], INSTALMENTS, REMARKS) if kind in FORMULAS else ()


# Posted fields → JSON


def posted(data: Posted) -> dict[str, Any] | None:
    """Return the benefit that was posted, as JSON; none for 无金额."""
    kind = data.get(f"{PREFIX}-kind", "")
    if kind not in FORMULAS:
        return None
    benefit: dict[str, Any] = {"kind": kind}
    for part in parts_of(kind):
        value = _posted_part(data, part) if isinstance(part, Part) else _posted(data, part, PREFIX)
        if value not in (None, "", [], {}):
            benefit[part.name] = value
    return benefit


def _posted_part(data: Posted, part: Part) -> Any:
    keys = list(dict.fromkeys(data.getlist(f"{PREFIX}-{part.name}")))[:MOST_PARTS]
    rows = [
        {
            field.name: value
            for field in part.fields
            if (value := _posted(data, field, f"{PREFIX}-{part.name}-{key}"))
            not in (None, "", [], {})
        }
        for key in keys
    ]
    return rows if part.many else next(iter(rows), None)


def _posted(data: Posted, field: Field, prefix: str) -> Any:
    name = f"{prefix}-{field.name}"
    if field.kind == "tree":
        return _posted_tree(data, name)
    if field.kind == "values":
        return [text for one in data.getlist(name) for text in _listed(one)]
    text = str(data.get(name, "") or "").replace("\0", "").strip()
    if field.kind == "whole":
        return number_of(text)
    if field.kind == "money" or field.kind == "percent":
        return text.replace(",", "").replace("，", "")
    if field.kind == "moneys":
        return _listed(text)
    if field.kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if field.kind == "per":
        return "" if text == "once" else text
    return text


def _listed(text: str) -> list[str]:
    parts = text.replace("\0", "").replace("，", "、").replace(" ", "、").split("、")
    return [part for part in parts if part]


def _posted_tree(data: Posted, name: str) -> Any:
    if kept := str(data.get(f"{name}-json", "") or ""):
        return _kept(kept)
    row = posted_row(data, name)
    return leaf_of(row) if row.fact else None


def apply(act: str, benefit: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a benefit after `part-add:tiers` or `part-remove:tiers:1`."""
    name, _, rest = act.partition(":")
    part_name, _, at = rest.partition(":")
    if benefit is None or name not in {"part-add", "part-remove"}:
        return benefit
    part = next((p for p in parts_of(str(benefit["kind"])) if p.name == part_name), None)
    if not isinstance(part, Part):
        return benefit
    rows = _rows(benefit, part)
    if name == "part-add":
        rows = [*rows, {}][:MOST_PARTS]
    else:
        rows = [row for index, row in enumerate(rows) if str(index) != at]
    value: Any = rows if part.many else next(iter(rows), None)
    return {**benefit, part.name: value}


def _kept(text: str) -> Any:
    """Return a condition that the page handed on; none where it is not what the page wrote."""
    try:
        found = json.loads(text, parse_constant=_refused)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    # The database keeps neither a NUL nor half a character, nor what is no number.
    return None if "\\u0000" in text else found


def _refused(constant: str) -> Any:
    raise ValueError(constant)


# JSON → what the page shows


@dataclass(frozen=True, slots=True)
class Section:
    """A part as it is shown, with its rows of cells; or one lone cell."""

    part: Part | None
    rows: tuple[tuple[Cell, ...], ...]
    problems: tuple[str, ...] = ()

    @property
    def full(self) -> bool:
        return self.part is not None and not self.part.many and bool(self.rows)


def sections(
    benefit: Mapping[str, Any] | None, applicant: str, problems: Iterable[tuple[str, str]] = ()
) -> list[Section]:
    """Return the form of a benefit; a problem (path, reason) stands at the field it is about."""
    if not benefit:
        return []
    form = _Form(benefit, applicant, tuple(problems))
    return [form.section(part) for part in parts_of(str(benefit.get("kind")))]


@dataclass(frozen=True, slots=True)
class _Form:
    benefit: Mapping[str, Any]
    applicant: str
    problems: tuple[tuple[str, str], ...]

    def section(self, part: Field | Part) -> Section:
        if isinstance(part, Field):
            value = self.benefit.get(part.name)
            return Section(None, ((self.cell(part, value, PREFIX, part.name),),))
        rows = []
        for index, row in enumerate(_rows(self.benefit, part)):
            path = f"{part.name}[{index}]" if part.many else part.name
            prefix = f"{PREFIX}-{part.name}-{index}"
            cells = (
                self.cell(field, row.get(field.name), prefix, f"{path}.{field.name}")
                for field in part.fields
            )
            rows.append(tuple(cells))
        return Section(part, tuple(rows), self._said(part.name, exactly=True))

    def cell(self, field: Field, value: Any, prefix: str, path: str) -> Cell:
        name = f"{prefix}-{field.name}"
        values = tuple(map(_word, value)) if isinstance(value, list) else (_word(value),)
        line, kept = self._tree(name, value) if field.kind == "tree" else (None, "")
        return Cell(
            name,
            field.label,
            self._widget(field),
            text="" if field.kind == "tree" else _joined(field, values),
            help=field.help,
            options=tuple(self._options(field, values)),
            picked=values,
            problems=self._said(path),
            line=line,
            kept=kept,
        )

    def _said(self, path: str, exactly: bool = False) -> tuple[str, ...]:
        starts = () if exactly else (f"{path}.", f"{path}[")
        return tuple(
            reason
            for at, reason in self.problems
            if at == path or (starts and at.startswith(starts))
        )

    def _tree(self, name: str, value: Any) -> tuple[Line | None, str]:
        rows = rows_of(value) if value else [Row(name, 0)]
        if len(rows) > 1 or rows[0].is_group:
            return None, json.dumps(value, ensure_ascii=False)
        line = builder.single(rows[0], name)
        return line, ""

    def _widget(self, field: Field) -> str:
        listed = {"fact": "select", "number": "select", "per": "select"}
        if field.kind in {"value", "values"}:
            picked = self._fact_options()
            return {"value": "select", "values": "several"}[field.kind] if picked else "text"
        return listed.get(field.kind, field.kind)

    def _options(self, field: Field, picked: tuple[str, ...]) -> Iterator[Choice]:
        if field.kind == "per":
            yield from PER
        elif field.kind in {"fact", "number"}:
            yield ("", "请选择")
            yield from _facts(self.applicant, only_numbers=field.kind == "number", picked=picked)
        elif field.kind in {"value", "values"} and (offered := self._fact_options()):
            if field.kind == "value":
                yield ("", "请选择")
            yield from offered
            codes = {code for code, _ in offered}
            yield from ((one, one) for one in picked if one and one not in codes)

    def _fact_options(self) -> tuple[Choice, ...]:
        fact = dictionary().get(_word(self.benefit.get("by")))
        return tuple((one.value, one.label) for one in fact.options) if fact else ()


def _facts(applicant: str, *, only_numbers: bool, picked: tuple[str, ...]) -> Iterator[Choice]:
    for code, fact in dictionary().items():
        fits = fact.applicant in {None, applicant}
        fits = fits and (fact.kind in {"int", "decimal"} if only_numbers else bool(fact.options))
        if fits or code in picked:
            yield code, fact.name


def _rows(benefit: Mapping[str, Any], part: Part) -> list[dict[str, Any]]:
    value = benefit.get(part.name)
    rows = value if isinstance(value, list) else [value] if value is not None else []
    return [row for row in rows if isinstance(row, dict)]


def _word(value: Any) -> str:
    return "" if value is None or isinstance(value, dict) else str(value)


def _joined(field: Field, values: tuple[str, ...]) -> str:
    return ("\n" if field.kind == "lines" else "、").join(values)
