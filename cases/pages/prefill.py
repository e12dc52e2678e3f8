"""What is known already (预填): values nobody need type, each with where it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cases.models import Case
from policies.checks import id_birth, id_gender, resident_id
from policies.guards import is_blank
from policies.schema import Element
from portal.accounts.models import User
from portal.core.chinese import day_words

RESIDENT_ID = "01"


@dataclass(frozen=True, slots=True)
class Known:
    """A value and the words for where it comes from."""

    value: Any
    source: str


def known(case: Case, asked: Iterable[Element]) -> dict[str, Known]:
    """Return what is known of a draft's questions; what the ID number says wins, then sign-in."""
    found = {**_from_earlier(case), **_from_sign_in(case.applicant)}
    values = {code: known.value for code, known in found.items()}
    given = {code: value for code, value in case.all_answers.items() if not is_blank(value)}
    found |= from_id_number({**values, **given})
    return {element.code: found[element.code] for element in asked if element.code in found}


def from_id_number(answers: Mapping[str, Any]) -> dict[str, Known]:
    """Return gender and date of birth as the resident ID number states them (GB 11643)."""
    number = str(answers.get("p_id_no") or "").strip().upper()
    is_resident = answers.get("p_id_type") in {RESIDENT_ID, "", None}
    birth = id_birth(number)
    if not is_resident or resident_id(number) or birth is None:
        return {}
    source = "由居民身份证号码得出"
    return {
        "p_gender": Known(id_gender(number), source),
        "p_birth": Known(birth.isoformat(), source),
    }


def _from_sign_in(user: User) -> dict[str, Known]:
    source = "登录账号"
    name, phone = user.full_name, user.phone[-11:]
    values = {
        "p_name": name,
        "p_mobile": phone,
        "e_contact": name,
        "e_contact_mobile": phone,
    }
    return {code: Known(value, source) for code, value in values.items() if value}


def _from_earlier(case: Case) -> dict[str, Known]:
    """Return the answers of the applicant's last handed-in case of the same kind."""
    earlier = (
        Case.objects.filter(applicant=case.applicant_id, applicant_kind=case.applicant_kind)
        .exclude(submitted_at=None)
        .exclude(pk=case.pk)
        .order_by("-submitted_at")
        .first()
    )
    if earlier is None or earlier.submitted_at is None:
        return {}
    source = f"您 {day_words(earlier.submitted_at)} 提交的申请"
    return {
        code: Known(value, source)
        for code, value in earlier.all_answers.items()
        if not is_blank(value)
    }
