"""An officer and a leader where talents are recognised, and a talent with an account."""

import pytest

from notifications import wording
from policies.models import Institution, Recognition, Subject, SubjectCode
from portal.accounts.models import Role, User
from tests.policies.codes import people


@pytest.fixture(autouse=True)
def no_stale_wording() -> None:
    wording.forget()


@pytest.fixture
def officer(db: None) -> User:
    return people.user("officer", Role.OFFICER, department=people.department(), full_name="沈明远")


@pytest.fixture
def leader(db: None) -> User:
    return people.user("leader", Role.LEADER, department=people.department(), full_name="顾书衡")


@pytest.fixture
def foreigner(db: None) -> User:
    """An officer of another department."""
    return people.user("foreigner", Role.OFFICER, department=people.department("D03"))


@pytest.fixture
def talent(db: None) -> User:
    return people.user("talent", Role.TALENT, full_name=people.NAME, phone="13800000001")


@pytest.fixture
def subject(talent: User) -> Subject:
    return people.person(owner=talent)


@pytest.fixture
def held(subject: Subject, officer: User) -> Recognition:
    """The talent is recognised as of level C."""
    return people.recognised(subject, officer)


@pytest.fixture
def code(held: Recognition) -> SubjectCode:
    return held.subject.codes.get()


@pytest.fixture
def hospital(leader: User) -> Institution:
    return people.institution(leader).institution
