"""Periodic tasks of joint handling; beat orders them, every run is idempotent."""

from time import monotonic

from celery import shared_task

from cases import calendar, inspecting, maturity, navigator, projection, shared_data
from cases.supervision import tallies
from cases.supervision.bulletin import make_due_drafts
from cases.sweep import sweep

# One run looks at changed subjects no longer than this, then another has its turn.
BUSY = 15.0


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


@shared_task(name="cases.tasks.tidy_packages")
def tidy_packages() -> None:
    """Delete shared packages that have expired."""
    navigator.tidy_up()


@shared_task(name="cases.tasks.wake_parked")
def wake_parked() -> None:
    """Tell of items that have become ripe; end those whose last day is past."""
    maturity.wake()


@shared_task(name="cases.tasks.inspect_subjects")
def inspect_subjects() -> None:
    """Look at subjects whose facts have changed: what they gain, what of theirs is ripe now."""
    begun = monotonic()
    while inspecting.inspect_next() and monotonic() - begun < BUSY:
        pass


@shared_task(name="cases.tasks.inspect_everyone")
def inspect_everyone() -> None:
    """Look at everyone on a new day, and when a policy was published or came into force."""
    inspecting.inspect_where_due()
