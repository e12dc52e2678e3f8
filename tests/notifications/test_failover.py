"""A second provider takes over from one that fails, and never what the first may have taken."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from pytest_django import Settings

from notifications import circuits, sending
from notifications.channels import sms_channels
from notifications.channels.base import Outcome
from notifications.models import Channel, Circuit, Message, MessageState
from notifications.sending import drain, tell
from tests.accounts.factories import TalentFactory
from tests.notifications.fakes import FakeChannel, later, notice, sms

pytestmark = pytest.mark.django_db
DOWN = [Outcome.UNAVAILABLE] * 99

Use = Callable[[FakeChannel, FakeChannel], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    def both(first: FakeChannel, second: FakeChannel) -> None:
        monkeypatch.setattr(sending, "sms_channels", lambda: [first, second])

    return both


def told(count: int) -> None:
    tell([notice(recipient=TalentFactory()) for _ in range(count)])


def test_the_first_provider_takes_everything_while_it_works(use: Use) -> None:
    first, second = FakeChannel(name="first"), FakeChannel(name="second")
    use(first, second)
    told(10)

    drain()

    assert (len(first.sent), len(second.sent)) == (10, 0)
    assert set(Message.objects.filter(channel=Channel.SMS).values_list("provider")) == {("first",)}
    assert not Circuit.objects.exists()


@pytest.mark.parametrize("failure", [Outcome.UNAVAILABLE, Outcome.UNKNOWN])
def test_after_repeated_failures_the_second_takes_over(use: Use, failure: Outcome) -> None:
    first, second = FakeChannel(*[failure] * 99, name="first"), FakeChannel(name="second")
    use(first, second)
    told(circuits.ENOUGH)
    drain()

    told(7)
    drain()

    assert (len(first.sent), len(second.sent)) == (circuits.ENOUGH, 7)


def test_fewer_failures_than_that_change_nothing(use: Use) -> None:
    answers = [*DOWN[: circuits.ENOUGH - 1], Outcome.ACCEPTED]
    first, second = FakeChannel(*answers, name="first"), FakeChannel(name="second")
    use(first, second)
    told(circuits.ENOUGH)
    drain()

    told(3)
    drain()

    assert second.sent == []
    assert not Circuit.objects.filter(failures__gt=0).exists()


def test_failures_are_counted_over_all_workers() -> None:
    for _ in range(circuits.ENOUGH - 1):
        circuits.note("first", [Outcome.UNAVAILABLE])
    assert circuits.working(["first", "second"]) == ["first", "second"]

    circuits.note("first", [Outcome.UNKNOWN])

    assert circuits.working(["first", "second"]) == ["second"]


def test_a_provider_is_tried_again_after_its_rest(use: Use) -> None:
    circuits.note("first", DOWN[: circuits.ENOUGH])
    Circuit.objects.update(rests_until=timezone.now() - timedelta(seconds=1))

    assert circuits.working(["first", "second"]) == ["first", "second"]
    circuits.note("first", [Outcome.UNAVAILABLE])
    assert circuits.working(["first", "second"]) == ["second"]
    circuits.note("first", [Outcome.UNAVAILABLE, Outcome.ACCEPTED])
    assert circuits.working(["first", "second"]) == ["first", "second"]


def test_where_all_rest_the_first_is_tried_all_the_same() -> None:
    for name in ("first", "second"):
        circuits.note(name, DOWN[: circuits.ENOUGH])

    assert circuits.working(["first", "second"]) == ["first", "second"]


def test_what_one_did_not_take_goes_to_the_other_at_the_next_attempt(use: Use) -> None:
    first, second = FakeChannel(Outcome.DECLINED, name="first"), FakeChannel(name="second")
    use(first, second)
    told(1)
    drain()

    later(minutes=1)
    drain()

    assert (len(first.sent), len(second.sent)) == (1, 1)
    assert (sms().provider, sms().state) == ("second", MessageState.ACCEPTED)
    assert not Circuit.objects.exists()  # one declined message says nothing of the provider


def test_what_the_first_may_have_taken_is_never_given_to_the_second(use: Use) -> None:
    first = FakeChannel(Outcome.UNKNOWN, asked=Outcome.UNKNOWN, name="first")
    second = FakeChannel(name="second")
    use(first, second)
    told(1)
    circuits.note("first", DOWN[: circuits.ENOUGH - 1])

    for _ in range(sending.ATTEMPTS + 2):
        drain()
        later(hours=1)

    assert second.sent == second.queried == []
    assert len(first.sent) == 1 and len(first.queried) == sending.ATTEMPTS - 1
    assert (sms().state, sms().provider) == (MessageState.UNKNOWN, "first")


def test_what_the_first_never_took_goes_to_the_second_under_its_name(use: Use) -> None:
    first = FakeChannel(Outcome.UNKNOWN, asked=Outcome.NOT_FOUND, name="first")
    second = FakeChannel(name="second")
    use(first, second)
    told(1)
    drain()
    circuits.note("first", DOWN[: circuits.ENOUGH])
    seen: list[str] = []
    second.during = lambda: seen.append(sms().provider)

    later(minutes=1)
    drain()

    assert first.queried == second.sent == [sms().pk]
    assert seen == ["second"]  # noted before the call
    assert sms().provider_ref == "second-1"


def test_a_provider_that_is_no_longer_set_up_leaves_what_it_may_have_taken_unknown(
    use: Use,
) -> None:
    first, second = FakeChannel(name="first"), FakeChannel(name="second")
    use(first, second)
    told(1)
    Message.objects.filter(channel=Channel.SMS).update(
        state=MessageState.UNKNOWN, provider="former", attempts=1
    )

    drain()

    assert first.sent == second.sent == []
    assert (sms().state, sms().error) == (MessageState.UNKNOWN, "原通道已停用，无法查询结果")


def test_providers_are_named_shortly_or_by_their_class(settings: Settings) -> None:
    settings.SMS_CHANNELS = ["console", "notifications.channels.http.HttpChannel"]
    settings.SMS_HTTP_URL = "https://sms.example.com/"

    assert [channel.name for channel in sms_channels()] == ["console", "http"]


@pytest.mark.parametrize("names", [[], ["console", "console"], ["carrier.pigeon"], ["pigeon"]])
def test_channels_that_cannot_work_are_a_mistake_of_the_installation(
    settings: Settings, names: list[Any]
) -> None:
    settings.SMS_CHANNELS = names

    with pytest.raises(ImproperlyConfigured):
        sms_channels()
