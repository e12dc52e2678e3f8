"""One process that runs all others: starts, shows their output, revives, stops."""

import fcntl
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from portal.core import processes
from portal.core.embedded import START_TIMEOUT, Unusable
from portal.core.processes import Program

STABLE_AFTER = 30.0  # seconds of life after which earlier deaths are forgotten
GIVE_UP_AFTER = 5  # deaths in a row
LONGEST_PAUSE = 16.0
TICK = 0.2
SECOND_THOUGHT = 1.0


class Stopped(BaseException):
    """The operator asked for an end, by Ctrl-C or a signal."""


@dataclass
class Child:
    """A program in the supervisor's care."""

    program: Program
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    deaths: int = 0
    revive_at: float | None = None
    unfinished: bytes = b""


class Supervisor:
    """Runs programs until it is asked to stop or one of them keeps dying."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.children: dict[str, Child] = {}
        self.selector = selectors.DefaultSelector()
        self.stopping = False
        self.asked_to_stop: float | None = None
        self.impatient = False

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Turn Ctrl-C, SIGTERM and SIGHUP into Stopped for the length of a block."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup keeps what it asked for
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self.on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.asked_to_stop is None and not self.stopping:
            self.asked_to_stop = now
            raise Stopped
        # make passes on a signal that the terminal has sent as well: only a later one is a second.
        self.impatient = now - (self.asked_to_stop or now) > SECOND_THOUGHT

    def start(self, program: Program) -> None:
        """Start a program and return once it does its work. Raises Unusable where it does not."""
        child = self.children[program.name] = Child(program, self.launch(program))
        deadline = time.monotonic() + START_TIMEOUT
        while not program.ready():
            self.show_output(TICK)
            if child.process.poll() is not None:
                self.show_output(0)
                raise Unusable(f"{program.name} 启动后即退出（退出码 {child.process.returncode}）")
            if time.monotonic() > deadline:
                raise Unusable(f"{program.name} 在 {START_TIMEOUT:.0f} 秒内没有就绪")

    def launch(self, program: Program) -> subprocess.Popen[bytes]:
        # A server left behind is found by the lock in its own folder, and stopped gently.
        marked = {} if program.is_server else {processes.MARK: self.mark}
        process = processes.start(program, output=subprocess.PIPE, extra_env=marked)
        if process.stdout is not None:
            self.selector.register(process.stdout, selectors.EVENT_READ, program.name)
        return process

    def watch(self) -> None:
        """Keep everything running; returns when a program keeps dying. Raises Stopped."""
        while True:
            self.show_output(TICK)
            if self.asked_to_stop is not None:
                raise Stopped
            for child in self.children.values():
                if child.revive_at is not None:
                    self.revive(child)
                elif child.process.poll() is not None and not self.mourn(child):
                    return

    def mourn(self, child: Child) -> bool:
        """Plan the restart of a program that ended by itself; False where it died too often."""
        processes.kill_group(child.process.pid)
        self.show_output(0)
        lived = time.monotonic() - child.started
        child.deaths = 1 if lived > STABLE_AFTER else child.deaths + 1
        name, code = child.program.name, child.process.returncode
        if child.deaths >= GIVE_UP_AFTER:
            say(f"错误：{name} 连续 {child.deaths} 次启动后退出（退出码 {code}），全部停止")
            return False
        pause = min(2.0 ** (child.deaths - 1), LONGEST_PAUSE)
        child.revive_at = time.monotonic() + pause
        say(f"{name} 意外退出（退出码 {code}），{pause:.0f} 秒后重新启动")
        return True

    def revive(self, child: Child) -> None:
        if child.revive_at is not None and time.monotonic() >= child.revive_at:
            child.process = self.launch(child.program)
            child.started, child.revive_at = time.monotonic(), None

    def stop(self) -> None:
        """Stop every program: first those that use the servers, then the servers."""
        self.stopping = True
        if self.children:
            say("正在停止……")
        servers = [child for child in self.children.values() if child.program.is_server]
        users = [child for child in self.children.values() if not child.program.is_server]
        for group in (users, servers):
            self.stop_group(group)
        self.children.clear()

    def stop_group(self, group: Sequence[Child]) -> None:
        for child in group:
            child.process.send_signal(child.program.stop_signal)
        asked = time.monotonic()
        while any(self.may_go_on(child, time.monotonic() - asked) for child in group):
            self.show_output(TICK / 4)
        for child in group:
            processes.kill_group(child.process.pid)
            child.process.wait()

    def may_go_on(self, child: Child, waited: float) -> bool:
        """Tell whether a program that was asked to stop is still given time for it."""
        patience = child.program.grace
        if self.impatient and not child.program.is_server:
            patience = 0.0
        return child.process.poll() is None and waited < patience

    def show_output(self, timeout: float) -> None:
        """Print the lines that programs wrote, waiting for some up to `timeout` seconds."""
        for key, _ in self.selector.select(timeout):
            received = os.read(key.fd, 65536)
            child = self.children.get(key.data)
            if not received:
                self.selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
            if child is not None:
                *lines, child.unfinished = (child.unfinished + received).split(b"\n")
                for line in lines:
                    say(f"{key.data:<8} | {line.decode(errors='replace')}")


def say(line: str) -> None:
    """Print a line at once; a reader who went away does not stop the portal."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def sole_use(data: Path, otherwise: Callable[[], None]) -> Iterator[None]:
    """Hold a data folder for this supervisor alone. Raises Unusable where another one has it.

    `otherwise` is called before that, to raise a better reason.
    """
    with (data / "serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            otherwise()
            raise Unusable(f"正被另一个运行中的门户使用：{data}") from error
        processes.end(processes.leftovers(str(data)))
        yield
