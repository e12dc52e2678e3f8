"""One HTTP request to a provider, told apart by whether the provider may have taken it."""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

CONNECT_TIMEOUT = 3.0  # seconds
READ_TIMEOUT = 10.0  # between two parts of the answer
WHOLE_ANSWER = 1.2  # as much longer, for all of them together
ANSWER_BYTES = 256 * 1024


class NotReached(Exception):
    """No connection: the request was never sent."""


class NoAnswer(Exception):
    """The request was sent, at least in part, and no usable answer came."""


def address(url: str, setting: str) -> SplitResult:
    """Return a provider's address. Raises ImproperlyConfigured, naming the setting."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"{setting} must be the http(s) address of the provider.")
    return parts


def ask(
    url: SplitResult, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, dict[str, Any]]:
    """Return status and JSON object of the answer. Raises NotReached and NoAnswer."""
    connection = _connection(url)
    try:
        connection.connect()
    except (OSError, HTTPException) as error:
        raise NotReached(f"未能连接通道（{type(error).__name__}）") from error
    try:
        connection.sock.settimeout(READ_TIMEOUT)
        with _in_time(connection.sock):
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            content = response.read(ANSWER_BYTES)
        return response.status, _parsed(content)
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"通道没有应答（{type(error).__name__}）") from error
    finally:
        connection.close()


@contextmanager
def _in_time(sock: socket.socket) -> Iterator[None]:
    """Cut a connection on which the answer only trickles in. Raises TimeoutError."""
    was_cut = []

    def cut() -> None:
        was_cut.append(True)
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = Timer(READ_TIMEOUT * WHOLE_ANSWER, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if was_cut:
        raise TimeoutError


def _connection(url: SplitResult) -> HTTPConnection:
    host = str(url.hostname)
    if url.scheme == "https":
        context = ssl.create_default_context()
        return HTTPSConnection(host, url.port, timeout=CONNECT_TIMEOUT, context=context)
    return HTTPConnection(host, url.port, timeout=CONNECT_TIMEOUT)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
