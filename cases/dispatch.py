"""Dispatch (分发): an accepted case becomes work items on the desks of departments."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q

from cases import deadlines, routing
from cases.models import Case, Edge, WorkItem
from cases.models.work_item import OPEN, WorkItemState
from cases.working_time import Calendar
from policies.schema import Item
from policies.subjects import identity_index
from portal.accounts.models import Department
from portal.core.ledger import Entry


def open_work_items(
    case: Case,
    plan: routing.Plan,
    at: datetime,
    working_days: Calendar,
    desk_at: datetime | None = None,
) -> list[WorkItem]:
    """Make the work items and edges of a route; what waits for nothing starts at acceptance.

    `desk_at` is when it reaches the desks, where that is later than the legal start: what another
    person's item has given between the two starts at that decision.
    """
    departments = {department.code: department for department in Department.objects.all()}
    outside = outside_predecessors(case, plan, decided_since=at if desk_at else None)
    work_items = []
    for step in plan.steps:
        found = [predecessor for predecessor, _ in outside.get(step.code, ())]
        waits = bool(step.needs) or any(one.is_open for one in found)
        work_item = new_work_item(case, step.item, departments, waiting=waits)
        if not waits:
            work_item.desk_at = desk_at
            start = max([at, *(one.decided_at for one in found if one.decided_at)])
            deadlines.start_clock(work_item, at=start, calendar=working_days)
        work_items.append(work_item)
    WorkItem.objects.bulk_create(work_items)
    by_code = {work_item.item_code: work_item for work_item in work_items}
    inside = [
        edge_of(by_code[step.code], by_code[code], need)
        for step in plan.steps
        for need in step.needs
        for code in need.any_of
    ]
    across = [
        edge_of(by_code[code], predecessor, need)
        for code, found in outside.items()
        for predecessor, need in found
    ]
    Edge.objects.bulk_create(inside + across)
    return work_items


def new_work_item(
    case: Case, item: Item, departments: Mapping[str, Department], *, waiting: bool
) -> WorkItem:
    """Return an unsaved work item with the name and limits of the catalogue copied onto it."""
    return WorkItem(
        case=case,
        item_code=item.code,
        item_name=item.name,
        department=departments[item.department],
        co_departments=list(item.co_departments),
        state=WorkItemState.WAITING if waiting else WorkItemState.READY,
        promised_days=item.promised_days,
        statutory_days=item.statutory_days,
        warn_days=item.warn_days,
        result_name=item.result.name,
    )


def edge_of(
    dependant: WorkItem, predecessor: WorkItem, need: routing.Need | routing.OutsideNeed
) -> Edge:
    """Return the unsaved edge by which one work item waits for another."""
    return Edge(
        dependant=dependant,
        predecessor=predecessor,
        slot=need.slot,
        strength=need.strength,
        why=need.why,
    )


def released_entry(work_item: WorkItem, at: datetime) -> Entry:
    """Return the event of a work item whose clock has begun."""
    payload = {"item": work_item.item_code}
    return Entry("work_item.released", work_item.case_id, work_item.subject, at=at, payload=payload)


def outside_predecessors(
    case: Case, plan: routing.Plan, decided_since: datetime | None
) -> dict[str, list[tuple[WorkItem, routing.OutsideNeed]]]:
    """Return work items of the other persons that the plan's items depend on, by item code.

    Open ones, and those approved later than `decided_since`. Persons are linked by ID number across
    cases; where nothing is found, the shared data shows whether the requirement is met and the
    officer verifies it. The rows stay locked, so that none is decided before the edge to it exists.
    """
    wanted = [
        (step.code, need, index)
        for step in plan.steps
        for need in step.outside
        for index in map(identity_index, need.subject.numbers(case.all_answers))
    ]
    if not wanted:
        return {}
    meant = Q(state__in=OPEN)
    if decided_since:
        meant |= Q(state=WorkItemState.APPROVED, decided_at__gt=decided_since)
    found = list(
        WorkItem.objects.filter(meant, case__identity_index__in={index for *_, index in wanted})
        .select_related("case")
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    return {
        code: [
            (work_item, need)
            for owner, need, index in wanted
            for work_item in found
            if owner == code
            and work_item.item_code in need.any_of
            and work_item.case.identity_index == index
        ]
        for code, *_ in wanted
    }
