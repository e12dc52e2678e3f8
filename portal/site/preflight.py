"""Checks that cost nothing and come before anything slow.

Standard library only and nothing of the project: `make demo` also runs this file by itself, with
the system's Python, before there is a virtual environment.
"""

import errno
import os
import socket
import sys


class Refused(Exception):
    """The portal cannot start; the message is one line for the operator."""


def stated_port() -> int:
    """Return the port named by PORT (8000 without it). Raises Refused for anything but a port."""
    text = os.environ.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise Refused(f"PORT 应为 1 至 65535 之间的整数，现在是“{text}”")
    return int(text)


def stated_host() -> str:
    """Return the address to listen on: this machine alone unless PORTAL_BIND says otherwise."""
    return os.environ.get("PORTAL_BIND") or "127.0.0.1"


def check_port(host: str, port: int) -> None:
    """Raise Refused where nothing can listen on a host address and port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(explain(error, host, port)) from error


def explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被其他程序占用，请换一个端口，例如 PORT={port % 65535 + 1} make demo"
    if error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}，请换一个 1024 以上的端口，例如 PORT=8000 make demo"
    return f"不能在 {host}:{port} 上监听（{error.strerror}），请检查 PORTAL_BIND 与 PORT"


if __name__ == "__main__":
    try:
        check_port(stated_host(), stated_port())
    except Refused as refusal:
        sys.exit(f"错误：{refusal}")
