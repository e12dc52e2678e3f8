"""Deciding for one person: ten policies of four conditions, against OpenFisca-Core and rule-engine.

Floors in the same run, on the same people, and with the same people found eligible. The peers get
what makes them fastest: months already counted for the day asked about, one simulation for all
policies of a person, rules parsed beforehand. They answer yes or no; ours tells not yet, with its
day, and unknown as well. They cannot take a missing fact, so everything is known of these people;
a second row has ours with facts missing.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from time import process_time
from typing import Any

import numpy
import rule_engine
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from benchmarks import Result, at_least, at_most, timed
from benchmarks.policies_population import Population
from policies.conditions import Node, parse
from policies.eligibility import Count, Facts, Outcome, Rule, decide, explain, rule_of, value_on

ON = date(2026, 11, 24)
PERIOD = "2026-11"
PEOPLE, ROUNDS = 300, 5
EDU = {"11": 0.03, "14": 0.17, "21": 0.55, "31": 0.25}

Leaf = tuple[str, str, Any]
DEGREE: Leaf = ("edu", "in", ["11", "14", "21"])
INSURED: Leaf = ("insured", "==", True)
NO_FLAT: Leaf = ("house_family", "==", 0)
# In the manner of the published policies.
POLICIES: tuple[tuple[Leaf, ...], ...] = (
    (DEGREE, ("months_since_grad", "<=", 24), ("ss_months_cont", ">=", 6), INSURED),
    (DEGREE, ("months_since_grad", "<=", 12), INSURED, ("got_living_subsidy", "==", False)),
    (INSURED, ("contract_months", ">=", 12), ("age", "<", 45), ("ss_months_total", ">=", 1)),
    (NO_FLAT, ("ss_months_cont", ">=", 6), ("contract_months", ">=", 12), DEGREE),
    (DEGREE, INSURED, NO_FLAT, ("house_deal_history", "==", False)),
    (("edu", "==", "14"), ("age", "<", 50), INSURED, ("hukou_urban", "==", False)),
    (("edu", "==", "31"), ("age", "<", 35), ("ss_months_total", ">=", 1), INSURED),
    (NO_FLAT, ("monthly_rent", ">", 1500), ("months_since_grad", "<", 84), INSURED),
    (("ss_months_cont", ">=", 12), ("months_since_grad", "<=", 60), INSURED, ("age", "<=", 40)),
    (("fund_months_cont", ">=", 12), NO_FLAT, ("age", ">=", 22), ("hukou_urban", "==", True)),
)
MATURING = {"insured", "ss_months_cont", "ss_months_total", "fund_months_cont"}


def rows(n: int, population: Population) -> Iterator[Result]:
    """Measure on people of its own; `n` and the population are left alone."""
    dice = random.Random(26)
    people = [person(dice) for _ in range(PEOPLE)]
    rules = [rule_of(conditions(leaves)) for leaves in POLICIES]
    floors = {"OpenFisca-Core": (open_fisca(people), 20), "rule-engine": (rules_of_peer(people), 2)}
    expected = [[decide(rule, one, ON).outcome == Outcome.ELIGIBLE for rule in rules]
                for one in people]  # fmt: skip
    for floor, _ in floors.values():
        assert floor() == expected

    rates: dict[str, list[float]] = {"ours": [], **{name: [] for name in floors}}
    for _ in range(ROUNDS):
        rates["ours"].append(rate(lambda: decide_all(rules, people)))
        for name, (floor, _) in floors.items():
            rates[name].append(rate(floor))
    usual = {name: median(found) for name, found in rates.items()}
    for name, (_, times) in floors.items():
        row = f"decide: one person, against {name} (per s)"
        yield at_least(row, PEOPLE, usual["ours"], usual[name], times)
    yield missing_facts(rules, people, dice, usual["rule-engine"])
    yield explaining(people)


def missing_facts(
    rules: Sequence[Rule], people: Sequence[Facts], dice: random.Random, floor: float
) -> Result:
    """Compare where an eighth of the facts are unknown with the peer on full knowledge."""
    partly = [
        {code: value for code, value in one.items() if dice.random() > 0.125} for one in people
    ]
    outcomes = Counter(decide(rule, one, ON).outcome for rule in rules for one in partly)
    assert set(outcomes) == set(Outcome)
    ours = median(rate(lambda: decide_all(rules, partly)) for _ in range(ROUNDS))
    return at_least("decide: facts missing, against rule-engine (per s)", PEOPLE, ours, floor, 2)


def explaining(people: Sequence[Facts]) -> Result:
    """Compare the explanation of ten comparisons with what a page may wait for."""
    every = dict.fromkeys((leaf[0], leaf[1]) for leaves in POLICIES for leaf in leaves)
    ten = [next(leaf for leaves in POLICIES for leaf in leaves if leaf[:2] == key)
           for key in list(every)[:10]]  # fmt: skip
    rule = rule_of(conditions(ten))
    assert len(rule.leaves) == 10

    def explain_all() -> float:
        """Return the processor's microseconds for each; neighbours on the machine do not count."""
        begun = process_time()
        for facts in people:
            explain(rule, facts, ON)
        return (process_time() - begun) / PEOPLE * 1e6

    spent = median(explain_all() for _ in range(ROUNDS))
    return at_most("explain: ten comparisons, against 150 (µs)", PEOPLE, spent, 150, 1)


