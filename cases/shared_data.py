"""The shared-data seam (数据共享): what departments know is asked of them, not of the applicant.

最多跑一次规定 art. 7. Submission writes one `SharedRequest` per shared material; a worker leases
them, asks the provider outside any transaction and keeps the answer as a document of the case.
Where nothing is found or nobody answers, the department verifies by itself (由部门核验).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from cases.models import Case, Document, Origin, SharedRequest
from cases.models.case import ApplicantKind
from policies.schema import Catalogue
from portal.core import clock
from portal.core.ledger import Entry, record

logger = logging.getLogger("portal.shared_data")

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 5
# Seconds until the next attempt after the first, second … that found nobody.
BACK_OFF = (5, 30, 120, 600)

Outcome = SharedRequest.Outcome


class Unavailable(Exception):
    """The other side does not answer now; asking again later may help."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a department's database says: label → value, as it is shown."""

    values: Mapping[str, str]


class SharedDataProvider(Protocol):
    """Whoever answers for the departments; a real platform takes the place of `FileProvider`."""

    def fetch(self, material_code: str, source: str, subject: Mapping[str, str]) -> Record | None:
        """Return the record of a subject, None where there is none. Raises Unavailable.

        `source` is the code of the department or outside source, `subject` holds `id_number`,
        `uscc` and `name` as far as they are known.
        """
        ...


class FileProvider:
    """Synthetic records from a YAML file (`settings.SHARED_DATA_FILE`); demonstration and tests.

    A record stands under an ID number or a social credit number. For numbers of an unassigned
    division, which no living person has, `anyone` answers where no record of their own stands.
    """

    def fetch(self, material_code: str, source: str, subject: Mapping[str, str]) -> Record | None:
        book = _book(settings.SHARED_DATA_FILE)
        numbers = [subject[key] for key in ("id_number", "uscc") if subject.get(key)]
        for number in numbers:
            own = book["records"].get(number, {})
            if material_code in own:
                return Record(own[material_code]) if own[material_code] else None
        anyone = book["anyone"]
        is_made_up = any(number.startswith(tuple(anyone["prefixes"])) for number in numbers)
        values = anyone["records"].get(material_code) if is_made_up else None
        return Record(values) if values else None


@cache
def _book(path: Path) -> Mapping[str, Any]:
    """Return the file of synthetic records. Raises Unavailable where it cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Unavailable(str(error)) from error


def provider() -> SharedDataProvider:
    """Return the provider that the settings name."""
    return import_string(settings.SHARED_DATA_PROVIDER)()


def drain(limit: int = 20) -> int:
    """Ask what is due and keep the answers; return how many questions were taken up."""
    rows = SharedRequest.objects.claim(limit=limit, lease=LEASE)
    asked = provider()
    for row in rows:
        _work_on(SharedRequest.objects.select_related("case__version").get(pk=row.pk), asked)
    return len(rows)


def _work_on(row: SharedRequest, asked: SharedDataProvider) -> None:
    if row.attempts > MOST_ATTEMPTS or not row.case.is_open:
        # It took a worker down with it each time, or nobody may ask about this case any more.
        _settle(row, Outcome.UNAVAILABLE)
        return
    material = row.case.version.catalogue.materials[row.material_code]
    try:
        found = asked.fetch(material.code, material.shared_from or "", subject_of(row.case))
    except Unavailable as error:
        logger.warning("Shared data %s: attempt %s failed: %s", row.pk, row.attempts, error)
        _try_again(row)
        return
    _settle(row, Outcome.FOUND if found else Outcome.NOTHING, found)


def subject_of(case: Case) -> dict[str, str]:
    """Return whom the question is about: the person with the employer, or the enterprise."""
    is_person = case.applicant_kind == ApplicantKind.PERSON
    fields = (
        {"id_number": "p_id_no", "uscc": "p_employer_uscc", "name": "p_name"}
        if is_person
        else {"id_number": "e_legal_id", "uscc": "e_uscc", "name": "e_name"}
    )
    answers = case.all_answers
    return {key: str(answers[code]) for key, code in fields.items() if answers.get(code)}


def _try_again(row: SharedRequest) -> None:
    if row.attempts >= MOST_ATTEMPTS:
        _settle(row, Outcome.UNAVAILABLE)
        return
    row.release(after=timedelta(seconds=BACK_OFF[row.attempts - 1]))
    # Only while the lease is still ours: another worker may have taken over since.
    SharedRequest.objects.filter(pk=row.pk, attempts=row.attempts).update(
        leased_until=row.leased_until, due_at=row.due_at
    )


@transaction.atomic
def _settle(row: SharedRequest, outcome: str, found: Record | None = None) -> None:
    """Keep the outcome once, and the answer as a document; a second worker changes nothing."""
    settled = SharedRequest.objects.filter(pk=row.pk, outcome=Outcome.PENDING).update(
        outcome=outcome, leased_until=None, due_at=None
    )
    if not settled:
        return
    if found:
        _keep(row.case, row.material_code, found)
    payload = {"material": row.material_code, "outcome": str(outcome)}
    record(Entry("shared.answered", row.case_id, f"shared_request:{row.pk}", payload=payload))


def _keep(case: Case, material_code: str, found: Record) -> None:
    catalogue: Catalogue = case.version.catalogue
    material = catalogue.materials[material_code]
    Document.objects.create(
        case=case,
        material_code=material_code,
        title=material.name,
        origin=Origin.SHARED,
        record=dict(found.values),  # type: ignore[misc]
        source=catalogue.origin_name(material.shared_from or ""),
        obtained_at=clock.now(),
    )
