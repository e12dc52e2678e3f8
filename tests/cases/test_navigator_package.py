"""What a package says: what now, what soon, what is unclear, and how much it comes to."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cases import package
from cases.package import Entry, Outcome
from cases.questions import NONE, Answers, branches
from policies.dictionary import dictionary
from policies.models import OneThing
from tests.cases.advised import shelve

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 23)
# A graduate with a degree, five months insured, renting.
GRADUATE: Answers = {
    "age": {"age": "22"},
    "education": {"level": "bachelor", "mode": "full"},
    "graduation": {"day": "2026-06-30"},
    "titles": {"title": "none", "skill": "none"},
    "work": {"work": "long"},
    "insurance": {"months": "5"},
    "residence": {"hukou": "registered", "district": "330106"},
    "housing": {"owns": "none", "kin": "cannot"},
    "family": {"size": "3", "income": "48000", "rent": "2500"},
    "enjoyed": {"enjoyed": [NONE]},
}
FOUNDER: Answers = {
    "founder": {"founder": "original"},
    "graduation": {"level": "bachelor", "day": "2023-06-30"},
    "age": {"age": "25"},
    "established": {"day": "2026-09-15", "district": "330108"},
    "insurance": {"insured": "here"},
    "equity": {"share": "60"},
    "tax": {"months": "2", "paid": "paid", "revenue": "50"},
    "place": {"same": "same", "rent": "30000", "area": "80"},
    "staff": {"hires": "0", "graduates": "0", "size": "small"},
    "standing": {"industry": "free", "credit": "good", "fund": "none"},
}


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing) -> None:
    shelve(one_thing)


def made(answers: Answers, kind: str = "person", **changes: Any) -> Outcome:
    branch = branches()[kind]
    facts = branch.facts({**answers, **changes}, ON)
    return package.assemble(branch.kind, facts, ON)


def entry(entries: tuple[Entry, ...], item: str) -> Entry:
    return next(one for one in entries if one.item == item)


def items(entries: tuple[Entry, ...]) -> set[str]:
    return {one.item for one in entries}


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_every_fact_that_an_option_states_is_one_of_the_dictionary(kind: str) -> None:
    for question in branches()[kind].questions:
        for field in question.fields:
            assert field.stated <= set(dictionary())
            for option in field.options:
                for code, value in [*option.facts.items(), *option.otherwise.items()]:
                    assert dictionary()[code].applicant in {None, kind}
                    assert dictionary()[code].parse(value) == value


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_there_are_ten_questions_and_none_asks_who_somebody_is(kind: str) -> None:
    codes = {field.code for one in branches()[kind].questions for field in one.fields}

    assert len(branches()[kind].questions) == 10
    assert not codes & {"name", "id", "phone", "address", "employer"}


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_what_answers_fill_in_are_elements_of_the_form(kind: str, one_thing: OneThing) -> None:
    elements = one_thing.catalogue.elements
    branch = branches()[kind]
    filled = branch.filled(GRADUATE if kind == "person" else FOUNDER)

    assert filled and set(filled) <= set(elements)
    for code, value in filled.items():
        options = {option.value for option in elements[code].options}
        assert not options or value in options


def test_a_graduate_gets_what_the_policies_say() -> None:
    outcome = made(GRADUATE)

    assert {"P03", "P05", "P06", "P09"} <= items(outcome.now)
    assert entry(outcome.soon, "P07").from_day == date(2026, 12, 23)
    assert (outcome.once, outcome.yearly) == (Decimal(), Decimal(10000))
    assert "应届大学生租房补贴 10,000 元" in outcome.sums[0]
    assert "每年 10,000 元" in outcome.heading


def test_what_excludes_each_other_counts_once_and_the_better_one() -> None:
    outcome = made(GRADUATE, insurance={"months": "6"})
    rental, rent = entry(outcome.now, "P08"), entry(outcome.now, "P09")

    assert (rental.yearly, rental.years) == (Decimal(12960), 6)
    assert rental.is_counted and not rent.is_counted
    assert outcome.yearly == Decimal(12960)
    assert rent.rivals == ("“公租房货币补贴”",)
    assert outcome.filing is not None and "P09" not in outcome.filing.codes
    assert not {"P03", "P04"} <= set(outcome.filing.codes)


def test_one_off_and_yearly_amounts_are_told_apart_with_their_arithmetic() -> None:
    outcome = made(GRADUATE, insurance={"months": "6"})

    assert outcome.once == Decimal(10000)
    assert outcome.sums == (
        "一次性：应届高学历毕业生生活补贴 10,000 元",
        "每年：公租房货币补贴 12,960 元",
    )
    assert any("12 个月" in line for line in entry(outcome.now, "P08").lines)


def test_what_an_item_brings_about_counts_for_the_others() -> None:
    outcome = made(GRADUATE, insurance={"months": "0"})

    medical = entry(outcome.now, "P02")
    assert "职工参保登记" in medical.together
    assert entry(outcome.now, "P01").together == ""


def test_what_is_enjoyed_is_put_aside() -> None:
    outcome = made(GRADUATE, enjoyed={"enjoyed": ["living"]})

    assert "应届高学历毕业生生活补贴" in outcome.enjoyed
    assert "P07" not in items((*outcome.now, *outcome.soon, *outcome.unclear))


def test_a_skipped_question_makes_a_policy_unclear_and_says_what_would_settle_it() -> None:
    outcome = made(GRADUATE, housing={})

    unclear = entry(outcome.unclear, "P09")
    assert {(one.name, one.question) for one in unclear.missing} == {
        ("家庭在规定区域住房套数", 8),
        ("有房产交易记录", 8),
    }


def test_nothing_known_promises_nothing_but_what_is_open_to_all() -> None:
    person = package.assemble("person", {}, ON)
    enterprise = package.assemble("enterprise", {}, ON)

    assert person.now == () and person.heading == "现在还没有可以享受的政策"
    assert items(enterprise.now) == {"E03"}


def test_a_founder_waits_for_the_tax_registration_to_be_three_months_old() -> None:
    outcome = made(FOUNDER, "enterprise")

    assert entry(outcome.soon, "E01").from_day == date(2026, 12, 23)
    assert {"E03", "E06"} <= items(outcome.now)
    assert entry(outcome.soon, "E02").from_day == date(2027, 9, 15)


def test_each_entry_says_what_papers_it_takes_and_the_whole_case_each_once() -> None:
    outcome = made(GRADUATE, insurance={"months": "6"})

    assert "住房租赁合同" in entry(outcome.now, "P08").uploads
    assert entry(outcome.now, "P09").spared > 0
    assert len(outcome.uploads) == len(set(outcome.uploads)) > 0


def test_the_shared_form_holds_no_answers() -> None:
    outcome = made(GRADUATE, housing={})
    kept = package.shareable(outcome)

    bare = dict.fromkeys(package.TELLING, ()) | {"closes_on": None}
    assert package.read(kept).now == tuple(one.model_copy(update=bare) for one in outcome.now)
    told = str(kept)
    assert not {"never", "enjoyed"} & set(kept)
    for answer in ("2026-06-30", "48000", "2500", "330106", "bachelor", "本科为"):
        assert answer not in told
