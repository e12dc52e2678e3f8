"""What joint handling teaches about its applicants: facts from forms and from results (已知事实).

A form states what the applicant says, an approved item what it has made true. Who the applicant is
has been checked only once a clerk has accepted the case with its papers. Until then a form says
nothing about a person to whom another account belongs, and no account is attached to a person.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings

from cases import districts
from cases.application import application_day, identity_number, merged_form
from cases.models import Case, WorkItem
from cases.models.case import ApplicantKind
from policies import providers, subjects
from policies.day_sets import full_months, moved
from policies.dictionary import FactDefinition, stated
from policies.guards import as_date
from policies.models import Subject
from policies.shelf import shelf
from policies.subjects import FORM, RESULT, Statement
from portal.core.ledger import Entry, record

# A contract without an end counts as one that outlasts a working life.
OPEN_ENDED_MONTHS = 600

Answers = Mapping[str, Any]


def subject_of(case: Case) -> Subject | None:
    """Return whom a handed-in case is about; none before, and where nothing was learnt of them."""
    if not case.identity_index:
        return None
    return Subject.objects.filter(
        kind=case.applicant_kind, identity_index=case.identity_index
    ).first()


def learn_from_form(case: Case) -> Subject | None:
    """Keep what a form states of its applicant, and ask the sources about them.

    Return the subject; none where the form may not speak for it yet. Called at submission, and
    again at acceptance with the answers as corrected.
    """
    number = identity_number(case)
    is_proven = case.accepted_by_id is not None
    subject = subjects.find(case.applicant_kind, number)
    if subject and not is_proven and subject.user_id not in (None, case.applicant_id):
        return None
    if subject is None or is_proven:
        subject = _introduced(case, number, is_proven=is_proven)
    if is_proven or not subject.employer_index:
        _keep_employer(subject, case)
    subjects.record(subject, form_statements(case), FORM)
    providers.ask(subject)
    return subject


def learn_from_result(work_item: WorkItem) -> set[str]:
    """Keep what the approval of an item has made true; return the codes of what changed."""
    case = work_item.case
    item = case.version.catalogue.items[work_item.item_code]
    subject = subject_of(case) or learn_from_form(case)
    if subject is None:
        return set()
    true = {*item.supplies, *_enjoyed(case, subject, work_item.item_code)}
    return subjects.record(subject, {code: Statement(True) for code in sorted(true)}, RESULT)


def form_statements(case: Case) -> dict[str, Statement]:
    """Return what the answers of a case state, of the questions it asks and no others."""
    asked = {element.code for element in merged_form(case).fields}
    answers = {code: value for code, value in case.all_answers.items() if code in asked}
    found = {
        definition.code: _value(definition, case.applicant_kind, answers)
        for definition in stated()
        if FORM in definition.sources and definition.applicant in (None, case.applicant_kind)
    }
    return {code: Statement(value) for code, value in found.items() if value not in (None, "")}


def _introduced(case: Case, number: str, *, is_proven: bool) -> Subject:
    """Return the applicant as a subject, with the account attached once it is proven whose it is.

    One account stands for one person, so it leaves the one it stood for before.
    """
    answers = case.all_answers
    is_person = case.applicant_kind == ApplicantKind.PERSON
    name = str(answers.get("p_name" if is_person else "e_name") or "")
    phone = str(answers.get("p_mobile" if is_person else "e_contact_mobile") or "")
    user = case.applicant if is_proven else None
    before = subjects.find(case.applicant_kind, number)
    subject = subjects.subject_for(case.applicant_kind, number, name, phone, user)
    if user and (before is None or before.user_id != user.pk):
        if is_person:
            Subject.objects.filter(user=user, kind=subject.kind).exclude(pk=subject.pk).update(
                user=None
            )
        payload = {"case": str(case.pk)}
        about = f"subject:{subject.pk}"
        record(Entry("subject.attached", None, about, case.accepted_by_id, payload=payload))
    return subject


def _keep_employer(subject: Subject, case: Case) -> None:
    """Keep where the person works, so that the employer finds its own people."""
    if case.applicant_kind != ApplicantKind.PERSON:
        return
    employer = subjects.employer_index(str(case.all_answers.get("p_employer_uscc") or ""))
    if employer and employer != subject.employer_index:
        subject.employer_index = employer
        subject.save(update_fields=["employer_index"])


def _enjoyed(case: Case, subject: Subject, item_code: str) -> tuple[str, ...]:
    """Return the fact that the policy behind an item says approval makes true."""
    policy = shelf().of_item(case.version.catalogue.one_thing.code, item_code)
    if policy is None:
        return ()
    day = application_day(case)
    version = policy.version(subjects.known(subject, day), day)
    return (version.document.enjoyed,) if version and version.document.enjoyed else ()


# ---- from answers to facts ----------------------------------------------------------------------


def _value(definition: FactDefinition, kind: str, answers: Answers) -> Any:
    """Return what the answers say of one fact; none where it was not asked or left open."""
    if derive := DERIVED.get(definition.code):
        return derive(kind, answers)
    return next((answers[code] for code in definition.answers if code in answers), None)


def _contract_months(kind: str, answers: Answers) -> int | None:
    """Return the full months of the contract, its last day counted."""
    begin, end = as_date(answers.get("contract_start")), as_date(answers.get("contract_end"))
    if begin is None:
        return None
    return full_months(begin, end + timedelta(days=1)) if end else OPEN_ENDED_MONTHS


def _family_size(kind: str, answers: Answers) -> int | None:
    members = answers.get("family_members")
    return None if members is None else len(members) + 1


def _addr_same(kind: str, answers: Answers) -> bool | None:
    """Return whether both addresses are one, however they are spaced."""
    registered, actual = (
        "".join(str(answers.get(code) or "").split()) for code in ("e_reg_address", "e_biz_address")
    )
    return registered == actual if registered and actual else None


def _legal_grad_years(kind: str, answers: Answers) -> Decimal | None:
    """Return the years from graduation to the firm's founding; a day beyond the fifth is over 5."""
    graduated, founded = as_date(answers.get("e_legal_grad")), as_date(answers.get("e_established"))
    if graduated is None or founded is None:
        return None
    return years_between(graduated, founded)


def years_between(since: date, by: date) -> Decimal:
    """Return years with two decimals, a begun hundredth counted whole; 0 where `by` is earlier."""
    if by <= since:
        return Decimal(0)
    whole = full_months(since, by) // 12
    days = by.toordinal() - moved(since, 12 * whole)
    return whole + (Decimal(days) / 366).quantize(Decimal("0.01"), ROUND_UP)


def _industry(kind: str, answers: Answers) -> str | None:
    """Return the section of the industry's code: I of I6510. Others than ours stay unknown."""
    section = str(answers.get("e_industry") or "")[:1]
    definition = next(one for one in stated() if one.code == "industry")
    return section if any(option.value == section for option in definition.options) else None


def _district(kind: str, answers: Answers) -> str:
    return districts.of_applicant(kind, answers, settings.DIVISION_CODE)


DERIVED: Mapping[str, Callable[[str, Answers], Any]] = {
    "contract_months": _contract_months,
    "family_size": _family_size,
    "addr_same": _addr_same,
    "legal_grad_years": _legal_grad_years,
    "industry": _industry,
    "district": _district,
}
