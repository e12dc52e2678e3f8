"""Ripening (成熟): what parked items have come to on a day, from what is known by now.

Reads what many items need in a few queries and changes nothing. What is not known any more counts
as it did when the item was parked, so an outage of a source never takes a day away from anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from cases import calendar, parking, verdicts
from cases.models import ParkedItem, ParkedState, WorkItem, WorkItemState
from cases.parking import Missing
from policies.eligibility import Facts, Outcome
from policies.judging import judge, outcome
from policies.schema import Catalogue
from policies.shelf import PublishedPolicy, shelf
from portal.core.chinese import day_words, listed

# Working days before the last day at which an applicant is reminded that it closes.
REMINDER_DAYS = 10
LONGEST_REASONS = 300
WITHOUT_RESULT = (WorkItemState.REFUSED, WorkItemState.CLOSED, WorkItemState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Stay:
    """An item waits on, with this day and these conditions; `change` is told, if anything."""

    item: ParkedItem
    expected_on: date | None
    closes_on: date | None
    missing: tuple[Missing, ...]
    change: str


@dataclass(frozen=True, slots=True)
class End:
    """An item can never be ripe any more, and why."""

    item: ParkedItem
    reasons: str


@dataclass
class Outlook:
    """What became of parked items; those that stay exactly as they are stand nowhere."""

    ripe: list[ParkedItem] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    # Ripe ones whose last day a later version of the policy has moved, with the new one.
    renewed: list[tuple[ParkedItem, date | None]] = field(default_factory=list)


@dataclass
class _World:
    """All that is read for a number of parked items, by case or subject."""

    on: date
    policies: Mapping[str, PublishedPolicy]
    facts: Mapping[int, Facts]
    # Items of each case that others wait for and that wait themselves, with their days; then those
    # that ended without a result.
    waiting: dict[UUID, dict[str, date | None]]
    lost: Mapping[UUID, set[str]]


def outlook(items: Sequence[ParkedItem], on: date) -> Outlook:
    """Return what open parked items come to on a day; those that others wait for come first.

    `items` have their case with its version and one-thing.
    """
    found, world = Outlook(), _world(items, on)
    for item in items:
        judged = _Judged(item, world.policies.get(item.policy_code), world)
        if judged.has_ended:
            found.ends.append(End(item, judged.end_words()))
        elif judged.is_ripe:
            world.waiting[item.case_id].pop(item.item_code, None)
            if item.state == ParkedState.WAITING:
                found.ripe.append(item)
            if judged.is_past_its_end:
                found.renewed.append((item, judged.new_end()))
        elif stay := judged.stay():
            if item.item_code in world.waiting[item.case_id]:
                world.waiting[item.case_id][item.item_code] = stay.expected_on
            found.stays.append(stay)
    return found


def remind_on(closes_on: date | None, on: date) -> date | None:
    """Return the day of the one reminder before a last day; none where it is too near for one."""
    if closes_on is None:
        return None
    day = calendar.current().add(closes_on, -REMINDER_DAYS)
    return day if day > on else None


@dataclass
class _Judged:
    """One parked item under its policy on the day of a world."""

    item: ParkedItem
    policy: PublishedPolicy | None
    world: _World

    def __post_init__(self) -> None:
        case = self.item.case
        self.catalogue: Catalogue = case.version.catalogue
        lost = self.world.lost.get(case.pk, set())
        givers = [code for code in verdicts.suppliers(case) if code not in lost]
        self.givers = givers
        facts = self.world.facts.get(self.item.subject_id, {})
        self.facts = self._supplied(facts)
        self.own = self._outcome()
        if self.own == Outcome.UNKNOWN:
            self.facts = self._supplied({**verdicts.facts_of(self.item.snapshot), **facts})
            self.own = self._outcome()
        waiting = self.world.waiting.get(case.pk, {})
        self.awaited = {code: waiting[code] for code in _needed(self.item) if code in waiting}

    @property
    def is_past_its_end(self) -> bool:
        return self.item.closes_on is not None and self.item.closes_on < self.world.on

    @property
    def has_ended(self) -> bool:
        can_be = self.policy is not None and self.own in {Outcome.ELIGIBLE, Outcome.NOT_YET}
        return (self.is_past_its_end and not can_be) or self.is_abolished

    @property
    def is_abolished(self) -> bool:
        """Whether its policy is in force no more, and no later version is known."""
        if self.policy is None or self.own != Outcome.NOT:
            return False
        on = self.world.on
        later = (one for one in self.policy.versions if one.begins and one.begins > on)
        return self.policy.version(self.facts, on) is None and all(
            one.document.closed for one in later
        )

    def new_end(self) -> date | None:
        return judge(self.policy, self.facts, self.world.on).closes_on if self.policy else None

    @property
    def is_ripe(self) -> bool:
        if self.awaited:
            return False
        if self.own == Outcome.ELIGIBLE:
            return True
        if self.own == Outcome.UNKNOWN:
            expected = self.item.expected_on
            return expected is None or expected <= self.world.on
        # What a policy denies goes to the officer, unless the item waited for that very policy.
        return self.own == Outcome.NOT and not self._waits_for_itself

    def stay(self) -> Stay | None:
        """Return how the item waits on; None where nothing about it has changed."""
        if self.own == Outcome.UNKNOWN and not self.awaited:
            return None
        missing, days, closes_on = self._own_conditions()
        for code, day in self.awaited.items():
            days.append(day)
            missing.append(parking.waiting_for(code, self.catalogue.items[code].name))
        expected_on = parking.latest(days)
        was = (self.item.state, self.item.expected_on, self.item.closes_on, self.item.missing)
        if was == (ParkedState.WAITING, expected_on, closes_on, missing):
            return None
        change = self._change(expected_on)
        return Stay(self.item, expected_on, closes_on, tuple(missing), change)

    def end_words(self) -> str:
        closes_on = self.item.closes_on
        if self.is_abolished and not self.is_past_its_end:
            return "该政策已停止受理。"
        until = f"最迟须在{day_words(closes_on)}前符合条件并恢复办理" if closes_on else ""
        if self.item.state == ParkedState.RIPE:
            reasons = f"{until}，期限内没有恢复办理。"
        else:
            labels = listed((entry["label"] for entry in self.item.missing), 3)
            reasons = f"{until}，到期仍不符合：{labels}。" if labels else f"{until}，期限已过。"
        return reasons[:LONGEST_REASONS]

    @property
    def _waits_for_itself(self) -> bool:
        return any(not entry.get("item") for entry in self.item.missing)

    def _own_conditions(self) -> tuple[list[Missing], list[date | None], date | None]:
        """Return what its own policy still wants, from when, and the last day."""
        if self.policy is None or self.own == Outcome.ELIGIBLE:
            return [], [], self.item.closes_on
        verdict = judge(self.policy, self.facts, self.world.on)
        if self.own == Outcome.NOT_YET:
            return parking.missing_of(verdict), [verdict.from_day], verdict.closes_on
        if self.own == Outcome.NOT and self._waits_for_itself:
            kept = [entry for entry in self.item.missing if not entry.get("item")]
            return kept, [None], self.item.closes_on
        return [], [], self.item.closes_on

    def _change(self, expected_on: date | None) -> str:
        """Return what the applicant is told: only of what has moved away from them."""
        before = self.item.expected_on
        was_ripe = self.item.state == ParkedState.RIPE
        if expected_on is None:
            is_told = was_ripe or before is not None
            return "因情况变化，目前还不能确定可以办理的日期" if is_told else ""
        if was_ripe or (before is not None and expected_on > before):
            return f"因情况变化，预计可以办理的日期改为{day_words(expected_on)}"
        return ""

    def _supplied(self, facts: Mapping[str, Any]) -> Facts:
        return verdicts.with_supplied(facts, self.catalogue, self.givers, self.item.item_code)

    def _outcome(self) -> Outcome:
        if self.policy is None:
            return Outcome.ELIGIBLE
        return outcome(self.policy, self.facts, self.world.on).outcome


def _needed(item: ParkedItem) -> list[str]:
    """Return the items of its case that a parked one waits for."""
    return [entry["item"] for entry in item.missing if entry.get("item")]


def _world(items: Sequence[ParkedItem], on: date) -> _World:
    cases = {item.case_id for item in items}
    waiting: dict[UUID, dict[str, date | None]] = {case: {} for case in cases}
    if needed := {code for item in items for code in _needed(item)}:
        parked = ParkedItem.objects.waiting().filter(case__in=cases, item_code__in=needed)
        for case, code, day in parked.values_list("case_id", "item_code", "expected_on"):
            waiting[case][code] = day
    lost: dict[UUID, set[str]] = {}
    over = WorkItem.objects.filter(case__in=cases, state__in=WITHOUT_RESULT)
    for case, code in over.values_list("case_id", "item_code"):
        lost.setdefault(case, set()).add(code)
    policies = shelf().policies
    asked = {
        fact
        for code in {item.policy_code for item in items} & policies.keys()
        for fact in verdicts.facts_asked(policies[code])
    }
    facts = verdicts.known_of_many({item.subject_id for item in items}, asked)
    return _World(on, policies, facts, waiting, lost)
