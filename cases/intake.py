"""Intake (收件、受理): from the first tick to acceptance. One verb, one transaction.

最多跑一次规定 art. 11, 行政许可法 art. 32: gaps are told once and in full; what is complete is
accepted; what cannot be accepted is refused with reasons and the ways of redress.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate

from cases import calendar, deadlines, merging, routing
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, CaseState, Edge, SharedRequest, Supplement, WorkItem
from cases.models.case import ApplicantKind
from cases.models.work_item import OPEN, WorkItemState
from cases.moves import identity_index, move, require_role
from cases.numbering import next_numbers
from cases.working_time import Calendar
from notifications.sending import Notice, tell
from policies.answers import canonical, problems_in
from policies.models import OneThing
from policies.schema import Applicant, Catalogue, Item
from portal.accounts.models import Department, Role, User
from portal.core import clock
from portal.core.chinese import listed
from portal.core.ledger import Entry, Event, record, record_many

REDRESS = (
    "如不服本决定，可自收到决定之日起六十日内依法申请行政复议，"
    "或者自收到决定之日起六个月内依法向人民法院提起行政诉讼。"
)
# Working days an applicant has to answer the window's one-time notice.
SUPPLEMENT_DAYS = 10
HANDLED_AT_WINDOW = "该申请已由其他窗口人员处理，请查看最新状态。"


class Gap(TypedDict):
    """One thing that is missing or wrong; `kind` is "material" or "field"."""

    kind: str
    code: str
    name: str
    reason: str


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
    held = dict(existing or {})
    case.item_codes = checked_selection(
        case.version.catalogue, case.applicant_kind, codes, case.all_answers, held
    )
    case.existing_results = held
    case.save(update_fields=["item_codes", "existing_results"])
    return case


@transaction.atomic
def save(*, case_id: UUID, actor: User, answers: Mapping[str, Any]) -> Case:
    """Return the draft with these answers kept as they are, right or wrong."""
    case = _own_draft(case_id, actor)
    _renew_version(case)
    keep(case, answers)
    case.item_codes = _completed(case)
    case.saved_at = clock.now()
    case.save(update_fields=["version", "item_codes", "answers", "sealed", "saved_at"])
    return case


@transaction.atomic
def submit(*, case_id: UUID, actor: User, answers: Mapping[str, Any], signed: bool) -> Case:
    """Return the case with its number, handed in to the window.

    Submitting again returns the same case. Raises Incomplete with every problem at once.
    """
    case = _own(case_id, actor)
    if case.state != CaseState.DRAFT:
        return case
    keep(case, answers)
    _check_complete(case, signed=signed)
    moment = clock.now()
    move(case.submit)
    case.number = next_numbers(1, clock.today())[0]
    case.submitted_at = case.received_at = case.saved_at = case.signed_at = moment
    case.identity_index = identity_index(_identity_number(case))
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
    work_items = _open_work_items(case, route(case), moment, working_days)
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
    case = _own(case_id, actor)
    supplement = case.supplements.filter(work_item=None, answered_at=None).first()
    if supplement is None or case.state != CaseState.RETURNED:
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
    case = _own(case_id, actor)
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


def missing(case: Case) -> dict[str, str]:
    """Return what a handed-in case still lacks: "material:<code>" or field code → sentence."""
    given = set(case.documents.current().values_list("material_code", flat=True))
    gaps = {
        f"material:{needed.code}": f"请上传“{needed.material.name}”。"
        for needed in merged_form(case).required_uploads
        if needed.code not in given
    }
    on = clock.today()
    return gaps | problems_in(case.version.catalogue, case.item_codes, case.all_answers, on)


def merged_form(case: Case) -> merging.Merged:
    """Return the one form and the one material list of a case as it stands."""
    return merging.merge(
        case.version.catalogue, case.item_codes, case.all_answers, _application_day(case)
    )


def route(case: Case) -> routing.Plan:
    """Return the route that follows from the case's items and answers."""
    return routing.plan(
        case.version.catalogue,
        case.item_codes,
        case.all_answers,
        _application_day(case),
        case.existing_results,
    )


def supplement_term() -> datetime:
    """Return the instant at which a supplement asked for now is due: close of the 10th day."""
    working_days = calendar.current()
    return working_days.closing(working_days.add(clock.today(), SUPPLEMENT_DAYS))


