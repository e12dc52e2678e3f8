"""Aliyun's and Tencent's interfaces on a local port: they check signatures and can misbehave."""

import hashlib
import hmac
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

SECRET = "cloud-secret"
Answer = tuple[int, dict[str, Any]]


class Cloud:
    """What it took and how it answers: "ok", a status, a code, "hang" or "drop" after taking."""

    def __init__(self) -> None:
        self.mode: str | int = "ok"
        self.taken: list[dict[str, Any]] = []
        self.queries = 0
        self.reports: dict[str, str] = {}
        self.url = ""

    def is_signed(self, headers: dict[str, str], path: str, body: bytes) -> bool:
        raise NotImplementedError

    def answer(self, headers: dict[str, str], path: str, body: bytes) -> Answer:
        raise NotImplementedError


def sha(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def mac(key: bytes, content: str) -> bytes:
    return hmac.new(key, content.encode(), hashlib.sha256).digest()


def canonical_headers(headers: dict[str, str], names: str) -> str:
    return "".join(f"{name}:{headers[name].strip()}\n" for name in names.split(";"))


class Aliyun(Cloud):
    def is_signed(self, headers: dict[str, str], path: str, body: bytes) -> bool:
        stated = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=(.+),SignedHeaders=(.+),Signature=(.+)",
            headers.get("authorization", ""),
        )
        if not stated or headers.get("x-acs-content-sha256") != sha(body):
            return False
        _, names, signature = stated.groups()
        pairs = sorted(parse_qsl(urlsplit(path).query, keep_blank_values=True))
        query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in pairs)
        lines = canonical_headers(headers, names)
        request = "\n".join(["POST", "/", query, lines, names, sha(body)])
        expected = mac(SECRET.encode(), f"ACS3-HMAC-SHA256\n{sha(request)}").hex()
        return hmac.compare_digest(expected, signature)

    def answer(self, headers: dict[str, str], path: str, body: bytes) -> Answer:
        query = dict(parse_qsl(urlsplit(path).query))
        if not self.is_signed(headers, path, body):
            return 400, {"Code": "SignatureDoesNotMatch", "Message": query.get("PhoneNumbers", "")}
        if headers["x-acs-action"] == "QuerySendDetails":
            return self.details(query)
        if isinstance(self.mode, str) and self.mode not in {"ok", "hang", "drop"}:
            return 200, {"Code": self.mode, "Message": "..."}
        self.taken.append(query)
        return 200, {"Code": "OK", "BizId": f"biz-{len(self.taken)}", "RequestId": "r"}

    def details(self, query: dict[str, str]) -> Answer:
        self.queries += 1
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        records = [
            {"OutId": sent["OutId"], "SendStatus": int(self.reports.get(sent["OutId"], "1"))}
            for sent in self.taken
            if sent["PhoneNumbers"] == query["PhoneNumber"]
        ]
        shown = records[size * (page - 1) : size * page]
        return 200, {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown}}


class Tencent(Cloud):
    def is_signed(self, headers: dict[str, str], path: str, body: bytes) -> bool:
        stated = re.fullmatch(
            r"TC3-HMAC-SHA256 Credential=(.+?)/(.+), SignedHeaders=(.+), Signature=(.+)",
            headers.get("authorization", ""),
        )
        if not stated:
            return False
        _, scope, names, signature = stated.groups()
        lines = canonical_headers(headers, names)
        request = "\n".join(["POST", "/", "", lines, names, sha(body)])
        key = f"TC3{SECRET}".encode()
        for part in scope.split("/"):
            key = mac(key, part)
        moment = headers["x-tc-timestamp"]
        expected = mac(key, f"TC3-HMAC-SHA256\n{moment}\n{scope}\n{sha(request)}").hex()
        return hmac.compare_digest(expected, signature)

    def answer(self, headers: dict[str, str], path: str, body: bytes) -> Answer:
        if not self.is_signed(headers, path, body):
            return self.refused("AuthFailure.SignatureFailure")
        asked = json.loads(body)
        if headers["x-tc-action"] == "PullSmsSendStatusByPhoneNumber":
            return self.details(asked)
        if isinstance(self.mode, str) and self.mode.startswith("InternalError"):
            return self.refused(self.mode)
        if isinstance(self.mode, str) and self.mode not in {"ok", "hang", "drop"}:
            return 200, {"Response": {"SendStatusSet": [{"Code": self.mode, "SerialNo": ""}]}}
        self.taken.append(asked)
        status = {"Code": "Ok", "SerialNo": f"sid-{len(self.taken)}"}
        return 200, {"Response": {"SendStatusSet": [status], "RequestId": "r"}}

    def refused(self, code: str) -> Answer:
        return 200, {"Response": {"Error": {"Code": code, "Message": "..."}, "RequestId": "r"}}

    def details(self, asked: dict[str, Any]) -> Answer:
        self.queries += 1
        reports = [
            {
                "SessionContext": sent["SessionContext"],
                "SerialNo": f"sid-{number}",
                "ReportStatus": self.reports[sent["SessionContext"]],
            }
            for number, sent in enumerate(self.taken, start=1)
            if sent["SessionContext"] in self.reports
            and sent["PhoneNumberSet"] == [asked["PhoneNumber"]]
        ]
        return 200, {"Response": {"PullSmsSendStatusSet": reports}}


def handler_of(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if isinstance(cloud.mode, int):
                self.reply(cloud.mode, {})
                return
            status, answer = cloud.answer(headers, self.path, body)
            is_query = "Query" in str(headers) or "Pull" in str(headers)
            if cloud.mode == "hang" and not is_query:
                time.sleep(2)
            elif cloud.mode == "drop" and not is_query:
                # Reset, not closed in order: the answer is cut off.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
            else:
                self.reply(status, answer)

        def reply(self, status: int, answer: dict[str, Any]) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None: ...

    return Handler


@contextmanager
def running(cloud: Cloud) -> Iterator[Cloud]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(cloud))
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    cloud.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
