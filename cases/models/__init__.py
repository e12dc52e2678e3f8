"""Tables of joint handling: the case, its work items, documents, cards and the calendar."""

from cases.models.calendar import CalendarDay, CalendarYear
from cases.models.card import Card, Level
from cases.models.case import Case, CaseState
from cases.models.document import Document, Origin, SharedRequest
from cases.models.supplement import Offer, OfferState, Supplement
from cases.models.suspension import Suspension, SuspensionReason
from cases.models.work_item import Edge, WorkItem, WorkItemState

__all__ = [
    "CalendarDay",
    "CalendarYear",
    "Card",
    "Case",
    "CaseState",
    "Document",
    "Edge",
    "Level",
    "Offer",
    "OfferState",
    "Origin",
    "SharedRequest",
    "Supplement",
    "Suspension",
    "SuspensionReason",
    "WorkItem",
    "WorkItemState",
]
