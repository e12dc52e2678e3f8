"""Publishing the policies of a catalogue's files (政策发布); the installer needs no second person.

Editors' drafts take two people and are published by policies.editing.drafting.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from policies.models import OneThing, Policy, PolicyVersion
from policies.policy_reading import PolicyFile, clash
from policies.policy_schema import Flaw, PolicyEntry, VersionEntry
from policies.reading import CatalogueError, Problem
from portal.accounts.models import Department
from portal.core import clock, ledger


@transaction.atomic
def install(files: Sequence[PolicyFile], one_thing: OneThing) -> tuple[str, ...]:
    """Bring the policies of a catalogue's files into the database and say in Chinese what changed.

    Known versions stay as they are. Raises CatalogueError, with every problem, for a file that says
    something else than what was published, or whose new version overlaps a published one.
    """
    _refuse_strangers(files, one_thing)
    policies = _policies(files, one_thing)
    versions = _published(policies.values())
    problems: list[Problem] = []
    changes: list[str] = []
    for file in files:
        policy = policies[file.policy.code]
        for flaw, change in _versions(policy, file.policy, versions[policy.pk]):
            if flaw is not None:
                problems.append(file.problem(flaw))
            if change:
                changes.append(change)
    if problems:
        raise CatalogueError(tuple(problems))
    return tuple(changes)


def _refuse_strangers(files: Sequence[PolicyFile], one_thing: OneThing) -> None:
    """Raise CatalogueError where the database has a policy whose place a file would take."""
    known = {policy.code: policy for policy in Policy.objects.all()}
    items = {p.item_code: p for p in known.values() if p.one_thing_id == one_thing.pk}
    problems: list[Problem] = []
    for file in files:
        entry, same = file.policy, known.get(file.policy.code)
        if same is not None and same.applicant != entry.applicant:
            problems.append(file.problem(Flaw("applicant", "已有的政策不能改变适用对象")))
        other = items.get(entry.item) if entry.item else None
        if other is not None and other.code != entry.code:
            reason = f"事项 {entry.item} 已属于政策 {other.code}"
            problems.append(file.problem(Flaw("item", reason)))
    if problems:
        raise CatalogueError(tuple(problems))


def _policies(files: Sequence[PolicyFile], one_thing: OneThing) -> Mapping[str, Policy]:
    """Return the rows of the policies by code, in line with the files and locked."""
    departments = {row.code: row for row in Department.objects.all()}
    rows = [
        Policy(
            code=entry.code,
            name=entry.name,
            applicant=entry.applicant,
            department=departments[entry.department],
            one_thing=one_thing if entry.item else None,
            item_code=entry.item,
        )
        for entry in (file.policy for file in files)
    ]
    Policy.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "applicant", "department", "one_thing", "item_code"],
    )
    codes = [row.code for row in rows]
    known = Policy.objects.select_for_update().filter(code__in=codes).order_by("pk")
    return {policy.code: policy for policy in known}


def _published(policies: Iterable[Policy]) -> dict[int, list[PolicyVersion]]:
    found: dict[int, list[PolicyVersion]] = {policy.pk: [] for policy in policies}
    for version in PolicyVersion.objects.filter(policy__in=found).order_by("number"):
        found[version.policy_id].append(version)
    return found


def _versions(
    policy: Policy, entry: PolicyEntry, known: list[PolicyVersion]
) -> Iterable[tuple[Flaw | None, str]]:
    published = [version for version in known if version.state == "published"]
    number = max((version.number for version in known), default=0)
    for index, version in enumerate(entry.versions):
        twin = _twin(version, published)
        if twin is not None:
            if _differs(version, twin):
                reason = f"版本“{twin.label}”已发布，内容不能修改；请保留原样并另加新版本"
                yield Flaw(f"versions[{index}]", reason), ""
            continue
        flaw = clash(version, published)
        if flaw is not None:
            yield Flaw(f"versions[{index}].{flaw.path}", flaw.reason), ""
            continue
        number += 1
        published.append(_install(policy, version, number))
        yield None, f"{policy.name}：发布版本“{version.label}”"


def _twin(version: VersionEntry, published: Iterable[PolicyVersion]) -> PolicyVersion | None:
    key = (version.division, version.effective_from)
    return next((v for v in published if (v.division, v.effective_from) == key), None)


def _differs(version: VersionEntry, twin: PolicyVersion) -> bool:
    ours = (version.label, version.effective_to, canonical(version.document))
    return ours != (twin.label, twin.effective_to, canonical(twin.document))


def canonical(document: Mapping[str, Any]) -> str:
    """Return a document in one form, so that equal content is equal text."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _install(policy: Policy, version: VersionEntry, number: int) -> PolicyVersion:
    row = PolicyVersion(
        policy=policy,
        number=number,
        label=version.label,
        division=version.division,
        effective_from=version.effective_from,
        effective_to=version.effective_to,
        document=version.document,
        published_at=clock.now(),
    )
    row.publish()
    row.save(force_insert=True)
    _tell("policy.published", row)
    return row


def _tell(kind: str, version: PolicyVersion, actor_id: int | None = None) -> None:
    ledger.record(
        ledger.Entry(
            kind=kind,
            subject=f"policy_version:{version.pk}",
            actor_id=actor_id,
            payload={"policy": version.policy.code, "number": version.number},
        )
    )
