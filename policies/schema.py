"""The catalogue of one one-thing (一件事): what is on offer, as frozen typed values.

The YAML files beside this module are read into these models, and the same document is kept in a
published version. `source` and `note` are for maintainers and are never shown to a person; a fact
whose source is DEF is a demonstration value.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StringConstraints,
)
from pydantic import (
    Field as PydanticField,
)

from policies.guards import Guard

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Count = Annotated[StrictInt, BeforeValidator(lambda value: _not_negative(value))]
Day = Annotated[date, BeforeValidator(lambda value: _iso_day(value))]

Applicant = Literal["person", "enterprise"]
Kind = Literal[
    "string",
    "text",
    "enum",
    "date",
    "division",
    "integer",
    "decimal",
    "bool",
    "month",
    "month_range",
    "bank_account",
    "list",
]
Obtained = Literal["retained", "shared", "produced", "commitment", "generated", "field", "merged"]


def _not_negative(value: Any) -> Any:
    if isinstance(value, int) and value < 0:
        raise ValueError("不能小于 0")
    return value


def _iso_day(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError("应为 2020-06-01 形式的日期")
    return value


class Entry(BaseModel):
    """One fact of the catalogue with where it comes from (来源)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = ""
    note: str = ""


class Source(BaseModel):
    """Where facts come from; grade A (official) to D (none: demonstration value)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    title: Text
    url: str = ""
    grade: Literal["A", "A-", "B", "C", "D"]
    note: str = ""

    @property
    def demonstration(self) -> bool:
        return self.grade == "D"


class DepartmentInfo(Entry):
    code: Code
    name: Text
    short_name: Text


class DataSource(Entry):
    """An outside organisation whose data stands in for a document (数据共享)."""

    code: Code
    name: Text
    gives: Text


class Option(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Text
    label: Text


class Field(Entry):
    """What can be asked and how an answer must look; shared by elements and list columns."""

    code: Code
    name: Text
    kind: Kind
    required: StrictBool = True
    help: str = ""
    min_length: Count | None = None
    max_length: Count | None = None
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: Count = 2
    options: tuple[Option, ...] = ()
    checks: tuple[str, ...] = ()
    sensitive: StrictBool = False

    def label_of(self, value: Any) -> str:
        """Return the Chinese label of an answer, the answer itself where it has none."""
        if isinstance(value, bool):
            return "是" if value else "否"
        labels = {option.value: option.label for option in self.options}
        return labels.get(str(value), str(value))


class Column(Field):
    """One column of a list answer, such as the ID number of each family member."""


class Element(Field):
    """A data element (数据元): asked once in the form, used by many items.

    `scope` is "dictionary" for the shared fields of one applicant and "item" for what only some
    items ask.
    `prefill` names where a value may come from: login, derived, or a department or data source.
    """

    scope: Literal["dictionary", "item"]
    applicant: Applicant | None = None
    section: Text
    standard: str = ""
    prefill: tuple[str, ...] = ()
    editable_after_prefill: StrictBool = True
    columns: tuple[Column, ...] = ()
    min_rows: Count = 0
    max_rows: Count = 50

    def column(self, code: str) -> Column | None:
        return next((column for column in self.columns if column.code == code), None)


class Rule(Entry):
    """A cross-field rule: `check` names it in policies.checks, `at` is where its error stands."""

    check: Text
    at: Code
    fields: Mapping[str, Code]
    params: Mapping[str, StrictInt | Text] = PydanticField(default_factory=dict)
    items: tuple[Code, ...] = ()


class Material(Entry):
    """A kind of document (材料) and how it is obtained today."""

    code: Code
    name: Text
    kind: Literal[
        "form", "upload", "generated", "certificate", "result", "declaration", "letter", "copy"
    ]
    obtained: Obtained
    shared_from: str | None = None
    target: str | None = None
    hint: str = ""
    clause: str = ""
    accept: tuple[Literal["pdf", "jpg", "png"], ...] = ("pdf", "jpg", "png")
    max_kb: Count = 10240
    pixels: tuple[StrictInt, StrictInt] | None = None

    @property
    def is_upload(self) -> bool:
        """Tell whether the applicant hands it in as a file."""
        return self.obtained == "retained" and self.kind == "upload"


class Line(Entry):
    """One line of an item's old material list; `material` says what became of it."""

    material: Code
    when: Guard | None = None
    optional: StrictBool = False


