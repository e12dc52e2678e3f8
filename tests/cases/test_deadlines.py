from datetime import datetime, timedelta

import pytest

from cases import deadlines
from cases.models import Level, Limit, WorkItem, WorkItemState
from cases.working_time import SHANGHAI, Calendar
from tests.cases.notices import exceptions

CALENDAR = Calendar(exceptions(), frozenset({2026}))


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant in November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def running(days: int = 3, **more: int) -> WorkItem:
    """Accepted Monday 10:00; with 3 days: yellow Wednesday 9:00, due Thursday 17:30."""
    item = WorkItem(state=WorkItemState.HANDLING, promised_days=days, **more)
    deadlines.start_clock(item, at=on(23, 10), calendar=CALENDAR)
    return item


def paused(item: WorkItem, begin: datetime, end: datetime) -> WorkItem:
    deadlines.stop_clock(item, at=begin)
    deadlines.resume_clock(item, at=end, calendar=CALENDAR, pauses=[(begin, end)])
    return item


def test_a_started_clock_knows_its_instants_and_is_looked_at_when_yellow() -> None:
    item = running()

    assert item.started_at == on(23, 10)
    assert item.due_at == on(26, 17, 30)
    assert item.yellow_at == item.check_at == on(25, 9)


def test_a_stopped_clock_has_no_instants() -> None:
    item = running()

    deadlines.stop_clock(item, at=on(24, 9))

    assert (item.due_at, item.yellow_at, item.check_at) == (None, None, None)
    assert item.started_at == on(23, 10)


def test_a_pause_moves_due_and_yellow() -> None:
    # Tue counts, Wed and Thu are left out: Fri (2), Mon 30 (3).
    item = paused(running(), on(24, 10), on(26, 15))

    assert item.due_at == on(30, 17, 30)
    assert item.yellow_at == item.check_at == on(27, 9)
    assert item.cycle == 0


def test_a_pause_that_ends_a_warning_begins_a_new_cycle() -> None:
    # Yellow since Wed 9:00; Thu is left out, so due Fri, and yellow Thu 9:00 is still to come.
    item = paused(running(), on(25, 10), on(26, 8))

    assert item.yellow_at == on(26, 9)
    assert item.cycle == 1


def test_a_pause_that_changes_nothing_keeps_the_cycle() -> None:
    item = paused(running(), on(25, 10), on(25, 16))

    assert item.due_at == on(26, 17, 30)
    assert item.cycle == 0


def test_after_a_pause_within_a_warning_only_red_is_to_come() -> None:
    # Yellow since Wed 9:00, whose card was issued at the latest when the clock stopped.
    item = paused(running(), on(25, 10), on(25, 16))

    assert item.yellow_at == on(25, 9)
    assert item.check_at == on(26, 17, 30) + deadlines.AN_INSTANT


def test_an_item_that_fell_due_while_it_stood_turns_red_when_the_clock_runs_again() -> None:
    # The day a pause begins is counted, so Thursday stays the due day.
    item = paused(running(), on(26, 10), on(27, 10))

    assert item.due_at == on(26, 17, 30)
    assert item.check_at == item.due_at + deadlines.AN_INSTANT < on(27, 10)


def test_a_red_item_has_nothing_more_to_come() -> None:
    assert paused(running(), on(27, 10), on(30, 10)).check_at is None


def test_an_overdue_item_stays_in_its_cycle() -> None:
    item = paused(running(), on(27, 10), on(30, 10))

    assert item.due_at == on(26, 17, 30)
    assert item.cycle == 0


def test_a_warning_inside_the_pause_begins_when_the_clock_runs_again() -> None:
    # Paused before it was yellow; Tue and Wed count, Thu and Fri are left out: due Mon 30. One day
    # is left from Fri 9:00 on, but the clock stood until 15:00.
    item = paused(running(), on(25, 8), on(27, 15))

    assert item.due_at == on(30, 17, 30)
    assert item.yellow_at == item.check_at == on(27, 15)
    assert item.cycle == 0


def test_resuming_needs_a_pause() -> None:
    with pytest.raises(ValueError):
        deadlines.resume_clock(running(), at=on(24, 9), calendar=CALENDAR, pauses=[])


@pytest.mark.parametrize(
    ("statutory", "limit", "due"),
    [
        (2, Limit.STATUTORY, on(25, 17, 30)),
        (3, Limit.PROMISED, on(26, 17, 30)),
        (20, Limit.PROMISED, on(26, 17, 30)),
    ],
)
def test_the_shorter_limit_binds(statutory: int, limit: Limit, due: datetime) -> None:
    item = running(3, statutory_days=statutory)

    assert deadlines.binding(item) == limit
    assert item.due_at == due


def test_without_a_statutory_limit_the_promise_binds() -> None:
    assert deadlines.binding(running()) == Limit.PROMISED


