"""What every SMS channel does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID


class Outcome(Enum):
    """What a provider says of one message."""

    ACCEPTED = "accepted"  # it will deliver
    DELIVERED = "delivered"
    REJECTED = "rejected"  # for good: another attempt gets the same answer
    DECLINED = "declined"  # this message not taken now; the provider itself works
    UNAVAILABLE = "unavailable"  # not taken; another attempt may succeed
    UNKNOWN = "unknown"  # perhaps taken: ask before sending again
    NOT_FOUND = "not_found"  # asked, and the provider never took it


@dataclass(frozen=True, slots=True)
class Sms:
    """One text message as a provider needs it; `values` fill the placeholders of its kind."""

    out_id: UUID
    phone: str
    text: str
    kind: str
    values: Mapping[str, str]
    # The provider's own number for it, where one is known.
    ref: str
    # No attempt to send it was made after this instant.
    last_tried: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's answer; `detail` is for the staff and never holds a number or a text."""

    outcome: Outcome
    detail: str = ""
    ref: str = ""


class SmsChannel(Protocol):
    """A provider of text messages. Neither method raises for what a network or a provider does."""

    name: str

    def send(self, sms: Sms) -> Receipt:
        """Hand over one message under our own id."""
        ...

    def query(self, sms: Sms) -> Receipt:
        """Say what became of a message handed over before."""
        ...
