"""Signs of life of worker and beat, read by /healthz.

The worker's comes from a periodic task that it fetches and runs, so it shows that messages get
through, and once when it is ready to fetch; beat writes its own when it publishes.
"""

from time import monotonic
from typing import Any

from celery.signals import beat_init, before_task_publish, worker_ready
from django.db import connection
from django.utils import timezone

BEAT_EVERY = 10.0  # seconds

_last_beat = float("-inf")


def beat(name: str) -> None:
    """Note that a process is at work now, in real time."""
    from portal.core.models import Heartbeat

    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": timezone.now()})


@worker_ready.connect
def note_worker(**kwargs: Any) -> None:
    try:
        beat("worker")
    finally:
        connection.close()


@beat_init.connect
def watch_beat(**kwargs: Any) -> None:
    """Have the beat process, and no other, note itself when it publishes."""
    before_task_publish.connect(note_beat)


def note_beat(**kwargs: Any) -> None:
    global _last_beat
    if monotonic() - _last_beat < BEAT_EVERY:
        return
    _last_beat = monotonic()
    try:
        beat("beat")
    finally:
        # Nothing else closes connections in this process, and one that broke would stay broken.
        connection.close()
