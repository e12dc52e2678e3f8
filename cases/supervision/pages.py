"""What the supervisor's pages show: contexts for the templates, made from figures and rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.urls import reverse

from cases import calendar, deadlines
from cases.models import Card, Level, WorkItem, WorkItemState
from cases.models.work_item import DECIDED
from cases.numbering import spaced
from cases.pages.picture import days_words, short_name
from cases.supervision import figures
from cases.supervision.figures import CLOCKS, Figures, Items
from cases.supervision.selection import PERIODS, Selection, item_names, selection
from cases.working_time import Calendar, net_days
from policies.models import OneThing
from portal.accounts.models import Department, User
from portal.core import clock
from portal.core.chinese import instant_words, listed

PER_PAGE = 50
WORST_SHOWN = 10


def chosen(reader: User, given: Mapping[str, str]) -> tuple[Selection, dict[str, Any]]:
    """Return what the reader has chosen to look at, and the filters to choose from."""
    one_things = list(OneThing.objects.select_related("current").defer("current__document"))
    departments = list(Department.objects.all())
    choice = selection(
        reader, given, today=clock.today(), one_things=one_things, departments=departments
    )
    return choice, {
        "choice": choice,
        "one_things": one_things,
        "departments": [] if choice.is_bound else departments,
        "items": {code: short_name(name) for code, name in item_names(one_things).items()},
        "clocks": {code: label for code, (label, _) in CLOCKS.items()},
        "periods": PERIODS,
        "calendar_warning": calendar.provisional_warning(calendar.current(), choice.today),
    }


def overview(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the front page: the heading that answers, the figures, the departments, the worst."""
    choice, filters = chosen(reader, given)
    now, working_days = clock.now(), calendar.current()
    items = choice.work_items()
    found = figures.by_department(items, now=now, period=choice.period, calendar=working_days)
    every = figures.total(found.values())
    departments = {department.pk: department for department in Department.objects.all()}
    named = {departments[pk].short_name: one for pk, one in found.items()}
    late = with_cards(figures.listed(items, "red", now=now, period=choice.period))
    return {
        **filters,
        "heading": heading(every, {name: one.red for name, one in named.items()}, choice),
        "as_of": instant_words(now),
        "figures": strip(every, choice),
        "rows": [
            department_row(departments[pk], found[pk], choice)
            for pk in sorted(found, key=lambda pk: departments[pk].position)
        ],
        "total": department_row(None, every, choice) if len(found) > 1 else None,
        "late": [work_item_row(item, now, working_days) for item in late[:WORST_SHOWN]],
        "late_count": every.red,
        "late_url": list_url(choice, "red"),
    }


