"""Tables of joint handling: the case, its work items, documents, clocks, cards and the calendar."""

from cases.models.bulletin import Bulletin, BulletinState
from cases.models.calendar import CalendarDay, CalendarOrdinal, CalendarRevision, CalendarYear
from cases.models.card import Card, Cause, Level, Limit, Rung
from cases.models.case import Case, CaseState
from cases.models.document import Document, Origin, SharedRequest
from cases.models.extension import Extension, ExtensionState
from cases.models.parked import ParkedItem, ParkedState
from cases.models.recommendation import Package, Recommendation
from cases.models.supplement import Offer, OfferState, Supplement
from cases.models.suspension import Suspension, SuspensionReason
from cases.models.tally import DailyTally, NetTally, StandingTally, TallyDelta
from cases.models.tolerance import Tolerance
from cases.models.urging import Urging, UrgingKind
from cases.models.work_item import Edge, Stage, WorkItem, WorkItemState

__all__ = [
    "Bulletin",
    "BulletinState",
    "CalendarDay",
    "CalendarOrdinal",
    "CalendarRevision",
    "CalendarYear",
    "Card",
    "Case",
    "CaseState",
    "Cause",
    "DailyTally",
    "Document",
    "Edge",
    "Extension",
    "ExtensionState",
    "Level",
    "Limit",
    "NetTally",
    "Offer",
    "OfferState",
    "Origin",
    "Package",
    "ParkedItem",
    "ParkedState",
    "Recommendation",
    "Rung",
    "SharedRequest",
    "Stage",
    "StandingTally",
    "Supplement",
    "Suspension",
    "SuspensionReason",
    "TallyDelta",
    "Tolerance",
    "Urging",
    "UrgingKind",
    "WorkItem",
    "WorkItemState",
]
