"""The three programs of the portal as child processes: web, worker, beat."""

import sys
from pathlib import Path

from django.conf import settings

from portal.core.processes import Program

ENV = {
    "PYTHONUNBUFFERED": "1",
    # Celery warns of root at every start; in a container root may be all there is.
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}
PYTHON = [sys.executable, "-m"]


def web(address: str, *, workers: int = 2) -> Program:
    """Return gunicorn serving the portal on `host:port`."""
    options = ["--bind", address, "--workers", str(workers), "--threads", "4"]
    options += ["--graceful-timeout", "8", "--log-level", "warning", "--no-control-socket"]
    argv = [*PYTHON, "gunicorn", "portal.wsgi", *options]
    return Program("web", argv, ENV)


def worker(*, concurrency: int = 2) -> Program:
    """Return the Celery worker."""
    options = ["--concurrency", str(concurrency), "--loglevel", "WARNING"]
    options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Program("worker", [*PYTHON, "celery", "-A", "portal", "worker", *options], ENV)


def beat() -> Program:
    """Return Celery beat; its schedule stays in memory because every tick may come twice or late."""
    options = ["--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile="]
    return Program("beat", [*PYTHON, "celery", "-A", "portal", "beat", *options], ENV)


def root() -> Path:
    """Return the folder that all three run in."""
    return Path(settings.BASE_DIR)
