"""What a subject gets by a policy version (待遇测算): amount, instalments and arithmetic."""

from dataclasses import replace
from datetime import date

from policies.benefits import decided, fixed, measured
from policies.benefits.result import Benefit, Known, Payment, worked_out
from policies.conditions import parse
from policies.eligibility import Facts, Outcome, decide, rule_of
from policies.formulas import Formula, Instalment
from policies.shelf import PublishedVersion

__all__ = ["Benefit", "Payment", "benefit_of", "decided", "fixed", "measured", "work_out"]


def benefit_of(version: PublishedVersion, facts: Facts, on: date) -> Benefit | None:
    """Return what a subject with these facts gets by a version; none where it grants nothing."""
    formula = version.document.benefit
    return None if formula is None else work_out(formula, facts, on)


def work_out(formula: Formula, facts: Facts, on: date) -> Benefit:
    """Return what a formula gives a subject with these facts on a day."""
    known = Known(facts, on)
    benefit = worked_out(formula, known)
    instalments = tuple(_payment(part, benefit, known) for part in formula.instalments)
    return replace(benefit, instalments=instalments, lines=(*benefit.lines, *formula.remarks))


def _payment(part: Instalment, benefit: Benefit, known: Known) -> Payment:
    amount = benefit.share(part.pct)
    if part.due is None:
        return Payment(part.pct, amount, part.when)
    decision = decide(rule_of(parse(part.due)), known.facts, known.on)
    is_due = decision.outcome == Outcome.ELIGIBLE
    return Payment(part.pct, amount, part.when, decision.from_day, is_due)
