"""Admin pages of the calendar: years, days unlike the plain week, notices, and revisions."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cases import calendar, calendar_notice, projection
from cases.calendar_notice import CALENDARS, MOST_BYTES, Reading
from cases.models import CalendarDay, CalendarRevision, CalendarYear, WorkItem
from cases.models.work_item import OPEN
from cases.working_time import WEEKEND
from portal.accounts.models import Role
from portal.accounts.permissions import RoleAdmin, user_of
from portal.core import clock
from portal.core.chinese import day_words, instant_words

WEEKDAYS = "一二三四五六日"
SAMPLE = (CALENDARS / "2026.yaml").read_text(encoding="utf-8")
SOON = "在办时限将于半分钟后自动重新推算，进度见“日历修订”。"


class CalendarAdmin(RoleAdmin):
    """Changes go through the verbs of cases.calendar; what those refuse is said in words."""

    writers = frozenset({Role.ADMINISTRATOR})
    show_facets = admin.ShowFacets.NEVER

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:  # type: ignore[override]
        """See RoleAdmin.log_addition."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _in_words(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _in_words(request, super().delete_view, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say how far the calendar is known, and warn where deadlines reach beyond that."""
        known = calendar.current()
        if warning := calendar.provisional_warning(known, clock.today()):
            messages.warning(request, warning)
        last = max(known.official_years, default=None)
        title = f"放假安排已载入至 {last}年" if last else "放假安排尚未载入"
        context = {"title": title, "import_url": reverse("admin:cases_calendaryear_import")}
        return super().changelist_view(request, {**context, **(extra_context or {})})


class DayForm(forms.ModelForm):
    """A day unlike the plain week; whether it is worked follows from the weekday."""

    class Meta:
        model = CalendarDay
        fields = ["date", "name"]
        help_texts = {
            "date": "平日登记为放假，周末登记为调休上班。",
            "name": "如“国庆节”“调休上班”。",
        }
        error_messages = {"date": {"unique": "这一天的安排已存在，请在列表中打开修改。"}}

    def clean_date(self) -> date:
        day: date = self.cleaned_data["date"]
        if problem := calendar.day_problem(day, working=day.weekday() in WEEKEND):
            raise ValidationError(problem)
        return day


@admin.register(CalendarDay)
class CalendarDayAdmin(CalendarAdmin):
    """Days off and make-up days; without a row the plain week holds."""

    form = DayForm
    list_display = ["date", "weekday", "kind", "name"]
    list_filter = ["working"]
    date_hierarchy = "date"
    ordering = ["-date"]
    change_list_template = "admin/cases/calendar/list.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["date", "working"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.working = obj.date.weekday() in WEEKEND
        calendar.set_day(obj.date, working=obj.working, name=obj.name, by=user_of(request))
        messages.info(request, SOON)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        calendar.clear_days([obj.date], by=user_of(request))
        messages.info(request, SOON)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        calendar.clear_days([row.date for row in queryset], by=user_of(request))
        messages.info(request, SOON)

    @admin.display(description="安排", ordering="working")
    def kind(self, day: CalendarDay) -> str:
        return "调休上班" if day.working else "放假"

    @admin.display(description="星期")
    def weekday(self, day: CalendarDay) -> str:
        return f"星期{WEEKDAYS[day.date.weekday()]}"


