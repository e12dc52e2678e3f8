"""Windows (受理期): which items take no applications on a day, as their policy is not in force.

Nothing else about a policy keeps anybody from applying.
"""

from collections.abc import Collection, Iterable
from datetime import date

from policies.eligibility import Facts
from policies.judging import WINDOW_CLOSED, Verdict, judge
from policies.schema import Catalogue
from policies.shelf import PublishedPolicy, shelf
from portal.core.chinese import day_words, listed

NOTHING: Facts = {}


def policies_of(
    catalogue: Catalogue, only: Collection[str] | None = None
) -> dict[str, PublishedPolicy]:
    """Return the policies behind the items of a catalogue, by item code."""
    held, one_thing = shelf(), catalogue.one_thing.code
    codes = catalogue.items if only is None else only
    found = {code: held.of_item(one_thing, code) for code in codes}
    return {code: policy for code, policy in found.items() if policy}


def closed(catalogue: Catalogue, codes: Iterable[str], on: date) -> dict[str, PublishedPolicy]:
    """Return the items that cannot be applied for on a day, with their policies."""
    policies = policies_of(catalogue, list(codes))
    return {
        code: policy for code, policy in policies.items() if is_closed(judge(policy, NOTHING, on))
    }


def is_closed(verdict: Verdict) -> bool:
    """Tell whether no version of a policy is in force, so that nobody can apply."""
    return verdict.reason == WINDOW_CLOSED


def closed_words(catalogue: Catalogue, found: dict[str, PublishedPolicy], on: date) -> str:
    """Return why the items cannot be filed, in one sentence."""
    names = listed(
        f"“{catalogue.items[code].name}”（{term_words(policy, on)}）"
        for code, policy in found.items()
    )
    return f"{names}目前不在受理期，请取消勾选后继续；已填写的内容都会保留。"


def term_words(policy: PublishedPolicy, on: date) -> str:
    """Return when a policy that is closed was in force last, or will be next."""
    begins = [one.begins for one in policy.versions if one.begins and not one.document.closed]
    if coming := min((day for day in begins if day > on), default=None):
        return f"{day_words(coming)}起受理"
    ends = [one.ends for one in policy.versions if one.ends and not one.document.closed]
    return f"已于{day_words(max(ends))}截止" if ends else "已停止受理"
