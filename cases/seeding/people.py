"""Applicants by the hundred thousand, and what they answer; derived from a number, synthetic.

ID numbers begin with 330199, a division that was never given out; phones with 17 and a serial.
"""

from datetime import date, timedelta
from functools import cache, cached_property, lru_cache
from typing import Any

from cases.demo import people as samples
from policies.checks import id_check_character, id_gender
from policies.schema import Catalogue

FIRST_BIRTHDAY = date(1995, 1, 1)
SERIALS_A_DAY = 900
BIRTHDAYS = 3000
VARIANTS = 24
# What the sample people are never asked, as they do not enter the contest.
CONTEST = {"project_name": "城市低空物流调度平台", "track": "创意组", "team": []}


class Applicant:
    """One person; `number` is the primary key of the account, so nobody appears twice."""

    def __init__(self, number: int) -> None:
        self.number = number
        family = samples.FAMILY_NAMES[number % len(samples.FAMILY_NAMES)]
        self.name = family + samples.GIVEN_NAMES[number // 7 % len(samples.GIVEN_NAMES)]
        self.phone = f"17{number:09d}"
        self.birth = FIRST_BIRTHDAY + timedelta(days=number // SERIALS_A_DAY % BIRTHDAYS)
        body = f"330199{self.birth:%Y%m%d}{100 + number % SERIALS_A_DAY:03d}"
        self.id_number = body + id_check_character(body)

    @cached_property
    def credit_code(self) -> str:
        """The code of the firm whose legal representative the person is."""
        return samples.credit_code(self.number % 1_000_000)


def answers(
    applicant: Applicant, catalogue: Catalogue, kind: str, codes: tuple[str, ...], on: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the open and the sensitive answers to exactly what the items ask."""
    opened, sensitive = _pattern(
        catalogue_key(catalogue), kind, codes, applicant.number % VARIANTS, on.replace(day=1)
    )
    own = _own(applicant, kind)
    return (
        {code: own.get(code, value) for code, value in opened.items()},
        {code: own.get(code, value) for code, value in sensitive.items()},
    )


def identity(applicant: Applicant, kind: str) -> str:
    """Return the ID or social credit number under which the case is found."""
    return applicant.id_number if kind == "person" else applicant.credit_code


def _own(applicant: Applicant, kind: str) -> dict[str, Any]:
    """Return the answers that differ from everybody else's."""
    if kind == "person":
        return {
            "p_name": applicant.name,
            "p_id_no": applicant.id_number,
            "p_gender": id_gender(applicant.id_number),
            "p_birth": applicant.birth.isoformat(),
            "p_mobile": applicant.phone,
        }
    return {
        "e_name": f"杭州{applicant.name[1:]}{applicant.number % 1000}号科技有限公司",
        "e_uscc": applicant.credit_code,
        "e_legal_name": applicant.name,
        "e_legal_id": applicant.id_number,
        "e_legal_mobile": applicant.phone,
        "e_contact": applicant.name,
        "e_contact_mobile": applicant.phone,
    }


_catalogues: dict[int, Catalogue] = {}


def catalogue_key(catalogue: Catalogue) -> int:
    """Return a small key for a catalogue, which is itself too large to be one."""
    _catalogues[id(catalogue)] = catalogue
    return id(catalogue)


@lru_cache(maxsize=20_000)
def _pattern(
    key: int, kind: str, codes: tuple[str, ...], variant: int, month: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return whole answers as one of the sample people would give them, open and sensitive."""
    asked = {element.code: element for element in _catalogues[key].fields_of(codes)}
    contest = {code: value for code, value in CONTEST.items() if code in asked}
    given = contest | samples.answers(_sample(variant), kind, asked, month)
    sensitive = {code for code in given if asked[code].sensitive}
    return (
        {code: value for code, value in given.items() if code not in sensitive},
        {code: given[code] for code in given if code in sensitive},
    )


@cache
def _sample(variant: int) -> samples.Person:
    return samples.Person(100 + variant)
