"""What every SMS channel does."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from uuid import UUID


class Outcome(Enum):
    """What a provider says of one message."""

    ACCEPTED = "accepted"  # it will deliver
    DELIVERED = "delivered"
    REJECTED = "rejected"  # for good: another attempt gets the same answer
    UNAVAILABLE = "unavailable"  # not taken; another attempt may succeed
    UNKNOWN = "unknown"  # perhaps taken: ask before sending again
    NOT_FOUND = "not_found"  # asked, and the provider never took it


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's answer; `detail` is for the operator and never holds a number or a text."""

    outcome: Outcome
    detail: str = ""


class SmsChannel(Protocol):
    """A provider of text messages. Neither method raises for what a network or a provider does."""

    def send(self, out_id: UUID, phone: str, text: str) -> Receipt:
        """Hand over one message under our own id."""
        ...

    def query(self, out_id: UUID) -> Receipt:
        """Say what became of a message handed over before."""
        ...
