"""Review (审查、决定): what a department does with a work item on its desk.

Desk, machine interface and tasks call the same verbs. A decision releases the items that waited for
it and hands them the result as a material; a refusal offers another way or closes what hangs on it.
Rows are locked in one order: the case with its work items, then work items of other cases.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from cases import calendar, deadlines, issuing, known, release, uploads
from cases.application import route
from cases.errors import AlreadyHandled, Incomplete
from cases.models import (
    Card,
    Case,
    Document,
    Origin,
    Supplement,
    Suspension,
    SuspensionReason,
    WorkItem,
    WorkItemState,
)
from cases.models.suspension import LOCAL_DAYS, STATUTORY_REASONS
from cases.moves import in_hand, move, on_desk, require_hand
from cases.notices import (
    Gap,
    applicant_notice,
    first_reminder,
    gap_words,
    require_reasons,
    supplement_term,
)
from cases.release import Changes
from notifications.sending import tell
from portal.accounts.models import DEPARTMENT_ROLES, Role, User
from portal.core import clock
from portal.core.files import Stored, file_name
from portal.core.ledger import Entry, record

DECISION_FIELDS = [
    "decided_by",
    "decided_at",
    "net_days",
    "late_stage",
    "delivered_at",
    "result_number",
    "reasons",
    "legal_basis",
]
VERBS = ("claim", "approve", "refuse", "ask", "pause", "resume")


@transaction.atomic
def claim(*, work_item_id: int, officer: User) -> WorkItem:
    """Return the work item in the officer's hands (认领). The slower one gets AlreadyHandled."""
    work_item = on_desk(work_item_id, officer)
    move(work_item.claim)
    work_item.claimed_by, work_item.claimed_at = officer, clock.now()
    work_item.save(update_fields=["state", "claimed_by", "claimed_at"])
    _record(work_item, "work_item.claimed", officer)
    return work_item


@transaction.atomic
def take_over(*, work_item_id: int, leader: User) -> WorkItem:
    """Return the work item in the leader's own hands, whoever had claimed it (改派).

    Raises AlreadyHandled where nobody has claimed it or it is decided.
    """
    if leader.role != Role.LEADER:
        raise PermissionDenied
    work_item = on_desk(work_item_id, leader)
    if work_item.state not in {WorkItemState.HANDLING, WorkItemState.PAUSED}:
        raise AlreadyHandled
    work_item.claimed_by, work_item.claimed_at = leader, clock.now()
    work_item.save(update_fields=["claimed_by", "claimed_at"])
    _record(work_item, "work_item.taken_over", leader)
    return work_item


def approve(
    *, work_item_id: int, officer: User, result_number: str, upload: UploadedFile | None = None
) -> WorkItem:
    """Return the work item approved (准予), its result in the applicant's hands.

    `upload` is the department's own result document; without one the system prints a certificate
    from the decision. Raises Incomplete without a number, UnusableFile, AlreadyHandled.
    """
    if not result_number.strip():
        raise Incomplete({"result_number": "请填写结果文号。"})
    kept: AbstractContextManager[Stored | None] = (
        uploads.stored(upload) if upload else nullcontext(None)
    )
    with kept as file, transaction.atomic():
        work_item, changes = _deciding(work_item_id, officer)
        move(work_item.approve)
        work_item.result_number = result_number.strip()
        changes.add(_decision_entry(work_item, "work_item.approved"), {"item": work_item.item_name})
        _keep_result(work_item, file, upload)
        _decide(work_item, changes)
        known.learn_from_result(work_item)
    return work_item


@transaction.atomic
def refuse(*, work_item_id: int, officer: User, reasons: str, legal_basis: str) -> WorkItem:
    """Return the work item refused (不予), with reasons and basis; what hangs on it is settled."""
    require_reasons(reasons, legal_basis)
    work_item, changes = _deciding(work_item_id, officer)
    move(work_item.refuse)
    work_item.reasons, work_item.legal_basis = reasons.strip(), legal_basis.strip()
    words = {"item": work_item.item_name, "reasons": work_item.reasons}
    changes.add(_decision_entry(work_item, "work_item.refused"), words)
    _decide(work_item, changes)
    return work_item


