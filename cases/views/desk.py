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
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import cards, extending, review, urging
from cases.errors import AlreadyHandled, Incomplete, UnusableFile
from cases.models import Extension, Urging, WorkItem
from cases.numbering import spaced
from cases.pages import approvals as approvals_page
from cases.pages import desk as desk_pages
from cases.pages.staff_forms import DecisionForm, RefusalForm
from cases.pages.time_forms import (
    ExplanationForm,
    ExtensionDecisionForm,
    ExtensionForm,
    UrgingAnswerForm,
)
from cases.views.revealing import answer_page
from portal.accounts.models import DEPARTMENT_ROLES, Role
from portal.accounts.permissions import roles_required, user_of

View = Callable[..., HttpResponse]


def for_desk(view: View) -> View:
    """Answer 403 to roles that have no desk; what lies on another desk is a 404."""
    return never_cache(roles_required(*DEPARTMENT_ROLES)(view))


def verb_at_desk(view: View) -> View:
    """The same, and show the work item as it stands now where somebody was faster."""

    @wraps(view)
    @for_desk
    def tried(request: HttpRequest, pk: int, **more: int) -> HttpResponse:
        try:
            return view(request, pk, **more)
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


@verb_at_desk
@require_POST
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the leader for more time."""
    found = _own(request, pk)
    form = ExtensionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, extension_form=form, status=422)
    extending.ask(work_item_id=found.pk, officer=user_of(request), **form.cleaned_data)
    return _again(request, found, "extend")


@verb_at_desk
@require_POST
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant the extension that was asked for."""
    found = _own(request, pk)
    form = ExtensionDecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, approval_form=form, status=422)
    asked = _extension_of(found)
    extending.grant(extension_id=asked.pk, leader=user_of(request), **form.cleaned_data)
    return _again(request, found, "grant")


@verb_at_desk
@require_POST
def deny(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse the extension that was asked for, with the leader's reason."""
    found = _own(request, pk)
    form = ExtensionDecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, approval_form=form, status=422)
    asked = _extension_of(found)
    try:
        extending.refuse(extension_id=asked.pk, leader=user_of(request), **form.cleaned_data)
    except Incomplete as error:
        form.show(error.problems)
        return _page(request, found, approval_form=form, status=422)
    return _again(request, found, "deny")


@verb_at_desk
@require_POST
def explain(request: HttpRequest, pk: int, card_id: int) -> HttpResponse:
    """Say why a card was drawn and what is done about it."""
    found = _own(request, pk)
    card = get_object_or_404(found.cards, pk=card_id)
    form = ExplanationForm(card.pk, request.POST)
    if not form.is_valid():
        return _page(request, found, explanation_form=form, status=422)
    cards.explain(card_id=card.pk, officer=user_of(request), **form.cleaned_data)
    return _again(request, found, "explain")


@verb_at_desk
@require_POST
def answer(request: HttpRequest, pk: int, urging_id: int) -> HttpResponse:
    """Answer a supervisor's urging."""
    found = _own(request, pk)
    urged = get_object_or_404(Urging.objects.at_desk_of(found), pk=urging_id)
    form = UrgingAnswerForm(urged.pk, request.POST)
    if not form.is_valid():
        return _page(request, found, answer_form=form, status=422)
    urging.answer(urging_id=urged.pk, officer=user_of(request), **form.cleaned_data)
    return _again(request, found, "answer")


@never_cache
@roles_required(Role.LEADER)
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """Show a leader what waits for them: extensions to decide, red cards that have climbed."""
    context = {
        **admin.site.each_context(request),
        **approvals_page.page(user_of(request)),
    }
    return render(request, "admin/cases/workitem/approvals.html", context)


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


def _extension_of(found: WorkItem) -> Extension:
    """Return the last extension asked for; the verb says whether it can still be decided."""
    return get_object_or_404(Extension.objects.filter(work_item=found).order_by("-pk")[:1])


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
        **desk_pages.time_on(found, user_of(request), forms),
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
