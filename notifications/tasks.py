"""Periodic task of the messages."""

from celery import shared_task

from notifications.sending import drain


@shared_task(name="notifications.tasks.drain_messages")
def drain_messages() -> None:
    """Send what is due; any number of these may run at once."""
    drain()
