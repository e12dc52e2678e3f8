"""Wording (消息文字): what each kind of message says; shipped as data, changed by rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from time import monotonic

import yaml
from django.utils import timezone

from notifications.models import Channel, Wording

SHIPPED = Path(__file__).with_name("wording.yaml")
SIGNATURE = "【一件事联办】"
# Another process may have changed a row; half a minute of delay spares a query per message.
SEEN_FOR = 30.0


@dataclass(frozen=True, slots=True)
class Text:
    """The wording of one kind on one channel, placeholders still in it."""

    text: str
    title: str = ""

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset(name for _, name, _, _ in Formatter().parse(self.text) if name is not None)


@dataclass(frozen=True, slots=True)
class Filled:
    """A wording and the values of its placeholders, as people read them."""

    title: str
    template: str
    values: Mapping[str, str]


Texts = Mapping[tuple[str, str], Text]
_seen: tuple[float, Texts] | None = None


@cache
def shipped() -> Texts:
    """Return the wording of wording.yaml by kind and channel."""
    kinds = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return {
        (kind, channel): Text(**wording)
        for kind, channels in kinds.items()
        for channel, wording in channels.items()
    }


def texts() -> Texts:
    """Return the wording in force: the shipped one and, over it, the rows of the database."""
    global _seen
    if _seen is None or monotonic() - _seen[0] > SEEN_FOR:
        changed = {
            (row.kind, row.channel): Text(row.text, row.title) for row in Wording.objects.all()
        }
        _seen = (monotonic(), {**shipped(), **changed})
    return _seen[1]


def forget() -> None:
    """Read the rows anew at the next message."""
    global _seen
    _seen = None


def kinds() -> dict[str, frozenset[str]]:
    """Return every kind with all placeholders that it needs."""
    needed: dict[str, frozenset[str]] = {}
    for (kind, _), text in shipped().items():
        needed[kind] = needed.get(kind, frozenset()) | text.placeholders
    return needed


@cache
def names() -> dict[str, str]:
    """Return what people call each kind: the title it is shipped with."""
    return {kind: text.title for (kind, _), text in shipped().items() if text.title}


def filled(kind: str, channel: Channel, params: Mapping[str, object]) -> Filled | None:
    """Return a message's wording with the values that fill it, None where it is not told there.

    Raises KeyError for an unknown kind and for a placeholder without a value.
    """
    wording = texts().get((kind, channel))
    if wording is None:
        if not any(known == kind for known, _ in shipped()):
            raise KeyError(f"No wording for messages of kind {kind!r}.")
        return None
    values = {name: shown(params[name]) for name in wording.placeholders}
    return Filled(wording.title, template(channel, wording), values)


def render(kind: str, channel: Channel, params: Mapping[str, object]) -> tuple[str, str] | None:
    """Return title and text of a message, None where the kind is not told on this channel."""
    told = filled(kind, channel, params)
    return told and (told.title, told.template.format_map(told.values))


def template(channel: Channel, wording: Text) -> str:
    """Return a wording as a message row keeps it: a text message bears the portal's signature."""
    return SIGNATURE + wording.text if channel == Channel.SMS else wording.text


def shown(value: object) -> str:
    """Return a value the way official Chinese writes it."""
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, list | tuple):
        return "；".join(str(part).rstrip("。；") for part in value)
    return str(value).rstrip("。")
