"""GET /healthz: is the portal at work? For load balancers, containers and whoever is on duty."""

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifications.models import Message, MessageState
from portal.core.models import Heartbeat

logger = logging.getLogger("portal.health")

DATABASE_PATIENCE = 4.0  # seconds
CACHE_PATIENCE = 1.0
STALE_AFTER = timedelta(seconds=60)

# A frozen database blocks its client for ever: one thread asks, the request waits for a while only.
database_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="healthz")


@never_cache
@require_safe
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while people can work (ok, degraded), 503 when the database is away (down)."""
    report = database_report()
    report["cache"] = "ok" if cache_answers() else "unavailable"
    status = overall(report)
    return JsonResponse({"status": status, **report}, status=503 if status == "down" else 200)


def overall(report: dict[str, Any]) -> str:
    """Return down without the database, degraded where messages or deadlines would stand still."""
    if report["database"] != "ok":
        return "down"
    alive = all(is_fresh(report[name]["last_seen"]) for name in ("worker", "beat"))
    return "ok" if alive and report["cache"] == "ok" else "degraded"


def is_fresh(last_seen: str | None) -> bool:
    if last_seen is None:
        return False
    return timezone.now() - datetime.fromisoformat(last_seen) <= STALE_AFTER


def database_report() -> dict[str, Any]:
    """Return what the database tells, with empty values where it does not answer in time."""
    asked = database_thread.submit(ask_database)
    try:
        return asked.result(timeout=DATABASE_PATIENCE)
    except (DatabaseError, TookTooLong) as error:
        asked.cancel()
        logger.warning("The database did not answer: %r", error)
        return report_of("unavailable", {}, None)


def ask_database() -> dict[str, Any]:
    """Return signs of life and the length of the message queue, over a connection of its own."""
    try:
        seen = dict(Heartbeat.objects.values_list("name", "seen_at"))
        queued = Message.objects.filter(state=MessageState.QUEUED).count()
        return report_of("ok", seen, queued)
    finally:
        connection.close()


def report_of(database: str, seen: dict[str, datetime], queued: int | None) -> dict[str, Any]:
    return {
        "database": database,
        "cache": "unknown",
        "worker": {"last_seen": local(seen.get("worker"))},
        "beat": {"last_seen": local(seen.get("beat"))},
        "pending_messages": queued,
    }


def local(instant: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in Chinese time (+08:00), to the second."""
    return timezone.localtime(instant).isoformat(timespec="seconds") if instant else None


def cache_answers() -> bool:
    """Tell whether the Redis-compatible server answers PING within a second."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=CACHE_PATIENCE,
        socket_connect_timeout=CACHE_PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
