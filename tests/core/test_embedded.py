import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from portal.core import embedded, processes

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what root may do, only root can test")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that the server user can reach, with a space and Chinese in it."""
    with tempfile.TemporaryDirectory(prefix="数据 ") as name:
        yield Path(name) / "data"


def ask(data: Path, statement: str) -> str:
    sockets = str(embedded.socket_folder(data))
    connection = psycopg2.connect(host=sockets, user="postgres", dbname=embedded.DATABASE)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone() if cursor.description else None
    connection.close()
    return str(found[0]) if found else ""


def test_servers_run_durably_and_keep_what_they_hold(folder: Path) -> None:
    with embedded.running(folder):
        assert ask(folder, "SHOW fsync") == "on"
        assert embedded.valkey_answers(embedded.valkey_socket(folder))
        ask(folder, "CREATE TABLE kept AS SELECT '杭州' AS place")

    with embedded.running(folder):
        assert ask(folder, "SELECT place FROM kept") == "杭州"


def test_nobody_else_may_enter_the_folders_of_data_and_sockets(folder: Path) -> None:
    with embedded.running(folder):
        for inner in ("postgres", "sockets", "valkey"):
            assert stat.S_IMODE((folder / inner).stat().st_mode) == 0o700


def test_a_server_that_was_killed_is_followed_by_a_new_one(folder: Path) -> None:
    embedded.prepare_folder(folder)
    program = embedded.postgres(folder)
    stale = processes.start(program, output=subprocess.DEVNULL)
    embedded.wait_until_ready(program, stale)

    with embedded.running(folder, with_valkey=False):
        assert stale.wait(5) == 0
        assert ask(folder, "SELECT 1") == "1"


def test_a_frozen_server_that_was_left_behind_is_followed_by_a_new_one(folder: Path) -> None:
    embedded.prepare_folder(folder)
    program = embedded.postgres(folder)
    stale = processes.start(program, output=subprocess.DEVNULL)
    embedded.wait_until_ready(program, stale)
    stale.send_signal(signal.SIGSTOP)

    with embedded.running(folder, with_valkey=False):
        assert stale.poll() is not None
        assert ask(folder, "SELECT 1") == "1"


def test_the_lock_of_a_server_that_is_gone_does_not_stop_the_next(folder: Path) -> None:
    with embedded.running(folder, with_valkey=False):
        pass
    # In a container the number of the dead server soon belongs to another process: to us.
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n")

    with embedded.running(folder, with_valkey=False):
        assert ask(folder, "SELECT 1") == "1"


def test_sockets_of_a_deep_folder_are_put_where_their_path_is_short_enough() -> None:
    deep = Path("/srv") / "很深的目录" / ("d" * 80)

    sockets = embedded.socket_folder(deep)

    assert len(os.fsencode(sockets / embedded.LONGEST_SOCKET)) <= embedded.SOCKET_PATH_LIMIT
    assert sockets != embedded.socket_folder(deep.parent)
    assert embedded.socket_folder(Path("/srv/data")) == Path("/srv/data/sockets")


def test_a_deep_folder_works(folder: Path) -> None:
    deep = folder / ("d" * 90)
    try:
        with embedded.running(deep):
            assert ask(deep, "SELECT 1") == "1"
            assert embedded.valkey_answers(embedded.valkey_socket(deep))
    finally:
        embedded.socket_folder(deep).rmdir()


def test_a_folder_that_cannot_be_made_is_refused_in_chinese() -> None:
    with pytest.raises(embedded.Unusable, match="无法建立"):
        embedded.prepare_folder(Path("/proc/nowhere"))


def test_a_file_in_the_place_of_the_folder_is_refused(folder: Path) -> None:
    folder.write_text("a file")

    with pytest.raises(embedded.Unusable, match="不是目录"):
        embedded.prepare_folder(folder)


@as_user
def test_a_folder_that_cannot_be_written_is_refused(folder: Path) -> None:
    folder.mkdir(mode=0o500)

    with pytest.raises(embedded.Unusable):
        embedded.prepare_folder(folder)


def test_a_full_disk_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "FRESH_DATABASE_BYTES", 2**60)
    embedded.prepare_folder(folder)

    with pytest.raises(embedded.Unusable, match="磁盘剩余空间不足"):
        embedded.postgres(folder)


def test_data_of_another_version_is_refused(folder: Path) -> None:
    embedded.prepare_folder(folder)
    embedded.postgres(folder)
    (folder / "postgres" / "PG_VERSION").write_text("12\n")

    with pytest.raises(embedded.Unusable, match="PostgreSQL 12"):
        embedded.postgres(folder)


def test_a_stranger_who_took_the_place_of_the_sockets_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "sockets").symlink_to("/tmp")

    with pytest.raises(embedded.Unusable, match="sockets"):
        embedded.own_folder(folder / "sockets", None)


@as_root
def test_root_is_refused_below_a_closed_home_and_leaves_it_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder.parent / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(embedded, "home_folders", lambda: {home})

    with pytest.raises(embedded.Unusable, match="主目录"):
        embedded.prepare_folder(home / "portal" / "data")

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert list(home.iterdir()) == []


@as_root
def test_root_may_use_a_closed_folder_that_is_no_home(folder: Path) -> None:
    folder.parent.chmod(0o700)

    with embedded.running(folder, with_valkey=False):
        assert ask(folder, "SELECT 1") == "1"

    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o701


@as_root
def test_binaries_that_the_server_user_cannot_run_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.prepare_folder(folder)
    really = embedded.runs
    monkeypatch.setattr(
        embedded, "runs", lambda binary, user: folder in binary.parents and really(binary, user)
    )

    with embedded.running(folder, with_valkey=False):
        assert ask(folder, "SELECT 1") == "1"

    assert next((folder / "postgresql").rglob("bin/postgres")).exists()


def test_homes_are_those_of_people() -> None:
    homes = embedded.home_folders()

    assert Path("/root") in homes
    assert Path("/") not in homes
    assert sys.platform != "linux" or Path("/tmp") not in homes
