"""Aliyun and Tencent against servers that behave, and misbehave, like them."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from notifications import wording
from notifications.channels import aliyun, channel_named, tencent, wire
from notifications.channels.base import Outcome
from notifications.models import Channel, Message, MessageState, Wording
from notifications.sending import drain, tell
from tests.fixtures.stack import free_port
from tests.notifications.clouds import SECRET, Aliyun, Cloud, Tencent, running
from tests.notifications.fakes import PHONE, later, notice, outgoing, sms

pytestmark = pytest.mark.django_db
# Codes by what they mean: Aliyun's, Tencent's.
CODES = {
    Outcome.REJECTED: ("isv.MOBILE_NUMBER_ILLEGAL", "InvalidParameterValue.IncorrectPhoneNumber"),
    Outcome.DECLINED: ("isv.BUSINESS_LIMIT_CONTROL", "LimitExceeded.PhoneNumberDailyLimit"),
    Outcome.UNAVAILABLE: (
        "isv.AMOUNT_NOT_ENOUGH",
        "FailedOperation.InsufficientBalanceInSmsPackage",
    ),
    Outcome.UNKNOWN: ("isp.SYSTEM_ERROR", "InternalError.Timeout"),
}


@pytest.fixture(params=["aliyun", "tencent"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def cloud(name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The cloud in use, with templates for two kinds; waiting for its answer is cut short."""
    monkeypatch.setattr(wire, "READ_TIMEOUT", 0.5)
    settings.SMS_CHANNELS = [name]
    settings.SMS_RECEIPT_TOKEN = "geheimer-weg"
    settings.ALIYUN_KEY_ID, settings.ALIYUN_KEY_SECRET = "key", SECRET
    settings.TENCENT_SECRET_ID, settings.TENCENT_SECRET_KEY = "key", SECRET
    settings.TENCENT_APP_ID = "1400006666"
    for kind in ("sign_in.code", "case.completed"):
        Wording.objects.create(
            kind=kind, channel=Channel.SMS, aliyun_template="SMS_1", tencent_template="1001"
        )
    wording.forget()
    with running(Aliyun() if name == "aliyun" else Tencent()) as cloud:
        settings.ALIYUN_URL = settings.TENCENT_URL = cloud.url
        yield cloud


def code(name: str, outcome: Outcome) -> str:
    return CODES[outcome][name == "tencent"]


def test_a_template_and_its_values_are_sent_under_our_id(cloud: Cloud, name: str) -> None:
    message = outgoing()

    receipt = channel_named(name).send(message)

    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.ref == ("biz-1" if name == "aliyun" else "sid-1")
    (taken,) = cloud.taken
    if name == "aliyun":
        assert (taken["PhoneNumbers"], taken["SignName"]) == (PHONE, "一件事联办")
        assert (taken["TemplateCode"], taken["OutId"]) == ("SMS_1", str(message.out_id))
        assert json.loads(taken["TemplateParam"]) == {"code": "135790", "minutes": "5"}
    else:
        assert (taken["PhoneNumberSet"], taken["SignName"]) == ([f"+86{PHONE}"], "一件事联办")
        assert (taken["TemplateId"], taken["SessionContext"]) == ("1001", str(message.out_id))
        assert taken["TemplateParamSet"] == ["135790", "5"]


@pytest.mark.parametrize("outcome", CODES)
def test_each_code_says_whether_the_message_may_have_been_taken(
    cloud: Cloud, name: str, outcome: Outcome
) -> None:
    cloud.mode = code(name, outcome)

    receipt = channel_named(name).send(outgoing())

    assert receipt.outcome is outcome
    assert cloud.mode in receipt.detail


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        (500, Outcome.UNKNOWN),
        (502, Outcome.UNKNOWN),
        ("hang", Outcome.UNKNOWN),
        ("drop", Outcome.UNKNOWN),
    ],
)
def test_an_answer_that_is_none_leaves_it_open(
    cloud: Cloud, name: str, mode: str | int, outcome: Outcome
) -> None:
    cloud.mode = mode

    assert channel_named(name).send(outgoing()).outcome is outcome


@pytest.mark.parametrize("status", [429, 503])
def test_a_gate_that_is_shut_took_nothing(cloud: Cloud, name: str, status: int) -> None:
    cloud.mode = status

    assert channel_named(name).send(outgoing()).outcome is Outcome.UNAVAILABLE


def test_a_wrong_secret_takes_nothing_and_may_be_put_right(
    cloud: Cloud, name: str, settings: Settings
) -> None:
    settings.ALIYUN_KEY_SECRET = settings.TENCENT_SECRET_KEY = "wrong"

    receipt = channel_named(name).send(outgoing())

    assert receipt.outcome is Outcome.UNAVAILABLE
    assert "Signature" in receipt.detail
    assert cloud.taken == []
    assert channel_named(name).query(outgoing()).outcome is Outcome.UNKNOWN


def test_without_a_connection_nothing_was_sent(cloud: Cloud, name: str, settings: Settings) -> None:
    settings.ALIYUN_URL = settings.TENCENT_URL = f"http://127.0.0.1:{free_port()}"

    assert channel_named(name).send(outgoing()).outcome is Outcome.UNAVAILABLE
    assert channel_named(name).query(outgoing()).outcome is Outcome.UNKNOWN


