"""The one form of a draft (填写申请): show, save, upload, hand in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cases import intake, places, uploads
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, CaseState, Document, Origin
from cases.pages import filling
from cases.pages.bundle import bundle_of
from cases.pages.filling import Taken
from cases.views import unsaved
from cases.views.own import is_scripted, own_case, own_cases
from portal.accounts.permissions import user_of

STEPS = ["选事项", "填写并上传", "窗口受理", "各部门办理"]


@never_cache
@require_GET
def form(request: HttpRequest, pk: UUID) -> HttpResponse:
    case = own_case(request, pk)
    if case.state != CaseState.DRAFT:
        return redirect("cases:case", pk=pk)
    return _page(request, case, data=unsaved.kept(request, _place(pk)))


@login_not_required
@require_POST
def save(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the draft; a script gets what has changed on the page, everybody else the page."""
    if not request.user.is_authenticated:
        return _signed_out(request, pk)
    case = own_case(request, pk)
    if more := request.POST.get("add_row"):
        return _page(request, case, data=request.POST, more_rows=more)
    try:
        taken = _take_in(request, case)
    except AlreadyHandled as error:
        return _handled(request, pk, error)
    if is_scripted(request):
        return _saved(request, case, taken)
    if taken.file_errors:
        return _page(request, taken.case, taken=taken)
    _say(request, taken)
    return redirect("cases:form", pk=pk)


@login_not_required
@require_POST
def submit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand the draft in; a second time leads to the same case."""
    if not request.user.is_authenticated:
        return _signed_out(request, pk)
    case = own_case(request, pk)
    if case.state != CaseState.DRAFT:
        return redirect("cases:case", pk=pk)
    try:
        taken = _take_in(request, case)
        if taken.file_errors:
            return _page(request, taken.case, taken=taken)
        if words := filling.dropped_words(taken):
            return _page(request, taken.case, taken=taken, problems={"items": words})
        intake.submit(
            case_id=pk,
            actor=user_of(request),
            answers={},
            signed=request.POST.get("signed") == "yes",
        )
    except Incomplete as error:
        return _page(request, own_case(request, pk), taken=taken, problems=error.problems)
    except AlreadyHandled:
        # Somebody was faster: the other click of a double click, or the other tab.
        return redirect("cases:case", pk=pk)
    return redirect("cases:case", pk=pk)


@login_not_required
@require_POST
def upload(request: HttpRequest, pk: UUID, material: str) -> HttpResponse:
    """Attach files to one material; the rest of the posted form is saved along."""
    if not request.user.is_authenticated:
        return _signed_out(request, pk)
    case = own_case(request, pk)
    if not filling.takes(case, material):
        raise Http404
    try:
        taken = _take_in(request, case)
    except AlreadyHandled as error:
        return _handled(request, pk, error)
    if is_scripted(request):
        return _material(request, taken, material)
    if taken.file_errors:
        return _page(request, taken.case, taken=taken)
    return redirect(f"{reverse('cases:form', args=[pk])}#material-{material}")


@require_POST
def remove_document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an uploaded file away; the rest of the posted form is saved along."""
    documents = Document.objects.filter(case__in=own_cases(request), origin=Origin.UPLOADED)
    document = get_object_or_404(documents, pk=pk)
    case = own_case(request, document.case_id)
    try:
        taken = _take_in(request, case) if case.state == CaseState.DRAFT else Taken(case)
        uploads.remove_document(document=document, actor=user_of(request))
    except AlreadyHandled as error:
        return _handled(request, case.pk, error)
    if case.state != CaseState.DRAFT:
        return _back(request, case.pk)
    if is_scripted(request):
        return _material(request, taken, document.material_code)
    return redirect(f"{reverse('cases:form', args=[case.pk])}#material-{document.material_code}")


@login_not_required
@require_GET
def find_places(request: HttpRequest) -> HttpResponse:
    """List the divisions that fit what was typed, for the list under the box."""
    typed = str(next(iter(request.GET.values()), ""))
    return render(request, "cases/_places.html", {"places": places.find(typed)})


def _take_in(request: HttpRequest, case: Case) -> Taken:
    taken = filling.take_in(case, user_of(request), request.POST, request.FILES)
    unsaved.forget(request, _place(case.pk))
    return taken


def _page(
    request: HttpRequest,
    case: Case,
    *,
    taken: Taken | None = None,
    problems: dict[str, str] | None = None,
    data: Any = None,
    more_rows: str = "",
) -> HttpResponse:
    """Draw the form page: 200, or 422 with problems, or 413 with a file that is too large."""
    file_errors = taken.file_errors if taken else {}
    context = {
        **filling.page(
            case, problems=problems, file_errors=file_errors, data=data, more_rows=more_rows
        ),
        "steps": STEPS,
        "added": filling.added_words(taken) if taken else [],
        "is_restored": bool(data) and not more_rows,
    }
    status = 413 if taken and taken.too_large else 422 if problems or file_errors else 200
    return render(request, "cases/form.html", context, status=status)


def _saved(request: HttpRequest, before: Case, taken: Taken) -> HttpResponse:
    """Answer the script's own saving with the parts of the page that have changed."""
    page = filling.page(taken.case, file_errors=taken.file_errors)
    context = {
        **page,
        "has_new_materials": page["bundle"].signature != bundle_of(before).signature,
        "added": filling.added_words(taken),
        "dropped": filling.dropped_words(taken),
        "derived": [
            entry
            for section in page["sections"]
            for entry in section["entries"]
            if entry["element"].code in taken.derived
        ],
    }
    return render(request, "cases/_saved.html", context)


def _material(request: HttpRequest, taken: Taken, code: str) -> HttpResponse:
    """Answer the script with one material as it stands now."""
    page = filling.page(taken.case, file_errors=taken.file_errors)
    row = next((row for row in page["bundle"].uploads if row["code"] == code), None)
    status = 413 if taken.too_large else 422 if taken.file_errors else 200
    return render(request, "cases/_material.html", {**page, "item": row}, status=status)


def _say(request: HttpRequest, taken: Taken) -> None:
    for words in filling.added_words(taken):
        messages.info(request, words)
    if words := filling.dropped_words(taken):
        messages.warning(request, words)
    messages.success(request, "已保存。可以随时回来继续填写。")


def _signed_out(request: HttpRequest, pk: UUID) -> HttpResponse:
    return unsaved.sign_in_first(request, _place(pk), reverse("cases:form", args=[pk]))


def _handled(request: HttpRequest, pk: UUID, error: AlreadyHandled) -> HttpResponse:
    if is_scripted(request):
        return render(request, "cases/_handled.html", {"text": str(error), "pk": pk}, status=409)
    messages.error(request, str(error))
    return redirect("cases:case", pk=pk)


def _back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return to the notice or offer the file was removed from, with what was typed there."""
    back = request.POST.get("back", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect("cases:case", pk=pk)
    unsaved.keep(request, back)
    return redirect(back)


def _place(pk: UUID) -> str:
    return f"form:{pk}"
