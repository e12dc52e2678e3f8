"""Periodic tasks of facts and recognitions; beat orders them, every run is idempotent."""

from celery import shared_task

from policies import providers, recognition
from portal.core import clock

# Batches that one run takes up at most; the next run begins a few seconds later.
ROUNDS = 10


@shared_task(name="policies.tasks.drain_fact_requests")
def drain_fact_requests() -> None:
    """Ask the sources what they know of subjects; any number of these may run at once."""
    for _ in range(ROUNDS):
        if providers.drain() < providers.BATCH:
            break


@shared_task(name="policies.tasks.expire_facts")
def expire_facts() -> None:
    """Have subjects inspected again of whom a fact is no longer valid."""
    providers.expire()


@shared_task(name="policies.tasks.expire_recognitions")
def expire_recognitions() -> None:
    """End recognitions past their last day; their codes read as void from midnight on anyway."""
    recognition.expire(clock.today())
