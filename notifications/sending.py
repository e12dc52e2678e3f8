"""Telling people: rows are written with the event, and sent afterwards by a worker (`drain`)."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from notifications import wording
from notifications.channels import sms_channel
from notifications.channels.base import Outcome, Receipt, SmsChannel
from notifications.models import Channel, Message, MessageState
from portal.accounts.models import User
from portal.core.ledger import Event

logger = logging.getLogger("portal.messages")

LEASE = timedelta(seconds=60)
# A send is begun only while its lease outlasts the longest send (3 s connect, 10 s read) by far.
LONGEST_SEND = timedelta(seconds=20)
CLAIM = 20
ATTEMPTS = 6
BACK_OFF = [timedelta(seconds=s) for s in (10, 30, 120, 600, 1800)]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one person; `params` fill the wording of `kind`."""

    event: Event
    recipient: User
    kind: str
    params: Mapping[str, object]
    link: str = ""


def tell(notices: Iterable[Notice]) -> None:
    """Write inbox and SMS rows for the notices in one INSERT; call it in the verb's transaction.

    Telling the same event to the same person again changes nothing. Raises KeyError for an unknown
    kind or a missing placeholder.
    """
    rows = [row for notice in notices for row in _rows(notice)]
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True)


def _rows(notice: Notice) -> Iterator[Message]:
    for channel in (Channel.INBOX, Channel.SMS):
        if channel == Channel.SMS and not notice.recipient.phone:
            continue
        if told := wording.filled(notice.kind, channel, notice.params):
            yield _row(notice, channel, told)


def _row(notice: Notice, channel: Channel, told: wording.Filled) -> Message:
    is_sms, moment = channel == Channel.SMS, timezone.now()
    return Message(
        event=notice.event,
        recipient=notice.recipient,
        channel=channel,
        kind=notice.kind,
        address=notice.recipient.phone if is_sms else "",
        title=told.title,
        template=told.template,
        sealed=dict(told.values),
        link=notice.link,
        state=MessageState.QUEUED if is_sms else MessageState.DELIVERED,
        due_at=moment if is_sms else None,
        settled_at=None if is_sms else moment,
    )


def drain(limit: int = 200) -> int:
    """Send up to `limit` messages that are due and return how many were settled or put off.

    Any number of workers may drain at once. What a killed worker held is taken up when its lease
    runs out.
    """
    channel, done = sms_channel(), 0
    while done < limit and (messages := _claim(min(CLAIM, limit - done))):
        for position, message in enumerate(messages):
            if not lasts(message):
                _give_back(messages[position:])
                return done
            _settle(message, _attempt(channel, message))
            done += 1
    return done


def lasts(message: Message) -> bool:
    """Whether the lease on a message outlasts the longest send."""
    until = message.leased_until
    return until is not None and until - timezone.now() >= LONGEST_SEND


def _claim(limit: int) -> list[Message]:
    """Lease due messages; each keeps in memory the state in which it was found."""
    with transaction.atomic():
        messages = list(Message.objects.claim(limit=limit, lease=LEASE))
        # Committed before the provider is called: who finds "sending" later has to ask first.
        Message.objects.filter(pk__in=[message.pk for message in messages]).update(
            state=MessageState.SENDING
        )
    return messages


def _attempt(channel: SmsChannel, message: Message) -> Receipt:
    """Send a message, or ask first where an earlier attempt may have reached the provider."""
    if message.attempts > ATTEMPTS:
        return Receipt(Outcome.UNKNOWN, "its senders died more often than it may be tried")
    if message.expires_at and message.expires_at < timezone.now():
        return Receipt(Outcome.REJECTED, "expired before it could be sent")
    if message.state in {MessageState.SENDING, MessageState.UNKNOWN}:
        answer = channel.query(message.pk)
        if answer.outcome is not Outcome.NOT_FOUND:
            return answer
    return channel.send(message.pk, message.address, message.body)


def _settle(message: Message, receipt: Receipt) -> None:
    """Record what came of an attempt, unless the lease has gone to another worker meanwhile."""
    state, after = _consequence(receipt.outcome, message.attempts)
    held = Message.objects.filter(pk=message.pk, leased_until=message.leased_until)
    moment = timezone.now()
    held.update(
        state=state,
        error=receipt.detail[:200],
        leased_until=None,
        due_at=None if after is None else moment + after,
        settled_at=moment if after is None else None,
    )
    if after is None and state in {MessageState.FAILED, MessageState.UNKNOWN}:
        logger.error("Message %s ended as %s: %s", message.pk, state, receipt.detail)


def _consequence(outcome: Outcome, attempts: int) -> tuple[MessageState, timedelta | None]:
    """Return the new state and after how long to try again, None for never."""
    match outcome:
        case Outcome.ACCEPTED:
            return MessageState.ACCEPTED, None
        case Outcome.DELIVERED:
            return MessageState.DELIVERED, None
        case Outcome.REJECTED:
            return MessageState.FAILED, None
    unknown = outcome is Outcome.UNKNOWN
    if attempts >= ATTEMPTS:
        return (MessageState.UNKNOWN if unknown else MessageState.FAILED), None
    return (MessageState.UNKNOWN if unknown else MessageState.QUEUED), BACK_OFF[attempts - 1]


def _give_back(messages: list[Message]) -> None:
    """Return messages that were not attempted, as they were found."""
    for message in messages:
        Message.objects.filter(pk=message.pk, leased_until=message.leased_until).update(
            state=message.state, leased_until=None, attempts=message.attempts - 1
        )
