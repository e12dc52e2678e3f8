"""Intake (收件、受理): from handing in to acceptance, refusal or withdrawal.

One verb, one transaction. 最多跑一次规定 art. 11, 行政许可法 art. 32: gaps are told once and in
full; what is complete is accepted; a refusal gives reasons and the ways of redress.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest
from django.urls import reverse

from cases import calendar, deadlines, districts, known, maturity, recommending, release
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
from cases.models import (
    Case,
    CaseState,
    SharedRequest,
    Supplement,
    Suspension,
    Tolerance,
    WorkItem,
)
from cases.moves import move, own_case, require_role
from cases.notices import (
    NOTICE_DAYS,
    Gap,
    applicant_notice,
    first_reminder,
    gap_words,
    require_reasons,
    supplement_term,
    window_term,
)
from cases.numbering import next_numbers
from cases.release import Changes
from cases.working_time import civil_day
from notifications.sending import Notice, tell
from policies.subjects import identity_index
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.chinese import day_words, listed
from portal.core.ledger import Entry, Event, record, record_many

HANDLED_AT_WINDOW = "该申请已由其他窗口人员处理，请查看最新状态。"
ACCEPTED_FIELDS = (
    "state",
    "accepted_at",
    "accepted_by",
    "promised_days",
    "due_at",
    "closed_at",
)
TOLERANCE_BASIS = "《浙江省保障“最多跑一次”改革规定》第十一条"


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
    case.deemed_at = window_term(moment)
    case.district = _district(case)
    case.identity_index = identity_index(identity_number(case))
    case.save()
    SharedRequest.objects.bulk_create(
        SharedRequest(case=case, material_code=needed.code) for needed in merged_form(case).shared
    )
    known.learn_from_form(case)
    event = record(Entry("case.submitted", case.pk, actor_id=actor.pk, at=moment))
    _tell(case, event, one_thing=case.version.catalogue.one_thing.name)
    recommending.after_submission(case)
    return case


@transaction.atomic
def accept(*, case_id: UUID, clerk: User) -> Case:
    """Return the case accepted: limits copied, work items on their desks, parallel clocks running.

    All items that wait for nothing start at this instant (最多跑一次规定 art. 5). When the window's
    term is over, the case is deemed accepted instead. Raises AlreadyHandled, or Incomplete while
    something required is missing.
    """
    require_role(clerk, Role.CLERK)
    case, moment = Case.objects.locked(case_id), clock.now()
    if _is_overdue(case, moment):
        return _deemed_accepted(case)
    move(case.accept, HANDLED_AT_WINDOW)
    if gaps := missing(case):
        raise Incomplete(gaps)
    case.accepted_by = clerk
    entry = Entry("case.accepted", case.pk, actor_id=clerk.pk)
    tell(_dispatch(case, entry, moment, moment))
    return case


@transaction.atomic
def deem_accepted(*, case_id: UUID, at: datetime) -> Case:
    """Return the case deemed accepted (视为受理): the window said nothing until its term ended.

    行政许可法 art. 32(4): acceptance is the day of receipt, and item clocks start there. Raises
    AlreadyHandled where the window was faster.
    """
    case = Case.objects.locked(case_id)
    if case.state != CaseState.SUBMITTED or case.deemed_at != at:
        raise AlreadyHandled
    return _deemed_accepted(case)


@transaction.atomic
def ask(*, case_id: UUID, clerk: User, gaps: Sequence[Gap]) -> Supplement:
    """Return the one-time notice (一次性告知) sent to the applicant, back to whom the case goes.

    Raises Incomplete without a gap, AlreadyHandled for a second one and after the window's term.
    """
    require_role(clerk, Role.CLERK)
    if not gaps:
        raise Incomplete({"gaps": "请至少选择一项需要补正的内容。"})
    case, moment = Case.objects.locked(case_id), clock.now()
    _require_in_term(case, moment)
    if case.supplements.filter(work_item=None).exists():
        raise AlreadyHandled(
            "该申请已一次性告知过补正内容，不能再次告知；请受理或作出不予受理决定。"
        )
    move(case.ask, HANDLED_AT_WINDOW)
    case.save(update_fields=["state"])
    term = supplement_term()
    supplement = Supplement.objects.create(
        case=case,
        gaps=list(gaps),
        asked_by=clerk,
        asked_at=moment,
        lapses_at=term,
        remind_at=first_reminder(term, after=moment),
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
    case.deemed_at = window_term(case.received_at)
    case.save(update_fields=["state", "answers", "sealed", "received_at", "deemed_at"])
    supplement.save(update_fields=["answered_at"])
    event = record(Entry("case.answered", case.pk, f"supplement:{supplement.pk}", actor.pk))
    _tell(case, event)
    return case


@transaction.atomic
def refuse(*, case_id: UUID, clerk: User, reasons: str, legal_basis: str) -> Case:
    """Return the case refused at the window (不予受理), with reasons and the ways of redress."""
    require_role(clerk, Role.CLERK)
    require_reasons(reasons, legal_basis)
    case, moment = Case.objects.locked(case_id), clock.now()
    _require_in_term(case, moment)
    move(case.refuse, HANDLED_AT_WINDOW)
    case.closed_at, case.reasons, case.legal_basis = moment, reasons.strip(), legal_basis.strip()
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


@transaction.atomic
def revoke(*, case_id: UUID, at: datetime) -> Case:
    """Return the case with its acceptance revoked (撤销受理): tolerated materials did not come.

    最多跑一次规定 art. 11. What is decided stays; a case that was over before has nothing left to
    be revoked. Raises AlreadyHandled where the materials came first.
    """
    case = Case.objects.locked(case_id)
    tolerance = Tolerance.objects.filter(
        case=case, met_at=None, ended_at=None, lapses_at__lte=at
    ).first()
    if tolerance is None:
        raise AlreadyHandled
    tolerance.ended_at = at
    tolerance.save(update_fields=["ended_at"])
    if case.state != CaseState.ACCEPTED:
        return case
    move(case.revoke)
    names = listed(material["name"] for material in tolerance.materials)
    case.closed_at, case.legal_basis = at, TOLERANCE_BASIS
    case.reasons = f"容缺受理的材料（{names}）未在{day_words(tolerance.lapses_at)}前补齐。"
    case.save(update_fields=["state", "closed_at", "reasons", "legal_basis"])
    changes = Changes.of(case, at)
    changes.add(Entry("case.revoked", case.pk, at=at), {"reasons": case.reasons})
    _end_items(changes, WorkItem.close, "work_item.closed", reasons="受理已撤销，本事项不再办理。")
    maturity.end_with(changes)
    tell(changes.write(["reasons"]))
    return case


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
    was_draft, was_returned = case.state == CaseState.DRAFT, case.state == CaseState.RETURNED
    move(case.withdraw, "该申请已办结或已结束，不能撤回。")
    case.closed_at = moment
    case.save(update_fields=["state", "closed_at"])
    if was_draft:
        record(Entry("case.given_up", case.pk, actor_id=actor_id, at=moment))
        return case
    if was_returned:
        case.supplements.filter(work_item=None, answered_at=None).update(ended_at=moment)
    changes = Changes.of(case, moment)
    changes.add(Entry(kind, case.pk, actor_id=actor_id, at=moment), {})
    _end_items(changes, WorkItem.withdraw, "work_item.withdrawn", actor_id)
    maturity.end_with(changes)
    tell(changes.write(["reasons"]))
    return case


def _end_items(
    changes: Changes,
    transition: Callable[[WorkItem], None],
    kind: str,
    actor_id: int | None = None,
    reasons: str = "",
) -> None:
    """End open work items with their case, and what waited for them in cases of others."""
    ended = [item for item in changes.items if item.is_open]
    for work_item in ended:
        move(partial(transition, work_item))
        work_item.reasons = reasons
        deadlines.stop_clock(work_item, at=changes.at)
        changes.touched[work_item.pk] = work_item
        changes.add(Entry(kind, work_item.case_id, work_item.subject, actor_id, changes.at))
    Suspension.objects.filter(work_item__in=ended, ended_at=None).update(
        ended_at=Greatest(changes.at, "began_at")
    )
    release.follow(ended, changes)
    release.complete_if_done(changes)


def _is_overdue(case: Case, now: datetime) -> bool:
    """Whether the window let its term pass, so that the case is accepted by law."""
    is_waiting = case.state == CaseState.SUBMITTED
    return is_waiting and case.deemed_at is not None and case.deemed_at < now


def _require_in_term(case: Case, now: datetime) -> None:
    """Raise AlreadyHandled where nothing but acceptance is left, the window's term being over."""
    if _is_overdue(case, now):
        raise AlreadyHandled(
            f"该申请超过 {NOTICE_DAYS} 个工作日未答复，依法视为受理，不能再告知补正或不予受理。"
        )


