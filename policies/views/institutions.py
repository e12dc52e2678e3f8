"""Institutions that read codes (用码单位): who they are, what for, and their keys."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policies import institutions
from policies.models import CodeUse, Institution
from policies.views.recognition_forms import InstitutionForm
from portal.accounts.models import Role
from portal.accounts.permissions import staff_only, user_of

View = Callable[..., HttpResponse]

NAME_TAKEN = "已有同名的用码单位，请核对后再试。"


def managers_only(view: View) -> View:
    """Answer 403 to whoever may not hand out keys, 404 to applicants."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not institutions.may_manage(user_of(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return staff_only(Role.LEADER, Role.ADMINISTRATOR)(checked)


@require_safe
@managers_only
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, InstitutionForm())


@require_POST
@managers_only
def add(request: HttpRequest) -> HttpResponse:
    form = InstitutionForm(request.POST)
    if not form.is_valid():
        return _index(request, form, status=422)
    try:
        issued = institutions.add(by=user_of(request), **form.cleaned_data)
    except institutions.NameTaken:
        form.add_error("name", NAME_TAKEN)
        return _index(request, form, status=422)
    return _key_page(request, issued)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one institution; the post changes its name and purposes."""
    found = get_object_or_404(Institution, pk=pk)
    initial = {"name": found.name, "scopes": found.scopes}
    posted = request.POST if request.method == "POST" else None
    form = InstitutionForm(posted, initial=initial, pk=pk)
    if request.method == "POST" and form.is_valid():
        try:
            institutions.change(by=user_of(request), institution_id=pk, **form.cleaned_data)
        except institutions.NameTaken:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, "用码单位已更改，下一次验码起生效。")
            return redirect("policies:institutions")
    context = {"institution": found, "form": form}
    status = 422 if form.errors else 200
    return render(request, "policies/institutions/entry.html", context, status=status)


@require_POST
@managers_only
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Institution, pk=pk)
    return _key_page(request, institutions.rotate(by=user_of(request), institution_id=pk))


@require_POST
@managers_only
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Institution, pk=pk)
    is_active = request.POST.get("active") == "1"
    institutions.set_active(by=user_of(request), institution_id=pk, is_active=is_active)
    messages.success(request, "已恢复使用。" if is_active else "已停用，该单位即时不能再验码。")
    return redirect("policies:institutions")


def _key_page(request: HttpRequest, issued: institutions.Issued) -> HttpResponse:
    """Show a key in the answer to the post itself: it is kept nowhere and shown once."""
    return render(request, "policies/institutions/key.html", {"issued": issued})


def _index(request: HttpRequest, form: InstitutionForm, status: int = 200) -> HttpResponse:
    latest = CodeUse.objects.filter(institution=OuterRef("pk")).order_by("-at").values("at")[:1]
    rows = Institution.objects.annotate(last=Subquery(latest)).order_by("-is_active", "name")
    context = {"rows": rows, "form": form, "active": sum(one.is_active for one in rows)}
    return render(request, "policies/institutions/list.html", context, status=status)
