"""What a monthly bulletin says, as one document (通报数据): frozen when it is published.

Page, PDF and Excel are made from this document alone, so they cannot differ, and what happens to
the cases afterwards cannot change it. `schema_version` says how a stored one is read.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from cases.models import Bulletin

VERSION: Literal[1] = 1
# Turns a document of an older version into one of the next; a new version adds its step here.
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class UnknownVersion(Exception):
    """A stored document is of a version that this programme does not know."""


class Part(BaseModel):
    """A part of the document; what it does not know it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Done(Part):
    """What was done in the month. Days are working days, a rate is a share with three decimals.

    Received and accepted are cases, everything else is counted in work items. `late` were decided
    late by the department's own time; `late_at_window` and `late_delivery` are overtime of the
    other stages. Cards are those issued in the month and not revoked, `red_at_window` those that
    are booked on the window, `unexplained` the red ones without a reason.
    """

    received: int = 0
    accepted: int = 0
    decided: int = 0
    late: int = 0
    late_at_window: int = 0
    late_delivery: int = 0
    yellow: int = 0
    red: int = 0
    red_at_window: int = 0
    unexplained: int = 0
    rate: float | None = None
    median: int | None = None
    p90: int | None = None
    average: float | None = None
    promised: float | None = None

    @property
    def every_late(self) -> int:
        """Overtime of all three stages (环节超时)."""
        return self.late + self.late_at_window + self.late_delivery


class DepartmentLine(Done):
    """A department with its rank; none where it has decided nothing."""

    code: str
    name: str
    rank: int | None = None
    previous_rate: float | None = None
    previous_red: int = 0


class ItemLine(Done):
    """An item that is named for good or for bad."""

    code: str
    name: str
    department: str


class CardLine(Part):
    """A card as it stood when the document was made; empty `cause`: nobody has explained it.

    `at_window`: the lateness is the window's, not the department's.
    """

    level: Literal["yellow", "red"]
    number: str
    item: str
    department: str
    at_window: bool = False
    issued_at: datetime
    due_at: datetime
    standing: str
    cause: str = ""
    explanation: str = ""
    measure: str = ""


class UrgingLine(Part):
    """An urging sent in the month, and its answer if there is one."""

    number: str
    item: str
    department: str
    kind: str
    words: str
    sent_at: datetime
    due_at: datetime
    answer: str = ""
    answered_at: datetime | None = None

    def is_late(self, at: datetime) -> bool:
        """Whether the answer came, or is still missing, after its term."""
        return (self.answered_at or at) > self.due_at


class Document(Part):
    """The figures, names and cards of a month, as they stood at `as_of`."""

    schema_version: Literal[1] = VERSION
    month: date
    as_of: datetime
    total: Done
    previous: Done
    departments: tuple[DepartmentLine, ...]
    best: tuple[ItemLine, ...] = ()
    worst: tuple[ItemLine, ...] = ()
    cards: tuple[CardLine, ...] = ()
    urgings: tuple[UrgingLine, ...] = ()
    # More than are listed, where they are too many.
    cards_in_all: int = 0

    @property
    def unranked(self) -> tuple[DepartmentLine, ...]:
        """Departments that have decided nothing in the month."""
        return tuple(line for line in self.departments if line.rank is None)

    @property
    def ranked(self) -> tuple[DepartmentLine, ...]:
        """The others, best first; who shares a rank stands in the order of departments."""
        lines = [line for line in self.departments if line.rank is not None]
        return tuple(sorted(lines, key=lambda line: line.rank or 0))


def frozen(document: Document) -> dict[str, Any]:
    """Return the document as it is stored."""
    return document.model_dump(mode="json")


def stored(bulletin: Bulletin) -> Document:
    """Return the document of a published bulletin. Raises UnknownVersion."""
    return read(bulletin.figures or {})


def read(figures: Mapping[str, Any]) -> Document:
    """Return a stored document, older versions made new. Raises UnknownVersion."""
    found = dict(figures)
    while found.get("schema_version") != VERSION:
        upgrade = UPGRADES.get(found.get("schema_version", 0))
        if upgrade is None:
            raise UnknownVersion(str(found.get("schema_version")))
        found = upgrade(found)
    return Document.model_validate(found)