@transaction.atomic
def ask(*, work_item_id: int, officer: User, gaps: Sequence[Gap]) -> Supplement:
    """Return the department's one-time notice to the applicant; the clock stands until the answer.

    At most 10 working days, then the officer decides on what is there. Once per work item.
    Raises Incomplete without a gap, AlreadyHandled.
    """
    if not gaps:
        raise Incomplete({"gaps": "请至少选择一项需要补充的内容。"})
    work_item = in_hand(work_item_id, officer)
    if work_item.supplements.exists():
        raise AlreadyHandled("该办件已一次性告知过补充内容，不能再次告知。")
    term = supplement_term()
    _suspend(work_item, officer, SuspensionReason.SUPPLEMENT, "", LOCAL_DAYS, lapses_at=term)
    supplement = Supplement.objects.create(
        case=work_item.case,
        work_item=work_item,
        gaps=list(gaps),
        asked_by=officer,
        asked_at=clock.now(),
        lapses_at=term,
        remind_at=first_reminder(term, after=clock.now()),
    )
    payload = {
        "item": work_item.item_code,
        "gaps": [f"{gap['kind']}:{gap['code']}" for gap in gaps],
    }
    words = {"item": work_item.item_name, "gaps": gap_words(gaps), "due": term}
    _record(work_item, "work_item.supplement", officer, payload, words)
    return supplement


@transaction.atomic
def pause(
    *, work_item_id: int, officer: User, reason: str, note: str, expected_days: int
) -> WorkItem:
    """Return the work item with its clock stopped for a reason of the closed list (停表).

    The applicant is told reason and expected length. Raises Incomplete for another reason.
    """
    work_item = in_hand(work_item_id, officer)
    if reason not in pause_reasons(work_item):
        raise Incomplete({"reason": "请从列表中选择该事项可用的暂停原因。"})
    if expected_days < 1:
        raise Incomplete({"expected_days": "预计天数至少为 1 个工作日。"})
    suspension = _suspend(work_item, officer, SuspensionReason(reason), note, expected_days)
    words = {
        "item": work_item.item_name,
        "reason": suspension.get_reason_display(),
        "expected": expected_days,
    }
    payload = {"item": work_item.item_code, "reason": reason, "expected_days": expected_days}
    _record(work_item, "work_item.paused", officer, payload, words)
    return work_item


@transaction.atomic
def resume(*, work_item_id: int, officer: User) -> WorkItem:
    """Return the work item with its clock running again; instants are computed anew."""
    work_item = on_desk(work_item_id, officer)
    require_hand(work_item, officer)
    restart(work_item)
    words = {"item": work_item.item_name, "due": work_item.due_at}
    _record(work_item, "work_item.resumed", officer, words=words)
    return work_item


def allowed_verbs(work_item: WorkItem, user: User) -> tuple[str, ...]:
    """Return the verbs whose buttons a user sees, as the state machine and the desk allow."""
    if user.role not in DEPARTMENT_ROLES or user.department_id != work_item.department_id:
        return ()
    if work_item.state == WorkItemState.READY:
        return ("claim",)
    if work_item.claimed_by_id != user.pk:
        return ("take_over",) if user.role == Role.LEADER and work_item.claimed_by_id else ()
    transitions = work_item.get_available_state_transitions()  # type: ignore[attr-defined]
    moves = {transition.name for transition in transitions}
    if "pause" in moves:
        moves.add("ask")
    return tuple(verb for verb in VERBS if verb in moves)


def pause_reasons(work_item: WorkItem) -> dict[str, str]:
    """Return the reasons for which this item's clock may stop, with their names.

    行政许可法 art. 45 for every item; procedures outside the limit where the catalogue declares
    them. Waiting for the applicant goes through `ask` alone.
    """
    item = work_item.case.version.catalogue.items[work_item.item_code]
    declared = {procedure.reason for procedure in item.special_procedures}
    return {
        reason.value: reason.label
        for reason in SuspensionReason
        if reason in STATUTORY_REASONS or reason in declared
    }


def restart(work_item: WorkItem) -> None:
    """End the open suspension of a locked work item now and set its clock going again."""
    move(work_item.resume, "该办件没有暂停，无需恢复。")
    moment = clock.now()
    suspensions = list(work_item.suspensions.all())
    for suspension in suspensions:
        if suspension.ended_at is None:
            # The movable clock of demo and test may have gone back since.
            suspension.ended_at = max(moment, suspension.began_at)
            suspension.save(update_fields=["ended_at"])
    deadlines.resume_clock(
        work_item,
        at=moment,
        calendar=calendar.current(),
        pauses=[(s.began_at, s.ended_at) for s in suspensions if s.ended_at],
    )
    work_item.save(update_fields=["state", *deadlines.CLOCK_FIELDS])
    if work_item.due_at and work_item.due_at < moment:
        issuing.resume_ladder(work_item)
    _extend_case(work_item.case)


