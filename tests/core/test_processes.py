import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from portal.core import processes
from portal.core.processes import Program

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def python(code: str, **options: object) -> Program:
    return Program("child", [sys.executable, "-c", code], **options)  # type: ignore[arg-type]


def wait_until(happened: Callable[[], bool], within: float = 5.0) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stop_kills_a_program_that_will_not_go() -> None:
    program = python(STUBBORN, grace=0.2)
    process = processes.start(program)
    time.sleep(0.2)

    processes.stop(program, process)

    assert process.returncode in {-signal.SIGKILL, -signal.SIGTERM}


def test_stop_ends_what_the_program_started_itself(tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    program = python(
        f"""if 1:
        import pathlib, subprocess, time
        p = subprocess.Popen(["sleep", "60"])
        pathlib.Path({str(note)!r}).write_text(str(p.pid))
        time.sleep(60)"""
    )
    process = processes.start(program)
    wait_until(lambda: note.exists() and note.read_text() != "")

    processes.stop(program, process)

    wait_until(lambda: not is_alive(int(note.read_text())))


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux only")
def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                import time
                from portal.core import processes
                child = processes.start(processes.Program("child", ["sleep", "60"]))
                print(child.pid, flush=True)
                time.sleep(60)
                """
            ),
        ],
        stdout=subprocess.PIPE,
        cwd=Path(processes.__file__).parents[2],
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_alive(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: not is_alive(child))


def test_leftovers_are_found_by_their_mark_and_ended() -> None:
    mark = f"/tmp/marked-by-{os.getpid()}"
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], env={**os.environ, processes.MARK: mark}
    )
    wait_until(lambda: processes.leftovers(mark) != [])

    processes.end(processes.leftovers(mark), grace=0.2)

    process.wait(5)
    assert processes.leftovers(mark) == []