def require_reasons(reasons: str, legal_basis: str) -> None:
    """Raise Incomplete unless a refusal says why and on what basis (行政许可法 art. 38)."""
    problems = {}
    if not reasons.strip():
        problems["reasons"] = "请写明理由。"
    if not legal_basis.strip():
        problems["legal_basis"] = "请写明依据的条款。"
    if problems:
        raise Incomplete(problems)


def gap_words(gaps: Iterable[Gap]) -> list[str]:
    """Return the gaps of a notice as sentences without personal data."""
    return [f"{gap['name']}：{gap['reason']}" for gap in gaps]


def released_entry(work_item: WorkItem, at: datetime) -> Entry:
    """Return the event of a work item whose clock has begun."""
    payload = {"item": work_item.item_code}
    return Entry("work_item.released", work_item.case_id, work_item.subject, at=at, payload=payload)


def _own(case_id: UUID, actor: User) -> Case:
    case = Case.objects.locked(case_id)
    if case.applicant_id != actor.pk:
        raise PermissionDenied
    return case


def _own_draft(case_id: UUID, actor: User) -> Case:
    case = _own(case_id, actor)
    if case.state != CaseState.DRAFT:
        raise AlreadyHandled("该申请已提交，不能再修改。")
    return case


def checked_selection(
    catalogue: Catalogue,
    kind: str,
    codes: Sequence[str],
    answers: Mapping[str, Any],
    existing: Mapping[str, str],
) -> list[str]:
    """Return the completed selection. Raises Incomplete (key "items") where it cannot be filed."""
    offered = {item.code for item in catalogue.items_for(cast(Applicant, kind))}
    if not codes:
        raise Incomplete({"items": "请至少选择一个事项。"})
    if set(codes) - offered:
        raise Incomplete({"items": "所选事项不存在或不属于该类申请人，请重新选择。"})
    chosen, _ = routing.complete_selection(catalogue, codes, answers, clock.today(), existing)
    if clash := catalogue.exclusions_among(chosen):
        names = listed(f"“{catalogue.items[code].name}”" for code in clash[0].items)
        raise Incomplete({"items": f"{names}不能同时申请，请只选其中一项。{clash[0].why}"})
    return list(chosen)


def _completed(case: Case) -> list[str]:
    """Return the items of a draft with the prerequisites that its answers bring about."""
    chosen, _ = routing.complete_selection(
        case.version.catalogue,
        case.item_codes,
        case.all_answers,
        clock.today(),
        case.existing_results,
    )
    return list(chosen)


def _renew_version(case: Case) -> None:
    """Carry a draft over to the catalogue in force; items it no longer has are dropped."""
    current = case.one_thing.current
    if current is None or current.pk == case.version_id:
        return
    case.version = current
    case.item_codes = [code for code in case.item_codes if code in current.catalogue.items]


def keep(case: Case, answers: Mapping[str, Any]) -> None:
    """Put answers on the case, the sensitive ones sealed; unknown codes are not kept."""
    elements = case.version.catalogue.elements
    for code, value in answers.items():
        if element := elements.get(code):
            kept: dict[str, Any] = case.sealed if element.sensitive else case.answers
            kept[code] = canonical(element, value)


def keep_asked(case: Case, supplement: Supplement, answers: Mapping[str, Any]) -> None:
    """Put the answers on the case that a notice asked for, and no others."""
    asked = {gap["code"] for gap in supplement.gaps if gap["kind"] == "field"}
    keep(case, {code: value for code, value in answers.items() if code in asked})


def _check_complete(case: Case, *, signed: bool) -> None:
    if not case.one_thing.is_open or case.one_thing.current_id is None:
        raise Incomplete(
            {"items": "该“一件事”目前暂停受理。填写的内容已保存，恢复受理后可继续提交。"}
        )
    _renew_version(case)
    added = set(_completed(case)) - set(case.item_codes)
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


