"""Text messages that wait to be sent: claimed, settled and given back by the batch, in SQL.

A model instance per message would cost more than everything else that sending needs.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from notifications import wording
from notifications.channels.base import Sms
from notifications.models import Message, MessageState
from portal.accounts.models import User

ADDRESS: Any = Message._meta.get_field("address")
SEALED: Any = Message._meta.get_field("sealed")
PHONE: Any = User._meta.get_field("phone")

# Rows whose outcome is not known stay with the provider that may have taken them; one that was
# certainly not taken goes to the next provider; all others to the first that works.
CLAIM = """
WITH due AS (
    SELECT id, state, attempts FROM notifications_message
    WHERE due_at <= %(now)s AND (leased_until IS NULL OR leased_until <= %(now)s)
      AND (NOT %(quiet)s OR kind = ANY(%(urgent)s))
    ORDER BY due_at, id LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
), claimed AS (
    UPDATE notifications_message m
    SET state = 'sending', leased_until = %(until)s, attempts = m.attempts + 1,
        provider = CASE
            WHEN due.state IN ('sending', 'unknown') THEN m.provider
            WHEN due.attempts > 0 AND m.provider = %(first)s THEN %(second)s
            ELSE %(first)s
        END,
        paced_at = CASE
            WHEN m.paced_at IS NULL AND m.recipient_id IS NOT NULL AND due.state = 'queued'
                 AND m.kind <> ALL(%(unpaced)s) THEN %(now)s
            ELSE m.paced_at
        END
    FROM due WHERE m.id = due.id
    RETURNING m.*, due.state AS found
)
SELECT claimed.id, recipient_id, kind, found, attempts, template, params::text, sealed, address,
       CASE address WHEN '' THEN person.phone END, provider, provider_ref, expires_at, settled_at,
       leased_until, paced_at IS NOT DISTINCT FROM %(now)s
FROM claimed LEFT JOIN accounts_user person ON person.id = claimed.recipient_id
ORDER BY due_at, claimed.id
"""

SETTLE = """
UPDATE notifications_message m
SET state = done.state, error = done.error, leased_until = NULL, due_at = done.due_at,
    settled_at = CASE WHEN done.due_at IS NULL THEN %(now)s END,
    provider_ref = CASE done.ref WHEN '' THEN m.provider_ref ELSE done.ref END,
    address = CASE done.address WHEN '' THEN m.address ELSE done.address END
FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(errors)s::text[], %(dues)s::timestamptz[],
            %(refs)s::text[], %(addresses)s::text[], %(untils)s::timestamptz[])
     AS done (id, state, error, due_at, ref, address, until)
-- The lease as a column of each row: as a constant it makes the planner expect a single row.
WHERE m.id = done.id AND m.leased_until = done.until
RETURNING m.id::text
"""

GIVE_BACK = """
UPDATE notifications_message m
SET state = found.state, leased_until = NULL, attempts = m.attempts - 1
FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(untils)s::timestamptz[])
     AS found (id, state, until)
WHERE m.id = found.id AND m.leased_until = found.until
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message leased to this process; `found` is the state in which it waited."""

    id: UUID
    recipient_id: int | None
    kind: str
    found: str
    attempts: int
    template: str
    params: str
    sealed: str | None
    address: str
    sealed_phone: str | None
    provider: str
    ref: str
    expires_at: datetime | None
    settled_at: datetime | None
    leased_until: datetime
    # Whether this claim counts against the recipient's pace.
    is_admitted: bool

    @property
    def may_have_been_taken(self) -> bool:
        return self.found in {MessageState.SENDING, MessageState.UNKNOWN}

    def sms(self, phone: str, now: datetime) -> Sms:
        """Return the message as a provider needs it. Raises KeyError and DecryptionError."""
        values = json.loads(self.params)
        if self.sealed:
            values |= SEALED.from_db_value(self.sealed, None, None)
        text = self.template.format_map(values)
        tried = self.settled_at or now
        return Sms(self.id, phone, text, self.kind, values, self.ref, tried)

    def phone(self) -> str:
        """Return the number it goes to, empty where there is none."""
        if self.address:
            return ADDRESS.from_db_value(self.address, None, None)
        return PHONE.from_db_value(self.sealed_phone, None, None) or ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of one message; `due_at` is empty when nothing more is to be done."""

    id: UUID
    state: str
    error: str
    due_at: datetime | None
    ref: str
    # The number where it was looked up for this message, sealed as a row keeps it.
    address: str


def claim(
    limit: int,
    *,
    providers: list[str],
    is_quiet: bool,
    is_paced: bool,
    now: datetime,
    until: datetime,
) -> list[Claimed]:
    """Lease due messages to the caller and note by which provider each is to be sent.

    Rows that another process is claiming at this moment are skipped, never waited for.
    """
    unpaced = wording.statutory() if is_paced else wording.document()
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "now": now,
                "until": until,
                "limit": limit,
                "quiet": is_quiet,
                "urgent": list(wording.urgent()),
                "unpaced": list(unpaced),
                "first": providers[0],
                "second": providers[1] if len(providers) > 1 else providers[0],
            },
        )
        return [Claimed(*row) for row in cursor.fetchall()]


def settle(done: list[Settled], *, until: datetime, now: datetime) -> set[str]:
    """Record outcomes in one statement and return the messages whose lease still held."""
    if not done:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            SETTLE,
            {
                "now": now,
                "untils": [until] * len(done),
                "ids": [str(row.id) for row in done],
                "states": [row.state for row in done],
                "errors": [row.error for row in done],
                "dues": [row.due_at for row in done],
                "refs": [row.ref for row in done],
                "addresses": [row.address for row in done],
            },
        )
        return {pk for (pk,) in cursor.fetchall()}


def give_back(rows: Iterable[Claimed], *, until: datetime) -> None:
    """Return messages that were not attempted, as they were found."""
    waiting = list(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            GIVE_BACK,
            {
                "untils": [until] * len(waiting),
                "ids": [str(row.id) for row in waiting],
                "states": [row.found for row in waiting],
            },
        )
