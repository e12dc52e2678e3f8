"""Conditions as SQL over the wide row (画像), for a whole population at once.

An expression stands over the alias `p` of `policies_profile` and is true, false, or null where an
unknown fact decides: the same as `eligibility.holds` for one subject, which a property test shows.
What follows from the day asked about is worked out here, so that a row is compared with plain days
and numbers. Sensitive facts have no column; they are null here (see `open_rows`).
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from policies.closures import MOST, values_for
from policies.day_sets import FIRST, LAST, moved
from policies.dictionary import FactDefinition, dictionary
from policies.policy_schema import APPLICATION
from policies.shelf import DISTRICT, PublishedPolicy, PublishedVersion
from policies.trees import (
    APPLICATION_DATE,
    All,
    AtLeast,
    Group,
    Leaf,
    Node,
    NoneOf,
    Offset,
)

# Counts are rarely older than this; what is costs a calculation of months for each row.
RECENT_MONTHS = 24
# In one sum those that hold weigh 1 and the unknown 2^10, more than a tree has leaves. OFFSET 0
# keeps the sum from being copied to where it is used.
AT_LEAST = """(
    SELECT CASE WHEN (v & 1023) >= %s THEN true WHEN (v & 1023) + (v >> 10) < %s THEN false END
    FROM (SELECT {weighed} AS v OFFSET 0) AS weighed
)"""

_RELATIONS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Sql(NamedTuple):
    """An expression and its parameters, in the order of their marks."""

    text: str
    params: tuple[Any, ...] = ()


TRUE, FALSE, NULL = Sql("true"), Sql("false"), Sql("NULL::boolean")


def where(node: Node, on: date) -> Sql:
    """Return whether a row meets the conditions on a day: true, false or null."""
    return _Compiler(on).node(node)


def could_hold(node: Node, on: date) -> Sql:
    """Return whether a row would meet the conditions if its sensitive facts were as wanted."""
    return _Compiler(on, sensitive_as_wanted=True).node(node)


def is_sensitive(node: Node) -> bool:
    """Tell whether any of the facts asked about is sealed in the wide row."""
    return any(_is_sealed(leaf) for _, leaf in node.leaves())


def matching(policy: PublishedPolicy, on: date) -> Sql:
    """Return the id of the version by which a row has a policy on a day; null where it has not."""
    return _by_version(policy, on, lambda version: _eligible(version, on))


def open_rows(policy: PublishedPolicy, on: date) -> Sql | None:
    """Return the id of the version of rows that only a sealed fact leaves open, else null.

    None where the policy asks about no such fact.
    """
    nodes = (version.document.node for version in policy.versions)
    if not any(node and is_sensitive(node) for node in nodes):
        return None
    return _by_version(policy, on, lambda version: _left_open(version, on))


# ---- versions -----------------------------------------------------------------------------------


def _by_version(
    policy: PublishedPolicy, on: date, condition: Callable[[PublishedVersion], Sql]
) -> Sql:
    """Return the id of the version that a row is judged by, if the condition of it is true."""
    # Without the day of the event nobody can say which version counts.
    arms = [Sql(f"WHEN p.f_{code} IS NULL THEN NULL::bigint") for code in policy.dated_by]
    undated = len(arms)
    for version in _in_turn(policy):
        guard = _counts(version, on)
        if guard == FALSE:
            continue
        met = condition(version)
        arms.append(
            Sql(
                f"WHEN {guard.text} THEN CASE WHEN {met.text} THEN %s END",
                (*guard.params, *met.params, version.pk),
            )
        )
        if guard == TRUE:
            break
    if len(arms) == undated:
        return Sql("NULL::bigint")
    params = tuple(param for arm in arms for param in arm.params)
    return Sql(f"CASE {' '.join(arm.text for arm in arms)} END", params)


def _in_turn(policy: PublishedPolicy) -> list[PublishedVersion]:
    """Return the versions in the order in which `PublishedPolicy.version` tries them."""
    latest_first = list(reversed(policy.versions))
    return sorted(latest_first, key=lambda version: not version.division)


def _counts(version: PublishedVersion, on: date) -> Sql:
    """Return whether a version counts for a row: its district, and the day that decides."""
    judged_on = version.document.judged_on
    if judged_on == APPLICATION:
        guards = [TRUE if version.in_force(on) else FALSE]
    else:
        guards = [
            Sql(f"p.f_{judged_on} {relation} %s::date", (bound,))
            for relation, bound in ((">=", version.begins), ("<=", version.ends))
            if bound
        ]
    if version.division:
        guards.insert(0, Sql(f"p.f_{DISTRICT} = %s", (version.division,)))
    return _all(guards)


def _eligible(version: PublishedVersion, on: date) -> Sql:
    node = version.document.node
    if node is None:
        return FALSE if version.document.closed else TRUE
    return where(node, on)


def _left_open(version: PublishedVersion, on: date) -> Sql:
    node = version.document.node
    if node is None or not is_sensitive(node):
        return FALSE
    known, hoped = where(node, on), could_hold(node, on)
    return Sql(f"({known.text} IS NULL AND {hoped.text})", known.params + hoped.params)


# ---- groups -------------------------------------------------------------------------------------


class _Compiler:
    """One tree at one day. `sensitive_as_wanted` takes each sealed comparison for what helps."""

    def __init__(self, on: date, *, sensitive_as_wanted: bool = False) -> None:
        self.on = on
        self.sensitive_as_wanted = sensitive_as_wanted

    def node(self, node: Node, *, negated: bool = False) -> Sql:
        if isinstance(node, Leaf):
            return self._leaf(node, negated=negated)
        assert isinstance(node, Group)  # noqa: S101
        negated ^= isinstance(node, NoneOf)
        parts = [self.node(part, negated=negated) for part in node.parts]
        if isinstance(node, All):
            return _all(parts)
        if isinstance(node, AtLeast):
            return _at_least(node.least, parts)
        alternatives = _any(parts)
        return _not(alternatives) if isinstance(node, NoneOf) else alternatives

    def _leaf(self, leaf: Leaf, *, negated: bool) -> Sql:
        """Return a comparison as written; whoever is above a negation turns it round."""
        if not _is_sealed(leaf):
            return _comparison(leaf, self.on)
        if not self.sensitive_as_wanted:
            return NULL
        return FALSE if negated else TRUE


def _all(parts: Sequence[Sql]) -> Sql:
    if FALSE in parts:
        return FALSE
    return _joined(" AND ", [part for part in parts if part != TRUE], otherwise=TRUE)


def _any(parts: Sequence[Sql]) -> Sql:
    if TRUE in parts:
        return TRUE
    return _joined(" OR ", [part for part in parts if part != FALSE], otherwise=FALSE)


def _not(part: Sql) -> Sql:
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    return Sql(f"(NOT {part.text})", part.params)


def _joined(word: str, parts: Sequence[Sql], otherwise: Sql) -> Sql:
    if len(parts) < 2:
        return parts[0] if parts else otherwise
    params = tuple(param for part in parts for param in part.params)
    return Sql(f"({word.join(part.text for part in parts)})", params)


def _at_least(least: int, parts: Sequence[Sql]) -> Sql:
    """Return whether enough of the parts are true, each of them looked at once."""
    if least == 1:
        return _any(parts)
    if least == len(parts):
        return _all(parts)
    weighed = " + ".join(f"coalesce(({part.text})::int, 1024)" for part in parts)
    params = (param for part in parts for param in part.params)
    return Sql(AT_LEAST.format(weighed=weighed), (least, least, *params))


# ---- comparisons --------------------------------------------------------------------------------


def _is_sealed(leaf: Leaf) -> bool:
    return any(_stated(code).sensitive for code in leaf.codes())


def _stated(code: str) -> FactDefinition:
    """Return the definition of what is stated: of a derived fact that which it follows from."""
    definition = dictionary()[code]
    return dictionary()[definition.since.fact] if definition.since else definition


def _comparison(leaf: Leaf, on: date) -> Sql:
    definition = leaf.definition
    if definition.since:
        return _in_ranges(leaf, lambda low, high: _since(definition, low, high, on))
    if definition.grows:
        grown = _grown(definition, on)
        return _in_ranges(leaf, lambda low, high: _between(grown, low, high))
    if definition.kind == "date":
        return _of_days(leaf, on)
    return _plain(leaf)


def _plain(leaf: Leaf) -> Sql:
    """Return a comparison with values that no day moves."""
    column, values = f"p.f_{leaf.fact}", leaf.values
    if leaf.op == "in":
        return Sql(f"{column} IN ({', '.join(['%s'] * len(values))})", values)
    if leaf.op == "between":
        return Sql(f"{column} BETWEEN %s AND %s", values)
    return Sql(f"{column} {_RELATIONS[leaf.op]} %s", values)


# ---- counts -------------------------------------------------------------------------------------


def _in_ranges(leaf: Leaf, between: Callable[[int, int], Sql]) -> Sql:
    """Return whether a count is in one of the ranges for which a comparison holds."""
    ranges = values_for(leaf.op, leaf.values)
    # Of an unknown count nothing is known, even where no number would do.
    return _any([between(low, high) for low, high in ranges]) if ranges else between(1, 0)


def _between(count: Sql, low: int, high: int) -> Sql:
    if low == 0:
        return Sql(f"{count.text} <= %s", (*count.params, high))
    if high == MOST:
        return Sql(f"{count.text} >= %s", (*count.params, low))
    return Sql(f"{count.text} BETWEEN %s AND %s", (*count.params, low, high))


def _grown(definition: FactDefinition, on: date) -> Sql:
    """Return what a count has come to by a day.

    Its months are counted as those of the last two years' monthly days that it does not lie after,
    which is ten times faster than taking the day apart.
    """
    column, as_of = f"p.f_{definition.code}", f"p.f_{definition.code}_as_of"
    oldest, *_ = days = _monthly_days(on)
    months = (
        f"CASE WHEN {as_of} >= %s THEN {RECENT_MONTHS} - width_bucket({as_of}, %s)"
        f" ELSE policies_months({as_of}, %s) END"
    )
    per = " / 12" if definition.grows == "year" else ""
    return Sql(f"({column} + coalesce(({months}){per}, 0))", (oldest, list(days), on))


@lru_cache(maxsize=64)
def _monthly_days(on: date) -> tuple[date, ...]:
    """Return the first days of which 23, 22, … and no full months have gone by, ascending."""
    return tuple(
        date.fromordinal(_first_beyond(on.toordinal(), months))
        for months in range(RECENT_MONTHS, 0, -1)
    )


def _since(definition: FactDefinition, low: int, high: int, on: date) -> Sql:
    """Return whether the full months or years since a date are in a range."""
    assert definition.since  # noqa: S101
    column = f"p.f_{definition.since.fact}"
    per = 12 if definition.since.by == "year" else 1
    ends = _first_beyond(on.toordinal(), low * per) if low > 0 else LAST + 1
    begins = _first_beyond(on.toordinal(), (high + 1) * per)
    return _within(column, begins, ends)


# ---- days ---------------------------------------------------------------------------------------


def _of_days(leaf: Leaf, on: date) -> Sql:
    """Return a comparison of a date; several bounds are a comparison each."""
    if leaf.op == "in":
        return _any([_of_day(leaf.fact, "==", bound, on) for bound in leaf.values])
    if leaf.op == "between":
        low, high = leaf.values
        return _all([_of_day(leaf.fact, ">=", low, on), _of_day(leaf.fact, "<=", high, on)])
    return _of_day(leaf.fact, leaf.op, leaf.value, on)


def _of_day(code: str, op: str, bound: Any, on: date) -> Sql:
    if code == APPLICATION_DATE.code:
        if isinstance(bound, Offset):
            # The day asked about against a moved fact: the fact against the day, mirrored.
            return _moved_fact(bound.of, _MIRRORED.get(op, op), bound.months, bound.days, on)
        return TRUE if _holds(on, op, bound) else FALSE
    if not isinstance(bound, Offset):
        return Sql(f"p.f_{code} {_RELATIONS[op]} %s::date", (bound,))
    if bound.is_of_application:
        return _moved_fact(code, op, -bound.months, -bound.days, on)
    other = f"p.f_{bound.of}"
    return Sql(
        f"p.f_{code} {_RELATIONS[op]} ({other} + make_interval(months => %s))::date + %s",
        (bound.months, bound.days),
    )


def _holds(day: date, op: str, other: date) -> bool:
    return {
        "==": day == other,
        "!=": day != other,
        "<": day < other,
        "<=": day <= other,
        ">": day > other,
        ">=": day >= other,
    }[op]


def _moved_fact(code: str, op: str, months: int, days: int, on: date) -> Sql:
    """Return how a fact's day, moved so far, compares with a day: the fact in a range of days."""
    column, day = f"p.f_{code}", on.toordinal()
    reaches = _first_beyond(day - 1, months, days)  # the first that, moved, is not before the day
    passes = _first_beyond(day, months, days)  # the first that, moved, is after it
    if op in {"==", "!="}:
        same = _within(column, reaches, passes)
        return same if op == "==" else _not(same)
    begins, ends = {
        "<": (FIRST, reaches),
        "<=": (FIRST, passes),
        ">": (passes, LAST + 1),
        ">=": (reaches, LAST + 1),
    }[op]
    return _within(column, begins, ends)


def _within(column: str, begins: int, ends: int) -> Sql:
    """Return whether a day is from one ordinal on and before another; null for no day."""
    bounds = []
    if begins > FIRST:
        bounds.append(Sql(f"{column} >= %s::date", (_day(begins),)))
    if ends <= LAST or not bounds:
        bounds.append(Sql(f"{column} < %s::date", (_day(ends),)))
    return _all(bounds)


def _day(ordinal: int) -> date | str:
    return date.fromordinal(ordinal) if ordinal <= LAST else "infinity"


@lru_cache(maxsize=4096)
def _first_beyond(day: int, months: int, days: int = 0) -> int:
    """Return the ordinal of the first day that, moved by months and days, lies after a day.

    Looked for with the very function by which one subject is judged.
    """
    every = range(FIRST, LAST + 1)
    return FIRST + bisect_right(
        every, day, key=lambda ordinal: moved(date.fromordinal(ordinal), months, days)
    )