def work_items(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return one list of work items, a page of it."""
    choice, filters = chosen(reader, given)
    now, working_days = clock.now(), calendar.current()
    clock_name = choice.clock or "open"
    items = figures.listed(choice.work_items(), clock_name, now=now, period=choice.period)
    page = Paginator(with_cards(items), PER_PAGE).get_page(given.get("page"))
    return {
        **filters,
        "clock_name": clock_name,
        "heading": list_heading(page.paginator.count, clock_name, choice),
        "of_period": CLOCKS[clock_name][1],
        "page": page,
        "rows": [work_item_row(item, now, working_days) for item in page],
        "back_url": f"{reverse('cases:supervision')}?{choice.query(clock='')}".rstrip("?"),
    }


# ---- headings -----------------------------------------------------------------------------------


def heading(every: Figures, red: Mapping[str, int], choice: Selection) -> str:
    """Return the sentence that says how things stand; red before yellow before none."""
    where = choice.department.short_name if choice.department else ""
    if not every.open:
        return f"{where}目前没有在办的办件"
    if every.red:
        return f"{where}今天 {every.red} 件亮红牌{'' if where else _spread(red)}"
    if every.yellow:
        return f"{where}没有红牌，{every.yellow} 件亮黄牌，请在到期前办结"
    return f"{where}在办 {every.open} 件，没有黄牌和红牌"


def _spread(red: Mapping[str, int]) -> str:
    worst = sorted(((count, name) for name, count in red.items() if count), reverse=True)
    if len(worst) == 1:
        return f"，都在{worst[0][1]}"
    if len(worst) <= 3:
        return "，" + "、".join(f"{name} {count} 件" for count, name in worst)
    return f"，分布在 {len(worst)} 个部门，{worst[0][1]}最多，有 {worst[0][0]} 件"


def list_heading(count: int, clock_name: str, choice: Selection) -> str:
    """Return how many work items a list has, and of what."""
    label, of_period = CLOCKS[clock_name]
    where = choice.department.short_name if choice.department else ""
    when = choice.period_words if of_period else ""
    word = label.removeprefix("期内")
    return f"{where}{when}{word} {count:,} 件" if count else f"{where}{when}没有{word}的办件"


# ---- figures ------------------------------------------------------------------------------------


def list_url(choice: Selection, clock_name: str, **changes: str) -> str:
    return f"{reverse('cases:supervision-work-items')}?{choice.query(clock=clock_name, **changes)}"


def strip(every: Figures, choice: Selection) -> list[dict[str, Any]]:
    """Return the figures of the front page, each with the list that it counts."""

    def figure(label: str, value: str, clock_name: str, **more: str) -> dict[str, Any]:
        return {
            "label": label,
            "value": value,
            "unit": "",
            "note": "",
            "card": None,
            "url": list_url(choice, clock_name),
            **more,
        }

    when = choice.period_words
    decided = f"{when}办结 {every.decided:,} 件"
    return [
        figure("在办", f"{every.open:,}", "open", note=f"其中暂停计时 {every.paused:,} 件"),
        figure("黄牌", f"{every.yellow:,}", "yellow", card="yellow", note="临近时限"),
        figure("红牌", f"{every.red:,}", "red", card="red", note="超过时限"),
        figure("按时办结率", rate_words(every), "late", note=f"{decided}，超时 {every.late:,} 件"),
        figure("等申请人", f"{every.applicant:,}", "applicant", note="补充材料，不计部门用时"),
        figure("等前一事项", f"{every.waiting:,}", "waiting", note="时限尚未起算"),
        figure(
            "平均用时",
            days_number(every.average_net),
            "decided",
            unit="个工作日" if every.decided else "",
            note=f"平均承诺 {promised_words(every)}，暂停不计",
        ),
    ]


def department_row(
    department: Department | None, one: Figures, choice: Selection
) -> dict[str, Any]:
    """Return one row of the table by department; without a department the row of all."""
    changes = {"department": department.code} if department and not choice.is_bound else {}
    states = [("暂停计时", one.paused), ("等前一事项", one.waiting)]
    return {
        "name": department.short_name if department else "合计",
        "url": f"{reverse('cases:supervision')}?{choice.query(clock='', **changes)}"
        if department
        else "",
        "figures": one,
        "open_url": list_url(choice, "open", **changes),
        "late_url": list_url(choice, "late", **changes),
        "decided_url": list_url(choice, "decided", **changes),
        "meter": {"ok": one.normal, "yellow": one.yellow, "red": one.red},
        "is_running": one.normal + one.yellow + one.red > 0,
        "cards": [
            {"level": level, "count": count, "url": list_url(choice, level, **changes)}
            for level, count in (("yellow", one.yellow), ("red", one.red))
            if count
        ],
        "standing": listed(f"{word} {count:,}" for word, count in states if count),
        "rate": rate_words(one),
        "net": days_number(one.average_net),
        "promised": promised_words(one),
    }


def rate_words(one: Figures) -> str:
    """Return 98.6%; never 100% while one was late, and a dash without any decision."""
    rate = one.on_time_rate
    if rate is None:
        return "—"
    shown = min(round(rate * 100, 1), 99.9) if one.late else 100.0
    return f"{shown:g}%"


def promised_words(one: Figures) -> str:
    return "即办" if one.average_promised == 0 else days_number(one.average_promised)


def days_number(days: float | None) -> str:
    return "—" if days is None else f"{days:.1f}"


# ---- rows ---------------------------------------------------------------------------------------


def with_cards(items: Items) -> Items:
    """Return the work items with all that a row shows; the applicant's answers stay sealed."""
    return (
        items.select_related("case", "department", "claimed_by")
        .defer("case__sealed", "case__answers")
        .prefetch_related(Prefetch("cards", Card.objects.select_related("seen_by")), "suspensions")
    )


def work_item_row(item: WorkItem, now: datetime, working_days: Calendar) -> dict[str, Any]:
    cards = list(item.cards.all())
    level = deadlines.level(item, now=now)
    return {
        "number": spaced(item.case.number or ""),
        "url": f"{reverse('cases:supervision-case', args=[item.case_id])}#item-{item.pk}",
        "name": item.item_name,
        "department": item.department.short_name,
        "officer": item.claimed_by.get_full_name() if item.claimed_by else "未认领",
        "started": item.started_at,
        "due": item.due_at,
        "promised": days_words(item.promised_days),
        "level": str(level) if level else "",
        "words": deadlines.card_words(item, now=now, calendar=working_days),
        "state": item.get_state_display(),
        "decided": item.decided_at,
        "was_late": item.state in DECIDED and was_late(item, cards),
        "net": net_words(item, now, working_days) if item.state in DECIDED else "",
        "seen": seen_words(cards),
    }


def was_late(item: WorkItem, cards: Iterable[Card]) -> bool:
    return any(card.level == Level.RED and card.cycle == item.cycle for card in cards)


def seen_words(cards: Sequence[Card]) -> str:
    """Return whether the newest card has been acknowledged, by whom and when."""
    if not cards:
        return ""
    newest = cards[-1]
    if newest.seen_at is None or newest.seen_by is None:
        return "未看"
    return f"{newest.seen_by.get_full_name()} 已看"


def net_words(item: WorkItem, now: datetime, working_days: Calendar) -> str:
    """Return the net working days of one work item, up to now while it runs."""
    net = net_of(item, now, working_days)
    return "" if net is None else f"{net:.1f}"


def net_of(item: WorkItem, now: datetime, working_days: Calendar) -> float | None:
    """Return the net working days of a work item up to its end, or now; none before its start."""
    if item.started_at is None:
        return None
    pauses = [(one.began_at, one.ended_at or now) for one in item.suspensions.all()]
    end = (
        item.decided_at
        or (item.case.closed_at if item.state == WorkItemState.WITHDRAWN else None)
        or now
    )
    return net_days(working_days, start=item.started_at, end=end, pauses=pauses)
