"""The event ledger: what happened, when, by whom; append-only.

Every change of state writes one event in the same transaction. Payloads hold ids, codes and
digests, never personal data, so a person's data can be erased and the ledger still stands.
The table refuses UPDATE, DELETE and TRUNCATE by a database trigger.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models

from portal.core import clock


class EventQuerySet(models.QuerySet["Event"]):
    def of_stream(self, stream: UUID) -> "EventQuerySet":
        """Return the events of one case in the order in which they were written."""
        return self.filter(stream=stream).order_by("pk")


class Event(models.Model):
    """One fact of the ledger.

    `stream` is the case it belongs to (none for events outside a case), `subject` names the row it
    is about ("work_item:12"), `kind` what happened ("work_item.approved").
    """

    stream = models.UUIDField(null=True, db_index=True)
    subject = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="经办人",
        db_index=False,  # see Meta
    )
    at = models.DateTimeField("业务时间")
    recorded_at = models.DateTimeField("记录时间", auto_now_add=True)
    payload = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "事件"
        indexes = [
            models.Index("kind", "at", name="core_event_kind_at"),
            # Most events are the system's own, and nobody looks for those.
            models.Index(
                "actor", name="core_event_of_actor", condition=models.Q(actor__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event about to be written; `actor_id` is empty for what the system did by itself."""

    kind: str
    stream: UUID | None = None
    subject: str = ""
    actor_id: int | None = None
    at: datetime | None = None
    payload: dict[str, Any] = field(default_factory=dict)


def record(entry: Entry) -> Event:
    """Write one event; call it in the transaction of the change it records."""
    return record_many([entry])[0]


def record_many(entries: Iterable[Entry]) -> list[Event]:
    """Write events in one statement and return them with their ids, in the order given."""
    moment = clock.now()
    return Event.objects.bulk_create(
        Event(
            kind=entry.kind,
            stream=entry.stream,
            subject=entry.subject,
            actor_id=entry.actor_id,
            at=entry.at or moment,
            payload=entry.payload,
        )
        for entry in entries
    )
