"""Telling writes rows; draining sends them, each once, whatever happens in between."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import sending, wording
from notifications.channels.base import Outcome
from notifications.models import Channel, Message, MessageState
from notifications.sending import ATTEMPTS, BACK_OFF, drain, tell
from tests.accounts.factories import TalentFactory
from tests.accounts.threads import together
from tests.notifications.fakes import FakeChannel, later, notice, sms
from tests.notifications.gateway import Gateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeChannel]:
    def use(*answers: Outcome, **kwargs: Outcome) -> FakeChannel:
        fake = FakeChannel(*answers, **kwargs)
        monkeypatch.setattr(sending, "sms_channels", lambda: [fake])
        return fake

    return use


def test_one_notice_is_an_inbox_row_and_a_text_message() -> None:
    told = notice()

    tell([told])

    inbox, text = Message.objects.order_by("channel")
    assert (inbox.channel, text.channel) == (Channel.INBOX, Channel.SMS)
    assert (inbox.state, inbox.due_at, inbox.address) == (MessageState.DELIVERED, None, "")
    assert (text.state, text.address) == (MessageState.QUEUED, "13712345678")
    assert text.due_at is not None
    assert inbox.title == "全部事项已办结"
    assert "受理码 77" in inbox.body
    assert text.body.startswith("【一件事联办】")
    assert inbox.link == "/cases/"


def test_any_number_of_notices_is_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    wording.texts()
    notices = [notice(recipient=TalentFactory()) for _ in range(30)]

    with transaction.atomic(), django_assert_num_queries(1):
        tell(notices)

    assert Message.objects.count() == 60


def test_nothing_to_tell_costs_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        tell([])


def test_the_same_event_tells_the_same_person_once() -> None:
    told = notice()

    tell([told, told])
    tell([told])

    assert Message.objects.count() == 2


def test_a_recipient_without_a_phone_gets_the_inbox_only() -> None:
    tell([notice(recipient=TalentFactory(phone=""))])

    assert Message.objects.get().channel == Channel.INBOX


def test_some_kinds_are_for_the_inbox_only() -> None:
    tell([notice(kind="case.answered")])

    assert Message.objects.get().channel == Channel.INBOX


def test_a_number_and_what_fills_the_wording_are_sealed_in_the_database() -> None:
    tell([notice(params={"number": "330100202699990077"})])

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(m)::text, '') FROM notifications_message m")
        stored = cursor.fetchone()[0]
    assert "13712345678" not in stored
    assert "330100202699990077" not in stored


def test_draining_sends_what_is_due_and_settles_it(channel: Callable[..., FakeChannel]) -> None:
    provider = channel()
    tell([notice()])

    assert drain() == 1
    assert drain() == 0

    message = sms()
    assert provider.sent == [message.pk]
    assert provider.queried == []
    assert (message.state, message.due_at, message.leased_until) == ("accepted", None, None)
    assert message.settled_at is not None


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.ACCEPTED, MessageState.ACCEPTED),
        (Outcome.DELIVERED, MessageState.DELIVERED),
        (Outcome.REJECTED, MessageState.FAILED),
    ],
)
def test_a_final_answer_is_final(
    channel: Callable[..., FakeChannel], outcome: Outcome, state: MessageState
) -> None:
    provider = channel(outcome)
    tell([notice()])
    drain()

    later(days=2)
    drain()

    assert len(provider.sent) == 1
    assert (sms().state, sms().due_at) == (state, None)


def test_a_provider_that_is_away_is_tried_again_with_growing_pauses(
    channel: Callable[..., FakeChannel],
) -> None:
    provider = channel(*[Outcome.UNAVAILABLE] * 9)
    tell([notice()])

    pauses = []
    for _ in range(ATTEMPTS + 1):
        began = timezone.now()
        drain()
        drain()
        if due := sms().due_at:
            pauses.append(round((due - began).total_seconds()))
        later(hours=1)

    assert pauses == [int(pause.total_seconds()) for pause in BACK_OFF]
    assert len(provider.sent) == ATTEMPTS
    assert (sms().state, sms().error) == (MessageState.FAILED, "detail")


def test_an_unknown_outcome_is_asked_about_before_sending_again(
    channel: Callable[..., FakeChannel],
) -> None:
    provider = channel(Outcome.UNKNOWN, asked=Outcome.DELIVERED)
    tell([notice()])
    drain()
    assert sms().state == MessageState.UNKNOWN

    later(minutes=5)
    drain()

    assert len(provider.sent) == len(provider.queried) == 1
    assert sms().state == MessageState.DELIVERED


def test_what_a_provider_never_took_is_sent_again(channel: Callable[..., FakeChannel]) -> None:
    provider = channel(Outcome.UNKNOWN, Outcome.ACCEPTED, asked=Outcome.NOT_FOUND)
    tell([notice()])
    drain()

    later(minutes=5)
    drain()

    assert len(provider.sent) == 2
    assert sms().state == MessageState.ACCEPTED


def test_a_provider_that_never_answers_leaves_a_message_for_a_person_to_see(
    channel: Callable[..., FakeChannel], caplog: pytest.LogCaptureFixture
) -> None:
    channel(Outcome.UNKNOWN, asked=Outcome.UNKNOWN)
    tell([notice()])

    for _ in range(ATTEMPTS + 2):
        drain()
        later(hours=1)

    message = sms()
    assert (message.state, message.due_at, message.attempts) == ("unknown", None, ATTEMPTS)
    assert str(message.pk) in caplog.text
    assert "13712345678" not in caplog.text


def test_what_a_killed_worker_held_is_taken_up_after_its_lease(
    channel: Callable[..., FakeChannel],
) -> None:
    provider = channel(asked=Outcome.NOT_FOUND)
    tell([notice()])
    provider.during = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        drain()
    provider.during = lambda: None
    assert sms().state == MessageState.SENDING

    assert drain() == 0
    later(seconds=61)
    assert drain() == 1

    assert provider.queried == [sms().pk]
    assert sms().state == MessageState.ACCEPTED


def test_a_message_that_kills_its_senders_is_given_up(
    channel: Callable[..., FakeChannel],
) -> None:
    provider = channel()
    tell([notice()])
    Message.objects.filter(channel=Channel.SMS).update(
        state=MessageState.SENDING, attempts=ATTEMPTS, leased_until=timezone.now()
    )

    drain()

    assert provider.sent == []
    assert (sms().state, sms().due_at) == (MessageState.UNKNOWN, None)


def test_a_worker_that_lost_its_lease_does_not_overwrite_the_one_that_has_it(
    channel: Callable[..., FakeChannel],
) -> None:
    provider = channel(Outcome.REJECTED)
    tell([notice()])

    def another_worker_settles() -> None:
        Message.objects.filter(channel=Channel.SMS).update(
            state=MessageState.DELIVERED, due_at=None, leased_until=None
        )

    provider.during = another_worker_settles
    drain()

    assert sms().state == MessageState.DELIVERED


def test_no_send_is_begun_that_could_outlast_its_lease(
    channel: Callable[..., FakeChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = channel()
    for _ in range(3):
        tell([notice(recipient=TalentFactory())])
    monkeypatch.setattr(sending, "LEASE", sending.LONGEST_SEND + timedelta(milliseconds=50))
    provider.during = lambda: __import__("time").sleep(0.1)

    assert drain() == 1

    given_back = Message.objects.filter(channel=Channel.SMS, state=MessageState.QUEUED)
    assert [(row.attempts, row.leased_until) for row in given_back] == [(0, None)] * 2
    assert drain(limit=1) == 1


def test_draining_stops_at_its_limit(channel: Callable[..., FakeChannel]) -> None:
    provider = channel()
    tell([notice(recipient=TalentFactory()) for _ in range(25)])

    assert drain(limit=22) == 22
    assert drain() == 3
    assert len(set(provider.sent)) == 25


def test_an_expired_message_is_not_sent(channel: Callable[..., FakeChannel]) -> None:
    provider = channel()
    tell([notice()])
    Message.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    drain()

    assert provider.sent == []
    assert sms().state == MessageState.FAILED


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_message_once(channel: Callable[..., FakeChannel]) -> None:
    provider = channel()
    tell([notice(recipient=TalentFactory()) for _ in range(30)])

    done = together(4, lambda _: drain())

    assert sum(done) == 30
    assert len(provider.sent) == len(set(provider.sent)) == 30


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_called_outside_any_transaction(
    channel: Callable[..., FakeChannel],
) -> None:
    provider, seen = channel(), []

    def look() -> None:
        seen.append((connection.in_atomic_block, sms().state))

    provider.during = look
    tell([notice()])

    drain()

    assert seen == [(False, MessageState.SENDING)]


@pytest.mark.parametrize(
    ("mode", "states"),
    [
        (500, ["unknown", "accepted"]),
        (429, ["queued", "accepted"]),
        (400, ["failed", "failed"]),
        ("hang", ["unknown", "accepted"]),
        ("drop", ["unknown", "accepted"]),
    ],
)
def test_a_real_gateway_that_recovers_gets_every_message_once(
    gateway: Gateway, mode: int | str, states: list[str]
) -> None:
    tell([notice()])

    gateway.mode = mode
    drain()
    first = sms().state
    gateway.mode = 200
    later(minutes=5)
    drain()

    assert [first, sms().state] == states
    assert len(gateway.taken) == (0 if mode == 400 else 1)
    # Taken before the answer was lost: asked about, never posted twice.
    assert gateway.sent(sms().pk) == (1 if mode in {400, "hang", "drop"} else 2)


def test_a_channel_that_cannot_work_loses_nothing(settings: Settings) -> None:
    settings.SMS_CHANNELS = ["http"]
    settings.SMS_HTTP_URL = ""
    tell([notice()])

    with pytest.raises(ImproperlyConfigured):
        drain()

    assert (sms().state, sms().attempts) == (MessageState.QUEUED, 0)
