"""Production: a gateway that takes JSON over HTTP with a bearer token.

    POST {url}  {"out_id", "phone", "text"}  → 2xx {"state": "accepted" | "delivered"}
    GET  {url}?out_id=…  → 2xx {"state": "accepted" | "delivered" | "failed"}, or 404

The gateway must treat a second POST with the same out_id as the same message. A provider with
another interface is one more module beside this one.
"""

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.channels.base import Outcome, Receipt

CONNECT_TIMEOUT = 3.0  # seconds
READ_TIMEOUT = 10.0
ANSWER_BYTES = 64 * 1024

STATES = {
    "accepted": Outcome.ACCEPTED,
    "delivered": Outcome.DELIVERED,
    "failed": Outcome.REJECTED,
}
# Answers about the message itself: a number or a text that is no good.
REFUSALS = frozenset({400, 413, 422})


class NotReached(Exception):
    """No connection: the request was never sent."""


class NoAnswer(Exception):
    """The request was sent, at least in part, and no usable answer came."""


class HttpChannel:
    """A generic HTTP gateway (PORTAL_SMS_URL, PORTAL_SMS_TOKEN)."""

    def __init__(self) -> None:
        self.url = urlsplit(settings.SMS_HTTP_URL)
        if self.url.scheme not in {"http", "https"} or not self.url.hostname:
            raise ImproperlyConfigured("PORTAL_SMS_URL must be the http(s) address of the gateway.")

    def send(self, out_id: UUID, phone: str, text: str) -> Receipt:
        body = {"out_id": str(out_id), "phone": phone, "text": text}
        try:
            status, answer = self._ask("POST", self.url.path or "/", json.dumps(body).encode())
        except NotReached as error:
            return Receipt(Outcome.UNAVAILABLE, str(error))
        except NoAnswer as error:
            return Receipt(Outcome.UNKNOWN, str(error))
        return self._sent(status, answer)

    def query(self, out_id: UUID) -> Receipt:
        path = f"{self.url.path or '/'}?{urlencode({'out_id': str(out_id)})}"
        try:
            status, answer = self._ask("GET", path)
        except (NotReached, NoAnswer) as error:
            return Receipt(Outcome.UNKNOWN, str(error))
        if status == 404:
            return Receipt(Outcome.NOT_FOUND, "HTTP 404")
        if 200 <= status < 300 and answer.get("state") in STATES:
            return Receipt(STATES[answer["state"]])
        return Receipt(Outcome.UNKNOWN, f"HTTP {status}")

    def _sent(self, status: int, answer: dict[str, Any]) -> Receipt:
        if 200 <= status < 300:
            return Receipt(STATES.get(answer.get("state", ""), Outcome.ACCEPTED))
        if status in REFUSALS:
            return Receipt(Outcome.REJECTED, f"HTTP {status}")
        if status >= 500 and status != 503:
            # The gateway may have failed after taking the message.
            return Receipt(Outcome.UNKNOWN, f"HTTP {status}")
        # Too many requests, a wrong token, a moved address: another day it is taken.
        return Receipt(Outcome.UNAVAILABLE, f"HTTP {status}")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        connection = self._connection()
        try:
            connection.connect()
        except (OSError, HTTPException) as error:
            raise NotReached(type(error).__name__) from error
        try:
            connection.sock.settimeout(READ_TIMEOUT)
            headers = {
                "Authorization": f"Bearer {settings.SMS_HTTP_TOKEN}",
                "Content-Type": "application/json",
            }
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, _parsed(response.read(ANSWER_BYTES))
        except (OSError, HTTPException) as error:
            raise NoAnswer(type(error).__name__) from error
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host = str(self.url.hostname)
        if self.url.scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(host, self.url.port, timeout=CONNECT_TIMEOUT, context=context)
        return HTTPConnection(host, self.url.port, timeout=CONNECT_TIMEOUT)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
