"""Pages for supervision (监督): read-only; department leaders see their own part."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.models import Case
from cases.supervision import case_page, pages
from portal.accounts.models import Role
from portal.accounts.permissions import roles_required, user_of

readers_only = roles_required(Role.SUPERVISOR, Role.AUDITOR, Role.LEADER)


@never_cache
@readers_only
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what is late, the figures and the departments; filters stand in the address."""
    context = pages.overview(user_of(request), request.GET.dict())
    return render(request, "cases/supervision/overview.html", context)


@never_cache
@readers_only
@require_safe
def work_items(request: HttpRequest) -> HttpResponse:
    """Show the list behind a figure, a page of it."""
    context = pages.work_items(user_of(request), request.GET.dict())
    return render(request, "cases/supervision/work_items.html", context)


@never_cache
@readers_only
@require_safe
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one case without its form: picture, days, cards, chronicle."""
    visible = Case.objects.visible_to(user_of(request))
    found = get_object_or_404(
        visible.select_related("version", "one_thing").defer("version__document"), pk=pk
    )
    context = case_page.page(found)
    return render(request, "cases/supervision/case.html", context)
