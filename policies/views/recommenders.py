"""The list of recommenders (举荐人名单) with this year's places."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policies import recognition
from policies.models import Recommender
from policies.recognition_rules import rules
from policies.views.recognition import recognisers_only
from policies.views.recognition_forms import RecommenderForm
from portal.accounts.permissions import user_of
from portal.core import clock


@require_safe
@recognisers_only
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, _blank())


@require_POST
@recognisers_only
def save(request: HttpRequest) -> HttpResponse:
    """Put somebody on the list."""
    form = RecommenderForm(request.POST)
    if not form.is_valid():
        return _index(request, form, status=422)
    recognition.save_recommender(officer=user_of(request), **form.cleaned_data)
    messages.success(request, "已列入举荐人名单。")
    return redirect("policies:recommenders")


@require_http_methods(["GET", "HEAD", "POST"])
@recognisers_only
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one entry with its recommendations of this year; the post changes it."""
    found = get_object_or_404(Recommender, pk=pk)
    stated = {"name": found.name, "organisation": found.organisation}
    initial = stated | {"yearly_quota": found.yearly_quota}
    form = RecommenderForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        recognition.save_recommender(officer=user_of(request), pk=pk, **form.cleaned_data)
        messages.success(request, "举荐人信息已更改。")
        return redirect("policies:recommenders")
    year = clock.today().year
    context = {
        "recommender": found,
        "form": form,
        "quota": recognition.quota(found, year),
        "year": year,
    }
    status = 422 if form.errors else 200
    return render(request, "policies/recognition/recommender.html", context, status=status)


@require_POST
@recognisers_only
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody off the list, or back onto it."""
    get_object_or_404(Recommender, pk=pk)
    is_active = request.POST.get("active") == "1"
    recognition.set_active(officer=user_of(request), recommender_id=pk, is_active=is_active)
    messages.success(request, "已恢复在册。" if is_active else "已退出名单，以往的举荐不受影响。")
    return redirect("policies:recommenders")


def _blank() -> RecommenderForm:
    return RecommenderForm(initial={"yearly_quota": rules().recommendation.yearly_quota})


def _index(request: HttpRequest, form: RecommenderForm, status: int = 200) -> HttpResponse:
    year = clock.today().year
    rows = recognition.quotas(year)
    context = {
        "year": year,
        "rows": rows,
        "form": form,
        "active": sum(one.is_active for one, _ in rows),
        "left": sum(quota.left for one, quota in rows if one.is_active),
    }
    return render(request, "policies/recognition/recommenders.html", context, status=status)
