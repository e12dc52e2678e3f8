"""A card as an issued record (预警牌登记): what it rests on, whom it reached, what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cases.cards import ESCALATED
from cases.models import Card, Level, Rung, Stage, WorkItem
from cases.pages import picture
from notifications.models import Channel, Message
from portal.core.chinese import instant_words, listed

# Who is told at each rung of a red card's ladder.
RUNGS = {1: "部门负责人", 2: "监督人员"}
INTAKE_WORDS = "因窗口未在 5 个工作日内决定受理，视为受理；由此超过的时间计入窗口，不计入部门"


def records(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """Return the records of cards of one case or item, the newest first; two statements.

    The cards come with work_item.department, owner, seen_by, explained_by and revoked_by.
    """
    if not cards:
        return []
    subjects = {f"card:{card.pk}": card.pk for card in cards}
    rungs: dict[int, list[Rung]] = {}
    for rung in Rung.objects.filter(subject__in=subjects).order_by("step"):
        rungs.setdefault(subjects[rung.subject], []).append(rung)
    readers = _readers(cards[0].work_item.case_id) if rungs else {}
    red = {(card.work_item_id, card.cycle) for card in cards if card.level == Level.RED}
    newest_first = sorted(cards, key=lambda card: (card.issued_at, card.pk), reverse=True)
    return [
        _record(
            card,
            turned=card.level == Level.YELLOW and (card.work_item_id, card.cycle) in red,
            rungs=rungs.get(card.pk, []),
            readers=readers.get(card.pk, []),
        )
        for card in newest_first
    ]


def with_people(cards: Any) -> Any:
    """Return cards with everything that their records name."""
    return cards.select_related(
        "work_item__department", "owner", "seen_by", "explained_by", "revoked_by"
    )


def _record(
    card: Card, *, turned: bool, rungs: Iterable[Rung], readers: Sequence[str]
) -> dict[str, Any]:
    tag = "已撤销" if card.revoked_at else "已转红牌" if turned else ""
    return {
        "pk": card.pk,
        "level": card.level,
        "title": picture.short_name(card.work_item.item_name),
        "issued": instant_words(card.issued_at),
        "tag": tag,
        "owes": card.is_explainable and not turned,
        "is_revoked": card.revoked_at is not None,
        "facts": [
            {"term": term, "value": value}
            for term, value in (
                ("依据", basis_words(card, card.work_item)),
                ("当时应办结", instant_words(card.due_at)),
                ("预警次序", f"第 {card.cycle + 1} 次"),
                ("发给", owner_words(card, card.work_item)),
                ("知悉", _signed(card.seen_by, card.seen_at) or "尚未知悉"),
                ("升级", _climbed(rungs, readers)),
                ("原因", card.get_cause_display() if card.cause else ""),
                ("具体情况", card.explanation),
                ("整改措施", card.measure),
                ("说明人", _signed(card.explained_by, card.explained_at)),
                ("撤销理由", card.revocation),
                ("撤销人", _signed(card.revoked_by, card.revoked_at)),
            )
            if value
        ],
    }


def climbing_words(kind: str, words: str, payload: Mapping[str, Any]) -> str:
    """Return the words of an event, with who heard of it where it is a rung of a ladder."""
    joint = {"card.escalated": "至", "urging.overdue": "，告知"}.get(kind)
    return f"{words}{joint}{RUNGS.get(payload.get('step', 0), '上一级')}" if joint else words


def basis_words(card: Card, work_item: WorkItem) -> str:
    """Return on which limit a card rests, with its extension, and whose time it was."""
    limits = (work_item.promised_days, work_item.statutory_days)
    extension = card.budget - min(days for days in limits if days is not None)
    words = (
        f"{card.get_limit_display()} {card.budget} 个工作日" if card.budget else "即办，当日办结"
    )
    if card.budget and extension > 0:
        words += f"（含批准延期 {extension} 个工作日）"
    return f"{words}。{INTAKE_WORDS}" if card.stage == Stage.INTAKE else words


def owner_words(card: Card, work_item: WorkItem) -> str:
    """Return to whom a card was issued: who held the item, else the whole desk."""
    department = work_item.department.short_name
    return f"{department} {card.owner}" if card.owner else f"{department}（当时无人认领）"


def _signed(person: object, at: Any) -> str:
    return f"{person}，{instant_words(at)}" if at else ""


def _climbed(rungs: Iterable[Rung], readers: Sequence[str]) -> str:
    told = [
        f"{instant_words(rung.at)} 告知{RUNGS[rung.step]}" for rung in rungs if rung.step in RUNGS
    ]
    if not told:
        return ""
    seen = f"（{listed(readers)}已阅）" if readers else ""
    return "；".join(told) + seen


def _readers(case_id: Any) -> Mapping[int, list[str]]:
    """Return who has read the message of a card's escalation, by card."""
    read = Message.objects.filter(
        event__stream=case_id, kind=ESCALATED, channel=Channel.INBOX, read_at__isnull=False
    ).select_related("event", "recipient")
    found: dict[int, list[str]] = {}
    for message in read.order_by("read_at"):
        found.setdefault(message.event.payload.get("card", 0), []).append(str(message.recipient))
    return found
