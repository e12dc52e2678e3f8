"""Giving oneself a new password."""

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.core.ledger import Event
from tests.accounts.factories import PASSWORD, StaffFactory, TalentFactory

PAGE = "/staff/password/change/"
NEW = "Xin-de-mima-2026"

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return StaffFactory(clerk=True, username="window01", password=PASSWORD)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> int:
    return client.post(PAGE, {"old": old, "new": new, "again": again}).status_code


def test_the_new_password_counts_and_other_sessions_end(clerk: User) -> None:
    here, elsewhere = signed_in(clerk), signed_in(clerk)

    assert send(here) == 302

    clerk.refresh_from_db()
    assert clerk.check_password(NEW)
    assert here.get(PAGE).status_code == 200
    assert elsewhere.get(PAGE).status_code == 302
    assert Event.objects.filter(kind="account.password_changed").count() == 1


@pytest.mark.parametrize(
    "typed", [{"old": "falsch"}, {"new": "kurz", "again": "kurz"}, {"again": "Anders-2026-mima"}]
)
def test_a_mistake_changes_nothing(clerk: User, typed: dict[str, str]) -> None:
    assert send(signed_in(clerk), **typed) == 422

    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)


def test_applicants_have_no_password_to_change() -> None:
    assert signed_in(TalentFactory()).get(PAGE).status_code == 403


def test_the_admins_own_page_leads_here() -> None:
    officer = signed_in(StaffFactory(officer=True))

    assert officer.get("/admin/password_change/").headers["Location"] == PAGE
