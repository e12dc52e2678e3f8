from policies.arithmetic import Path, critical_path, figures, longest_path_to
from policies.reading import read_catalogue
from policies.schema import Catalogue

PUBLISHED = {
    "departments": 8,
    "items": 19,
    "items_personal": 12,
    "items_enterprise": 7,
    "forms_before": 19,
    "fields_personal": 19,
    "fields_enterprise": 25,
    "materials_before": 125,
    "materials_after": 16,
    "days_before": 129,
    "days_after": 30,
    "cells_personal_before": 157,
    "cells_enterprise_before": 125,
    "critical_path_days": 20,
    "chain_public_rental": {
        "days_before": 48,
        "days_after": 20,
        "materials_before": 24,
        "materials_after": 8,
    },
}


def test_figures_are_the_published_ones_in_the_published_order(catalogue: Catalogue) -> None:
    computed = figures(catalogue)

    assert computed == PUBLISHED
    assert list(computed) == list(PUBLISHED)


def test_figures_follow_the_data(folder, edit) -> None:
    edit(
        "40_items_personal.yaml",
        "days: {before: 30, promised: 16,",
        "days: {before: 31, promised: 17,",
    )
    edit("40_items_personal.yaml", "  - {material: M06}\n", "")

    computed = figures(read_catalogue(folder))

    assert computed["days_before"] == 130
    assert computed["days_after"] == 31
    assert computed["critical_path_days"] == 21
    assert (computed["materials_before"], computed["materials_after"]) == (124, 15)
    assert computed["chain_public_rental"] == {
        "days_before": 49,
        "days_after": 21,
        "materials_before": 23,
        "materials_after": 7,
    }


def test_items_that_do_not_cross_departments_make_the_difference_of_129_and_125(
    catalogue: Catalogue,
) -> None:
    crossing = [item for item in catalogue.items.values() if item.cross_department]

    assert sum(item.days_before for item in crossing) == 125


def test_longest_path_takes_the_first_of_equal_ways(catalogue: Catalogue) -> None:
    assert longest_path_to(catalogue, "P08") == Path(("P01", "P03", "P08"), 20)


def test_either_way_to_the_public_rental_subsidy_costs_the_same(catalogue: Catalogue) -> None:
    by_permit = critical_path(catalogue, ["P01", "P04", "P08"])

    assert by_permit == Path(("P01", "P04", "P08"), 20)
    assert len(catalogue.kept_materials(by_permit.items)) == 8


def test_critical_path_knows_only_the_items_chosen(catalogue: Catalogue) -> None:
    assert critical_path(catalogue, ["P01", "P02"]) == Path(("P01",), 1)
    assert critical_path(catalogue, ["P07"]) == Path(("P07",), 1)
    assert critical_path(catalogue, ["E01", "P10"]).days == 1
    assert critical_path(catalogue, []) == Path((), 0)


def test_materials_of_personal_items_are_eight_plus_the_conditional_ones(
    catalogue: Catalogue,
) -> None:
    assert catalogue.kept_materials(["P01", "P03", "P08"]) == (
        "F01", "M01", "M02", "M03", "M04", "M05", "M06", "M07",
    )  # fmt: skip
