"""Periodic tasks of joint handling; beat orders them, every run is idempotent."""

from celery import shared_task

from cases import calendar, projection, shared_data
from cases.supervision import tallies
from cases.supervision.bulletin import make_due_drafts
from cases.sweep import sweep


@shared_task(name="cases.tasks.sweep_deadlines")
def sweep_deadlines() -> None:
    """Issue the cards and end the terms that have fallen due."""
    sweep()


@shared_task(name="cases.tasks.reproject_deadlines")
def reproject_deadlines() -> None:
    """Work out the open deadlines anew after a change of the calendar."""
    calendar.keep_ahead()
    projection.reproject()


@shared_task(name="cases.tasks.drain_shared_data")
def drain_shared_data() -> None:
    """Ask other departments' databases what submitted cases need of them."""
    shared_data.drain()


@shared_task(name="cases.tasks.draft_bulletins")
def draft_bulletins() -> None:
    """Draft last month's bulletin from its first working day on, once."""
    make_due_drafts()


@shared_task(name="cases.tasks.fold_tallies")
def fold_tallies() -> None:
    """Add what has moved since the last time to the tallies."""
    tallies.fold()
