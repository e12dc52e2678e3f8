"""Reading a sensitive answer in clear (查看明文): after the password again, and on the record."""

from collections.abc import Collection

from django.db import transaction
from django.http import Http404

from cases import masking
from cases.models import Case, WorkItem
from portal.accounts.models import User
from portal.core.ledger import Entry, record


@transaction.atomic
def reveal(
    *,
    case: Case,
    code: str,
    allowed: Collection[str],
    actor: User,
    work_item: WorkItem | None = None,
) -> tuple[str, ...]:
    """Return one answer in clear; who read it stands in the ledger, the value does not.

    Raises Http404 for an answer that is none of the reader's business.
    """
    if code not in allowed:
        raise Http404
    element = case.version.catalogue.elements[code]
    subject = work_item.subject if work_item else ""
    record(Entry("value.revealed", case.pk, subject, actor.pk, payload={"field": code}))
    return masking.lines(element, case.all_answers.get(code), clear=True)
