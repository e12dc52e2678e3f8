"""Every published policy, parsed once and kept in the process (政策架); read-only.

Published versions never change, so one cheap query tells whether anything was added since.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

from django.db import connection

from policies.eligibility import EVERYONE, NO_ONE, Facts, Rule, rule_of
from policies.models import Policy, PolicyVersion
from policies.policy_schema import APPLICATION, PolicyDocument
from policies.schema import Applicant

# The place of a subject as a fact; a district's own version goes before the city's.
DISTRICT = "district"

_STAMP = """
    SELECT (SELECT md5(string_agg(p::text, '|' ORDER BY p.id)) FROM policies_policy p),
           (SELECT md5(string_agg(o::text, '|' ORDER BY o.id)) FROM policies_onething o),
           count(*), max(id), max(published_at)
    FROM policies_policyversion WHERE state = 'published'
"""


@dataclass(frozen=True)
class PublishedVersion:
    """One published version; `ends` is its own last day, or the day before the next one begins."""

    pk: int
    label: str
    number: int
    division: str
    begins: date | None
    ends: date | None
    document: PolicyDocument

    @cached_property
    def rule(self) -> Rule:
        """Return what is decided by; a version without conditions is open to all or closed."""
        node = self.document.node
        if node is None:
            return NO_ONE if self.document.closed else EVERYONE
        return rule_of(node)

    def in_force(self, on: date) -> bool:
        after = self.begins is None or self.begins <= on
        return after and (self.ends is None or on <= self.ends)

    def day_judged(self, facts: Facts, on: date) -> date:
        """Return the day that decides whether this version counts: of application or an event.

        While the event's day is unknown it is the day of application.
        """
        if self.document.judged_on == APPLICATION:
            return on
        day = facts.get(self.document.judged_on)
        return day if isinstance(day, date) else on


@dataclass(frozen=True)
class PublishedPolicy:
    """A policy with its published versions, by division and then the oldest first."""

    pk: int
    code: str
    name: str
    applicant: Applicant
    item_code: str
    one_thing: str
    department: str
    versions: tuple[PublishedVersion, ...]

    def version(self, facts: Facts, on: date) -> PublishedVersion | None:
        """Return the version that a subject is judged by; none outside every window.

        An abolished one (`closed`) in force is none as well.
        """
        for division in (str(facts.get(DISTRICT) or ""), ""):
            for version in self._by_division.get(division, ()):
                if version.in_force(version.day_judged(facts, on)):
                    return None if version.document.closed else version
        return None

    @cached_property
    def dated_by(self) -> tuple[str, ...]:
        """The date facts that say which version counts; while one is unknown, nobody can say."""
        named = (
            version.document.judged_on
            for version in self.versions
            if version.begins is not None or version.ends is not None
        )
        return tuple(dict.fromkeys(code for code in named if code != APPLICATION))

    @cached_property
    def _by_division(self) -> Mapping[str, tuple[PublishedVersion, ...]]:
        """Return the versions by division, the latest first: it wins where days differ."""
        found: dict[str, tuple[PublishedVersion, ...]] = {}
        for version in self.versions:
            found[version.division] = (version, *found.get(version.division, ()))
        return found


@dataclass(frozen=True)
class Shelf:
    """All policies that have a published version, by code in order."""

    policies: Mapping[str, PublishedPolicy]

    def of_item(self, one_thing: str, item_code: str) -> PublishedPolicy | None:
        return self._by_item.get((one_thing, item_code))

    def for_applicant(self, kind: str) -> tuple[PublishedPolicy, ...]:
        return tuple(policy for policy in self.policies.values() if policy.applicant == kind)

    @cached_property
    def _by_item(self) -> Mapping[tuple[str, str], PublishedPolicy]:
        return {
            (policy.one_thing, policy.item_code): policy
            for policy in self.policies.values()
            if policy.item_code
        }


_kept: tuple[tuple[Any, ...], Shelf] | None = None


def shelf() -> Shelf:
    """Return all published policies; one query, and two more when something was published."""
    global _kept
    stamp = _stamp()
    if _kept is None or _kept[0] != stamp:
        _kept = stamp, _read()
    return _kept[1]


def _stamp() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_STAMP)
        return tuple(cursor.fetchone() or ())


def _read() -> Shelf:
    versions: dict[int, list[PolicyVersion]] = {}
    published = PolicyVersion.objects.published().order_by("policy", "division", "number")
    for version in published:
        versions.setdefault(version.policy_id, []).append(version)
    policies = Policy.objects.filter(pk__in=versions).order_by("code")
    return Shelf(
        MappingProxyType(
            {
                policy.code: published_policy(policy, versions[policy.pk])
                for policy in policies.select_related("one_thing", "department")
            }
        )
    )


def published_policy(policy: Policy, rows: list[PolicyVersion]) -> PublishedPolicy:
    """Return a policy with these of its versions, as if they were the published ones."""
    return PublishedPolicy(
        pk=policy.pk,
        code=policy.code,
        name=policy.name,
        applicant="person" if policy.applicant == "person" else "enterprise",
        item_code=policy.item_code,
        one_thing=policy.one_thing.code if policy.one_thing else "",
        department=policy.department.code,
        versions=tuple(published_versions(rows)),
    )


def published_versions(rows: list[PolicyVersion]) -> list[PublishedVersion]:
    """Return versions of one policy, by division and then the oldest first, with derived ends."""
    ordered = sorted(rows, key=lambda row: (row.division, row.effective_from or date.min))
    found: list[PublishedVersion] = []
    for row in ordered:
        last = found[-1] if found else None
        if last and last.division == row.division and last.ends is None and row.effective_from:
            found[-1] = replace(last, ends=row.effective_from - timedelta(days=1))
        found.append(_version(row))
    return found


def _version(row: PolicyVersion) -> PublishedVersion:
    return PublishedVersion(
        pk=row.pk,
        label=row.label,
        number=row.number,
        division=row.division,
        begins=row.effective_from,
        ends=row.effective_to,
        document=PolicyDocument.model_validate(row.document),
    )
