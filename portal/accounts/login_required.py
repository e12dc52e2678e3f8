"""Who is not signed in is led to the sign-in, and afterwards back to a page that can be opened."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


class LoginRequired(LoginRequiredMiddleware):
    """Django's middleware, except that a form sent too late leads back to the page of the form."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        response = self.lead_to_sign_in(request, view_func)
        if "HX-Request" in request.headers:
            # A script would put the sign-in page into a part of the page it asked for.
            return HttpResponse(status=401, headers={"HX-Redirect": response["Location"]})
        return response

    def lead_to_sign_in(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
            return super().handle_no_permission(request, view_func)
        sign_in = resolve_url(self.get_login_url(view_func))
        page = request.headers.get("Referer", "")
        if not url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
            return redirect(sign_in)
        parts = urlsplit(page)
        return redirect_to_login(parts.path + (f"?{parts.query}" if parts.query else ""), sign_in)
