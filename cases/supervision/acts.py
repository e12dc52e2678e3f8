"""One case under supervision; what supervisors do (监督措施): revoke a card, urge a department."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import cards, urging
from cases.errors import AlreadyHandled
from cases.models import Card, Case, Urging
from cases.pages import urgings as urging_page
from cases.pages.time_forms import RevocationForm, UrgingForm
from cases.supervision import case_page
from cases.supervision.pages.frame import plain_ways
from portal.accounts.models import Role
from portal.accounts.permissions import roles_required, user_of

PER_PAGE = 30


@never_cache
@roles_required(Role.SUPERVISOR, Role.AUDITOR, Role.LEADER)
@require_safe
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one case without its form: picture, days, cards, urgings, chronicle."""
    return page(request, _case(request, pk))


def page(request: HttpRequest, found: Case, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Show a case; of the forms, `forms` are those that came back with errors."""
    context = case_page.page(found, user_of(request), forms)
    return render(request, "cases/supervision/case.html", context, status=status)


@never_cache
@roles_required(Role.SUPERVISOR)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a card, with reasons that the department is told."""
    card = get_object_or_404(Card.objects.select_related("work_item"), pk=pk)
    found = _case(request, card.work_item.case_id)
    form = RevocationForm(card.pk, request.POST)
    if not form.is_valid():
        return page(request, found, revocation_form=form, status=422)
    try:
        cards.revoke(card_id=card.pk, supervisor=user_of(request), **form.cleaned_data)
    except AlreadyHandled as error:
        messages.error(request, str(error))
        return page(request, found, status=409)
    messages.success(request, "预警牌已撤销，理由已告知部门。")
    return redirect(reverse("cases:supervision-case", args=[found.pk]) + f"#card-{card.pk}")


@never_cache
@roles_required(Role.SUPERVISOR)
@require_POST
def urge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a reminder or an instruction to a department of the case."""
    found = _case(request, pk)
    items = found.work_items.select_related("department").order_by("pk")
    form = UrgingForm(request.POST, targets=case_page.urging_targets(items))
    if not form.is_valid():
        return page(request, found, urging_form=form, status=422)
    try:
        sent = urging.send(case_id=pk, supervisor=user_of(request), **form.message)
    except AlreadyHandled as error:
        messages.error(request, str(error))
        return page(request, found, status=409)
    messages.success(request, f"已向{sent.department}发出{sent.get_kind_display()}。")
    return redirect(reverse("cases:supervision-case", args=[pk]) + f"#urging-{sent.pk}")


@never_cache
@roles_required(Role.SUPERVISOR, Role.AUDITOR)
@require_safe
def urgings(request: HttpRequest) -> HttpResponse:
    """List urgings: awaited, overdue, answered or all."""
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in urging_page.FILTERS else "open"
    visible = Urging.objects.visible_to(user_of(request))
    found = urging_page.with_people(urging_page.filtered(visible, chosen))
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": urging_page.heading(chosen, shown.paginator.count),
        "rows": [urging_page.row(one) for one in shown.object_list],
        "page": shown,
        "ways": plain_ways("cases:urgings", user_of(request)),
        "tabs": [
            {"label": label, "url": f"?state={key}", "current": key == chosen, "count": None}
            for key, label in urging_page.FILTERS.items()
        ],
    }
    return render(request, "cases/supervision/urgings.html", context)


def _case(request: HttpRequest, pk: UUID) -> Case:
    visible = Case.objects.visible_to(user_of(request))
    whole = visible.select_related("version", "one_thing").defer("version__document")
    return get_object_or_404(whole, pk=pk)
