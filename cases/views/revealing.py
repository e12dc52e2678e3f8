"""Reading one masked answer in clear, at the window and at the desk alike."""

from collections.abc import Collection
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from cases import disclosure, masking
from cases.models import Case, WorkItem
from cases.pages.staff_forms import PasswordForm
from portal.accounts import staff
from portal.accounts.models import User


def answer_page(
    request: HttpRequest,
    template: str,
    *,
    case: Case,
    code: str,
    allowed: Collection[str],
    work_item: WorkItem | None = None,
    context: dict[str, Any],
) -> HttpResponse:
    """Ask for the password; answer the post with the value itself, so that no address holds it.

    Raises Http404 for an answer that is none of the reader's business.
    """
    if code not in allowed:
        raise Http404
    form = PasswordForm(request.POST or None)
    reader: User = request.user  # type: ignore[assignment]
    lines: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            if staff.confirms(request, form.cleaned_data["password"]):
                lines = disclosure.reveal(
                    case=case, code=code, allowed=allowed, actor=reader, work_item=work_item
                )
            else:
                form.add_error("password", "密码不正确，请重新输入。")
        except staff.Locked:
            return staff.locked_out(request)
    element = case.version.catalogue.elements[code]
    shown = {
        "element": element,
        "masked": masking.lines(element, case.all_answers.get(code)),
        "lines": lines,
        "form": form,
    }
    return render(request, template, {**context, **shown}, status=422 if form.errors else 200)
