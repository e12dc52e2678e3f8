"""Publishing a folder of catalogue files: YAML, checked, becomes departments and a new version."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction

from policies.changes import changes_between
from policies.models import CatalogueVersion, OneThing
from policies.policy_reading import PolicyFile, read_policies
from policies.publishing import install
from policies.reading import CATALOGUES, CatalogueError, Problem, read_catalogue
from policies.schema import Catalogue, DepartmentInfo, OneThingInfo
from portal.accounts.models import Department
from portal.core import clock, ledger

__all__ = ["CATALOGUES", "CatalogueError", "LoadReport", "Problem", "load_catalogue"]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did; `created` tells whether a version was published, changes are Chinese."""

    one_thing: OneThing
    version: CatalogueVersion
    created: bool
    changes: tuple[str, ...]
    policy_changes: tuple[str, ...] = ()


def load_catalogue(path: Path) -> LoadReport:
    """Publish a folder's catalogue and policies and return what changed; the same changes nothing.

    A catalogue that was published before becomes current again without a new version; a published
    version of a policy never changes. Raises CatalogueError with every problem found, in which case
    nothing was taken over.
    """
    catalogue = read_catalogue(path)
    return _publish(catalogue, read_policies(path, catalogue), path)


@transaction.atomic
def _publish(catalogue: Catalogue, policies: Sequence[PolicyFile], path: Path) -> LoadReport:
    report = _publish_catalogue(catalogue, path)
    return replace(report, policy_changes=install(policies, report.one_thing))


def _publish_catalogue(catalogue: Catalogue, path: Path) -> LoadReport:
    document = catalogue.model_dump(mode="json", exclude_defaults=True)
    departments = _publish_departments(catalogue.departments.values())
    one_thing = _locked(catalogue.one_thing, departments[catalogue.one_thing.lead], path)
    previous = one_thing.current
    version, created = CatalogueVersion.objects.get_or_create(
        one_thing=one_thing,
        digest=digest_of(document),
        defaults={
            "number": one_thing.versions.count() + 1,
            "document": document,
            "published_at": clock.now(),
        },
    )
    if previous == version:
        return LoadReport(one_thing, version, created=False, changes=())
    _make_current(one_thing, version, catalogue.one_thing)
    changes = changes_between(previous.catalogue if previous else None, catalogue)
    return LoadReport(one_thing, version, created, changes)


def digest_of(document: dict[str, Any]) -> str:
    """Return the SHA-256 of a document in one canonical form, as 64 hexadecimal digits."""
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _publish_departments(departments: Iterable[DepartmentInfo]) -> dict[str, Department]:
    """Bring the department rows in line with the files, one statement for all of them."""
    rows = [
        Department(code=info.code, name=info.name, short_name=info.short_name, position=position)
        for position, info in enumerate(departments, start=1)
    ]
    Department.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "short_name", "position"],
    )
    return {row.code: row for row in Department.objects.filter(code__in=[r.code for r in rows])}


def _locked(info: OneThingInfo, lead: Department, path: Path) -> OneThing:
    """Return the one-thing's row, made if need be and locked against a second load."""
    taken = OneThing.objects.filter(slug=info.slug).exclude(code=info.code).first()
    if taken:
        reason = f"网址代码 {info.slug} 已属于 {taken.code}"
        raise CatalogueError((Problem(path.name, "one_thing.slug", reason),))
    one_thing, _ = OneThing.objects.get_or_create(
        code=info.code, defaults={"slug": info.slug, "name": info.name, "lead": lead}
    )
    locked = OneThing.objects.select_for_update().get(pk=one_thing.pk)
    locked.lead = lead
    return locked


def _make_current(one_thing: OneThing, version: CatalogueVersion, info: OneThingInfo) -> None:
    one_thing.current = version
    one_thing.name = info.name
    one_thing.slug = info.slug
    one_thing.save(update_fields=["current", "name", "slug", "lead"])
    ledger.record(
        ledger.Entry(
            kind="catalogue.published",
            subject=f"catalogue_version:{version.pk}",
            payload={
                "one_thing": one_thing.code,
                "number": version.number,
                "digest": version.digest,
            },
        )
    )
