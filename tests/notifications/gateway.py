"""A real SMS gateway on a local port that can be told to misbehave."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit


class Gateway:
    """What it was sent and how it answers: a status, "hang" or "drop" (after taking it)."""

    def __init__(self) -> None:
        self.mode: int | str = 200
        self.state = "accepted"
        self.seen: list[dict[str, Any]] = []
        self.taken: dict[str, str] = {}
        self.tokens: list[str] = []
        self.queries = 0
        self.url = ""

    def sent(self, out_id: object) -> int:
        """Return how often a message was posted."""
        return sum(body["out_id"] == str(out_id) for body in self.seen)


def stall(answer: BinaryIO, mode: int | str) -> None:
    """Take two seconds and say nothing, or next to nothing."""
    for _ in range(40):
        answer.write(b"H" if mode == "trickle" else b"")
        time.sleep(0.05)


def handler_of(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            gateway.seen.append(body)
            gateway.tokens.append(self.headers["Authorization"])
            if gateway.mode in {200, "hang", "drop", "trickle"}:
                gateway.taken[body["out_id"]] = gateway.state
            if gateway.mode in {"hang", "trickle"}:
                stall(self.wfile, gateway.mode)
            elif gateway.mode == "drop":
                # Reset, not closed in order: the answer is cut off.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
            else:
                self.answer(int(gateway.mode), {"state": gateway.state})

        def do_GET(self) -> None:
            gateway.queries += 1
            gateway.tokens.append(self.headers["Authorization"])
            out_id = parse_qs(urlsplit(self.path).query)["out_id"][0]
            if out_id in gateway.taken:
                self.answer(200, {"state": gateway.taken[out_id]})
            else:
                self.answer(404, {})

        def answer(self, status: int, body: dict[str, str]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None: ...

    return Handler


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(gateway))
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    gateway.url = f"http://127.0.0.1:{server.server_port}/sms"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
