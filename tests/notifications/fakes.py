"""A provider in a test's hands, and the text messages that are told to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from notifications.channels.base import Outcome, Receipt, Sms
from notifications.models import Channel, Message
from notifications.sending import Notice
from portal.core.ledger import Entry, Event, record
from tests.accounts.factories import TalentFactory

PHONE, TEXT = "13712345678", "【一件事联办】验证码135790"


def outgoing(out_id: UUID | None = None, **changed: Any) -> Sms:
    """Return a text message as a channel gets it."""
    stated = {
        "out_id": out_id or uuid4(),
        "phone": PHONE,
        "text": TEXT,
        "kind": "sign_in.code",
        "values": {"code": "135790", "minutes": "5"},
        "ref": "",
        "last_tried": timezone.now(),
    }
    return Sms(**{**stated, **changed})


class FakeChannel:
    """A provider that answers what it is told and counts what reaches it."""

    def __init__(
        self, *answers: Outcome, asked: Outcome = Outcome.NOT_FOUND, name: str = "fake"
    ) -> None:
        self.name, self.answers, self.asked = name, list(answers), asked
        self.sent: list[UUID] = []
        self.queried: list[UUID] = []
        self.texts: list[str] = []
        self.phones: list[str] = []
        self.during: Callable[[], None] = lambda: None

    def send(self, sms: Sms) -> Receipt:
        self.sent.append(sms.out_id)
        self.texts.append(sms.text)
        self.phones.append(sms.phone)
        self.during()
        outcome = self.answers.pop(0) if self.answers else Outcome.ACCEPTED
        return Receipt(outcome, "detail", f"{self.name}-{len(self.sent)}")

    def query(self, sms: Sms) -> Receipt:
        self.queried.append(sms.out_id)
        return Receipt(self.asked, "asked")


def event(kind: str = "case.completed") -> Event:
    return record(Entry(kind))


def notice(**changed: Any) -> Notice:
    stated = {"kind": "case.completed", "params": {"number": "77"}, "link": "/cases/"}
    stated["event"] = changed.pop("event", None) or event()
    stated["recipient"] = changed.pop("recipient", None) or TalentFactory(phone="13712345678")
    return Notice(**{**stated, **changed})


def sms() -> Message:
    return Message.objects.get(channel=Channel.SMS)


def later(**kwargs: float) -> None:
    """Let that much real time have passed for every lease and due instant."""
    past = timedelta(**kwargs)
    for row in Message.objects.filter(channel=Channel.SMS):
        for name in ("due_at", "leased_until", "paced_at", "settled_at"):
            moment = getattr(row, name)
            setattr(row, name, moment - past if moment else None)
        row.save()
