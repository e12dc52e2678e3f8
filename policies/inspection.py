"""The inspection of the population (数据巡检): who may have which policy, kept as matches.

A match stands from the day on which it was found until the day on which it was found to have ended.
Subjects whose facts have changed wait in a queue and are looked at against every policy. Of the
others only those policies are looked at whose compiled form is another than at the last run: time
moves it, or a version was published, came into force or ended. Only differences are written.

Whoever works through the queue holds a shared lock, a run over everyone takes it alone for a batch:
so none of them decides on a row that another has just decided anew.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from policies import compiled, providers, subjects
from policies.compiled import Sql
from policies.dictionary import stated
from policies.eligibility import Count, Facts, holds
from policies.models import Inspection, Profile
from policies.shelf import PublishedPolicy, Shelf, shelf
from portal.core import clock
from portal.core.ledger import Entry, record

BATCH = 5_000
CHANGED_AT_ONCE = 500

# Ids of a subject and of a policy or version.
Pair = tuple[int, int]

LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtext('policies.inspection'))"
LOCK_ALONE = "SELECT pg_advisory_xact_lock(hashtext('policies.inspection'))"
# The sorts and tables of a batch fit into memory.
ROOM = "SET LOCAL work_mem = '64MB'"

# Whoever keeps a fact holds the subject first and then puts it into the queue; so does this, or the
# two would wait for each other. A subject that is held just now stays in the queue; a fact that
# changes meanwhile waits for the end of this transaction and puts the subject in again. As an array
# the choice is made once; as a list it may be made anew for each row, and the limit not be kept.
CLAIM = """
DELETE FROM policies_changedsubject WHERE subject_id = ANY(ARRAY(
    SELECT subject.id
    FROM policies_changedsubject AS changed
    JOIN policies_subject AS subject ON subject.id = changed.subject_id
    LIMIT %s FOR NO KEY UPDATE OF subject SKIP LOCKED
)) RETURNING subject_id
"""
NEXT = """
SELECT array_agg(subject_id) FROM (
    SELECT subject_id FROM policies_profile WHERE subject_id > %s ORDER BY subject_id LIMIT %s
) AS next
"""
# `found` is what ought to be, `old` what is. Ends are written by id, so that the table is not read
# from end to end for a few rows; beginnings in order, so that those of one subject lie together.
MERGE = """
WITH chosen AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS chosen (version_id, policy_id)
),
found AS (
    SELECT hit.subject_id, chosen.policy_id, chosen.version_id
    FROM (
        {scans}
        UNION ALL
        SELECT subject_id, ARRAY[version_id]
        FROM unnest(%s::bigint[], %s::bigint[]) AS decided (subject_id, version_id)
    ) AS hit (subject_id, versions)
    CROSS JOIN unnest(hit.versions) AS version (id)
    JOIN chosen ON chosen.version_id = version.id
),
old AS (
    SELECT id, subject_id, policy_id, version_id FROM policies_match
    WHERE until IS NULL AND subject_id = ANY(%s) AND policy_id = ANY(%s)
),
merged AS MATERIALIZED (
    SELECT old.id, subject_id, policy_id, old.version_id AS was, found.version_id AS now
    FROM found FULL JOIN old USING (subject_id, policy_id)
),
lost AS (
    UPDATE policies_match SET until = %s
    WHERE id = ANY(ARRAY(SELECT id FROM merged WHERE now IS NULL))
),
judged_anew AS (
    UPDATE policies_match AS match SET version_id = merged.now FROM merged
    WHERE match.id = merged.id
      AND match.id = ANY(ARRAY(SELECT id FROM merged WHERE was <> now))
),
gained AS (
    INSERT INTO policies_match (subject_id, policy_id, version_id, since)
    SELECT subject_id, policy_id, now, %s FROM merged WHERE id IS NULL
    ORDER BY subject_id, policy_id
)
SELECT policy_id, count(*) FILTER (WHERE id IS NOT NULL AND now IS NOT NULL),
       array_agg(subject_id ORDER BY subject_id) FILTER (WHERE id IS NULL),
       array_agg(subject_id ORDER BY subject_id) FILTER (WHERE now IS NULL)
