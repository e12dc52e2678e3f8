"""Dead letters: seen by supervisors only, sent again once, with a line in the ledger."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications import dead_letters, sending
from notifications.channels.base import Outcome
from notifications.codes import send_code
from notifications.models import Channel, Message, MessageState
from notifications.sending import drain, tell
from portal.accounts.models import User
from portal.core.ledger import Event
from tests.accounts.factories import StaffFactory, TalentFactory
from tests.notifications.fakes import FakeChannel, notice

pytestmark = pytest.mark.django_db
PAGE = "/messages/dead-letters/"


@pytest.fixture
def supervisor(client: Client) -> User:
    user = StaffFactory(supervisor=True)
    client.force_login(user)
    return user


def dead(state: MessageState = MessageState.FAILED, count: int = 1) -> list[Message]:
    tell([notice(recipient=TalentFactory(phone=f"138{n:08d}")) for n in range(count)])
    rows = Message.objects.filter(channel=Channel.SMS, state=MessageState.QUEUED)
    rows.update(
        state=state, error="通道应答 HTTP 400", provider="http", attempts=6, due_at=None,
        settled_at=timezone.now(), provider_ref="old",
    )  # fmt: skip
    return list(Message.objects.dead())


def test_the_page_says_what_did_not_arrive_and_why(client: Client, supervisor: User) -> None:
    dead(count=2)

    page = client.get(PAGE)

    assert "2 条短信未能送达" in page.text
    assert "138****0001" in page.text and "13800000001" not in page.text
    assert "全部事项已办结" in page.text and "通道应答 HTTP 400" in page.text
    assert "短信网关" in page.text and "6 次" in page.text
    assert "受理码" not in page.text


def test_a_number_that_was_never_looked_up_is_the_recipients(
    client: Client, supervisor: User
) -> None:
    dead()
    Message.objects.update(address="")

    assert "138****0000" in client.get(PAGE).text


def test_an_empty_page_says_what_will_be_listed(client: Client, supervisor: User) -> None:
    assert "没有未送达的短信" in client.get(PAGE).text
    assert "全部重新发送" not in client.get(PAGE).text


def test_a_code_that_came_too_late_is_no_letter(client: Client, supervisor: User) -> None:
    send_code("13712345678")
    Message.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    drain()

    assert Message.objects.get().state == MessageState.FAILED
    assert "没有未送达的短信" in client.get(PAGE).text


def test_one_is_sent_again_and_stands_in_the_ledger(client: Client, supervisor: User) -> None:
    first, second = dead(count=2)

    response = client.post(reverse("notifications:resend", args=[first.pk]), follow=True)

    assert "已将 1 条短信重新排队发送" in response.text
    again = Message.objects.get(pk=first.pk)
    assert (again.state, again.attempts, again.provider_ref) == (MessageState.QUEUED, 0, "")
    assert list(Message.objects.dead()) == [second]
    event = Event.objects.get(kind="message.resent")
    assert (event.actor, event.subject) == (supervisor, f"message:{first.pk}")
    assert event.payload == {"kind": "case.completed"}
    drain()
    assert Message.objects.get(pk=first.pk).state == MessageState.DELIVERED


def test_all_are_sent_again_once(client: Client, supervisor: User) -> None:
    dead(count=3)

    first = client.post(reverse("notifications:resend-all"), follow=True)
    second = client.post(reverse("notifications:resend-all"), follow=True)

    assert "已将 3 条短信重新排队发送" in first.text
    assert "没有需要重发的短信" in second.text
    assert Event.objects.filter(kind="message.resent").count() == 3


def test_what_a_provider_may_have_taken_is_asked_about_first(
    supervisor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = FakeChannel(asked=Outcome.DELIVERED, name="http")
    monkeypatch.setattr(sending, "sms_channels", lambda: [channel])
    (letter,) = dead(MessageState.UNKNOWN)

    assert dead_letters.resend(by=supervisor) == 1
    drain()

    assert (channel.sent, channel.queried) == ([], [letter.pk])
    assert Message.objects.get(pk=letter.pk).state == MessageState.DELIVERED


def test_a_message_under_way_is_not_sent_again(client: Client, supervisor: User) -> None:
    tell([notice()])
    message = Message.objects.get(channel=Channel.SMS)

    for pk in (message.pk, uuid4()):
        response = client.post(reverse("notifications:resend", args=[pk]), follow=True)
        assert "没有需要重发的短信" in response.text
    assert not Event.objects.filter(kind="message.resent").exists()


@pytest.mark.parametrize("role", ["clerk", "officer", "leader", "editor", "administrator"])
def test_other_staff_do_not_get_in(client: Client, role: str) -> None:
    (letter,) = dead()
    client.force_login(StaffFactory(**{role: True}))

    assert client.get(PAGE).status_code == 403
    assert client.post(reverse("notifications:resend-all")).status_code == 403
    assert client.post(reverse("notifications:resend", args=[letter.pk])).status_code == 403
    assert list(Message.objects.dead()) == [letter]


def test_sending_again_by_get_is_refused(client: Client, supervisor: User) -> None:
    (letter,) = dead()

    assert client.get(reverse("notifications:resend-all")).status_code == 405
    assert client.get(reverse("notifications:resend", args=[letter.pk])).status_code == 405


def test_the_way_is_in_the_supervisors_navigation(client: Client, supervisor: User) -> None:
    assert f'href="{PAGE}"' in client.get("/inbox/").text


def test_long_lists_have_pages(client: Client, supervisor: User) -> None:
    dead(count=55)

    assert client.get(PAGE).text.count("HTTP 400") == 50
    assert client.get(f"{PAGE}?page=2").text.count("HTTP 400") == 5
