"""Periodic tasks of facts; beat orders them, every run is idempotent."""

from celery import shared_task

from policies import providers


@shared_task(name="policies.tasks.drain_fact_requests")
def drain_fact_requests() -> None:
    """Ask the sources what they know of subjects; any number of these may run at once."""
    providers.drain()


@shared_task(name="policies.tasks.expire_facts")
def expire_facts() -> None:
    """Have subjects inspected again of whom a fact is no longer valid."""
    providers.expire()
