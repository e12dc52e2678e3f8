"""The inbox: one's own messages, marked as read by POST only."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from notifications.models import Message
from notifications.sending import Notice, tell
from portal.accounts.models import User
from portal.core.ledger import Entry, record_many
from tests.accounts.factories import StaffFactory, TalentFactory

pytestmark = pytest.mark.django_db
INBOX = "/inbox/"


@pytest.fixture
def talent(client: Client) -> User:
    user = TalentFactory()
    client.force_login(user)
    return user


def told(user: User, count: int = 1, link: str = "/cases/") -> list[Message]:
    events = record_many(Entry("case.completed") for _ in range(count))
    params = [{"number": f"No{number}"} for number in range(count)]
    tell(
        Notice(event, user, "case.completed", param, link)
        for event, param in zip(events, params, strict=True)
    )
    return list(Message.objects.inbox_of(user))


def test_the_heading_says_how_many_are_unread(client: Client, talent: User) -> None:
    told(talent, 3)

    page = client.get(INBOX)

    assert page.status_code == 200
    assert "您有 3 条未读消息" in page.text
    assert "受理码 No0 的联办申请" in page.text


def test_an_empty_inbox_says_what_will_come(client: Client, talent: User) -> None:
    assert "还没有消息" in client.get(INBOX).text


def test_text_messages_are_not_listed_twice(client: Client, talent: User) -> None:
    told(talent)

    assert client.get(INBOX).text.count("No0") == 1


def test_reading_marks_one_and_leads_to_its_page(client: Client, talent: User) -> None:
    first, second = told(talent, 2)

    response = client.post(reverse("notifications:read", args=[first.pk]))

    assert response["Location"] == "/cases/"
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.read_at is not None and second.read_at is None


def test_reading_again_keeps_the_first_time(client: Client, talent: User) -> None:
    (message,) = told(talent)
    client.post(reverse("notifications:read", args=[message.pk]))
    message.refresh_from_db()
    first = message.read_at

    client.post(reverse("notifications:read", args=[message.pk]))

    message.refresh_from_db()
    assert message.read_at == first


@pytest.mark.parametrize("link", ["", "https://example.com/", "//example.com/"])
def test_without_a_page_of_ours_it_stays_in_the_inbox(
    client: Client, talent: User, link: str
) -> None:
    (message,) = told(talent, link=link)

    assert client.post(reverse("notifications:read", args=[message.pk]))["Location"] == INBOX


def test_all_are_marked_at_once(client: Client, talent: User) -> None:
    other = TalentFactory()
    told(talent, 3)
    told(other, 2)

    response = client.post(reverse("notifications:read-all"), follow=True)

    assert "已将 3 条消息标为已读" in response.text
    assert not Message.objects.inbox_of(talent).unread().exists()
    assert Message.objects.inbox_of(other).unread().count() == 2


def test_another_persons_message_does_not_exist(client: Client, talent: User) -> None:
    (message,) = told(TalentFactory())

    assert client.post(reverse("notifications:read", args=[message.pk])).status_code == 404
    assert client.post(reverse("notifications:read", args=[uuid4()])).status_code == 404
    message.refresh_from_db()
    assert message.read_at is None
    assert "No0" not in client.get(INBOX).text


def test_a_stranger_is_sent_to_the_sign_in(client: Client) -> None:
    (message,) = told(TalentFactory())

    for response in (
        client.get(INBOX),
        client.post(reverse("notifications:read-all")),
        client.post(reverse("notifications:read", args=[message.pk])),
    ):
        assert response["Location"].startswith("/sign-in/")
    message.refresh_from_db()
    assert message.read_at is None


def test_reading_by_get_is_refused(client: Client, talent: User) -> None:
    (message,) = told(talent)

    assert client.get(reverse("notifications:read", args=[message.pk])).status_code == 405
    assert client.get(reverse("notifications:read-all")).status_code == 405
    assert client.post(INBOX).status_code == 405


def test_long_inboxes_have_pages(client: Client, talent: User) -> None:
    told(talent, 45)

    assert client.get(INBOX).text.count("联办申请") == 20
    assert client.get(f"{INBOX}?page=3").text.count("联办申请") == 5
    assert client.get(f"{INBOX}?page=999").status_code == 200


def test_a_page_costs_the_same_whatever_its_length(
    client: Client, talent: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    told(talent, 20)
    client.get(INBOX)

    with django_assert_max_num_queries(6):
        client.get(INBOX)


def test_staff_have_an_inbox_too(client: Client) -> None:
    clerk = StaffFactory(clerk=True)
    told(clerk)
    client.force_login(clerk)

    assert "您有 1 条未读消息" in client.get(INBOX).text
