"""What a breakdown goes by (分组): names of the groups, and the ways to look closer at one."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from cases.supervision.figures import Figures
from cases.supervision.pages import lists
from cases.supervision.pages.frame import Frame
from cases.supervision.scope import NO_DISTRICT, Grouping, Key
from cases.supervision.selection import UNCLAIMED, Selection, district_name
from cases.supervision.tables import Cell, Warned
from portal.accounts.models import User

GROUPINGS: dict[Grouping, str] = {
    "department": "按部门",
    "item": "按事项",
    "one_thing": "按一件事",
    "district": "按区县",
    "officer": "按经办人",
}


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a breakdown; `changes` narrow a choice to it, none: it cannot be chosen alone."""

    key: Key
    name: str
    figures: Figures
    changes: Mapping[str, str] | None
    note: str = ""

    def cell(self, choice: Selection, clock: str, count: int, card: Warned = "") -> Cell:
        """Return a count that opens its list, and stands on a card where it is not nought."""
        if not count or self.changes is None:
            return Cell(count, card=card if count else "")
        return Cell(count, url=lists.url(choice, clock, **self.changes), card=card)

    def url(self, choice: Selection) -> str:
        """Return the front page narrowed to this group; empty for all together."""
        if not self.changes:
            return ""
        return f"{reverse('cases:supervision')}?{choice.general(**self.changes)}"


def named(seen: Frame, by: Grouping, found: Mapping[Key, Figures]) -> list[Group]:
    """Return the groups of a breakdown with their names, in the order people know them by."""
    make = {
        "department": _departments,
        "item": _items,
        "one_thing": _one_things,
        "district": _districts,
        "officer": _officers,
    }[by]
    return make(seen, found)


def _departments(seen: Frame, found: Mapping[Key, Figures]) -> list[Group]:
    bound = seen.choice.is_bound
    return [
        Group(one.code, one.short_name, found[one.pk], {} if bound else {"department": one.code})
        for one in seen.departments
        if one.pk in found
    ]


def _items(seen: Frame, found: Mapping[Key, Figures]) -> list[Group]:
    slugs = {one.pk: one for one in seen.one_things}
    several = len(seen.one_things) > 1
    order = {code: place for place, code in enumerate(seen.items)}
    groups = []
    for key, one in found.items():
        assert isinstance(key, tuple)  # noqa: S101 – what grouping by item yields
        one_thing = slugs[key[0]]
        changes = {"item": key[1], **({"one_thing": one_thing.slug} if several else {})}
        groups.append(
            Group(
                key,
                seen.items.get(key[1], key[1]),
                one,
                changes if key[1] in order else None,
                one_thing.name if several else "",
            )
        )
    return sorted(groups, key=lambda group: order.get(str(group.key[1]), 999))  # type: ignore[index]


def _one_things(seen: Frame, found: Mapping[Key, Figures]) -> list[Group]:
    return [
        Group(one.pk, one.name, found[one.pk], {"one_thing": one.slug})
        for one in seen.one_things
        if one.pk in found
    ]


def _districts(seen: Frame, found: Mapping[Key, Figures]) -> list[Group]:
    return [
        Group(code, district_name(str(code)), found[code], {"district": str(code) or NO_DISTRICT})
        for code in sorted(found, key=lambda code: (not code, str(code)))
    ]


def _officers(seen: Frame, found: Mapping[Key, Figures]) -> list[Group]:
    users = User.objects.select_related("department").in_bulk(
        [key for key in found if isinstance(key, int)]
    )
    groups = [
        Group(
            pk,
            user.get_full_name(),
            found[pk],
            {"officer": str(pk)},
            user.department.short_name if user.department else "",
        )
        for pk, user in users.items()
    ]
    groups.sort(key=lambda group: (group.note, group.name))
    if None in found:
        groups.append(Group(None, "未认领", found[None], {"officer": UNCLAIMED}))
    return groups