def test_an_items_own_threshold_moves_yellow_through_pauses_and_extensions() -> None:
    # 10 days: due Mon 7 December; five days left from Mon 30 on.
    item = running(10, warn_days=5)
    assert item.yellow_at == on(30, 9)

    # Tue counts, Wed and Thu are out: due Wed 9; five left after Wed 2.
    paused(item, on(24, 10), on(26, 15))
    assert item.yellow_at == on(30, 9) + timedelta(days=2)


def extended(item: WorkItem, days: int, at: datetime) -> WorkItem:
    deadlines.extend_clock(item, days=days, at=at, calendar=CALENDAR, pauses=[])
    return item


def test_an_extension_moves_due_and_yellow_at_once() -> None:
    # 3 + 5: 24–27 (4), 30–3 December (8); yellow on Wed 2.
    item = extended(running(), 5, on(24, 10))

    assert item.extended_days == 5
    assert item.due_at == on(26, 17, 30) + timedelta(days=7)
    assert item.yellow_at == item.check_at == on(25, 9) + timedelta(days=7)
    assert item.cycle == 0


def test_an_extension_that_ends_a_warning_begins_a_new_cycle() -> None:
    item = extended(running(), 5, on(25, 10))

    assert item.cycle == 1
    assert item.yellow_at > on(25, 10)


def test_an_extension_in_the_same_warning_keeps_cycle_and_yellow() -> None:
    # 9 days are due Fri 4 December, 10 on Mon 7: yellow on Thu 3 either way.
    december = on(30, 9) + timedelta(days=3)
    item = running(9)
    assert item.yellow_at == december

    extended(item, 1, december + timedelta(hours=1))

    assert item.yellow_at == december
    assert item.due_at == december + timedelta(days=4, hours=8, minutes=30)
    assert item.cycle == 0


def test_an_extension_needs_a_day_and_a_start() -> None:
    with pytest.raises(ValueError):
        extended(running(), 0, on(24, 10))
    with pytest.raises(ValueError):
        extended(WorkItem(state=WorkItemState.WAITING, promised_days=3), 5, on(24, 10))


def test_the_case_is_due_after_its_promise_without_days_paused_twice() -> None:
    pauses = [(on(24, 10), on(26, 10)), (on(25, 10), on(27, 10))]

    plain = deadlines.case_deadline(accepted_at=on(23, 10), promised_days=30, calendar=CALENDAR)
    later = deadlines.case_deadline(
        accepted_at=on(23, 10), promised_days=30, calendar=CALENDAR, pauses=pauses
    )

    assert plain.isoformat() == "2027-01-04T17:30:00+08:00"
    assert later.isoformat() == "2027-01-07T17:30:00+08:00"


@pytest.mark.parametrize(
    ("now", "level", "words"),
    [
        (on(24, 10), None, "剩 2 个工作日"),
        (on(25, 8, 59), None, "剩 1 个工作日"),
        (on(25, 9), Level.YELLOW, "剩 1 个工作日"),
        (on(26, 10), Level.YELLOW, "今天到期"),
        (on(26, 17, 30), Level.YELLOW, "今天到期"),
        (on(26, 17, 30) + timedelta(microseconds=1), Level.RED, "已超时"),
        (on(28, 10), Level.RED, "超 1 个工作日"),
        (on(30, 10), Level.RED, "超 2 个工作日"),
    ],
)
def test_level_and_words_follow_the_clock(now: datetime, level: Level | None, words: str) -> None:
    assert deadlines.level(running(), now=now) == level
    assert deadlines.card_words(running(), now=now, calendar=CALENDAR) == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (WorkItemState.PAUSED, "暂停计时"),
        (WorkItemState.WAITING, "等待前置结果"),
        (WorkItemState.APPROVED, ""),
        (WorkItemState.WITHDRAWN, ""),
    ],
)
def test_a_clock_that_does_not_run_has_no_level(state: WorkItemState, words: str) -> None:
    item = WorkItem(state=state, promised_days=3)

    assert deadlines.level(item, now=on(30, 10)) is None
    assert deadlines.card_words(item, now=on(30, 10), calendar=CALENDAR) == words


@pytest.mark.parametrize(
    ("start", "decided", "net"),
    [
        # Saturday; counts from Monday's opening, so the same day is no day at all.
        (on(21, 10), on(23, 15), 0.0),
        # Friday evening.
        (on(20, 18), on(23, 17), 0.0),
        # Decided before the office opens.
        (on(21, 10), on(21, 11), 0.0),
        # A day late: Tuesday noon, 3 of 7 hours.
        (on(21, 10), on(24, 12), 3 / 7),
    ],
)
def test_a_same_day_item_that_came_after_hours_counts_from_the_next_opening(
    start: datetime, decided: datetime, net: float
) -> None:
    item = WorkItem(state=WorkItemState.HANDLING, promised_days=0)
    deadlines.start_clock(item, at=start, calendar=CALENDAR)

    deadlines.end_clock(item, at=decided, calendar=CALENDAR, pauses=[])

    assert item.net_days == pytest.approx(net)
    assert (item.late_stage == "") == (net == 0)
