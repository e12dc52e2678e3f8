"""What waits for a department's leader (待我处理): extensions to decide, red cards that climbed."""

from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse

from cases import calendar, deadlines, extending
from cases.models import Card, Extension, ExtensionState, Level, WorkItem
from cases.models.work_item import ON_DESK
from cases.pages import dossier, picture
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.chinese import instant_words


def page(user: User) -> dict[str, Any]:
    """Return the context of the leader's page."""
    asked = [_extension(one) for one in _asked(user)]
    red = [_card(card) for card in _climbed(user)]
    keys = [{"key": "J / K", "label": "上下移动"}, {"key": "Q", "label": "返回办件台"}]
    title = _heading(len(asked), len(red))
    return {"title": title, "extensions": asked, "cards": red, "keys": keys}


def count(user: User) -> int | None:
    """Return how much waits for a leader; none for whoever is not one."""
    return _asked(user).count() + _climbed(user).count() if user.role == Role.LEADER else None


def _asked(user: User) -> QuerySet[Extension]:
    """Return requests that still matter, the most urgent first; own ones go to another leader."""
    return (
        Extension.objects.filter(
            state=ExtensionState.ASKED,
            work_item__department=user.department,
            work_item__state__in=ON_DESK,
        )
        .exclude(asked_by=user)
        .select_related("work_item__case", "asked_by")
        .order_by(F("work_item__due_at").asc(nulls_last=True), "pk")
    )


def _climbed(user: User) -> QuerySet[Card]:
    """Return red cards that have reached the leader and whose item is still not done."""
    return (
        Card.objects.current()
        .filter(rungs__gt=0, level=Level.RED, work_item__department=user.department)
        .select_related("work_item__case", "work_item__claimed_by")
        .order_by("issued_at", "pk")
    )


def _heading(asked: int, red: int) -> str:
    parts = [f"{asked} 件延期待您批准"] if asked else []
    parts += [f"{red} 件红牌已升级到您"] if red else []
    return "，".join(parts) or "没有待您处理的延期和红牌"


def _extension(one: Extension) -> dict[str, Any]:
    return {
        **_row(one.work_item, "approval"),
        "days": one.days,
        "reasons": one.reasons,
        "asked": f"{one.asked_by}，{instant_words(one.asked_at)}",
        "is_over": extending.is_over(one.work_item),
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        **_row(card.work_item, f"card-{card.pk}"),
        "claimer": str(card.work_item.claimed_by or "未认领"),
        "explained": card.get_cause_display() if card.cause else "尚未说明",
    }


def _row(work_item: WorkItem, anchor: str) -> dict[str, Any]:
    now = clock.now()
    level = deadlines.level(work_item, now=now)
    return {
        "url": f"{reverse('admin:cases_workitem_change', args=[work_item.pk])}#{anchor}",
        "number": dossier.number_words(work_item.case),
        "name": picture.short_name(work_item.item_name),
        "due": instant_words(work_item.due_at) if work_item.due_at else "暂停计时",
        "level": str(level) if level else "",
        "words": deadlines.card_words(work_item, now=now, calendar=calendar.current()),
    }
