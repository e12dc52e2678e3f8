"""Delivery receipts (回执): what providers tell of messages by themselves.

They may come twice, late and in any order. A receipt can end a message that is under way and can do
nothing else: what is delivered stays so, and what failed is for a person to send again.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from notifications.models import Channel, Message, MessageState

MOST = 1000
DELIVERABLE = frozenset(
    {MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED, MessageState.UNKNOWN}
)
FAILABLE = frozenset({MessageState.ACCEPTED, MessageState.UNKNOWN})


class Malformed(ValueError):
    """Not a list of receipts as this provider writes them."""


class Effect(Enum):
    """What came of one receipt."""

    NOTED = "noted"  # or known before
    EARLY = "early"  # its message is still being handed over: the provider may tell again
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Report:
    """One receipt: our own id or the provider's, and whether the message arrived."""

    out_id: UUID | None
    ref: str
    is_delivered: bool
    detail: str = ""


def note(provider: str, reports: Iterable[Report]) -> list[Effect]:
    """Record receipts of a provider and return what came of each."""
    return [_note(provider, report) for report in reports]


@transaction.atomic
def _note(provider: str, report: Report) -> Effect:
    named = Q(pk=report.out_id) if report.out_id else Q(provider_ref=report.ref)
    if not report.out_id and not report.ref:
        return Effect.STRANGER
    of_provider = Message.objects.filter(named, channel=Channel.SMS, provider=provider)
    message = of_provider.select_for_update(no_key=True, of=("self",)).first()
    if message is None:
        # The number is written down after the call that gave it; a receipt may be faster.
        is_early = not report.out_id and _is_handing_over(provider)
        return Effect.EARLY if is_early else Effect.STRANGER
    if report.is_delivered:
        if message.state in DELIVERABLE:
            _end(message, MessageState.DELIVERED, "")
        return Effect.NOTED
    if message.state == MessageState.SENDING:
        return Effect.EARLY
    # A failure counts for the present attempt only; one before it may be told late.
    is_present = not report.ref or message.provider_ref in {"", report.ref}
    if message.state in FAILABLE and is_present:
        _end(message, MessageState.FAILED, report.detail or "通道报告发送失败")
    return Effect.NOTED


def _is_handing_over(provider: str) -> bool:
    return Message.objects.filter(
        due_at__isnull=False, provider=provider, state=MessageState.SENDING
    ).exists()


def _end(message: Message, state: MessageState, error: str) -> None:
    message.state, message.error = state, error[:200]
    message.due_at = message.leased_until = None
    message.settled_at = timezone.now()
    message.save(update_fields=["state", "error", "due_at", "leased_until", "settled_at"])


def is_known_token(token: str) -> bool:
    """Whether a token is the secret in the address of Aliyun's and Tencent's receipts."""
    expected = settings.SMS_RECEIPT_TOKEN
    return bool(expected) and constant_time_compare(token, expected)


def signature(body: bytes) -> str:
    """Return what the HTTP gateway writes into X-Signature: HMAC-SHA256 of the body, in hex."""
    return hmac.new(settings.SMS_HTTP_TOKEN.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, stated: str) -> bool:
    return bool(settings.SMS_HTTP_TOKEN) and constant_time_compare(stated, signature(body))


def read(body: bytes, parse: Callable[[dict[str, Any]], Report]) -> list[Report]:
    """Return the receipts of a request. Raises Malformed."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("no JSON") from error
    if not isinstance(entries, list) or len(entries) > MOST:
        raise Malformed("no list, or too long a one")
    if not all(isinstance(entry, dict) for entry in entries):
        raise Malformed("an entry is no object")
    return [parse(entry) for entry in entries]


def of_gateway(entry: dict[str, Any]) -> Report:
    """{"out_id", "state": "delivered" | "failed"}"""
    state = entry.get("state")
    if state not in ("delivered", "failed"):
        raise Malformed("a state that is no outcome")
    return Report(_id(entry.get("out_id")), "", state == "delivered")


def of_aliyun(entry: dict[str, Any]) -> Report:
    """SmsReport, https://help.aliyun.com/zh/sms/developer-reference/smsreport-2"""
    detail = f"运营商报告 {_code(entry.get('err_code'))}"
    ref = _ref(entry.get("biz_id"))
    return Report(_id(entry.get("out_id")), ref, entry.get("success") is True, detail)


def of_tencent(entry: dict[str, Any]) -> Report:
    """短信下发状态通知, https://cloud.tencent.com/document/product/382/59178"""
    detail = f"运营商报告 {_code(entry.get('errmsg'))}"
    is_delivered = entry.get("report_status") == "SUCCESS"
    return Report(None, _ref(entry.get("sid")), is_delivered, detail)


def _code(value: object) -> str:
    """Return a provider's code without anything that could be a number or a text."""
    return "".join(c for c in str(value) if c.isascii() and (c.isalnum() or c in ":._-"))[:32]


def _ref(value: object) -> str:
    """Return a provider's number; empty for anything that none of them would give."""
    text = str(value or "")
    return text if text.isascii() and text.isprintable() else ""


def _id(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
