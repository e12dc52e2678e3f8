"""The HTTP channel against a real server: what each way of failing means."""

import logging
import time
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from notifications.channels.base import Outcome
from notifications.channels.http import HttpChannel
from notifications.channels.wire import CONNECT_TIMEOUT, READ_TIMEOUT
from tests.fixtures.stack import free_port
from tests.notifications.fakes import PHONE, TEXT
from tests.notifications.fakes import outgoing as sms
from tests.notifications.gateway import Gateway


def test_a_message_is_posted_with_id_and_token(gateway: Gateway) -> None:
    out_id = uuid4()

    receipt = HttpChannel().send(sms(out_id))

    assert receipt.outcome is Outcome.ACCEPTED
    assert gateway.seen == [{"out_id": str(out_id), "phone": PHONE, "text": TEXT}]
    assert gateway.tokens == ["Bearer geheim"]


def test_a_gateway_may_say_that_it_has_delivered(gateway: Gateway) -> None:
    gateway.state = "delivered"

    assert HttpChannel().send(sms()).outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        (400, Outcome.REJECTED),
        (422, Outcome.REJECTED),
        (401, Outcome.UNAVAILABLE),
        (404, Outcome.UNAVAILABLE),
        (429, Outcome.UNAVAILABLE),
        (503, Outcome.UNAVAILABLE),
        (500, Outcome.UNKNOWN),
        (502, Outcome.UNKNOWN),
        ("hang", Outcome.UNKNOWN),
        ("drop", Outcome.UNKNOWN),
        ("trickle", Outcome.UNKNOWN),
    ],
)
def test_each_failure_says_whether_the_message_may_have_been_taken(
    gateway: Gateway, mode: int | str, outcome: Outcome
) -> None:
    gateway.mode = mode

    assert HttpChannel().send(sms()).outcome is outcome


@pytest.mark.parametrize("mode", ["hang", "trickle"])
def test_an_answer_is_waited_for_no_longer_than_agreed(gateway: Gateway, mode: str) -> None:
    gateway.mode = mode
    began = time.monotonic()

    HttpChannel().send(sms())

    assert time.monotonic() - began < 1.5
    assert (CONNECT_TIMEOUT, READ_TIMEOUT) == (3.0, 10.0)


def test_without_a_connection_nothing_was_sent(settings: Settings) -> None:
    settings.SMS_HTTP_URL = f"http://127.0.0.1:{free_port()}/sms"

    channel = HttpChannel()

    assert channel.send(sms()).outcome is Outcome.UNAVAILABLE
    assert channel.query(sms()).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("accepted", Outcome.ACCEPTED),
        ("delivered", Outcome.DELIVERED),
        ("failed", Outcome.REJECTED),
        ("strange", Outcome.UNKNOWN),
    ],
)
def test_a_gateway_is_asked_what_became_of_a_message(
    gateway: Gateway, state: str, outcome: Outcome
) -> None:
    out_id = uuid4()
    gateway.taken[str(out_id)] = state

    assert HttpChannel().query(sms(out_id)).outcome is outcome


def test_a_message_never_taken_is_not_found(gateway: Gateway) -> None:
    assert HttpChannel().query(sms()).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("mode", [200, 400, 500, "drop"])
def test_neither_number_nor_text_is_logged_or_kept(
    gateway: Gateway, mode: int | str, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.mode = mode
    caplog.set_level(logging.DEBUG)

    receipt = HttpChannel().send(sms())

    for words in (PHONE, "135790"):
        assert words not in caplog.text
        assert words not in receipt.detail


@pytest.mark.parametrize("url", ["", "ftp://gateway/", "gateway"])
def test_a_channel_without_an_address_says_so(settings: Settings, url: str) -> None:
    settings.SMS_HTTP_URL = url

    with pytest.raises(ImproperlyConfigured, match="PORTAL_SMS_URL"):
        HttpChannel()
