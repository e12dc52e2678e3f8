"""Work items and cases as rows of a list (清单): what stands in it, on the page and in Excel."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse

from cases import deadlines
from cases.models import Card, Case, Level, WorkItem
from cases.models.work_item import Stage
from cases.numbering import spaced
from cases.pages.picture import days_words
from cases.supervision.scope import Cases, Items
from cases.supervision.tables import Cell, Column, Row, Warned
from cases.working_time import Calendar, civil_day

STANDING = (
    Column("受理码", "text"),
    Column("事项", "text"),
    Column("部门", "text", is_short=True),
    Column("经办人", "text", is_short=True),
    Column("起算", "instant"),
    Column("应办结", "instant"),
    Column("时限状态", "text", is_short=True),
    Column("知悉", "text", is_short=True),
    Column("原因说明", "text"),
)
DONE = (
    Column("受理码", "text"),
    Column("事项", "text"),
    Column("部门", "text", is_short=True),
    Column("经办人", "text", is_short=True),
    Column("起算", "instant"),
    Column("办结", "instant"),
    Column("结果", "text", is_short=True),
    Column("用时（工作日）", "days"),
    Column("承诺", "text", is_short=True),
    Column("超时", "text", is_short=True),
)
# What rows are made of: a list of thousands is read column by column, not object by object.
ITEM_FIELDS = (
    "case_id",
    "item_name",
    "department_id",
    "state",
    "promised_days",
    "started_at",
    "yellow_at",
    "due_at",
    "decided_at",
    "net_days",
    "late_stage",
    "cycle",
    "claimed_by_id",
)
CARD_FIELDS = (
    "work_item_id",
    "level",
    "cycle",
    "issued_at",
    "seen_at",
    "cause",
    "measure",
    "seen_by_id",
    "explained_at",
    "explained_by_id",
    "revoked_at",
)
OF_CASES = (
    Column("受理码", "text"),
    Column("一件事", "text"),
    Column("申请人类型", "text", is_short=True),
    Column("事项数", "count"),
    Column("提交", "instant"),
    Column("受理", "instant"),
    Column("状态", "text", is_short=True),
)


def with_cards(items: Items) -> Items:
    """Return the work items with all that `standing_row` shows."""
    cards = Card.objects.only(*CARD_FIELDS)
    return with_names(items).prefetch_related(
        Prefetch("cards", cards), "cards__seen_by", "cards__explained_by"
    )


def with_names(items: Items) -> Items:
    """Return the work items with all that `done_row` shows; whatever is sealed stays in its row.

    People and departments are few and fetched once each: a name is unsealed once, not per row.
    """
    return (
        items.select_related("case")
        .only(*ITEM_FIELDS, "case__number")
        .prefetch_related("department", "claimed_by")
    )


def with_one_thing(cases: Cases) -> Cases:
    return cases.select_related("one_thing").defer("sealed", "answers")


def standing_row(item: WorkItem, now: datetime, calendar: Calendar) -> Row:
    """Return how a work item stands: what it waits for or when it is due, and its card."""
    level = deadlines.level(item, now=now)
    words = deadlines.card_words(item, now=now, calendar=calendar) or item.get_state_display()
    newest = newest_card(item)
    state = Cell(words)
    if level:
        card: Warned = "red" if level == Level.RED else "yellow"
        state = Cell(f"{level.label}，{words}", card=card, words=words)
    return Row(
        [
            *_head(item),
            _start(item),
            Cell(item.due_at),
            state,
            Cell(seen_words([newest] if newest else [])),
            Cell(explained_words(newest), note=newest.measure if newest else ""),
        ]
    )


def done_row(item: WorkItem) -> Row:
    """Return how a work item was decided: its net time against the promise, and whose lateness."""
    return Row(
        [
            *_head(item),
            _start(item),
            Cell(item.decided_at),
            Cell(item.get_state_display()),
            Cell(item.net_days),
            Cell(days_words(item.promised_days)),
            Cell(late_words(item)),
        ]
    )


def case_row(case: Case) -> Row:
    """Return a case as the window took it in; who applied is not in it."""
    return Row(
        [
            _number(case, _case_page().format(case.pk)),
            Cell(case.one_thing.name),
            Cell(case.get_applicant_kind_display()),
            Cell(len(case.item_codes)),
            Cell(case.submitted_at),
            Cell(case.accepted_at),
            Cell(case.get_state_display()),
        ]
    )


@cache
def _case_page() -> str:
    """Return the address of any case; looked up once, as rows come by the thousand."""
    return reverse("cases:supervision-case", args=[UUID(int=0)]).replace(str(UUID(int=0)), "{}")


def _head(item: WorkItem) -> list[Cell]:
    url = f"{_case_page().format(item.case_id)}#item-{item.pk}"
    return [
        _number(item.case, url),
        Cell(item.item_name),
        Cell(item.department.short_name),
        Cell(item.claimed_by.get_full_name() if item.claimed_by else "未认领"),
    ]


def _start(item: WorkItem) -> Cell:
    """Return when the clock began; a page shows the day, since days are what is counted."""
    if item.started_at is None:
        return Cell(words="未起算")
    day = civil_day(item.started_at)
    return Cell(item.started_at, words=f"{day.month}月{day.day}日")


def _number(case: Case, url: str) -> Cell:
    return Cell(case.number or "", url=url, words=spaced(case.number or ""))


def newest_card(item: WorkItem) -> Card | None:
    """Return the last card of the clock's present cycle that was not revoked."""
    cards = [one for one in item.cards.all() if one.cycle == item.cycle and not one.revoked_at]
    return cards[-1] if cards else None


def late_words(item: WorkItem) -> str:
    """Return whose lateness a decided work item was; empty for one in time."""
    return {"": "", Stage.INTAKE: "窗口超时", Stage.DEPARTMENT: "部门超时"}.get(
        item.late_stage, item.late_stage and item.get_late_stage_display()
    )


def seen_words(cards: Sequence[Card]) -> str:
    """Return whether the newest card has been acknowledged, and by whom."""
    if not cards:
        return ""
    newest = cards[-1]
    if newest.seen_at is None or newest.seen_by is None:
        return "未知悉"
    return f"{newest.seen_by.get_full_name()} 已知悉"


def explained_words(card: Card | None) -> str:
    """Return the cause that was stated for a card, and by whom; nothing where there is no card."""
    if card is None:
        return ""
    if card.explained_by is None:
        return "未说明" if card.level == Level.RED else ""
    return f"{card.get_cause_display()}（{card.explained_by.get_full_name()}）"
