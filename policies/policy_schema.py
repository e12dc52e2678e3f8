"""What a policy version says (政策内容), as frozen typed values: conditions, benefit, basis.

The same document stands in a policy file and in a published version. `source` and `note` are for
maintainers and are never shown to a person; a value whose source is DEF is a demonstration value.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints, ValidationError

from policies import conditions, divisions
from policies.dictionary import FactDefinition, dictionary
from policies.formulas import AnyFormula, Formula, Some, Tree
from policies.reading import reason_of, steps_of
from policies.schema import Applicant, Code, Day, Entry, Text
from policies.trees import Node

APPLICATION = "application"
NUMBERS = {"int", "decimal"}


class Flaw(NamedTuple):
    """One mistake in a policy document: where, and what is wrong."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}：{self.reason}" if self.path else self.reason


class Basis(BaseModel):
    """A document that the policy rests on (政策依据)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    number: str = ""
    date: Day | None = None
    url: Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$")] = ""
    source: str = ""


class PolicyDocument(Entry):
    """One version's content.

    `conditions` is a tree of policies.conditions; only a policy open to all of its applicant kind
    (`open`) or abolished (`closed`) has none. `judged_on` names the day whose version counts: that
    of application, or a date fact. `enjoyed` is the fact that approval makes true.
    """

    summary: Text
    basis: tuple[Basis, ...] = ()
    conditions: Tree | None = None
    open: StrictBool = False
    closed: StrictBool = False
    judged_on: Code = APPLICATION
    enjoyed: str = ""
    excludes: tuple[Code, ...] = ()
    benefit: AnyFormula | None = None
    apply: str = ""

    @cached_property
    def node(self) -> Node | None:
        """Return the parsed conditions, none where everyone or no one qualifies."""
        return None if self.conditions is None else conditions.parse(self.conditions)


class VersionEntry(PolicyDocument):
    """A version as it stands in a policy file: the document with its days and division."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    effective_from: Day | None = None
    effective_to: Day | None = None
    division: Annotated[str, StringConstraints(pattern=r"^([0-9]{6})?$")] = ""

    @property
    def document(self) -> dict[str, Any]:
        """Return the document as JSON, the form in which it is stored and compared."""
        own = set(VersionEntry.model_fields) - set(PolicyDocument.model_fields)
        return self.model_dump(mode="json", exclude_defaults=True, exclude=own)


class PolicyEntry(Entry):
    """A policy as it stands in a policy file (政策), with all its versions, the oldest first."""

    code: Code
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    applicant: Applicant
    department: Code
    item: str = ""
    versions: Some[VersionEntry]


def flaws_in(raw: Any, applicant: Applicant | None = None) -> tuple[Flaw, ...]:
    """Return every mistake of a policy document given as JSON; none for a sound one."""
    try:
        document = PolicyDocument.model_validate(raw)
    except ValidationError as error:
        return tuple(Flaw(steps_of(d["loc"]).lstrip("."), reason_of(d)) for d in error.errors())
    return tuple(flaws_of(document, applicant))


def flaws_of(document: PolicyDocument, applicant: Applicant | None) -> Iterator[Flaw]:
    """Yield what is wrong with a document whose parts have the right shape."""
    yield from _conditions(document, applicant)
    yield from _judged_on(document)
    yield from _enjoyed(document, applicant)
    if document.benefit is not None:
        yield from _benefit(document.benefit, applicant)


def _conditions(document: PolicyDocument, applicant: Applicant | None) -> Iterator[Flaw]:
    if document.open and document.closed:
        yield Flaw("open", "不能既面向所有人又停止实施")
    if document.conditions is None:
        if not document.open and not document.closed:
            yield Flaw("conditions", "没有条件的政策须写明 open: true（面向所有人）")
        return
    if document.open or document.closed:
        yield Flaw("conditions", "面向所有人或停止实施的政策没有条件")
    yield from _tree("conditions", document.conditions, applicant)


def _tree(path: str, tree: Tree, applicant: Applicant | None) -> Iterator[Flaw]:
    try:
        conditions.parse(tree, applicant)
    except conditions.ConditionError as error:
        for problem in error.problems:
            yield Flaw(_joined(path, problem.path), problem.reason)


def _joined(path: str, rest: str) -> str:
    return path + rest if not rest or rest.startswith("[") else f"{path}.{rest}"


def _judged_on(document: PolicyDocument) -> Iterator[Flaw]:
    code = document.judged_on
    if code == APPLICATION:
        return
    definition = dictionary().get(code)
    if definition is None or definition.kind != "date":
        yield Flaw("judged_on", f"应为 {APPLICATION} 或一个日期事实")


def _enjoyed(document: PolicyDocument, applicant: Applicant | None) -> Iterator[Flaw]:
    if not document.enjoyed:
        return
    definition = dictionary().get(document.enjoyed)
    if definition is None or definition.kind != "bool":
        yield Flaw("enjoyed", "应为事实字典中的一个是非事实")
    elif not _concerns(definition, applicant):
        yield Flaw("enjoyed", f"“{definition.name}”是另一类申请人的事实")


def _benefit(formula: Formula, applicant: Applicant | None) -> Iterator[Flaw]:
    for path, code, number in formula.fact_codes():
        definition = dictionary().get(code)
        if definition is None:
            yield Flaw(f"benefit.{path}", f"事实字典中没有 {code}")
        elif number and definition.kind not in NUMBERS:
            yield Flaw(f"benefit.{path}", f"“{definition.name}”不是数字，不能用来计算")
        elif not number and not definition.options:
            yield Flaw(f"benefit.{path}", f"“{definition.name}”没有可分类的选项，不能据以分档")
        elif not _concerns(definition, applicant):
            yield Flaw(f"benefit.{path}", f"“{definition.name}”是另一类申请人的事实")
    for path, code, value in formula.values():
        options = dictionary()[code].options if code in dictionary() else ()
        if options and value not in {option.value for option in options}:
            yield Flaw(f"benefit.{path}", f"“{dictionary()[code].name}”没有选项 {value}")
    for path, tree in formula.trees():
        yield from _tree(f"benefit.{path}", tree, applicant)
    yield from _shares(formula)


def _shares(formula: Formula) -> Iterator[Flaw]:
    shares = [part.pct for part in formula.instalments if part.pct is not None]
    if shares and (len(shares) != len(formula.instalments) or sum(shares) != 100):
        yield Flaw("benefit.instalments", "各期比例之和应为 100")


def _concerns(definition: FactDefinition, applicant: Applicant | None) -> bool:
    return applicant is None or definition.applicant in {None, applicant}


def division_flaw(division: str) -> Flaw | None:
    """Return what is wrong with the division of a version; empty means the whole city."""
    if not division or divisions.known(division):
        return None
    return Flaw("division", f"没有行政区划 {division}")