class Subject(BaseModel):
    """Whose item is required: the person whose ID number stands in this element or column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    element: Code
    column: Code | None = None

    def numbers(self, answers: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the ID numbers that the answers give for these persons."""
        value = answers.get(self.element)
        if self.column is None:
            return (str(value),) if value else ()
        return tuple(str(row[self.column]) for row in value or () if row.get(self.column))


class Requirement(Entry):
    """An item that comes first (前置事项); hard orders and blocks, soft only orders.

    With a `subject` it is the item of another person in another case, found by ID number. Where the
    applicant chose none of `any_of`, the last one that goes with the choice is added.
    """

    any_of: Annotated[tuple[Code, ...], AfterValidator(lambda codes: _not_empty(codes))]
    material: Code | None = None
    strength: Literal["hard", "soft"]
    why: Text
    when: Guard | None = None
    subject: Subject | None = None


def _not_empty(codes: tuple[str, ...]) -> tuple[str, ...]:
    if not codes:
        raise ValueError("不能为空")
    return codes


class Days(Entry):
    """Limits in working days (工作日); zero promised days means the same day (即办)."""

    before: Count
    promised: Count
    statutory: Count | None = None


class Result(Entry):
    kind: Literal["登记", "证照", "资金", "批文"]
    name: Text
    material: Code | None = None


class Procedure(Entry):
    """A special procedure (特别程序) such as publicity; outside the limit unless counted."""

    name: Text
    days: Count
    # Why the clock may stand meanwhile: a code of the closed list of reasons.
    reason: Literal["publicity", "card_making", "expert_review"]
    counted: StrictBool = False


class Window(Entry):
    """When an item is open for applications; without days it is open as the text says."""

    text: Text
    opens: Day | None = None
    closes: Day | None = None


class Item(Entry):
    """One service (事项) of one department."""

    code: Code
    slug: Text
    name: Text
    applicant: Applicant
    department: Code
    co_departments: tuple[Code, ...] = ()
    cross_department: StrictBool
    fields: tuple[Code, ...]
    own_fields: tuple[Code, ...] = ()
    days: Days
    # How many working days before the end the yellow card comes; without it as settled for all.
    warn_days: StrictInt | None = None
    materials: tuple[Line, ...]
    result: Result
    requires: tuple[Requirement, ...] = ()
    special_procedures: tuple[Procedure, ...] = ()
    window: Window | None = None
    supplies: tuple[Code, ...] = ()

    @property
    def promised_days(self) -> int:
        return self.days.promised

    @property
    def days_before(self) -> int:
        return self.days.before

    @property
    def statutory_days(self) -> int | None:
        return self.days.statutory

    @property
    def same_day(self) -> bool:
        return self.days.promised == 0

    @property
    def all_fields(self) -> tuple[str, ...]:
        return self.fields + self.own_fields

    @property
    def hard_requirements(self) -> tuple[Requirement, ...]:
        return tuple(need for need in self.requires if need.strength == "hard")

    @property
    def soft_requirements(self) -> tuple[Requirement, ...]:
        return tuple(need for need in self.requires if need.strength == "soft")

    def requirements_in(
        self, answers: Mapping[str, Any] | None, on: date
    ) -> tuple[Requirement, ...]:
        """Return the requirements that apply to these answers; without answers, all of them."""
        return tuple(need for need in self.requires if _applies(need.when, answers, on))

    def lines_in(self, answers: Mapping[str, Any] | None, on: date) -> tuple[Line, ...]:
        """Return the material lines that apply to these answers; without answers, all of them."""
        return tuple(line for line in self.materials if _applies(line.when, answers, on))


def _applies(when: Guard | None, answers: Mapping[str, Any] | None, on: date) -> bool:
    return when is None or answers is None or when.holds(answers, on)


class Exclusion(Entry):
    """Two items that are never in one case; one-way: only an earlier grant of the second bars."""

    items: tuple[Code, Code]
    one_way: StrictBool = False
    why: Text


