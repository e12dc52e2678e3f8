"""What is counted for the comprehensive database: people, demand, the way from right to payment.

Everything counts distinct subjects, set-based, and comes unsuppressed: who shows it must go through
`suppression`. Districts are six-digit codes, "?" where none is known.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, F, Func, Value
from django.db.models.functions import Coalesce

from cases.analysis.axes import UNKNOWN, Axis
from cases.models import Case, CaseState
from policies.models import Profile

Cross = dict[tuple[str, str], int]

# Of each policy, how many distinct subjects got how far; %(money)s are the items whose result is
# money. Matches are read once: most of a population may have most of two hundred policies.
FUNNEL = """
WITH found AS (
    SELECT policy_id, count(*) AS subjects
    FROM (SELECT DISTINCT policy_id, subject_id FROM policies_match) AS ever GROUP BY policy_id
), told AS (
    SELECT policy_id, count(DISTINCT subject_id) AS subjects
    FROM cases_recommendation WHERE shown_at IS NOT NULL GROUP BY policy_id
)
SELECT policy.code,
       coalesce(min(found.subjects), 0),
       coalesce(min(told.subjects), 0),
       count(DISTINCT item.identity),
       count(DISTINCT item.identity) FILTER (WHERE item.approved),
       count(DISTINCT item.identity)
           FILTER (WHERE item.delivered AND policy.item_code = ANY(%(money)s))
FROM policies_policy policy
LEFT JOIN found ON found.policy_id = policy.id
LEFT JOIN told ON told.policy_id = policy.id
LEFT JOIN LATERAL (
    SELECT request.identity_index AS identity,
           work.state = 'approved' AS approved,
           work.delivered_at IS NOT NULL AS delivered
    FROM cases_case request
    LEFT JOIN cases_workitem work
           ON work.case_id = request.id AND work.item_code = policy.item_code
    WHERE policy.item_code = ANY(request.item_codes)
      AND request.one_thing_id = policy.one_thing_id
      AND request.state <> 'draft' AND request.number IS NOT NULL
) item ON policy.item_code <> ''
GROUP BY policy.id, policy.code
"""
# Who may have a policy now, by district, and whether they have ever asked for it here.
CLAIMS = """
SELECT policy.code, coalesce(profile.f_district, '?'), asked.yes, count(*)
FROM policies_match found
JOIN policies_policy policy ON policy.id = found.policy_id
JOIN policies_subject subject ON subject.id = found.subject_id
LEFT JOIN policies_profile profile ON profile.subject_id = found.subject_id
CROSS JOIN LATERAL (
    SELECT policy.item_code <> '' AND EXISTS (
        SELECT FROM cases_case request
        WHERE request.identity_index = subject.identity_index
          AND request.one_thing_id = policy.one_thing_id
          AND policy.item_code = ANY(request.item_codes)
          AND request.state NOT IN ('draft', 'withdrawn', 'refused', 'revoked')
    ) AS yes
) asked
WHERE found.until IS NULL
GROUP BY 1, 2, 3
"""
# Which items people of which degree have asked for.
WISHES = """
SELECT wanted.code, coalesce(profile.f_edu, '?'), count(DISTINCT request.identity_index)
FROM cases_case request
CROSS JOIN LATERAL unnest(request.item_codes) AS wanted(code)
LEFT JOIN policies_subject subject
       ON subject.identity_index = request.identity_index AND subject.kind = 'person'
LEFT JOIN policies_profile profile ON profile.subject_id = subject.id
WHERE request.applicant_kind = 'person' AND request.state <> 'draft'
  AND request.submitted_at >= %(since)s AND request.submitted_at < %(until)s
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Way:
    """How many distinct subjects a policy has reached at each stage, from right to payment."""

    eligible: int
    shown: int
    applied: int
    approved: int
    paid: int


def population(axis: Axis, on: date) -> Cross:
    """Return how many subjects there are by (category of the axis, district), as of a day."""
    found = (
        Profile.objects.filter(kind=axis.kind)
        .values(raw=axis.raw(on), place=Coalesce("f_district", Value(UNKNOWN)))
        .annotate(count=Count("pk"))
        .values_list("raw", "place", "count")
    )
    counts: Counter[tuple[str, str]] = Counter()
    for raw, place, count in found:
        counts[axis.category(raw), place] += count
    return dict(counts)


def demand(since: datetime, until: datetime) -> Cross:
    """Return how many applicants asked for an item in a period, by (item, district)."""
    found = (
        Case.objects.exclude(state=CaseState.DRAFT)
        .filter(submitted_at__gte=since, submitted_at__lt=until)
        .values(item=Func(F("item_codes"), function="unnest"), place=F("district"))
        .annotate(count=Count("identity_index", distinct=True))
        .values_list("item", "place", "count")
    )
    return {(item, place or UNKNOWN): count for item, place, count in found}


def demand_by_degree(since: datetime, until: datetime) -> Cross:
    """Return how many people asked for an item in a period, by (item, degree)."""
    with connection.cursor() as cursor:
        cursor.execute(WISHES, {"since": since, "until": until})
        return {(item, degree): count for item, degree, count in cursor.fetchall()}


def funnel(money: list[str]) -> dict[str, Way]:
    """Return by policy how far people have come; `money` are the items that pay something."""
    with connection.cursor() as cursor:
        cursor.execute(FUNNEL, {"money": money})
        return {code: Way(*counts) for code, *counts in cursor.fetchall()}


def claims() -> dict[tuple[str, str, bool], int]:
    """Return how many may have a policy now, by (policy, district, whether they asked for it)."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIMS)
        return {(code, place, asked): count for code, place, asked, count in cursor.fetchall()}
