"""The lists behind the figures (清单): work items and cases, narrowed by every filter."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from cases.models import Card, Level, WorkItem
from cases.supervision import figures, rows, stages
from cases.supervision.figures import CASE_LISTS, CLOCKS
from cases.supervision.pages.frame import Frame, frame
from cases.supervision.scope import Cases, Items
from cases.supervision.selection import CARD_LISTS, WEEKDAYS, Selection
from cases.supervision.tables import MOST_ROWS, Row, Table
from portal.accounts.models import User

PER_PAGE = 50


def work_items(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return one list of work items, a page of it."""
    seen = frame(reader, given)
    page = Paginator(_read(seen), PER_PAGE).get_page(given.get("page"))
    name = list_name(seen.choice)
    is_late = name in {"red", "late", "late_at_window", "stage", "reds"}
    return seen.context(
        "cases:supervision-work-items" if is_late else "cases:supervision",
        table(seen, [row_of(seen)(item) for item in page]),
        heading=heading(page.paginator.count, name, seen),
        page=page,
        kind=name,
        list_filters=True,
        download_url=f"{reverse('cases:supervision-excel', args=['work-items'])}"
        f"?{seen.choice.query()}",
        most_rows=MOST_ROWS,
    )


def work_items_sheet(seen: Frame) -> list[Table]:
    """Return the whole list for a download, as far as one file goes."""
    found = _read(seen)[: MOST_ROWS + 1]
    return [table(seen, [row_of(seen)(item) for item in found])]


def cases(reader: User, given: Mapping[str, str]) -> dict[str, Any]:
    """Return one list of cases as the window received or accepted them, a page of it."""
    seen = frame(reader, given)
    page = Paginator(_chosen_cases(seen), PER_PAGE).get_page(given.get("page"))
    name = _case_list(seen.choice)
    return seen.context(
        "cases:supervision",
        _case_table(seen, [rows.case_row(case) for case in page]),
        heading=heading(page.paginator.count, name, seen),
        page=page,
        kind=name,
        own={"clock": name},
        download_url=f"{reverse('cases:supervision-excel', args=['cases'])}?{seen.choice.query()}",
        most_rows=MOST_ROWS,
    )


def cases_sheet(seen: Frame) -> list[Table]:
    found = _chosen_cases(seen)[: MOST_ROWS + 1]
    return [_case_table(seen, [rows.case_row(case) for case in found])]


# ---- what a list holds --------------------------------------------------------------------------


def list_name(choice: Selection) -> str:
    """Return which list an address means; "stage" for those late in one stage of the period."""
    if choice.clock in CASE_LISTS or not choice.clock:
        return "stage" if choice.stage else "open"
    return choice.clock


def of_period(name: str) -> bool:
    """Tell whether a list is about what was done in the period."""
    return name == "stage" or (name in CLOCKS and CLOCKS[name][1])


def chosen(seen: Frame) -> Items:
    """Return the work items of a list; the same condition as the figure that opens it."""
    choice, now = seen.choice, seen.now
    name = list_name(choice)
    items = by_cards(choice, choice.scope.work_items())
    if name == "stage":
        return _late_in_stage(seen, items)
    if choice.stage:
        late = _late_in_stage(seen, WorkItem.objects.all()).order_by().values("pk")
        items = items.filter(pk__in=late) if of_period(name) else items.filter(_card(choice))
    if name in CARD_LISTS:
        return _carded(items, CARD_LISTS[name][1], choice)
    found = figures.listed(items, name, now=now, period=choice.period)
    return found.filter(**at(choice, "decided_at")) if name == "decided" else found


def at(choice: Selection, instant: str) -> dict[str, int]:
    """Return the condition that something happened on the chosen weekday, in the chosen hour."""
    if choice.weekday_and_hour is None:
        return {}
    weekday, hour = choice.weekday_and_hour
    return {f"{instant}__iso_week_day": weekday, f"{instant}__hour": hour}


def by_cards(choice: Selection, items: Items) -> Items:
    """Return the work items whose standing cards have been seen and explained, or have not."""
    for wanted, missing in (
        (choice.seen, Q(seen_at=None)),
        (choice.explained, Q(explained_at=None)),
    ):
        if wanted:
            unanswered = Exists(_standing_cards().filter(missing))
            answered = Exists(_standing_cards()) & ~unanswered
            items = items.filter(unanswered if wanted == "no" else answered)
    return items


