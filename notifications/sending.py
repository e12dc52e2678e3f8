"""Telling people: rows are written with the event, and sent afterwards by a worker (`drain`)."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from notifications import circuits, pacing, waiting, wording
from notifications.channels import channel_named, sms_channels
from notifications.channels.base import Outcome, Receipt, Sms, SmsChannel
from notifications.models import Channel, Message, MessageState
from notifications.waiting import Claimed, Settled
from portal.accounts.models import User
from portal.core.crypto import DecryptionError
from portal.core.ledger import Event

logger = logging.getLogger("portal.messages")

LEASE = timedelta(seconds=60)
# A send is begun only while its lease outlasts the longest send (3 s connect, 10 s read) by far.
LONGEST_SEND = timedelta(seconds=20)
# A batch grows while providers answer fast, so that a slow one never holds many messages.
BATCH, LARGEST_BATCH = 20, 500
FAST = 0.5  # seconds for a batch
# What is known is written down this often; a killed process leaves no more than that to ask about.
WRITTEN_EVERY = 0.5
# One drain works no longer than this, then another has its turn.
BUSY = 20.0
ATTEMPTS = 6
BACK_OFF = [timedelta(seconds=s) for s in (10, 30, 120, 600, 1800)]
UNREADABLE = Receipt(Outcome.REJECTED, "文字与内容不符，无法发送")
SUCCESS = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED})


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
        sealed=dict(told.values),  # type: ignore[misc]
        link=notice.link,
        state=MessageState.QUEUED if is_sms else MessageState.DELIVERED,
        due_at=pacing.due(notice.kind, moment) if is_sms else None,
        settled_at=None if is_sms else moment,
    )


def drain(limit: int = 5000) -> int:
    """Send up to `limit` messages that are due and return how many were settled or put off.

    Any number of workers may drain at once. What a killed worker held is taken up when its lease
    runs out.
    """
    post, size, done, begun = Post(sms_channels()), BATCH, 0, monotonic()
    while done < limit and monotonic() - begun < BUSY:
        started = monotonic()
        batch = _claim(min(size, limit - done), post)
        done += batch.handled
        if batch.rows:
            attempted = _send(batch, post)
            done += attempted
            if attempted < len(batch.rows):
                break
        elif not batch.handled:
            break
        is_fast = monotonic() - started < FAST
        size = min(size * 5, LARGEST_BATCH) if is_fast else max(size // 2, BATCH)
    return done


class Post:
    """The channels in use, by name, and those that older messages may still be asked about at."""

    def __init__(self, channels: list[SmsChannel]) -> None:
        self.names = [channel.name for channel in channels]
        self._channels = {channel.name: channel for channel in channels}

    def channel(self, name: str) -> SmsChannel | None:
        """Return a channel, None for one that is not set up any more."""
        if not name:
            name = self.names[0]
        if name not in self._channels:
            try:
                self._channels[name] = channel_named(name)
            except ImproperlyConfigured:
                return None
        return self._channels[name]


@dataclass(slots=True)
class Batch:
    """Messages leased together, and how many more were handled without sending them."""

    rows: list[Claimed]
    until: datetime
    handled: int = 0
    settled: list[Settled] = field(default_factory=list)
    outcomes: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    written: float = field(default_factory=monotonic)

    def lasts(self) -> bool:
        """Whether the lease outlasts the longest send."""
        return self.until - timezone.now() >= LONGEST_SEND


def _claim(limit: int, post: Post) -> Batch:
    """Lease due messages; what is merged, put off or left to the inbox is written down at once."""
    now = timezone.now()
    until = now + LEASE
    with transaction.atomic():
        # Committed before a provider is called: who finds "sending" later has to ask first.
        claimed = waiting.claim(
            limit,
            providers=circuits.working(post.names),
            is_quiet=pacing.quiet_until(now) is not None,
            is_paced=bool(settings.SMS_DAILY_CAP or settings.SMS_DIGEST_SECONDS),
            now=now,
            until=until,
        )
        rows = pacing.pace(claimed, now)
    kept = {row.id for row in claimed} & {row.id for row in rows}
    return Batch(rows, until, handled=len(claimed) - len(kept))


def _send(batch: Batch, post: Post) -> int:
    """Attempt each message of a batch while its lease lasts, and return how many were attempted."""
    for position, row in enumerate(batch.rows):
        if not batch.lasts():
            _write(batch)
            waiting.give_back(batch.rows[position:], until=batch.until)
            return position
        sms = _readable(row)
        receipt = _attempt(row, sms, batch, post) if sms else UNREADABLE
        batch.settled.append(_settled(row, receipt, sms.phone if sms else ""))
        if monotonic() - batch.written > WRITTEN_EVERY:
            _write(batch)
    _write(batch)
    return len(batch.rows)


def _readable(row: Claimed) -> Sms | None:
    """Return a message as a provider needs it, None where wording and values do not fit."""
    try:
        return row.sms(row.phone(), timezone.now())
    except (KeyError, ValueError, DecryptionError):
        logger.exception("Message %s cannot be read.", row.id)
        return None


def _attempt(row: Claimed, sms: Sms, batch: Batch, post: Post) -> Receipt:
    """Send a message, or ask first where an earlier attempt may have reached a provider."""
    if row.attempts > ATTEMPTS:
        return Receipt(Outcome.UNKNOWN, "发送进程多次中断，不再重试")
    if not sms.phone:
        return Receipt(Outcome.REJECTED, "收件人没有手机号码")
    if row.expires_at and row.expires_at < timezone.now():
        return Receipt(Outcome.REJECTED, "已过有效时间，不再发送")
    name = row.provider or post.names[0]
    if row.may_have_been_taken:
        answer = _ask(sms, post.channel(name))
        if answer.outcome is not Outcome.NOT_FOUND:
            return answer
        name = _hand_over(row, circuits.working(post.names)[0])
    channel = post.channel(name)
    assert channel is not None  # noqa: S101 - messages are claimed for channels in use
    receipt = channel.send(sms)
    batch.outcomes[name].append(receipt.outcome)
    return receipt


def _ask(sms: Sms, channel: SmsChannel | None) -> Receipt:
    if channel is None:
        return Receipt(Outcome.UNKNOWN, "原通道已停用，无法查询结果")
    return channel.query(sms)


def _hand_over(row: Claimed, name: str) -> str:
    """Note which provider is to get a message that the one before never took, and return it."""
    if name != row.provider:
        Message.objects.filter(pk=row.id, leased_until=row.leased_until).update(provider=name)
    return name


def _settled(row: Claimed, receipt: Receipt, phone: str) -> Settled:
    """Return what becomes of a message after an attempt."""
    state, after = _consequence(receipt.outcome, row.attempts)
    looked_up = bool(phone) and not row.address
    return Settled(
        id=row.id,
        state=state,
        error="" if state in SUCCESS else (receipt.detail or "没有结果")[:200],
        due_at=None if after is None else timezone.now() + after,
        ref=receipt.ref[:64],
        address=waiting.ADDRESS.get_prep_value(phone) if looked_up else "",
    )


def _write(batch: Batch) -> None:
    """Record outcomes, except where a lease has gone to another worker or a receipt came first."""
    held = waiting.settle(batch.settled, until=batch.until, now=timezone.now())
    for row in batch.settled:
        if row.due_at is None and row.state not in SUCCESS and str(row.id) in held:
            logger.error("Message %s ended as %s: %s", row.id, row.state, row.error)
    for name, outcomes in batch.outcomes.items():
        circuits.note(name, outcomes)
    batch.settled.clear()
    batch.outcomes.clear()
    batch.written = monotonic()


def _consequence(outcome: Outcome, attempts: int) -> tuple[MessageState, timedelta | None]:
    """Return the new state and after how long to try again, None for never."""
    match outcome:
        case Outcome.ACCEPTED:
            return MessageState.ACCEPTED, None
        case Outcome.DELIVERED:
            return MessageState.DELIVERED, None
        case Outcome.REJECTED:
            return MessageState.FAILED, None
    is_unknown = outcome is Outcome.UNKNOWN
    if attempts >= ATTEMPTS:
        return (MessageState.UNKNOWN if is_unknown else MessageState.FAILED), None
    # A provider needs a while before it knows what it took.
    pause = BACK_OFF[min(attempts, len(BACK_OFF) - 1)] if is_unknown else BACK_OFF[attempts - 1]
    return (MessageState.UNKNOWN if is_unknown else MessageState.QUEUED), pause
