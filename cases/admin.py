"""The officer's desk in the admin; the calendar's pages are in `calendar_admin`."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cases import calendar, calendar_admin, deadlines
from cases.models import WorkItem, WorkItemState
from cases.models.work_item import DECIDED, OPEN
from cases.pages import approvals, dossier, picture
from cases.pages import desk as desk_pages
from cases.pages.window import is_number
from cases.views import desk
from portal.accounts.models import DEPARTMENT_ROLES
from portal.accounts.permissions import RoleAdmin, user_of
from portal.core import clock

# Found by the admin through this module.
__all__ = ["DeskAdmin", "calendar_admin"]

STATE_TAGS = {
    WorkItemState.WAITING: "later",
    WorkItemState.READY: "now",
    WorkItemState.HANDLING: "now",
    WorkItemState.PAUSED: "later",
    WorkItemState.APPROVED: "done",
}


class DeskFilter(SimpleListFilter):
    """A filter one of whose choices holds when none is named."""

    default = ""

    @property
    def chosen(self) -> str:
        """The choice in force; what nobody offers counts as none."""
        named = self.value() or ""
        return named if named in dict(self.lookup_choices) else self.default


class StateFilter(DeskFilter):
    title, parameter_name, default = "办理状态", "state", "open"
    states = {
        "open": OPEN,
        "todo": (WorkItemState.READY, WorkItemState.HANDLING),
        "paused": (WorkItemState.PAUSED,),
        "waiting": (WorkItemState.WAITING,),
        "decided": DECIDED,
        "ended": (WorkItemState.CLOSED, WorkItemState.WITHDRAWN),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "在办"),
            ("todo", "计时中"),
            ("paused", "已暂停计时"),
            ("waiting", "等前置结果"),
            ("decided", "已决定"),
            ("ended", "已终止、撤回"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WorkItem]) -> QuerySet[WorkItem]:
        return queryset.filter(state__in=self.states[self.chosen])


class CardFilter(DeskFilter):
    title, parameter_name, default = "预警", "card", "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "全部"), ("red", "红牌"), ("yellow", "黄牌")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WorkItem]) -> QuerySet[WorkItem]:
        wanted = {"red": _is_red(), "yellow": _is_yellow()}.get(self.chosen)
        return queryset.filter(wanted) if wanted else queryset


class ClaimFilter(DeskFilter):
    title, parameter_name, default = "经办", "claim", "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "全部"), ("mine", "我的"), ("none", "未认领"), ("joined", "会办（只读）")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WorkItem]) -> QuerySet[WorkItem]:
        own = Q(department=request.user.department_id)  # type: ignore[union-attr]
        chosen = {
            "mine": own & Q(claimed_by=request.user),
            "none": own & Q(claimed_by=None),
            "joined": ~own,
        }
        return queryset.filter(chosen.get(self.chosen, own))


@admin.register(WorkItem)
class DeskAdmin(RoleAdmin):
    """The desk of one department (办件台): what is open, the most urgent first."""

    readers = frozenset(DEPARTMENT_ROLES)
    list_display = ["number", "due", "item", "applicant", "status", "claimer"]
    list_filter = [StateFilter, CardFilter, ClaimFilter]
    # Decided items have no clock: newest first; paused ones come before waiting ones.
    ordering = [
        F("due_at").asc(nulls_last=True),
        F("decided_at").desc(nulls_last=True),
        "state",
        "pk",
    ]
    search_fields = ["case__number"]
    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    change_list_template = "admin/cases/workitem/list.html"

    def get_urls(self) -> list[URLPattern]:
        """Only the list and the desk's own pages: there is no form to change a row with."""
        wrap = self.admin_site.admin_view
        verbs = (
            *("claim", "take_over", "approve", "refuse", "ask", "pause", "resume"),
            *("extend", "grant", "deny"),
        )
        return [
            path("", wrap(self.changelist_view), name="cases_workitem_changelist"),
            path("<int:pk>/change/", wrap(desk.work_item), name="cases_workitem_change"),
            path("<int:pk>/reveal/<slug:code>/", wrap(desk.reveal), name="cases_workitem_reveal"),
            path("approvals/", wrap(desk.approvals), name="cases_workitem_approvals"),
            path(
                "<int:pk>/cards/<int:card_id>/explain/",
                wrap(desk.explain),
                name="cases_workitem_explain",
            ),
            path(
                "<int:pk>/urgings/<int:urging_id>/answer/",
                wrap(desk.answer),
                name="cases_workitem_answer",
            ),
            *(
                path(
                    f"<int:pk>/{verb.replace('_', '-')}/",
                    wrap(getattr(desk, verb)),
                    name=f"cases_workitem_{verb}",
                )
                for verb in verbs
            ),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkItem]:
        visible = WorkItem.objects.visible_to(user_of(request))
        return visible.select_related("case", "claimed_by").order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WorkItem], search_term: str
    ) -> tuple[QuerySet[WorkItem], bool]:
        """Find by case number alone: an address never holds a name or an ID number."""
        wanted = "".join(search_term.split())
        if not wanted:
            return queryset, False
        if not is_number(wanted):
            messages.warning(request, "请输入 20 位受理码或其末六位。")
            return queryset.none(), False
        return queryset.filter(case__number__endswith=wanted), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": _heading(request),
            "approvals": approvals.count(user_of(request)),
            "next_url": desk_pages.next_url(user_of(request)),
            "keys": [
                {"key": "J / K", "label": "上下移动"},
                {"key": "Enter", "label": "打开"},
                {"key": "N", "label": "下一件"},
                {"key": "S", "label": "查找"},
            ],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @admin.display(description="受理码")
    def number(self, item: WorkItem) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', dossier.number_words(item.case))

    @admin.display(description="事项")
    def item(self, item: WorkItem) -> str:
        return picture.short_name(item.item_name)

    @admin.display(description="申请人")
    def applicant(self, item: WorkItem) -> str:
        return dossier.applicant_words(item.case)

    @admin.display(description="状态")
    def status(self, item: WorkItem) -> SafeString:
        kind = STATE_TAGS.get(WorkItemState(item.state), "stop")
        return format_html('<span class="tag {}">{}</span>', kind, item.get_state_display())

    @admin.display(description="时限")
    def due(self, item: WorkItem) -> SafeString | str:
        """The clock in words; the warning stands as shape, word and colour."""
        now, words = clock.now(), calendar.current()
        text = deadlines.card_words(item, now=now, calendar=words)
        if level := deadlines.level(item, now=now):
            name = {"red": "红牌", "yellow": "黄牌"}[level]
            return format_html('<span class="card {}">{} · {}</span>', level, name, text)
        return text or "—"

    @admin.display(description="经办人")
    def claimer(self, item: WorkItem) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', item.claimed_by or "—")


def _is_red() -> Q:
    return Q(due_at__lt=clock.now())


def _is_yellow() -> Q:
    return Q(yellow_at__lte=clock.now(), due_at__gte=clock.now())


def _heading(request: HttpRequest) -> str:
    """Return how much is open on the own desk, and how much of it is in warning."""
    own = WorkItem.objects.of_desk(user_of(request)).open()
    counts = own.aggregate(
        open=Count("pk"),
        red=Count("pk", filter=_is_red()),
        yellow=Count("pk", filter=_is_yellow()),
        unclaimed=Count("pk", filter=Q(state=WorkItemState.READY)),
    )
    if not counts["open"]:
        return "没有在办的办件"
    parts = [
        f"{counts[key]} 件{word}"
        for key, word in (("red", "红牌"), ("yellow", "黄牌"), ("unclaimed", "待认领"))
        if counts[key]
    ]
    return f"{counts['open']} 件在办" + (f"，其中 {'、'.join(parts)}" if parts else "")
