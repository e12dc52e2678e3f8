"""Moving a locked row along its state machine, and the checks every verb begins with."""

from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django_fsm import TransitionNotAllowed

from cases.errors import AlreadyHandled
from cases.models import Case, WorkItem, WorkItemState
from portal.accounts.models import DEPARTMENT_ROLES, Role, User


def move(transition: Callable[[], None], otherwise: str = "") -> None:
    """Make a transition of a locked row. Raises AlreadyHandled where its state forbids it."""
    try:
        transition()
    except TransitionNotAllowed as error:
        raise (AlreadyHandled(otherwise) if otherwise else AlreadyHandled()) from error


def require_role(user: User, *roles: Role) -> None:
    """Raise PermissionDenied unless the user is active and has one of the roles."""
    if not user.is_active or user.role not in roles:
        raise PermissionDenied


def own_case(case_id: UUID, actor: User) -> Case:
    """Return the applicant's own case, locked. Raises PermissionDenied for anybody else."""
    case = Case.objects.locked(case_id)
    if case.applicant_id != actor.pk:
        raise PermissionDenied
    return case


def require_desk(user: User, department_id: int) -> None:
    """Raise PermissionDenied unless the user is an active officer or leader of the department."""
    own = user.department_id == department_id
    if not (user.is_active and user.role in DEPARTMENT_ROLES and own):
        raise PermissionDenied


def require_hand(work_item: WorkItem, officer: User) -> None:
    """Raise AlreadyHandled unless the work item is in this officer's hands."""
    require_desk(officer, work_item.department_id)
    if work_item.claimed_by_id != officer.pk:
        raise AlreadyHandled("该办件由其他经办人办理，请查看最新状态。")


def on_desk(work_item_id: int, officer: User) -> WorkItem:
    """Return a work item of the officer's own department, locked with its case."""
    work_item = (
        WorkItem.objects.select_for_update(of=("self", "case"), no_key=True)
        .select_related("case__applicant", "case__version", "department")
        .defer("case__version__document")
        .get(pk=work_item_id)
    )
    require_desk(officer, work_item.department_id)
    return work_item


def in_hand(work_item_id: int, officer: User) -> WorkItem:
    """Return a work item in the officer's hands whose clock runs, locked with its case.

    Raises AlreadyHandled where it is paused or decided.
    """
    work_item = on_desk(work_item_id, officer)
    require_hand(work_item, officer)
    if work_item.state == WorkItemState.PAUSED:
        raise AlreadyHandled("该办件已暂停计时，请先恢复计时。")
    if work_item.state != WorkItemState.HANDLING:
        raise AlreadyHandled
    return work_item
