"""Words and marks keep the contrast of WCAG 2.2 AA on what they stand on."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "portal/static/portal/css"
TOKENS = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", (CSS / "tokens.css").read_text()))

TEXT = 4.5
SHAPE = 3.0

PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3") for ground in ("paper", "ground")],
    *[("ink", ground, TEXT) for ground in ("blue-tint", "green-tint", "line-2")],
    *[("ink-2", ground, TEXT) for ground in ("blue-tint", "green-tint", "line-2")],
    *[(ink, ground, TEXT) for ink in ("blue", "blue-deep") for ground in ("paper", "ground")],
    ("blue", "blue-tint", TEXT),
    ("blue-deep", "blue-wait", TEXT),
    *[("on-blue", ground, TEXT) for ground in ("blue", "blue-deep", "green", "ink", "ink-2")],
    *[("on-blue-2", ground, TEXT) for ground in ("blue", "blue-deep")],
    *[("green", ground, TEXT) for ground in ("paper", "green-tint")],
    *[("yellow-ink", ground, TEXT) for ground in ("paper", "yellow-tint", "blue-tint")],
    *[("red-ink", ground, TEXT) for ground in ("paper", "red-tint", "blue-tint")],
    ("on-blue", "red", TEXT),
    *[("edge", ground, SHAPE) for ground in ("paper", "ground")],
    *[("focus", ground, SHAPE) for ground in ("paper", "ground", "blue-tint")],
    *[(edge, "paper", SHAPE) for edge in ("yellow-edge", "red")],
]


def luminance(colour: str) -> float:
    """Return the relative luminance of a hex colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_pair_is_legible(front: str, back: str, least: float) -> None:
    assert contrast(TOKENS[front], TOKENS[back]) >= least


def test_every_variable_that_the_sheets_use_is_defined() -> None:
    sheets = "".join(sheet.read_text() for sheet in CSS.glob("*.css"))

    used = set(re.findall(r"var\(--([\w-]+)", sheets))
    defined = set(re.findall(r"--([\w-]+):", sheets))

    assert used - defined == set()