def decide_all(rules: Sequence[Rule], people: Sequence[Facts]) -> None:
    for facts in people:
        for rule in rules:
            decide(rule, facts, ON)


def rate(work: Callable[[], object]) -> float:
    """Return the decisions per second."""
    return PEOPLE * len(POLICIES) / timed(work)[0]


def conditions(leaves: Sequence[Leaf]) -> Node:
    tree = [
        {"fact": fact, "op": op, "value": value, "matures": fact in MATURING}
        for fact, op, value in leaves
    ]
    return parse({"all": tree})


def person(dice: random.Random) -> Facts:
    """Return what is known of a graduate of the last years."""
    insured = dice.random() < 0.8
    months = dice.randrange(1, 40) if insured else 0
    as_of = ON - timedelta(days=dice.randrange(0, 90)) if insured else None
    return {
        "edu": dice.choices(list(EDU), list(EDU.values()))[0],
        "birth_date": ON - timedelta(days=dice.randrange(20 * 365, 38 * 365)),
        "grad_date": ON - timedelta(days=dice.randrange(30, 8 * 365)),
        "insured": insured,
        "ss_months_cont": Count(months, as_of),
        "ss_months_total": Count(months + dice.randrange(6), as_of),
        "fund_months_cont": Count(max(0, months - 3), as_of),
        "contract_months": dice.choice([0, 12, 24, 36]) if insured else 0,
        "house_family": int(dice.random() < 0.25),
        "house_deal_history": dice.random() < 0.2,
        "hukou_urban": dice.random() < 0.4,
        "got_living_subsidy": dice.random() < 0.2,
        "monthly_rent": dice.choice([0, 1200, 1800, 2600]),
    }


def counted(facts: Facts) -> Mapping[str, Any]:
    """Return the facts as plain values on the day, as the peers take them."""
    codes = {leaf[0] for leaves in POLICIES for leaf in leaves}
    return {code: value_on(code, facts, ON) for code in sorted(codes)}


# ---- peers --------------------------------------------------------------------------------------


def rules_of_peer(people: Sequence[Facts]) -> Callable[[], list[list[bool]]]:
    """Return all decisions as rule-engine makes them."""
    parsed = [rule_engine.Rule(" and ".join(map(written, leaves))) for leaves in POLICIES]
    plain = [counted(facts) for facts in people]
    return lambda: [[rule.matches(facts) for rule in parsed] for facts in plain]


def written(leaf: Leaf) -> str:
    fact, op, value = leaf
    return f"{fact} {op} {json.dumps(value)}"


def open_fisca(people: Sequence[Facts]) -> Callable[[], list[list[bool]]]:
    """Return all decisions as OpenFisca makes them, one simulation for each person."""
    plain = [numbers(counted(facts)) for facts in people]
    system = TaxBenefitSystem([build_entity("person", "persons", "", is_person=True)])
    for name, value in plain[0].items():
        define(system, name, bool if value.dtype == bool else int)
    for index, leaves in enumerate(POLICIES):
        define(system, f"policy_{index}", bool, formula_of(leaves))

    def one(inputs: Mapping[str, Any]) -> list[bool]:
        simulation = SimulationBuilder().build_default_simulation(system, 1)
        for name, value in inputs.items():
            simulation.set_input(name, PERIOD, value)
        names = [f"policy_{index}" for index in range(len(POLICIES))]
        return [bool(simulation.calculate(name, PERIOD)[0]) for name in names]

    return lambda: [one(inputs) for inputs in plain]


def numbers(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: numpy.array([int(value) if isinstance(value, str) else value])
            for name, value in facts.items()}  # fmt: skip


def define(system: Any, name: str, of_type: type, formula: Any = None) -> None:
    body = {
        "value_type": of_type,
        "entity": system.person_entity,
        "definition_period": DateUnit.MONTH,
        "label": name,
    }
    system.add_variable(type(name, (Variable,), {**body, "formula": formula} if formula else body))


RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": numpy.equal,
    "<": numpy.less,
    "<=": numpy.less_equal,
    ">": numpy.greater,
    ">=": numpy.greater_equal,
    "in": numpy.isin,
}


def formula_of(leaves: Sequence[Leaf]) -> Any:
    """Return the product of the comparisons, as OpenFisca's own rules are written."""
    ready = [(fact, RELATIONS[op], numeric(value)) for fact, op, value in leaves]

    def formula(person: Any, period: Any, parameters: Any) -> Any:
        met = True
        for fact, relation, wanted in ready:
            met = met * relation(person(fact, period), wanted)
        return met

    return formula


def numeric(value: Any) -> Any:
    if isinstance(value, list):
        return [int(one) for one in value]
    return int(value) if isinstance(value, str) else value
