"""Drafting (草稿): ticking items and filling the form, until it is handed in."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases.application import checked_selection, completed_items, keep, renew_version
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, CaseState
from cases.moves import own_case
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock


def start(
    *,
    applicant: User,
    one_thing: OneThing,
    kind: str,
    codes: Sequence[str],
    existing: Mapping[str, str] | None = None,
) -> Case:
    """Return a new draft with the chosen items and their prerequisites.

    Raises Incomplete (key "items") for what cannot be filed, PermissionDenied for staff.
    """
    if not applicant.is_applicant:
        raise PermissionDenied
    version = one_thing.current
    if version is None or not one_thing.is_open:
        raise Incomplete({"items": "该“一件事”目前暂停受理，请稍后再试或到窗口咨询。"})
    chosen = checked_selection(version.catalogue, kind, codes, {}, existing or {})
    return Case.objects.create(
        applicant=applicant,
        one_thing=one_thing,
        version=version,
        applicant_kind=kind,
        item_codes=chosen,
        existing_results=dict(existing or {}),
    )


@transaction.atomic
def choose(
    *, case_id: UUID, actor: User, codes: Sequence[str], existing: Mapping[str, str] | None = None
) -> Case:
    """Return the draft with another selection; what was typed and uploaded stays."""
    case = _own_draft(case_id, actor)
    renew_version(case)  # the menu offers what is in force
    held = dict(existing or {})
    case.item_codes = checked_selection(
        case.version.catalogue, case.applicant_kind, codes, case.all_answers, held
    )
    case.existing_results = held
    case.save(update_fields=["version", "item_codes", "existing_results"])
    return case


@transaction.atomic
def save(*, case_id: UUID, actor: User, answers: Mapping[str, Any]) -> Case:
    """Return the draft with these answers kept as they are, right or wrong."""
    case = _own_draft(case_id, actor)
    renew_version(case)
    keep(case, answers)
    case.item_codes = completed_items(case)
    case.saved_at = clock.now()
    case.save(update_fields=["version", "item_codes", "answers", "sealed", "saved_at"])
    return case


def _own_draft(case_id: UUID, actor: User) -> Case:
    case = own_case(case_id, actor)
    if case.state != CaseState.DRAFT:
        raise AlreadyHandled("该申请已提交，不能再修改。")
    return case
