"""docker-compose.yml and Dockerfile: valid by the published schema, and shaped for production."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings

BASE = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((BASE / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"migrate"}


def test_compose_file_follows_the_compose_specification() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text())

    validator = jsonschema.validators.validator_for(schema)(schema)

    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    assert not validator.is_valid({"services": {"web": {"restart": 1}}})


def test_every_part_of_the_portal_is_a_service() -> None:
    assert set(SERVICES) == {"db", "cache", "migrate", "web", "worker", "beat"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_watched_restarted_and_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["user"] not in {"root", "0", "0:0"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    if name in ONE_SHOT:
        assert service["restart"] == "on-failure"
        assert service["healthcheck"] == {"disable": True}
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_no_secret_stands_in_the_files() -> None:
    for name in ("docker-compose.yml", "Dockerfile"):
        text = (BASE / name).read_text()

        assert not re.search(r"(?i)(password|secret|token|keys)\S*[:=] *['\"]?[\w/+-]{8,}", text)


def test_only_the_web_service_is_reached_from_outside_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_named_volumes_and_dependencies_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]
        assert set(service.get("depends_on", {})) <= set(SERVICES)


def test_variables_of_the_compose_file_are_explained() -> None:
    text = (BASE / "docker-compose.yml").read_text()
    used = set(re.findall(r"\$\{(\w+)", text)) - {"PORTAL_VERSION"}

    example = (BASE / ".env.example").read_text()

    assert used
    assert [name for name in used if f"{name}=" not in example] == []


def test_image_runs_as_its_own_user_without_development_packages() -> None:
    text = (BASE / "Dockerfile").read_text()

    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    assert "collectstatic" in text
    assert "requirements-dev" not in text
    assert "!tests" not in (BASE / ".dockerignore").read_text()
