"""Finding an administrative division by what a person types (区划查找); pure.

A name may leave out what nobody says aloud: “杭州西湖” finds 浙江省杭州市西湖区. A six-digit code,
also of a division that no longer exists, is taken as it is.
"""

import re
import unicodedata
from functools import cache

from policies import divisions

SHOWN_AT_MOST = 12
LONGEST = 60  # characters; no division has a longer name
_KINDS = re.compile("特别行政区|自治区|自治州|自治县|地区|新区|林区|特区|省|市|区|县|盟|旗")


def find(typed: str) -> tuple[tuple[str, str], ...]:
    """Return the divisions that fit a text as (code, full name), the shortest name first."""
    if len(typed) > LONGEST:
        return ()
    wanted = unicodedata.normalize("NFKC", "".join(typed.split()))
    if re.fullmatch(r"\d{6}", wanted):
        name = divisions.name_of(wanted)
        return ((wanted, name),) if name else ()
    exact = tuple((code, name) for code, name, _ in _places() if name == wanted)
    if exact or not wanted:
        return exact
    return tuple(sorted(_fitting(_bare(wanted)), key=lambda place: len(place[1])))[:SHOWN_AT_MOST]


def code_of(typed: str) -> str | None:
    """Return the code that a text means beyond doubt, none where it fits several or no places."""
    found = find(typed)
    return found[0][0] if len(found) == 1 else None


def _fitting(wanted: str) -> list[tuple[str, str]]:
    """Return the places whose name ends with the words, else those that hold them in this order."""
    ending = [(code, name) for code, name, bare in _places() if bare.endswith(wanted)]
    if ending:
        return ending
    in_order = re.compile(".*".join(map(re.escape, wanted)))
    return [(code, name) for code, name, bare in _places() if in_order.search(bare)]


def _bare(name: str) -> str:
    """Return a name without the words for kinds of divisions, unless nothing would be left."""
    return _KINDS.sub("", name) or name


@cache
def _places() -> tuple[tuple[str, str, str], ...]:
    """Return every present division as (code, full name, bare name)."""
    found, waiting = [], list(divisions.provinces())
    while waiting:
        code, _ = waiting.pop(0)
        waiting.extend(divisions.children(code))
        name = divisions.name_of(code) or ""
        found.append((code, name, _bare(name)))
    return tuple(found)
