"""What a wording looks like filled with sample values (预览), and how long a text message gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path

import yaml

from notifications import wording
from notifications.models import Channel
from notifications.wording import Text

PLACEHOLDERS = Path(__file__).with_name("placeholders.yaml")
# One text message holds 70 characters; the parts of a longer one hold 67 each.
SINGLE, PART = 70, 67


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder that messages of a kind fill: its name, what it means, a sample of it."""

    name: str
    label: str
    sample: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One channel's message as a person would get it, or why nobody could."""

    channel: str
    title: str
    text: str
    flaws: Mapping[str, str]
    # Text messages only: characters, parts, and the template to apply for at each provider.
    length: int = 0
    parts: int = 0
    aliyun: str = ""
    tencent: str = ""


@cache
def known() -> Mapping[str, Placeholder]:
    """Return the placeholders of placeholders.yaml by name."""
    written = yaml.safe_load(PLACEHOLDERS.read_text(encoding="utf-8"))
    return {name: Placeholder(name, **about) for name, about in written.items()}


def placeholders(kind: str) -> list[Placeholder]:
    """Return what messages of a kind may be filled with."""
    names = sorted(wording.kinds().get(kind, ()))
    return [known().get(name) or Placeholder(name, name, f"〔{name}〕") for name in names]


def previews(kind: str, channel: str, title: str, text: str) -> list[Preview]:
    """Return the message on each channel it is told on, one of them with a changed wording."""
    shown = []
    for each in Channel:
        in_force = wording.texts().get((kind, each.value))
        if in_force is None:
            continue
        if each == channel:
            shown.append(_preview(kind, each, title, text))
        else:
            shown.append(_preview(kind, each, in_force.title, in_force.text))
    return shown


def _preview(kind: str, channel: Channel, title: str, text: str) -> Preview:
    base = wording.shipped()[kind, channel.value]
    flaws = wording.flaws(kind, channel, title, text)
    if flaws:
        return Preview(channel.label, "", "", flaws)
    used = Text(text or base.text, title or base.title)
    samples = {each.name: each.sample for each in placeholders(kind)}
    filled = wording.template(channel, used).format_map(samples)
    if channel != Channel.SMS:
        return Preview(channel.label, used.title, filled, {})
    length = characters(filled)
    as_aliyun = {name: f"${{{name}}}" for name in used.placeholders}
    as_tencent = {name: f"{{{n}}}" for n, name in enumerate(used.placeholders, start=1)}
    return Preview(
        channel.label,
        "",
        filled,
        {},
        length,
        parts(length),
        used.text.format_map(as_aliyun),
        used.text.format_map(as_tencent),
    )


def characters(text: str) -> int:
    """Return how many characters of a text message a text takes; a rare one takes two."""
    return len(text.encode("utf-16-le")) // 2


def parts(length: int) -> int:
    """Return as how many text messages so many characters are sent and paid for."""
    return 1 if length <= SINGLE else ceil(length / PART)
