"""Periodic tasks of joint handling; beat orders them, every run is idempotent."""

from time import monotonic

from celery import shared_task
from django.db import transaction

from cases import calendar, maturity, navigator, projection, recommending, shared_data
from cases.supervision import tallies
from cases.supervision.bulletin import make_due_drafts
from cases.sweep import sweep
from policies import inspection

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
    while _inspect_some() and monotonic() - begun < BUSY:
        pass


@transaction.atomic
def _inspect_some() -> bool:
    """Take the next changed subjects; they come back where anything of this fails."""
    changes = inspection.inspect_changed()
    if changes.subject_ids:
        maturity.reconsider(changes.subject_ids)
        recommending.react(changes)
    return bool(changes.subject_ids)
