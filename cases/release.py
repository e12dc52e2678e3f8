"""What a decision does to the items that waited for it: release, another way, or the end.

Called inside the transaction of the decision, on locked rows; changes objects in memory and returns
what is to be written, so that the number of statements does not grow with the number of items.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q

from cases import calendar, deadlines
from cases.dispatch import released_entry
from cases.models import Case, CaseState, Edge, Offer, OfferState, WorkItem, WorkItemState
from cases.models.work_item import OPEN
from cases.moves import move
from cases.notices import applicant_notice
from cases.routing import Standing, standing
from cases.working_time import Calendar, civil_day
from notifications.sending import Notice
from portal.core.ledger import Entry, record_many

# Working days an applicant has to choose another way after a refusal.
OFFER_DAYS = 5
# How the end of a prerequisite is put to those who waited for it.
FATES = {WorkItemState.WITHDRAWN: "已由申请人撤回", WorkItemState.CLOSED: "未能办理"}


@dataclass
class Changes:
    """Everything one decision brings about; `write` puts it into the database in bulk."""

    case: Case
    items: list[WorkItem]
    at: datetime
    calendar: Calendar
    # Work items of other cases that wait for something of this one, with all of their cases.
    elsewhere: list[WorkItem] = field(default_factory=list)
    touched: dict[int, WorkItem] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    # What the applicant is told of the entry at the same position, if anything.
    words: list[Mapping[str, object] | None] = field(default_factory=list)
    # The kind of message it is told in, where that is not the event's own.
    told_as: list[str] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    @classmethod
    def of(cls, case: Case, at: datetime) -> "Changes":
        """Return what is about to happen to a locked case, with its work items locked too."""
        items = list(
            case.work_items.select_related("department")
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")
        )
        for item in items:
            item.case = case
        return cls(case, items, at=at, calendar=calendar.current())

    def add(
        self, entry: Entry, words: Mapping[str, object] | None = None, *, told_as: str = ""
    ) -> None:
        """Note one event and, where the applicant is told of it, the words it needs."""
        self.entries.append(entry)
        self.words.append(words)
        self.told_as.append(told_as or entry.kind)

    def write(self, fields: Iterable[str]) -> list[Notice]:
        """Write work items, offers and events; return the notices for the applicants."""
        WorkItem.objects.bulk_update(
            self.touched.values(), ["state", *deadlines.CLOCK_FIELDS, *fields]
        )
        if self.offers:
            Offer.objects.bulk_create(self.offers)
        events = record_many(self.entries)
        rows = zip(self.entries, events, self.words, self.told_as, strict=True)
        return [
            replace(applicant_notice(self._case_of(entry), event, words), kind=kind)
            for entry, event, words, kind in rows
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


def follow(ended: Sequence[WorkItem], changes: Changes) -> None:
    """Let all that waited for decided or withdrawn items go on, wait, or end, down the route.

    Reaches into the cases of other persons, where an item may wait for one of this case.
    """
    edges = list(
        Edge.objects.filter(
            Q(dependant__case=changes.case) | Q(predecessor__case=changes.case)
        ).select_related("predecessor")
    )
    edges += _lock_elsewhere(edges, changes)
    known = {item.pk: item for item in [*changes.items, *changes.elsewhere]}
    queue = list(ended)
    while queue:
        changed = queue.pop(0)
        dependants = {edge.dependant_id for edge in edges if edge.predecessor_id == changed.pk}
        for pk in sorted(dependants):
            item = known[pk]
            needs = [edge for edge in edges if edge.dependant_id == pk]
            if item.state == WorkItemState.WAITING and _settle(
                item, needs, known, changes, changed
            ):
                queue.append(item)
    if any(not item.is_open for item in changes.touched.values()):
        end_offers(changes)


def complete_if_done(changes: Changes) -> None:
    """Close each case of which nothing is open; a dependant that has an offer still waits."""
    _complete(changes.case, changes.items, changes)
    closed = [item for item in changes.touched.values() if item.state == WorkItemState.CLOSED]
    for case in {item.case_id: item.case for item in closed if item in changes.elsewhere}.values():
        _complete(case, [one for one in changes.elsewhere if one.case_id == case.pk], changes)


def _complete(case: Case, items: Sequence[WorkItem], changes: Changes) -> None:
    if case.state != CaseState.ACCEPTED or any(item.state in OPEN for item in items):
        return
    move(case.complete)
    case.closed_at = changes.at
    case.save(update_fields=["state", "closed_at"])
    # Only a case with items that never were at work can have some that are put aside.
    has_others = set(case.item_codes) - {item.item_code for item in items}
    rests = bool(has_others) and case.parked_items.open().exists()
    told_as = "case.at_rest" if rests else ""
    changes.add(Entry("case.completed", case.pk, at=changes.at), {}, told_as=told_as)


def _lock_elsewhere(edges: list[Edge], changes: Changes) -> list[Edge]:
    """Lock the other cases in which something waits for this one; return what they wait for."""
    known = {item.pk for item in changes.items}
    dependants = {edge.dependant_id for edge in edges} - known
    if not dependants:
        return []
    changes.elsewhere = list(
        WorkItem.objects.filter(
            case__in=WorkItem.objects.filter(pk__in=dependants).values("case_id")
        )
        .select_related("case__applicant", "case__version")
        .defer("case__version__document")
        .select_for_update(of=("self", "case"), no_key=True)
        .order_by("pk")
    )
    cases = {item.case_id: item.case for item in changes.elsewhere}
    for item in changes.elsewhere:
        item.case = cases[item.case_id]
    seen = {edge.pk for edge in edges}
    more = Edge.objects.filter(dependant__case__in=cases).exclude(pk__in=seen)
    return list(more.select_related("predecessor"))


def _settle(
    item: WorkItem,
    needs: list[Edge],
    known: dict[int, WorkItem],
    changes: Changes,
    because: WorkItem,
) -> bool:
    """Release or end one waiting item; return whether others may hang on what became of it."""
    verdict = judged(needs, known)
    if verdict == Standing.READY:
        release(item, changes)
    elif verdict == Standing.BLOCKED and not _has_other_way(item, needs, known, changes):
        close(item, changes, because=because)
        return True
    return False


def judged(needs: Iterable[Edge], known: Mapping[int, WorkItem]) -> Standing:
    """Return what the predecessors mean for a waiting item; `known` are the locked ones."""
    return standing(
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


def release(item: WorkItem, changes: Changes) -> None:
    """Put a waiting item on its department's desk; its clock starts now (art. 5, serial)."""
    move(item.release)
    deadlines.start_clock(item, at=changes.at, calendar=changes.calendar)
    changes.touched[item.pk] = item
    changes.add(released_entry(item, changes.at), {"item": item.item_name, "due": item.due_at})


