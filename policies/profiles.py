"""Writing the wide rows (画像): one statement turns the facts of many subjects into typed columns.

Of each fact the most trusted valid statement counts, as in `policies.subjects`, here in SQL.
"""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field

from policies.dictionary import dictionary, stated
from policies.models import Profile
from portal.core import clock

# In an object the last of equal keys stays, so the most trusted statement is put in last.
# `as_of` of a count that has stopped growing is null, and so is its column.
STATEMENT = """
WITH rank AS (
    SELECT * FROM unnest(%(codes)s::text[], %(sources)s::text[], %(places)s::int[])
        AS rank(code, source, place)
),
valid AS (
    SELECT fact.subject_id, fact.code, fact.value, fact.as_of, fact.valid_until, rank.place
    FROM policies_fact fact
    JOIN rank ON rank.code = fact.code AND rank.source = fact.source
    WHERE fact.subject_id = ANY(%(subjects)s)
      AND (fact.value IS NOT NULL OR fact.sealed IS NOT NULL)
      AND (fact.valid_until IS NULL OR fact.valid_until >= %(today)s)
),
packed AS (
    SELECT
        subject_id,
        jsonb_object_agg('f_' || code, value ORDER BY place DESC)
        || COALESCE(
            jsonb_object_agg('f_' || code || '_as_of', as_of ORDER BY place DESC)
                FILTER (WHERE code = ANY(%(growing)s)),
            '{{}}'
        ) AS facts,
        min(valid_until) + 1 AS stale_on
    FROM valid
    GROUP BY subject_id
),
marked AS (
    INSERT INTO policies_changedsubject (subject_id, at)
    SELECT id, %(now)s FROM unnest(%(subjects)s::bigint[]) AS id WHERE %(mark)s ORDER BY id
    ON CONFLICT (subject_id) DO UPDATE SET at = EXCLUDED.at
)
INSERT INTO policies_profile (subject_id, kind, sealed, stale_on, refreshed_at, {columns})
SELECT subject.id, subject.kind, COALESCE(secret.sealed, %(empty)s), packed.stale_on, %(now)s,
       {columns}
FROM policies_subject subject
LEFT JOIN packed ON packed.subject_id = subject.id
LEFT JOIN unnest(%(secret_of)s::bigint[], %(secrets)s::text[]) AS secret(subject_id, sealed)
    ON secret.subject_id = subject.id
LEFT JOIN LATERAL jsonb_to_record(packed.facts) AS facts({typed}) ON true
WHERE subject.id = ANY(%(subjects)s)
ON CONFLICT (subject_id) DO UPDATE SET
    sealed = EXCLUDED.sealed,
    stale_on = EXCLUDED.stale_on,
    refreshed_at = EXCLUDED.refreshed_at,
    {updates}
"""


def write(
    subject_ids: Collection[int], sealed: Mapping[int, Any], today: date, *, mark: bool = False
) -> None:
    """Write the wide rows of subjects; `sealed` has their sensitive facts as they count.

    With `mark` they are put among those to be inspected; a later mark has another instant.
    The caller holds the subjects' rows, so that no older view of the facts is written last.
    """
    field = Profile._meta.get_field("sealed")
    ranks = [
        (one.code, source, place) for one in stated() for place, source in enumerate(one.sources)
    ]
    codes, sources, places = (list(column) for column in zip(*ranks, strict=True))
    params = {
        "codes": codes,
        "sources": sources,
        "places": places,
        "growing": [one.code for one in dictionary().values() if one.grows],
        "subjects": list(subject_ids),
        "today": today,
        "mark": mark,
        "now": clock.now(),
        "empty": field.get_prep_value({}),
        "secret_of": list(sealed),
        "secrets": [field.get_prep_value(value) for value in sealed.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(), params)


@cache
def _statement() -> str:
    columns = {f"{field.column}": field.db_type(connection) for field in _fact_fields()}
    return STATEMENT.format(
        columns=", ".join(columns),
        typed=", ".join(f"{name} {kind}" for name, kind in columns.items()),
        updates=",\n    ".join(f"{name} = EXCLUDED.{name}" for name in columns),
    )


def _fact_fields() -> list["Field[Any, Any]"]:
    every: list[Field[Any, Any]] = list(Profile._meta.concrete_fields)
    return [field for field in every if field.column and field.column.startswith("f_")]
