"""The route of a case: which items run side by side and which wait for another's result. Pure.

Nobody draws it. An item that needs what another item results in follows it; all others start
together (最多跑一次规定 art. 5). Times are counted in working days after acceptance.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from policies.schema import Catalogue, Item, Requirement, Subject


@dataclass(frozen=True, slots=True)
class Need:
    """One thing an item waits for: the result `slot` of any one of the items in `any_of`."""

    slot: str
    any_of: tuple[str, ...]
    strength: str
    why: str

    @property
    def is_hard(self) -> bool:
        return self.strength == "hard"


@dataclass(frozen=True, slots=True)
class OutsideNeed:
    """A result that belongs to another person: looked for in that person's own case."""

    slot: str
    any_of: tuple[str, ...]
    subject: Subject
    why: str

    @property
    def strength(self) -> str:
        """One person's result blocks; of a list of people each is waited for and none blocks.

        Who of a list (hires, graduates) counts is for the officer to judge.
        """
        return "soft" if self.subject.column else "hard"


@dataclass(frozen=True, slots=True)
class Step:
    """One item on the route; its clock runs on the working days begin + 1 … end."""

    item: Item
    begin: int
    end: int
    wave: int
    needs: tuple[Need, ...]
    outside: tuple[OutsideNeed, ...]

    @property
    def code(self) -> str:
        return self.item.code


@dataclass(frozen=True, slots=True)
class Plan:
    """The route of a selection: steps in the order in which they can start."""

    steps: tuple[Step, ...]
    added: Mapping[str, str]
    critical: tuple[str, ...]
    days: int

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(step.code for step in self.steps)

    def step(self, code: str) -> Step:
        return next(step for step in self.steps if step.code == code)

    def followers(self, code: str) -> tuple[str, ...]:
        """Return the items that wait for the result of this one."""
        return tuple(
            step.code
            for step in self.steps
            if any(need.is_hard and code in need.any_of for need in step.needs)
        )


def plan(
    catalogue: Catalogue,
    codes: Iterable[str],
    answers: Mapping[str, Any] | None,
    on: date,
    existing: Iterable[str] = (),
) -> Plan:
    """Return the route of the chosen items with whatever has to be added to them.

    `answers=None` (the menu) takes every order among the chosen items as needed, so the days shown
    are never too few, but adds only what is needed whatever the answers will be. `existing` are
    items whose result the applicant already holds. Raises KeyError for an unknown item.
    """
    chosen, added = complete_selection(catalogue, codes, answers or {}, on, existing)
    needs = {code: _needs(catalogue.items[code], chosen, answers, on) for code in chosen}
    steps: dict[str, Step] = {}
    for code in _in_order(chosen, needs):
        item = catalogue.items[code]
        # A soft order that would close a circle is left out, so nothing ever waits for itself.
        kept = tuple(need for need in needs[code] if steps.keys() >= set(need.any_of))
        before = [steps[other] for need in kept for other in need.any_of]
        begin = max((step.end for step in before), default=0)
        steps[code] = Step(
            item,
            begin,
            begin + item.promised_days,
            wave=max((step.wave for step in before), default=0) + 1,
            needs=kept,
            outside=_outside(item, answers, on),
        )
    ordered = sorted(steps.values(), key=lambda step: (step.wave, chosen.index(step.code)))
    days = max((step.end for step in ordered), default=0)
    return Plan(tuple(ordered), added, _critical(steps), days)


