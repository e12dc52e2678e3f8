"""One comparison at a time: each operator on each kind of fact, and the day from which it holds."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from policies.conditions import parse
from policies.eligibility import Count, Decision, Outcome, decide, explain, holds, rule_of

ON = date(2026, 11, 24)
YES, NO, UNKNOWN = Outcome.ELIGIBLE, Outcome.NOT, Outcome.UNKNOWN


def decided(tree: dict[str, Any], facts: dict[str, Any], on: date = ON) -> Decision:
    return decide(rule_of(parse(tree)), facts, on)


def leaf(fact: str, op: str, value: Any, **extras: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value, **extras}


def not_yet(day: str | None) -> Decision:
    return Decision(Outcome.NOT_YET, date.fromisoformat(day) if day else None)


# ---- facts that time does not change ----


@pytest.mark.parametrize(
    ("fact", "op", "value", "actual", "outcome"),
    [
        ("insured", "==", True, True, YES),
        ("insured", "==", True, False, NO),
        ("insured", "==", False, False, YES),
        ("insured", "!=", True, False, YES),
        ("insured", "!=", False, False, NO),
        ("edu", "==", "11", "11", YES),
        ("edu", "==", "11", "14", NO),
        ("edu", "!=", "11", "14", YES),
        ("edu", "in", ["11", "14"], "14", YES),
        ("edu", "in", ["11", "14"], "21", NO),
        ("district", "==", "330110", "330110", YES),
        ("district", "in", ["330110", "330111"], "330106", NO),
        ("house_family", "==", 0, 0, YES),
        ("house_family", "!=", 0, 0, NO),
        ("house_family", "<", 2, 1, YES),
        ("house_family", "<", 2, 2, NO),
        ("house_family", "<=", 2, 2, YES),
        ("house_family", "<=", 2, 3, NO),
        ("contract_months", ">", 12, 12, NO),
        ("contract_months", ">", 12, 13, YES),
        ("contract_months", ">=", 12, 12, YES),
        ("contract_months", ">=", 12, 11, NO),
        ("family_size", "in", [3, 5], 5, YES),
        ("family_size", "in", [3, 5], 4, NO),
        ("family_size", "between", [3, 5], 3, YES),
        ("family_size", "between", [3, 5], 5, YES),
        ("family_size", "between", [3, 5], 6, NO),
        ("income_pc", "<", 66068, Decimal("66067.99"), YES),
        ("income_pc", "<", 66068, Decimal(66068), NO),
        ("income_pc", "==", 0.5, Decimal("0.50"), YES),
        ("income_pc", "between", [0.5, 1.5], Decimal("1.5"), YES),
        ("grad_date", ">=", "2019-06-03", date(2019, 6, 3), YES),
        ("grad_date", ">=", "2019-06-03", date(2019, 6, 2), NO),
        ("grad_date", "<", "2019-06-03", date(2019, 6, 2), YES),
        ("grad_date", "==", "2019-06-03", date(2019, 6, 3), YES),
        ("grad_date", "!=", "2019-06-03", date(2019, 6, 3), NO),
        ("grad_date", "in", ["2019-06-03", "2019-06-30"], date(2019, 6, 30), YES),
        ("grad_date", "between", ["2019-06-03", "2019-06-30"], date(2019, 6, 30), YES),
        ("grad_date", "between", ["2019-06-03", "2019-06-30"], date(2019, 7, 1), NO),
    ],
)
def test_a_comparison_of_what_stays_as_it_is(
    fact: str, op: str, value: Any, actual: Any, outcome: Outcome
) -> None:
    tree = leaf(fact, op, value)
    opposite = {YES: NO, NO: YES}[outcome]

    assert decided(tree, {fact: actual}) == Decision(outcome)
    assert decided({"none": [tree]}, {fact: actual}) == Decision(opposite)
    assert decided(tree, {}) == Decision(UNKNOWN)
    assert decided(tree, {fact: None}) == Decision(UNKNOWN)
    assert decided({"none": [tree]}, {}) == Decision(UNKNOWN)


@pytest.mark.parametrize(
    ("tree", "facts"),
    [
        (leaf("insured", "==", True, matures=True), {"insured": False}),
        (leaf("revenue_last", ">=", 300, matures=True), {"revenue_last": Decimal(20)}),
        ({"none": [leaf("insured", "==", False, matures=True)]}, {"insured": False}),
    ],
)
def test_what_an_event_may_make_true_is_not_yet_without_a_day(
    tree: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert decided(tree, facts) == not_yet(None)


# ---- counts that grow ----

SIX_BY = Count(1, date(2026, 8, 31))


@pytest.mark.parametrize(
    ("op", "value", "count", "decision"),
    [
        (">=", 6, Count(6, ON), Decision(YES)),
        (">=", 6, Count(1, ON), not_yet("2027-04-24")),
        (">=", 6, SIX_BY, not_yet("2027-01-31")),
        (">=", 7, SIX_BY, not_yet("2027-02-28")),
        (">=", 4, SIX_BY, not_yet("2026-11-30")),
        (">=", 3, SIX_BY, Decision(YES)),
        (">", 3, SIX_BY, not_yet("2026-11-30")),
        ("==", 4, SIX_BY, not_yet("2026-11-30")),
        ("==", 3, SIX_BY, Decision(YES)),
        ("==", 2, SIX_BY, Decision(NO)),
        ("!=", 3, SIX_BY, not_yet("2026-11-30")),
        ("!=", 2, SIX_BY, Decision(YES)),
        ("<", 4, SIX_BY, Decision(YES)),
        ("<", 3, SIX_BY, Decision(NO)),
        ("<=", 3, SIX_BY, Decision(YES)),
        ("<=", 2, SIX_BY, Decision(NO)),
        ("in", [2, 5], SIX_BY, not_yet("2026-12-31")),
        ("in", [1, 2], SIX_BY, Decision(NO)),
        ("between", [4, 5], SIX_BY, not_yet("2026-11-30")),
        ("between", [1, 2], SIX_BY, Decision(NO)),
        (">=", 6, Count(1, None), Decision(NO)),
        (">=", 1, Count(1, None), Decision(YES)),
        ("!=", 1, Count(1, None), Decision(NO)),
        (">=", 6, 1, Decision(NO)),
        # Known as of a day to come, it is what it is until then.
        (">=", 6, Count(5, date(2027, 1, 31)), not_yet("2027-02-28")),
        ("<", 6, Count(5, date(2027, 1, 31)), Decision(YES)),
    ],
)
def test_a_count_grows_from_the_day_it_is_known_of(
    op: str, value: Any, count: Any, decision: Decision
) -> None:
    assert decided(leaf("ss_months_cont", op, value), {"ss_months_cont": count}) == decision


@pytest.mark.parametrize(
    ("on", "months"),
    [
        ("2026-09-29", 1),
        ("2026-09-30", 2),
        ("2026-10-30", 2),
        ("2026-10-31", 3),
        ("2027-02-27", 6),
        ("2027-02-28", 7),
        ("2028-02-28", 18),
        ("2028-02-29", 19),
    ],
)
def test_a_count_of_the_last_of_a_month_grows_on_the_last_of_each(on: str, months: int) -> None:
    day, facts = date.fromisoformat(on), {"ss_months_cont": SIX_BY}

    assert decided(leaf("ss_months_cont", "==", months), facts, day) == Decision(YES)


def test_a_count_that_has_stopped_growing_may_still_wait_for_an_event() -> None:
    tree = leaf("ss_months_cont", ">=", 6, matures=True)

    assert decided(tree, {"ss_months_cont": Count(1, None)}) == not_yet(None)
    assert decided(tree, {"ss_months_cont": Count(1, ON)}) == not_yet("2027-04-24")


def test_a_count_that_no_calendar_reaches_is_never_met() -> None:
    tree = leaf("ss_months_cont", ">=", 10**12)

    assert decided(tree, {"ss_months_cont": Count(1, ON)}) == Decision(NO)


@pytest.mark.parametrize(
    ("tree", "facts", "decision"),
    [
        (leaf("age", ">=", 18), {"birth_date": date(2008, 11, 24)}, Decision(YES)),
        (leaf("age", ">=", 18), {"birth_date": date(2008, 11, 25)}, not_yet("2026-11-25")),
        (leaf("age", ">=", 19), {"birth_date": date(2008, 2, 29)}, not_yet("2027-02-28")),
        (leaf("age", ">=", 20), {"birth_date": date(2008, 2, 29)}, not_yet("2028-02-29")),
        (leaf("age", "<", 18), {"birth_date": date(2008, 11, 24)}, Decision(NO)),
        (leaf("age", "<", 18), {"birth_date": date(2008, 11, 25)}, Decision(YES)),
        (leaf("months_since_grad", "<=", 24), {"grad_date": date(2024, 10, 25)}, Decision(YES)),
        (leaf("months_since_grad", "<=", 24), {"grad_date": date(2024, 10, 24)}, Decision(NO)),
        # Who has not graduated yet counts as 0.
        (leaf("months_since_grad", "<=", 24), {"grad_date": date(2027, 6, 30)}, Decision(YES)),
        (leaf("months_since_grad", ">=", 1), {"grad_date": date(2027, 6, 30)},
         not_yet("2027-07-30")),
        (leaf("age", ">=", 18), {}, Decision(UNKNOWN)),
        # What is stated goes before what follows from the date.
        (leaf("age", ">=", 18), {"age": Count(18, ON), "birth_date": ON}, Decision(YES)),
        (leaf("age", ">=", 18), {"age": Count(17, date(2026, 1, 31))}, not_yet("2027-01-31")),
        (leaf("age", ">=", 18), {"age": 17}, Decision(NO)),
    ],
)  # fmt: skip
def test_what_is_derived_follows_from_its_date(
    tree: dict[str, Any], facts: dict[str, Any], decision: Decision
) -> None:
    assert decided(tree, facts) == decision


# ---- windows ----


@pytest.mark.parametrize(
    ("op", "value", "decision"),
    [
        (">=", "2026-11-24", Decision(YES)),
        (">=", "2026-12-01", not_yet("2026-12-01")),
        (">", "2026-11-24", not_yet("2026-11-25")),
        ("<", "2026-11-24", Decision(NO)),
        ("<=", "2026-11-24", Decision(YES)),
        ("==", "2026-12-31", not_yet("2026-12-31")),
        ("!=", "2026-11-24", not_yet("2026-11-25")),
        ("between", ["2026-12-01", "2026-12-31"], not_yet("2026-12-01")),
        ("between", ["2026-11-01", "2026-11-23"], Decision(NO)),
        ("in", ["2026-11-01", "2026-12-24"], not_yet("2026-12-24")),
        ("in", ["2026-11-01", "2026-11-02"], Decision(NO)),
    ],
)
def test_the_day_of_application_is_compared_with_days(
    op: str, value: Any, decision: Decision
) -> None:
    assert decided(leaf("application_date", op, value), {}) == decision


def test_none_of_several_days_is_every_other_day() -> None:
    tree = {"none": [leaf("application_date", "in", ["2026-11-24", "2026-11-25", "2026-12-24"])]}

    assert decided(tree, {}) == not_yet("2026-11-26")
    assert decided(tree, {}, date(2026, 12, 24)) == not_yet("2026-12-25")
    assert decided(tree, {}, date(2026, 12, 1)) == Decision(YES)


def test_a_day_that_has_passed_is_no_hope() -> None:
    days = [leaf("application_date", "in", ["2026-11-01", f"2026-12-0{n}"]) for n in (1, 2)]

    assert decided({"all": days}, {}) == Decision(NO)


@pytest.mark.parametrize(
    ("tree", "grad_date", "decision", "closes_on"),
    [
        # Within two years of graduation, the last day included.
        (leaf("grad_date", ">=", {"of": "application", "years": -2}), "2024-11-24",
         Decision(YES), "2026-11-24"),
        (leaf("grad_date", ">=", {"of": "application", "years": -2}), "2024-11-23",
         Decision(NO), None),
        (leaf("grad_date", ">", {"of": "application", "years": -2}), "2024-11-24",
         Decision(NO), None),
        # A leap day's second anniversary is the end of February.
        (leaf("grad_date", ">=", {"of": "application", "years": -3}), "2024-02-29",
         Decision(YES), "2027-02-28"),
        # Not before half a year after graduation.
        (leaf("grad_date", "<=", {"of": "application", "months": -6}), "2026-08-31",
         not_yet("2027-02-28"), None),
        (leaf("grad_date", "==", {"of": "application", "days": -30}), "2026-11-01",
         not_yet("2026-12-01"), "2026-12-01"),
        (leaf("application_date", ">=", {"of": "grad_date", "months": 6}), "2026-08-31",
         not_yet("2027-02-28"), None),
        (leaf("application_date", "<", {"of": "grad_date", "years": 1}), "2026-06-30",
         Decision(YES), "2027-06-29"),
        (leaf("grad_date", "between",
              [{"of": "application", "years": -1}, {"of": "application", "months": -6}]),
         "2026-08-31", not_yet("2027-02-28"), "2027-08-31"),
        ({"none": [leaf("grad_date", "between",
                        [{"of": "application", "years": -1}, {"of": "application"}])]},
         "2026-08-31", not_yet("2027-09-01"), None),
    ],
)  # fmt: skip
def test_an_offset_to_the_application_is_counted_from_the_facts_own_day(
    tree: dict[str, Any], grad_date: str, decision: Decision, closes_on: str | None
) -> None:
    facts = {"grad_date": date.fromisoformat(grad_date)}

    found = explain(rule_of(parse(tree)), facts, ON)

    assert (found.outcome, found.from_day) == decision
    assert found.closes_on == (date.fromisoformat(closes_on) if closes_on else None)
    assert decided(tree, {}) == Decision(UNKNOWN)


@pytest.mark.parametrize(
    ("established", "outcome"), [("2025-06-30", YES), ("2025-07-01", NO), (None, UNKNOWN)]
)
def test_two_date_facts_are_compared(established: str | None, outcome: Outcome) -> None:
    tree = leaf("established", "<=", {"of": "grad_date", "years": 5})
    facts = {
        "grad_date": date(2020, 6, 30),
        "established": established and date.fromisoformat(established),
    }

    assert decided(tree, facts) == Decision(outcome)


def test_holds_is_none_only_where_an_unknown_fact_decides() -> None:
    rule = rule_of(parse({"all": [leaf("insured", "==", True), leaf("edu", "==", "11")]}))

    assert holds(rule, {"insured": True}, ON) is None
    assert holds(rule, {"insured": False}, ON) is False
    assert holds(rule, {"insured": True, "edu": "11"}, ON) is True
    assert holds(rule, {"insured": True, "edu": "21"}, ON) is False


def test_the_ends_of_the_calendar_do_no_harm() -> None:
    tree = leaf("grad_date", ">=", {"of": "application", "years": -200})

    assert decided(tree, {"grad_date": date.max}, date.max) == Decision(YES)
    assert decided(tree, {"grad_date": date.min}, date.min) == Decision(YES)
    assert decided(leaf("age", ">=", 18), {"birth_date": date.max}, date.max) == Decision(NO)
