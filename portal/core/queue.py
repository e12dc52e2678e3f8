"""Leased queues in PostgreSQL: rows are claimed, worked on outside any transaction, and settled.

Redis only carries the tick that says "look at the queue"; losing it loses nothing. A worker that
dies lets its lease run out, and the row is claimed again. Leases run on real time.
"""

from datetime import timedelta
from typing import Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

Row = TypeVar("Row", bound="LeasedRow")


class LeasedQuerySet(models.QuerySet[Row]):
    def due(self) -> Self:
        """Return rows that wait for work: due by now and not leased to anyone."""
        moment = timezone.now()
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=moment), due_at__lte=moment)

    def claim(self, *, limit: int, lease: timedelta) -> list[Row]:
        """Lease up to `limit` due rows to the caller and count the attempt.

        Rows that another worker is claiming at this moment are skipped, never waited for.
        """
        with transaction.atomic():
            rows = list(
                self.due().order_by("due_at", "pk").select_for_update(skip_locked=True)[:limit]
            )
            until = timezone.now() + lease
            self.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
                leased_until=until, attempts=F("attempts") + 1
            )
        for row in rows:
            row.leased_until, row.attempts = until, row.attempts + 1
        return rows


class LeasedRow(models.Model):
    """A row that is also a task: `due_at` empty means there is nothing (more) to do."""

    due_at = models.DateTimeField("计划执行时间", null=True, default=timezone.now)
    leased_until = models.DateTimeField("占用至", null=True, editable=False)
    attempts = models.PositiveSmallIntegerField("已尝试次数", default=0)

    class Meta:
        abstract = True

    def release(self, *, after: timedelta | None) -> None:
        """Give the lease back: work again after a while, or never (None). The caller saves."""
        self.leased_until = None
        self.due_at = None if after is None else timezone.now() + after
