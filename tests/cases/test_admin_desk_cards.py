"""The officer's desk: cards, values shown in clear, and what administrators keep."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import CalendarYear, Card, Case, Level, WorkItem
from cases.sweep import sweep
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item, make_user
from tests.cases.desks import LIST, PASSWORD, make_case, make_work_item, page_of
from tests.cases.people import GRADUATE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]


class TestCards:
    @pytest.fixture
    def card(self, one_thing: Any, talent: User, officer: User) -> Card:
        """A red card of D01, two days old."""
        make_work_item(make_case(one_thing, talent, MONDAY), days=0)
        sweep(now=MONDAY + timedelta(days=2))
        return Card.objects.get(level=Level.RED)

    def test_the_banner_stays_until_somebody_acknowledges_the_card(
        self, desk: Client, officer: User, card: Card
    ) -> None:
        seen = reverse("cases:card-seen", args=[card.pk])
        before = desk.get(reverse(LIST)).content.decode()

        answer = desk.post(seen, HTTP_REFERER=f"http://testserver{reverse(LIST)}?state=todo")

        card.refresh_from_db()
        assert seen in before
        assert answer["Location"].endswith("?state=todo")
        assert card.seen_by == officer
        assert seen not in desk.get(reverse(LIST)).content.decode()

    def test_an_unseen_yellow_card_gives_way_to_the_red_one(self, desk: Client, card: Card) -> None:
        with clock.at(MONDAY + timedelta(days=2)):
            page = desk.get(reverse(LIST)).content.decode()

        assert page.count("已超过时限") == 1
        assert "临近时限" not in page

    def test_acknowledging_twice_is_one_event(self, desk: Client, card: Card) -> None:
        for _ in range(2):
            desk.post(reverse("cases:card-seen", args=[card.pk]))

        assert Event.objects.filter(kind="card.seen").count() == 1

    def test_another_address_is_never_gone_back_to(self, desk: Client, card: Card) -> None:
        answer = desk.post(
            reverse("cases:card-seen", args=[card.pk]),
            HTTP_REFERER="https://evil.example/",
        )

        assert answer["Location"] == page_of(card.work_item)

    def test_it_is_a_post(self, desk: Client, card: Card) -> None:
        assert desk.get(reverse("cases:card-seen", args=[card.pk])).status_code == 405

    def test_another_department_s_card_is_not_there(
        self, client: Client, officers: dict[str, User], card: Card
    ) -> None:
        client.force_login(officers["D03"])

        assert client.post(reverse("cases:card-seen", args=[card.pk])).status_code == 404


class TestRevealing:
    def reveal(self, work_item: WorkItem, code: str = "p_id_no") -> str:
        return reverse("admin:cases_workitem_reveal", args=[work_item.pk, code])

    def test_the_password_shows_one_value_and_the_ledger_knows_the_item(
        self, desk: Client, officer: User, accepted: Make
    ) -> None:
        found = item(accepted("P05"), "P05")

        answer = desk.post(self.reveal(found), {"password": PASSWORD})

        event = Event.objects.get(kind="value.revealed")
        assert GRADUATE_ID in answer.content.decode()
        assert (event.actor, event.subject) == (officer, found.subject)

    def test_a_field_of_another_item_is_not_there(self, desk: Client, accepted: Make) -> None:
        case = accepted("P01", "P05")

        answer = desk.post(self.reveal(item(case, "P05"), "monthly_wage"), {"password": PASSWORD})

        assert answer.status_code == 404

    def test_a_department_that_only_takes_part_reveals_nothing(
        self, client: Client, officers: dict[str, User], accepted: Make
    ) -> None:
        case = accepted("P01", "P04")
        client.force_login(officers["D02"])

        assert client.get(self.reveal(item(case, "P04"))).status_code == 404


class TestAdministration:
    @pytest.fixture
    def administrator(self, client: Client) -> Client:
        client.force_login(make_user("admin", Role.ADMINISTRATOR))
        return client

    def test_an_administrator_enters_a_day_off_and_every_clock_knows_it(
        self, administrator: Client
    ) -> None:
        from cases import calendar

        CalendarYear.objects.create(year=2026)
        calendar.current()
        answer = administrator.post(
            reverse("admin:cases_calendarday_add"), {"date": "2026-12-01", "name": "演示"}
        )

        assert answer.status_code == 302
        assert not calendar.current().is_working(MONDAY.date().replace(month=12, day=1))
        assert Event.objects.filter(kind="calendar.changed").count() == 1

    def test_an_officer_has_no_calendar(self, desk: Client) -> None:
        assert desk.get(reverse("admin:cases_calendarday_changelist")).status_code == 403

    def test_an_officer_s_index_is_the_desk(self, desk: Client) -> None:
        answer = desk.get(reverse("admin:index"))

        assert answer.status_code == 302
        assert answer["Location"] == reverse(LIST)

    def test_an_administrator_s_index_lists_the_calendar_and_no_desk(
        self, administrator: Client
    ) -> None:
        text = administrator.get(reverse("admin:index")).content.decode()

        assert reverse("admin:cases_calendarday_changelist") in text
        assert reverse(LIST) not in text


def test_the_calendar_page_says_how_far_it_is_known(client: Client, db: None) -> None:
    CalendarYear.objects.create(year=2026, official=True, source="国务院办公厅放假通知")
    client.force_login(make_user("admin", Role.ADMINISTRATOR))

    text = client.get(reverse("admin:cases_calendarday_changelist")).content.decode()

    assert "放假安排已载入至 2026年" in text
    assert "2027年的放假安排尚未载入" in text
