"""Under which district (区县) figures count a case; pure.

An enterprise counts where it is registered, a person where they live, else where their household
is. Outside the city of the one-thing no district is known.
"""

import re
from collections.abc import Mapping
from typing import Any

from policies import divisions

# An address that names some other place before the district is not in this city.
ELSEWHERE = re.compile("省|市|自治区|自治州|地区|盟")


def of_applicant(kind: str, answers: Mapping[str, Any], city: str | None) -> str:
    """Return the six-digit code of the district; "" where none of the city is known."""
    if not city:
        return ""
    if kind == "enterprise":
        return _inside(str(answers.get("e_reg_division") or ""), city)
    living = named_in(str(answers.get("p_address") or ""), city)
    return living or _inside(str(answers.get("p_hukou") or ""), city)


def named_in(address: str, city: str) -> str:
    """Return the code of the district of a city that an address names first; "" for none."""
    places = [(address.find(name), code) for code, name in divisions.children(city)]
    found = min((place for place in places if place[0] >= 0), default=None)
    if found is None:
        return ""
    before = address[: found[0]]
    for own in _names(city):
        before = before.replace(own, "")
    return "" if ELSEWHERE.search(before) else found[1]


def _inside(code: str, city: str) -> str:
    """Return a division's code where it is a district of the city, present or former."""
    is_district = len(code) == 6 and code[:4] == city[:4] and code[4:] != "00"
    return code if is_district and divisions.known(code) else ""


def _names(city: str) -> tuple[str, ...]:
    """Return how an address begins in this city, the longest first: 浙江省, 杭州市."""
    province = divisions.name_of(city[:2] + "0000") or ""
    whole = divisions.name_of(city) or ""
    return tuple(name for name in (whole, whole.removeprefix(province), province) if name)
