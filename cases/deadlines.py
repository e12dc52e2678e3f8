"""The clock of a work item and of a case (时限): started, stopped, set going again, put in words.

These functions change objects in memory; the verb that calls them holds the lock and saves. The
instants they store are all that the sweep (cases.sweep) ever compares. What a clock still owes by
the instants in its row is issued before they change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cases import issuing
from cases.models import Level, Limit, Stage, WorkItem, WorkItemState
from cases.models.work_item import RUNNING
from cases.working_time import (
    Calendar,
    Deadline,
    Pause,
    civil_day,
    counted_from,
    deadline,
    gross_days,
    net_days,
    remaining,
)

CLOCK_FIELDS = ["started_at", "due_at", "yellow_at", "check_at", "cycle"]
# Red begins right after the due instant; the database keeps microseconds.
AN_INSTANT = timedelta(microseconds=1)


class Used(NamedTuple):
    """Working days that a work item has taken, without its pauses and with them."""

    net: float
    gross: float


def start_clock(work_item: WorkItem, *, at: datetime, calendar: Calendar) -> None:
    """Start the clock (起算): acceptance for parallel items, the predecessor's decision for others.

    最多跑一次规定 art. 5.
    """
    work_item.started_at = at
    _run(work_item, projected(work_item, calendar, ()), at)


def stop_clock(work_item: WorkItem, *, at: datetime) -> None:
    """Stop the clock for a pause, a decision or a withdrawal.

    A card that fell due before `at` while no sweep came by is issued first: an outage delays cards
    and never drops them.
    """
    _settle(work_item, at)
    work_item.check_at = work_item.due_at = work_item.yellow_at = None


def end_clock(
    work_item: WorkItem, *, at: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> None:
    """Stop the clock for a decision and keep what it came to: net days, and whose lateness.

    Raises ValueError before the start.
    """
    if work_item.started_at is None:
        raise ValueError("The clock has not begun.")
    start = counted_from(calendar, work_item.started_at, work_item.budget)
    # Decided before the opening; or the movable clock of demo and test has gone back since.
    work_item.net_days = net_days(calendar, start=start, end=max(at, start), pauses=pauses)
    if work_item.due_at and at > work_item.due_at:
        work_item.late_stage = _late_stage(work_item, at, calendar, pauses)
    stop_clock(work_item, at=at)


def resume_clock(
    work_item: WorkItem, *, at: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> None:
    """Set the clock going again after a pause; `pauses` are all closed ones, the last just ended.

    The cycle rises where the item is out of warning now, so that it may be warned anew; an item
    that is still in warning keeps the cards it has. Raises ValueError without a pause.
    """
    if not pauses or work_item.started_at is None:
        raise ValueError("A clock resumes after a start and a pause.")
    *earlier, (stopped, _) = sorted(pauses)
    before = projected(work_item, calendar, earlier)
    _go_on(work_item, before, projected(work_item, calendar, pauses), stopped=stopped, at=at)


def extend_clock(
    work_item: WorkItem,
    *,
    days: int,
    at: datetime,
    calendar: Calendar,
    pauses: Sequence[Pause],
) -> None:
    """Give a running work item more working days (延期); due and yellow instants follow at once.

    `pauses` are the closed ones. The cycle rises where the extension takes the item out of warning.
    Raises ValueError before a start and for less than a day.
    """
    if days < 1 or work_item.started_at is None:
        raise ValueError("A clock that has begun is extended by one day or more.")
    before = projected(work_item, calendar, pauses)
    work_item.extended_days += days
    after = projected(work_item, calendar, pauses)
    _settle(work_item, at)
    _go_on(work_item, before, after, stopped=at, at=at)


def case_deadline(
    *,
    accepted_at: datetime,
    promised_days: int,
    calendar: Calendar,
    pauses: Iterable[Pause] = (),
) -> datetime:
    """Return when the whole case is due: the one-thing's promise in working days from acceptance.

    `pauses` are those of items on the critical path; days paused twice are left out once.
    """
    promise = deadline(calendar, start=accepted_at, budget=promised_days, pauses=pauses)
    return promise.due_at


def binding(work_item: WorkItem) -> Limit:
    """Return the limit that binds: the shorter one (最多跑一次规定 art. 12)."""
    statutory = work_item.statutory_days
    shorter = statutory is not None and statutory < work_item.promised_days
    return Limit.STATUTORY if shorter else Limit.PROMISED


def level(work_item: WorkItem, *, now: datetime) -> Level | None:
    """Return the warning in which a running clock stands at an instant (黄牌、红牌)."""
    if work_item.due_at is None or work_item.yellow_at is None:
        return None
    return _standing(work_item.yellow_at, work_item.due_at, now)


def card_words(work_item: WorkItem, *, now: datetime, calendar: Calendar) -> str:
    """Return how the clock stands in a few words; empty once the item is decided or ended."""
    if work_item.state == WorkItemState.PAUSED:
        return "暂停计时"
    if work_item.state == WorkItemState.WAITING:
        return "等待前置结果"
    if work_item.state not in RUNNING or work_item.due_at is None:
        return ""
    days = remaining(calendar, civil_day(now), civil_day(work_item.due_at))
    if now > work_item.due_at:
        return f"超 {-days} 个工作日" if days else "已超时"
    return f"剩 {days} 个工作日" if days else "今天到期"


def projected(work_item: WorkItem, calendar: Calendar, pauses: Iterable[Pause]) -> Deadline:
    """Return the deadline that follows from the stored facts and closed pauses.

    Raises ValueError before the start.
    """
    if work_item.started_at is None:
        raise ValueError("The clock has not begun.")
    return deadline(
        calendar,
        start=work_item.started_at,
        budget=work_item.budget,
        pauses=pauses,
        warn_days=work_item.warn_days,
    )


def closed_pauses(work_item: WorkItem) -> list[Pause]:
    """Return the ended pauses of a work item; lists prefetch its suspensions."""
    return [(one.began_at, one.ended_at) for one in work_item.suspensions.all() if one.ended_at]


def used_days(work_item: WorkItem, now: datetime, calendar: Calendar) -> Used | None:
    """Return net and gross working days up to the item's end, or now; none before its start."""
    if work_item.started_at is None:
        return None
    start = counted_from(calendar, work_item.started_at, work_item.budget)
    gone = None if work_item.is_open else work_item.case.closed_at
    # Before the opening; or the movable clock of demo and test has gone back since.
    end = max(work_item.decided_at or gone or now, start)
    net = work_item.net_days
    if net is None:
        pauses = [
            (p.began_at, p.ended_at or max(now, p.began_at)) for p in work_item.suspensions.all()
        ]
        net = net_days(calendar, start=start, end=end, pauses=pauses)
    return Used(net, gross_days(calendar, start=start, end=end))


