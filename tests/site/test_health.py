from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery.signals import worker_ready
from django.contrib.auth import get_user_model
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from portal.core import heartbeat, tasks
from portal.core.models import Heartbeat
from portal.site import health

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def alive() -> Iterator[None]:
    heartbeat.beat("worker")
    heartbeat.beat("beat")
    yield
    heartbeat._last_beat = float("-inf")


def report(expected: int = 200) -> dict[str, Any]:
    response = Client().get("/healthz")
    assert response.status_code == expected
    return response.json()


def test_a_stranger_reads_that_all_is_well() -> None:
    found = report()

    assert list(found) == [
        "status", "database", "cache", "worker", "beat", "pending_messages",
    ]  # fmt: skip
    assert (found["status"], found["database"], found["cache"]) == ("ok", "ok", "ok")
    assert found["pending_messages"] == 0
    seen = found["worker"]["last_seen"]
    assert seen.endswith("+08:00")
    instant = parse_datetime(seen)
    assert instant is not None
    assert abs(timezone.now() - instant) < timedelta(seconds=10)


def test_the_answer_is_never_cached_and_opens_no_session() -> None:
    response = Client().get("/healthz")

    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_only_reading_is_allowed() -> None:
    assert Client().post("/healthz").status_code == 405


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_program_not_seen_for_a_minute_degrades(name: str) -> None:
    Heartbeat.objects.filter(name=name).update(seen_at=timezone.now() - timedelta(seconds=61))

    assert report()["status"] == "degraded"


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_a_program_never_seen_degrades(name: str) -> None:
    Heartbeat.objects.filter(name=name).delete()

    found = report()

    assert found["status"] == "degraded"
    assert found[name] == {"last_seen": None}


def test_a_lost_cache_degrades(settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody-listens.sock"

    found = report()

    assert (found["status"], found["cache"]) == ("degraded", "unavailable")


def test_a_lost_database_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> dict[str, Any]:
        raise OperationalError("connection refused")

    monkeypatch.setattr(health, "ask_database", refuse)

    found = report(503)

    assert (found["status"], found["database"]) == ("down", "unavailable")
    assert found["pending_messages"] is None


def test_a_frozen_database_is_down_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    thawed = threading.Event()
    monkeypatch.setattr(health, "DATABASE_PATIENCE", 0.2)
    monkeypatch.setattr(health, "ask_database", lambda: thawed.wait(20) and {})
    started = timezone.now()

    first, second = report(503), report(503)
    thawed.set()

    assert first["status"] == second["status"] == "down"
    assert timezone.now() - started < timedelta(seconds=5)


def test_the_worker_shows_itself_by_running_a_task() -> None:
    Heartbeat.objects.all().delete()

    tasks.beat_alive()

    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["worker"]


def test_a_worker_shows_itself_as_soon_as_it_is_ready() -> None:
    Heartbeat.objects.all().delete()

    worker_ready.send(sender=None)

    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["worker"]


def test_beat_shows_itself_when_it_publishes_and_at_most_every_ten_seconds() -> None:
    Heartbeat.objects.all().delete()

    heartbeat.note_beat()
    first = Heartbeat.objects.get(name="beat").seen_at
    heartbeat.note_beat()

    assert Heartbeat.objects.get(name="beat").seen_at == first


def test_messages_that_wait_are_counted() -> None:
    from notifications.models import Channel, Message
    from portal.core.ledger import Entry, record

    user = get_user_model().objects.create(username="waiting")
    event = record(Entry(kind="test.told"))
    Message.objects.create(event=event, recipient=user, channel=Channel.SMS, kind="t", template="b")

    assert report()["pending_messages"] == 1
