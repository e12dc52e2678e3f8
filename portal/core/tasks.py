"""Periodic tasks of the ground floor."""

from celery import shared_task

from portal.core import heartbeat


@shared_task(name="portal.core.tasks.beat_alive")
def beat_alive() -> None:
    """Show that a worker fetches and runs what beat publishes."""
    heartbeat.beat("worker")
