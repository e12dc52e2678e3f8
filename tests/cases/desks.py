"""Work items on desks, made row by row where a test needs clocks and no documents."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from cases import calendar, deadlines
from cases.models import Case, CaseState, WorkItem, WorkItemState
from cases.numbering import next_numbers
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Department, Role, User
from portal.core import clock
from tests.cases.conftest import SHANGHAI, make_user

LIST = "admin:cases_workitem_changelist"
PASSWORD = "Yijianshi-2026"


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant in November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def make_desk(one_thing: OneThing) -> dict[str, User]:
    """Return the people of the department of P05, one inactive, and a leader of another one."""
    own = Department.objects.get(code=one_thing.catalogue.items["P05"].department)
    other = Department.objects.exclude(pk=own.pk).first()
    return {
        "officer": make_user("o1", Role.OFFICER, own, phone="13900000011"),
        "colleague": make_user("o2", Role.OFFICER, own, phone="13900000012"),
        "gone": make_user("o3", Role.OFFICER, own, phone="13900000013", is_active=False),
        "leader": make_user("l1", Role.LEADER, own, phone="13900000014"),
        "stranger": make_user("l2", Role.LEADER, other, phone="13900000015"),
    }


def told(kind: str) -> set[tuple[str, str]]:
    """Return who was told over which channel, each once."""
    rows = list(Message.objects.filter(kind=kind).values_list("recipient__username", "channel"))
    assert len(rows) == len(set(rows))
    return set(rows)


def make_case(one_thing: OneThing, applicant: User, at: datetime, **more: Any) -> Case:
    """Return an accepted case; `at` is its acceptance."""
    fields: dict[str, Any] = {
        "number": next_numbers(1, clock.today())[0],
        "applicant_kind": "person",
        "item_codes": ["P05"],
        "answers": {"p_name": "陈晓明"},
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


def page_of(work_item: WorkItem) -> str:
    return reverse("admin:cases_workitem_change", args=[work_item.pk])


def listed(answer: Any) -> list[WorkItem]:
    return list(answer.context["cl"].result_list)
