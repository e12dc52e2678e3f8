"""Pages for supervision (监督): read-only; department leaders see their own part.

A page asks for its live part again by itself (htmx); without scripts it is loaded anew by hand.
"""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.supervision.pages import downloads, flow, lists, overview, screen, trends
from portal.accounts.models import Role
from portal.accounts.permissions import roles_required, user_of

readers_only = roles_required(Role.SUPERVISOR, Role.AUDITOR, Role.LEADER)


def shown(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """Return a page, or its live part (_name.html) alone where a script asks for that."""
    if "HX-Request" in request.headers:
        name = name.replace("supervision/", "supervision/_")
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@never_cache
@readers_only
@require_safe
def overview_page(request: HttpRequest) -> HttpResponse:
    """Show what is late, the figures and a breakdown; filters stand in the address."""
    return shown(
        request,
        "cases/supervision/overview.html",
        overview.page(user_of(request), request.GET.dict()),
    )


@never_cache
@readers_only
@require_safe
def work_items(request: HttpRequest) -> HttpResponse:
    """Show the list of work items behind a figure, a page of it."""
    return shown(
        request,
        "cases/supervision/list.html",
        lists.work_items(user_of(request), request.GET.dict()),
    )


@never_cache
@readers_only
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Show the list of cases that the window received or accepted, a page of it."""
    return shown(
        request, "cases/supervision/list.html", lists.cases(user_of(request), request.GET.dict())
    )


@never_cache
@readers_only
@require_safe
def trends_page(request: HttpRequest) -> HttpResponse:
    """Show what came in and was decided, by day, week or month."""
    return shown(
        request, "cases/supervision/figures.html", trends.page(user_of(request), request.GET.dict())
    )


@never_cache
@readers_only
@require_safe
def bottlenecks(request: HttpRequest) -> HttpResponse:
    """Show which edge of the route costs the days."""
    return shown(
        request,
        "cases/supervision/figures.html",
        flow.bottlenecks(user_of(request), request.GET.dict()),
    )


@never_cache
@readers_only
@require_safe
def stages(request: HttpRequest) -> HttpResponse:
    """Show in which stage work items were late."""
    return shown(
        request,
        "cases/supervision/figures.html",
        flow.overtime(user_of(request), request.GET.dict()),
    )


@never_cache
@readers_only
@require_safe
def hours(request: HttpRequest) -> HttpResponse:
    """Show on which weekday and at which hour people come and departments decide."""
    return shown(
        request, "cases/supervision/hours.html", flow.hours(user_of(request), request.GET.dict())
    )


@never_cache
@readers_only
@require_safe
def screen_page(request: HttpRequest) -> HttpResponse:
    """Show a few large figures for a wall; it renews itself."""
    return shown(
        request, "cases/supervision/screen.html", screen.page(user_of(request), request.GET.dict())
    )


@never_cache
@readers_only
@require_safe
def excel(request: HttpRequest, page: str) -> HttpResponse:
    """Hand out the tables of a page as an Excel file."""
    if page not in downloads.SHEETS:
        raise Http404
    return downloads.download(user_of(request), page, request.GET.dict())
