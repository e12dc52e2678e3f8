"""Recognition at the desk (人才认定): the list, finding a person, recognising, ending."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from policies import institutions, recognition
from policies.codes import recognition as recognition_of
from policies.models import Recognition, Subject, SubjectKind
from policies.recognition_rules import rules, words
from policies.views import opened
from policies.views.recognition_forms import EndForm, FindForm, RecogniseForm
from portal.accounts.models import DEPARTMENT_ROLES
from portal.accounts.permissions import staff_only, user_of
from portal.core import clock
from portal.core.chinese import masked_name

View = Callable[..., HttpResponse]
PAGE = 50


def recognisers_only(view: View) -> View:
    """Answer 403 to staff of departments that do not recognise talents, 404 to applicants."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not recognition.may_recognise(user_of(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return staff_only(*DEPARTMENT_ROLES)(checked)


@require_safe
@recognisers_only
def index(request: HttpRequest) -> HttpResponse:
    """List recognitions, newest first; those in force, or with ?ended=1 the ended ones."""
    return _index(request, FindForm())


@sensitive_post_parameters()
@require_POST
@recognisers_only
def find(request: HttpRequest) -> HttpResponse:
    """Open the page of the person with this ID number; somebody new is put on file by it."""
    form = FindForm(request.POST)
    if not form.is_valid():
        return _index(request, form, status=422)
    name, number = form.cleaned_data["name"], form.cleaned_data["id_number"]
    try:
        found = recognition.look_up(name=name, number=number, officer=user_of(request))
    except recognition.Refused as refusal:
        form.show(refusal.problems)
        return _index(request, form, status=422)
    opened.remember(request, found)
    return redirect("policies:recognition-subject", pk=found.pk)


@require_safe
@recognisers_only
def subject(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person: what holds, what held, and the form to recognise or to end."""
    return _subject(request, _person(request, pk))


@require_POST
@recognisers_only
def make(request: HttpRequest, pk: int) -> HttpResponse:
    """Recognise the person."""
    found, form = _person(request, pk), RecogniseForm(request.POST)
    if form.is_valid():
        try:
            made = recognition.recognise(
                subject_id=found.pk, officer=user_of(request), **form.verb()
            )
        except recognition.Refused as refusal:
            form.show(refusal.problems)
        else:
            messages.success(request, f"已认定为 {made.get_level_display()}人才，人才码已生成。")
            return redirect("policies:recognition-subject", pk=found.pk)
    return _subject(request, found, form=form, status=422)


@require_POST
@recognisers_only
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a recognition for reasons that are told to the person."""
    held = get_object_or_404(Recognition.objects.select_related("subject"), pk=pk)
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            recognition.end(recognition_id=held.pk, officer=user_of(request), **form.cleaned_data)
        except recognition.Refused as refusal:
            form.show(refusal.problems)
        else:
            messages.success(request, "已办理退出，人才码即时注销，原因已告知本人。")
            return redirect("policies:recognition-subject", pk=held.subject_id)
    return _subject(request, held.subject, end_form=form, status=422)


def _person(request: HttpRequest, pk: int) -> Subject:
    """Return a person on the list of recognitions, or looked up a short while ago, or Http404."""
    found = get_object_or_404(Subject, pk=pk, kind=SubjectKind.PERSON)
    if not (found.recognitions.exists() or opened.is_open(request, found)):
        raise Http404
    return found


def _index(request: HttpRequest, form: FindForm, status: int = 200) -> HttpResponse:
    is_ended = request.GET.get("ended") == "1"
    made = Recognition.objects.select_related("subject", "recommender", "recognised_by")
    counts = {
        flag: made.exclude(ended_at=None).count() if flag else made.filter(ended_at=None).count()
        for flag in (False, True)
    }
    chosen = made.exclude(ended_at=None) if is_ended else made.filter(ended_at=None)
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [_row(one) for one in page],
        "in_force": counts[False],
        "tabs": [
            {"label": label, "url": url, "current": is_ended is flag, "count": counts[flag]}
            for label, url, flag in (("有效", "?", False), ("已退出", "?ended=1", True))
        ],
        "is_ended": is_ended,
        "hands_out_keys": institutions.may_manage(user_of(request)),
    }
    return render(request, "policies/recognition/list.html", context, status=status)


def _row(one: Recognition) -> dict[str, Any]:
    return {
        "recognition": one,
        "name": masked_name(one.subject.name),
        "ground": words(one.route, one.evidence),
        "recommender": one.recommender,
    }


def _subject(
    request: HttpRequest,
    found: Subject,
    *,
    form: RecogniseForm | None = None,
    end_form: EndForm | None = None,
    status: int = 200,
) -> HttpResponse:
    made = found.recognitions.select_related("recommender", "recognised_by", "ended_by")
    held = recognition_of(found)
    context = {
        "subject": found,
        "name": found.name,
        "id_tail": str(found.identity.get("id_number", ""))[-4:],
        "held": held,
        "held_row": _row(held) if held else None,
        "form": form or RecogniseForm(initial={"valid_until": _default_end()}),
        "end_form": end_form or EndForm(),
        "past": [_row(one) for one in made if one.ended_at],
        "rules": rules(),
    }
    return render(request, "policies/recognition/subject.html", context, status=status)


def _default_end() -> date:
    """Return the last day of a recognition made today, as the rules have it."""
    today = clock.today()
    year = today.year + rules().valid_years
    is_leap_day = (today.month, today.day) == (2, 29)
    return date(year, 2, 28) if is_leap_day else today.replace(year=year)
