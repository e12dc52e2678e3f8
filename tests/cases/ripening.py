"""Ground of the tests of maturity: policies on the shelf, and a graduate departments know of."""

from datetime import date, datetime, timedelta
from typing import Any

from cases.models import Case, ParkedItem
from policies.models import OneThing, Subject
from policies.policy_reading import read_policies
from policies.publishing import install
from policies.reading import CATALOGUES
from policies.subjects import Statement, record, subject_for
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import SHANGHAI
from tests.cases.people import GRADUATE_ID

# What the departments know of a graduate who may have everything but has just been insured; the
# day of the count is 23 November, so six months are full on 23 April.
SETTLED: dict[str, Any] = {
    "study_mode": "全日制",
    "hukou_urban": False,
    "residence_registered": True,
    "insured": True,
    "house_family": 0,
    "house_deal_history": False,
    "kin_can_support": False,
    "enjoy_rent_subsidy": False,
    "enjoy_public_rental": False,
    "got_living_subsidy": False,
}
SOURCES = {
    "study_mode": "X02",
    "house_family": "X04",
    "house_deal_history": "X04",
    "kin_can_support": "X04",
    "hukou_urban": "D02",
    "residence_registered": "D02",
    "permit_valid": "D02",
    "enjoy_rent_subsidy": "D03",
    "enjoy_public_rental": "D03",
}
STATED_BY_FORM = {
    "edu": "21",
    "grad_date": "2026-06-30",
    "birth_date": "1997-12-03",
    "contract_months": 24,
    "income_pc": "48000",
    "family_size": 1,
}
COUNTED_ON = date(2026, 11, 23)


def shelve(one_thing: OneThing) -> None:
    """Publish the policies of Hangzhou."""
    install(read_policies(CATALOGUES / "hangzhou", one_thing.catalogue), one_thing)


def graduate(user: User | None = None, *, months: int = 1, **more: Any) -> Subject:
    """Return the graduate of tests.cases.people with what is known of him."""
    subject = subject_for("person", GRADUATE_ID, user=user)
    record(subject, {code: Statement(value) for code, value in STATED_BY_FORM.items()}, "form")
    known = SETTLED | {"ss_months_cont": months, "ss_months_total": months} | more
    state(subject, **known)
    return subject


def state(subject: Subject, *, on: date = COUNTED_ON, **facts: Any) -> None:
    """Let the departments state facts; counts are as of `on`, and known not before that day."""
    by_source: dict[str, dict[str, Statement]] = {}
    for code, value in facts.items():
        as_of = on if code.startswith("ss_months") and value is not None else None
        by_source.setdefault(SOURCES.get(code, "D01"), {})[code] = Statement(value, as_of)
    with clock.at(max(clock.now(), day(on.isoformat()))):
        for source, statements in by_source.items():
            record(subject, statements, source)


def day(text: str, hour: int = 9, minute: int = 0) -> datetime:
    at = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    return at + timedelta(hours=hour, minutes=minute)


def parked(case: Case, code: str) -> ParkedItem:
    """Return the newest parked item of a case as it stands in the database."""
    return ParkedItem.objects.filter(case=case, item_code=code).latest("pk")
