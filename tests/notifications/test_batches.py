"""Draining by the batch loses nothing: not by a kill half-way, not by a lease that runs out."""

from time import sleep

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from notifications import sending, waiting, wording
from notifications.channels.base import Outcome
from notifications.models import Channel, Message, MessageState
from notifications.sending import drain, tell
from tests.accounts.factories import TalentFactory
from tests.accounts.threads import together
from tests.notifications.fakes import FakeChannel, later, notice, sms

pytestmark = pytest.mark.django_db
TEXTS = Message.objects.filter(channel=Channel.SMS)


class Killed(BaseException):
    """What ends a process ends it here, in the middle of a batch."""


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> FakeChannel:
    fake = FakeChannel()
    monkeypatch.setattr(sending, "sms_channels", lambda: [fake])
    return fake


def told(count: int) -> None:
    tell([notice(recipient=TalentFactory()) for _ in range(count)])


def kill_after(channel: FakeChannel, count: int) -> None:
    def die() -> None:
        if len(channel.sent) == count:
            raise Killed

    channel.during = die


def test_a_drain_killed_half_way_sends_nothing_twice(channel: FakeChannel) -> None:
    told(10)
    kill_after(channel, 4)
    with pytest.raises(Killed):
        drain()
    assert TEXTS.filter(state=MessageState.SENDING).count() == 10
    assert drain() == 0

    channel.during = lambda: None
    taken = set(channel.sent)
    channel.query = lambda message: sending.Receipt(  # type: ignore[method-assign]
        Outcome.ACCEPTED if message.out_id in taken else Outcome.NOT_FOUND
    )
    later(seconds=61)
    drain()

    assert TEXTS.filter(state=MessageState.ACCEPTED).count() == 10
    assert len(channel.sent) == len(set(channel.sent)) == 10


def test_without_asking_the_same_kill_would_send_twice(
    channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting.Claimed, "may_have_been_taken", False)
    told(10)
    kill_after(channel, 4)
    with pytest.raises(Killed):
        drain()
    channel.during = lambda: None

    later(seconds=61)
    drain()

    assert len(channel.sent) > len(set(channel.sent))


def test_what_is_known_is_written_down_before_a_slow_batch_ends(
    channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WRITTEN_EVERY", 0.05)
    told(4)
    seen: list[int] = []

    def slowly() -> None:
        seen.append(TEXTS.filter(state=MessageState.ACCEPTED).count())
        sleep(0.06)

    channel.during = slowly

    drain()

    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [3, 20])
def test_a_batch_costs_the_same_whatever_its_size(
    channel: FakeChannel, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    wording.texts()
    told(count)

    # Providers at work, begin, claim, commit, settle, providers that recovered; an empty claim.
    with django_assert_num_queries(10):
        drain()

    assert len(channel.sent) == count


def test_batches_grow_while_the_provider_is_fast(
    channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    claim = waiting.claim

    def counted(limit: int, **kwargs: object) -> list[waiting.Claimed]:
        sizes.append(limit)
        return claim(limit, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(waiting, "claim", counted)
    monkeypatch.setattr(sending, "LARGEST_BATCH", 50)
    told(130)

    drain()

    assert sizes == [20, 50, 50, 50, 50]


def test_a_drain_ends_after_a_while_and_the_next_goes_on(
    channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BUSY", 0.0)
    monkeypatch.setattr(sending, "BATCH", 2)
    told(3)

    assert drain() == 0
    monkeypatch.setattr(sending, "BUSY", 0.001)
    channel.during = lambda: sleep(0.01)
    assert drain() == 2
    assert drain() == 1


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_settle_each_message_once(channel: FakeChannel) -> None:
    told(200)

    done = together(4, lambda _: drain())

    assert sum(done) == 200
    assert len(channel.sent) == len(set(channel.sent)) == 200
    assert TEXTS.filter(state=MessageState.ACCEPTED, due_at=None).count() == 200


def test_a_number_is_looked_up_when_the_message_is_sent_and_kept_sealed(
    channel: FakeChannel,
) -> None:
    tell([notice(recipient=TalentFactory(phone="13711112222"))])
    TEXTS.update(address="", params={"number": "77"}, sealed=None)

    drain()

    assert channel.phones == ["13711112222"]
    assert "受理码77" in channel.texts[0]
    assert sms().address == "13711112222"
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(address, '') FROM notifications_message")
        assert "13711112222" not in cursor.fetchone()[0]


def test_a_recipient_whose_number_is_gone_is_a_dead_letter(channel: FakeChannel) -> None:
    person = TalentFactory()
    tell([notice(recipient=person)])
    TEXTS.update(address="")
    person.phone = ""
    person.save()

    drain()

    assert channel.sent == []
    assert (sms().state, sms().error) == (MessageState.FAILED, "收件人没有手机号码")


@pytest.mark.parametrize(
    "spoilt", [{"template": "{missing}"}, {"template": "{"}, {"address": "sealed elsewhere"}]
)
def test_one_message_that_cannot_be_read_does_not_stop_the_others(
    channel: FakeChannel, spoilt: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    told(3)
    bad = TEXTS.order_by("due_at").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor:
        ((name, value),) = spoilt.items()
        cursor.execute(f"UPDATE notifications_message SET {name} = %s WHERE id = %s", [value, bad])  # noqa: S608

    drain()

    assert len(channel.sent) == 2 and bad not in channel.sent
    state = TEXTS.filter(pk=bad).values_list("state", "error").get()
    assert state == (MessageState.FAILED, sending.UNREADABLE.detail)
