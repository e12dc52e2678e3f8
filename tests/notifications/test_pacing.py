"""Quiet hours, digests and the daily cap; the words of the law pass by all three but the first."""

from datetime import datetime, timedelta
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from notifications import bulk, pacing, sending
from notifications.channels.base import Outcome
from notifications.codes import send_code
from notifications.models import Channel, Message, MessageState
from notifications.sending import Notice, drain, tell
from portal.accounts.models import User
from portal.core.ledger import Entry, Event, record, record_many
from tests.accounts.factories import StaffFactory
from tests.accounts.threads import together
from tests.notifications.fakes import FakeChannel, later

SHANGHAI = ZoneInfo("Asia/Shanghai")
CARD = {"number": "77", "item": "居住证", "due": "2026年12月1日17:30", "booked": ""}
ORDINARY, URGENT, STATUTORY = "card.yellow", "card.red", "case.refused"
PARAMS = {ORDINARY: CARD, URGENT: CARD, STATUTORY: {"number": "77", "reasons": "不符合条件"}}


@pytest.fixture
def officer() -> User:
    return StaffFactory(officer=True, phone="13612345678")


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> FakeChannel:
    fake = FakeChannel()
    monkeypatch.setattr(sending, "sms_channels", lambda: [fake])
    return fake


def told(person: User, kind: str = ORDINARY, count: int = 1) -> None:
    events = record_many(Entry(kind) for _ in range(count))
    tell(Notice(event, person, kind, PARAMS[kind]) for event in events)


def states() -> dict[str, int]:
    counted: dict[str, int] = {}
    for state in Message.objects.filter(channel=Channel.SMS).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("hours", "moment", "until"),
    [
        ("22:00-08:00", at(21, 59), None),
        ("22:00-08:00", at(22), at(8, day=25)),
        ("22:00-08:00", at(23, 59), at(8, day=25)),
        ("22:00-08:00", at(0), at(8)),
        ("22:00-08:00", at(7, 59), at(8)),
        ("22:00-08:00", at(8), None),
        ("12:00-13:30", at(12, 15), at(13, 30)),
        ("12:00-13:30", at(22), None),
        ("", at(3), None),
    ],
)
def test_quiet_hours_end_in_the_morning(
    settings: Settings, hours: str, moment: datetime, until: datetime | None
) -> None:
    settings.SMS_QUIET_HOURS = hours

    assert pacing.quiet_until(moment) == until


@pytest.mark.parametrize("hours", ["22-8-9", "nachts", "25:00-08:00"])
def test_quiet_hours_that_are_none_are_named(settings: Settings, hours: str) -> None:
    settings.SMS_QUIET_HOURS = hours

    with pytest.raises(ImproperlyConfigured, match="PORTAL_SMS_QUIET_HOURS"):
        pacing.quiet_until(at(3))


def quiet_now(settings: Settings) -> datetime:
    """Let it be the middle of the quiet hours, and return when they end."""
    local = timezone.localtime()
    begin, end = local - timedelta(hours=1), local + timedelta(hours=1)
    settings.SMS_QUIET_HOURS = f"{begin:%H:%M}-{end:%H:%M}"
    return end.replace(second=0, microsecond=0)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [ORDINARY, STATUTORY])
def test_what_is_not_urgent_waits_for_the_morning(
    settings: Settings, channel: FakeChannel, officer: User, kind: str
) -> None:
    morning = quiet_now(settings)

    told(officer, kind)
    drain()

    message = Message.objects.get(channel=Channel.SMS)
    assert (message.due_at, message.state, message.attempts) == (morning, "queued", 0)
    settings.SMS_QUIET_HOURS = ""
    later(hours=2)
    drain()
    assert len(channel.sent) == 1


@pytest.mark.django_db
def test_what_was_due_before_the_night_waits_too(
    settings: Settings, channel: FakeChannel, officer: User
) -> None:
    told(officer)
    quiet_now(settings)

    assert drain() == 0
    assert channel.sent == []


@pytest.mark.django_db
def test_urgent_messages_know_no_night(
    settings: Settings, channel: FakeChannel, officer: User
) -> None:
    quiet_now(settings)

    told(officer, URGENT)
    send_code("13712345678")
    drain()

    assert len(channel.sent) == 2


@pytest.mark.django_db
def test_messages_written_by_the_thousand_keep_to_the_night_too(
    settings: Settings, channel: FakeChannel, officer: User
) -> None:
    morning = quiet_now(settings)
    event = record(Entry(ORDINARY))
    told_ = "SELECT %(event)s::bigint, %(person)s::bigint, %(kind)s, %(values)s::jsonb, ''"

    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH told (event_id, recipient_id, kind, params, link) AS ({told_}) {bulk.INSERT}",
            {
                **bulk.params([ORDINARY], at=timezone.now()),
                "event": event.pk,
                "person": officer.pk,
                "kind": ORDINARY,
                "values": '{"number": "77", "item": "居住证", "due": "明天", "booked": ""}',
            },
        )

    message = Message.objects.get(channel=Channel.SMS)
    assert (message.due_at, message.address) == (morning, "")
    settings.SMS_QUIET_HOURS = ""
    later(hours=2)
    drain()
    assert channel.phones == ["13612345678"]
    sent = Message.objects.get(channel=Channel.SMS)
    assert (sent.state, sent.address) == (MessageState.ACCEPTED, "13612345678")


