"""The ground of all tests: own settings, own servers, guards, a browser, a running portal.

What is set here is set before Django reads its settings, and before xdist starts its workers, which
inherit it: one PostgreSQL and one Valkey serve the whole run, each worker has databases of its own.
"""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
IS_XDIST_WORKER = "PYTEST_XDIST_WORKER" in os.environ

if not IS_XDIST_WORKER:
    os.environ["PORTAL_DATA"] = tempfile.mkdtemp(prefix="portal-test-")
DATA = Path(os.environ["PORTAL_DATA"])
STATIC = DATA / "static"
STATIC.mkdir(exist_ok=True)
os.environ.update(
    DJANGO_SETTINGS_MODULE="portal.settings",
    PORTAL_MODE="test",
    PORTAL_STATIC=str(STATIC),
    # Playwright's synchronous interface keeps an event loop in this thread.
    DJANGO_ALLOW_ASYNC_UNSAFE="1",
)

import django  # noqa: E402
from hypothesis import settings  # noqa: E402

django.setup()  # conftest files further down import models

# How long an example takes depends on what else the machine does.
settings.register_profile("portal", deadline=None)
settings.load_profile("portal")

pytest_plugins = [
    "tests.fixtures.guards",
    "tests.fixtures.browser",
    "tests.fixtures.stack",
]

servers = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if IS_XDIST_WORKER or config.option.collectonly:
        return
    from portal.core import embedded

    servers.enter_context(
        embedded.running(
            DATA,
            with_postgres="DATABASE_URL" not in os.environ,
            with_valkey="REDIS_URL" not in os.environ,
            durable=False,
        )
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    if IS_XDIST_WORKER:
        return
    servers.close()
    shutil.rmtree(DATA, ignore_errors=True)
