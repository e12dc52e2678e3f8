"""The runs of the inspection (数据巡检) for who makes, supervises and audits policies."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from policies.models import Inspection, Policy
from portal.accounts.models import Role
from portal.accounts.permissions import staff_only

PER_PAGE = 30
readers_only = staff_only(Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR, Role.ADMINISTRATOR)


@readers_only
@require_safe
def inspections(request: HttpRequest) -> HttpResponse:
    """Show each day with its figures; many short runs follow changed facts."""
    days = (
        Inspection.objects.filter(ended_at__isnull=False)
        .order_by()
        .values("on")
        .annotate(
            runs=Count("pk"),
            newest=Max("pk"),
            last=Max("ended_at"),
            seen=Sum("subjects"),
            gained=Sum("gained"),
            lost=Sum("lost"),
        )
        .order_by("-on")
    )
    page = Paginator(days, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "newest": Inspection.objects.filter(ended_at__isnull=False).first(),
        "cut_short": Inspection.objects.filter(ended_at=None).first(),
    }
    return render(request, "policies/inspections.html", context)


@readers_only
@require_safe
def inspection_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the runs of the same day found, policy by policy."""
    run = get_object_or_404(Inspection, pk=pk)
    runs = Inspection.objects.filter(on=run.on, ended_at__isnull=False)
    found: dict[str, dict[str, int]] = {}
    for by_policy in runs.values_list("by_policy", flat=True):
        for code, numbers in by_policy.items():
            sums = found.setdefault(code, {"gained": 0, "lost": 0})
            for name in sums:
                sums[name] += numbers[name]
    names = dict(Policy.objects.values_list("code", "name"))
    changed = [
        {"name": names.get(code, code), "moved": sum(numbers.values()), **numbers}
        for code, numbers in found.items()
    ]
    rows: list[dict[str, Any]] = sorted(
        (row for row in changed if row["moved"]), key=lambda row: -int(row["moved"])
    )
    context = {
        "on": run.on,
        "rows": rows,
        "gained": sum(row["gained"] for row in rows),
        "lost": sum(row["lost"] for row in rows),
        "full": [one for one in runs if one.is_full],
    }
    return render(request, "policies/inspection_day.html", context)
