"""The clock of a work item and of a case (时限): started, stopped, set going again, put in words.

These functions change objects in memory; the verb that calls them holds the lock and saves. The
instants they store are all that the sweep (cases.sweep) ever compares.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cases.models import Level, WorkItem, WorkItemState
from cases.models.work_item import RUNNING
from cases.working_time import Calendar, Deadline, Pause, civil_day, deadline, remaining

CLOCK_FIELDS = ["started_at", "due_at", "yellow_at", "check_at", "cycle"]
# Red begins right after the due instant; the database keeps microseconds.
AN_INSTANT = timedelta(microseconds=1)


def start_clock(work_item: WorkItem, *, at: datetime, calendar: Calendar) -> None:
    """Start the clock (起算): acceptance for parallel items, the predecessor's decision for others.

    最多跑一次规定 art. 5.
    """
    work_item.started_at = at
    _run(work_item, deadline(calendar, start=at, budget=work_item.promised_days), at)


def stop_clock(work_item: WorkItem, *, at: datetime) -> None:
    """Stop the clock for a pause, a decision or a withdrawal.

    `check_at` stays only where a card fell due before `at` and no sweep has come by since: the
    sweep then still issues it, so an outage delays cards and never drops them.
    """
    if work_item.check_at is None or work_item.check_at > at:
        work_item.check_at = None
    work_item.due_at = work_item.yellow_at = None


def resume_clock(
    work_item: WorkItem, *, at: datetime, calendar: Calendar, pauses: Sequence[Pause]
) -> None:
    """Set the clock going again after a pause; `pauses` are all closed ones, the last just ended.

    The cycle rises where the pause took the item out of warning, so that it may be warned anew; an
    item that is still in warning keeps the cards it has. Raises ValueError without a pause.
    """
    if not pauses or work_item.started_at is None:
        raise ValueError("A clock resumes after a start and a pause.")
    *earlier, (stopped, _) = sorted(pauses)
    before = projected(work_item, calendar, earlier)
    after = projected(work_item, calendar, pauses)
    warned = before.yellow_at <= stopped
    if warned and after.yellow_at > at:
        work_item.cycle += 1
    elif warned:
        # Still in the warning of before the pause, whether or not a sweep has issued its card.
        after, at = replace(after, yellow_at=before.yellow_at), before.yellow_at
    _run(work_item, after, at)


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


def level(work_item: WorkItem, *, now: datetime) -> Level | None:
    """Return the warning in which a running clock stands at an instant (黄牌、红牌)."""
    if work_item.due_at is None or work_item.yellow_at is None:
        return None
    if now > work_item.due_at:
        return Level.RED
    return Level.YELLOW if now >= work_item.yellow_at else None


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
    """Return the deadline that follows from the stored facts and closed pauses."""
    if work_item.started_at is None:
        raise ValueError("The clock has not begun.")
    return deadline(
        calendar, start=work_item.started_at, budget=work_item.promised_days, pauses=pauses
    )


def _run(work_item: WorkItem, result: Deadline, at: datetime) -> None:
    """Store the instants; a warning that fell into a pause begins when the clock runs again."""
    work_item.due_at = result.due_at
    work_item.yellow_at = min(max(result.yellow_at, at), result.due_at)
    work_item.check_at = work_item.yellow_at
