"""The three programs of the portal as child processes: web, worker, beat."""

import http.client
import sys
from dataclasses import replace

from django.conf import settings

from portal.core.processes import Program

ENV = {
    "PYTHONUNBUFFERED": "1",
    # Celery warns of root at every start; in a container root may be all there is.
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}


def program(name: str, module: str, *options: str) -> Program:
    argv = [sys.executable, "-m", module, *options]
    return Program(name, argv, ENV, cwd=str(settings.BASE_DIR))


def web(host: str, port: int, *, workers: int = 2) -> Program:
    """Return gunicorn serving the portal on a host address and port."""
    options = ["--bind", f"{host}:{port}", "--workers", str(workers), "--threads", "4"]
    options += ["--graceful-timeout", "8", "--log-level", "warning"]
    options += ["--preload", "--no-control-socket"]
    made = program("web", "gunicorn", "portal.wsgi", *options)
    here = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    return replace(made, ready=lambda: web_answers(here, port))


def web_answers(host: str, port: int) -> bool:
    """Tell whether the portal answers a request, be it with an error."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker(*, concurrency: int = 2) -> Program:
    """Return the Celery worker."""
    options = ["--concurrency", str(concurrency), "--loglevel", "WARNING"]
    options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return program("worker", "celery", "-q", "-A", "portal", "worker", *options)


def beat() -> Program:
    """Return Celery beat; its schedule stays in memory, as every tick may come twice or late."""
    options = ["--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile="]
    return program("beat", "celery", "-q", "-A", "portal", "beat", *options)
