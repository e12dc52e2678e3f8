"""An example that shows how a benefit is worked out (测算示例), where nobody is known."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from policies.benefits import Benefit, work_out
from policies.dictionary import dictionary
from policies.formulas import AreaDays, ByFact, FamilyArea, Formula, Heads, PaidRent

FAMILY = 3
MORE_HEADS = 5
AREA = Decimal(80)
HUNDRED = Decimal(100)


class Example(NamedTuple):
    """Whose example it is, in words, and what comes out."""

    words: str
    benefit: Benefit


def example_of(formula: Formula, on: date) -> Example | None:
    """Return an example for a formula whose amount follows from facts, else none."""
    facts = _facts(formula)
    if not facts:
        return None
    words = "，".join(
        f"{dictionary()[code].name} {dictionary()[code].label_of(value)}"
        for code, value in facts.items()
    )
    bare = formula.model_copy(update={"remarks": ()})
    return Example(words, work_out(bare, facts, on))


def _facts(formula: Formula) -> Mapping[str, Any]:
    match formula:
        case ByFact(by=by, tiers=tiers):
            return {by: tiers[min(1, len(tiers) - 1)].values[0]}
        case FamilyArea(by=by, at_most=at_most):
            most = work_out(formula, {by: FAMILY}, date.max).amount or Decimal(0)
            # A rent just under the standard shows the cap at work.
            return {by: FAMILY, at_most: most // HUNDRED * HUNDRED}
        case Heads(by=by, base_heads=base):
            return {by: base + MORE_HEADS}
        case AreaDays(by=by, area_cap=cap):
            return {by: min(AREA, cap)}
        case PaidRent(by=by, caps=caps):
            return {by: (caps[0] + caps[-1]) / 2}
    return {}
