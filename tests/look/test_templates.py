"""All templates keep to the strict content policy and to the one stylesheet."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = ROOT / "portal/static/portal/css"

FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\b(src|application/json)\b)", re.I),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a script address": re.compile(r"javascript:", re.I),
    "a foreign host": re.compile(
        r"<(?:link|script|img|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//"
    ),
}


def identify(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.fixture(scope="module")
def known_classes() -> set[str]:
    sheets = "".join(sheet.read_text() for sheet in CSS.glob("*.css"))
    return set(
        re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheets, flags=re.S))
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=identify)
def test_template_compiles(path: Path) -> None:
    assert get_template(identify(path)).origin.name == str(path)


@pytest.mark.parametrize("path", TEMPLATES, ids=identify)
def test_template_needs_nothing_that_the_content_policy_forbids(path: Path) -> None:
    text = path.read_text()

    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=identify)
def test_every_post_form_carries_its_token(path: Path) -> None:
    forms = re.findall(r"<form\b[^>]*method=\"?post.*?</form>", path.read_text(), re.S | re.I)

    assert [form[:80] for form in forms if "csrf_token" not in form] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=identify)
def test_every_class_is_in_the_stylesheet(path: Path, known_classes: set[str]) -> None:
    if path.parent.name == "admin" or "admin" in path.relative_to(ROOT / "templates").parts:
        pytest.skip("the stock admin brings classes of its own")
    words: set[str] = set()
    for value in re.findall(r"\bclass=\"([^\"]*)\"", path.read_text()):
        literal = re.sub(r"[\w-]*\{\{.*?\}\}[\w-]*|\{%.*?%\}", " ", value)
        words.update(literal.split())

    assert words - known_classes - {"js", "htmx-indicator"} == set()


def test_a_partial_with_a_form_is_given_its_token() -> None:
    """`only` keeps the token from an included template, and its form would be refused."""
    texts = {identify(path): path.read_text() for path in TEMPLATES}
    bare = re.compile(r'{% include "([^"]+)"[^%]* only %}')

    included = {(name, part) for name, text in texts.items() for part in bare.findall(text)}

    assert {pair for pair in included if "csrf_token" in texts.get(pair[1], "")} == set()
