"""The reform's figures (改革成效) computed from a catalogue; nothing is typed in. Pure.

- Materials before: every line of every item's old list, because each was handed in once per item.
  Materials after: the distinct documents that remain, forms included.
- Days before and after: the sum of the items' limits, as they were handled one after another and as
  they are promised now. The critical path is what handling side by side needs at most.
- Cells before: dictionary fields as printed on every old form; fields after: asked once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from policies.schema import Applicant, Catalogue, Item


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the items, first to last, and its working days."""

    items: tuple[str, ...]
    days: int


def figures(catalogue: Catalogue) -> dict[str, Any]:
    """Return all figures of one catalogue, one `chain_…` entry for each published chain."""
    items = tuple(catalogue.items.values())
    return {
        "departments": len(catalogue.departments),
        "items": len(items),
        "items_personal": len(catalogue.items_for("person")),
        "items_enterprise": len(catalogue.items_for("enterprise")),
        "forms_before": forms_before(catalogue),
        "fields_personal": fields_after(catalogue, "person"),
        "fields_enterprise": fields_after(catalogue, "enterprise"),
        "materials_before": materials_before(items),
        "materials_after": materials_after(catalogue, catalogue.items),
        "days_before": sum(item.days_before for item in items),
        "days_after": sum(item.promised_days for item in items),
        "cells_personal_before": cells_before(catalogue, "person"),
        "cells_enterprise_before": cells_before(catalogue, "enterprise"),
        "critical_path_days": critical_path(catalogue).days,
        **{
            f"chain_{chain.code}": chain_figures(catalogue, chain.item)
            for chain in catalogue.one_thing.chains
        },
    }


def forms_before(catalogue: Catalogue) -> int:
    """Return how many old application forms were merged into the present ones."""
    merged = {
        line.material
        for item in catalogue.items.values()
        for line in item.materials
        if catalogue.materials[line.material].obtained == "merged"
    }
    return len(merged)


def fields_after(catalogue: Catalogue, applicant: Applicant) -> int:
    """Return how many dictionary fields all items of one kind of applicant ask together."""
    return len({field for item in catalogue.items_for(applicant) for field in item.fields})


def cells_before(catalogue: Catalogue, applicant: Applicant) -> int:
    """Return how many dictionary fields were printed on the old forms, repetitions included."""
    return sum(len(item.fields) for item in catalogue.items_for(applicant))


def materials_before(items: Iterable[Item]) -> int:
    """Return how many documents were handed in, the same one again for every item."""
    return sum(len(item.materials) for item in items)


def materials_after(catalogue: Catalogue, codes: Iterable[str]) -> int:
    """Return how many distinct documents remain, forms included."""
    return len(catalogue.kept_materials(codes))


def chain_figures(catalogue: Catalogue, item: str) -> dict[str, int]:
    """Return days and materials, before and after, of the longest way to an item.

    The days before are those of the same items handled one after another.
    """
    path = longest_path_to(catalogue, item)
    chain = tuple(catalogue.items[code] for code in path.items)
    return {
        "days_before": sum(step.days_before for step in chain),
        "days_after": path.days,
        "materials_before": materials_before(chain),
        "materials_after": materials_after(catalogue, path.items),
    }


def critical_path(catalogue: Catalogue, codes: Iterable[str] | None = None) -> Path:
    """Return the longest way among these items (default: all), in promised working days.

    Blocking requirements only, every condition taken as met; a same-day item counts 0 days.
    """
    return _longest(_longest_paths(catalogue, codes).values())


def longest_path_to(catalogue: Catalogue, item: str) -> Path:
    """Return the longest way that ends in an item; of equal ones the first in catalogue order."""
    return _longest_paths(catalogue, None)[item]


def _longest_paths(catalogue: Catalogue, codes: Iterable[str] | None) -> Mapping[str, Path]:
    chosen = set(catalogue.items if codes is None else codes)
    before = {
        code: _predecessors(catalogue, item, chosen)
        for code, item in catalogue.items.items()
        if code in chosen
    }
    paths: dict[str, Path] = {}
    for code in TopologicalSorter(before).static_order():
        way = _longest(paths[other] for other in before[code])
        paths[code] = Path((*way.items, code), way.days + catalogue.items[code].promised_days)
    return {code: paths[code] for code in before}


def _predecessors(catalogue: Catalogue, item: Item, chosen: set[str]) -> tuple[str, ...]:
    needed = {code for need in item.hard_requirements for code in need.any_of} & chosen
    return tuple(code for code in catalogue.items if code in needed)


def _longest(paths: Iterable[Path]) -> Path:
    """Return the longest way; of equal ones the first, of none a way of no items."""
    return max(paths, key=lambda path: path.days, default=Path((), 0))
