"""Items → one form and one material list (合表、并材料). Pure: plain values in, plain values out.

The reform's rule: what several items ask is asked once; what a department knows, an earlier result
proves or the applicant may promise is not asked for at all (最多跑一次规定 art. 7).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from policies.schema import Catalogue, Element, Item, Line, Material


@dataclass(frozen=True, slots=True)
class Needed:
    """One material of the merged list; `items` are the codes of the items that need it."""

    material: Material
    items: tuple[str, ...]
    required: bool

    @property
    def code(self) -> str:
        return self.material.code


@dataclass(frozen=True, slots=True)
class Savings:
    """What merging spares in this selection: cells and documents, before and after the reform."""

    forms_before: int
    cells_before: int
    fields: int
    materials_before: int
    materials_after: int


@dataclass(frozen=True, slots=True)
class Merged:
    """The one form and the one material list of a selection."""

    sections: tuple[tuple[str, tuple[Element, ...]], ...]
    uploads: tuple[Needed, ...]
    shared: tuple[Needed, ...]
    produced: tuple[Needed, ...]
    generated: tuple[Needed, ...]
    commitments: tuple[Needed, ...]
    savings: Savings

    @property
    def fields(self) -> tuple[Element, ...]:
        return tuple(element for _, elements in self.sections for element in elements)

    @property
    def required_uploads(self) -> tuple[Needed, ...]:
        return tuple(needed for needed in self.uploads if needed.required)


def merge(
    catalogue: Catalogue, codes: Iterable[str], answers: Mapping[str, Any] | None, on: date
) -> Merged:
    """Return the merged form of the items.

    Lines that depend on an answer count only where the answers meet their condition on the day of
    application; with `answers=None` every line counts.
    """
    items = [catalogue.items[code] for code in codes]
    lines = [(item, line) for item in items for line in item.lines_in(answers, on)]
    needed = _gather(catalogue, lines)
    by_way = {
        way: tuple(one for one in needed if one.material.obtained == way)
        for way in ("shared", "produced", "generated", "commitment")
    }
    return Merged(
        sections=catalogue.sections_of([item.code for item in items]),
        uploads=tuple(one for one in needed if one.material.is_upload),
        shared=by_way["shared"],
        produced=by_way["produced"],
        generated=by_way["generated"],
        commitments=by_way["commitment"],
        savings=_savings(catalogue, items),
    )


def _gather(catalogue: Catalogue, lines: list[tuple[Item, Line]]) -> list[Needed]:
    """Return each material once, in catalogue order; required as soon as one item requires it."""
    users: dict[str, list[str]] = {}
    required: set[str] = set()
    for item, line in lines:
        users.setdefault(line.material, []).append(item.code)
        if not line.optional:
            required.add(line.material)
    return [
        Needed(material, tuple(users[code]), code in required)
        for code, material in catalogue.materials.items()
        if code in users
    ]


def _savings(catalogue: Catalogue, items: list[Item]) -> Savings:
    codes = [item.code for item in items]
    lines = [line for item in items for line in item.materials]
    forms = [line for line in lines if catalogue.materials[line.material].kind == "form"]
    return Savings(
        forms_before=len(forms),
        cells_before=sum(len(item.fields) for item in items),
        fields=len({code for item in items for code in item.fields}),
        materials_before=len(lines),
        materials_after=len(catalogue.kept_materials(codes)),
    )
