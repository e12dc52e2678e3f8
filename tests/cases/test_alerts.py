"""The banner on staff pages: asks by itself, speaks only of what is new, keeps no session alive."""

import time
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from cases import calendar, review, urging
from cases.models import Card, Level, WorkItem
from cases.pages.alerts import alerts
from cases.sweep import sweep
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.accounts.session_limits import POLL_HEADER
from tests.cases.conftest import MONDAY, make_user
from tests.cases.desks import LIST, make_case, make_desk, make_work_item, on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

ALERTS = "/alerts/"


@pytest.fixture
def staff(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing) | {"supervisor": make_user("jd", Role.SUPERVISOR)}


@pytest.fixture
def late(one_thing: OneThing, talent: User, staff: dict[str, User]) -> WorkItem:
    calendar.load()
    case = make_case(one_thing, talent, MONDAY)
    work_item = make_work_item(case, days=0, claimed_by=staff["officer"])
    sweep(now=on(23, 18))
    return work_item


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def banner(user: User) -> str:
    return signed_in(user).get(ALERTS).content.decode()


def seen_url(work_item: WorkItem) -> str:
    card = Card.objects.get(work_item=work_item, level=Level.RED)
    return reverse("cases:card-seen", args=[card.pk])


def test_it_climbs_with_the_card(late: WorkItem, staff: dict[str, User]) -> None:
    def told() -> set[str]:
        return {
            name
            for name, user in staff.items()
            if user.is_active and seen_url(late) in banner(user)
        }

    assert told() == {"officer"}
    sweep(now=on(24, 10))
    assert told() == {"officer", "leader"}
    sweep(now=on(26, 10))
    assert told() == {"officer", "leader", "supervisor"}


@pytest.mark.parametrize("who", ["leader", "supervisor"])
def test_each_acknowledges_for_themselves(late: WorkItem, staff: dict[str, User], who: str) -> None:
    sweep(now=on(24, 10))
    sweep(now=on(26, 10))

    signed_in(staff[who]).post(seen_url(late))

    other = {"leader": "supervisor", "supervisor": "leader"}[who]
    assert seen_url(late) not in banner(staff[who])
    assert seen_url(late) in banner(staff[other])


def test_what_is_shown_already_is_not_said_again(late: WorkItem, staff: dict[str, User]) -> None:
    card = Card.objects.get(level=Level.RED)
    client = signed_in(staff["officer"])

    assert client.get(f"{ALERTS}?shown=card-{card.pk}.").status_code == 204
    assert client.get(f"{ALERTS}?shown=").status_code == 200


def test_a_red_card_is_a_word_and_not_only_a_colour(late: WorkItem, staff: dict[str, User]) -> None:
    text = banner(staff["officer"])

    assert "红牌" in text
    assert "已超过时限" in text


def test_the_page_carries_a_live_region_that_asks_again(
    late: WorkItem, staff: dict[str, User]
) -> None:
    text = signed_in(staff["officer"]).get(reverse(LIST)).content.decode()

    assert 'id="alerts" aria-live="assertive"' in text
    assert f'hx-get="{ALERTS}?shown=card-' in text
    assert "htmx-2.min.js" in text


def test_who_has_no_cards_to_watch_has_no_banner(client: Client, clerk: User) -> None:
    client.force_login(clerk)

    assert client.get(ALERTS).status_code == 204
    assert 'id="alerts"' not in client.get("/window/").content.decode()


def test_signed_out_pages_keep_what_they_show(client: Client) -> None:
    assert client.get(ALERTS).status_code == 204


def test_asking_again_is_no_use_of_the_session(staff: dict[str, User]) -> None:
    client = signed_in(staff["officer"])
    client.get("/inbox/")

    def visit(url: str, minutes: int, **headers: str) -> int:
        with patch("time.time", return_value=time.time() + 60 * minutes):
            return client.get(url, headers=headers).status_code

    assert visit(ALERTS, 10, **{POLL_HEADER: "1"}) == 200
    assert visit("/inbox/", 16) == 302


def test_an_urging_stays_until_it_is_answered(late: WorkItem, staff: dict[str, User]) -> None:
    sent = urging.send(
        case_id=late.case_id,
        supervisor=staff["supervisor"],
        kind="reminder",
        words="请抓紧办理。",
        days=2,
        work_item_id=late.pk,
    )
    assert "请抓紧办理" in banner(staff["officer"])
    assert "请抓紧办理" not in banner(staff["colleague"])
    assert "请抓紧办理" not in banner(staff["leader"])

    urging.answer(urging_id=sent.pk, officer=staff["officer"], words="今日办结。")

    assert "请抓紧办理" not in banner(staff["officer"])


def test_a_decided_item_no_longer_warns(late: WorkItem, staff: dict[str, User]) -> None:
    review.approve(work_item_id=late.pk, officer=staff["officer"], result_number="1 号")

    assert seen_url(late) not in banner(staff["officer"])


class TestAcknowledging:
    def test_a_stranger_finds_no_card(self, late: WorkItem, staff: dict[str, User]) -> None:
        assert signed_in(staff["stranger"]).post(seen_url(late)).status_code == 404

    @pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR, Role.TALENT])
    def test_other_roles_are_refused(self, late: WorkItem, role: Role) -> None:
        assert signed_in(make_user("x", role)).post(seen_url(late)).status_code == 403

    def test_it_is_a_post(self, late: WorkItem, staff: dict[str, User]) -> None:
        assert signed_in(staff["officer"]).get(seen_url(late)).status_code == 405

    def test_a_supervisor_is_led_to_the_case(self, late: WorkItem, staff: dict[str, User]) -> None:
        answer = signed_in(staff["supervisor"]).post(seen_url(late))

        assert answer["Location"] == reverse("cases:supervision-case", args=[late.case_id])


def test_looking_costs_the_same_however_many_cards_there_are(
    late: WorkItem,
    staff: dict[str, User],
    one_thing: OneThing,
    talent: User,
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(4):
        case = make_case(one_thing, talent, MONDAY)
        make_work_item(case, days=0, claimed_by=staff["officer"])
    sweep(now=MONDAY + timedelta(hours=9))

    with django_assert_max_num_queries(3):
        assert len(alerts(staff["officer"])) == 3


def test_an_urging_about_an_item_whose_officer_has_left_is_everybodys(
    late: WorkItem, staff: dict[str, User]
) -> None:
    urging.send(
        case_id=late.case_id,
        supervisor=staff["supervisor"],
        kind="reminder",
        words="请尽快办理",
        days=2,
        work_item_id=late.pk,
    )
    assert "请尽快办理" not in banner(staff["colleague"])

    staff["officer"].department = staff["stranger"].department
    staff["officer"].save()

    assert "请尽快办理" in banner(staff["colleague"])
    assert "请尽快办理" not in banner(staff["officer"])
