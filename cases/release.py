"""What a decision does to the items that waited for it: release, another way, or the end.

Called inside the transaction of the decision, on locked rows; changes objects in memory and returns
what is to be written, so that the number of statements does not grow with the number of items.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from cases import deadlines
from cases.dispatch import released_entry
from cases.models import Case, CaseState, Edge, Offer, WorkItem, WorkItemState
from cases.models.work_item import OPEN
from cases.moves import move
from cases.notices import applicant_notice
from cases.routing import Standing, standing
from cases.working_time import Calendar, civil_day
from notifications.sending import Notice
from policies.schema import Requirement
from portal.core.ledger import Entry, record_many

# Working days an applicant has to choose another way after a refusal.
OFFER_DAYS = 5


@dataclass
class Changes:
    """Everything one decision brings about; `write` puts it into the database in bulk."""

    case: Case
    items: list[WorkItem]
    at: datetime
    calendar: Calendar
    touched: dict[int, WorkItem] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    # What the applicant is told of the entry at the same position, if anything.
    words: list[Mapping[str, object] | None] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def add(self, entry: Entry, words: Mapping[str, object] | None = None) -> None:
        """Note one event and, where the applicant is told of it, the words it needs."""
        self.entries.append(entry)
        self.words.append(words)

    def write(self, fields: Iterable[str]) -> list[Notice]:
        """Write work items, offers and events; return the notices for the applicants."""
        WorkItem.objects.bulk_update(
            self.touched.values(), ["state", *deadlines.CLOCK_FIELDS, *fields]
        )
        if self.offers:
            Offer.objects.bulk_create(self.offers)
        events = record_many(self.entries)
        return [
            applicant_notice(self._case_of(entry), event, words)
            for entry, event, words in zip(self.entries, events, self.words, strict=True)
            if words is not None
        ]

    def _case_of(self, entry: Entry) -> Case:
        if entry.stream == self.case.pk:
            return self.case
        return next(item.case for item in self.touched.values() if item.case_id == entry.stream)


def locked_items(work_item_id: int) -> list[WorkItem]:
    """Return all work items of the case this one belongs to, locked together with the case.

    Raises WorkItem.DoesNotExist.
    """
    items = list(
        WorkItem.objects.filter(case__work_items=work_item_id)
        .select_related("case__applicant", "case__version", "department")
        .defer("case__version__document")
        .select_for_update(of=("self", "case"), no_key=True)
        .order_by("pk")
    )
    if not items:
        raise WorkItem.DoesNotExist
    for item in items:
        item.case = items[0].case
    return items


def follow(decided: WorkItem, changes: Changes) -> None:
    """Let all that waited for a decided item go on, wait, or end, and so on down the route."""
    edges = list(
        Edge.objects.filter(
            Q(dependant__case=decided.case_id) | Q(predecessor__case=decided.case_id)
        ).select_related("predecessor")
    )
    known = {item.pk: item for item in changes.items}
    edges += _lock_elsewhere(edges, known)
    queue = [decided.pk]
    while queue:
        changed = queue.pop(0)
        dependants = {edge.dependant_id for edge in edges if edge.predecessor_id == changed}
        for pk in sorted(dependants):
            item = known[pk]
            if item.state == WorkItemState.WAITING and _settle(
                item, edges, known, changes, decided
            ):
                queue.append(pk)


def complete_if_done(changes: Changes) -> None:
    """Close the case once nothing of it is open; a dependant that has an offer still waits."""
    case = changes.case
    if case.state != CaseState.ACCEPTED or any(item.state in OPEN for item in changes.items):
        return
    move(case.complete)
    case.closed_at = changes.at
    case.save(update_fields=["state", "closed_at"])
    changes.add(Entry("case.completed", case.pk, at=changes.at), {})


def _lock_elsewhere(edges: list[Edge], known: dict[int, WorkItem]) -> list[Edge]:
    """Lock dependants that belong to other cases, and return what else they wait for."""
    elsewhere = {edge.dependant_id for edge in edges} - known.keys()
    if not elsewhere:
        return []
    locked = (
        WorkItem.objects.filter(pk__in=elsewhere)
        .select_related("case__applicant", "case__version")
        .defer("case__version__document")
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    known.update({item.pk: item for item in locked})
    seen = {edge.pk for edge in edges}
    more = Edge.objects.filter(dependant__in=elsewhere).exclude(pk__in=seen)
    return list(more.select_related("predecessor"))


def _settle(
    item: WorkItem,
    edges: list[Edge],
    known: dict[int, WorkItem],
    changes: Changes,
    decided: WorkItem,
) -> bool:
    """Release or end one waiting item; return whether others may hang on what became of it."""
    needs = [edge for edge in edges if edge.dependant_id == item.pk]
    verdict = standing(
        (
            (
                edge.slot,
                edge.strength == "hard",
                known.get(edge.predecessor_id, edge.predecessor).state,
            )
            for edge in needs
        ),
        approved=WorkItemState.APPROVED,
        still_open=set(OPEN),
    )
    if verdict == Standing.READY:
        release(item, changes)
    elif verdict == Standing.BLOCKED and not _offer(item, known, changes, decided):
        close(item, changes, because=decided)
        return True
    return False


def release(item: WorkItem, changes: Changes) -> None:
    """Put a waiting item on its department's desk; its clock starts now (art. 5, serial)."""
    move(item.release)
    deadlines.start_clock(item, at=changes.at, calendar=changes.calendar)
    changes.touched[item.pk] = item
    changes.add(released_entry(item, changes.at), {"item": item.item_name, "due": item.due_at})


