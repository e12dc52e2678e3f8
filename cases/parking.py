"""Parking (挂起待成熟): which items of a case are not ripe, what they lack, until when. Pure.

An item is put aside where its policy says "not yet", and with it whatever needs its result or what
it will make true. What a policy denies or cannot judge goes its way to the officer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases import verdicts
from cases.routing import Plan, Step
from policies.dictionary import dictionary
from policies.eligibility import Facts, Outcome
from policies.judging import Verdict
from policies.schema import Catalogue
from portal.core.chinese import day_words

Missing = dict[str, str]


@dataclass(frozen=True, slots=True)
class Aside:
    """One item that is put aside: what it lacks, when it will be ripe, until when it can be.

    `waits_for` are items put aside whose result it needs. Without `expected_on` nobody can say
    when: an event has to come first.
    """

    code: str
    verdict: Verdict | None
    waits_for: tuple[str, ...]
    missing: tuple[Missing, ...]
    expected_on: date | None
    closes_on: date | None

    @property
    def words(self) -> str:
        """How pages say it: 待成熟，2027年3月1日起可办."""
        day = f"{day_words(self.expected_on)}起可办" if self.expected_on else "条件具备后可办"
        return f"待成熟，{day}"


def put_aside(
    plan: Plan, catalogue: Catalogue, facts: Facts, on: date, held: Iterable[str] = ()
) -> dict[str, Aside]:
    """Return the items of a route that are not ripe on a day, each after those it waits for."""
    chosen = [*plan.codes, *held]
    found = verdicts.judged(catalogue, chosen, facts, on, only=plan.codes)
    waits: dict[str, tuple[str, ...]] = {
        code: () for code, verdict in found.items() if verdict.outcome == Outcome.NOT_YET
    }
    if not waits:
        return {}
    grown = True
    while grown:
        before = dict(waits)
        for step in plan.steps:
            if needed := _needed(step, before) or _leaned_on(
                step.code, found, before, catalogue, chosen, facts, on
            ):
                waits[step.code] = needed
        grown = waits != before
    return _in_order(plan, catalogue, found, waits)


def missing_of(verdict: Verdict) -> list[Missing]:
    """Return the conditions that time or an event can still meet, without sensitive values."""
    return [
        {
            "label": leaf.label or leaf.need,
            "fact": leaf.fact,
            "need": leaf.need,
            "actual": "" if _is_sensitive(leaf.fact) else leaf.actual,
        }
        for leaf in verdict.explanation.leaves
        if leaf.met is False and (leaf.matures or leaf.from_day is not None)
    ]


def waiting_for(code: str, name: str) -> Missing:
    """Return the entry of an item that waits for another one that is put aside."""
    return {"label": f"等“{name}”可以办理", "fact": "", "need": "", "actual": "", "item": code}


def latest(days: Iterable[date | None]) -> date | None:
    """Return the last of the days; none where one of them is not known."""
    every = list(days)
    known = [day for day in every if day is not None]
    return max(known) if known and len(known) == len(every) else None


def earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _needed(step: Step, aside: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the items put aside without which a hard need of this one cannot be met."""
    blocked = [
        code
        for need in step.needs
        if need.is_hard and all(code in aside for code in need.any_of)
        for code in need.any_of
    ]
    return tuple(dict.fromkeys(blocked))


def _leaned_on(
    code: str,
    found: Mapping[str, Verdict],
    aside: Mapping[str, Any],
    catalogue: Catalogue,
    chosen: list[str],
    facts: Facts,
    on: date,
) -> tuple[str, ...]:
    """Return the items put aside of which an eligible one needs what they will make true."""
    if code in aside or code not in found or found[code].outcome != Outcome.ELIGIBLE:
        return ()
    givers = verdicts.supplied_by(catalogue, aside, code)
    if not givers:
        return ()
    others = [one for one in chosen if one not in aside]
    alone = verdicts.judged(catalogue, others, facts, on, only=[code])[code]
    if alone.outcome == Outcome.ELIGIBLE:
        return ()
    unmet = {leaf.fact for leaf in alone.explanation.leaves if not leaf.met}
    return tuple(dict.fromkeys(giver for fact, giver in givers.items() if fact in unmet))


def _in_order(
    plan: Plan,
    catalogue: Catalogue,
    found: Mapping[str, Verdict],
    waits: Mapping[str, tuple[str, ...]],
) -> dict[str, Aside]:
    aside: dict[str, Aside] = {}
    for code in (code for code in plan.codes if code in waits):
        verdict = found.get(code)
        # Of a circle, which no sound catalogue has, the later one is left out.
        before = [aside[other] for other in waits[code] if other in aside]
        days = [one.expected_on for one in before]
        missing = [waiting_for(one.code, catalogue.items[one.code].name) for one in before]
        closing = [one.closes_on for one in before]
        if verdict and verdict.outcome == Outcome.NOT_YET:
            days.append(verdict.from_day)
            missing = [*missing_of(verdict), *missing]
        closing += [verdict.closes_on] if verdict else []
        aside[code] = Aside(
            code,
            verdict,
            tuple(one.code for one in before),
            tuple(missing),
            latest(days),
            earliest(closing),
        )
    return aside


def _is_sensitive(fact: str) -> bool:
    definition = dictionary().get(fact)
    return definition is not None and definition.sensitive
