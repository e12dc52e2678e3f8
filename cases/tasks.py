"""Periodic tasks of joint handling; beat orders them, every run is idempotent."""

from celery import shared_task

from cases import shared_data
from cases.sweep import sweep


@shared_task(name="cases.tasks.sweep_deadlines")
def sweep_deadlines() -> None:
    """Issue the cards and end the terms that have fallen due."""
    sweep()


@shared_task(name="cases.tasks.drain_shared_data")
def drain_shared_data() -> None:
    """Ask other departments' databases what submitted cases need of them."""
    shared_data.drain()