class Chain(Entry):
    """An item whose longest way is published as a figure of the reform (串联链条)."""

    code: Code
    name: Text
    item: Code


class OneThingInfo(Entry):
    code: Code
    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
    name: Text
    summary: Text
    lead: Code
    # Where it is on offer (GB/T 2260); the districts below it are those that figures tell apart.
    division: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    launched: Day | None = None
    promised_days: Count
    chains: tuple[Chain, ...] = ()


Coded = TypeVar("Coded", bound=BaseModel)


def _by_code(value: Any) -> Any:
    """Turn a list of entries into a table; a document in the database keeps order as a list."""
    if not isinstance(value, list | tuple):
        return value
    return {entry["code"] if isinstance(entry, dict) else entry.code: entry for entry in value}


Table = Annotated[
    Mapping[str, Coded],
    BeforeValidator(_by_code),
    AfterValidator(MappingProxyType),
    PlainSerializer(lambda table: list(table.values())),
]


class Catalogue(BaseModel):
    """Everything on offer in one one-thing; tables keep the order of the files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    one_thing: OneThingInfo
    departments: Table[DepartmentInfo]
    data_sources: Table[DataSource] = PydanticField(default_factory=dict)
    elements: Table[Element]
    rules: tuple[Rule, ...] = ()
    materials: Table[Material]
    items: Table[Item]
    exclusions: tuple[Exclusion, ...] = ()
    sources: Table[Source]

    def items_for(self, applicant: Applicant) -> tuple[Item, ...]:
        return tuple(item for item in self.items.values() if item.applicant == applicant)

    def fields_of(self, codes: Iterable[str]) -> tuple[Element, ...]:
        """Return the merged form of these items: each element once, in catalogue order."""
        asked = {field for code in codes for field in self.items[code].all_fields}
        return tuple(element for element in self.elements.values() if element.code in asked)

    def sections_of(self, codes: Iterable[str]) -> tuple[tuple[str, tuple[Element, ...]], ...]:
        """Return the merged form in its sections, in order of first appearance."""
        sections: dict[str, list[Element]] = {}
        for element in self.fields_of(codes):
            sections.setdefault(element.section, []).append(element)
        return tuple((name, tuple(elements)) for name, elements in sections.items())

    def rules_of(self, codes: Iterable[str]) -> tuple[Rule, ...]:
        """Return the rules all of whose fields are asked and whose items are chosen."""
        chosen = set(codes)
        asked = {element.code for element in self.fields_of(chosen)}
        return tuple(
            rule
            for rule in self.rules
            if asked.issuperset(rule.fields.values())
            and (not rule.items or chosen.intersection(rule.items))
        )

    def used_by(self, element: str) -> tuple[str, ...]:
        return tuple(item.code for item in self.items.values() if element in item.all_fields)

    def produced_by(self, material: str) -> tuple[str, ...]:
        """Return the items whose result this material is."""
        return self._producers.get(material, ())

    def kept_as(self, material: str) -> str | None:
        """Return the material that the applicant's bundle holds in its place, if any."""
        entry = self.materials[material]
        if entry.obtained == "retained":
            return material
        return entry.target if entry.obtained in {"merged", "commitment"} else None

    def kept_materials(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return what a selection needs after the reform, forms included, in catalogue order."""
        lines = [line.material for code in codes for line in self.items[code].materials]
        kept = {self.kept_as(material) for material in lines}
        return tuple(code for code in self.materials if code in kept)

    def exclusions_among(self, codes: Iterable[str]) -> tuple[Exclusion, ...]:
        chosen = set(codes)
        return tuple(pair for pair in self.exclusions if chosen.issuperset(pair.items))

    def origin_name(self, code: str) -> str:
        """Return the Chinese name of the department or outside source that shares data."""
        if code in self.departments:
            return self.departments[code].short_name
        return self.data_sources[code].name

    @cached_property
    def _producers(self) -> dict[str, tuple[str, ...]]:
        producers: dict[str, tuple[str, ...]] = {}
        for item in self.items.values():
            if item.result.material:
                known = producers.get(item.result.material, ())
                producers[item.result.material] = (*known, item.code)
        return producers
