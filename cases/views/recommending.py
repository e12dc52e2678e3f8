"""Recommendations (主动推荐): one's own list, taking them up, and what came of them for staff."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import recommending
from cases.errors import AlreadyHandled
from cases.models import Recommendation
from cases.pages import recommended
from cases.pages import uptake as figures
from portal.accounts.models import APPLICANT_ROLES, Role
from portal.accounts.permissions import roles_required, staff_only, user_of
from portal.core.chinese import listed

applicants_only = roles_required(*APPLICANT_ROLES)
readers_only = staff_only(Role.SUPERVISOR, Role.EDITOR)
MOST_AT_ONCE = 100


@never_cache
@applicants_only
@require_safe
def recommendations(request: HttpRequest) -> HttpResponse:
    return _page(request)


@applicants_only
@require_POST
def shown(request: HttpRequest) -> HttpResponse:
    """Note that the posted recommendations stood before their reader's eyes."""
    recommending.note_shown(actor=user_of(request), ids=_ids(request))
    return HttpResponse(status=204)


@never_cache
@applicants_only
@require_POST
def open_up(request: HttpRequest) -> HttpResponse:
    """Lead to the menu with the chosen items ticked; to the policy where nothing is filed here."""
    ids = _ids(request)
    if not ids:
        return _page(request, problem="请至少选择一项政策。")
    found = recommending.open_up(actor=user_of(request), ids=ids)
    if not found:
        return _page(request, problem=recommending.GONE, status=409)
    first = _first_application(found)
    if left := [one.policy.name for one in found if first and one not in first]:
        names = listed(f"“{name}”" for name in left)
        messages.info(request, f"{names}要另行申请，提交本次申请后再到“可以申请的政策”中办理。")
    return redirect(_address(first or found))


@never_cache
@applicants_only
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        found = recommending.dismiss(recommendation_id=pk, actor=user_of(request))
    except Recommendation.DoesNotExist as error:
        raise Http404 from error
    except AlreadyHandled as error:
        return _page(request, problem=str(error), status=409)
    messages.success(request, f"30 天内不再提示“{found.policy.name}”。")
    return redirect("cases:recommendations")


@readers_only
@require_safe
def uptake(request: HttpRequest) -> HttpResponse:
    """Show how many recommendations were shown, opened, applied for and dismissed."""
    return render(request, "cases/uptake.html", figures.page(request.GET.get("period", "")))


@readers_only
@require_safe
def uptake_excel(request: HttpRequest) -> HttpResponse:
    return figures.download_of(request.GET.get("period", ""))


def _page(request: HttpRequest, *, problem: str = "", status: int = 422) -> HttpResponse:
    context: dict[str, Any] = {
        "recommended": recommended.offers(user_of(request)),
        "problem": problem,
    }
    return render(request, "cases/recommendations.html", context, status=status if problem else 200)


def _ids(request: HttpRequest) -> list[int]:
    posted = request.POST.getlist("recommendation")[:MOST_AT_ONCE]
    return [int(text) for text in posted if text.isascii() and text.isdigit() and len(text) < 19]


def _first_application(found: list[Recommendation]) -> list[Recommendation]:
    """Return those that go into one application: of one one-thing and one kind of applicant."""
    here = [one for one in found if one.policy.item_code and one.policy.one_thing]
    return [one for one in here if _form_of(one) == _form_of(here[0])]


def _form_of(one: Recommendation) -> tuple[object, str]:
    return one.policy.one_thing_id, one.policy.applicant


def _address(chosen: list[Recommendation]) -> str:
    """Return where the taken up recommendations go on; the policy where nothing is filed here."""
    first = chosen[0].policy
    if not first.item_code or first.one_thing is None:
        return reverse("policies:policy", args=[first.code])
    items = [one.policy.item_code for one in chosen]
    query = urlencode({"kind": first.applicant, "item": items}, doseq=True)
    return f"{reverse('cases:menu', args=[first.one_thing.slug])}?{query}"
