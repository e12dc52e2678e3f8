"""Tables of the ground floor: the event ledger, the movable clock, signs of life."""

from datetime import timedelta

from django.db import models

from portal.core.ledger import Event
from portal.core.queue import LeasedRow

__all__ = ["ClockShift", "Event", "Heartbeat", "LeasedRow"]


class ClockShiftQuerySet(models.QuerySet["ClockShift"]):
    def current(self) -> timedelta:
        """Return the stored shift, zero where none was stored."""
        return self.values_list("ahead", flat=True).first() or timedelta(0)


class ClockShift(models.Model):
    """By how much the business clock is ahead of real time; one row, demo and test only."""

    ahead = models.DurationField()

    objects = ClockShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="core_clockshift_single_row")
        ]

    def __str__(self) -> str:
        return str(self.ahead)


class Heartbeat(models.Model):
    """When a long-running process was last seen at work, in real time."""

    name = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.seen_at.astimezone().isoformat()}"
