"""Lists of people who could have a policy (潜在享受人员): a department's, and an employer's own.

Who reads such a list stands in the ledger, as with the papers that staff open.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases import potential as lists
from cases.pages import potential as pages
from portal.accounts.models import DEPARTMENT_ROLES, Role, User
from portal.accounts.permissions import roles_required, staff_only, user_of
from portal.core import clock
from portal.core.ledger import Entry, record
from portal.core.spreadsheet import TooManyRows

department_only = staff_only(*DEPARTMENT_ROLES)


@department_only
@require_safe
def potential(request: HttpRequest) -> HttpResponse:
    """Show a page of those who could have the department's policies; filters stand in the
    address."""
    reader = user_of(request)
    choice = pages.choice_of(lists.for_department(reader), request.GET.dict())
    context = pages.context(choice, request.GET.get("page", "1"))
    _note(reader, "potential.read", **choice.payload, page=context["page"].number)
    return render(request, "cases/potential.html", context)


@department_only
@require_safe
def potential_excel(request: HttpRequest) -> HttpResponse:
    """Hand out the whole list that was chosen."""
    reader = user_of(request)
    choice = pages.choice_of(lists.for_department(reader), request.GET.dict())
    try:
        answer = pages.excel(choice, clock.today())
    except TooManyRows:
        messages.error(request, f"超过 {pages.MOST_ROWS:,} 行，请先按政策或区县缩小范围再导出。")
        return redirect(f"{reverse('cases:potential')}?{request.GET.urlencode()}")
    _note(reader, "potential.exported", **choice.payload)
    return answer


@never_cache
@roles_required(Role.AGENT)
@require_safe
def own_people(request: HttpRequest) -> HttpResponse:
    """Show an employer which of its own people could have which policy: name and policy only."""
    reader = user_of(request)
    choice = pages.choice_of(lists.for_employer(reader), {"policy": request.GET.get("policy", "")})
    context = pages.context(choice, request.GET.get("page", "1"))
    context["has_enterprise"] = bool(lists.employers(reader))
    _note(reader, "own_people.read", **choice.payload, page=context["page"].number)
    return render(request, "cases/potential_own.html", context)


def _note(reader: User, kind: str, **asked: Any) -> None:
    record(Entry(kind, actor_id=reader.pk, payload=asked))
