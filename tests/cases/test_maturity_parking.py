"""What acceptance puts aside, and what goes its way."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cases import drafting, intake, maturity
from cases.models import Case, CaseState, ParkedItem, ParkedState
from notifications.models import Message
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.ripening import day, graduate, parked, shelve, state

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db
RIPE_ON = date(2027, 4, 23)


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return graduate(talent)


def codes(case: Case) -> set[str]:
    return set(case.work_items.values_list("item_code", flat=True))


def test_what_only_time_is_missing_for_is_put_aside(accepted: Make, subject: Subject) -> None:
    case = accepted("P01", "P07")

    row = parked(case, "P07")
    assert codes(case) == {"P01"}
    assert (row.state, row.expected_on) == (ParkedState.WAITING, RIPE_ON)
    assert row.closes_on == date(2028, 7, 29)
    assert [entry["label"] for entry in row.missing] == ["连续参保满6个月（不含补缴）"]
    assert row.missing[0]["actual"] == "1个月"
    assert row.snapshot["ss_months_cont"] == {"value": 1, "as_of": "2026-11-23"}
    assert row.subject == subject


def test_the_applicant_is_told_once_of_all_that_was_put_aside(
    accepted: Make, subject: Subject, talent: User
) -> None:
    case = accepted("P01", "P04", "P07", "P08")

    kinds = [event.kind for event in Event.objects.of_stream(case.pk)]
    assert kinds.count("parked.begun") == 2
    inbox = Message.objects.get(kind="parked.begun", channel="inbox", recipient=talent)
    assert "2027年4月23日起可办" in inbox.body
    assert Message.objects.filter(kind="parked.begun", channel="sms").count() == 1
    assert Message.objects.filter(kind="case.accepted").count() == 2


def test_nothing_is_put_aside_where_nothing_is_known(accepted: Make) -> None:
    case = accepted("P01", "P07")

    assert codes(case) == {"P01", "P07"}
    assert not ParkedItem.objects.exists()


def test_a_provider_that_is_down_leaves_it_to_the_officer(accepted: Make, subject: Subject) -> None:
    state(subject, ss_months_cont=None)

    case = accepted("P01", "P07")

    assert codes(case) == {"P01", "P07"}


def test_what_a_policy_denies_goes_to_the_officer(accepted: Make, subject: Subject) -> None:
    state(subject, got_living_subsidy=True)

    assert codes(accepted("P01", "P07")) == {"P01", "P07"}


def test_a_ticked_item_supplies_what_it_will_make_true(accepted: Make, subject: Subject) -> None:
    state(subject, insured=False, ss_months_cont=6)

    case = accepted("P01", "P02", "P04", "P08")

    assert codes(case) == {"P01", "P02", "P04", "P08"}


def test_who_needs_a_parked_item_is_parked_with_it(accepted: Make, subject: Subject) -> None:
    state(subject, ss_months_total=0, ss_months_cont=6)

    case = accepted("P01", "P03", "P08")

    hukou, rental = parked(case, "P03"), parked(case, "P08")
    assert codes(case) == {"P01"}
    assert hukou.expected_on == rental.expected_on == date(2026, 12, 23)
    assert rental.missing == [
        {
            "label": "等“大学生落户（户口迁移）”可以办理",
            "fact": "",
            "need": "",
            "actual": "",
            "item": "P03",
        }
    ]


def test_of_two_in_a_row_the_later_day_counts(accepted: Make, subject: Subject) -> None:
    state(subject, ss_months_total=0, ss_months_cont=1)

    case = accepted("P01", "P03", "P08")

    assert parked(case, "P03").expected_on == date(2026, 12, 23)
    assert parked(case, "P08").expected_on == RIPE_ON
    assert len(parked(case, "P08").missing) == 2


def test_a_case_of_which_nothing_is_ripe_is_at_rest(
    draft: Make, subject: Subject, talent: User, clerk: User
) -> None:
    case = draft("P07")
    drafting.choose(case_id=case.pk, actor=talent, codes=["P07"], existing={"P01": "330100"})
    intake.submit(case_id=case.pk, actor=talent, answers={}, signed=True)
    case = intake.accept(case_id=case.pk, clerk=clerk)

    assert (case.state, codes(case)) == (CaseState.COMPLETED, set())
    assert parked(case, "P07").state == ParkedState.WAITING
    told = set(Message.objects.filter(recipient=talent).values_list("kind", flat=True))
    assert told - {"recommendation.made"} == {"case.submitted", "parked.all"}


def test_deemed_acceptance_puts_aside_by_the_day_the_desks_have_it(
    submitted: Make, subject: Subject
) -> None:
    state(subject, ss_months_cont=5, on=date(2026, 10, 28))
    case = submitted("P01", "P07")
    assert case.deemed_at is not None
    with clock.at(day("2026-12-01")):
        deemed = intake.deem_accepted(case_id=case.pk, at=case.deemed_at)

    assert deemed.is_deemed_accepted
    assert codes(deemed) == {"P01", "P07"}  # six months were full on 28 November


def test_deemed_acceptance_parks_as_well(submitted: Make, subject: Subject) -> None:
    case = submitted("P01", "P07")
    assert case.deemed_at is not None
    with clock.at(day("2026-12-01")):
        deemed = intake.deem_accepted(case_id=case.pk, at=case.deemed_at)

    assert codes(deemed) == {"P01"}
    assert parked(deemed, "P07").parked_at == case.deemed_at
    assert Message.objects.filter(kind="parked.begun", channel="inbox").count() == 1


def test_the_preview_says_before_submission_what_will_be_put_aside(
    draft: Make, subject: Subject, stranger: User
) -> None:
    assert list(maturity.preview(draft("P01", "P07"))) == ["P07"]
    # What departments know of a number is nobody's business but its owner's.
    assert not maturity.preview(draft("P01", "P07", applicant=stranger))
