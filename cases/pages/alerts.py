"""The banner (弹窗提醒): cards not acknowledged and urgings not answered, on every page of staff.

Officers see the cards of items in their hands or in nobody's. Leaders and supervisors see the cards
that have climbed to them, until they acknowledge or read the message that told them so.
"""

from typing import Any

from django.db.models import F, Q
from django.urls import reverse

from cases import urging
from cases.cards import ESCALATED
from cases.models import Card, Level, Urging, UrgingKind, WorkItem
from cases.pages import dossier, picture
from notifications.models import Message
from portal.accounts.models import DEPARTMENT_ROLES, Role, User
from portal.core import clock
from portal.core.chinese import instant_words

ALERTED = (*DEPARTMENT_ROLES, Role.SUPERVISOR)
# The next ones appear as these are dealt with; headings count all.
AT_MOST = 3
# So many unread escalations are looked through: of decided items they no longer matter.
UNREAD_AT_MOST = 50

Alert = dict[str, str]


def alerts(user: User) -> list[Alert]:
    """Return what a person has to acknowledge or answer, the most serious first."""
    cards = [_card_alert(card, user) for card in _cards(user)]
    room = AT_MOST - len(cards)
    return cards + ([_urging_alert(one) for one in _urgings(user)[:room]] if room > 0 else [])


def _cards(user: User) -> list[Card]:
    mine = Q(pk__in=Card.objects.unseen_at_desk(user).values("pk"))
    if user.role != Role.OFFICER:
        told = Message.objects.inbox_of(user).unread().filter(kind=ESCALATED)
        payloads = told.values_list("event__payload", flat=True)[:UNREAD_AT_MOST]
        mine |= Q(pk__in={payload.get("card") for payload in payloads})
    found = Card.objects.current().filter(mine).select_related("work_item__case")
    return list(found.order_by("level", "issued_at")[:AT_MOST])


def _urgings(user: User) -> Any:
    """Return what waits for the user's answer, as it was told to them; soonest due first."""
    if user.role not in DEPARTMENT_ROLES:
        return Urging.objects.none()
    awaited = Urging.objects.visible_to(user).awaited().select_related("case", "work_item")
    mine = Q(work_item__claimed_by=user)
    if user.role == Role.OFFICER:
        # In nobody's hands too where whoever held it has left the department.
        mine |= ~Q(
            work_item__claimed_by__is_active=True,
            work_item__claimed_by__department=F("department"),
        )
    else:
        mine |= Q(kind=UrgingKind.INSTRUCTION) | Q(due_at__lt=clock.now())
    return awaited.filter(mine).order_by("due_at")


def _card_alert(card: Card, user: User) -> Alert:
    return {
        "key": f"card-{card.pk}",
        "level": card.level,
        "tag": "",
        "title": item_and_number(card.work_item),
        "url": f"{page_of(card.work_item, user)}#card-{card.pk}",
        "why": _reason(card),
        "seen_url": reverse("cases:card-seen", args=[card.pk]),
    }


def page_of(work_item: WorkItem, user: User) -> str:
    """Return where a person reads of an item: on the desk, or on the page of its case."""
    if user.role == Role.SUPERVISOR:
        return reverse("cases:supervision-case", args=[work_item.case_id])
    return reverse("admin:cases_workitem_change", args=[work_item.pk])


def _reason(card: Card) -> str:
    due = instant_words(card.due_at)
    if card.level == Level.RED or clock.now() > card.due_at:
        return f"应于 {due} 前办结，已超过时限"
    return f"应于 {due} 前办结，临近时限"


def _urging_alert(one: Urging) -> Alert:
    subject, item = urging.subject_words(one), urging.desk_item(one)
    page = reverse("admin:cases_workitem_change", args=[item.pk])
    due = instant_words(one.due_at)
    late = "，已超过答复期限" if clock.now() > one.due_at else ""
    return {
        "key": f"urging-{one.pk}",
        "level": "",
        "tag": one.get_kind_display(),
        "title": f"{picture.short_name(subject)}　{dossier.number_words(one.case)}",
        "url": f"{page}#urging-{one.pk}",
        "why": f"{one.words}　请于 {due} 前答复{late}",
        "seen_url": "",
    }


def item_and_number(work_item: WorkItem) -> str:
    name = picture.short_name(work_item.item_name)
    return f"{name}　{dossier.number_words(work_item.case)}"
