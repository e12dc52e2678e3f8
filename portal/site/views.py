"""The home page, the way to one's desk, and the pages of a demonstration."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import calendar
from cases.models.case import CLOSED, Case
from notifications.models import Message
from policies.arithmetic import figures
from policies.models import CatalogueVersion, OneThing
from portal.accounts.models import APPLICANT_ROLES
from portal.accounts.permissions import user_of
from portal.core import clock
from portal.site.context import DESKS, own_kind

OPEN_CASES_SHOWN = 5
MESSAGES_SHOWN = 50
CLOCK_YEARS = range(2000, 2100)


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what the portal offers; a talent's own open cases come first."""
    role = getattr(request.user, "role", "")
    context = {
        "offers": [offer(one_thing) for one_thing in OneThing.objects.on_offer()],
        "open_cases": open_cases(request) if role in APPLICANT_ROLES else Case.objects.none(),
        "shown": OPEN_CASES_SHOWN,
        "own_kind": own_kind(role),
        "desk": DESKS[role][1] if role and role not in APPLICANT_ROLES else "",
    }
    return render(request, "site/home.html", context)


def open_cases(request: HttpRequest) -> QuerySet[Case]:
    """Return the applicant's cases that are drafts or under way, newest first."""
    own = Case.objects.visible_to(user_of(request))
    own = own.exclude(state__in=CLOSED)
    return own.select_related("one_thing").order_by("-created_at")


def offer(one_thing: OneThing) -> dict[str, Any]:
    """Return one one-thing as the home page shows it, with the figures of its catalogue."""
    assert one_thing.current is not None  # noqa: S101 - that is what being on offer means
    known = catalogue_figures(one_thing.current)
    return {
        "one_thing": one_thing,
        "departments": known["departments"],
        "figures": shown_figures(known),
    }


@lru_cache(maxsize=64)
def catalogue_figures(version: CatalogueVersion) -> dict[str, Any]:
    """Return the reform's figures of one published version, which never changes."""
    catalogue = version.catalogue
    kinds = [kind for kind in ("person", "enterprise") if catalogue.items_for(kind)]
    return {**figures(catalogue), "forms_after": len(kinds)}


def shown_figures(known: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures in the form of components/_figures.html."""
    kinds = f"个人 {known['items_personal']} 项，企业 {known['items_enterprise']} 项"
    return [
        {"label": "可办事项", "value": known["items"], "unit": "项", "note": kinds},
        {
            "label": "填写申请表",
            "value": known["forms_after"],
            "unit": "张",
            "note": f"原来 {known['forms_before']} 张",
        },
        {
            "label": "提交材料",
            "value": known["materials_after"],
            "unit": "份",
            "note": f"原来 {known['materials_before']} 份",
        },
        {
            "label": "承诺时限合计",
            "value": known["days_after"],
            "unit": "个工作日",
            "note": f"原来 {known['days_before']} 个工作日",
        },
    ]


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Lead each role to the page where its work begins."""
    return redirect(DESKS[request.user.role][0])  # type: ignore[union-attr]


def demonstration_only() -> None:
    """Raise Http404 in production: these pages show codes and move the clock."""
    if not settings.CLOCK_MOVABLE:
        raise Http404


@login_not_required
@never_cache
@require_safe
def dev_messages(request: HttpRequest) -> HttpResponse:
    """Show the last messages, sign-in codes included; demo and test only."""
    demonstration_only()
    latest = Message.objects.select_related("recipient").order_by("-event_id", "channel")
    return render(request, "site/dev_messages.html", {"latest": latest[:MESSAGES_SHOWN]})


class InstantForm(forms.Form):
    instant = forms.DateTimeField(
        label="调整到",
        error_messages={"required": "请填写日期和时间。", "invalid": "请填写日期和时间。"},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_instant(self) -> datetime:
        # Near the ends of time there are no working days to count to, and no way back by a page.
        instant: datetime = self.cleaned_data["instant"]
        if instant.year not in CLOCK_YEARS:
            raise ValidationError("请填写日期和时间，限 2000 年至 2099 年。")
        return instant


def _clock_page(request: HttpRequest, form: InstantForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "business": clock.now(),
        "real": timezone.now(),
        "is_moved": bool(clock.shift()),
        "next_working_day": next_working_day(clock.today()),
    }
    return render(request, "site/dev_clock.html", context, status=status)


@login_not_required
@never_cache
@require_safe
def dev_clock(request: HttpRequest) -> HttpResponse:
    """Show business time and real time; demo and test only."""
    demonstration_only()
    return _clock_page(request, InstantForm(initial={"instant": clock.now()}))


@login_not_required
@require_POST
def dev_clock_hour(request: HttpRequest) -> HttpResponse:
    """Move the business clock one hour ahead."""
    demonstration_only()
    return _moved(request, clock.now() + timedelta(hours=1))


@login_not_required
@require_POST
def dev_clock_day(request: HttpRequest) -> HttpResponse:
    """Move the business clock to the same time of the next working day."""
    demonstration_only()
    present = timezone.localtime(clock.now())
    day = next_working_day(present.date())
    return _moved(request, present.replace(year=day.year, month=day.month, day=day.day))


@login_not_required
@require_POST
def dev_clock_set(request: HttpRequest) -> HttpResponse:
    """Move the business clock to a given instant."""
    demonstration_only()
    form = InstantForm(request.POST)
    if not form.is_valid():
        return _clock_page(request, form, 422)
    return _moved(request, form.cleaned_data["instant"])


@login_not_required
@require_POST
def dev_clock_reset(request: HttpRequest) -> HttpResponse:
    """Put the business clock back to real time."""
    demonstration_only()
    clock.reset()
    messages.success(request, "业务时钟已恢复为真实时间。")
    return redirect("dev-clock")


def _moved(request: HttpRequest, instant: datetime) -> HttpResponse:
    clock.move_to(instant)
    local = timezone.localtime(instant)
    messages.success(
        request, f"业务时钟已调整为 {local.year}年{local.month}月{local.day}日{local:%H:%M}。"
    )
    return redirect("dev-clock")


def next_working_day(day: date) -> date:
    return calendar.current().next_working(day + timedelta(days=1))