FROM merged GROUP BY policy_id
"""
SCAN = """
SELECT p.subject_id, array_remove(ARRAY[{versions}]::bigint[], NULL)
FROM policies_profile AS p WHERE p.kind = %s AND p.subject_id = ANY(%s)
"""
NOTHING = "SELECT NULL::bigint, NULL::bigint[] WHERE false"
# The last run that went over everyone where it had to; it notes how each policy read then.
LAST = """
SELECT by_policy FROM policies_inspection
WHERE ended_at IS NOT NULL AND by_policy @? '$.*.form' ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was found of some subjects: pairs of subject and policy, by id.

    `subject_ids` are those whose facts have changed; the pairs may be of others too.
    """

    subject_ids: tuple[int, ...] = ()
    gained: tuple[Pair, ...] = ()
    lost: tuple[Pair, ...] = ()


class Tally:
    """Matches by policy id, counted over any number of batches."""

    def __init__(self) -> None:
        self.gained: Counter[int] = Counter()
        self.lost: Counter[int] = Counter()
        self.unchanged: Counter[int] = Counter()

    def of(self, policy_id: int) -> dict[str, int]:
        return {
            "gained": self.gained[policy_id],
            "lost": self.lost[policy_id],
            "unchanged": self.unchanged[policy_id],
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Policies compiled for a day, to be looked for in any batch of subjects."""

    on: date
    policies: tuple[PublishedPolicy, ...]
    matching: Mapping[str, tuple[Sql, ...]]
    undecided: Mapping[str, tuple[Sql, ...]]


# ---- runs ---------------------------------------------------------------------------------------


def inspect(
    on: date, *, full: bool = False, tell: Callable[[Changes], object] | None = None
) -> Inspection:
    """Look at the changed subjects, and at everyone for each policy that reads otherwise than at
    the last run or, in a full run, for every policy; return the run with its finds.

    `tell` hears in the transaction of each batch what came of changed facts, and which pairs others
    have gained or lost, as time has passed or a policy is new. A run that is cut short leaves what
    it has found; the next one goes over everyone again.
    """
    run = Inspection.objects.create(on=on, is_full=full)
    policies, before = tuple(shelf().policies.values()), _last_forms()
    forms = _forms(on)
    due = tuple(one for one in policies if full or before.get(one.code) != forms[one.code])
    of_changed, of_everyone = Tally(), Tally()
    while providers.expire():
        continue
    looked_at = _inspect_queue(on, of_changed, tell)
    if due:
        looked_at = _inspect_everyone(plan_for(due, on), of_everyone, tell)
    run.by_policy = {
        policy.code: {
            **(_after(of_changed, of_everyone, policy.pk) if policy in due
               else of_changed.of(policy.pk)),
            "form": forms[policy.code],
        }
        for policy in policies
    }  # fmt: skip
    _end(run, looked_at)
    payload = {"full": full, "subjects": looked_at, "gained": run.gained, "lost": run.lost}
    record(Entry("inspection.ended", subject=f"inspection:{run.pk}", payload=payload))
    return run


def is_due(on: date) -> bool:
    """Tell whether any policy reads otherwise than at the last run."""
    before = _last_forms()
    return any(before.get(code) != form for code, form in _forms(on).items())


def inspect_changed(limit: int = CHANGED_AT_ONCE) -> Changes:
    """Look at some of the changed subjects, in the caller's transaction: a rollback puts them back
    into the queue. No subject comes back where none is left."""
    on, tally = clock.today(), Tally()
    changes = _inspect_some(limit, on, tally)
    if changes.subject_ids:
        found = {policy.code: tally.of(policy.pk) for policy in shelf().policies.values()}
        run = Inspection.objects.create(on=on, is_full=False)
        run.by_policy = {code: numbers for code, numbers in found.items() if any(numbers.values())}
        _end(run, len(changes.subject_ids))
    return changes


def _end(run: Inspection, subjects_seen: int) -> None:
    run.subjects, run.ended_at = subjects_seen, clock.now()
    for name in ("gained", "lost", "unchanged"):
        setattr(run, name, sum(numbers[name] for numbers in run.by_policy.values()))
    run.save()


def _after(changed: Tally, everyone: Tally, policy_id: int) -> dict[str, int]:
    """Return what two passes of one run found: what the first gained was there for the second."""
    first, second = changed.of(policy_id), everyone.of(policy_id)
    return {
        "gained": first["gained"] + second["gained"],
        "lost": first["lost"] + second["lost"],
        "unchanged": max(second["unchanged"] - first["gained"], 0),
    }


def _last_forms() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(LAST)
        row = cursor.fetchone()
    by_policy = json.loads(row[0]) if row else {}
    return {code: found.get("form", "") for code, found in by_policy.items()}


def _forms(on: date) -> dict[str, str]:
    return {policy.code: form_of(policy, on) for policy in shelf().policies.values()}


def form_of(policy: PublishedPolicy, on: date) -> str:
    """Return a digest of how a policy reads on a day; another one may match other people."""
    text = repr((compiled.matching(policy, on), compiled.open_rows(policy, on)))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


# ---- batches ------------------------------------------------------------------------------------


def _inspect_queue(on: date, tally: Tally, tell: Callable[[Changes], object] | None) -> int:
    """Empty the queue; return how many subjects were in it."""
    looked_at = 0
    while True:
        with transaction.atomic():
            changes = _inspect_some(BATCH, on, tally)
            if not changes.subject_ids:
                return looked_at
            if tell:
                tell(changes)
        looked_at += len(changes.subject_ids)


