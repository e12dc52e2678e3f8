"""One form and one material list out of many."""

from datetime import date

from cases.merging import merge
from policies.schema import Catalogue

ON = date(2026, 11, 23)


def codes_of(needed: tuple) -> list[str]:
    return [one.code for one in needed]


def test_a_field_asked_by_several_items_is_asked_once(catalogue: Catalogue) -> None:
    merged = merge(catalogue, ["P01", "P04", "P08"], {}, ON)

    codes = [field.code for field in merged.fields]
    assert len(codes) == len(set(codes))
    assert codes[0] == "p_name"
    assert merged.savings.cells_before == 12 + 18 + 16


def test_all_personal_items_come_to_nineteen_fields_and_eleven_materials(
    catalogue: Catalogue,
) -> None:
    every = [item.code for item in catalogue.items_for("person")]

    savings = merge(catalogue, every, None, ON).savings

    assert (savings.forms_before, savings.cells_before, savings.fields) == (12, 157, 19)
    assert (savings.materials_before, savings.materials_after) == (80, 11)


def test_the_public_rental_chain_needs_eight_materials_instead_of_twenty_four(
    catalogue: Catalogue,
) -> None:
    savings = merge(catalogue, ["P01", "P04", "P08"], None, ON).savings

    assert (savings.materials_before, savings.materials_after) == (24, 8)


def test_what_departments_know_or_earlier_results_prove_is_not_uploaded(
    catalogue: Catalogue,
) -> None:
    merged = merge(catalogue, ["P01", "P04", "P08"], {}, ON)

    assert codes_of(merged.uploads) == ["M01", "M02", "M03", "M04", "M05", "M06"]
    assert codes_of(merged.shared) == ["S01", "S04", "S06", "S07"]
    assert codes_of(merged.produced) == ["R01", "R23"]
    assert codes_of(merged.commitments) == ["C03", "C04", "C05"]


def test_a_conditional_material_is_asked_only_of_whom_it_concerns(catalogue: Catalogue) -> None:
    student = merge(catalogue, ["P10"], {"p_grad_date": "2027-06-30"}, ON)
    graduate = merge(catalogue, ["P10"], {"p_grad_date": "2026-06-30"}, ON)

    assert "M09" in codes_of(student.uploads)
    assert "M09" not in codes_of(graduate.uploads)


def test_an_optional_material_is_offered_but_not_required(catalogue: Catalogue) -> None:
    merged = merge(catalogue, ["E01"], {}, ON)

    assert "M14" in codes_of(merged.uploads)
    assert "M14" not in codes_of(merged.required_uploads)


def test_each_material_knows_which_items_need_it(catalogue: Catalogue) -> None:
    merged = merge(catalogue, ["P01", "P05"], {}, ON)

    items = {one.code: one.items for one in merged.uploads}
    assert items == {"M01": ("P01", "P05"), "M02": ("P05",), "M03": ("P01",)}
