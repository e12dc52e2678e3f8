"""What is kept of a form that came too late."""

from django.http import QueryDict
from django.test import RequestFactory

from cases.views import unsaved


def kept_of(text: str) -> QueryDict | None:
    request = RequestFactory().post("/", {"p_school": text, "csrfmiddlewaretoken": "x"})
    request.session = {}  # type: ignore[assignment]
    unsaved.keep(request, "form:1")
    return unsaved.kept(request, "form:1")


def test_a_form_is_kept_without_its_token() -> None:
    assert kept_of("示例大学") == QueryDict("p_school=示例大学")


def test_nobody_fills_the_session_table_with_long_posts() -> None:
    assert kept_of("x" * unsaved.LONGEST_KEPT) is None
