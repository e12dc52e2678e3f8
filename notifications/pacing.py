"""The pace of text messages (发送节奏): quiet hours, one digest instead of many, a daily cap.

Urgent messages know no quiet hours; those that law or promise require (statutory) no cap; neither
goes into a digest. Pace keeps to real time: it spares people, it counts no term.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import F
from django.utils import timezone

from notifications import wording
from notifications.models import Channel, Message, MessageState
from notifications.waiting import Claimed
from portal.core.ledger import Entry, Event, record_many

DIGEST = "message.digest"
SUBJECTS = 3
CAPPED = "当日短信已达上限，只发站内信"
# Namespace of the advisory locks that make drains count one person's messages in turn.
LOCK = 7103

# In one order, so that no two drains wait for each other.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(%s, person) FROM unnest(%s::int[]) AS person"
# What was admitted for these people today, and when the last ordinary message was.
ADMITTED = """
SELECT recipient_id, count(*) FILTER (WHERE paced_at >= %(day)s),
       max(paced_at) FILTER (WHERE kind <> ALL(%(urgent)s))
FROM notifications_message
WHERE recipient_id = ANY(%(recipients)s) AND paced_at >= %(since)s
  AND id <> ALL(%(claimed)s::uuid[])
GROUP BY recipient_id
"""


@dataclass(slots=True)
class Verdict:
    """What becomes of the messages of one person that were claimed together."""

    send: list[Claimed] = field(default_factory=list)
    merge: list[Claimed] = field(default_factory=list)
    skip: list[Claimed] = field(default_factory=list)
    until: datetime | None = None
    wait: list[Claimed] = field(default_factory=list)


def quiet_hours() -> tuple[time, time] | None:
    """Return begin and end of the quiet hours, None for none. Raises ImproperlyConfigured."""
    if not settings.SMS_QUIET_HOURS:
        return None
    try:
        begin, end = (time.fromisoformat(part) for part in settings.SMS_QUIET_HOURS.split("-"))
    except ValueError as error:
        raise ImproperlyConfigured("PORTAL_SMS_QUIET_HOURS reads 22:00-08:00.") from error
    return begin, end


def quiet_until(moment: datetime) -> datetime | None:
    """Return the end of the quiet hours in which an instant lies, None outside them."""
    hours = quiet_hours()
    if hours is None:
        return None
    begin, end = hours
    local = timezone.localtime(moment)
    now = local.time()
    is_quiet = begin <= now < end if begin <= end else now >= begin or now < end
    if not is_quiet:
        return None
    day = local.date() if now < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=local.tzinfo)


def due(kind: str, moment: datetime) -> datetime:
    """Return when a text message of a kind that is told at an instant is to be sent."""
    return moment if kind in wording.urgent() else quiet_until(moment) or moment


def pace(claimed: list[Claimed], now: datetime) -> list[Claimed]:
    """Return those of the claimed messages that are to be sent at once, digests among them.

    The others are written down as merged, put off or left to the inbox. Call it in the transaction
    of the claim; it holds the recipients' locks until that ends.
    """
    fresh = [row for row in claimed if row.is_admitted]
    if not fresh:
        return claimed
    verdicts = _judge(fresh, now)
    for verdict in verdicts:
        if verdict.wait and verdict.until:
            _put_off(verdict.wait, verdict.until)
    skipped = [row.id for verdict in verdicts for row in verdict.skip]
    waiting = [row.id for verdict in verdicts for row in verdict.wait]
    groups = [verdict.merge for verdict in verdicts if len(verdict.merge) > 1]
    merged = [row.id for group in groups for row in group]
    if skipped:
        _skip(skipped, now)
    held = {*skipped, *waiting, *merged}
    return [row for row in claimed if row.id not in held] + (
        _digests(groups, now) if groups else []
    )


def _judge(fresh: list[Claimed], now: datetime) -> list[Verdict]:
    by_person: dict[int, list[Claimed]] = defaultdict(list)
    for row in fresh:
        assert row.recipient_id is not None  # noqa: S101 - is_admitted
        by_person[row.recipient_id].append(row)
    admitted = _admitted(by_person, [row.id for row in fresh], now)
    verdicts = {
        person: verdict_on(rows, *admitted.get(person, (0, None)), now)
        for person, rows in by_person.items()
    }
    _gather({person: verdict for person, verdict in verdicts.items() if verdict.merge})
    return list(verdicts.values())


def verdict_on(rows: list[Claimed], admitted: int, last: datetime | None, now: datetime) -> Verdict:
    """Return what becomes of a person's messages, given what was admitted for them before."""
    verdict = Verdict()
    room = settings.SMS_DAILY_CAP - admitted if settings.SMS_DAILY_CAP else len(rows)
    urgent = [row for row in rows if row.kind in wording.urgent()]
    ordinary = [row for row in rows if row.kind not in wording.urgent()]
    verdict.send, verdict.skip = urgent[: max(room, 0)], urgent[max(room, 0) :]
    room -= len(verdict.send)
    window = timedelta(seconds=settings.SMS_DIGEST_SECONDS)
    if room <= 0:
        verdict.skip += ordinary
    elif not window:
        verdict.send += ordinary[:room]
        verdict.skip += ordinary[room:]
    elif last and last + window > now:
        verdict.wait, verdict.until = ordinary, last + window
    else:
        verdict.merge = ordinary
    return verdict


