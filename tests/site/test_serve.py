"""manage.py serve as an operator meets it. The portal is started for real, with its own servers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings

from portal.core import processes

REFUSED_WITHIN = 8.0


@pytest.fixture
def data() -> Iterator[Path]:
    with TemporaryDirectory(prefix="门户 ") as folder:
        yield Path(folder) / "data"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(data: Path, port: int | str) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    env.update(PORTAL_MODE="test", PORTAL_DATA=str(data), PORT=str(port), PYTHONUTF8="1")
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=settings.BASE_DIR,
        env=env,
        text=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def refusal(data: Path, port: int | str) -> str:
    """Return the only line that a refused start prints."""
    started = time.monotonic()
    process = serve(data, port)
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert time.monotonic() - started < REFUSED_WITHIN
    assert output.count("\n") == 1
    return output


def wait_until_ready(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "门户已就绪" in line:
            return lines
    raise AssertionError("".join(lines))


def health(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as response:
        return json.load(response)


def stop(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    process.communicate(timeout=30)
    return process.returncode


def test_start_kill_start_again_and_stop(data: Path, port: int) -> None:
    first = serve(data, port)
    wait_until_ready(first)
    assert health(port)["database"] == "ok"
    stop(first, signal.SIGKILL)

    second = serve(data, port)
    ready = wait_until_ready(second)
    answer = health(port)
    code = stop(second, signal.SIGTERM)

    assert f"http://127.0.0.1:{port}/" in ready[-1]
    assert (answer["database"], answer["cache"]) == ("ok", "ok")
    assert code == 0
    assert processes.leftovers(str(data)) == []
    assert not (data / "postgres" / "postmaster.pid").exists()
    assert not any((data / "sockets").glob(".s.PGSQL*"))


def test_a_taken_port_is_one_line_before_anything_is_made(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        line = refusal(data, port)

    assert line.startswith(f"错误：端口 {port} 已被其他程序占用")
    assert not (data / "postgres").exists()


def test_a_port_that_is_none_is_one_line(data: Path) -> None:
    assert "PORT 应为 1 至 65535 之间的整数" in refusal(data, "8000号")


def test_a_data_folder_that_is_a_file_is_one_line_naming_it(data: Path, port: int) -> None:
    data.write_text("not a folder")

    line = refusal(data, port)

    assert line.startswith(f"错误：PORTAL_DATA（{data}）不能使用")


@pytest.mark.skipif(os.geteuid() != 0, reason="what root may do, only root can test")
def test_a_data_folder_below_a_closed_home_is_one_line_naming_it(port: int) -> None:
    home = Path("/root")
    before = home.stat().st_mode
    if before & 0o001:
        pytest.skip("the home folder of root is open here")

    line = refusal(home / "portal-data", port)

    assert "PORTAL_DATA" in line
    assert home.stat().st_mode == before
    assert not (home / "portal-data").exists()
