"""What every page shows around its content: the ways, the tools, the notes of a demonstration."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from cases.pages.alerts import ALERTED, alerts
from notifications.models import Message
from policies.recognition import may_recognise
from portal.accounts.models import APPLICANT_ROLES, DEPARTMENT_ROLES, Role
from portal.accounts.permissions import user_of
from portal.core import clock

Way = dict[str, Any]

ANALYSTS = {Role.EDITOR, Role.SUPERVISOR, Role.AUDITOR, Role.LEADER}
# What else staff of a role have to do with, beside the place where they work.
ROOMS: tuple[tuple[str, str, set[Role]], ...] = (
    ("cases:supervision", "监督", {Role.LEADER, Role.AUDITOR}),
    ("notifications:dead-letters", "未送达短信", {Role.SUPERVISOR}),
    ("cases:potential", "应享名单", {Role.OFFICER, Role.LEADER}),
    ("policies:subjects", "信息查询", {Role.CLERK, Role.OFFICER, Role.LEADER}),
    ("cases:analysis-start", "综合数据库", ANALYSTS),
    ("cases:uptake", "推荐成效", {Role.EDITOR, Role.SUPERVISOR}),
    (
        "policies:inspections",
        "数据巡检",
        {Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR, Role.ADMINISTRATOR},
    ),
    ("policies:institutions", "用码单位", {Role.ADMINISTRATOR}),
    ("cases:own-people", "本单位人员", {Role.AGENT}),
)

# Where each role works: the page a sign-in leads to, and what it is called.
DESKS: dict[str, tuple[str, str]] = {
    Role.TALENT: ("home", "办事"),
    Role.AGENT: ("home", "办事"),
    Role.CLERK: ("cases:window", "窗口受理"),
    Role.OFFICER: ("admin:index", "部门工作台"),
    Role.LEADER: ("admin:index", "部门工作台"),
    Role.SUPERVISOR: ("cases:supervision", "监督"),
    Role.EDITOR: ("admin:index", "目录与政策"),
    Role.AUDITOR: ("admin:index", "审计"),
    Role.ADMINISTRATOR: ("admin:index", "系统管理"),
}

# As what applicants come here.
KINDS: dict[str, str] = {Role.TALENT: "person", Role.AGENT: "enterprise"}


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the layout; what costs a query is looked up when it is shown."""
    # A page of an error outside the middleware has no user at all.
    role = getattr(getattr(request, "user", None), "role", "")
    return {
        "nav": SimpleLazyObject(lambda: ways(request, role) if role else public_ways(request)),
        "home_url": reverse("home"),
        "sign_in_url": sign_in_url(request),
        "sign_out_url": reverse("account_logout"),
        "site_name": settings.SITE_NAME,
        "site_owner": settings.SITE_OWNER,
        "site_record": settings.SITE_RECORD,
        "site_area": "" if not role or role in APPLICANT_ROLES else DESKS[role][1],
        "alerts": SimpleLazyObject(lambda: alerts(user_of(request))) if role in ALERTED else None,
        "is_demo": settings.IS_DEMO,
        "demo_links": demo_links() if settings.IS_DEMO else [],
        "clock_note": SimpleLazyObject(clock_note),
    }


def ways(request: HttpRequest, role: str) -> list[Way]:
    """Return the main navigation of a person with a role."""
    name, label = DESKS[role]
    found = own_ways(request, role) if role in APPLICANT_ROLES else []
    found = found or [way(request, reverse(name), label)]
    found += [way(request, reverse(name), label) for name, label, who in ROOMS if role in who]
    if role in DEPARTMENT_ROLES and may_recognise(user_of(request)):
        found.append(way(request, reverse("policies:recognitions"), "人才认定"))
    unread = Message.objects.inbox_of(request.user).unread().count()
    found.append(way(request, reverse("notifications:inbox"), "消息", unread))
    return found


def public_ways(request: HttpRequest) -> list[Way]:
    """Return the ways of somebody who is not signed in."""
    return [
        way(request, reverse("home"), "办事"),
        way(request, reverse("cases:navigator"), "政策导航"),
        way(request, reverse("policies:library"), "政策库"),
    ]


def own_ways(request: HttpRequest, role: str) -> list[Way]:
    """Return the ways of an applicant; on a phone the home page has the rarer ones."""
    kind = own_kind(role)
    code = "人才码" if kind == "person" else "企业码"
    return [
        way(request, reverse("home"), "办事"),
        way(request, reverse("cases:mine"), "我的办件"),
        way(request, reverse("cases:navigator"), "政策导航"),
        {**way(request, reverse("policies:library"), "政策库"), "is_rare": True},
        way(request, reverse("policies:my-facts", args=[kind]), "我的信息"),
        {**way(request, reverse("policies:my-code", args=[kind]), code), "is_rare": True},
    ]


def own_kind(role: str) -> str:
    """Return as what an applicant comes here: person or enterprise; empty for anybody else."""
    return KINDS.get(role, "")


def way(request: HttpRequest, url: str, label: str, count: int = 0) -> Way:
    current = request.path == url or (url != "/" and request.path.startswith(url))
    return {"url": url, "label": label, "current": current, "count": count, "is_rare": False}


def sign_in_url(request: HttpRequest) -> str:
    """Return the sign-in page; it leads back to a page that was asked for."""
    url = reverse("account_login")
    back = request.path not in {reverse("home")} and not request.path.startswith(
        (url, reverse("accounts:staff-sign-in"), reverse("account_logout"))
    )
    return f"{url}?{urlencode({'next': request.path})}" if back else url


def demo_links() -> list[Way]:
    return [
        {"url": reverse("dev-messages"), "label": "短信"},
        {"url": reverse("dev-clock"), "label": "时钟"},
        {"url": reverse("accounts:staff-sign-in"), "label": "工作人员登录"},
    ]


def clock_note() -> str:
    """Return a sentence that says how the business clock stands, empty while it shows real time."""
    if not clock.shift():
        return ""
    moment = timezone.localtime(clock.now())
    return f"业务时钟已调整为 {moment.year}年{moment.month}月{moment.day}日{moment:%H:%M}"
