"""Each kind of event that is recorded is told on the pages of staff, or left out on purpose."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from cases.pages.desk import TOLD
from cases.supervision.case_page import HAPPENED, UNTOLD

CASES = Path(settings.BASE_DIR) / "cases"
SUBJECTS = (
    "case|work_item|offer|card|extension|urging|supplement|tolerance|term|parked|document|value"
)
KIND = re.compile(rf"(?<![\w.:/])(?:{SUBJECTS})\.[a-z]+(?:_[a-z]+)*(?![\w.(])")
# Not events: kinds of messages that tell an event of another name, columns and paths.
NOT_EVENTS = {"work_item.extended", "parked.all", "parked.ripe_at_window", "case.at_rest"}
# Verbs and what works like them; pages only read.
RECORDING = [
    path
    for path in CASES.rglob("*.py")
    if not {"migrations", "demo", "seeding", "pages", "supervision", "models", "api"}
    & set(path.parts)
]


def kinds() -> set[str]:
    """Return what looks like a kind of event among the strings of the verbs."""
    texts = [
        node.value
        for path in RECORDING
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    whole = {text for text in texts if KIND.fullmatch(text)}
    quoted = {found for text in texts for found in re.findall(r"'([a-z_]+\.[a-z_]+)'", text)}
    return (whole | {text for text in quoted if KIND.fullmatch(text)}) - NOT_EVENTS


def test_the_search_finds_kinds_in_python_and_in_sql() -> None:
    assert {"card.seen", "work_item.claimed", "card.escalated", "urging.overdue"} <= kinds()


def test_the_chronicle_of_a_case_tells_every_kind_or_leaves_it_out_on_purpose() -> None:
    assert kinds() - set(HAPPENED) - UNTOLD == set()


def test_nothing_is_told_that_never_happens() -> None:
    made = {f"card.{level}" for level in ("yellow", "red")}
    made |= {f"extension.{state}" for state in ("granted", "refused")}
    made |= {f"offer.{state}" for state in ("taken", "declined", "lapsed", "ended")}

    assert set(HAPPENED) - kinds() - made == set()


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_the_desk_tells_nothing_that_the_supervisor_does_not_read(kind: str) -> None:
    assert kind in HAPPENED
