"""Urging (督办): a supervisor reminds or instructs a department on a case; it has to answer.

The answer has a clock of its own in working days; the sweep climbs its ladder.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, Urging, UrgingKind, WorkItem
from cases.models.work_item import OPEN
from cases.moves import require_desk, require_role
from cases.notices import desk_of, end_of_term
from notifications.sending import Notice, tell
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Entry, Event, record

MOST_DAYS = 10
# How a message names an urging that is about no single item.
WHOLE_CASE = "整件"


@transaction.atomic
def send(
    *,
    case_id: UUID,
    supervisor: User,
    kind: str,
    words: str,
    days: int,
    work_item_id: int | None = None,
    department_id: int | None = None,
) -> Urging:
    """Return the urging sent, due at the close of the n-th working day from today.

    To the department of a work item, or to one that has a part in the case. A reminder (催办) goes
    to whoever holds the item, else all officers; an instruction (督办) to the leaders as well.
    Raises Incomplete, AlreadyHandled for a case that is not under way and for the same words to the
    same that are awaiting their answer, as after a second click.
    """
    require_role(supervisor, Role.SUPERVISOR)
    case = Case.objects.locked(case_id)
    if case.accepted_at is None or not case.is_open:
        raise AlreadyHandled("该件尚未受理或已经办结，不能督办。")
    work_item = _target(case, work_item_id, department_id)
    problems = _problems(kind, words, days)
    if work_item is None:
        problems["target"] = "请选择督办的事项或部门。"
    if problems or work_item is None:
        raise Incomplete(problems)
    told: dict[str, Any] = {
        "case": case,
        "work_item": work_item if work_item_id is not None else None,
        "department": work_item.department,
        "kind": kind,
        "words": words.strip(),
    }
    if Urging.objects.awaited().filter(**told).exists():
        raise AlreadyHandled("同样内容的督办已经发出，正在等待答复。")
    due_at = end_of_term(clock.now(), days)
    urging = Urging.objects.create(
        **told,
        sent_by=supervisor,
        sent_at=clock.now(),
        days=days,
        due_at=due_at,
        check_at=due_at,
    )
    _tell_desk(urging, work_item, _record(urging, "urging.sent", supervisor))
    return urging


@transaction.atomic
def answer(*, urging_id: int, officer: User, words: str) -> Urging:
    """Return the urging answered by an officer or leader of its department; the sender is told.

    Once. Raises Incomplete, AlreadyHandled.
    """
    if not words.strip():
        raise Incomplete({"words": "请写明办理情况。"})
    urging = (
        Urging.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case", "department", "sent_by", "work_item")
        .get(pk=urging_id)
    )
    require_desk(officer, urging.department_id)
    if urging.answered_at is not None:
        raise AlreadyHandled("该督办已由他人答复，请查看最新状态。")
    urging.answer, urging.answered_by, urging.answered_at = words.strip(), officer, clock.now()
    urging.check_at = None
    urging.save(update_fields=["answer", "answered_by", "answered_at", "check_at"])
    event = _record(urging, "urging.answered", officer)
    params = {
        "number": urging.case.number,
        "department": urging.department.short_name,
        "answer": urging.answer,
    }
    link = reverse("cases:supervision-case", args=[urging.case_id])
    tell([Notice(event, urging.sent_by, event.kind, params, link)])
    return urging


def subject_words(urging: Urging) -> str:
    """Return what an urging is about: one item, or the whole case."""
    return urging.work_item.item_name if urging.work_item else WHOLE_CASE


def desk_item(urging: Urging) -> WorkItem:
    """Return the work item on whose page of the desk an urging is read and answered."""
    item = urging.work_item or _target(urging.case, None, urging.department_id)
    if item is None:
        raise WorkItem.DoesNotExist
    return item


def _target(case: Case, work_item_id: int | None, department_id: int | None) -> WorkItem | None:
    """Return the item that is urged, or the department's first open one, else its first."""
    wanted = Q(pk=work_item_id) if work_item_id is not None else Q(department=department_id)
    items = list(case.work_items.select_related("department").filter(wanted).order_by("pk"))
    return next((item for item in items if item.state in OPEN), items[0] if items else None)


def _problems(kind: str, words: str, days: int) -> dict[str, str]:
    problems = {}
    if kind not in UrgingKind:
        problems["kind"] = "请选择催办或督办。"
    if not words.strip():
        problems["words"] = "请写明督办内容。"
    if not 1 <= days <= MOST_DAYS:
        problems["days"] = f"答复期限为 1 至 {MOST_DAYS} 个工作日。"
    return problems


def _record(urging: Urging, kind: str, actor: User) -> Event:
    payload = {
        "urging": urging.pk,
        "department": urging.department.code,
        "work_item": urging.work_item_id,
    }
    return record(Entry(kind, urging.case_id, urging.subject, actor.pk, payload=payload))


def _tell_desk(urging: Urging, work_item: WorkItem, event: Event) -> None:
    params = {
        "number": urging.case.number,
        "item": subject_words(urging),
        "manner": urging.get_kind_display(),
        "words": urging.words,
        "due": urging.due_at,
    }
    link = reverse("admin:cases_workitem_change", args=[work_item.pk])
    holder = urging.work_item.claimed_by_id if urging.work_item else None
    instructed = urging.kind == UrgingKind.INSTRUCTION
    staff = desk_of(urging.department_id, holder, leaders=instructed)
    tell(Notice(event, person, event.kind, params, link) for person in staff)
