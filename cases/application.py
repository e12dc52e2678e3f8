"""The application (申请): what a case asks, what it has been given, what it still lacks.

Form and route follow from the chosen items and the answers; nothing of this is stored.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, cast

from django.utils.timezone import localdate

from cases import merging, routing, windows
from cases.errors import Incomplete
from cases.models import Case, Supplement
from cases.models.case import ApplicantKind
from policies.answers import canonical, problems_in
from policies.schema import Applicant, Catalogue
from portal.core import clock
from portal.core.chinese import listed


def merged_form(case: Case) -> merging.Merged:
    """Return the one form and the one material list of a case as it stands."""
    return merging.merge(
        case.version.catalogue, case.item_codes, case.all_answers, application_day(case)
    )


def route(case: Case, without: Collection[str] = ()) -> routing.Plan:
    """Return the route that follows from the case's items and answers; some may be left out."""
    return routing.plan(
        case.version.catalogue,
        [code for code in case.item_codes if code not in without],
        case.all_answers,
        application_day(case),
        case.existing_results,
    )


def missing(case: Case) -> dict[str, str]:
    """Return what a handed-in case still lacks: "material:<code>" or field code → sentence."""
    given = set(case.documents.current().values_list("material_code", flat=True))
    gaps = {
        f"material:{needed.code}": f"请上传“{needed.material.name}”。"
        for needed in merged_form(case).required_uploads
        if needed.code not in given
    }
    on = clock.today()
    return gaps | problems_in(case.version.catalogue, case.item_codes, case.all_answers, on)


def checked_selection(
    catalogue: Catalogue,
    kind: str,
    codes: Sequence[str],
    answers: Mapping[str, Any],
    existing: Mapping[str, str],
) -> list[str]:
    """Return the completed selection. Raises Incomplete (key "items") where it cannot be filed."""
    offered = {item.code for item in catalogue.items_for(cast(Applicant, kind))}
    if not codes:
        raise Incomplete({"items": "请至少选择一个事项。"})
    if set(codes) - offered:
        raise Incomplete({"items": "所选事项不存在或不属于该类申请人，请重新选择。"})
    on = clock.today()
    chosen, _ = routing.complete_selection(catalogue, codes, answers, on, existing)
    if closed := windows.closed(catalogue, chosen, on):
        raise Incomplete({"items": windows.closed_words(catalogue, closed, on)})
    if clash := catalogue.exclusions_among(chosen):
        names = listed(f"“{catalogue.items[code].name}”" for code in clash[0].items)
        raise Incomplete({"items": f"{names}不能同时申请，请只选其中一项。{clash[0].why}"})
    return list(chosen)


def completed_items(case: Case) -> list[str]:
    """Return the items of a draft with the prerequisites that its answers bring about."""
    chosen, _ = routing.complete_selection(
        case.version.catalogue,
        case.item_codes,
        case.all_answers,
        clock.today(),
        case.existing_results,
    )
    return list(chosen)


def renew_version(case: Case) -> None:
    """Carry a draft over to the catalogue in force; items it no longer has are dropped."""
    current = case.one_thing.current
    if current is None or current.pk == case.version_id:
        return
    case.version = current
    case.item_codes = [code for code in case.item_codes if code in current.catalogue.items]


def keep(case: Case, answers: Mapping[str, Any]) -> None:
    """Put answers on the case, the sensitive ones sealed; unknown codes are not kept."""
    elements = case.version.catalogue.elements
    for code, value in answers.items():
        if element := elements.get(code):
            kept: dict[str, Any] = case.sealed if element.sensitive else case.answers
            kept[code] = canonical(element, value)


def keep_asked(case: Case, supplement: Supplement, answers: Mapping[str, Any]) -> None:
    """Put the answers on the case that a notice asked for, and no others."""
    asked = {gap["code"] for gap in supplement.gaps if gap["kind"] == "field"}
    keep(case, {code: value for code, value in answers.items() if code in asked})


def check_answered(case: Case, supplement: Supplement) -> None:
    """Raise Incomplete for what the notice asks: wrong answers, documents not come since it."""
    asked = {gap["code"] for gap in supplement.gaps if gap["kind"] == "field"}
    wrong = problems_in(case.version.catalogue, case.item_codes, case.all_answers, clock.today())
    renewed = set(
        case.documents.current()
        .filter(obtained_at__gt=supplement.asked_at)
        .values_list("material_code", flat=True)
    )
    problems = {
        f"material:{gap['code']}": f"请按要求补充“{gap['name']}”：{gap['reason']}"
        for gap in supplement.gaps
        if gap["kind"] == "material" and gap["code"] not in renewed
    }
    problems |= {code: problem for code, problem in wrong.items() if code in asked}
    if problems:
        raise Incomplete(problems)


def identity_number(case: Case) -> str:
    own = "p_id_no" if case.applicant_kind == ApplicantKind.PERSON else "e_uscc"
    return str(case.all_answers.get(own, ""))


def application_day(case: Case) -> date:
    return clock.today() if case.submitted_at is None else localdate(case.submitted_at)
