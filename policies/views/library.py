"""The library of policies (政策库): public, read-only, nothing personal."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from policies import library as shelves
from policies.comparison import division_words, term_words
from policies.models import OneThing, SubjectKind
from policies.shelf import PublishedPolicy, PublishedVersion, Shelf, shelf
from portal.accounts.models import Department
from portal.core import clock

PER_PAGE = 30


@login_not_required
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """List the policies, those that a search finds."""
    departments = dict(Department.objects.values_list("code", "short_name"))
    every = shelves.entries(shelf(), departments, clock.today())
    search = shelves.Search(
        words=request.GET.get("words", "").strip()[: shelves.LONGEST_QUERY],
        department=request.GET.get("department", ""),
        applicant=request.GET.get("applicant", ""),
    )
    found = [entry for entry in every if search.finds(entry)]
    used = {entry.policy.department for entry in every}
    context = {
        "search": search,
        "is_searched": search != shelves.Search(),
        "found": found,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "kinds": _counts(every),
        "departments": [(code, name) for code, name in departments.items() if code in used],
        "applicants": SubjectKind.choices,
    }
    return render(request, "policies/library.html", context)


def _counts(entries: tuple[shelves.Entry, ...]) -> list[tuple[str, int]]:
    kinds = [(kind.label, kind.value) for kind in SubjectKind]
    return [
        (label, sum(entry.policy.applicant == value for entry in entries)) for label, value in kinds
    ]


@login_not_required
@require_GET
def policy(request: HttpRequest, code: str) -> HttpResponse:
    """Show one policy: what it grants, to whom, by what right, and how its versions differ."""
    known, on = shelf(), clock.today()
    found = known.policies.get(code)
    if found is None:
        raise Http404
    version = shelves.by_number(found, request.GET.get("version", "")) or shelves.shown(found, on)
    old, new = shelves.usual_pair(found, on)
    old = shelves.by_number(found, request.GET.get("old", "")) or old
    new = shelves.by_number(found, request.GET.get("new", "")) or new
    context = {
        "policy": found,
        "version": version,
        "document": version.document,
        "standing": shelves.standing(version, on),
        "closing": shelves.closing_words(found, on),
        "facts": _facts(found, version, known),
        "benefit": shelves.worth(version, on),
        "example": shelves.example(version, on),
        "conditions": shelves.conditions(version),
        "versions": shelves.version_rows(found, on),
        "pair": (old, new),
        "sentences": shelves.compared(found, known, (old, new), on) if old != new else (),
        "menu_url": _menu_url(found),
    }
    return render(request, "policies/library_policy.html", context)


def _facts(
    policy: PublishedPolicy, version: PublishedVersion, known: Shelf
) -> list[dict[str, Any]]:
    department = Department.objects.get(code=policy.department)
    rows = [
        ("适用对象", SubjectKind(policy.applicant).label),
        ("适用区划", division_words(version.division)),
        ("主管部门", department.name),
        ("施行时间", term_words(version)),
        ("办理方式", version.document.apply),
        ("不能同时享受", "、".join(other.name for other in shelves.rivals(version, known))),
    ]
    return [{"term": term, "value": value, "source": ""} for term, value in rows if value]


def _menu_url(policy: PublishedPolicy) -> str:
    """Return the menu of the policy's one-thing with its item ticked; empty where there is none."""
    one_thing = OneThing.objects.on_offer().filter(code=policy.one_thing).first()
    if one_thing is None or policy.item_code not in one_thing.catalogue.items:
        return ""
    query = urlencode({"kind": policy.applicant, "item": policy.item_code})
    return f"{reverse('cases:menu', args=[one_thing.slug])}?{query}"
