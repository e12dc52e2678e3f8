"""Random condition trees and facts for properties: every kind of fact, operator and group."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from policies.conditions import ConditionError, Node, parse
from policies.dictionary import dictionary
from policies.eligibility import Count

ON = date(2026, 11, 24)
CODES = (
    "insured", "edu", "title_level", "contract_months", "house_family", "monthly_rent",
    "ss_months_cont", "fund_months_cont", "months_since_grad", "age", "grad_date", "birth_date",
    "application_date",
)  # fmt: skip

# Ends of months and leap days are where arithmetic goes wrong.
days = st.one_of(
    st.dates(ON - timedelta(days=1200), ON + timedelta(days=500)),
    st.sampled_from(
        [date(2024, 2, 29), date(2025, 1, 31), date(2025, 8, 31), date(2026, 2, 28), ON]
    ),
)


def shifted(of: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return days that lie so far from the application or a date fact."""
    moves = {"years": 2, "months": 20, "days": 90}
    return st.fixed_dictionaries(
        {"of": st.just(of)},
        optional={unit: st.integers(-most, most) for unit, most in moves.items()},
    )


def bounds(code: str) -> st.SearchStrategy[Any]:
    """Return what a fact can be compared with."""
    if code == "application_date":
        return st.one_of(days.map(date.isoformat), shifted("grad_date"), shifted("birth_date"))
    definition = dictionary()[code]
    match definition.kind:
        case "bool":
            return st.booleans()
        case "enum":
            return st.sampled_from([option.value for option in definition.options])
        case "date":
            other = "birth_date" if code == "grad_date" else "grad_date"
            return st.one_of(days.map(date.isoformat), shifted("application"), shifted(other))
        case _:
            return st.integers(0, 3 if definition.moves == "year" else 12)


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    code = draw(st.sampled_from(CODES))
    kind = "date" if code == "application_date" else dictionary()[code].kind
    named = {"bool": ["==", "!="], "enum": ["==", "!=", "in"]}
    ops = named.get(kind, ["==", "!=", "<", "<=", ">", ">=", "in", "between"])
    op = draw(st.sampled_from(ops))
    value = draw(bounds(code))
    if op == "in":
        value = [value, *draw(st.lists(bounds(code), max_size=2))]
    elif op == "between":
        value = [value, draw(bounds(code))]
        if not any(isinstance(end, dict) for end in value):
            value.sort()
    return {"fact": code, "op": op, "value": value, "matures": draw(st.booleans())}


def _groups(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=4)
    return st.one_of(
        several.map(lambda found: {"all": found}),
        several.map(lambda found: {"any": found}),
        several.map(lambda found: {"none": found}),
        several.flatmap(
            lambda found: st.integers(1, len(found)).map(
                lambda least: {"at_least": least, "of": found}
            )
        ),
    )


written = st.recursive(leaves(), _groups, max_leaves=6)


def _sound(tree: Any) -> Node | None:
    try:
        return parse(tree)
    except ConditionError:  # two comparisons that exclude each other
        return None


nodes = written.map(_sound).filter(lambda node: node is not None)


def values(code: str) -> st.SearchStrategy[Any]:
    """Return what can be known of a fact, unknown included."""
    definition = dictionary()[code]
    if definition.moves:
        known: st.SearchStrategy[Any] = st.builds(Count, st.integers(0, 12), st.none() | days)
    elif definition.kind == "date":
        known = days
    elif definition.kind == "decimal":
        known = st.integers(0, 12).map(Decimal)
    else:
        known = bounds(code)
    return st.none() | known if not definition.is_derived else st.none() | st.none() | known


facts = st.fixed_dictionaries(
    {code: values(code) for code in CODES if code != "application_date"}
).map(lambda found: {code: value for code, value in found.items() if value is not None})
