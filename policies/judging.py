"""Verdicts (判定结论): one subject, one policy, by the version in force on the day that counts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from policies.benefits import Benefit, benefit_of
from policies.eligibility import (
    Decision,
    Explanation,
    Facts,
    Outcome,
    Rule,
    decide,
    explain,
    in_turn,
)
from policies.policy_schema import APPLICATION
from policies.shelf import PublishedPolicy, PublishedVersion
from portal.core.chinese import day_words

# As the format for editors has it; on pages it is 不在受理期.
WINDOW_CLOSED = "window closed"

_WORDS = {
    Outcome.ELIGIBLE: "可以享受",
    Outcome.NOT_YET: "待成熟",
    Outcome.NOT: "暂不符合",
    Outcome.UNKNOWN: "待核实",
}


@dataclass(frozen=True)
class Verdict:
    """How a subject stands with a policy on a day; `version` is none outside every window.

    `from_day` is the first day on which it is eligible if nothing else changes, `closes_on` the
    last on which it is or could become so. There is no benefit where the outcome is `not`.
    """

    policy: PublishedPolicy
    version: PublishedVersion | None
    outcome: Outcome
    from_day: date | None
    closes_on: date | None
    explanation: Explanation
    benefit: Benefit | None
    reason: str = ""

    @property
    def words(self) -> str:
        """The verdict as pages write it: 待成熟，2027年1月31日起可办."""
        if self.reason == WINDOW_CLOSED:
            return "不在受理期"
        return outcome_words(Decision(self.outcome, self.from_day))


def outcome_words(decision: Decision) -> str:
    """Return a decision in words."""
    words = _WORDS[decision.outcome]
    return f"{words}，{day_words(decision.from_day)}起可办" if decision.from_day else words


def judge(policy: PublishedPolicy, facts: Facts, on: date) -> Verdict:
    """Return the verdict with every comparison and what the policy pays."""
    version = policy.version(facts, on)
    undated = _undated(policy, facts)
    if version is None and not undated:
        closed = Explanation(Outcome.NOT, None, None, (), ())
        return Verdict(policy, None, Outcome.NOT, None, None, closed, None, WINDOW_CLOSED)
    found = explain(_rule(policy, version or policy.versions[-1], facts, on), facts, on)
    if undated:
        missing = tuple(dict.fromkeys((*undated, *found.missing)))
        found = Explanation(Outcome.UNKNOWN, None, None, found.leaves, missing)
    return Verdict(
        policy=policy,
        version=version,
        outcome=found.outcome,
        from_day=found.from_day,
        closes_on=found.closes_on,
        explanation=found,
        benefit=_benefit(version, found.outcome, facts, on),
    )


def outcome(policy: PublishedPolicy, facts: Facts, on: date) -> Decision:
    """Return the outcome of `judge` alone, and fast."""
    if _undated(policy, facts):
        return Decision(Outcome.UNKNOWN)
    version = policy.version(facts, on)
    if version is None:
        return Decision(Outcome.NOT)
    return decide(_rule(policy, version, facts, on), facts, on)


def _benefit(
    version: PublishedVersion | None, result: Outcome, facts: Facts, on: date
) -> Benefit | None:
    if version is None or result == Outcome.NOT:
        return None
    return benefit_of(version, facts, on)


def _undated(policy: PublishedPolicy, facts: Facts) -> tuple[str, ...]:
    """Return the date facts that say which version counts, where they are unknown."""
    return tuple(code for code in policy.dated_by if facts.get(code) is None)


def _rule(policy: PublishedPolicy, now: PublishedVersion, facts: Facts, on: date) -> Rule:
    """Return the rule in force, with those that follow it on the days to come."""
    turns = sorted(set(_turns(policy, on)))
    if not turns:
        return now.rule
    begins = (None, *turns)
    ends = (*(day - timedelta(days=1) for day in turns), None)
    terms = [
        (begin, end, version.rule)
        for begin, end in zip(begins, ends, strict=True)
        if (version := policy.version(facts, begin or on)) is not None
    ]
    return in_turn(now.rule, tuple(terms))


def _turns(policy: PublishedPolicy, on: date) -> list[date]:
    """Return the later days from which another version may count."""
    turns = []
    for version in policy.versions:
        if version.document.judged_on != APPLICATION:
            continue
        if version.begins is not None and version.begins > on:
            turns.append(version.begins)
        if version.ends is not None and version.ends >= on and version.ends < date.max:
            turns.append(version.ends + timedelta(days=1))
    return turns


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict in the format for editors, its `reason` only where no version counts."""
    written: dict[str, Any] = {
        "policy": verdict.policy.code,
        "item": verdict.policy.item_code or None,
        "verdict": verdict.outcome.value,
        "from": verdict.from_day.isoformat() if verdict.from_day else None,
        "version": verdict.version.label if verdict.version else None,
        "leaves": [
            {
                "fact": leaf.fact,
                "op": leaf.op,
                "need": leaf.need_value,
                "actual": leaf.actual_value,
                "met": leaf.met,
                "matures": leaf.matures,
                "label": leaf.label,
            }
            for leaf in verdict.explanation.leaves
        ],
        "benefit": verdict.benefit.to_json() if verdict.benefit else None,
    }
    return {**written, "reason": verdict.reason} if verdict.reason else written
