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
from policies.shelf import PublishedPolicy, shelf
from policies.subjects import FORM, RESULT, Held, Statement
from portal.core import clock
from portal.core.ledger import Entry, record

# A contract without an end counts as one that outlasts a working life.
OPEN_ENDED_MONTHS = 600
# What an item registers goes before what its department's own data say until those have caught up;
# after that they count, so that whoever is no longer insured does not stay so here for ever.
RESULT_HOLDS = timedelta(days=90)

Answers = Mapping[str, Any]


def subject_of(case: Case) -> Subject | None:
    """Return whom a handed-in case is about; none before, and where nothing was learnt of them."""
    if not case.identity_index:
        return None
    return Subject.objects.filter(
        kind=case.applicant_kind, identity_index=case.identity_index
    ).first()


def learn_from_form(case: Case) -> Subject | None:
    """Keep what a form states of its applicant; ask the sources about whoever comes (again).

    Return the subject; none where the form may not speak for it yet. Called at submission, and
    again at acceptance with the answers as corrected.
    """
    if (held := _applicant(case)) is None:
        return None
    subjects.keep(held, form_statements(case), FORM)
    if case.accepted_at is None:
        providers.ask(held.subject)
    return held.subject


def learn_from_result(work_item: WorkItem) -> set[str]:
    """Keep what the approval of an item has made true; return the codes of what changed."""
    case = work_item.case
    item = case.version.catalogue.items[work_item.item_code]
    policy = shelf().of_item(case.version.catalogue.one_thing.code, work_item.item_code)
    if policy is None and not item.supplies:
        return set()
    held = subjects.hold(case.applicant_kind, identity_number(case)) or _applicant(case)
    if held is None:
        return set()
    until = clock.today() + RESULT_HOLDS
    supplied = {code: Statement(True, valid_until=until) for code in item.supplies}
    enjoyed = _enjoyed(policy, held, application_day(case)) if policy else ()
    return subjects.keep(held, supplied | {code: Statement(True) for code in enjoyed}, RESULT)


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


def _applicant(case: Case) -> Held | None:
    """Return whom the case is about, held; none where its form may not speak for them yet.

    The account is attached once a clerk has seen whose papers they are.
    """
    held = subjects.hold(case.applicant_kind, identity_number(case))
    if held is None:
        held = subjects.introduce(_newcomer(case))
    elif case.accepted_by_id is None:
        return held if held.subject.user_id in (None, case.applicant_id) else None
    if case.accepted_by_id is not None:
        _attach(held.subject, case)
    return held


def _newcomer(case: Case) -> Subject:
    number = identity_number(case)
    return Subject(
        kind=case.applicant_kind,
        identity_index=subjects.identity_index(number),
        identity=_identity(case),
    )


def _identity(case: Case) -> Any:
    answers, is_person = case.all_answers, case.applicant_kind == ApplicantKind.PERSON
    fields = (
        {"id_number": "p_id_no", "name": "p_name", "phone": "p_mobile"}
        if is_person
        else {"uscc": "e_uscc", "name": "e_name", "phone": "e_contact_mobile"}
    )
    return {key: str(answers[code]) for key, code in fields.items() if answers.get(code)}


def _employer(case: Case) -> str:
    """Return by what the employer finds its own people; "" for an enterprise."""
    is_person = case.applicant_kind == ApplicantKind.PERSON
    uscc = case.all_answers.get("p_employer_uscc") if is_person else ""
    return subjects.employer_index(str(uscc or ""))


def _attach(subject: Subject, case: Case) -> None:
    """Let the applicant's account stand for the subject; an account stands for one person only.

    Only now is the employer believed: an employer reads what its people may have, and anyone could
    put somebody else's number beside their own firm's.
    """
    before = (subject.user_id, subject.identity, subject.employer_index)
    subject.user_id = case.applicant_id
    subject.identity = {**subject.identity, **_identity(case)}
    subject.employer_index = _employer(case) or subject.employer_index
    if before == (subject.user_id, subject.identity, subject.employer_index):
        return
    subject.save(update_fields=["user", "identity", "employer_index"])
    if before[0] == subject.user_id:
        return
    if subject.kind == ApplicantKind.PERSON:
        others = Subject.objects.filter(user=case.applicant_id, kind=subject.kind)
        others.exclude(pk=subject.pk).update(user=None)
    payload, about = {"case": str(case.pk)}, f"subject:{subject.pk}"
    record(Entry("subject.attached", None, about, case.accepted_by_id, payload=payload))


def _enjoyed(policy: PublishedPolicy, held: Held, on: date) -> tuple[str, ...]:
    """Return the fact that the policy behind an item says approval makes true."""
    version = policy.version(subjects.best_known(held.rows.values(), on), on)
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
