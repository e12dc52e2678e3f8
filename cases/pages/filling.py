"""Filling the form (填表): the page of a draft, and what its posts change.

Every post of the page saves first, whatever else it does, and the page is drawn again from what was
saved: so nothing that was typed or uploaded is lost to an error.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from cases import drafting, routing, uploads
from cases.errors import UnusableFile
from cases.forms import AnswerForm
from cases.models import Case
from cases.pages import bundle, picture
from cases.pages import parked as parked_page
from cases.pages.prefill import from_id_number, known
from policies.guards import is_blank
from policies.schema import Element
from portal.accounts.models import User
from portal.core import clock
from portal.core.chinese import listed

FILE = "file-"
MATERIAL = "material:"


@dataclass
class Taken:
    """What one post of the page changed.

    `derived` are answers the ID number brought, `dropped` names of items that the catalogue in
    force does not have any more.
    """

    case: Case
    added: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    file_errors: dict[str, str] = field(default_factory=dict)
    too_large: bool = False


def take_in(
    case: Case, actor: User, posted: QueryDict, files: MultiValueDict[str, UploadedFile]
) -> Taken:
    """Save the posted answers and files of a draft. Raises AlreadyHandled once it is handed in."""
    before, items = list(case.item_codes), case.version.catalogue.items
    given = answer_form(case, data=posted).given()
    derived = _derive(case, given)
    saved = drafting.save(case_id=case.pk, actor=actor, answers=given)
    dropped = tuple(items[code].name for code in before if code not in saved.item_codes)
    taken = Taken(saved, _added(saved, set(before)), dropped, derived)
    for name, sent in files.lists():
        if name.startswith(FILE) and takes(saved, name.removeprefix(FILE)):
            take_files(taken, actor, name.removeprefix(FILE), sent)
    return taken


def take_files(taken: Taken, actor: User, material: str, files: Iterable[UploadedFile]) -> None:
    """Attach files to a material of the case; what cannot be taken is noted with its reason."""
    for file in files:
        try:
            uploads.add_document(case=taken.case, actor=actor, material_code=material, upload=file)
        except UnusableFile as error:
            taken.file_errors[material] = f"{file.name}：{error}"
            taken.too_large = taken.too_large or error.too_large


def takes(case: Case, material: str) -> bool:
    """Tell whether a material of the catalogue is handed in as a file."""
    found = case.version.catalogue.materials.get(material)
    return found is not None and found.is_upload


def answer_form(case: Case, *, data: QueryDict | None = None, more_rows: str = "") -> AnswerForm:
    """Return the merged form of a draft, filled with what is saved or known already."""
    asked = case.version.catalogue.fields_of(case.item_codes)
    return AnswerForm(asked, answers=_filled(case, asked)[0], data=data, more_rows=more_rows)


def page(
    case: Case,
    *,
    problems: Mapping[str, str] | None = None,
    file_errors: Mapping[str, str] | None = None,
    data: QueryDict | None = None,
    more_rows: str = "",
) -> dict[str, Any]:
    """Return the context of the form page, with `problems` as the verbs name them."""
    found = dict(problems or {})
    asked = case.version.catalogue.fields_of(case.item_codes)
    answers, sources = _filled(case, asked)
    form = AnswerForm(asked, answers=answers, data=data, more_rows=more_rows)
    form.show(found)
    at_materials = material_problems(found) | dict(file_errors or {})
    return {
        "case": case,
        "form": form,
        "sections": _sections(case, form, sources),
        "bundle": bundle.bundle_of(case, at_materials),
        "summary": summary(case, form, found, at_materials),
        "signature_error": found.get("signature", ""),
        "item_names": [item.name for item in _items(case)],
        "put_aside": parked_page.preview(case),
        "is_closed": is_closed(case),
        "is_renewed": case.version_id != case.one_thing.current_id and not is_closed(case),
    }


def is_closed(case: Case) -> bool:
    """Tell whether the one-thing of a draft takes no applications at present."""
    return not case.one_thing.is_open or case.one_thing.current_id is None


def material_problems(problems: Mapping[str, str]) -> dict[str, str]:
    """Return the problems that are about materials, by material code."""
    return {
        key.removeprefix(MATERIAL): problem
        for key, problem in problems.items()
        if key.startswith(MATERIAL)
    }


def summary(
    case: Case, form: AnswerForm, problems: Mapping[str, str], at_materials: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return every problem as a line that leads to its place on the page."""
    places = form.places()
    elements = case.version.catalogue.elements
    return [
        *({"url": "#items", "text": problems[key]} for key in ("items",) if key in problems),
        *(
            {"url": f"#{places.get(code, 'answers')}", "text": form.words.get(code, text)}
            for code, text in problems.items()
            if code in elements
        ),
        *({"url": f"#material-{code}", "text": text} for code, text in at_materials.items()),
        *({"url": "#signed", "text": problems[key]} for key in ("signature",) if key in problems),
    ]


def added_words(taken: Taken) -> list[str]:
    """Return a sentence for each item that the answers have added to the draft."""
    items = taken.case.version.catalogue.items
    return [
        f"根据您填写的内容，已加入“{picture.short_name(items[code].name)}”：{reason}"
        for code, reason in taken.added.items()
    ]


def dropped_words(taken: Taken) -> str:
    """Return a sentence for the items that a renewed catalogue has taken out of the draft."""
    if not taken.dropped:
        return ""
    names = listed((f"“{picture.short_name(name)}”" for name in taken.dropped), 3)
    return f"办事目录已经更新，不再办理{names}，已从这份申请中去掉。其他内容都已保留，请核对。"


def _added(case: Case, before: set[str]) -> dict[str, str]:
    new = [code for code in case.item_codes if code not in before]
    if not new:
        return {}
    kept = [code for code in case.item_codes if code in before]
    _, reasons = routing.complete_selection(
        case.version.catalogue, kept, case.all_answers, clock.today(), case.existing_results
    )
    return {code: reasons.get(code, "") for code in new}


def _derive(case: Case, given: dict[str, Any]) -> tuple[str, ...]:
    """Fill what the ID number states and the applicant left empty; return what was filled."""
    stated = from_id_number({**case.all_answers, **given})
    asked = {element.code for element in case.version.catalogue.fields_of(case.item_codes)}
    open_ones = [
        code
        for code in stated
        if code in asked and is_blank(given.get(code, case.all_answers.get(code)))
    ]
    given.update({code: stated[code].value for code in open_ones})
    return tuple(open_ones)


def _filled(case: Case, asked: Iterable[Element]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the answers to show and, for those known from elsewhere, where they come from.

    An answer the applicant saved, even as empty, is never filled again.
    """
    saved, from_elsewhere = case.all_answers, known(case, asked)
    answers = {code: one.value for code, one in from_elsewhere.items()} | saved
    sources = {
        code: one.source for code, one in from_elsewhere.items() if answers[code] == one.value
    }
    return answers, sources


def _sections(case: Case, form: AnswerForm, sources: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "entries": [
                {**form.entry(element.code), "source": sources.get(element.code, "")}
                for element in elements
            ],
        }
        for title, elements in case.version.catalogue.sections_of(case.item_codes)
    ]


def _items(case: Case) -> list[Any]:
    items = case.version.catalogue.items
    return [items[code] for code in case.item_codes if code in items]


def items_words(case: Case) -> str:
    """Return the chosen items of a case, short."""
    names = [picture.short_name(item.name) for item in _items(case)]
    return listed(names, 3)
