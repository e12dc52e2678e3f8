"""Draining a queue of text messages, the provider's own time excluded.

Floors in the same run: the raw queue (batches of 100 claimed and settled in SQL, nothing read) and
one Celery task per message on a real worker, written as one would without thinking of batches.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from benchmarks import Result, at_least, timed
from notifications.channels.base import Outcome, Receipt, Sms

MESSAGES = 5000
TASKS = 1000
ROUNDS = 3
RAW_BATCH = 100
PATIENCE = 120.0  # seconds
# As they come: most must be told by law, some are ordinary and have to keep to the pace.
KINDS = {
    "case.accepted": {"number": "330100202611230042", "due": "2026年12月21日17:30"},
    "work_item.approved": {"number": "330100202611230042", "item": "杭州市居住证申领"},
    "case.completed": {"number": "330100202611230042"},
    "case.submitted": {"number": "330100202611230042", "one_thing": "大学生创新创业“一件事”"},
}

RAW = """
WITH due AS (
    SELECT id FROM notifications_message
    WHERE due_at <= now() AND (leased_until IS NULL OR leased_until <= now())
    ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE notifications_message m SET state = 'delivered', due_at = NULL, settled_at = now()
FROM due WHERE m.id = due.id
"""


class NullChannel:
    """Takes every message and does nothing with it."""

    name = "null"

    def send(self, sms: Sms) -> Receipt:
        return Receipt(Outcome.DELIVERED)

    def query(self, sms: Sms) -> Receipt:
        return Receipt(Outcome.NOT_FOUND)


@shared_task(name="benchmarks.send_one")
def send_one(message_id: str) -> None:
    """Fetch one message, send it, save it."""
    from notifications.models import Message, MessageState

    message = Message.objects.select_related("recipient").get(pk=message_id)
    sms = Sms(message.pk, message.address, message.body, message.kind, {}, "", timezone.now())
    NullChannel().send(sms)
    message.state, message.due_at = MessageState.DELIVERED, None
    message.settled_at = timezone.now()
    message.save()


def rows(n: int, population: Any) -> Iterator[Result]:
    """Measure at a population of `n` open work items, whose own messages stand aside."""
    before, settings.SMS_CHANNELS = settings.SMS_CHANNELS, [f"{__name__}.NullChannel"]
    try:
        write_messages()
        raw, ours = [], []
        for _ in range(ROUNDS):
            raw.append(MESSAGES / timed_anew(drain_raw))
            ours.append(MESSAGES / timed_anew(drain_ours))
        tasks = drain_by_tasks()
    finally:
        settings.SMS_CHANNELS = before
        forget_messages()
    mine = sorted(ours)[ROUNDS // 2]
    yield at_least("messages/s, against the raw queue", n, mine, sorted(raw)[ROUNDS // 2], 0.1)
    yield at_least("messages/s, against a task per message", n, mine, tasks, 5)


def write_messages() -> None:
    """Tell as many people one thing each, and keep the rows to start again from."""
    from notifications.sending import Notice, tell
    from portal.accounts.models import User
    from portal.core.ledger import Entry, record_many

    people = User.objects.bulk_create(
        User(username=f"bench-told-{number}", phone=f"199{number:08d}")
        for number in range(MESSAGES)
    )
    kinds = [list(KINDS)[number % len(KINDS)] for number in range(MESSAGES)]
    with transaction.atomic():
        events = record_many(Entry(kind, payload={"bench": True}) for kind in kinds)
        tell(
            Notice(event, person, kind, KINDS[kind])
            for event, person, kind in zip(events, people, kinds, strict=True)
        )
    run(
        "DROP TABLE IF EXISTS bench_message",
        "CREATE TABLE bench_message AS SELECT m.* FROM notifications_message m"
        " JOIN accounts_user u ON u.id = m.recipient_id"
        " WHERE u.username LIKE 'bench-told-%' AND m.channel = 'sms'",
    )


def forget_messages() -> None:
    run(
        "DELETE FROM notifications_message m USING accounts_user u"
        " WHERE u.id = m.recipient_id AND u.username LIKE 'bench-told-%'",
        "DELETE FROM accounts_user WHERE username LIKE 'bench-told-%'",
        "DROP TABLE IF EXISTS bench_message",
    )


def start_again() -> None:
    """Put the queue as it was, nothing else waiting in it."""
    run(
        "UPDATE notifications_message SET due_at = NULL WHERE due_at IS NOT NULL",
        "DELETE FROM notifications_message m USING bench_message b WHERE m.id = b.id",
        "INSERT INTO notifications_message SELECT * FROM bench_message",
        "VACUUM ANALYZE notifications_message",
    )


def timed_anew(work: Any) -> float:
    start_again()
    seconds, _ = timed(work)
    assert waiting() == 0
    return seconds


def drain_raw() -> None:
    with connection.cursor() as cursor:
        cursor.execute(RAW, [RAW_BATCH])
        while cursor.rowcount:
            cursor.execute(RAW, [RAW_BATCH])


def drain_ours() -> None:
    from notifications.sending import drain

    while drain():
        continue


def drain_by_tasks() -> float:
    """Return messages per second of a worker with one process per core."""
    from notifications.models import Message

    start_again()
    ids = [str(pk) for pk in Message.objects.due().values_list("pk", flat=True)[: TASKS + 1]]
    left = waiting() - 1
    with worker():
        send_one.delay(ids.pop())
        until(lambda: waiting() == left)
        begun = perf_counter()
        for pk in ids:
            send_one.delay(pk)
        until(lambda: waiting() == left - TASKS)
        return TASKS / (perf_counter() - begun)


@contextmanager
def worker() -> Iterator[None]:
    command = [
        sys.executable, "-m", "celery", "-A", "portal", "worker", "--include", __name__,
        "--concurrency", str(os.cpu_count()), "--without-gossip", "--without-mingle",
        "--loglevel", "error",
    ]  # fmt: skip
    folder = Path(settings.BASE_DIR)
    running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(timeout=30)


def until(done: Any) -> None:
    end = perf_counter() + PATIENCE
    while not done():
        assert perf_counter() < end, "the worker took too long"
        sleep(0.05)


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM notifications_message WHERE due_at IS NOT NULL")
        return cursor.fetchone()[0]


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
