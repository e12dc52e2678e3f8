"""Inspecting the population with stored matches, against a hand-written merge for each policy.

The floor has the same 200 conditions as SQL written by hand for this day, and for each policy one
statement that finds who meets them and writes the differences into a table like ours, without its
foreign keys: no versions, districts, sealed facts, queue, figures or resuming. Both find the same
matches, which is asserted. Ours inspects the published policies of the city beside them, one of
which asks about a sealed fact. Before each round 1 % of the subjects change.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from functools import partial
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from benchmarks import Result, at_most, timed
from benchmarks.policies_population import ON, Made, Population
from policies import inspection, subjects
from policies.models import Policy, PolicyVersion
from portal.core import clock

ROUNDS = 5
SHARE = 100
WITH_ROWS = 0.05
FLOOR_TABLE = (
    "DROP TABLE IF EXISTS bench_match; CREATE TABLE bench_match (LIKE policies_match INCLUDING ALL)"
)
FLOOR = """
WITH now AS (
    SELECT p.subject_id FROM policies_profile p WHERE p.kind = '{kind}' AND ({sql})
),
lost AS (
    UPDATE bench_match m SET until = '{on}'
    WHERE m.policy_id = {policy} AND m.until IS NULL
      AND NOT EXISTS (SELECT FROM now WHERE now.subject_id = m.subject_id)
),
gained AS (
    INSERT INTO bench_match (subject_id, policy_id, version_id, since)
    SELECT subject_id, {policy}, {version}, '{on}' FROM now
    WHERE NOT EXISTS (
        SELECT FROM bench_match m
        WHERE m.policy_id = {policy} AND m.until IS NULL AND m.subject_id = now.subject_id
    )
)
SELECT count(*) FROM now
"""
# One in a hundred, others each round: a new job, a later degree, a flat.
CHANGE = """
UPDATE policies_profile SET
    f_ss_months_cont = CASE WHEN random() < 0.5 THEN f_ss_months_cont + 6 ELSE 0 END,
    f_grad_date = f_grad_date + (60 * random())::int,
    f_house_family = floor(2 * random()),
    f_hires_12m = floor(10 * random())
WHERE subject_id %% {share} = %s
"""
QUEUE = """
INSERT INTO policies_changedsubject (subject_id, at)
SELECT subject_id, now() FROM policies_profile WHERE subject_id %% {share} = %s
"""
# The facts of those who change, so that their wide rows can be written anew from them.
FACTS = """
INSERT INTO policies_fact (subject_id, code, source, value, as_of, obtained_at, grounds, proof)
SELECT p.subject_id, substr(column_.key, 3), 'manual', column_.value,
       (to_jsonb(p) ->> (column_.key || '_as_of'))::date, now(), '', ''
FROM policies_profile p CROSS JOIN jsonb_each(to_jsonb(p)) AS column_
WHERE p.subject_id %% {share} = %s AND column_.key LIKE 'f!_%%' ESCAPE '!'
  AND column_.key NOT LIKE '%%!_as!_of' ESCAPE '!' AND column_.value <> 'null'
"""


class Times(NamedTuple):
    floor: list[float]
    full: list[float]
    part: list[float]
    refreshed: list[float]


def rows(n: int, population: Population) -> Iterator[Result]:
    """Measure on `n` persons and a twelfth as many enterprises."""
    population.grow()
    noon = datetime.combine(ON, time(12), ZoneInfo("Asia/Shanghai"))
    with clock.at(noon), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        try:
            times = measured(population)
        finally:
            cursor.execute("RESET statement_timeout")
            cursor.execute("DROP TABLE bench_match")
            cursor.execute("DELETE FROM policies_fact WHERE source = 'manual'")
            cursor.execute("TRUNCATE policies_match")
    full, part = median(times.full), median(times.part)
    yield at_most("inspection: full, 1 % changed (s) vs SQL", n, full, median(times.floor), 2)
    yield at_most("inspection: 1 % changed vs full (s)", n, part, full, 0.03)
    # Wide rows are written when a fact is recorded, not by the inspection; both together:
    yield at_most("… their wide rows written anew too", n, median(times.refreshed), full, WITH_ROWS)


def measured(population: Population) -> Times:
    floor = floor_of(population.policies)
    execute(FLOOR_TABLE)
    floor()
    inspection.inspect(ON, full=True)
    execute("VACUUM ANALYZE")
    times = Times([], [], [], [])
    for number in range(ROUNDS):
        change(3 * number)
        execute("CHECKPOINT")
        taken, matches = timed(floor)
        times.floor.append(taken)
        execute("DELETE FROM policies_changedsubject")
        taken, run = timed(lambda: inspection.inspect(ON, full=True))
        times.full.append(taken)
        ours = [run.by_policy[one.code] for one in population.policies]
        assert sum(found["gained"] + found["unchanged"] for found in ours) == matches
        change(3 * number + 1)
        taken, found = timed(inspect_changed)
        times.part.append(taken)
        assert len(found.subject_ids) >= population.persons // SHARE and found.gained
        third = 3 * number + 2
        change(third)
        execute(FACTS.format(share=SHARE), third)
        taken, found = timed(partial(inspect_changed, anew=third))
        times.refreshed.append(taken)
    return times


def floor_of(policies: tuple[Made, ...]) -> Callable[[], int]:
    """Return the work of the floor, which comes back with the number of matches."""
    pks = dict(Policy.objects.values_list("code", "pk"))
    versions = dict(PolicyVersion.objects.values_list("policy__code", "pk"))
    statements = [
        FLOOR.format(
            kind=one.applicant, sql=one.sql, on=ON, policy=pks[one.code], version=versions[one.code]
        )
        for one in policies
    ]

    def work() -> int:
        matches = 0
        for statement in statements:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
                matches += cursor.fetchone()[0]
        return matches

    return work


@transaction.atomic
def inspect_changed(anew: int | None = None) -> inspection.Changes:
    if anew is not None:
        subjects.refresh(subjects_of(anew))
    return inspection.inspect_changed(limit=10_000)


def change(number: int) -> None:
    execute(CHANGE.format(share=SHARE), number)
    execute(QUEUE.format(share=SHARE), number)


def subjects_of(number: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject_id FROM policies_profile WHERE subject_id %% %s = %s", [SHARE, number]
        )
        return [pk for (pk,) in cursor.fetchall()]


def execute(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
