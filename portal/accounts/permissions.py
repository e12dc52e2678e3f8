"""Deny by default: what a role may do on a page or in the admin site."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from portal.accounts.models import APPLICANT_ROLES, Role, User

View = Callable[..., HttpResponse]


def user_of(request: HttpRequest) -> User:
    """Return who is signed in; the middleware lets nobody else reach a page that asks."""
    return cast(User, request.user)


def roles_required(*roles: Role) -> Callable[[View], View]:
    """Return a decorator that answers 403 to users of other roles.

    Who is not signed in is led to the sign-in of those who have the page.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if getattr(request.user, "role", None) not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        if not set(roles) & set(APPLICANT_ROLES):
            # Read by Django's LoginRequiredMiddleware.
            checked.login_url = "accounts:staff-sign-in"  # type: ignore[attr-defined]
        return checked

    return decorate


def staff_only(*roles: Role) -> Callable[[View], View]:
    """Return a decorator for pages that show staff what is not published: no browser keeps them.

    Other staff get 403; for applicants the pages do not exist.
    """

    def decorate(view: View) -> View:
        for_staff = never_cache(roles_required(*roles)(view))

        @wraps(for_staff)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if getattr(request.user, "is_applicant", False):
                raise Http404
            return for_staff(request, *args, **kwargs)

        return checked

    return decorate


class RoleAdmin(admin.ModelAdmin):
    """An admin page whose rights come from the role alone; nothing can be deleted."""

    readers: frozenset[Role] = frozenset()
    writers: frozenset[Role] = frozenset()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Write nothing: the ledger is the record, and Django's own would hold names in clear."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """See log_addition."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list without filters where one holds a NUL, which PostgreSQL cannot compare."""
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            return redirect(request.path)
        return super().changelist_view(request, extra_context)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _role(request) in self.readers | self.writers

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _role(request) in self.writers

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _role(request) in self.writers

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _role(request: HttpRequest) -> str:
    return getattr(request.user, "role", "") if request.user.is_active else ""