def check_answered(case: Case, supplement: Supplement) -> None:
    """Raise Incomplete for each document of the notice that has not come since it was sent."""
    renewed = set(
        case.documents.current()
        .filter(obtained_at__gt=supplement.asked_at)
        .values_list("material_code", flat=True)
    )
    problems = {
        f"material:{gap['code']}": f"请按要求补充“{gap['name']}”：{gap['reason']}"
        for gap in supplement.gaps
        if gap["kind"] == "material" and gap["code"] not in renewed
    }
    if problems:
        raise Incomplete(problems)


def _identity_number(case: Case) -> str:
    own = "p_id_no" if case.applicant_kind == ApplicantKind.PERSON else "e_uscc"
    return str(case.all_answers.get(own, ""))


def _application_day(case: Case) -> date:
    return clock.today() if case.submitted_at is None else localdate(case.submitted_at)


def _open_work_items(
    case: Case, plan: routing.Plan, at: datetime, working_days: Calendar
) -> list[WorkItem]:
    """Make the work items and edges of a route; what waits for nothing starts at acceptance."""
    departments = {department.code: department for department in Department.objects.all()}
    outside = _outside_predecessors(case, plan)
    work_items = []
    for step in plan.steps:
        waits = bool(step.needs or outside.get(step.code))
        work_item = new_work_item(case, step.item, departments, waiting=waits)
        if not waits:
            deadlines.start_clock(work_item, at=at, calendar=working_days)
        work_items.append(work_item)
    WorkItem.objects.bulk_create(work_items)
    by_code = {work_item.item_code: work_item for work_item in work_items}
    inside = [
        Edge(
            dependant=by_code[step.code],
            predecessor=by_code[code],
            slot=need.slot,
            strength=need.strength,
            why=need.why,
        )
        for step in plan.steps
        for need in step.needs
        for code in need.any_of
    ]
    across = [
        Edge(dependant=by_code[code], predecessor=predecessor, slot=slot, strength="hard", why=why)
        for code, found in outside.items()
        for predecessor, slot, why in found
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
        result_name=item.result.name,
    )


def _outside_predecessors(
    case: Case, plan: routing.Plan
) -> dict[str, list[tuple[WorkItem, str, str]]]:
    """Return open work items of the other persons that the plan's items depend on, by item code.

    Persons are linked by ID number across cases; where nothing is open, the shared data shows
    whether the requirement is met and the officer verifies it.
    """
    wanted = [
        (step.code, need, index)
        for step in plan.steps
        for need in step.outside
        for index in map(identity_index, need.subject.numbers(case.all_answers))
    ]
    if not wanted:
        return {}
    open_ones = WorkItem.objects.filter(
        state__in=OPEN, case__identity_index__in={index for *_, index in wanted}
    ).select_related("case")
    return {
        code: [
            (work_item, need.slot, need.why)
            for owner, need, index in wanted
            for work_item in open_ones
            if owner == code
            and work_item.item_code in need.any_of
            and work_item.case.identity_index == index
        ]
        for code, *_ in wanted
    }


def _withdrawn(case: Case, kind: str, actor: User | None, at: datetime | None = None) -> Case:
    moment = at or clock.now()
    was_draft = case.state == CaseState.DRAFT
    move(case.withdraw, "该申请已办结或已结束，不能撤回。")
    case.closed_at = moment
    case.save(update_fields=["state", "closed_at"])
    if was_draft:
        return case
    actor_id = actor.pk if actor else None
    ended = list(case.work_items.select_for_update(of=("self",)).open().order_by("pk"))
    for work_item in ended:
        move(work_item.withdraw)
        deadlines.stop_clock(work_item, at=moment)
    WorkItem.objects.bulk_update(ended, ["state", *deadlines.CLOCK_FIELDS])
    event, *_ = record_many(
        [
            Entry(kind, case.pk, actor_id=actor_id, at=moment),
            *(
                Entry("work_item.withdrawn", case.pk, item.subject, actor_id, moment)
                for item in ended
            ),
        ]
    )
    _tell(case, event)
    return case


def _codes(gaps: Sequence[Gap]) -> dict[str, Any]:
    return {"gaps": [f"{gap['kind']}:{gap['code']}" for gap in gaps]}


def _tell(case: Case, event: Event, **params: Any) -> None:
    tell(
        [
            Notice(
                event,
                case.applicant,
                event.kind,
                {"number": case.number, **params},
                link=reverse("cases:case", args=[case.pk]),
            )
        ]
    )
