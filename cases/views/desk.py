"""The officer's desk (部门工作台): one work item on one page, and the verbs of review.

The admin site (`cases.admin`) lists the items and gives these pages their addresses.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import review
from cases.errors import AlreadyHandled, UnusableFile
from cases.models import Card, WorkItem
from cases.numbering import spaced
from cases.pages import desk as desk_pages
from cases.pages.staff_forms import DecisionForm, RefusalForm
from cases.views.revealing import answer_page
from portal.accounts.models import DEPARTMENT_ROLES
from portal.accounts.permissions import roles_required, user_of

View = Callable[..., HttpResponse]


def for_desk(view: View) -> View:
    """Answer 403 to roles that have no desk; what lies on another desk is a 404."""

    @wraps(view)
    @never_cache
    @roles_required(*DEPARTMENT_ROLES)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    return checked


def verb_at_desk(view: View) -> View:
    """The same, and show the work item as it stands now where somebody was faster."""

    @wraps(view)
    @for_desk
    def tried(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except AlreadyHandled as error:
            messages.error(request, str(error))
            return _page(request, _readable(request, pk), status=409)

    return tried


@for_desk
@require_safe
def work_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a work item of the own desk, or one in which the department takes part (会办)."""
    return _page(request, _readable(request, pk))


@verb_at_desk
@require_POST
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    review.claim(work_item_id=found.pk, officer=user_of(request))
    return _again(request, found, "claim")


@verb_at_desk
@require_POST
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    review.take_over(work_item_id=found.pk, leader=user_of(request))
    return _again(request, found, "take_over")


@verb_at_desk
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    form = DecisionForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, found, decision_form=form, status=422)
    try:
        review.approve(
            work_item_id=found.pk,
            officer=user_of(request),
            result_number=form.cleaned_data["result_number"],
            upload=form.cleaned_data["document"],
        )
    except UnusableFile as error:
        form.add_error("document", str(error))
        status = 413 if error.too_large else 422
        return _page(request, found, decision_form=form, status=status)
    return _next(request, found, "approve")


@verb_at_desk
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _page(request, found, refusal_form=form, status=422)
    review.refuse(work_item_id=found.pk, officer=user_of(request), **form.cleaned_data)
    return _next(request, found, "refuse")


@verb_at_desk
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the department's one-time notice; the clock stands until the answer."""
    found = _own(request, pk)
    form = desk_pages.gaps_form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, gaps_form=form, status=422)
    review.ask(work_item_id=found.pk, officer=user_of(request), gaps=form.gaps())
    return _again(request, found, "ask")


@verb_at_desk
@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    form = desk_pages.pause_form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, pause_form=form, status=422)
    review.pause(work_item_id=found.pk, officer=user_of(request), **form.cleaned_data)
    return _again(request, found, "pause")


@verb_at_desk
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    review.resume(work_item_id=found.pk, officer=user_of(request))
    return _again(request, found, "resume")


@for_desk
@require_POST
def seen(request: HttpRequest, card_id: int) -> HttpResponse:
    """Take a card's banner away; the page on which it was acknowledged opens again."""
    desk = WorkItem.objects.of_desk(user_of(request))
    card = get_object_or_404(Card, pk=card_id, work_item__in=desk)
    review.acknowledge(card_id=card.pk, officer=user_of(request))
    back = request.META.get("HTTP_REFERER", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(
        back, allowed_hosts=hosts, require_https=request.is_secure()
    ):
        return redirect(back)
    return redirect("admin:cases_workitem_change", card.work_item_id)


@sensitive_post_parameters("password")
@for_desk
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Show one answer of the own desk's item in clear; fields of other items are a 404."""
    found = _own(request, pk)
    context = {
        **admin.site.each_context(request),
        "title": "查看全文",
        "back_url": reverse("admin:cases_workitem_change", args=[pk]),
        "number": spaced(found.case.number or ""),
    }
    return answer_page(
        request,
        "admin/cases/workitem/reveal.html",
        case=found.case,
        code=code,
        allowed=set(found.case.version.catalogue.items[found.item_code].all_fields),
        work_item=found,
        context=context,
    )


def _readable(request: HttpRequest, pk: int) -> WorkItem:
    return _with_case(WorkItem.objects.visible_to(user_of(request)), pk)


def _own(request: HttpRequest, pk: int) -> WorkItem:
    return _with_case(WorkItem.objects.of_desk(user_of(request)), pk)


def _with_case(items: Any, pk: int) -> WorkItem:
    whole = items.select_related(
        "case__version", "case__applicant", "department", "claimed_by"
    ).defer("case__version__document")
    return get_object_or_404(whole, pk=pk)


def _page(
    request: HttpRequest, found: WorkItem, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """Show the work item; of the forms, `forms` are those that came back with errors."""
    context = desk_pages.page(found, user_of(request))
    context |= {
        **admin.site.each_context(request),
        "bad_form": next(iter(forms.values()), None),
        "file_lost": bool(request.FILES),
        **desk_pages.empty_forms(found, context["verbs"]),
        **forms,
    }
    return render(request, "admin/cases/workitem/item.html", context, status=status)


def _again(request: HttpRequest, found: WorkItem, verb: str) -> HttpResponse:
    _say(request, found, verb)
    return redirect("admin:cases_workitem_change", found.pk)


def _next(request: HttpRequest, found: WorkItem, verb: str) -> HttpResponse:
    """Open the most urgent work item that is left."""
    _say(request, found, verb)
    return redirect(desk_pages.next_url(user_of(request), found))


def _say(request: HttpRequest, found: WorkItem, verb: str) -> None:
    number = spaced(found.case.number or "")
    messages.success(request, f"{number} {found.item_name}：{desk_pages.DONE[verb]}。")
