"""What staff read of a case (卷宗): answers masked, materials with their state, shared records.

The window reads the whole case, a department only what its own item asks for (最小必要).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from cases import calendar, masking, maturity
from cases.application import merged_form, route
from cases.merging import Needed
from cases.models import Case, Document, Edge, Origin, SharedRequest, Supplement, WorkItem
from cases.models.case import ApplicantKind
from cases.notices import gap_words
from cases.numbering import spaced
from cases.pages import bundle, picture
from policies.schema import Catalogue
from portal.core import clock
from portal.core.chinese import day_words, instant_words, listed

UPLOADED = {"kind": "done", "label": "已上传"}
LACKING = {"kind": "stop", "label": "缺"}
OPTIONAL = {"kind": "", "label": "选交，未交"}
MADE = {"kind": "", "label": "系统生成"}
SHARED = {"kind": "done", "label": "已共享"}
ASKING = {"kind": "now", "label": "查询中"}
VERIFY = {"kind": "later", "label": "须核验"}
RESULT = {"kind": "done", "label": "已取得"}
LATER = {"kind": "later", "label": "等前一事项"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it stands on the page; `hidden` if some of it is masked."""

    code: str
    name: str
    lines: tuple[str, ...]
    hidden: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One material: its state, its files, and what a department's database said."""

    code: str
    name: str
    tag: Mapping[str, str]
    why: str = ""
    files: tuple[Mapping[str, str], ...] = ()
    facts: tuple[Mapping[str, str], ...] = ()
    provided: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Materials:
    """The materials of a case by the way they come, and the promises the applicant signed."""

    handed_in: list[Line] = field(default_factory=list)
    shared: list[Line] = field(default_factory=list)
    produced: list[Line] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.handed_in or self.shared or self.produced or self.clauses)


def applicant_words(case: Case) -> str:
    """Return the applicant for lists: a person's name masked, an enterprise's as registered."""
    name = case.applicant_name
    return masking.masked_name(name) if case.applicant_kind == ApplicantKind.PERSON else name


def number_words(case: Case) -> str:
    return spaced(case.number or "")


def item_words(case: Case) -> str:
    """Return the items of a case in short."""
    return items_listed(case.version.catalogue, case.item_codes)


def items_listed(catalogue: Catalogue, codes: Iterable[str]) -> str:
    names = (picture.short_name(catalogue.items[code].name) for code in codes)
    return listed(names, 3)


def sections(
    case: Case, codes: Iterable[str], problems: Mapping[str, str] | None = None
) -> list[Section]:
    """Return the answers that these items ask for, in the sections of the form."""
    answers = case.all_answers
    return [
        Section(
            title,
            tuple(
                Answer(
                    element.code,
                    element.name,
                    masking.lines(element, answers.get(element.code)),
                    masking.is_masked(element, answers.get(element.code)),
                    (problems or {}).get(element.code, ""),
                )
                for element in elements
            ),
        )
        for title, elements in case.version.catalogue.sections_of(codes)
    ]


def materials(
    case: Case, only: Collection[str] | None = None, problems: Mapping[str, str] | None = None
) -> Materials:
    """Return the material list of a case, or of the items `only`."""
    return _Reader(case, only, problems or {}).read()


def plan_of(case: Case) -> picture.Picture:
    """Return the picture of a case: the promise at the window, the progress after acceptance."""
    if case.accepted_at is None:
        aside = maturity.preview(case, at_window=True)  # has no day yet
        return picture.promise(route(case, without=aside), case.version.catalogue)
    work_items = list(
        case.work_items.select_related("department").prefetch_related("suspensions").order_by("pk")
    )
    edges = list(Edge.objects.filter(dependant__case=case))
    return picture.progress(case, work_items, edges, now=clock.now(), calendar=calendar.current())


