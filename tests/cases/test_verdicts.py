"""Verdicts on a selection and a case: what ticked items supply, what is closed, what staff read."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest

from cases import drafting, intake, verdicts, windows
from cases.errors import Incomplete
from cases.models import Case
from cases.pages import verdicts as page
from policies.eligibility import Outcome
from policies.judging import Verdict
from policies.models import OneThing, Subject
from policies.schema import Catalogue
from policies.subjects import known
from portal.accounts.models import User
from portal.core import clock
from tests.cases.ripening import day, graduate, shelve, state

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return graduate(talent)


def on_selection(
    subject: Subject | None, catalogue: Catalogue, ticked: Iterable[str], on: date
) -> dict[str, Verdict]:
    """Return the verdicts that the menu gives somebody on what is ticked."""
    facts = known(subject, on) if subject else windows.NOTHING
    return verdicts.judged(catalogue, ticked, facts, on)


def outcome(subject: Subject | None, one_thing: OneThing, item: str, *ticked: str) -> str:
    found = on_selection(subject, one_thing.catalogue, ticked, MONDAY)
    return str(found[item].outcome)


def test_each_item_with_a_policy_gets_a_verdict(subject: Subject, one_thing: OneThing) -> None:
    found = on_selection(subject, one_thing.catalogue, ["P01"], MONDAY)

    assert {f"P{n:02}" for n in range(1, 13)} <= found.keys()
    assert found["P07"].words == "待成熟，2027年4月23日起可办"
    assert found["P09"].words == "可以享受"
    assert found["P10"].words == "不在受理期"


def test_nobody_known_is_to_be_verified(one_thing: OneThing) -> None:
    assert outcome(None, one_thing, "P07", "P01") == Outcome.UNKNOWN


def test_a_ticked_item_supplies_its_fact_to_the_others_and_not_to_itself(
    subject: Subject, one_thing: OneThing
) -> None:
    state(subject, insured=False, ss_months_cont=6)

    assert outcome(subject, one_thing, "P05") == Outcome.NOT
    assert outcome(subject, one_thing, "P05", "P01") == Outcome.ELIGIBLE
    assert outcome(subject, one_thing, "P08", "P01") == Outcome.UNKNOWN
    assert outcome(subject, one_thing, "P08", "P01", "P03") == Outcome.ELIGIBLE
    assert outcome(subject, one_thing, "P03", "P01", "P03") == Outcome.ELIGIBLE


def test_the_page_says_by_which_item_a_fact_is_supplied(
    subject: Subject, one_thing: OneThing
) -> None:
    state(subject, insured=False)
    found = on_selection(subject, one_thing.catalogue, ["P01"], MONDAY)

    row = page.row(found["P05"], one_thing.catalogue, ["P01"], "P05")

    assert [leaf["actual"] for leaf in row["leaves"]] == ["随职工参保登记一并办理"]


def test_the_page_says_which_facts_are_missing_and_who_could_give_them(
    one_thing: OneThing, subject: Subject
) -> None:
    state(subject, kin_can_support=None)
    found = on_selection(subject, one_thing.catalogue, ["P01", "P03"], MONDAY)

    row = page.row(found["P08"], one_thing.catalogue, ["P01", "P03"], "P08")

    assert row["tag"] == {"kind": "now", "label": "待核实"}
    (unclear,) = row["unclear"]
    assert unclear["name"] == "直系亲属有住房资助能力"
    assert "工作人员录入" in unclear["who"] and len(unclear["who"]) > len("工作人员录入")


def test_staff_read_no_sensitive_value(subject: Subject, one_thing: OneThing) -> None:
    found = on_selection(subject, one_thing.catalogue, ["P01", "P03"], MONDAY)["P08"]

    own = page.row(found, one_thing.catalogue, [], "P08")
    staff = page.row(found, one_thing.catalogue, [], "P08", staff=True)

    assert any("48000" in leaf["actual"] for leaf in own["leaves"])
    assert not any("48000" in leaf["actual"] for leaf in staff["leaves"])
    assert "连续缴纳社会保险" in staff["to_check"]


def test_a_closed_window_bars_ticking_and_says_why(
    one_thing: OneThing, talent: User, draft: Make
) -> None:
    with pytest.raises(Incomplete, match="2021年6月30日截止"):
        drafting.start(applicant=talent, one_thing=one_thing, kind="person", codes=["P10"])

    case = draft("P05")
    with pytest.raises(Incomplete, match="不在受理期"):
        drafting.choose(case_id=case.pk, actor=talent, codes=["P05", "P10"])


def test_a_window_that_closes_on_a_draft_bars_submission_and_keeps_the_text(
    draft: Make, talent: User
) -> None:
    with clock.at(day("2021-06-01")):
        case = draft("P10")

    with pytest.raises(Incomplete) as error:
        intake.submit(case_id=case.pk, actor=talent, answers={"p_name": "陈晓明"}, signed=True)

    assert set(error.value.problems) == {"items"}
    kept = Case.objects.get(pk=case.pk)
    assert kept.state == "draft" and kept.all_answers["p_school"] == "示例大学"


def test_what_was_filed_in_time_is_judged_by_the_day_of_filing(
    submitted: Make, one_thing: OneThing, clerk: User
) -> None:
    with clock.at(day("2021-06-30", 10)):
        case = submitted("P10", p_grad_date="2020-06-30")
        graduate(case.applicant)
    with clock.at(day("2021-07-01", 10)):
        case = intake.accept(case_id=case.pk, clerk=clerk)
        verdict = verdicts.of_case(case)["P10"]

    assert not windows.is_closed(verdict)
    assert verdict.outcome == Outcome.ELIGIBLE


def test_the_shelf_is_all_that_a_case_without_policies_asks(
    one_thing: OneThing, submitted: Make, django_assert_num_queries: Any
) -> None:
    case = submitted("E03")
    case = Case.objects.select_related("version").get(pk=case.pk)

    assert verdicts.of_case(case)["E03"].outcome == Outcome.ELIGIBLE
    with django_assert_num_queries(0):
        assert verdicts.of_case(case, only=["P99"]) == {}