class YearForm(forms.ModelForm):
    """A year of the calendar: whether its notice is known, and which it is."""

    year = forms.IntegerField(
        label="年份",
        min_value=2000,
        max_value=2099,
        help_text="年份须与已有的相连。",
        error_messages={
            "required": "请填写年份。",
            "invalid": "年份应为四位数字。",
            "min_value": "年份应在 2000 至 2099 之间。",
            "max_value": "年份应在 2000 至 2099 之间。",
        },
    )

    class Meta:
        model = CalendarYear
        fields = ["year", "official", "source"]
        help_texts = {"source": "通知的标题和文号；没有通知的年份写明推算的依据。"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        year, source = cleaned.get("year"), cleaned.get("source", "")
        if year and not self.instance.pk and (problems := calendar.gaps([year])):
            self.add_error("year", ValidationError(problems))
        if cleaned.get("official") and (not source or source == calendar.PROVISIONAL_SOURCE):
            self.add_error("source", "已有放假通知的年份，请填写通知的标题和文号。")
        return cleaned


@admin.register(CalendarYear)
class CalendarYearAdmin(CalendarAdmin):
    """Years; their days are taken over from a notice, or changed one by one."""

    form = YearForm
    list_display = ["year", "standing", "source"]
    ordering = ["-year"]
    actions = None
    change_list_template = "admin/cases/calendar/list.html"
    change_form_template = "admin/cases/calendar/year.html"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("import/", self.import_view, name="cases_calendaryear_import"),
            path("import/confirm/", self.confirm_view, name="cases_calendaryear_confirm"),
        ]
        wrapped = [
            path(str(one.pattern), self.admin_site.admin_view(one.callback), name=one.name)
            for one in own
        ]
        return [*wrapped, *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["year", "days"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["year", "official", "source", *(["days"] if obj else [])]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        if obj:
            form.base_fields.pop("year", None)
        return form

    @admin.display(description="放假通知", ordering="official")
    def standing(self, year: CalendarYear) -> str:
        return "已公布" if year.official else "暂定"

    @admin.display(description="放假与调休")
    def days(self, year: CalendarYear) -> SafeString | str:
        rows = CalendarDay.objects.filter(date__year=year.year)
        lines = ((_day_line(row.date, row.working, row.name),) for row in rows)
        return format_html_join("\n", "{}", lines) or "没有登记，全年按周一至周五推算。"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        held = calendar.held(obj.year)
        days = held.days if held else {}
        source = calendar.by_hand(obj.source) if change else obj.source
        year = calendar.Year(obj.year, obj.official, source, days)
        if calendar.revise([year], how="改定年份", by=user_of(request)):
            messages.info(request, SOON)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        year = self.get_object(request, str(kwargs.get("object_id") or args[0]))
        if year is not None and (problem := calendar.removal_problem(year.year)):
            messages.error(request, problem)
            return redirect("admin:cases_calendaryear_change", year.pk)
        return super().delete_view(request, *args, **kwargs)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        calendar.remove_year(obj.year, by=user_of(request))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a notice; show what it would change before anything is changed."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, NoticeForm(initial={"text": _written(request)}))
        if "again" in request.POST:
            return self._page(request, NoticeForm(initial={"text": request.POST.get("text", "")}))
        form = NoticeForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form.with_text_of_file())
        return self._preview(request, form)

    def confirm_view(self, request: HttpRequest) -> HttpResponse:
        """Take a notice over as previewed; show the preview anew where the calendar has changed."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:cases_calendaryear_import")
        form = NoticeForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        if request.POST.get("seen") != _seen(form.reading):
            messages.warning(request, "预览之后日历又有变动，请按新的预览核对后再确认。")
            return self._preview(request, form)
        revision = calendar.revise([form.reading.year], how="导入通知", by=user_of(request))
        if revision is None:
            messages.info(request, "日历与该通知一致，没有变动。")
            return redirect("admin:cases_calendaryear_changelist")
        messages.success(request, f"{form.reading.year.year}年的放假通知已载入。{SOON}")
        return redirect("admin:cases_calendarrevision_changelist")

    def _page(self, request: HttpRequest, form: "NoticeForm") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "导入放假通知",
            "form": form,
            "opts": self.opts,
            "sample": SAMPLE,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/cases/calendar/import.html", context, status=status)

    def _preview(self, request: HttpRequest, form: "NoticeForm") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **_changes(form.reading),
            "form": form,
            "opts": self.opts,
            "seen": _seen(form.reading),
        }
        return TemplateResponse(request, "admin/cases/calendar/preview.html", context)


class NoticeForm(forms.Form):
    """A notice, uploaded or pasted; once it is sound, `reading` is what it says."""

    file = forms.FileField(label="上传文件", required=False, allow_empty_file=True)
    text = forms.CharField(
        label="或者粘贴内容",
        required=False,
        strip=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "code"}),
    )
    reading: Reading

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        content = cleaned["file"].read(MOST_BYTES + 1) if cleaned.get("file") else cleaned["text"]
        if not content.strip():
            raise ValidationError("请上传通知文件，或者粘贴通知内容。")
        try:
            self.reading = calendar_notice.read(content)
            problems = calendar.gaps([self.reading.year.year])
        except calendar.Unsound as error:
            problems = error.problems
        if problems:
            raise ValidationError(problems)
        cleaned["text"] = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return cleaned

    def with_text_of_file(self) -> "NoticeForm":
        """Return the form with an uploaded text in the field, so that it can be put right there."""
        file = self.files.get("file")
        if file is not None and (file.size or 0) <= MOST_BYTES:
            file.seek(0)
            text = file.read().decode("utf-8", "replace").replace("\0", "")
            self.data = {**self.data.dict(), "text": text}  # type: ignore[attr-defined]
        return self


@admin.register(CalendarRevision)
class CalendarRevisionAdmin(RoleAdmin):
    """What was changed in the calendar, by whom, and how far deadlines follow it (只读)."""

    readers = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    list_display = ["made", "author", "note", "progress", "moved"]
    list_display_links = None
    list_select_related = ["made_by"]
    ordering = ["-pk"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        newest = CalendarRevision.objects.first()
        title = f"最近一次修订：{_progress(newest)}" if newest else "日历还没有修订"
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    @admin.display(description="修改时间", ordering="made_at")
    def made(self, revision: CalendarRevision) -> str:
        return instant_words(revision.made_at)

    @admin.display(description="修改人")
    def author(self, revision: CalendarRevision) -> str:
        return str(revision.made_by or "系统")

    @admin.display(description="在办时限推算")
    def progress(self, revision: CalendarRevision) -> str:
        return _progress(revision)


def _in_words(
    request: HttpRequest, view: Callable[..., HttpResponse], *args: Any, **kwargs: Any
) -> HttpResponse:
    """Answer in words where somebody else has changed the calendar meanwhile."""
    try:
        return view(request, *args, **kwargs)
    except calendar.Unsound as error:
        for problem in error.problems:
            messages.error(request, problem)
        return redirect(request.path)


def _written(request: HttpRequest) -> str:
    """Return a year of the calendar as a notice, to be edited (?year=2027); else nothing."""
    asked = request.GET.get("year", "")
    year = calendar.held(int(asked)) if asked.isdecimal() and len(asked) == 4 else None
    return calendar_notice.written(year) if year else ""


def _seen(reading: Reading) -> str:
    """Return a mark of what a preview shows; another one when the calendar has changed since."""
    shown = calendar.differences([reading.year])
    return hashlib.sha256(repr((reading.year.year, shown)).encode()).hexdigest()


def _changes(reading: Reading) -> dict[str, Any]:
    """Return what the preview of a notice shows."""
    year = reading.year
    found = calendar.differences([year])
    difference = found[0] if found else None
    if difference is None:
        title = f"{year.year}年与日历一致，没有变动"
    else:
        title = f"{year.year}年：新增 {len(difference.added)} 天，取消 {len(difference.removed)} 天"
    moving = projection.may_move(difference.days) if difference else 0
    return {
        "title": title,
        "year": year,
        "is_new": difference is not None and difference.is_new,
        "renewed": difference is not None and difference.renewed,
        "changed": difference is not None,
        "rows": _rows(difference) if difference else [],
        "renamed": len(difference.renamed) if difference else 0,
        "remarks": reading.remarks,
        "moving": moving,
    }


def _rows(difference: calendar.Difference) -> list[dict[str, str]]:
    changes = [(day, "新增", what) for day, what in difference.added.items()]
    changes += [(day, "取消", what) for day, what in difference.removed.items()]
    return [
        {
            "day": f"{day_words(day)}（{WEEKDAYS[day.weekday()]}）",
            "change": f"{kind}{'上班' if working else '放假'}",
            "name": name,
        }
        for day, kind, (working, name) in sorted(changes)
    ]


def _day_line(day: date, working: bool, name: str) -> str:
    weekday = WEEKDAYS[day.weekday()]
    return f"{day_words(day)}（星期{weekday}）{'上班' if working else '放假'}　{name}"


def _progress(revision: CalendarRevision) -> str:
    """Return in words how far deadlines follow a revision."""
    if revision.finished_at:
        return f"已完成，{instant_words(revision.finished_at)}"
    if CalendarRevision.objects.filter(pk__gt=revision.pk).exists():
        return "并入后一次修订"
    if not revision.upto:
        return "等待开始"
    last = WorkItem.objects.filter(state__in=OPEN).aggregate(last=Max("pk"))["last"]
    share = min(100 * revision.upto // last, 99) if last else 99
    return f"正在推算，{share}%"
