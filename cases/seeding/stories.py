"""What becomes of one synthetic case, told along the calendar and cut off at the present. Pure.

Of 100 items about 80 are decided before any warning, 13 in warning, 7 late; 6 pause on the way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from cases.models import CaseState, WorkItemState
from cases.routing import Plan, Step
from cases.working_time import (
    SHANGHAI,
    Calendar,
    Deadline,
    Pause,
    civil_day,
    counted_from,
    deadline,
    net_days,
)

WINDOW_TERM = 10
ANSWER_TERM = 5
LATE, WARNED, PAUSED, REFUSED = 0.07, 0.13, 0.06, 0.03
# Share of the items still at work whose clock stands.
STANDING = 0.2


@dataclass(slots=True)
class ItemStory:
    """One work item as it stands at the present; what has not happened yet is empty."""

    step: Step
    state: WorkItemState
    clock: Deadline | None = None
    started_at: datetime | None = None
    claimed_at: datetime | None = None
    decided_at: datetime | None = None
    ended_at: datetime | None = None  # when it was closed for want of a prerequisite
    pause: tuple[datetime, datetime | None] | None = None
    pause_due: datetime | None = None
    for_supplement: bool = False
    net_days: float | None = None
    cards: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def was_late(self) -> bool:
        return bool(self.decided_at and self.clock and self.decided_at > self.clock.due_at)


@dataclass(slots=True)
class CaseStory:
    """One case as it stands at the present."""

    state: CaseState
    created_at: datetime
    submitted_at: datetime | None = None
    asked_at: datetime | None = None
    lapses_at: datetime | None = None
    answered_at: datetime | None = None
    deemed_at: datetime | None = None  # the end of the window's term
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    items: list[ItemStory] = field(default_factory=list)

    @property
    def received_at(self) -> datetime | None:
        return self.answered_at or self.submitted_at


@dataclass(frozen=True, slots=True)
class Fate:
    """What a case is meant to become: when it was filed, and how far it gets."""

    filed_at: datetime
    ends: str  # draft | waiting | returned | open | refused | lapsed | completed


class Teller:
    """Tells stories that are true to the rules of the clock; reproducible for a given seed."""

    def __init__(self, calendar: Calendar, random: Random, now: datetime, promised: int) -> None:
        self.calendar, self.random, self.now, self.promised = calendar, random, now, promised
        self.today = civil_day(now)

    def fate(self, plan: Plan, *, is_open: bool) -> Fate:
        """Draw how a case of this route ends and when it must have been filed for that."""
        roll = self.random.random()
        if not is_open:
            ends = "refused" if roll < 0.03 else "lapsed" if roll < 0.05 else "completed"
            # Long enough ago for every item to be decided, pauses and lateness included.
            latest = self.calendar.add(self.today, -(plan.days + 25))
            return Fate(self._filing(latest - timedelta(days=self.random.randrange(330))), ends)
        if roll < 0.03:
            return Fate(self._filed_within(20), "draft")
        if roll < 0.15:
            return Fate(self._filed_within(4), "waiting")
        if roll < 0.21:
            return Fate(self._filed_within(9), "returned")
        return Fate(self._filed_within(plan.days + 3), "open")

    def tell(self, plan: Plan, fate: Fate) -> CaseStory:
        """Return the story of a case of this route."""
        created = fate.filed_at - timedelta(minutes=self.random.randrange(10, 200))
        story = CaseStory(CaseState.DRAFT, created)
        if fate.ends == "draft":
            return story
        story.state, story.submitted_at = CaseState.SUBMITTED, fate.filed_at
        if fate.ends != "waiting":
            self._pass_the_window(story, fate)
        assert story.received_at is not None  # noqa: S101 – it is submitted
        term = self.calendar.add(civil_day(story.received_at), ANSWER_TERM)
        story.deemed_at = self.calendar.closing(term)
        if story.state == CaseState.ACCEPTED:
            self._handle(story, plan, hold=fate.ends == "open")
        return story

    def _pass_the_window(self, story: CaseStory, fate: Fate) -> None:
        looked_at = self._next_desk_hour(fate.filed_at)
        asks = fate.ends in {"returned", "lapsed"} or self.random.random() < 0.06
        if asks and looked_at < self.now:
            story.asked_at = looked_at
            term = self.calendar.add(civil_day(looked_at), WINDOW_TERM)
            story.lapses_at = self.calendar.closing(term)
            story.state = CaseState.RETURNED
            answered = self._later(looked_at, self.random.randrange(1, 6))
            if fate.ends == "lapsed":
                self._close(story, CaseState.WITHDRAWN, story.lapses_at)
            if fate.ends in {"returned", "lapsed"} or answered >= self.now:
                return
            story.state, story.answered_at = CaseState.SUBMITTED, answered
            looked_at = self._next_desk_hour(answered)
        if looked_at >= self.now:
            return
        if fate.ends == "refused":
            self._close(story, CaseState.REFUSED, looked_at)
            return
        story.state, story.accepted_at = CaseState.ACCEPTED, looked_at

    def _close(self, story: CaseStory, state: CaseState, at: datetime) -> None:
        story.state, story.closed_at = state, at

    def _handle(self, story: CaseStory, plan: Plan, *, hold: bool) -> None:
        """Let the departments work on an accepted case up to the present."""
        accepted = story.accepted_at
        assert accepted is not None  # noqa: S101 – the state says so
        held = self.random.choice(plan.steps).code if hold else ""
        told: dict[str, ItemStory] = {}
        for step in plan.steps:
            told[step.code] = self._item(step, accepted, told, is_held=step.code == held)
        story.items = list(told.values())
        pauses = [
            (item.pause[0], item.pause[1])
            for item in story.items
            if item.pause and item.pause[1] and item.step.code in plan.critical
        ]
        promise = deadline(
            self.calendar, start=accepted, budget=self.promised, pauses=closed(pauses)
        )
        story.due_at = promise.due_at
        ends = [item.decided_at or item.ended_at for item in story.items]
        if all(ends):
            self._close(story, CaseState.COMPLETED, max(end for end in ends if end))

    def _item(
        self, step: Step, accepted: datetime, told: dict[str, ItemStory], *, is_held: bool
    ) -> ItemStory:
        began = accepted
        for need in step.needs:
            before = [told[code] for code in need.any_of]
            settled = [other.decided_at or other.ended_at for other in before]
            met = [o.decided_at for o in before if o.state == WorkItemState.APPROVED]
            if need.is_hard and not met and all(settled):
                lost_at = max(end for end in settled if end)
                return ItemStory(step, WorkItemState.CLOSED, ended_at=max(lost_at, began))
            if not (met if need.is_hard else all(settled)):
                return ItemStory(step, WorkItemState.WAITING)
            reached = [instant for instant in (met if need.is_hard else settled) if instant]
            began = max(began, min(reached) if need.is_hard else max(reached))
        return self._running(step, began, is_held=is_held)

    def _running(self, step: Step, began: datetime, *, is_held: bool) -> ItemStory:
        item = ItemStory(step, WorkItemState.READY, started_at=began)
        budget = step.item.promised_days
        share = STANDING if is_held else PAUSED
        pause = self._pause(began) if budget and self.random.random() < share else None
        item.for_supplement = pause is not None and self.random.random() < 0.7
        pauses = [pause] if pause else []
        item.clock = deadline(self.calendar, start=began, budget=budget, pauses=pauses)
        decided = self._decision(began, item.clock, pause)
        claimed = self._claim(began, pause[0] if pause else decided)
        if claimed < self.now and not (is_held and self.random.random() < 0.4):
            item.state, item.claimed_at = WorkItemState.HANDLING, claimed
            self._cut(item, pause, decided, is_held=is_held)
        elif pause:
            # Nobody has claimed it, so nobody can have paused it.
            item.clock = deadline(self.calendar, start=began, budget=budget)
        if item.state != WorkItemState.PAUSED:
            self._warn(item)
        return item

    def _cut(
        self, item: ItemStory, pause: Pause | None, decided: datetime, *, is_held: bool
    ) -> None:
        """Leave out of a claimed item's way what lies beyond the present."""
        assert item.started_at is not None  # noqa: S101
        if pause and pause[0] < self.now:
            term = self.calendar.closing(self.calendar.add(civil_day(pause[0]), WINDOW_TERM))
            item.pause_due = term if item.for_supplement else None
            is_over = pause[1] < self.now and not (is_held and term > self.now)
            item.pause = (pause[0], pause[1] if is_over else None)
            if not is_over:
                item.state = WorkItemState.PAUSED
                return
        elif pause:
            budget = item.step.item.promised_days
            item.clock = deadline(self.calendar, start=item.started_at, budget=budget)
        if decided < self.now and not is_held:
            refused = self.random.random() < REFUSED
            item.state = WorkItemState.REFUSED if refused else WorkItemState.APPROVED
            item.decided_at = decided
            budget = item.step.item.promised_days
            start = counted_from(self.calendar, item.started_at, budget)
            item.net_days = net_days(
                self.calendar,
                start=start,
                end=max(decided, start),
                pauses=closed([item.pause] if item.pause else []),
            )

    def _warn(self, item: ItemStory) -> None:
        """Give the item the cards that its clock has reached; they bear their true instants."""
        assert item.clock is not None  # noqa: S101
        until = item.decided_at or self.now
        resumed = item.pause[1] if item.pause and item.pause[1] else item.clock.yellow_at
        yellow_at = min(max(item.clock.yellow_at, resumed), item.clock.due_at)
        if yellow_at <= until:
            item.cards.append(("yellow", yellow_at))
        if item.clock.due_at < until:
            item.cards.append(("red", item.clock.due_at))
        item.clock = Deadline(item.clock.due_on, item.clock.due_at, yellow_at)

    def _decision(self, began: datetime, clock: Deadline, pause: Pause | None) -> datetime:
        roll = self.random.random()
        earliest = max(began, pause[1]) if pause else began
        if roll < LATE:
            return self._later(clock.due_at, self.random.randrange(1, 4))
        if roll < LATE + WARNED or clock.yellow_at <= earliest:
            return self._between(max(earliest, clock.yellow_at), clock.due_at)
        return self._between(earliest, clock.yellow_at)

    def _between(self, begin: datetime, end: datetime) -> datetime:
        """A moment between two instants, in business hours where they leave room for it."""
        first = civil_day(begin)
        days = self.calendar.between(first, civil_day(end))
        moment = self._on(self.calendar.add(first, self.random.randrange(days + 1)))
        if begin < moment < end:
            return moment
        return begin + (end - begin) * self.random.uniform(0.1, 0.9)

    def _claim(self, began: datetime, before: datetime) -> datetime:
        same_day = self._on(civil_day(began))
        if began < same_day < before:
            return same_day
        return began + (before - began) / 4

    def _pause(self, began: datetime) -> Pause:
        """A pause begins on the start day, before any warning, and lasts 1 to 6 days."""
        midnight = datetime.combine(civil_day(began) + timedelta(days=1), time(), SHANGHAI)
        begin = began + (midnight - began) * self.random.uniform(0.01, 0.1)
        return begin, self._later(begin, self.random.randrange(1, 7))

    def _next_desk_hour(self, instant: datetime) -> datetime:
        """When the window gets round to something: the same day or up to two working days later."""
        same_day = self._on(civil_day(instant))
        if self.calendar.is_working(civil_day(instant)) and same_day > instant:
            return same_day
        return self._later(instant, self.random.randrange(1, 3))

    def _later(self, instant: datetime, days: int) -> datetime:
        """A moment in business hours some working days later."""
        return self._on(self.calendar.add(civil_day(instant), days))

    def _on(self, day: date) -> datetime:
        """A moment in the business hours of a day."""
        minute = self.random.randrange(7 * 60)
        opens = time(9, 0) if minute < 180 else time(10, 30)
        begin = datetime.combine(day, opens, SHANGHAI)
        return begin + timedelta(minutes=minute, seconds=self.random.randrange(60))

    def _filed_within(self, working_days: int) -> datetime:
        oldest = self.calendar.add(self.today, -working_days)
        span = (self.today - oldest).days
        moment = self._filing(oldest + timedelta(days=self.random.randrange(span + 1)))
        return min(moment, self.now - timedelta(minutes=self.random.randrange(1, 60)))

    def _filing(self, day: date) -> datetime:
        """People file from eight in the morning to ten at night, most of them by day."""
        hour = self.random.choice((8, 9, 9, 10, 10, 10, 11, 13, 14, 14, 15, 15, 16, 19, 20, 21))
        begin = datetime.combine(day, time(hour), SHANGHAI)
        return begin + timedelta(seconds=self.random.randrange(3600))


def closed(pauses: Iterable[tuple[datetime, datetime | None]]) -> list[Pause]:
    """Return the pauses that have ended."""
    return [(begin, end) for begin, end in pauses if end]
