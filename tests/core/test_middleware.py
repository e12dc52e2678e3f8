"""What a person sees while the database is away."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.core.middleware import DatabaseOutage


def broken(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


def test_an_outage_is_a_page_that_says_try_again() -> None:
    response = DatabaseOutage(broken)(RequestFactory().get("/cases/"))

    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert "connection refused" not in response.content.decode()


def test_an_error_inside_a_view_is_answered_too(caplog: pytest.LogCaptureFixture) -> None:
    middleware = DatabaseOutage(lambda request: HttpResponse())

    response = middleware.process_exception(
        RequestFactory().get("/cases/"), OperationalError("gone")
    )

    assert response is not None
    assert response.status_code == 503
    assert "/cases/" in caplog.text


def test_other_errors_are_left_alone() -> None:
    middleware = DatabaseOutage(lambda request: HttpResponse())

    assert middleware.process_exception(RequestFactory().get("/"), ValueError()) is None
