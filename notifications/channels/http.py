"""A gateway that takes JSON over HTTP with a bearer token.

    POST {url}  {"out_id", "phone", "text"}  → 2xx {"state": "accepted" | "delivered"}
    GET  {url}?out_id=…  → 2xx {"state": "accepted" | "delivered" | "failed"}, or 404

The gateway must treat a second POST with the same out_id as the same message. It may tell the
portal what became of messages, see notifications.receipts. A provider with another interface is
one more module beside this one.
"""

import json
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from notifications.channels import wire
from notifications.channels.base import Outcome, Receipt, Sms

STATES = {
    "accepted": Outcome.ACCEPTED,
    "delivered": Outcome.DELIVERED,
    "failed": Outcome.REJECTED,
}
# Answers about the message itself: a number or a text that is no good.
REFUSALS = frozenset({400, 413, 422})


class HttpChannel:
    """A generic HTTP gateway (PORTAL_SMS_URL, PORTAL_SMS_TOKEN)."""

    name = "http"

    def __init__(self) -> None:
        self.url = wire.address(settings.SMS_HTTP_URL, "PORTAL_SMS_URL")
        self.path = self.url.path or "/"

    def send(self, sms: Sms) -> Receipt:
        body = {"out_id": str(sms.out_id), "phone": sms.phone, "text": sms.text}
        try:
            status, answer = self._ask("POST", self.path, json.dumps(body).encode())
        except wire.NotReached as error:
            return Receipt(Outcome.UNAVAILABLE, str(error))
        except wire.NoAnswer as error:
            return Receipt(Outcome.UNKNOWN, str(error))
        return sent(status, answer)

    def query(self, sms: Sms) -> Receipt:
        path = f"{self.path}?{urlencode({'out_id': str(sms.out_id)})}"
        try:
            status, answer = self._ask("GET", path)
        except (wire.NotReached, wire.NoAnswer) as error:
            return Receipt(Outcome.UNKNOWN, str(error))
        if status == 404:
            return Receipt(Outcome.NOT_FOUND)
        if 200 <= status < 300 and answer.get("state") in STATES:
            return Receipt(STATES[answer["state"]], "通道报告发送失败")
        return Receipt(Outcome.UNKNOWN, answered(status))

    def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
        headers = {
            "Authorization": f"Bearer {settings.SMS_HTTP_TOKEN}",
            "Content-Type": "application/json",
        }
        return wire.ask(self.url, method, path, headers, body)


def sent(status: int, answer: dict[str, Any]) -> Receipt:
    """Return what an answer to a POST means."""
    if 200 <= status < 300:
        return Receipt(STATES.get(answer.get("state", ""), Outcome.ACCEPTED))
    if status in REFUSALS:
        return Receipt(Outcome.REJECTED, answered(status))
    if status >= 500 and status != 503:
        # The gateway may have failed after taking the message.
        return Receipt(Outcome.UNKNOWN, answered(status))
    # Too many requests, a wrong token, a moved address: another day it is taken.
    return Receipt(Outcome.UNAVAILABLE, answered(status))


def answered(status: int) -> str:
    return f"通道应答 HTTP {status}"