def test_a_kind_without_a_template_is_not_sent(cloud: Cloud, name: str) -> None:
    receipt = channel_named(name).send(outgoing(kind="case.accepted"))

    assert (receipt.outcome, receipt.detail) == (Outcome.DECLINED, "未填写该类消息的模板编号")


def test_a_message_older_than_its_wording_is_sent_with_what_it_has_or_not_at_all(
    cloud: Cloud, name: str
) -> None:
    Wording.objects.filter(kind="sign_in.code").update(text="{minutes}分钟内有效的验证码{code}")
    wording.forget()

    channel_named(name).send(outgoing())
    receipt = channel_named(name).send(outgoing(values={"code": "135790"}))

    (taken,) = cloud.taken
    if name == "tencent":
        assert taken["TemplateParamSet"] == ["5", "135790"]
    assert receipt.outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (("3", "SUCCESS"), Outcome.DELIVERED),
        (("2", "FAIL"), Outcome.REJECTED),
    ],
)
def test_a_cloud_is_asked_what_became_of_a_message(
    cloud: Cloud, name: str, report: tuple[str, str], outcome: Outcome
) -> None:
    message = outgoing()
    channel_named(name).send(message)
    cloud.reports[str(message.out_id)] = report[name == "tencent"]

    assert channel_named(name).query(message).outcome is outcome
    assert channel_named(name).query(outgoing()).outcome is not outcome


def test_aliyun_finds_one_message_among_many(settings: Settings, request: Any) -> None:
    settings.ALIYUN_KEY_ID, settings.ALIYUN_KEY_SECRET = "key", SECRET
    with running(Aliyun()) as cloud:
        settings.ALIYUN_URL = cloud.url
        message = outgoing()
        others = [{"OutId": str(uuid4()), "PhoneNumbers": PHONE} for _ in range(70)]
        cloud.taken = [*others, {"OutId": str(message.out_id), "PhoneNumbers": PHONE}]

        assert aliyun.AliyunChannel().query(message).outcome is Outcome.ACCEPTED
        assert aliyun.AliyunChannel().query(outgoing()).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("name", ["tencent"])
def test_tencent_knows_nothing_before_the_operators_report(cloud: Cloud, name: str) -> None:
    fresh = channel_named(name).query(outgoing())
    old = channel_named(name).query(outgoing(last_tried=timezone.now() - timedelta(hours=73)))

    assert (fresh.outcome, old.outcome) == (Outcome.UNKNOWN, Outcome.NOT_FOUND)


def test_accepted_then_cut_off_is_asked_about_and_never_sent_twice(cloud: Cloud, name: str) -> None:
    tell([notice()])
    cloud.mode = "drop"
    drain()
    assert sms().state == MessageState.UNKNOWN
    cloud.mode = "ok"
    cloud.reports[str(sms().pk)] = "3" if name == "aliyun" else "SUCCESS"

    later(minutes=5)
    drain()

    assert sms().state == MessageState.DELIVERED
    assert (len(cloud.taken), cloud.queries) == (1, 1)


def test_a_receipt_that_comes_twice_delivers_once(cloud: Cloud, name: str, client: Client) -> None:
    tell([notice()])
    drain()
    message = sms()
    assert (message.state, message.provider) == (MessageState.ACCEPTED, name)
    entry = {
        "aliyun": {"out_id": str(message.pk), "biz_id": message.provider_ref, "success": True},
        "tencent": {"sid": message.provider_ref, "report_status": "SUCCESS", "errmsg": "DELIVRD"},
    }[name]
    address = reverse(f"notifications:receipts-{name}", args=["geheimer-weg"])

    for _ in range(2):
        assert client.post(address, json.dumps([entry]), "application/json").status_code == 200

    assert Message.objects.filter(state=MessageState.DELIVERED, channel=Channel.SMS).count() == 1


@pytest.mark.parametrize("mode", ["ok", 500, "drop", "isv.MOBILE_NUMBER_ILLEGAL"])
def test_neither_number_nor_text_is_logged_or_kept(
    cloud: Cloud, name: str, mode: str | int, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.mode = mode
    caplog.set_level(logging.DEBUG)

    receipt = channel_named(name).send(outgoing())

    for words in (PHONE, "135790"):
        assert words not in caplog.text + receipt.detail + receipt.ref


def test_a_cloud_without_keys_says_which_are_missing(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"PORTAL_{name.upper()}"):
        channel_named(name)


def test_aliyuns_published_example_is_signed_alike(settings: Settings) -> None:
    settings.ALIYUN_KEY_ID, settings.ALIYUN_KEY_SECRET = "YourAccessKeyId", "YourAccessKeySecret"

    headers = aliyun.signed(
        "RunInstances",
        {
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        },
        host="ecs.cn-shanghai.aliyuncs.com",
        nonce="3156853299f313e23d1673dc12e1703d",
        moment=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        version="2014-05-26",
    )

    assert headers["Authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencents_published_example_is_signed_alike(settings: Settings) -> None:
    settings.TENCENT_SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
    settings.TENCENT_SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
    payload = (
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    )

    headers = tencent.signed("cvm", "cvm.tencentcloudapi.com", payload, 1551113065)

    assert headers["Authorization"].endswith(
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )
