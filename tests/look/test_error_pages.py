"""The pages for bad moments render when nothing else works, in Chinese, and say what to do."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

WITHOUT_CONTEXT = ["400.html", "403_csrf.html", "500.html", "503.html"]


@pytest.mark.parametrize("name", WITHOUT_CONTEXT)
def test_page_renders_without_context_or_database(name: str) -> None:
    html = render_to_string(name)  # this test has no access to the database

    assert '<html lang="zh-Hans">' in html
    assert html.count("<h1>") == 1
    assert "12345" in html


@pytest.mark.parametrize(
    ("name", "says"), [("404.html", "没有找到这个页面"), ("403.html", "您的账号不能查看这一页")]
)
@pytest.mark.django_db
def test_page_for_a_reader_names_the_matter_and_the_way_back(
    name: str, says: str, rf: RequestFactory
) -> None:
    request = rf.get("/nowhere/")
    request.user = AnonymousUser()
    html = render_to_string(name, request=request)

    assert f"<h1>{says}</h1>" in html
    assert 'href="/"' in html
