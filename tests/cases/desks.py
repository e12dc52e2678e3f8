"""Work items on desks, made row by row where a test needs clocks and no documents."""

from datetime import datetime
from typing import Any

from cases import calendar, deadlines
from cases.models import Case, CaseState, WorkItem, WorkItemState
from cases.numbering import next_numbers
from policies.models import OneThing
from portal.accounts.models import Department, User
from portal.core import clock


def make_case(one_thing: OneThing, applicant: User, at: datetime, **more: Any) -> Case:
    """Return an accepted case; `at` is its acceptance."""
    fields: dict[str, Any] = {
        "number": next_numbers(1, clock.today())[0],
        "applicant_kind": "person",
        "item_codes": ["P05"],
        "answers": {"p_name": "陈晓明"},
        "signed_at": at,
        "state": CaseState.ACCEPTED,
        "created_at": at,
        "submitted_at": at,
        "received_at": at,
        "accepted_at": at,
        "promised_days": 30,
        "due_at": deadlines.case_deadline(
            accepted_at=at, promised_days=30, calendar=calendar.current()
        ),
    } | more
    return Case.objects.create(
        applicant=applicant, one_thing=one_thing, version=one_thing.current, **fields
    )


def make_work_item(
    case: Case,
    *,
    code: str = "P05",
    days: int = 3,
    at: datetime | None = None,
    claimed_by: User | None = None,
) -> WorkItem:
    """Return a work item whose clock runs since `at`, by default since the case's acceptance."""
    item = case.version.catalogue.items[code]
    work_item = WorkItem(
        case=case,
        item_code=code,
        item_name=item.name,
        department=Department.objects.get(code=item.department),
        state=WorkItemState.HANDLING if claimed_by else WorkItemState.READY,
        promised_days=days,
        claimed_by=claimed_by,
        claimed_at=at or case.accepted_at if claimed_by else None,
    )
    started = at or case.accepted_at
    assert started is not None
    deadlines.start_clock(work_item, at=started, calendar=calendar.current())
    work_item.save()
    return work_item
