"""Responses (申请人答复): what the applicant does while departments are at work.

Answering a department's one-time notice, and taking or declining another way after a refusal.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import calendar, release, review
from cases.application import check_answered, keep, keep_asked, merged_form, route
from cases.dispatch import new_work_item
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, Edge, Offer, OfferState, Supplement, WorkItem, WorkItemState
from cases.release import Changes
from cases.routing import Standing
from notifications.sending import tell
from policies.answers import problems_in
from portal.accounts.models import Department, User
from portal.core import clock
from portal.core.ledger import Entry, record


@transaction.atomic
def answer_department(*, work_item_id: int, actor: User, answers: Mapping[str, Any]) -> WorkItem:
    """Return the work item running again after the applicant's supplement.

    Raises Incomplete while something asked for is missing, AlreadyHandled after the term.
    """
    items = release.locked_items(work_item_id)
    work_item = next(item for item in items if item.pk == work_item_id)
    case = _own(work_item.case, actor)
    supplement = _open_supplement(work_item)
    keep_asked(case, supplement, answers)
    check_answered(case, supplement)
    supplement.answered_at = clock.now()
    supplement.save(update_fields=["answered_at"])
    case.save(update_fields=["answers", "sealed"])
    review.restart(work_item)
    record(
        Entry(
            "work_item.answered",
            case.pk,
            work_item.subject,
            actor.pk,
            payload={"item": work_item.item_code, "supplement": supplement.pk},
        )
    )
    return work_item


@transaction.atomic
def take_offer(*, offer_id: int, actor: User, answers: Mapping[str, Any]) -> WorkItem:
    """Return the work item of the other way, with what it needs beyond the first form.

    Its clock starts now where its own prerequisites are met. Raises Incomplete, AlreadyHandled.
    """
    offer, changes = _open_offer(offer_id, actor)
    case = changes.case
    keep(case, answers)
    case.item_codes = [*case.item_codes, offer.item_code]
    _check_complete(case, offer)
    _settle(offer, OfferState.TAKEN)
    work_item = _start(offer, changes)
    changes.add(
        Entry(
            "offer.taken",
            case.pk,
            work_item.subject,
            actor.pk,
            changes.at,
            {"item": offer.item_code},
        ),
    )
    case.save(update_fields=["item_codes", "answers", "sealed"])
    tell(changes.write([]))
    return work_item


@transaction.atomic
def decline_offer(*, offer_id: int, actor: User) -> Offer:
    """Return the offer declined; what waited for it is closed with the reason."""
    offer, changes = _open_offer(offer_id, actor)
    _give_up(offer, OfferState.DECLINED, changes, actor)
    return offer


@transaction.atomic
def lapse_offer(*, offer_id: int, at: datetime) -> Offer:
    """Return the offer lapsed, as nobody chose in time. Raises AlreadyHandled if somebody did."""
    offer, changes = _open_offer(offer_id, None)
    changes.at = at
    _give_up(offer, OfferState.LAPSED, changes, None)
    return offer


def _own(case: Case, actor: User) -> Case:
    if case.applicant_id != actor.pk:
        raise PermissionDenied
    return case


def _open_supplement(work_item: WorkItem) -> Supplement:
    supplement = work_item.supplements.awaited().filter(lapses_at__gt=clock.now()).first()
    if supplement is None:
        raise AlreadyHandled("该事项没有待补充的内容，或补充期限已过。")
    return supplement


def _open_offer(offer_id: int, actor: User | None) -> tuple[Offer, Changes]:
    """Return an open offer with all of its case locked."""
    offer = Offer.objects.select_related("refused").get(pk=offer_id)
    items = release.locked_items(offer.refused_id)
    case = items[0].case
    if actor is not None:
        _own(case, actor)
    offer.refresh_from_db(fields=["state"])
    late = actor is not None and offer.lapses_at <= clock.now()
    if offer.state != OfferState.OPEN or not case.is_open or late:
        raise AlreadyHandled("该改办事项已选择或已过期，请查看最新状态。")
    return offer, Changes(case, items, at=clock.now(), calendar=calendar.current())


def _settle(offer: Offer, state: OfferState, at: datetime | None = None) -> None:
    offer.state, offer.answered_at = state, at or clock.now()
    offer.save(update_fields=["state", "answered_at"])


def _check_complete(case: Case, offer: Offer) -> None:
    """Raise Incomplete for what the other item needs and the case does not have yet."""
    problems = problems_in(
        case.version.catalogue, [offer.item_code], case.all_answers, clock.today()
    )
    given = set(case.documents.current().values_list("material_code", flat=True))
    problems |= {
        f"material:{needed.code}": f"请上传“{needed.material.name}”。"
        for needed in merged_form(case).required_uploads
        if offer.item_code in needed.items and needed.code not in given
    }
    if problems:
        raise Incomplete(problems)


def _start(offer: Offer, changes: Changes) -> WorkItem:
    """Make the work item of the other way, after its own prerequisites and before what waits.

    Raises AlreadyHandled where one of its prerequisites has failed meanwhile.
    """
    case, item = changes.case, changes.case.version.catalogue.items[offer.item_code]
    departments = {department.code: department for department in Department.objects.all()}
    work_item = new_work_item(case, item, departments, waiting=True)
    by_code = {one.item_code: one for one in changes.items}
    needs = [
        Edge(
            dependant=work_item,
            predecessor=by_code[code],
            slot=need.slot,
            strength=need.strength,
            why=need.why,
        )
        for need in route(case).step(offer.item_code).needs
        for code in need.any_of
        if code in by_code
    ]
    verdict = release.judged(needs, {})
    if verdict == Standing.BLOCKED:
        raise AlreadyHandled(f"“{item.name}”的前置事项未获准予，不能改办。")
    work_item.save()
    waiting = Edge.objects.filter(predecessor=offer.refused, dependant__state=WorkItemState.WAITING)
    served = [
        Edge(
            dependant=edge.dependant,
            predecessor=work_item,
            slot=edge.slot,
            strength=edge.strength,
            why=edge.why,
        )
        for edge in waiting.select_related("dependant")
    ]
    Edge.objects.bulk_create([*needs, *served])
    changes.items.append(work_item)
    if verdict == Standing.READY:
        release.release(work_item, changes)
    return work_item


def _give_up(offer: Offer, state: OfferState, changes: Changes, actor: User | None) -> None:
    _settle(offer, state, changes.at)
    actor_id = actor.pk if actor else None
    changes.add(
        Entry(
            f"offer.{state}",
            changes.case.pk,
            offer.refused.subject,
            actor_id,
            changes.at,
            {"item": offer.item_code},
        )
    )
    refused = next(item for item in changes.items if item.pk == offer.refused_id)
    release.follow([refused], changes)
    release.complete_if_done(changes)
    tell(changes.write(["reasons"]))