def _admitted(
    people: Iterable[int], claimed: list[UUID], now: datetime
) -> dict[int, tuple[int, datetime | None]]:
    """Lock the people and return how many messages were admitted today, and the last ordinary."""
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    since = min(day, now - timedelta(seconds=settings.SMS_DIGEST_SECONDS))
    recipients = sorted(people)
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURNS, [LOCK, recipients])
        cursor.execute(
            ADMITTED,
            {
                "day": day,
                "since": since,
                "urgent": list(wording.urgent()),
                "recipients": recipients,
                "claimed": [str(pk) for pk in claimed],
            },
        )
        return {person: (count, last) for person, count, last in cursor.fetchall()}


def _gather(verdicts: dict[int, Verdict]) -> None:
    """Add what else waits for these people, in no matter which batch it would have come."""
    if not verdicts:
        return
    waiting = Message.objects.due().filter(
        recipient__in=verdicts, channel=Channel.SMS, state=MessageState.QUEUED, paced_at=None
    )
    mine = [row.id for verdict in verdicts.values() for row in verdict.merge]
    rows = waiting.exclude(kind__in=wording.urgent() | wording.statutory()).exclude(pk__in=mine)
    free = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
    for pk, person, kind in free.values_list("pk", "recipient", "kind"):
        merge = verdicts[person].merge
        merge.append(replace(merge[0], id=pk, kind=kind))


def _digests(groups: list[list[Claimed]], now: datetime) -> list[Claimed]:
    """Write one digest for each group of messages, claimed already, and return the digests."""
    events = record_many(Entry(DIGEST, payload={"messages": len(group)}) for group in groups)
    digests = [_digest(group, event, now) for group, event in zip(groups, events, strict=True)]
    Message.objects.bulk_create(digests)
    for group, digest in zip(groups, digests, strict=True):
        Message.objects.filter(pk__in=[row.id for row in group]).update(
            state=MessageState.MERGED,
            merged_into=digest,
            due_at=None,
            leased_until=None,
            paced_at=None,
            settled_at=now,
        )
    return [
        replace(
            group[0],
            id=digest.pk,
            kind=DIGEST,
            template=digest.template,
            params=json.dumps(digest.params),
            sealed=None,
            found=MessageState.QUEUED,
        )
        for group, digest in zip(groups, digests, strict=True)
    ]


def _digest(group: list[Claimed], event: Event, now: datetime) -> Message:
    told = wording.filled(DIGEST, Channel.SMS, summary(group))
    assert told  # noqa: S101 - shipped with the portal, and a test walks all kinds
    return Message(
        event=event,
        recipient_id=group[0].recipient_id,
        channel=Channel.SMS,
        kind=DIGEST,
        address=group[0].phone(),
        title=told.title,
        template=told.template,
        params=dict(told.values),
        state=MessageState.SENDING,
        provider=group[0].provider,
        due_at=now,
        leased_until=group[0].leased_until,
        attempts=1,
        paced_at=now,
    )


def summary(group: list[Claimed]) -> dict[str, object]:
    """Return the values of a digest: how many messages, and of which kinds."""
    names = wording.names()
    counts = Counter(names.get(row.kind, "其他") for row in group).most_common()
    shown = "、".join(f"{name}{count}条" for name, count in counts[:SUBJECTS])
    return {"count": len(group), "subjects": shown + ("等" if len(counts) > SUBJECTS else "")}


def _skip(skipped: list[UUID], now: datetime) -> None:
    Message.objects.filter(pk__in=skipped).update(
        state=MessageState.SKIPPED,
        error=CAPPED,
        due_at=None,
        leased_until=None,
        paced_at=None,
        settled_at=now,
    )


def _put_off(rows: list[Claimed], until: datetime) -> None:
    """Give claimed messages back until an instant, as if they had not been claimed."""
    Message.objects.filter(pk__in=[row.id for row in rows]).update(
        state=MessageState.QUEUED,
        due_at=until,
        leased_until=None,
        paced_at=None,
        attempts=F("attempts") - 1,
    )
