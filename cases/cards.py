"""Cards as issued records (预警牌): seen, explained, revoked.

The sweep issues them and lets red ones climb their ladder.
"""

from django.db import transaction
from django.urls import reverse

from cases.errors import AlreadyHandled, Incomplete
from cases.models import Card, Cause, Level
from cases.moves import require_desk, require_role
from cases.notices import desk_of
from notifications.models import Message
from notifications.sending import Notice, tell
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Entry, Event, record

# The message by which a card climbs to leaders and supervisors; it is their popup until read.
ESCALATED = "card.escalated"


@transaction.atomic
def acknowledge(*, card_id: int, officer: User) -> Card:
    """Return the card marked as seen; the banner goes away for the whole desk.

    For those to whom it has climbed, the message that told them counts: it is marked as read, so
    each leader and supervisor acknowledges for themselves.
    """
    card = _locked(card_id)
    if officer.role != Role.SUPERVISOR:
        require_desk(officer, card.work_item.department_id)
    told = Message.objects.inbox_of(officer).unread().filter(kind=ESCALATED)
    told.filter(event__stream=card.work_item.case_id, event__payload__card=card.pk).update(
        read_at=clock.now()
    )
    if card.seen_at is None and officer.role != Role.SUPERVISOR:
        card.seen_at, card.seen_by = clock.now(), officer
        card.save(update_fields=["seen_at", "seen_by"])
        _record(card, "card.seen", officer)
    return card


@transaction.atomic
def explain(*, card_id: int, officer: User, cause: str, explanation: str, measure: str) -> Card:
    """Return the card with its cause, in words, and what is done about it (原因说明、整改措施).

    Once, by an officer or leader of the desk. Raises Incomplete, AlreadyHandled.
    """
    problems = {}
    if cause not in Cause:
        problems["cause"] = "请从列表中选择原因。"
    if not explanation.strip():
        problems["explanation"] = "请说明具体情况。"
    if not measure.strip():
        problems["measure"] = "请写明整改措施。"
    if problems:
        raise Incomplete(problems)
    card = _locked(card_id)
    require_desk(officer, card.work_item.department_id)
    if not card.is_explainable:
        raise AlreadyHandled("该预警牌已说明过原因或已撤销，请查看最新状态。")
    if has_turned_red(card):
        raise AlreadyHandled("该黄牌已转为红牌，请对红牌说明原因。")
    card.cause, card.explanation, card.measure = cause, explanation.strip(), measure.strip()
    card.explained_at, card.explained_by = clock.now(), officer
    card.save(update_fields=["cause", "explanation", "measure", "explained_at", "explained_by"])
    _record(card, "card.explained", officer, cause=cause)
    return card


@transaction.atomic
def revoke(*, card_id: int, supervisor: User, reasons: str) -> Card:
    """Return the card revoked (撤销), with reasons; it climbs no further and the desk is told.

    Without its red card of the last cycle an item counts as in time. Raises Incomplete,
    AlreadyHandled.
    """
    require_role(supervisor, Role.SUPERVISOR)
    if not reasons.strip():
        raise Incomplete({"reasons": "请写明撤销理由。"})
    card = _locked(card_id, with_work_item=True)
    if card.revoked_at is not None:
        raise AlreadyHandled("该预警牌已撤销，请查看最新状态。")
    card.revoked_at, card.revoked_by, card.revocation = clock.now(), supervisor, reasons.strip()
    card.check_at = None
    card.save(update_fields=["revoked_at", "revoked_by", "revocation", "check_at"])
    work_item = card.work_item
    if card.level == Level.RED and card.cycle == work_item.cycle and work_item.late_stage:
        work_item.late_stage = ""
        work_item.save(update_fields=["late_stage"])
    _tell_desk(card, _record(card, "card.revoked", supervisor))
    return card


def has_turned_red(card: Card) -> bool:
    """Whether a yellow card's clock has run on into the red one of the same cycle (转红牌)."""
    later = Card.objects.filter(work_item=card.work_item, cycle=card.cycle, level=Level.RED)
    return card.level == Level.YELLOW and later.exists()


def _locked(card_id: int, *, with_work_item: bool = False) -> Card:
    of = ("self", "work_item") if with_work_item else ("self",)
    return (
        Card.objects.select_for_update(of=of, no_key=True)
        .select_related("work_item__case")
        .get(pk=card_id)
    )


def _record(card: Card, kind: str, actor: User, **more: object) -> Event:
    work_item = card.work_item
    payload = {"item": work_item.item_code, "card": card.pk, "level": card.level, **more}
    return record(Entry(kind, work_item.case_id, work_item.subject, actor.pk, payload=payload))


def _tell_desk(card: Card, event: Event) -> None:
    work_item = card.work_item
    params = {
        "number": work_item.case.number,
        "item": work_item.item_name,
        "card": card.get_level_display(),
        "reasons": card.revocation,
    }
    link = reverse("admin:cases_workitem_change", args=[work_item.pk])
    staff = desk_of(work_item.department_id, work_item.claimed_by_id, leaders=True)
    tell(Notice(event, person, event.kind, params, link) for person in staff)
