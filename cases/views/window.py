"""The window (综合窗口): the queue, one case on one page, and the verbs of intake."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import application, intake
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case
from cases.numbering import spaced
from cases.pages import window as window_pages
from cases.pages.staff_forms import FindForm, GapsForm, RefusalForm, StaffForm
from cases.views.revealing import answer_page
from portal.accounts.models import Role
from portal.accounts.permissions import roles_required, user_of

View = Callable[..., HttpResponse]


def clerks_only(view: View) -> View:
    """Answer 403 to other staff; for applicants there is no window."""
    for_clerk = never_cache(roles_required(Role.CLERK)(view))

    @wraps(for_clerk)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request.user, "is_applicant", False):
            raise Http404
        return for_clerk(request, *args, **kwargs)

    return checked


def verb_at_window(view: View) -> View:
    """The same, and show the case as it stands now where somebody was faster."""

    @wraps(view)
    @clerks_only
    def tried(request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            return view(request, pk)
        except AlreadyHandled as error:
            messages.error(request, str(error))
            return _page(request, _case(request, pk), status=409)

    return tried


@clerks_only
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits, longest waiting first; tab, number and page stand in the address."""
    context = window_pages.queue(
        user_of(request),
        tab=request.GET.get("tab", ""),
        number=request.GET.get("number", ""),
        page=request.GET.get("page", "1"),
    )
    return render(request, "cases/window/queue.html", {**context, "find_form": FindForm()})


@clerks_only
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Find cases by number, or by ID number, which stays out of the address."""
    form = FindForm(request.POST)
    if not form.is_valid():
        context = window_pages.queue(user_of(request), tab="", number="", page="1")
        context["find_form"] = form
        return render(request, "cases/window/queue.html", context, status=422)
    wanted = form.cleaned_data["wanted"]
    if window_pages.is_number(wanted):
        return redirect(f"{reverse('cases:window')}?number={wanted}")
    context = window_pages.found_by_identity(user_of(request), wanted)
    return render(request, "cases/window/queue.html", {**context, "find_form": FindForm()})


@clerks_only
@require_safe
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _page(request, _case(request, pk))


@verb_at_window
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _case(request, pk)
    try:
        accepted = intake.accept(case_id=found.pk, clerk=user_of(request))
    except Incomplete:
        return _page(request, found, status=422)
    how = "已过答复期限，依法视为受理" if accepted.is_deemed_accepted else "已受理"
    return _next(request, accepted, f"{how}，各部门已同时收到")


@verb_at_window
@require_POST
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send the one-time notice of everything that is missing or wrong (一次性告知)."""
    found = _case(request, pk)
    form = window_pages.gaps_form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, gaps_form=form, status=422)
    intake.ask(case_id=found.pk, clerk=user_of(request), gaps=form.gaps())
    return _next(request, found, "已一次性告知申请人补正")


@verb_at_window
@require_POST
def refuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _case(request, pk)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _page(request, found, refusal_form=form, status=422)
    intake.refuse(case_id=found.pk, clerk=user_of(request), **form.cleaned_data)
    return _next(request, found, "已作出不予受理决定，理由和救济途径已告知申请人")


@sensitive_post_parameters("password")
@clerks_only
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    found = _case(request, pk)
    allowed = {element.code for element in application.merged_form(found).fields}
    return answer_page(
        request,
        "cases/window/reveal.html",
        case=found,
        code=code,
        allowed=allowed,
        context={"back_url": reverse("cases:window-case", args=[pk]), "number": spaced(str(found))},
    )


def _case(request: HttpRequest, pk: UUID) -> Case:
    """Return a case a clerk may read, with what every page needs. Raises Http404."""
    visible = Case.objects.visible_to(user_of(request))
    return get_object_or_404(
        visible.select_related("version", "one_thing", "applicant", "accepted_by").defer(
            "version__document"
        ),
        pk=pk,
    )


def _page(
    request: HttpRequest,
    found: Case,
    *,
    gaps_form: GapsForm | None = None,
    refusal_form: RefusalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    forms: dict[str, StaffForm] = {"refusal_form": refusal_form or RefusalForm()}
    context = window_pages.case(found) | forms
    context["gaps_form"] = gaps_form or window_pages.gaps_form(found)
    return render(request, "cases/window/case.html", context, status=status)


def _next(request: HttpRequest, done: Case, what: str) -> HttpResponse:
    """Open the case that has waited longest; the queue where nothing waits."""
    messages.success(request, f"{spaced(done.number or '')} {what}。")
    waiting = Case.objects.visible_to(user_of(request)).at_window().first()
    return redirect("cases:window-case", pk=waiting.pk) if waiting else redirect("cases:window")
