"""Intake (收件、受理): from handing in to acceptance, refusal or withdrawal.

One verb, one transaction. 最多跑一次规定 art. 11, 行政许可法 art. 32: gaps are told once and in
full; what is complete is accepted; a refusal gives reasons and the ways of redress.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest

from cases import calendar, deadlines, release
from cases.application import (
    check_answered,
    checked_selection,
    completed_items,
    identity_number,
    keep,
    keep_asked,
    merged_form,
    missing,
    renew_version,
    route,
)
from cases.dispatch import open_work_items, released_entry
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, CaseState, SharedRequest, Supplement, Suspension, WorkItem
from cases.moves import identity_index, move, own_case, require_role
from cases.notices import Gap, applicant_notice, gap_words, require_reasons, supplement_term
from cases.numbering import next_numbers
from cases.release import Changes
from notifications.sending import tell
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.chinese import listed
from portal.core.ledger import Entry, Event, record, record_many

HANDLED_AT_WINDOW = "该申请已由其他窗口人员处理，请查看最新状态。"


@transaction.atomic
def submit(*, case_id: UUID, actor: User, answers: Mapping[str, Any], signed: bool) -> Case:
    """Return the case with its number, handed in to the window.

    Submitting again returns the same case. Raises Incomplete with every problem at once.
    """
    case = own_case(case_id, actor)
    if case.state != CaseState.DRAFT:
        return case
    keep(case, answers)
    _check_complete(case, signed=signed)
    moment = clock.now()
    move(case.submit)
    case.number = next_numbers(1, clock.today())[0]
    case.submitted_at = case.received_at = case.saved_at = moment
    case.identity_index = identity_index(identity_number(case))
    case.save()
    SharedRequest.objects.bulk_create(
        SharedRequest(case=case, material_code=needed.code) for needed in merged_form(case).shared
    )
    event = record(Entry("case.submitted", case.pk, actor_id=actor.pk, at=moment))
    _tell(case, event, one_thing=case.version.catalogue.one_thing.name)
    return case


@transaction.atomic
def accept(*, case_id: UUID, clerk: User) -> Case:
    """Return the case accepted: limits copied, work items on their desks, parallel clocks running.

    All items that wait for nothing start at this instant (最多跑一次规定 art. 5). Raises
    AlreadyHandled, or Incomplete while something required is missing.
    """
    require_role(clerk, Role.CLERK)
    case = Case.objects.locked(case_id)
    move(case.accept, HANDLED_AT_WINDOW)
    if gaps := missing(case):
        raise Incomplete(gaps)
    moment, working_days = clock.now(), calendar.current()
    case.accepted_at, case.accepted_by = moment, clerk
    case.promised_days = case.version.catalogue.one_thing.promised_days
    case.due_at = deadlines.case_deadline(
        accepted_at=moment, promised_days=case.promised_days, calendar=working_days
    )
    work_items = open_work_items(case, route(case), moment, working_days)
    case.save(update_fields=["state", "accepted_at", "accepted_by", "promised_days", "due_at"])
    accepted, *_ = record_many(
        [
            Entry("case.accepted", case.pk, actor_id=clerk.pk, at=moment),
            *(released_entry(item, moment) for item in work_items if item.started_at),
        ]
    )
    _tell(case, accepted, due=case.due_at)
    return case


@transaction.atomic
def ask(*, case_id: UUID, clerk: User, gaps: Sequence[Gap]) -> Supplement:
    """Return the one-time notice (一次性告知) sent to the applicant; a second one is refused."""
    require_role(clerk, Role.CLERK)
    if not gaps:
        raise Incomplete({"gaps": "请至少选择一项需要补正的内容。"})
    case = Case.objects.locked(case_id)
    if case.supplements.filter(work_item=None).exists():
        raise AlreadyHandled(
            "该申请已一次性告知过补正内容，不能再次告知；请受理或作出不予受理决定。"
        )
    move(case.ask, HANDLED_AT_WINDOW)
    case.save(update_fields=["state"])
    supplement = Supplement.objects.create(
        case=case,
        gaps=list(gaps),
        asked_by=clerk,
        asked_at=clock.now(),
        lapses_at=supplement_term(),
    )
    event = record(
        Entry(
            "case.returned", case.pk, f"supplement:{supplement.pk}", clerk.pk, payload=_codes(gaps)
        )
    )
    _tell(case, event, gaps=gap_words(gaps), due=supplement.lapses_at)
    return supplement


@transaction.atomic
def answer(*, case_id: UUID, actor: User, answers: Mapping[str, Any]) -> Case:
    """Return the case back at the window with the supplement given.

    Raises Incomplete while something is still missing or wrong, AlreadyHandled after the term.
    """
    case = own_case(case_id, actor)
    notices = case.supplements.awaited().filter(work_item=None, lapses_at__gt=clock.now())
    supplement = notices.first()
    if supplement is None:
        raise AlreadyHandled("该申请没有待补正的内容，或补正期限已过，请查看最新状态。")
    keep_asked(case, supplement, answers)
    check_answered(case, supplement)
    if problems := missing(case):
        raise Incomplete(problems)
    move(case.resubmit)
    case.received_at = supplement.answered_at = clock.now()
    case.save(update_fields=["state", "answers", "sealed", "received_at"])
    supplement.save(update_fields=["answered_at"])
    event = record(Entry("case.answered", case.pk, f"supplement:{supplement.pk}", actor.pk))
    _tell(case, event)
    return case


@transaction.atomic
def refuse(*, case_id: UUID, clerk: User, reasons: str, legal_basis: str) -> Case:
    """Return the case refused at the window (不予受理), with reasons and the ways of redress."""
    require_role(clerk, Role.CLERK)
    require_reasons(reasons, legal_basis)
    case = Case.objects.locked(case_id)
    move(case.refuse, HANDLED_AT_WINDOW)
    case.closed_at, case.reasons, case.legal_basis = (
        clock.now(),
        reasons.strip(),
        legal_basis.strip(),
    )
    case.save(update_fields=["state", "closed_at", "reasons", "legal_basis"])
    event = record(Entry("case.refused", case.pk, actor_id=clerk.pk))
    _tell(case, event, reasons=case.reasons)
    return case


@transaction.atomic
def withdraw(*, case_id: UUID, actor: User) -> Case:
    """Return the case withdrawn by its applicant; work that is not decided yet ends with it."""
    case = own_case(case_id, actor)
    return _withdrawn(case, "case.withdrawn", actor)


@transaction.atomic
def lapse(*, case_id: UUID, at: datetime) -> Case:
    """Return the case deemed withdrawn (视为撤回申请): the supplement did not come in time.

    最多跑一次规定 art. 11. Raises AlreadyHandled where an answer came first.
    """
    case = Case.objects.locked(case_id)
    if case.state != CaseState.RETURNED:
        raise AlreadyHandled
    return _withdrawn(case, "case.lapsed", None, at=at)


def _check_complete(case: Case, *, signed: bool) -> None:
    if not case.one_thing.is_open or case.one_thing.current_id is None:
        raise Incomplete(
            {"items": "该“一件事”目前暂停受理。填写的内容已保存，恢复受理后可继续提交。"}
        )
    renew_version(case)
    added = set(completed_items(case)) - set(case.item_codes)
    if added:
        names = listed(case.version.catalogue.items[code].name for code in sorted(added))
        raise Incomplete({"items": f"根据填写内容还须办理：{names}。保存后请补充填写相关内容。"})
    checked_selection(
        case.version.catalogue,
        case.applicant_kind,
        case.item_codes,
        case.all_answers,
        case.existing_results,
    )
    problems = missing(case)
    if not signed:
        problems["signature"] = "请阅读并签署承诺书。"
    if problems:
        raise Incomplete(problems)


def _withdrawn(case: Case, kind: str, actor: User | None, at: datetime | None = None) -> Case:
    moment = at or clock.now()
    actor_id = actor.pk if actor else None
    was_draft = case.state == CaseState.DRAFT
    move(case.withdraw, "该申请已办结或已结束，不能撤回。")
    case.closed_at = moment
    case.save(update_fields=["state", "closed_at"])
    if was_draft:
        record(Entry("case.given_up", case.pk, actor_id=actor_id, at=moment))
        return case
    items = list(
        case.work_items.select_related("department")
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    changes = Changes(case, items, at=moment, calendar=calendar.current())
    changes.add(Entry(kind, case.pk, actor_id=actor_id, at=moment), {})
    _withdraw_items([item for item in items if item.is_open], actor_id, changes)
    tell(changes.write(["reasons"]))
    return case


def _withdraw_items(ended: list[WorkItem], actor_id: int | None, changes: Changes) -> None:
    """End open work items with their case, and what waited for them in cases of others."""
    for work_item in ended:
        work_item.case = changes.case
        move(work_item.withdraw)
        deadlines.stop_clock(work_item, at=changes.at)
        changes.touched[work_item.pk] = work_item
        changes.add(
            Entry("work_item.withdrawn", work_item.case_id, work_item.subject, actor_id, changes.at)
        )
    Suspension.objects.filter(work_item__in=ended, ended_at=None).update(
        ended_at=Greatest(changes.at, "began_at")
    )
    release.follow(ended, changes)
    release.complete_if_done(changes)


def _codes(gaps: Sequence[Gap]) -> dict[str, Any]:
    return {"gaps": [f"{gap['kind']}:{gap['code']}" for gap in gaps]}


def _tell(case: Case, event: Event, **params: Any) -> None:
    tell([applicant_notice(case, event, params)])