class _Reader:
    """Reads documents and questions of a case once and sorts them by material."""

    def __init__(
        self, case: Case, only: Collection[str] | None, problems: Mapping[str, str]
    ) -> None:
        self.case, self.only, self.problems = case, only, problems
        self.catalogue: Catalogue = case.version.catalogue
        self.documents: dict[str, list[Document]] = {}
        for document in case.documents.current().select_related("work_item"):
            self.documents.setdefault(document.material_code, []).append(document)
        self.outcomes = dict(case.shared_requests.values_list("material_code", "outcome"))

    def read(self) -> Materials:
        merged = merged_form(self.case)
        made = [Line(one.code, one.material.name, MADE) for one in self._mine(merged.generated)]
        return Materials(
            [*(self._upload(one) for one in self._mine(merged.uploads)), *made],
            [self._shared(one) for one in self._mine(merged.shared)],
            [self._produced(one) for one in self._mine(merged.produced)],
            [one.material.clause for one in self._mine(merged.commitments)],
        )

    def _mine(self, needed: Iterable[Needed]) -> list[Needed]:
        if self.only is None:
            return list(needed)
        return [one for one in needed if not set(one.items).isdisjoint(self.only)]

    def _of(self, code: str, origin: Origin) -> list[Document]:
        return [one for one in self.documents.get(code, ()) if one.origin == origin]

    def _upload(self, needed: Needed) -> Line:
        files = self._of(needed.code, Origin.UPLOADED)
        tag = UPLOADED if files else LACKING if needed.required else OPTIONAL
        return Line(
            needed.code,
            needed.material.name,
            tag,
            needed.material.hint,
            tuple(bundle.file_row(document, removable=False) for document in files),
            problem=self.problems.get(f"material:{needed.code}", ""),
        )

    def _shared(self, needed: Needed) -> Line:
        source = self.catalogue.origin_name(needed.material.shared_from or "")
        for document in self._of(needed.code, Origin.SHARED):
            facts = tuple({"term": t, "value": v} for t, v in (document.record or {}).items())
            provided = provided_words(document)
            return Line(needed.code, needed.material.name, SHARED, facts=facts, provided=provided)
        outcome = SharedRequest.Outcome(
            self.outcomes.get(needed.code, SharedRequest.Outcome.PENDING)
        )
        waits = outcome == SharedRequest.Outcome.PENDING
        why = f"{source}：{outcome.label}"
        return Line(needed.code, needed.material.name, ASKING if waits else VERIFY, why)

    def _produced(self, needed: Needed) -> Line:
        name = needed.material.name
        if results := self._of(needed.code, Origin.PRODUCED):
            files = tuple(result_row(document) for document in results)
            return Line(needed.code, name, RESULT, files=files)
        producers = self.catalogue.produced_by(needed.code)
        held = [self.case.existing_results[c] for c in producers if c in self.case.existing_results]
        if held:
            return Line(needed.code, name, VERIFY, f"申请人称已有，文号 {listed(held)}，请核验")
        chosen = [code for code in producers if code in self.case.item_codes]
        why = f"由“{items_listed(self.catalogue, chosen)}”的结果带入" if chosen else ""
        return Line(needed.code, name, LATER if chosen else VERIFY, why)


def provided_words(document: Document) -> str:
    """Return who gave a shared record and when: 市公安局　2026年11月23日 10:12 提供."""
    return f"{document.source}　{instant_words(document.obtained_at)} 提供"


def result_row(document: Document) -> dict[str, str]:
    """Return a department's result for a list."""
    item: WorkItem | None = document.work_item
    number = f"文号 {item.result_number}，" if item and item.result_number else ""
    return {
        "name": document.title,
        "note": f"{number}{document.source}，{day_words(document.obtained_at)}",
        "url": reverse("cases:document", args=[document.pk]),
    }


def told(supplement: Supplement) -> dict[str, Any]:
    """Return a one-time notice as it stands on a page: who told what, when, and until when."""
    answered = supplement.answered_at
    return {
        "when": f"{instant_words(supplement.asked_at)}，{supplement.asked_by}",
        "gaps": gap_words(supplement.gaps),
        "term": instant_words(supplement.lapses_at),
        "answered": instant_words(answered) if answered else "",
    }