def _deemed_accepted(case: Case) -> Case:
    """Accept by law as of the receipt, whoever noticed first that the window's term is over."""
    received_at, term = case.received_at, case.deemed_at
    if received_at is None or term is None:
        raise ValueError("A case at the window has its receipt and its term.")
    move(case.accept, HANDLED_AT_WINDOW)
    received = civil_day(received_at)
    entry = Entry("case.deemed_accepted", case.pk)
    notices = _dispatch(case, entry, received_at, term, received=received)
    clerks = User.objects.filter(role=Role.CLERK, is_active=True).order_by("pk")
    words = {"number": case.number, "received": received, "due": term}
    link = reverse("cases:window-case", args=[case.pk])
    overdue = (Notice(notices[0].event, clerk, "window.overdue", words, link) for clerk in clerks)
    tell([*notices, *overdue])
    return case


def _dispatch(
    case: Case, entry: Entry, start: datetime, at: datetime, **words: object
) -> list[Notice]:
    """Put an accepted case to work: clocks start at `start`, the desks have it from `at` on.

    What is not ripe on the day of `at` is put aside; a case of which nothing is left is at rest.
    Returns the notices to the applicant, acceptance first.
    """
    working_days = calendar.current()
    case.accepted_at = start
    case.promised_days = case.version.catalogue.one_thing.promised_days
    case.due_at = deadlines.case_deadline(
        accepted_at=start, promised_days=case.promised_days, calendar=working_days
    )
    known.learn_from_form(case)
    parked = maturity.park(case, route(case), at)
    desk_at = at if at > start else None
    work_items = open_work_items(case, parked.plan, start, working_days, desk_at)
    entries = [replace(entry, at=at), *parked.entries]
    entries += [released_entry(item, at) for item in work_items if item.started_at]
    if not work_items:
        move(case.complete)
        case.closed_at = at
        entries.append(Entry("case.completed", case.pk, at=at))
    case.save(update_fields=[*ACCEPTED_FIELDS])
    accepted, *others = record_many(entries)
    if not work_items:
        resting = {"number": case.number, "items": parked.words}
        link = reverse("cases:case", args=[case.pk])
        return [Notice(accepted, case.applicant, "parked.all", resting, link)]
    told = [applicant_notice(case, accepted, {**words, "due": case.due_at})]
    if parked.rows:
        told.append(applicant_notice(case, others[0], {"items": parked.words}))
    return told


def _district(case: Case) -> str:
    city = case.version.catalogue.one_thing.division
    return districts.of_applicant(case.applicant_kind, case.all_answers, city)


def _codes(gaps: Sequence[Gap]) -> dict[str, Any]:
    return {"gaps": [f"{gap['kind']}:{gap['code']}" for gap in gaps]}


def _tell(case: Case, event: Event, **params: Any) -> None:
    tell([applicant_notice(case, event, params)])