def _late_in_stage(seen: Frame, items: Items) -> Items:
    choice = seen.choice
    return stages.listed(items, choice.stage, choice.period, now=seen.now, calendar=seen.calendar)


def _card(choice: Selection) -> Exists:
    return Exists(_standing_cards().filter(stage=choice.stage))


def _carded(items: Items, level: str, choice: Selection) -> Items:
    begin, after = choice.period.instants
    issued = Card.objects.filter(
        work_item=OuterRef("pk"),
        level=level,
        revoked_at=None,
        issued_at__gte=begin,
        issued_at__lt=after,
    )
    return items.filter(Exists(issued)).order_by("-pk")


def _standing_cards() -> Any:
    return Card.objects.filter(work_item=OuterRef("pk"), cycle=OuterRef("cycle"), revoked_at=None)


# ---- how a list reads ---------------------------------------------------------------------------


def heading(count: int, name: str, seen: Frame) -> str:
    """Return how many a list has, and of what."""
    choice = seen.choice
    label = _label(name, choice).removeprefix("期内")
    when = choice.period_words if label != _label(name, choice) or name == "stage" else ""
    narrowed = _narrowed(choice)
    if not count:
        return (
            f"{seen.where}{when}没有{narrowed}{label}的{'联办件' if name in CASE_LISTS else '办件'}"
        )
    return f"{seen.where}{when}{narrowed}{label} {count:,} 件"


def _label(name: str, choice: Selection) -> str:
    if name == "stage":
        return f"{stages.STAGES[choice.stage]}超时"
    if name in CARD_LISTS:
        return CARD_LISTS[name][0]
    return CLOCKS[name][0] if name in CLOCKS else CASE_LISTS[name]


def _narrowed(choice: Selection) -> str:
    words = {"no": "未", "yes": "已"}
    when = choice.weekday_and_hour
    moment = f"{WEEKDAYS[when[0] - 1]} {when[1]} 时" if when else ""
    parts = [
        f"{words[chosen]}{act}"
        for chosen, act in ((choice.seen, "知悉"), (choice.explained, "说明"))
        if chosen
    ]
    return moment + (f"{'、'.join(parts)}的" if parts else "")


def table(seen: Frame, made: list[Row], name: str = "list", title: str = "") -> Table:
    kind = list_name(seen.choice)
    columns = rows.DONE if of_period(kind) else rows.STANDING
    return Table(name, title or f"{_label(kind, seen.choice)}清单", columns, made)


def row_of(seen: Frame) -> Callable[[WorkItem], Row]:
    """Return what makes a row of the list: how it was done, or how it stands."""
    if of_period(list_name(seen.choice)):
        return rows.done_row
    return lambda item: rows.standing_row(item, seen.now, seen.calendar)


def _read(seen: Frame) -> Items:
    """Return the work items of a list with what its rows show."""
    with_all = rows.with_names if of_period(list_name(seen.choice)) else rows.with_cards
    return with_all(chosen(seen))


def worst(seen: Frame, count: int) -> Table:
    """Return the work items that are over longest, for the front page."""
    red = figures.listed(
        by_cards(seen.choice, seen.choice.scope.work_items()),
        Level.RED.value,
        now=seen.now,
        period=seen.choice.period,
    )
    made = [
        rows.standing_row(item, seen.now, seen.calendar) for item in rows.with_cards(red)[:count]
    ]
    return Table("worst", "红牌清单", rows.STANDING, made, empty="正在计时的办件都没有超过时限。")


def _chosen_cases(seen: Frame) -> Cases:
    name = _case_list(seen.choice)
    choice = seen.choice
    found = figures.listed_cases(choice.scope.cases(), name, period=choice.period)
    if name == "received":
        found = found.filter(**at(choice, "submitted_at"))
    return rows.with_one_thing(found)


def _case_list(choice: Selection) -> str:
    return choice.clock if choice.clock in CASE_LISTS else "received"


def _case_table(seen: Frame, made: list[Row]) -> Table:
    label = CASE_LISTS[_case_list(seen.choice)]
    return Table("list", f"{label}清单", rows.OF_CASES, made)


def url(choice: Selection, clock_name: str, **changes: str) -> str:
    """Return the address of the list that a figure counts."""
    page = "cases" if clock_name in CASE_LISTS else "work-items"
    return f"{reverse(f'cases:supervision-{page}')}?{choice.general(clock=clock_name, **changes)}"