def close(item: WorkItem, changes: Changes, *, because: WorkItem) -> None:
    """End an item whose prerequisite can no longer be met, and say why."""
    move(item.close)
    item.reasons = f"前置事项“{because.item_name}”未获准予，本事项缺少所需的前置结果，不再办理。"
    deadlines.stop_clock(item, at=changes.at)
    changes.touched[item.pk] = item
    changes.add(
        Entry(
            "work_item.closed",
            item.case_id,
            item.subject,
            at=changes.at,
            payload={"item": item.item_code, "because": because.item_code},
        ),
        {"item": item.item_name, "reasons": item.reasons},
    )


def _offer(item: WorkItem, known: dict[int, WorkItem], changes: Changes, decided: WorkItem) -> bool:
    """Offer another item that results in what the blocked one needs; false where there is none.

    P03 refused → P04 offered, as either results in R23.
    """
    if decided.state != WorkItemState.REFUSED or item.case_id != decided.case_id:
        return False
    tried = {other.item_code for other in known.values() if other.case_id == item.case_id}
    tried |= set(item.case.offers.values_list("item_code", flat=True))
    pending = {offer.item_code for offer in changes.offers}
    code = _untried(item.case.version.catalogue.items[item.item_code].requires, decided, tried)
    if code is None:
        return False
    if code not in pending:
        _make_offer(item.case, decided, code, changes)
    return True


def _untried(requires: Iterable[Requirement], decided: WorkItem, tried: set[str]) -> str | None:
    return next(
        (
            code
            for need in requires
            if need.strength == "hard" and decided.item_code in need.any_of
            for code in need.any_of
            if code not in tried
        ),
        None,
    )


def _make_offer(case: Case, refused: WorkItem, code: str, changes: Changes) -> None:
    name = case.version.catalogue.items[code].name
    calendar = changes.calendar
    lapses_on = calendar.add(civil_day(changes.at), OFFER_DAYS)
    offer = Offer(
        case=case,
        refused=refused,
        item_code=code,
        item_name=name,
        offered_at=changes.at,
        lapses_at=calendar.closing(lapses_on),
    )
    changes.offers.append(offer)
    changes.add(
        Entry("offer.made", case.pk, refused.subject, at=changes.at, payload={"item": code}),
        {"item": name, "refused": refused.item_name, "due": offer.lapses_at},
    )
