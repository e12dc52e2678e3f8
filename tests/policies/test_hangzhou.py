"""What the Hangzhou catalogue must say, item by item, and how it must say it to a person."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from policies.schema import Catalogue

ON = date(2020, 9, 1)
GRADUATE = {"p_edu": "21", "settle_type": "单位集体户", "p_grad_date": "2020-06-30"}
# Marks of sources and notes, half-width punctuation between Chinese characters, stray brackets.
UNFIT_TO_SHOW = re.compile(
    r"DEF|SEED|STD|W\d\d|种子|推断|研究者|合理默认|[『』\[\]→|]|[\u4e00-\u9fff][,;:!?()]"
)


def shown_texts(catalogue: Catalogue) -> Iterator[str]:
    yield from (catalogue.one_thing.name, catalogue.one_thing.summary)
    for department in catalogue.departments.values():
        yield from (department.name, department.short_name)
    yield from (source.name for source in catalogue.data_sources.values())
    for element in catalogue.elements.values():
        for field in (element, *element.columns):
            yield from (field.name, field.help, *(option.label for option in field.options))
        yield element.section
    for material in catalogue.materials.values():
        yield from (material.name, material.hint, material.clause)
    for item in catalogue.items.values():
        yield from (item.name, item.result.name, *(need.why for need in item.requires))
        yield from (procedure.name for procedure in item.special_procedures)
        yield item.window.text if item.window else ""
    yield from (exclusion.why for exclusion in catalogue.exclusions)
    yield from (chain.name for chain in catalogue.one_thing.chains)


def test_nothing_that_a_person_sees_carries_notes_or_source_marks(catalogue: Catalogue) -> None:
    assert [text for text in shown_texts(catalogue) if UNFIT_TO_SHOW.search(text)] == []


def test_sentences_end_in_a_full_stop(catalogue: Catalogue) -> None:
    sentences = [need.why for item in catalogue.items.values() for need in item.requires]
    sentences += [exclusion.why for exclusion in catalogue.exclusions]
    sentences += [m.clause for m in catalogue.materials.values() if m.clause]

    assert all(sentence.endswith("。") for sentence in sentences)


def test_demonstration_values_can_be_told_from_sourced_ones(catalogue: Catalogue) -> None:
    assert [s.code for s in catalogue.sources.values() if s.demonstration] == ["DEF"]
    assert {item.source for item in catalogue.items.values()} == {"SEED", "DEF"}
    assert {c for c, item in catalogue.items.items() if item.source == "DEF"} == {
        "P02", "P09", "E06", "E07",
    }  # fmt: skip


def test_lead_department_owns_thirteen_items_and_two_departments_none(
    catalogue: Catalogue,
) -> None:
    owners = [item.department for item in catalogue.items.values()]

    assert owners.count(catalogue.one_thing.lead) == 13
    assert set(catalogue.departments) - set(owners) == {"D07", "D08"}


def test_every_dictionary_field_is_common_to_at_least_two_items(catalogue: Catalogue) -> None:
    dictionary = [e.code for e in catalogue.elements.values() if e.scope == "dictionary"]

    assert len(dictionary) == 44
    assert all(len(catalogue.used_by(code)) >= 2 for code in dictionary)
    assert all(catalogue.used_by(code) for code in catalogue.elements)


def test_sixteen_materials_are_two_forms_thirteen_uploads_and_one_assembled(
    catalogue: Catalogue,
) -> None:
    kept = [catalogue.materials[code] for code in catalogue.kept_materials(catalogue.items)]

    assert len(kept) == 16
    assert sum(material.kind == "form" for material in kept) == 2
    assert sum(material.is_upload for material in kept) == 13
    assert [m.code for m in kept if m.kind == "generated"] == ["M07"]


@pytest.mark.parametrize(
    ("way", "lines"),
    [
        ("merged", 19),
        ("retained", 58),
        ("shared", 29),
        ("produced", 7),
        ("commitment", 8),
        ("generated", 2),
        ("field", 2),
    ],
)
def test_old_material_lines_go_where_the_reform_sent_them(
    catalogue: Catalogue, way: str, lines: int
) -> None:
    ways = [
        catalogue.materials[line.material].obtained
        for item in catalogue.items.values()
        for line in item.materials
    ]

    assert ways.count(way) == lines


def test_settling_waits_for_insurance_only_below_a_masters_degree(catalogue: Catalogue) -> None:
    def needed(**answers: str) -> list[str]:
        needs = catalogue.items["P03"].requirements_in({**GRADUATE, **answers}, ON)
        return [code for need in needs for code in need.any_of]

    assert needed() == ["P01"]
    assert needed(p_edu="31") == ["P01"]
    assert needed(p_edu="14") == []
    assert needed(p_edu="11", settle_type="人才市场集体户") == ["P05"]
    assert needed(settle_type="人才市场集体户") == ["P01", "P05"]


def test_without_answers_every_requirement_and_line_applies(catalogue: Catalogue) -> None:
    item = catalogue.items["P03"]

    assert item.requirements_in(None, ON) == item.requires
    assert item.lines_in(None, ON) == item.materials


def test_conditional_materials_follow_the_answers(catalogue: Catalogue) -> None:
    def asked(item: str, **answers: str) -> set[str]:
        lines = catalogue.items[item].lines_in({**GRADUATE, **answers}, ON)
        return {line.material for line in lines}

    assert "M03" in asked("P03")
    assert "M03" not in asked("P03", p_edu="14")
    assert "M09" not in asked("P10")
    assert "M09" in asked("P10", p_grad_date="2021-06-30")
    assert "M09" in asked("E01", e_legal_grad="2021-06-30")
    optional = [line.material for line in catalogue.items["E05"].materials if line.optional]
    assert optional == ["M14"]


def test_permit_or_settling_opens_the_public_rental_subsidy(catalogue: Catalogue) -> None:
    [_, either] = catalogue.items["P08"].requires

    assert either.any_of == ("P03", "P04") == catalogue.produced_by("R23")
    assert either.strength == "hard"


def test_soft_requirements_only_order(catalogue: Catalogue) -> None:
    soft = {
        item.code: [code for need in item.soft_requirements for code in need.any_of]
        for item in catalogue.items.values()
        if item.soft_requirements
    }

    assert soft == {"P06": ["P03", "P04"], "P07": ["P06"], "E01": ["P10"]}


@pytest.mark.parametrize(
    ("item", "element", "column"),
    [
        ("E01", "e_legal_id", None),
        ("E02", "e_legal_id", None),
        ("E04", "hires", "id_no"),
        ("E05", "e_legal_id", None),
        ("E07", "graduates", "id_no"),
    ],
)
def test_enterprise_items_look_for_the_insurance_of_a_named_person(
    catalogue: Catalogue, item: str, element: str, column: str | None
) -> None:
    [need] = catalogue.items[item].hard_requirements

    assert need.any_of == ("P01",)
    assert need.subject is not None
    assert (need.subject.element, need.subject.column) == (element, column)


def test_exclusions_and_their_direction(catalogue: Catalogue) -> None:
    assert {pair.items: pair.one_way for pair in catalogue.exclusions} == {
        ("P03", "P04"): False,
        ("P08", "P09"): False,
        ("E01", "E05"): True,
    }
    [pair] = catalogue.exclusions_among(["P01", "P04", "P03"])
    assert pair.items == ("P03", "P04")
    assert catalogue.exclusions_among(["P03", "P09"]) == ()


def test_nations_are_those_of_the_standard(catalogue: Catalogue) -> None:
    codes = [option.value for option in catalogue.elements["p_ethnic"].options]

    assert codes == [f"{number:02d}" for number in range(1, 57)] + ["97", "98"]
    assert catalogue.elements["p_ethnic"].label_of("56") == "基诺族"


def test_personal_numbers_and_contacts_are_sensitive(catalogue: Catalogue) -> None:
    identifying = {"person_name", "identity_number", "resident_id", "mobile", "bank_card"}

    for element in catalogue.elements.values():
        for field in (element, *element.columns):
            if identifying & set(field.checks):
                assert field.sensitive, field.code


def test_form_of_a_selection_asks_each_field_once_in_sections(catalogue: Catalogue) -> None:
    chain = ("P01", "P03", "P08")

    fields = [element.code for element in catalogue.fields_of(chain)]
    sections = [name for name, _ in catalogue.sections_of(chain)]

    assert len(fields) == len(set(fields)) == 19 + 3 + 3 + 6
    assert sections == [
        "身份信息", "联系方式", "户籍与住址", "学历信息", "工作单位", "收款账户",
        "劳动合同", "落户信息", "家庭与收入", "住房租赁",
    ]  # fmt: skip


def test_same_day_items_are_promised_for_the_day_itself(catalogue: Catalogue) -> None:
    same_day = [item.code for item in catalogue.items.values() if item.same_day]

    assert same_day == ["P02", "P06", "P09", "P10", "E03", "E04", "E06", "E07"]
    assert all(item.statutory_days is None for item in catalogue.items.values())
