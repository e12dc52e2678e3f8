"""Receipts: authenticated, in any order, any number of times; what is final stays final."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from notifications import receipts
from notifications.models import Message, MessageState
from notifications.sending import drain, tell
from tests.notifications.fakes import FakeChannel, notice, sms

pytestmark = pytest.mark.django_db
TOKEN = "geheimer-weg"


@pytest.fixture(autouse=True)
def secrets(settings: Settings) -> None:
    settings.SMS_RECEIPT_TOKEN, settings.SMS_HTTP_TOKEN = TOKEN, "geheim"


@pytest.fixture(params=["http", "aliyun", "tencent"])
def provider(request: pytest.FixtureRequest) -> str:
    return request.param


def handed_over(provider: str, state: str = "accepted") -> Message:
    tell([notice()])
    message = sms()
    message.state, message.provider, message.provider_ref = state, provider, "ref-1"
    message.due_at = None
    message.save()
    return message


def entry(provider: str, message: Any, is_delivered: bool, ref: str = "ref-1") -> dict[str, Any]:
    out_id = str(getattr(message, "pk", message))
    return {
        "http": {"out_id": out_id, "state": "delivered" if is_delivered else "failed"},
        "aliyun": {
            "out_id": out_id,
            "biz_id": ref,
            "success": is_delivered,
            "err_code": "DELIVERED" if is_delivered else "UNDELIV",
            "phone_number": "13712345678",
        },
        "tencent": {
            "sid": ref if isinstance(message, Message) else out_id,
            "report_status": "SUCCESS" if is_delivered else "FAIL",
            "errmsg": "DELIVRD" if is_delivered else "UNDELIV",
            "mobile": "13712345678",
        },
    }[provider]


def push(client: Client, provider: str, entries: Any, secret: str | None = None) -> Any:
    body = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    name = f"notifications:receipts-{provider}"
    if provider == "http":
        signature = receipts.signature(body) if secret is None else secret
        return client.post(
            reverse(name), body, "application/json", headers={"X-Signature": signature}
        )
    return client.post(reverse(name, args=[secret or TOKEN]), body, "application/json")


@pytest.mark.parametrize(
    ("is_delivered", "state"),
    [(True, MessageState.DELIVERED), (False, MessageState.FAILED)],
)
def test_a_receipt_ends_an_accepted_message(
    client: Client, provider: str, is_delivered: bool, state: str
) -> None:
    message = handed_over(provider)

    response = push(client, provider, [entry(provider, message, is_delivered)])

    assert response.status_code == 200
    assert (
        response.json()
        == {
            "http": {"noted": 1},
            "aliyun": {"code": 0, "msg": "接收成功"},
            "tencent": {"result": 0, "errmsg": "OK"},
        }[provider]
    )
    ended = sms()
    assert (ended.state, ended.due_at) == (state, None)
    assert bool(ended.error) is not is_delivered
    assert "13712345678" not in ended.error


def test_a_receipt_that_comes_twice_changes_nothing(client: Client, provider: str) -> None:
    message = handed_over(provider)
    push(client, provider, [entry(provider, message, True)])
    first = sms().settled_at

    response = push(client, provider, [entry(provider, message, True)] * 2)

    assert response.status_code == 200
    assert (sms().state, sms().settled_at) == (MessageState.DELIVERED, first)


@pytest.mark.parametrize("first", [True, False])
def test_what_is_final_stays_whatever_is_told_later(
    client: Client, provider: str, first: bool
) -> None:
    message = handed_over(provider)

    push(client, provider, [entry(provider, message, first)])
    push(client, provider, [entry(provider, message, not first)])

    assert sms().state == (MessageState.DELIVERED if first else MessageState.FAILED)


def test_a_receipt_settles_what_was_not_known(client: Client, provider: str) -> None:
    message = handed_over(provider, MessageState.UNKNOWN)

    push(client, provider, [entry(provider, message, True)])

    assert sms().state == MessageState.DELIVERED
    assert not Message.objects.dead().exists()


def test_another_providers_message_is_not_touched(client: Client, provider: str) -> None:
    message = handed_over("other")

    push(client, provider, [entry(provider, message, True)])

    assert sms().state == MessageState.ACCEPTED


def test_an_unknown_message_is_answered_as_the_provider_expects(
    client: Client, provider: str
) -> None:
    response = push(client, provider, [entry(provider, uuid4(), True)])

    assert response.status_code == (404 if provider == "http" else 200)


def test_a_receipt_without_the_secret_is_refused(client: Client, provider: str) -> None:
    message = handed_over(provider)

    response = push(client, provider, [entry(provider, message, True)], secret="geraten")

    assert response.status_code == (403 if provider == "http" else 404)
    assert sms().state == MessageState.ACCEPTED


def test_without_a_secret_of_ours_nobody_is_let_in(
    client: Client, provider: str, settings: Settings
) -> None:
    settings.SMS_RECEIPT_TOKEN = settings.SMS_HTTP_TOKEN = ""
    message = handed_over(provider)

    response = push(client, provider, [entry(provider, message, True)])

    assert response.status_code in {403, 404}
    assert sms().state == MessageState.ACCEPTED


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}", b"[1]", b"\xff", b"[" * 100_000, b"[" + b"{}," * 1001 + b"{}]"],
    ids=lambda body: body[:3].hex(),
)
def test_what_is_no_list_of_receipts_is_refused(client: Client, provider: str, body: bytes) -> None:
    assert push(client, provider, body).status_code == 400


@pytest.mark.parametrize("value", ["\0", "\ud800", ["delivered"], {}, None, 1e400, "x" * 5000])
def test_values_that_no_provider_gives_touch_nothing(
    client: Client, provider: str, value: Any
) -> None:
    message = handed_over(provider)
    names = entry(provider, message, True)

    assert push(client, provider, [dict.fromkeys(names, value)]).status_code < 500
    assert sms().state == MessageState.ACCEPTED


def test_a_form_from_a_browser_is_no_receipt(client: Client, provider: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    message = handed_over(provider)

    assert push(strict, provider, [entry(provider, message, True)]).status_code == 200
    args = [] if provider == "http" else [TOKEN]
    assert client.get(reverse(f"notifications:receipts-{provider}", args=args)).status_code == 405


def test_a_receipt_faster_than_the_senders_own_record_is_kept_or_asked_for_again(
    client: Client, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = FakeChannel(name=provider)
    answers = []

    def receipt_arrives() -> None:
        report = entry(provider, sms(), True, ref=f"{provider}-1")
        answers.append(push(client, provider, [report]))

    channel.during = receipt_arrives
    monkeypatch.setattr("notifications.sending.sms_channels", lambda: [channel])
    tell([notice()])

    drain()

    if provider == "tencent":
        assert answers[0].json()["result"] != 0  # known under its serial number only: told again
        receipt_arrives()
    assert sms().state == MessageState.DELIVERED


def test_a_failure_of_an_earlier_attempt_does_not_end_the_present_one(client: Client) -> None:
    message = handed_over("aliyun")
    Message.objects.filter(pk=message.pk).update(provider_ref="ref-2")

    push(client, "aliyun", [entry("aliyun", message, False, ref="ref-1")])
    assert sms().state == MessageState.ACCEPTED

    push(client, "aliyun", [entry("aliyun", message, True, ref="ref-1")])
    assert sms().state == MessageState.DELIVERED
