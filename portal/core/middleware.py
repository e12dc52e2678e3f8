"""Middleware of the ground floor."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger("portal.outage")

GetResponse = Callable[[HttpRequest], HttpResponse]


class DatabaseOutage:
    """Answer 503 with a page that says "try again" while the database is away; no traceback."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            return unavailable()

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError | InterfaceError):
            logger.exception("The database did not answer for %s", request.path)
            return unavailable()
        return None


def unavailable() -> HttpResponse:
    """Return the 503 page; it needs no database and no session."""
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "10"
    response["Cache-Control"] = "no-store"
    return response