def _inspect_some(limit: int, on: date, tally: Tally) -> Changes:
    """Take subjects from the queue and look at them for every policy."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_SHARED)
        cursor.execute(CLAIM, [limit])
        subject_ids = tuple(sorted(pk for (pk,) in cursor.fetchall()))
        if not subject_ids:
            return Changes()
        gained, lost = _merge(current_plan(on), subject_ids, tally)
    return Changes(subject_ids, gained, lost)


def _inspect_everyone(plan: Plan, tally: Tally, tell: Callable[[Changes], object] | None) -> int:
    """Look at all subjects for the policies of a plan; return how many there are."""
    looked_at = last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK_ALONE)
            cursor.execute(NEXT, [last, BATCH])
            (subject_ids,) = cursor.fetchone() or (None,)
            if not subject_ids:
                return looked_at
            gained, lost = _merge(plan, subject_ids, tally)
            if tell and (gained or lost):
                tell(Changes((), gained, lost))
        looked_at, last = looked_at + len(subject_ids), subject_ids[-1]


def _merge(
    plan: Plan, subject_ids: Sequence[int], tally: Tally
) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Bring the matches of subjects up to the day; return what was gained and what was lost."""
    ids = list(subject_ids)
    policy_of = {one.pk: policy.pk for policy in plan.policies for one in policy.versions}
    decided = _decided(plan, ids)
    scans, params = _scans(plan.matching, ids)
    gained: list[Pair] = []
    lost: list[Pair] = []
    with connection.cursor() as cursor:
        cursor.execute(ROOM)
        cursor.execute(
            MERGE.format(scans=scans),
            [
                list(policy_of), list(policy_of.values()), *params,
                [pk for pk, _ in decided], [version for _, version in decided],
                ids, [policy.pk for policy in plan.policies], plan.on, plan.on,
            ],
        )  # fmt: skip
        for policy_id, unchanged, came, went in cursor.fetchall():
            tally.unchanged[policy_id] += unchanged
            tally.gained[policy_id] += len(came or ())
            tally.lost[policy_id] += len(went or ())
            gained += [(pk, policy_id) for pk in came or ()]
            lost += [(pk, policy_id) for pk in went or ()]
    return tuple(gained), tuple(lost)


# ---- plans --------------------------------------------------------------------------------------

_kept: tuple[Shelf, Plan] | None = None


def current_plan(on: date) -> Plan:
    """Return all policies compiled for a day; made anew when the day or the shelf is another."""
    global _kept
    now = shelf()
    if _kept is None or _kept[0] is not now or _kept[1].on != on:
        _kept = now, plan_for(tuple(now.policies.values()), on)
    return _kept[1]


def plan_for(policies: tuple[PublishedPolicy, ...], on: date) -> Plan:
    matching: dict[str, list[Sql]] = {}
    undecided: dict[str, list[Sql]] = {}
    for policy in policies:
        matching.setdefault(policy.applicant, []).append(compiled.matching(policy, on))
        if (rows := compiled.open_rows(policy, on)) is not None:
            undecided.setdefault(policy.applicant, []).append(rows)
    return Plan(on, policies, _frozen(matching), _frozen(undecided))


def _frozen(found: Mapping[str, list[Sql]]) -> Mapping[str, tuple[Sql, ...]]:
    return {kind: tuple(expressions) for kind, expressions in found.items()}


def _scans(by_kind: Mapping[str, tuple[Sql, ...]], ids: list[int]) -> tuple[str, list[Any]]:
    """Return one pass over the batch for each kind of subject, and its parameters."""
    texts, params = [], list[Any]()
    for kind, expressions in by_kind.items():
        texts.append(SCAN.format(versions=", ".join(one.text for one in expressions)))
        params += [param for one in expressions for param in one.params]
        params += [kind, ids]
    return " UNION ALL ".join(texts) or NOTHING, params


# ---- sealed facts -------------------------------------------------------------------------------


def _decided(plan: Plan, ids: list[int]) -> list[Pair]:
    """Return subject and version where a sealed fact, read one by one, makes the difference."""
    if not plan.undecided:
        return []
    statement, params = _scans(plan.undecided, ids)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        open_to = {pk: versions for pk, versions in cursor.fetchall() if versions}
    rules = {one.pk: one.rule for policy in plan.policies for one in policy.versions}
    return [
        (profile.pk, version)
        for profile in Profile.objects.filter(pk__in=open_to).iterator()
        for facts in [facts_of(profile)]
        for version in open_to[profile.pk]
        if holds(rules[version], facts, plan.on)
    ]


def facts_of(profile: Profile) -> Facts:
    """Return the facts of a wide row, the sealed ones too."""
    facts = dict(subjects.sealed_facts(profile.sealed))
    for definition in stated():
        value = None if definition.sensitive else getattr(profile, f"f_{definition.code}")
        if value is not None:
            as_of = getattr(profile, f"f_{definition.code}_as_of") if definition.grows else None
            facts[definition.code] = Count(value, as_of) if definition.grows else value
    return facts