def close(item: WorkItem, changes: Changes, *, because: WorkItem) -> None:
    """End an item whose prerequisite can no longer be met, and say why."""
    move(item.close)
    fate = FATES.get(because.state, "未获准予")
    item.reasons = f"前置事项“{because.item_name}”{fate}，本事项缺少所需的前置结果，不再办理。"
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


def end_offers(changes: Changes) -> None:
    """End the open offers that nothing waits for any more, as their case or their items ended."""
    if all(item.is_open or item.state == WorkItemState.APPROVED for item in changes.items):
        return  # an offer hangs on an item of the case that came to nothing
    waiting = [item.pk for item in changes.items if item.state == WorkItemState.WAITING]
    needed = Edge.objects.filter(dependant__in=waiting).values("predecessor")
    offers = list(
        Offer.objects.filter(case=changes.case, state=OfferState.OPEN)
        .exclude(refused__in=needed)
        .select_related("refused")
    )
    for offer in offers:
        offer.state, offer.answered_at = OfferState.LAPSED, changes.at
        payload = {"item": offer.item_code}
        subject = offer.refused.subject
        changes.add(Entry("offer.ended", changes.case.pk, subject, at=changes.at, payload=payload))
    if offers:
        Offer.objects.bulk_update(offers, ["state", "answered_at"])


def _has_other_way(
    item: WorkItem, needs: list[Edge], known: dict[int, WorkItem], changes: Changes
) -> bool:
    """Tell whether each result that the item can no longer get is or was now offered another way.

    P03 refused → P04 offered, as either results in R23.
    """
    if item.case_id != changes.case.pk:
        return False
    slots: dict[str, list[WorkItem]] = {}
    for edge in needs:
        if edge.strength == "hard":
            producer = known.get(edge.predecessor_id, edge.predecessor)
            slots.setdefault(edge.slot, []).append(producer)
    lost = [
        producers
        for producers in slots.values()
        if not any(one.is_open or one.state == WorkItemState.APPROVED for one in producers)
    ]
    made = {offer.item_code: offer.state for offer in item.case.offers.all()}
    made |= {offer.item_code: offer.state for offer in changes.offers}
    tried = {other.item_code for other in known.values() if other.case_id == item.case_id}
    ways = [_another_way(item, producers, tried, made) for producers in lost]
    if not all(ways):
        return False
    for producers, way in zip(lost, ways, strict=True):
        if way and way not in made:
            _make_offer(item.case, producers[-1], way, changes)
            made[way] = OfferState.OPEN
    return True


def _another_way(
    item: WorkItem, producers: list[WorkItem], tried: set[str], made: Mapping[str, str]
) -> str | None:
    """Return the first alternative to the failed producers that is open or untried."""
    failed = {one.item_code for one in producers}
    return next(
        (
            code
            for need in item.case.version.catalogue.items[item.item_code].requires
            if need.strength == "hard" and failed.intersection(need.any_of)
            for code in need.any_of
            if code not in tried and made.get(code, OfferState.OPEN) == OfferState.OPEN
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
