"""What holds for the whole project, whatever is added to it."""

import ast
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import IsAuthenticated

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("portal", "policies", "cases", "notifications")
TEMPLATES = ROOT / "templates"
SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Pages for people who are not signed in. A new one is a decision: it is made here.
PUBLIC_ROUTES = {
    "healthz",
    "home",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_confirm_login_code",
    "accounts:resend",
    "accounts:staff-sign-in",
    "accounts:second-factor",
    "accounts:new-password",
    # What is on offer is for everybody; the rest keep what a person typed before signing in again.
    "cases:menu",
    "cases:menu-plan",
    "cases:start",
    "cases:save",
    "cases:submit",
    "cases:upload",
    "cases:answer-supplement",
    "cases:upload-for-supplement",
    "cases:take-offer",
    "cases:upload-for-offer",
    # The navigator is for everybody; a shared package for whoever has its address.
    "cases:navigator",
    "cases:navigator-erase",
    "cases:navigator-question",
    "cases:navigator-package",
    "cases:navigator-paper",
    "cases:navigator-share",
    "cases:navigator-file",
    "cases:package",
    "cases:package-paper",
    "cases:package-file",
    # The banner of staff asks again and again; where nobody is signed in any more it says nothing.
    "cases:alerts",
    # Divisions of the country (GB/T 2260); a script asks while somebody types.
    "cases:places",
    # What the policies say is for everybody.
    "policies:library",
    "policies:policy",
    # Receipts of SMS providers, which prove themselves by a secret.
    "notifications:receipts-http",
    "notifications:receipts-aliyun",
    "notifications:receipts-tencent",
    # Institutions read codes here; their key opens what a sign-in would.
    "policies:verify",
    "policies:verify-open",
    "policies:verify-read",
    "policies:verify-close",
    "policies:api-verify-code",
    # Demonstration and test only: 404 in production.
    "dev-messages",
    "dev-clock",
    "dev-clock-hour",
    "dev-clock-day",
    "dev-clock-set",
    "dev-clock-reset",
    "admin:login",
    "admin:logout",
    "admin:jsi18n",
}
# Templates that Django, allauth or the admin find by their name.
FOUND_BY_NAME = re.compile(r"^(\d{3}(_csrf)?\.html|admin/.*|account/.*)$")
SAMPLE = {"uuid": uuid.UUID(int=1), "int": 1, "string": "x", "slug": "x", "path": "x"}


def routes(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from routes(pattern.url_patterns, inner)
        else:
            yield f"{prefix}{pattern.name}", pattern


def is_public(pattern: URLPattern) -> bool:
    if interface := getattr(pattern.callback, "cls", None):
        return IsAuthenticated not in interface.permission_classes
    return not getattr(pattern.callback, "login_required", True)


ROUTES = dict(routes(get_resolver().url_patterns))


def test_each_route_without_sign_in_is_a_decision() -> None:
    public = {name for name, pattern in ROUTES.items() if is_public(pattern)}

    assert public - PUBLIC_ROUTES == set()


CLOSED = sorted(
    name
    for name, pattern in ROUTES.items()
    if not is_public(pattern) and not name.startswith(("admin:", "None"))
)


@pytest.mark.django_db
@pytest.mark.parametrize("name", CLOSED)
def test_a_closed_route_sends_a_stranger_to_the_sign_in(client: Client, name: str) -> None:
    from django.urls import reverse

    converters = ROUTES[name].pattern.converters
    kinds = {key: type(found).__name__ for key, found in converters.items()}
    url = reverse(
        name, kwargs={k: SAMPLE[v.removesuffix("Converter").lower()] for k, v in kinds.items()}
    )

    for response in (client.get(url), client.post(url)):
        if name.startswith("api:"):
            assert response.status_code == 401
            continue
        assert response.status_code in {302, 404, 405}, url
        if response.status_code == 302:
            assert "/sign-in/" in response["Location"]


def test_every_template_is_used() -> None:
    texts = [path.read_text() for path in (*SOURCES, *TEMPLATES.rglob("*.html"))]
    names = [str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")]

    unused = [
        name
        for name in names
        if not FOUND_BY_NAME.match(name) and not any(f'"{name}' in text for text in texts)
    ]

    assert unused == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_named_after_what_it_does_and_stays_readable(path: Path) -> None:
    text = path.read_text()

    assert path.stem not in {"utils", "helpers", "common", "misc"}
    assert text.count("\n") <= 600
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60
    }
    assert long == {}


def test_test_files_stay_readable() -> None:
    long = {path.name for path in TESTS if path.read_text().count("\n") > 400}

    assert long == set()
