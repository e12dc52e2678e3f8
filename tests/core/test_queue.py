"""Leased rows: claimed by one worker at a time, claimed again when a lease runs out."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from notifications.models import Channel, Message
from portal.core.ledger import Entry, record

LEASE = timedelta(seconds=60)


def queue(count: int) -> None:
    Message.objects.bulk_create(
        Message(event=record(Entry("a")), channel=Channel.SMS, kind="k", template="x")
        for _ in range(count)
    )


@pytest.mark.django_db
def test_a_claimed_row_is_not_claimed_again() -> None:
    queue(3)

    first = Message.objects.claim(limit=2, lease=LEASE)
    second = Message.objects.claim(limit=2, lease=LEASE)

    assert (len(first), len(second)) == (2, 1)
    assert {row.attempts for row in first} == {1}


@pytest.mark.django_db
def test_a_lease_that_ran_out_is_claimed_again() -> None:
    queue(1)
    Message.objects.claim(limit=1, lease=LEASE)
    Message.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    (row,) = Message.objects.claim(limit=1, lease=LEASE)

    assert row.attempts == 2


@pytest.mark.django_db
def test_a_row_is_not_due_before_its_time_nor_after_its_end() -> None:
    queue(2)
    later, never = Message.objects.all()
    later.release(after=timedelta(minutes=5))
    never.release(after=None)
    later.save()
    never.save()

    assert Message.objects.claim(limit=5, lease=LEASE) == []


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_share_the_rows() -> None:
    queue(40)
    start, taken = Barrier(4), []

    def work() -> None:
        start.wait()
        try:
            taken.extend(row.pk for row in Message.objects.claim(limit=10, lease=LEASE))
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken))
    assert len(taken) + Message.objects.due().count() == 40