@pytest.mark.django_db
def test_ten_ordinary_messages_become_one(channel: FakeChannel, officer: User) -> None:
    told(officer, count=10)

    assert drain() == 11

    (digest,) = Message.objects.filter(kind="message.digest")
    assert channel.sent == [digest.pk]
    assert "您有10条新消息：黄牌预警10条" in channel.texts[0]
    assert states() == {"merged": 10, "accepted": 1}
    assert digest.merged.count() == 10
    assert Event.objects.get(kind="message.digest").payload == {"messages": 10}
    # The inbox keeps each by itself.
    assert Message.objects.inbox_of(officer).count() == 10


@pytest.mark.django_db
def test_what_comes_within_the_window_waits_for_the_next_digest(
    channel: FakeChannel, officer: User
) -> None:
    told(officer)
    drain()
    for _ in range(3):
        told(officer)
        drain()

    assert len(channel.sent) == 1
    waiting = Message.objects.filter(channel=Channel.SMS, state="queued")
    assert {row.attempts for row in waiting} == {0}
    later(seconds=600)
    drain()
    assert len(channel.sent) == 2
    assert "您有3条新消息" in channel.texts[1]


@pytest.mark.django_db
def test_law_and_urgency_are_told_one_by_one(channel: FakeChannel, officer: User) -> None:
    told(officer, STATUTORY, 3)
    told(officer, URGENT, 3)

    drain()

    assert len(channel.sent) == 6
    assert not Message.objects.filter(kind="message.digest").exists()


@pytest.mark.django_db
def test_a_digest_tells_no_secret_and_goes_to_one_person(
    channel: FakeChannel, officer: User
) -> None:
    other = StaffFactory(officer=True, phone="13699999999")
    told(officer, count=2)
    told(other, count=2)

    drain()

    assert sorted(channel.phones) == ["13612345678", "13699999999"]
    assert not any("77" in text for text in channel.texts)


@pytest.mark.django_db
def test_beyond_the_cap_messages_stay_in_the_inbox(
    settings: Settings, channel: FakeChannel, officer: User
) -> None:
    settings.SMS_DAILY_CAP = 3
    told(officer, URGENT, 5)

    drain()
    told(officer)
    drain()

    assert len(channel.sent) == 3
    assert states() == {"accepted": 3, "skipped": 3}
    skipped = Message.objects.filter(state=MessageState.SKIPPED)
    assert {row.error for row in skipped} == {pacing.CAPPED}
    assert Message.objects.inbox_of(officer).count() == 6
    assert not Message.objects.dead().exists()
    told(officer, STATUTORY)
    drain()
    assert len(channel.sent) == 4


@pytest.mark.django_db
def test_a_new_day_has_a_new_cap(settings: Settings, channel: FakeChannel, officer: User) -> None:
    settings.SMS_DAILY_CAP = 1
    told(officer, URGENT)
    drain()
    later(days=1)

    told(officer, URGENT)
    drain()

    assert len(channel.sent) == 2


@pytest.mark.django_db
def test_another_attempt_counts_once(settings: Settings, officer: User) -> None:
    settings.SMS_DAILY_CAP = 2
    fake = FakeChannel(Outcome.UNAVAILABLE, Outcome.UNAVAILABLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "sms_channels", lambda: [fake])
        told(officer, URGENT)
        for _ in range(3):
            drain()
            later(minutes=5)
        told(officer, URGENT)
        drain()

    assert len(fake.sent) == 4
    assert states() == {"accepted": 2}


@pytest.mark.django_db
def test_without_window_and_cap_every_message_is_sent(
    settings: Settings, channel: FakeChannel, officer: User
) -> None:
    settings.SMS_DAILY_CAP = settings.SMS_DIGEST_SECONDS = 0
    told(officer, count=15)

    drain()

    assert len(channel.sent) == 15


def race(monkeypatch: pytest.MonkeyPatch, officer: User) -> None:
    """Let four drains judge one person's messages at the same moment."""

    def judge_slowly(*args: Any) -> pacing.Verdict:
        sleep(0.1)
        return judge(*args)

    judge = pacing.verdict_on
    monkeypatch.setattr(pacing, "verdict_on", judge_slowly)
    monkeypatch.setattr(sending, "BATCH", 6)
    told(officer, URGENT, 24)
    together(4, lambda _: drain())


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_hold_the_cap(
    settings: Settings, channel: FakeChannel, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SMS_DAILY_CAP = 5

    race(monkeypatch, officer)

    assert len(channel.sent) == 5
    assert states() == {"accepted": 5, "skipped": 19}


@pytest.mark.django_db(transaction=True)
def test_without_taking_turns_the_same_race_breaks_the_cap(
    settings: Settings, channel: FakeChannel, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SMS_DAILY_CAP = 5
    monkeypatch.setattr(pacing, "TAKE_TURNS", "SELECT %s, %s::int[]")

    race(monkeypatch, officer)

    assert len(channel.sent) > 5


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_make_one_digest(
    channel: FakeChannel, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", 3)
    told(officer, count=24)

    together(4, lambda _: drain())
    later(seconds=600)
    drain()

    digests = Message.objects.filter(kind="message.digest")
    assert len(channel.sent) <= 2
    assert sum(digest.merged.count() for digest in digests) >= 23
    assert Message.objects.filter(state="queued").count() == 0
