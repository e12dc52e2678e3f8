import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.core import processes
from portal.core.embedded import Unusable
from portal.core.processes import Program
from portal.site import supervisor
from portal.site.supervisor import Stopped, Supervisor, sole_use


@pytest.fixture
def care() -> Iterator[Supervisor]:
    made = Supervisor("/tmp/test-supervisor")
    yield made
    made.stop()
    made.selector.close()


def python(name: str, code: str, **options: Any) -> Program:
    return Program(name, [sys.executable, "-u", "-c", code], **options)


def run_until(care: Supervisor, happened: Callable[[], bool], within: float = 8.0) -> None:
    """Let the supervisor watch until something has happened."""
    deadline = time.monotonic() + within

    def look(timeout: float) -> None:
        assert time.monotonic() < deadline
        if happened():
            raise Stopped
        Supervisor.show_output(care, 0.02)

    care.show_output = look  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        care.watch()
    del care.show_output  # type: ignore[method-assign]


def test_each_line_of_a_program_carries_its_name(care: Supervisor, capfd: Any) -> None:
    care.start(python("web", "print('杭州'); print('second'); import time; time.sleep(60)"))
    shown: list[str] = []

    def both_lines() -> bool:
        shown.append(capfd.readouterr().out)
        return "second" in "".join(shown)

    run_until(care, both_lines)

    assert "".join(shown).splitlines() == ["web      | 杭州", "web      | second"]


def test_a_program_that_dies_is_started_again_after_a_pause(
    care: Supervisor, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.1)
    care.start(python("worker", "import time; time.sleep(60)"))
    first = care.children["worker"].process

    first.kill()
    run_until(care, lambda: care.children["worker"].process is not first)

    assert care.children["worker"].process.poll() is None
    assert "worker 意外退出（退出码 -9）" in capfd.readouterr().out


def test_a_program_that_keeps_dying_is_given_up_with_a_clear_line(
    care: Supervisor, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.01)
    care.start(python("worker", "raise SystemExit('no broker')"))

    care.watch()

    shown = capfd.readouterr().out.splitlines()
    assert shown[-1] == "错误：worker 连续 5 次启动后退出（退出码 1），全部停止"
    assert shown.count("worker   | no broker") == 5


def test_pauses_grow_and_a_stable_life_forgets_earlier_deaths(care: Supervisor, capfd: Any) -> None:
    care.start(python("beat", ""))
    child = care.children["beat"]
    child.process.wait()

    for _ in range(3):
        care.mourn(child)
    child.started -= supervisor.STABLE_AFTER + 1
    care.mourn(child)

    pauses = [line.split("，")[1] for line in capfd.readouterr().out.splitlines()]
    assert pauses == [
        "1 秒后重新启动",
        "2 秒后重新启动",
        "4 秒后重新启动",
        "1 秒后重新启动",
    ]


def test_a_program_that_never_gets_ready_is_refused(care: Supervisor) -> None:
    with pytest.raises(Unusable, match="postgres 启动后即退出（退出码 3）"):
        care.start(python("postgres", "raise SystemExit(3)", ready=lambda: False))


def test_programs_stop_before_the_servers_they_use(care: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "order"
    code = f"""if 1:
        import signal, sys, time
        def go(*_):
            open({str(log)!r}, "a").write(sys.argv[1] + "\\n"); sys.exit()
        signal.signal(signal.SIGTERM, go); print("ready"); time.sleep(60)"""
    for name in ("database", "web"):
        argv = [sys.executable, "-u", "-c", code, name]
        care.start(Program(name, argv, is_server=name == "database"))
    time.sleep(0.5)

    care.stop()

    assert log.read_text().split() == ["web", "database"]


def test_a_second_signal_cuts_the_grace_period_short(care: Supervisor) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on'); time.sleep(60)"
    care.start(python("worker", code, grace=30.0))
    time.sleep(0.3)
    with care.signals(), pytest.raises(Stopped):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    assert care.asked_to_stop is not None
    care.asked_to_stop -= supervisor.SECOND_THOUGHT

    care.on_signal(signal.SIGTERM, None)
    started = time.monotonic()
    care.stop()

    assert time.monotonic() - started < 2


def test_one_data_folder_has_one_supervisor(tmp_path: Path) -> None:
    with (
        sole_use(tmp_path, otherwise=lambda: None),
        pytest.raises(Unusable, match="正被另一个运行中的门户使用"),
        sole_use(tmp_path, otherwise=lambda: None),
    ):
        pass


def test_what_a_killed_supervisor_left_is_ended(tmp_path: Path) -> None:
    mark = {processes.MARK: str(tmp_path)}
    left = processes.start(Program("web", ["sleep", "60"]), extra_env=mark)

    with sole_use(tmp_path, otherwise=lambda: None):
        left.wait(5)

    assert processes.leftovers(str(tmp_path)) == []
