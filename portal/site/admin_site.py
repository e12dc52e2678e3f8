"""The admin site: open to the roles that work there, with the portal's own sign-in."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from portal.accounts.models import ADMIN_ROLES, DEPARTMENT_ROLES

# Pages that other packages bring along and nobody here needs.
LEFT_OUT = frozenset({"account", "auth", "axes"})


class PortalAdminSite(admin.AdminSite):
    """Django's admin site (部门工作台); rights come from the role, see RoleAdmin."""

    site_header = site_title = "部门工作台"
    index_title = "工作台"
    site_url = None
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models = (
            model_or_iterable
            if isinstance(model_or_iterable, list | tuple)
            else [model_or_iterable]
        )
        wanted = [model for model in models if model._meta.app_label not in LEFT_OUT]
        super().register(wanted, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return user.is_active and getattr(user, "role", None) in ADMIN_ROLES

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one sign-in page of staff; who is signed in with another role gets 403."""
        if request.user.is_authenticated:
            raise PermissionDenied
        target = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return redirect(f"{reverse('accounts:staff-sign-in')}?{urlencode({'next': target})}")

    def index(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Open the desk of those who have one; everybody else sees the list of pages."""
        if getattr(request.user, "role", None) in DEPARTMENT_ROLES:
            return redirect("admin:cases_workitem_changelist")
        return super().index(request, extra_context)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the portal's own page, which knows the rules of passwords here."""
        return redirect("accounts:change-password")
