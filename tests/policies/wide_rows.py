"""Random conditions and facts in any number, and both ways of judging them: Python and SQL."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db import connection

from policies.compiled import Sql
from policies.conditions import ConditionError, Node, parse
from policies.dictionary import FactDefinition, dictionary
from policies.eligibility import Count, Facts

ON = date(2026, 11, 24)
# Where calendar arithmetic goes wrong.
AWKWARD = (
    date(2024, 2, 28), date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1), date(2025, 1, 30),
    date(2025, 1, 31), date(2025, 4, 30), date(2025, 8, 31), date(2026, 11, 30), date(2026, 12, 31),
    ON, date(2000, 2, 29),
)  # fmt: skip
DISTRICTS = ("330102", "330106", "330109")
OPEN_FACTS = tuple(one for one in dictionary().values() if not one.sensitive)
SEALED_FACTS = tuple(one for one in dictionary().values() if one.sensitive)
DATES = tuple(one.code for one in OPEN_FACTS if one.kind == "date")
ORDERED = ("==", "!=", "<", "<=", ">", ">=", "in", "between")

OVER_ROWS = """
SELECT {columns} FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS r (row, n)
CROSS JOIN jsonb_populate_record(NULL::policies_profile, r.row) AS p ORDER BY r.n
"""


def a_day(dice: Random) -> date:
    draw = dice.random()
    if draw < 0.3:
        return dice.choice(AWKWARD)
    return ON + timedelta(days=dice.randint(*((-40, 40) if draw < 0.5 else (-1500, 800))))


def an_application(dice: Random) -> date:
    """Return a day to be asked about; conditions on it often name the same."""
    return dice.choice(AWKWARD[:3]) if dice.random() < 0.6 else a_day(dice)


def a_tree(dice: Random, facts: Sequence[FactDefinition] = OPEN_FACTS) -> Node:
    """Return a sound tree with one to some twenty comparisons."""
    while True:
        try:
            return parse(_written(dice, facts, dice.randint(0, 3)))
        except ConditionError:  # comparisons that exclude each other
            continue


def _written(dice: Random, facts: Sequence[FactDefinition], depth: int) -> dict[str, Any]:
    if depth == 0:
        return _leaf(dice, facts)
    parts = [_written(dice, facts, dice.randrange(depth)) for _ in range(dice.randint(1, 4))]
    draw = dice.random()
    if draw < 0.3:
        return {"all": parts}
    if draw < 0.6:
        return {"any": parts}
    if draw < 0.8:
        return {"none": parts}
    return {"at_least": dice.randint(1, len(parts)), "of": parts}


def _leaf(dice: Random, facts: Sequence[FactDefinition]) -> dict[str, Any]:
    draw = dice.random()
    if draw < 0.08:
        fact, kind = "application_date", "date"
    else:
        definition = dice.choice(facts) if draw < 0.6 else dice.choice(_lively(facts))
        fact, kind = definition.code, str(definition.kind)
    ops = {"bool": ("==", "!="), "enum": ("==", "!=", "in"), "division": ("==", "!=", "in")}
    op = dice.choice(ops.get(kind, ORDERED))
    value: Any = _bound(dice, fact, kind)
    if op == "in":
        value = [value, *(_bound(dice, fact, kind) for _ in range(dice.randint(0, 2)))]
    elif op == "between":
        value = [value, _bound(dice, fact, kind)]
        if not any(isinstance(end, dict) for end in value):
            value.sort()
    return {"fact": fact, "op": op, "value": value, "matures": dice.random() < 0.3}


def _lively(facts: Sequence[FactDefinition]) -> Sequence[FactDefinition]:
    """Return the facts that time moves, dates and those that many trees ask about."""
    return [one for one in facts if one.moves or one.kind in {"date", "division"}] or facts


def _bound(dice: Random, fact: str, kind: str) -> Any:
    if kind == "date":
        if dice.random() < 0.4:
            day = an_application if fact == "application_date" else a_day
            return day(dice).isoformat()
        bases = [code for code in DATES if code != fact]
        of = dice.choice(bases if fact == "application_date" else ["application", *bases])
        moves = {"years": 3, "months": 26, "days": 70}
        return {"of": of} | {
            unit: dice.randint(-most, most) for unit, most in moves.items() if dice.random() < 0.4
        }
    return _value(dice, dictionary()[fact])


def _value(dice: Random, definition: FactDefinition) -> Any:
    match definition.kind:
        case "bool":
            return dice.random() < 0.5
        case "enum":
            return dice.choice(definition.options).value
        case "division":
            return dice.choice(DISTRICTS)
        case "decimal":
            return str(Decimal(dice.randint(0, 80_000)) / 10_000)
    draw = dice.random()
    if draw < 0.02:
        return dice.choice([10**6, 10**12])
    return dice.randint(0, 3 if definition.moves == "year" else 40 if draw < 0.3 else 8)


def some_facts(dice: Random, facts: Sequence[FactDefinition] = OPEN_FACTS) -> dict[str, Any]:
    """Return what is known of someone; the less, the more is unknown."""
    share = dice.choice([0.2, 0.6, 0.9, 1.0])
    known: dict[str, Any] = {}
    for definition in facts:
        if definition.is_derived or dice.random() > share:
            continue
        if definition.kind == "date":
            known[definition.code] = a_day(dice)
            continue
        value = definition.parse(_value(dice, definition))
        if definition.grows:
            value = Count(value, a_day(dice) if dice.random() < 0.8 else None)
        known[definition.code] = value
    return known


def judged(expressions: Sequence[Sql], facts: Sequence[Facts]) -> list[list[Any]]:
    """Return what each expression comes to for each of the facts as a wide row."""
    columns = ", ".join(one.text for one in expressions)
    rows = json.dumps([{"n": n, **_row(known)} for n, known in enumerate(facts)])
    with connection.cursor() as cursor:
        cursor.execute(
            OVER_ROWS.format(columns=columns),
            [*(param for one in expressions for param in one.params), rows],
        )
        return [list(row) for row in cursor.fetchall()]


def _row(known: Facts) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": "person"}
    for code, value in known.items():
        if dictionary()[code].sensitive:
            continue
        if isinstance(value, Count):
            row[f"f_{code}_as_of"] = value.as_of and value.as_of.isoformat()
            value = value.value
        row[f"f_{code}"] = value if isinstance(value, bool | int) else str(value)
    return row
