"""The policies of Hangzhou published, and subjects who may have some of them."""

from typing import Any

from policies.models import OneThing, Subject
from policies.policy_reading import read_policies
from policies.publishing import install
from policies.reading import CATALOGUES
from policies.subjects import Statement, record, subject_for
from portal.accounts.models import User
from portal.core import clock
from tests.cases.people import GRADUATE_ID

# 本科应届, six months insured, without a flat: entitled to P03, P05, P06, P07 and P09 by these.
GRADUATE_FACTS: dict[str, Any] = {
    "edu": "21",
    "study_mode": "全日制",
    "grad_date": "2026-06-30",
    "birth_date": "2004-01-15",
    "insured": True,
    "ss_months_cont": 6,
    "ss_months_total": 6,
    "contract_months": 24,
    "hukou_urban": False,
    "hukou_city": False,
    "residence_registered": True,
    "house_family": 0,
    "house_deal_history": False,
    "enjoy_public_rental": False,
    "enjoy_rent_subsidy": False,
    "got_living_subsidy": False,
}
GROWING = {"ss_months_cont", "ss_months_total"}


def shelve(one_thing: OneThing) -> None:
    """Publish the policies that stand beside the catalogue."""
    install(read_policies(CATALOGUES / "hangzhou", one_thing.catalogue), one_thing)


def subject_of(user: User, number: str = GRADUATE_ID, **changes: Any) -> Subject:
    """Return the subject that an account stands for, with facts entered by hand."""
    subject = subject_for("person", number, user.full_name, user.phone, user)
    state(subject, **{**GRADUATE_FACTS, **changes})
    return subject


def state(subject: Subject, **facts: Any) -> None:
    on = clock.today()
    said = {
        code: Statement(value, as_of=on if code in GROWING else None)
        for code, value in facts.items()
    }
    record(subject, said, "manual", grounds="窗口核实")
