"""Wording (消息文字): what each kind of message says; shipped as data, changed by rows."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from time import monotonic
from typing import Any

import yaml
from django.conf import settings
from django.utils import timezone

from notifications.models import Channel, Wording

logger = logging.getLogger("portal.messages")

SHIPPED = Path(__file__).with_name("wording.yaml")
SIGNATURE = f"【{settings.SMS_SIGNATURE}】"
# Another process may have changed a row; half a minute of delay spares a query per message.
SEEN_FOR = 30.0
# Without these a reader does not know what a message is about.
INDISPENSABLE = frozenset({"number", "code", "count"})


@dataclass(frozen=True, slots=True)
class Text:
    """The wording of one kind on one channel, placeholders still in it."""

    text: str
    title: str = ""
    aliyun_template: str = ""
    tencent_template: str = ""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of its placeholders, each once, in the order of the text."""
        return tuple(dict.fromkeys(name for name, _ in self.fields()))

    def fields(self) -> Iterator[tuple[str, bool]]:
        """Yield each placeholder and whether it is a bare name. Raises ValueError."""
        for _, name, form, conversion in Formatter().parse(self.text):
            if name is not None:
                yield name, name.isidentifier() and not form and not conversion


@dataclass(frozen=True, slots=True)
class Filled:
    """A wording and the values of its placeholders, as people read them."""

    title: str
    template: str
    values: Mapping[str, str]


Texts = Mapping[tuple[str, str], Text]
_seen: tuple[float, Texts] | None = None


@cache
def document() -> dict[str, dict[str, Any]]:
    """Return wording.yaml as it is written."""
    return yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))


@cache
def shipped() -> Texts:
    """Return the wording of wording.yaml by kind and channel."""
    return {
        (kind, channel.value): Text(**about[channel.value])
        for kind, about in document().items()
        for channel in Channel
        if channel.value in about
    }


@cache
def urgent() -> frozenset[str]:
    """Return the kinds that are sent at any hour (紧急)."""
    return frozenset(kind for kind, about in document().items() if about.get("urgent"))


@cache
def statutory() -> frozenset[str]:
    """Return the kinds that law or promise require: no cap, no digest (法定告知)."""
    return frozenset(kind for kind, about in document().items() if about.get("statutory"))


def texts() -> Texts:
    """Return the wording in force: the shipped one and, over it, the rows of the database."""
    global _seen
    if _seen is None or monotonic() - _seen[0] > SEEN_FOR:
        changed = {(row.kind, row.channel): changed_by(row) for row in Wording.objects.all()}
        _seen = (monotonic(), {**shipped(), **{key: text for key, text in changed.items() if text}})
    return _seen[1]


def changed_by(row: Wording) -> Text | None:
    """Return the wording with what a row changes; one that cannot be filled changes nothing."""
    base = shipped().get((row.kind, row.channel))
    if flaws(row.kind, row.channel, row.title, row.text):
        logger.error("The wording of %s on %s cannot be used.", row.kind, row.channel)
        return base
    assert base is not None  # noqa: S101 - a kind that is not shipped is a flaw
    return Text(
        row.text or base.text, row.title or base.title, row.aliyun_template, row.tencent_template
    )


def forget() -> None:
    """Read the rows anew at the next message."""
    global _seen
    _seen = None


def kinds() -> dict[str, frozenset[str]]:
    """Return every kind with all placeholders that it needs."""
    needed: dict[str, frozenset[str]] = {}
    for (kind, _), text in shipped().items():
        needed[kind] = needed.get(kind, frozenset()) | frozenset(text.placeholders)
    return needed


@cache
def names() -> dict[str, str]:
    """Return what people call each kind: the title it is shipped with."""
    return {kind: text.title for (kind, _), text in shipped().items() if text.title}


def flaws(kind: str, channel: str, title: str, text: str) -> dict[str, str]:
    """Return what forbids a wording, by field in words; empty where it can be used.

    An empty text or title means the shipped one.
    """
    base = shipped().get((kind, channel))
    if kind not in kinds():
        return {"kind": "没有这种消息类型。"}
    if base is None:
        return {"channel": "这种消息不通过该渠道发送。"}
    if "\0" in text + title:
        return {"text": "内容中有不能保存的字符。"}
    if {"{", "}"} & set(title):
        return {"title": "标题中不能写占位符，请去掉花括号。"}
    if not text:
        return {}
    flaw = _flaw(Text(text), base, kinds()[kind])
    if not flaw and channel == Channel.SMS and "【" in text:
        flaw = "请不要写签名，发送时自动加上；方头括号只用于签名。"
    return {"text": flaw} if flaw else {}


def _flaw(text: Text, base: Text, known: frozenset[str]) -> str:
    try:
        fields = list(text.fields())
    except ValueError:
        return "花括号不成对。"
    if wrong := [name for name, is_bare in fields if not is_bare]:
        named = "、".join(
            f"{{{name}…}}" if name.isidentifier() else f"{{{name}}}" for name in wrong
        )
        return f"占位符只能写作 {{名称}}，不能带属性、下标或格式：{named}。"
    if unknown := {name for name, _ in fields} - known:
        return f"没有这些占位符：{'、'.join(sorted(unknown))}。"
    if missing := INDISPENSABLE & set(base.placeholders) - set(text.placeholders):
        named = "、".join(f"{{{name}}}" for name in sorted(missing))
        return f"缺少占位符 {named}，收到的人无法知道说的是哪一件。"
    return ""


def filled(kind: str, channel: Channel, params: Mapping[str, object]) -> Filled | None:
    """Return a message's wording with the values that fill it, None where it is not told there.

    Raises KeyError for an unknown kind and for a placeholder without a value.
    """
    wording = texts().get((kind, channel))
    if wording is None:
        if kind not in document():
            raise KeyError(f"No wording for messages of kind {kind!r}.")
        return None
    values = {name: shown(params[name]) for name in wording.placeholders}
    return Filled(wording.title, template(channel, wording), values)


def render(kind: str, channel: Channel, params: Mapping[str, object]) -> tuple[str, str] | None:
    """Return title and text of a message, None where the kind is not told on this channel."""
    told = filled(kind, channel, params)
    return (told.title, told.template.format_map(told.values)) if told else None


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
