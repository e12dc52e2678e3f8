"""People and firms that the city knows but who have filed nothing here (示例人口): synthetic.

They give the impact of a policy, the inspection and the analysis something to count, and are the
same each time they are made. ID numbers begin with 330199, a division nobody is born in.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from django.db import transaction

from cases.demo.people import FAMILY_NAMES, GIVEN_NAMES, credit_code
from policies import inspection, subjects
from policies.checks import id_check_character
from policies.dictionary import dictionary
from policies.models import Fact, Subject, SubjectKind
from portal.core import clock

PERSONS, ENTERPRISES = 1500, 120
# Districts of Hangzhou by their share of young people, the five western ones at the end.
DISTRICTS = {
    "330110": 22, "330108": 14, "330106": 13, "330109": 12, "330105": 9, "330102": 9, "330114": 7,
    "330113": 5, "330111": 4, "330112": 3, "330122": 1, "330127": 1, "330182": 1,
}  # fmt: skip
WEST = {"330111", "330112", "330122", "330127", "330182"}
DEGREES = {"21": 62, "14": 22, "31": 12, "11": 4}
INDUSTRIES = {"I": 38, "M": 14, "F": 12, "R": 9, "C": 9, "P": 7, "L": 6, "Q": 3, "H": 2}
# One statement in this many is missing: no source knows everything of everybody.
GAPS = 16
# The firm of the sample agent, so that there are people of the agent's own to list.
OWN_FIRM = 4
# Above the credit codes of the sample applicants and their employers.
FIRST_FIRM = 2001

Statements = dict[str, Any]


@transaction.atomic
def make_population(persons: int = PERSONS, enterprises: int = ENTERPRISES) -> int:
    """Make the people and firms with their facts, inspect them, and return how many there are."""
    dice, today = Random(20261124), clock.today()  # noqa: S311
    firms = [_firm(number) for number in range(enterprises)]
    people = [_person(number, dice) for number in range(persons)]
    Subject.objects.bulk_create([*firms, *people], batch_size=500)
    rows = [row for one in firms for row in _rows(one, _of_firm(dice, today), dice)]
    rows += [row for one in people for row in _rows(one, _of_person(one, dice, today), dice)]
    Fact.objects.bulk_create(rows, batch_size=2000)
    subjects.refresh([one.pk for one in (*firms, *people)])
    inspection.inspect(today, full=True)
    return persons + enterprises


def _person(number: int, dice: Random) -> Subject:
    """Return one person; the numbers of the sample applicants begin at 100, these end below it."""
    birth = date(1985, 1, 1) + timedelta(days=number * 5 + dice.randrange(5))
    body = f"330199{birth:%Y%m%d}{number % 100:03d}"
    number_of_id = body + id_check_character(body)
    name = FAMILY_NAMES[number % len(FAMILY_NAMES)] + GIVEN_NAMES[number * 11 % len(GIVEN_NAMES)]
    employer = OWN_FIRM if number % 90 == 0 else FIRST_FIRM + dice.randrange(ENTERPRISES * 2)
    identity: Any = {"name": name, "id_number": number_of_id, "birth": birth.isoformat()}
    return Subject(
        kind=SubjectKind.PERSON,
        identity_index=subjects.identity_index(number_of_id),
        identity=identity,
        employer_index=subjects.employer_index(credit_code(employer)),
    )


def _firm(number: int) -> Subject:
    uscc = credit_code(FIRST_FIRM + number)
    name = f"杭州{GIVEN_NAMES[number % len(GIVEN_NAMES)]}{number + 1}号科技有限公司"
    identity: Any = {"name": name, "uscc": uscc}
    return Subject(
        kind=SubjectKind.ENTERPRISE,
        identity_index=subjects.identity_index(uscc),
        identity=identity,
    )


def _of_person(person: Subject, dice: Random, today: date) -> Statements:
    birth = date.fromisoformat(person.identity["birth"])
    edu = _weighted(dice, DEGREES)
    graduated = _graduation(dice, birth, edu, today)
    months = max(0, (today - graduated).days // 30)
    return {
        "birth_date": birth,
        "edu": edu,
        "study_mode": "全日制" if dice.random() < 0.9 else "非全日制",
        "grad_date": graduated,
        "enrolled": graduated > today,
        "overseas": dice.random() < 0.08,
        **_residence(dice),
        **_insurance(dice, months),
        **_housing(dice),
        **_enjoyed(dice, months),
        "shortage_major": dice.random() < 0.2,
        "title_level": _weighted(dice, {"无": 70, "初级": 15, "中级": 12, "副高": 3}),
        "skill_level": _weighted(dice, {"无": 80, "中级工": 10, "高级工": 7, "技师": 3}),
        "is_legal_rep": dice.random() < 0.07,
        "industry_ok": dice.random() < 0.96,
        "credit_ok": dice.random() < 0.98,
        "industry": _weighted(dice, INDUSTRIES),
    }


def _graduation(dice: Random, birth: date, edu: str, today: date) -> date:
    age = {"31": 21, "21": 22, "14": 25, "11": 28}[edu]
    return date(min(birth.year + age, today.year + 1), 6, 20 + dice.randrange(10))


def _residence(dice: Random) -> Statements:
    district = _weighted(dice, DISTRICTS)
    urban = dice.random() < 0.35
    return {
        "district": district,
        "west_region": district in WEST,
        "hukou_urban": urban,
        "hukou_city": urban or dice.random() < 0.1,
        "residence_registered": urban or dice.random() < 0.7,
        "permit_valid": not urban and dice.random() < 0.4,
    }


def _insurance(dice: Random, months: int) -> Statements:
    insured = dice.random() < 0.82
    total = dice.randrange(0, max(months, 1) + 1) if insured else 0
    running = min(total, dice.randrange(0, 40))
    return {
        "insured": insured,
        "ss_months_total": total,
        "ss_months_cont": running if insured else 0,
        "fund_months_cont": running if dice.random() < 0.7 else 0,
        "contract_months": dice.choice((0, 12, 24, 36, 36)) if insured else 0,
    }


def _housing(dice: Random) -> Statements:
    houses = _weighted(dice, {"0": 70, "1": 25, "2": 5})
    return {
        "house_family": int(houses),
        "house_deal_history": houses != "0" or dice.random() < 0.05,
        "kin_can_support": dice.random() < 0.2,
        "income_pc": dice.randrange(28_000, 120_000, 500),
        "family_size": 1 + dice.randrange(4),
        "monthly_rent": dice.randrange(900, 4200, 50),
    }


def _enjoyed(dice: Random, months: int) -> Statements:
    chance = min(0.5, months / 120)
    return {
        "enjoy_public_rental": dice.random() < 0.06,
        "enjoy_rent_subsidy": dice.random() < chance,
        "got_living_subsidy": dice.random() < chance,
        "got_startup_subsidy": dice.random() < 0.02,
        "got_city_fund": dice.random() < 0.02,
    }


def _of_firm(dice: Random, today: date) -> Statements:
    established = today - timedelta(days=dice.randrange(20, 2600))
    district = _weighted(dice, DISTRICTS)
    graduated = established - timedelta(days=dice.randrange(-300, 3000))
    years = max(0, (established - graduated).days // 365)
    return {
        "established": established,
        "tax_months": max(0, (today - established).days // 30 - dice.randrange(3)),
        "turnover_tax_paid": dice.random() < 0.8,
        "is_legal_rep": True,
        "legal_original": dice.random() < 0.9,
        "legal_insured_here": dice.random() < 0.85,
        "legal_grad_years": years,
        "grad_date": graduated,
        "birth_date": graduated - timedelta(days=8400 + dice.randrange(1500)),
        "edu": _weighted(dice, DEGREES),
        "team_equity": dice.choice((20, 30, 51, 60, 100)),
        "industry_ok": dice.random() < 0.95,
        "industry": _weighted(dice, INDUSTRIES),
        "addr_same": dice.random() < 0.85,
        "credit_ok": dice.random() < 0.97,
        "got_city_fund": dice.random() < 0.1,
        "revenue_last": dice.randrange(5, 900),
        "tax_last": dice.randrange(0, 120),
        "hires_12m": dice.randrange(0, 14),
        "small_micro": dice.random() < 0.9,
        "grad_hires": dice.randrange(0, 4),
        "lease_area": dice.randrange(20, 300),
        "rent_paid": dice.randrange(8_000, 120_000, 1000),
        "district": district,
        "west_region": district in WEST,
    }


def _rows(subject: Subject, statements: Mapping[str, Any], dice: Random) -> Iterator[Fact]:
    """Yield the statements as rows of the first source that the dictionary names for each."""
    moment = clock.now()
    for code, value in statements.items():
        if dice.randrange(GAPS) == 0 and code not in {"birth_date", "district"}:
            continue
        definition = dictionary()[code]
        source = next(one for one in definition.sources if one not in {"result", "recognition"})
        kept = value.isoformat() if isinstance(value, date) else value
        yield Fact(
            subject=subject,
            code=code,
            source=source,
            value=None if definition.sensitive else kept,
            sealed=kept if definition.sensitive else None,
            as_of=moment.date() if definition.grows else None,
            obtained_at=moment,
        )


def _weighted(dice: Random, shares: Mapping[str, int]) -> str:
    return dice.choices(list(shares), weights=list(shares.values()))[0]
