"""Pages of the comprehensive database (综合数据库) for who makes and supervises policies."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.analysis import pages
from portal.accounts.models import Role
from portal.accounts.permissions import staff_only

readers_only = staff_only(Role.EDITOR, Role.SUPERVISOR, Role.AUDITOR, Role.LEADER)


@readers_only
@require_safe
def analysis(request: HttpRequest, page: str = "degree") -> HttpResponse:
    """Show one page of figures for the city or a district."""
    if page not in pages.PAGES:
        raise Http404
    context = pages.context(page, request.GET.get("district", ""))
    return render(request, "cases/analysis/page.html", context)


@readers_only
@require_safe
def excel(request: HttpRequest, page: str) -> HttpResponse:
    """Hand out the figures of a page, all districts, as an Excel file."""
    if page not in pages.PAGES:
        raise Http404
    return pages.excel(page)
