"""Moving a locked row along its state machine, and the checks every verb begins with."""

from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django_fsm import TransitionNotAllowed

from cases.errors import AlreadyHandled
from cases.models import Case
from portal.accounts.models import Role, User
from portal.core.crypto import blind_index

IDENTITY_PURPOSE = "cases.identity"


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


def identity_index(number: str) -> str:
    """Return the blind index by which an ID or social credit number is found across cases."""
    return blind_index(number, IDENTITY_PURPOSE)


def own_case(case_id: UUID, actor: User) -> Case:
    """Return the applicant's own case, locked. Raises PermissionDenied for anybody else."""
    case = Case.objects.locked(case_id)
    if case.applicant_id != actor.pk:
        raise PermissionDenied
    return case
