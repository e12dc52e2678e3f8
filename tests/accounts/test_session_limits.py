"""Sessions end when idle and in any case; both in real time."""

import time
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.accounts.session_limits import BEGAN_KEY, SEEN_KEY
from tests.accounts.factories import StaffFactory, TalentFactory
from tests.fixtures.guards import Clock

pytestmark = pytest.mark.django_db
MINUTE, HOUR = 60, 3600


def visit(client: Client, after: float) -> bool:
    """Whether a page asked for that many seconds from now still finds the person signed in."""
    with patch("time.time", return_value=time.time() + after):
        return client.get("/inbox/").status_code == 200


def staff() -> User:
    return StaffFactory(clerk=True)


def talent() -> User:
    return TalentFactory()


@pytest.mark.parametrize(("who", "idle"), [(staff, 15 * MINUTE), (talent, 30 * MINUTE)])
def test_an_idle_session_ends(client: Client, who: object, idle: int) -> None:
    client.force_login(who())  # type: ignore[operator]

    assert visit(client, 0)
    assert visit(client, idle - 5)
    assert visit(client, 2 * idle - 15)
    assert not visit(client, 3 * idle)
    assert not visit(client, 3 * idle)


@pytest.mark.parametrize(("who", "absolute"), [(staff, 10 * HOUR), (talent, 12 * HOUR)])
def test_a_busy_session_ends_too(client: Client, who: object, absolute: int) -> None:
    client.force_login(who())  # type: ignore[operator]

    assert all(visit(client, after) for after in range(0, absolute, 10 * MINUTE))
    assert not visit(client, absolute + 5)


def test_who_was_signed_out_reads_why_and_comes_back(client: Client) -> None:
    client.force_login(talent())
    visit(client, 0)

    with patch("time.time", return_value=time.time() + HOUR):
        response = client.get("/inbox/", follow=True)

    assert response.redirect_chain == [("/sign-in/?next=/inbox/", 302)]
    assert "长时间未操作" in response.text
    assert "长时间未操作" not in client.get("/sign-in/").text


def test_a_moved_business_clock_signs_nobody_out(client: Client, clock: Clock) -> None:
    client.force_login(talent())
    visit(client, 0)

    clock.set(datetime.now().astimezone() + timedelta(days=30))

    assert visit(client, 0)


def test_requests_close_together_write_the_session_once(client: Client) -> None:
    client.force_login(talent())
    visit(client, 0)
    before = dict(client.session)

    visit(client, 20)
    assert client.session[SEEN_KEY] == before[SEEN_KEY]
    visit(client, 40)
    assert client.session[SEEN_KEY] > before[SEEN_KEY]
    assert client.session[BEGAN_KEY] == before[BEGAN_KEY]
