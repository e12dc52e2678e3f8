"""What a person sees when the portal itself cannot answer."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

GetResponse = Callable[[HttpRequest], HttpResponse]


class FormAddresses:
    """Give the bare 405 of an address that only takes forms a page, for whoever opens it by hand.

    After a refused form the browser shows such an address; reloading it must not end on nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and request.method == "GET" and not response.content:
            response.content = render_to_string("405.html")
        return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the 500 page for an error, the 503 page that says "try again" for an outage.

    As handler500 it sees the errors of every view and of every middleware.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable()
    return defaults.server_error(request)


def unavailable() -> HttpResponse:
    """Return the 503 page; it needs no database and no session."""
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "10"
    response["Cache-Control"] = "no-store"
    return response