def complete_selection(
    catalogue: Catalogue,
    codes: Iterable[str],
    answers: Mapping[str, Any],
    on: date,
    existing: Iterable[str] = (),
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the chosen items plus the prerequisites they lack, and why each one was added.

    Conditions on questions not answered yet count as not met.
    """
    chosen = [catalogue.items[code].code for code in dict.fromkeys(codes)]
    held = set(existing)
    added: dict[str, str] = {}
    queue = list(chosen)
    while queue:
        item = catalogue.items[queue.pop(0)]
        for need in _own_requirements(item, answers, on):
            if held.intersection(need.any_of) or set(need.any_of).intersection(chosen):
                continue
            producer = _producer(catalogue, need, chosen)
            chosen.append(producer)
            added[producer] = _reason(catalogue, item, need)
            queue.append(producer)
    order = list(catalogue.items)
    return tuple(sorted(chosen, key=order.index)), added


def _own_requirements(item: Item, answers: Mapping[str, Any], on: date) -> list[Requirement]:
    """Return the hard requirements that the applicant's own items must meet."""
    return [
        need
        for need in item.requirements_in(answers, on)
        if need.strength == "hard" and need.subject is None
    ]


def _producer(catalogue: Catalogue, need: Requirement, chosen: Sequence[str]) -> str:
    """Return the alternative that goes with what was chosen; the last named one if all do.

    P03 | P04 → R23: the residence permit (P04) suits whoever did not ask to move their household
    registration, so an unasked choice never moves anyone's hukou.
    """
    fitting = [
        code for code in need.any_of if not catalogue.exclusions_among([*chosen, code])
    ] or list(need.any_of)
    return fitting[-1]


def _reason(catalogue: Catalogue, item: Item, need: Requirement) -> str:
    if need.why:
        return need.why
    result = catalogue.materials[need.material].name if need.material else "前置事项的结果"
    return f"办理“{item.name}”需要{result}"


def _needs(
    item: Item, chosen: Sequence[str], answers: Mapping[str, Any] | None, on: date
) -> tuple[Need, ...]:
    """Return what the item waits for within this selection."""
    found = []
    for need in item.requirements_in(answers, on):
        producers = tuple(code for code in need.any_of if code in chosen and code != item.code)
        if producers and need.subject is None:
            slot = need.material or "+".join(need.any_of)
            found.append(Need(slot, producers, need.strength, need.why))
    return tuple(found)


def _outside(item: Item, answers: Mapping[str, Any] | None, on: date) -> tuple[OutsideNeed, ...]:
    return tuple(
        OutsideNeed(need.material or "+".join(need.any_of), need.any_of, need.subject, need.why)
        for need in item.requirements_in(answers, on)
        if need.subject is not None and need.strength == "hard"
    )


def _in_order(chosen: Sequence[str], needs: Mapping[str, tuple[Need, ...]]) -> list[str]:
    """Return the items so that each comes after all it waits for, hard needs before soft ones."""
    waiting, done = list(chosen), list[str]()
    while waiting:
        ready = [code for code in waiting if _met(needs[code], done)] or [
            code for code in waiting if _met((n for n in needs[code] if n.is_hard), done)
        ]
        done.append(ready[0])
        waiting.remove(ready[0])
    return done


def _met(needs: Iterable[Need], done: Sequence[str]) -> bool:
    return all(set(need.any_of) <= set(done) for need in needs)


def _critical(steps: Mapping[str, Step]) -> tuple[str, ...]:
    """Return the items of the chain that ends last, first to last."""
    if not steps:
        return ()
    chain = [max(steps.values(), key=lambda step: (step.end, step.wave))]
    while before := [
        steps[code]
        for need in chain[0].needs
        for code in need.any_of
        if steps[code].end == chain[0].begin
    ]:
        chain.insert(0, before[0])
    return tuple(step.code for step in chain)


class Standing(StrEnum):
    """What the states of its predecessors mean for a waiting item."""

    READY = "ready"
    WAITING = "waiting"
    BLOCKED = "blocked"


def standing(
    needs: Iterable[tuple[str, bool, str]], *, approved: str, still_open: Set[str]
) -> Standing:
    """Judge a waiting item by its needs, given as (slot, is hard, state of a predecessor).

    One approval fills a hard slot; a slot nobody can fill any more blocks. A soft order holds the
    item only while its predecessor is open, whatever becomes of it.
    """
    slots: dict[tuple[str, bool], set[str]] = {}
    for slot, is_hard, state in needs:
        slots.setdefault((slot, is_hard), set()).add(state)
    waiting = False
    for (_, is_hard), states in slots.items():
        undecided = not states.isdisjoint(still_open)
        if is_hard and approved not in states:
            if not undecided:
                return Standing.BLOCKED
            waiting = True
        elif not is_hard:
            waiting = waiting or undecided
    return Standing.WAITING if waiting else Standing.READY
