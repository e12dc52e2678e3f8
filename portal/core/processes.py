"""Child processes that never outlive their parent: what the supervisor and the tests start."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

import psutil

# Every child carries this variable, so what a killed supervisor left behind is found again.
MARK = "PORTAL_SUPERVISED_DATA"
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Program:
    """A long-running program: how it starts, how it is asked to stop, for how long it may take.

    `user` is who runs it where the caller is root and the program refuses root. Others use a
    server, so it is the last to stop.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    user: pwd.struct_passwd | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    is_server: bool = False
    ready: Callable[[], bool] = lambda: True


def start(
    program: Program,
    *,
    output: int | IO[Any] | None = None,
    extra_env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Return the running program, leader of its own session, bound to the life of this process."""
    parent = os.getpid()

    def bind() -> None:
        die_with_parent(program.stop_signal, parent)

    return subprocess.Popen(
        program.argv,
        env={**os.environ, **program.env, **(extra_env or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        cwd=program.cwd,
        start_new_session=True,
        preexec_fn=bind,
        **demoted(program.user),
    )


def demoted(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments that make subprocess run a program as another user."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def die_with_parent(signal_number: int, parent: int) -> None:
    """Have the kernel send this process a signal when its parent dies (Linux only)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        os._exit(1)


def stop(program: Program, process: subprocess.Popen[bytes]) -> None:
    """End a program and everything it started: ask first, kill its group after the grace period."""
    process.send_signal(program.stop_signal)
    with suppress(subprocess.TimeoutExpired):
        process.wait(program.grace)
    kill_group(process.pid)
    process.wait()


def kill_group(leader: int) -> None:
    """Kill what is left of a process group; nothing happens where it is empty."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def leftovers(mark: str) -> list[psutil.Process]:
    """Return the processes that a supervisor with this mark started and did not live to stop."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.pid != os.getpid():
                found.append(process)
    return found


def end(processes: list[psutil.Process], *, grace: float = 2.0) -> None:
    """Terminate processes that are not our children, and kill those that do not go."""
    for send in (psutil.Process.terminate, psutil.Process.kill):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                send(process)
        processes = psutil.wait_procs(processes, timeout=grace)[1]
