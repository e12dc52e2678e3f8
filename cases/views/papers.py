"""Papers as PDF downloads: whoever may read the case gets the papers that concern them.

The registration form and the commitment hold the whole application: the applicant gets them in
clear, the window with personal data masked, a department not at all (it reads what its own item
asks for). Supervisors and auditors get what was decided and told, with names masked.
"""

from uuid import UUID

from django.db.models import Exists, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from cases import documents
from cases.models import Case, Document, WorkItem
from portal.accounts.models import Role, User
from portal.core.ledger import Entry, record

WHOLE_APPLICATION = frozenset({"registration", "commitment"})
NAMES_MASKED = frozenset({Role.SUPERVISOR, Role.AUDITOR})


@require_safe
def paper(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """Send one paper of a case; 404 where there is none or it is not this reader's."""
    reader: User = request.user  # type: ignore[assignment]
    case = get_object_or_404(
        Case.objects.visible_to(reader).select_related("version__one_thing"), pk=pk
    )
    if kind in WHOLE_APPLICATION and not (reader.is_applicant or reader.role == Role.CLERK):
        raise Http404
    masked = reader.role in NAMES_MASKED or (kind in WHOLE_APPLICATION and not reader.is_applicant)
    try:
        content = documents.of_case(case, kind, masked=masked)
    except documents.NotIssued as error:
        raise Http404 from error
    _note(reader, case, f"paper:{kind}")
    return download(content, f"{documents.title_of(kind)}{case.number}")


@require_safe
def work_item_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the certificate or the refusal of a decided work item.

    Who was handed the result as a material of an own item may read it too.
    """
    reader: User = request.user  # type: ignore[assignment]
    own = WorkItem.objects.visible_to(reader)
    handed = Document.objects.visible_to(reader).current().filter(work_item=pk)
    work_item = get_object_or_404(
        WorkItem.objects.select_related("case__version__one_thing", "department").filter(
            Q(pk__in=own) | Exists(handed)
        ),
        pk=pk,
    )
    try:
        content = documents.of_work_item(work_item, masked=reader.role in NAMES_MASKED)
    except documents.NotIssued as error:
        raise Http404 from error
    _note(reader, work_item.case, f"paper:{work_item.pk}")
    return download(content, f"{work_item.item_name}{work_item.case.number}")


def _note(reader: User, case: Case, subject: str) -> None:
    """Write into the ledger what staff open, as for uploaded documents."""
    if not reader.is_applicant:
        record(Entry("document.opened", case.pk, subject, reader.pk))


def download(content: bytes, name: str) -> HttpResponse:
    """Return a PDF for keeping, under a name."""
    response = HttpResponse(content, content_type="application/pdf")
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.pdf")
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
