"""Extension (延期): an officer asks for more working days, a leader of the same desk decides.

行政许可法 art. 42: once, at most ten working days, before the item is due; the applicant is told
the reasons and the new date.
"""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from cases import calendar, deadlines, issuing
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Extension, ExtensionState, WorkItem, WorkItemState
from cases.models.extension import MOST_DAYS
from cases.models.work_item import ON_DESK, RUNNING
from cases.moves import on_desk, require_hand
from cases.notices import desk_of
from notifications.sending import Notice, tell
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Entry, Event, record

# Why an item in one of these states cannot be extended.
STANDS = {
    WorkItemState.PAUSED: "暂停计时期间不能延期，请在恢复计时后办理。",
    WorkItemState.WAITING: "该办件在等前置结果，尚未起算，不能延期。",
}
OVER = "该办件已办结或终止，不能延期。"


@transaction.atomic
def ask(*, work_item_id: int, officer: User, days: int, reasons: str) -> Extension:
    """Return the request for more time, by whoever holds the item; the desk's leaders are told.

    Raises Incomplete, and AlreadyHandled for a second one or where the clock does not run.
    """
    problems = {}
    if not 1 <= days <= MOST_DAYS:
        problems["days"] = f"可延长 1 至 {MOST_DAYS} 个工作日。"
    if not reasons.strip():
        problems["reasons"] = "请写明延期理由。"
    if problems:
        raise Incomplete(problems)
    work_item = on_desk(work_item_id, officer)
    _require_running(work_item)
    require_hand(work_item, officer)
    if work_item.extensions.exclude(state=ExtensionState.REFUSED).exists():
        raise AlreadyHandled("该办件已申请过延期，同一办件只能延期一次。")
    extension = Extension.objects.create(
        work_item=work_item,
        days=days,
        reasons=reasons.strip(),
        asked_by=officer,
        asked_at=clock.now(),
    )
    event = _record(extension, work_item, "extension.asked", officer)
    leaders = User.objects.staff_of([work_item.department_id]).filter(role=Role.LEADER)
    params = {"days": days, "reasons": extension.reasons}
    tell(
        _desk_notice(event, leader, work_item, params) for leader in leaders.exclude(pk=officer.pk)
    )
    return extension


@transaction.atomic
def grant(*, extension_id: int, leader: User, note: str = "") -> Extension:
    """Return the extension granted; the due date moves at once, applicant and officer are told.

    Raises AlreadyHandled once decided, and where the clock does not run or has run out.
    """
    extension, work_item = _asked(extension_id, leader)
    _require_running(work_item)
    at, pauses = clock.now(), work_item.suspensions.exclude(ended_at=None)
    if work_item.check_at and work_item.check_at <= at:
        issuing.settle([work_item.pk], at=at)
    deadlines.extend_clock(
        work_item,
        days=extension.days,
        at=at,
        calendar=calendar.current(),
        pauses=[(pause.began_at, pause.ended_at) for pause in pauses if pause.ended_at],
    )
    work_item.save(update_fields=["extended_days", *deadlines.CLOCK_FIELDS])
    event = _decided(extension, work_item, ExtensionState.GRANTED, leader, note)
    words = {"days": extension.days, "due": work_item.due_at}
    applicant = Notice(
        event,
        work_item.case.applicant,
        "work_item.extended",
        {**_named(work_item), **words, "reasons": extension.reasons},
        reverse("cases:case", args=[work_item.case_id]),
    )
    tell([applicant, *_answers(event, extension, work_item, words)])
    return extension


@transaction.atomic
def refuse(*, extension_id: int, leader: User, note: str) -> Extension:
    """Return the extension refused, with the leader's reason; the due date stays.

    Raises Incomplete without a reason, AlreadyHandled once it or the item is decided.
    """
    if not note.strip():
        raise Incomplete({"note": "不予批准的，请写明理由。"})
    extension, work_item = _asked(extension_id, leader)
    if work_item.state not in ON_DESK:
        raise AlreadyHandled(OVER)
    event = _decided(extension, work_item, ExtensionState.REFUSED, leader, note)
    params = {"days": extension.days, "note": extension.note}
    tell(_answers(event, extension, work_item, params))
    return extension


def can_ask(work_item: WorkItem, user: User) -> bool:
    """Whether this user may ask for more time now."""
    return (
        work_item.claimed_by_id == user.pk
        and work_item.department_id == user.department_id
        and work_item.state in RUNNING
        and not is_over(work_item)
        and not work_item.extensions.exclude(state=ExtensionState.REFUSED).exists()
    )


def can_decide(extension: Extension, user: User) -> bool:
    """Whether this user may grant or refuse the request: a leader of the desk, not the asker."""
    return (
        user.role == Role.LEADER
        and user.department_id == extension.work_item.department_id
        and user.pk != extension.asked_by_id
        and extension.state == ExtensionState.ASKED
        and extension.work_item.state in ON_DESK
    )


def is_over(work_item: WorkItem) -> bool:
    """Whether the item's due instant has passed."""
    return work_item.due_at is not None and clock.now() > work_item.due_at


def _require_running(work_item: WorkItem) -> None:
    """Raise AlreadyHandled, with the reason, unless the clock runs and has not run out."""
    if work_item.state not in RUNNING:
        raise AlreadyHandled(STANDS.get(work_item.state, OVER))
    if is_over(work_item):
        raise AlreadyHandled("该办件已超过时限，不能再延期。")


def _asked(extension_id: int, leader: User) -> tuple[Extension, WorkItem]:
    """Return an open request with its work item, both locked, for a leader who may decide it."""
    if leader.role != Role.LEADER:
        raise PermissionDenied
    of_item = Extension.objects.values_list("work_item", flat=True).get(pk=extension_id)
    work_item = on_desk(of_item, leader)
    extension = Extension.objects.select_related("asked_by").get(pk=extension_id)
    if extension.asked_by_id == leader.pk:
        raise PermissionDenied
    if extension.state != ExtensionState.ASKED:
        raise AlreadyHandled("该延期申请已有决定，请查看最新状态。")
    return extension, work_item


def _decided(
    extension: Extension, work_item: WorkItem, state: ExtensionState, leader: User, note: str
) -> Event:
    extension.state, extension.note = state, note.strip()
    extension.decided_by, extension.decided_at = leader, clock.now()
    extension.save(update_fields=["state", "note", "decided_by", "decided_at"])
    return _record(extension, work_item, f"extension.{state}", leader)


def _record(extension: Extension, work_item: WorkItem, kind: str, actor: User) -> Event:
    payload = {"item": work_item.item_code, "extension": extension.pk, "days": extension.days}
    return record(Entry(kind, work_item.case_id, work_item.subject, actor.pk, payload=payload))


def _named(work_item: WorkItem) -> dict[str, object]:
    return {"number": work_item.case.number, "item": work_item.item_name}


def _answers(
    event: Event, extension: Extension, work_item: WorkItem, params: Mapping[str, object]
) -> list[Notice]:
    """Return the notices for whoever asked; once they have left the desk, for its officers."""
    staff = desk_of(work_item.department_id, extension.asked_by_id)
    return [_desk_notice(event, person, work_item, params) for person in staff]


def _desk_notice(
    event: Event, person: User, work_item: WorkItem, params: Mapping[str, object]
) -> Notice:
    link = reverse("admin:cases_workitem_change", args=[work_item.pk])
    return Notice(event, person, event.kind, {**_named(work_item), **params}, link)