def _late_stage(
    work_item: WorkItem, at: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> Stage:
    """Return whose lateness it is: the window's where it used up the department's own time.

    After a deemed acceptance the item reaches the desk later than its legal start.
    """
    if work_item.desk_at is None:
        return Stage.DEPARTMENT
    own = deadline(calendar, start=work_item.desk_at, budget=work_item.budget, pauses=pauses)
    return Stage.INTAKE if at <= own.due_at else Stage.DEPARTMENT


def _settle(work_item: WorkItem, at: datetime) -> None:
    """Issue what the clock owes by the instants in its row, before they are overwritten."""
    if work_item.pk and work_item.check_at and work_item.check_at <= at:
        issuing.settle([work_item.pk], at=at)


def _go_on(
    work_item: WorkItem, before: Deadline, after: Deadline, *, stopped: datetime, at: datetime
) -> None:
    """Run on with a new deadline; raise the cycle where the item is out of the warning it has had.

    That is read off its cards: the calendar may have changed since they were issued.
    """
    issued = _issued(work_item, before, stopped)
    stands = _standing(after.yellow_at, after.due_at, at)
    if issued is None or stands is None or (issued, stands) == (Level.RED, Level.YELLOW):
        work_item.cycle += issued is not None
        _run(work_item, after, at)
        return
    # Still in that warning, with the card it has; only red can be to come.
    _run(work_item, replace(after, yellow_at=before.yellow_at), before.yellow_at)
    work_item.check_at = None if issued == Level.RED else after.due_at + AN_INSTANT


def _issued(work_item: WorkItem, before: Deadline, stopped: datetime) -> Level | None:
    """Return the highest card of the cycle; an item that is no row yet would have had it by now."""
    if work_item.pk is None:
        return _standing(before.yellow_at, before.due_at, stopped)
    cards = work_item.cards.filter(cycle=work_item.cycle)
    levels = set(cards.values_list("level", flat=True))
    return next((level for level in (Level.RED, Level.YELLOW) if level in levels), None)


def _standing(yellow_at: datetime, due_at: datetime, at: datetime) -> Level | None:
    """Return the warning in which a clock with these instants stands."""
    if at > due_at:
        return Level.RED
    return Level.YELLOW if at >= yellow_at else None


def _run(work_item: WorkItem, result: Deadline, at: datetime) -> None:
    """Store the instants; a warning that fell into a pause begins when the clock runs again."""
    work_item.due_at = result.due_at
    work_item.yellow_at = min(max(result.yellow_at, at), result.due_at)
    work_item.check_at = work_item.yellow_at