def case_due(case: Case) -> datetime | None:
    """Return when a case is due: its promise, moved on by the pauses on its critical path."""
    if case.promised_from is None or case.promised_days is None:
        return case.due_at
    paused = Suspension.objects.filter(
        work_item__case=case,
        work_item__item_code__in=route(case).critical,
        ended_at__gt=case.promised_from,
    )
    return deadlines.case_deadline(
        accepted_at=case.promised_from,
        promised_days=case.promised_days,
        calendar=calendar.current(),
        pauses=[(pause.began_at, pause.ended_at) for pause in paused if pause.ended_at],
    )


def _extend_case(case: Case) -> None:
    case.due_at = case_due(case)
    case.save(update_fields=["due_at"])


def _deciding(work_item_id: int, officer: User) -> tuple[WorkItem, Changes]:
    """Return the work item about to be decided, with all of its case locked."""
    items = release.locked_items(work_item_id)
    work_item = next(item for item in items if item.pk == work_item_id)
    require_hand(work_item, officer)
    changes = Changes(work_item.case, items, at=clock.now(), calendar=calendar.current())
    work_item.decided_by, work_item.decided_at = officer, changes.at
    return work_item, changes


def _decide(work_item: WorkItem, changes: Changes) -> None:
    pauses = deadlines.closed_pauses(work_item)
    deadlines.end_clock(work_item, at=changes.at, calendar=changes.calendar, pauses=pauses)
    if work_item.late_stage and Card.objects.is_pardoned(work_item):
        work_item.late_stage = ""
    # Results and decisions reach the applicant on the page, so at once (行政许可法 art. 44).
    work_item.delivered_at = changes.at
    changes.touched[work_item.pk] = work_item
    release.follow([work_item], changes)
    release.complete_if_done(changes)
    tell(changes.write(DECISION_FIELDS))


def _decision_entry(work_item: WorkItem, kind: str) -> Entry:
    return Entry(
        kind,
        work_item.case_id,
        work_item.subject,
        work_item.decided_by_id,
        work_item.decided_at,
        {"item": work_item.item_code},
    )


def _keep_result(work_item: WorkItem, file: Stored | None, upload: UploadedFile | None) -> None:
    """Make the result a document of the case; as a material it serves what waits for it."""
    item = work_item.case.version.catalogue.items[work_item.item_code]
    document = Document(
        case=work_item.case,
        work_item=work_item,
        material_code=item.result.material or "",
        title=work_item.result_name,
        origin=Origin.PRODUCED,
        source=work_item.department.name,
        obtained_at=work_item.decided_at or clock.now(),
        added_by=work_item.decided_by,
    )
    if file and upload:
        document.storage_key, document.content_type = file.key, file.content_type
        document.size, document.sha256 = file.size, file.sha256
        document.file_name = file_name(upload, file.content_type)
    document.save(force_insert=True)


def _suspend(
    work_item: WorkItem,
    officer: User,
    reason: SuspensionReason,
    note: str,
    expected_days: int,
    **more: object,
) -> Suspension:
    moment = clock.now()
    move(work_item.pause)
    deadlines.stop_clock(work_item, at=moment)
    work_item.save(update_fields=["state", *deadlines.CLOCK_FIELDS])
    return Suspension.objects.create(
        work_item=work_item,
        reason=reason,
        note=note.strip(),
        expected_days=expected_days,
        began_at=moment,
        ordered_by=officer,
        **more,
    )


def _record(
    work_item: WorkItem,
    kind: str,
    actor: User | None,
    payload: Mapping[str, object] | None = None,
    words: Mapping[str, object] | None = None,
) -> None:
    """Write the event of a verb and tell the applicant where there is something to tell."""
    event = record(
        Entry(
            kind,
            work_item.case_id,
            work_item.subject,
            actor.pk if actor else None,
            payload=dict(payload) if payload else {"item": work_item.item_code},
        )
    )
    if words is not None:
        tell([applicant_notice(work_item.case, event, words)])
