"""Who is recommended what, and what keeps a policy from being recommended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import intake, recommending
from cases.errors import AlreadyHandled
from cases.models import Case, Recommendation
from notifications.models import Message
from policies import inspection
from policies.models import OneThing, Subject
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.advised import shelve, state, subject_of
from tests.cases.conftest import make_user
from tests.cases.people import GRADUATE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
Make = Callable[..., Case]
Occasion = Recommendation.Occasion


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return subject_of(talent)


def inspected() -> list[Recommendation]:
    """Do what the worker does when facts have changed."""
    return recommending.react(inspection.inspect_changed())


def items(rows: Any = None) -> set[str]:
    found = Recommendation.objects.all() if rows is None else rows
    return {row.policy.item_code for row in found}


def shown_to(user: User) -> set[str]:
    return {one.verdict.policy.item_code for one in recommending.offered_to(user)}


class TestFacts:
    def test_what_facts_give_a_right_to_is_recommended_once(self, subject: Subject) -> None:
        assert items(inspected()) == {"P02", "P03", "P04", "P05", "P06", "P07", "P09"}
        assert set(Recommendation.objects.values_list("occasion", flat=True)) == {Occasion.FACTS}

        state(subject, skill_level="高级工")
        assert inspected() == []

    def test_one_message_tells_of_all(self, subject: Subject, talent: User) -> None:
        inspected()

        told = Message.objects.filter(kind="recommendation.made").order_by("channel")
        assert [message.channel for message in told] == ["inbox", "sms"]
        assert "7 项政策" in told[0].body and "应届大学生租房补贴" in told[0].body
        assert told[0].link == "/recommendations/"
        assert talent.phone not in told[1].body

    def test_the_ledger_holds_codes_only(self, subject: Subject) -> None:
        inspected()

        event = Event.objects.get(kind="recommendation.made")
        assert event.subject == f"subject:{subject.pk}"
        assert "POL_P09" in event.payload["policies"]

    def test_a_new_fact_brings_a_new_recommendation(self, subject: Subject) -> None:
        inspected()

        state(subject, permit_valid=True, kin_can_support=False, income_pc="30000")

        assert items(inspected()) == {"P08"}

    def test_a_subject_without_account_is_not_told(self, subject: Subject) -> None:
        Subject.objects.update(user=None)

        assert inspected() == []

    def test_nor_is_an_account_that_was_closed(self, subject: Subject, talent: User) -> None:
        User.objects.filter(pk=talent.pk).update(is_active=False)

        assert inspected() == []

    def test_those_who_are_told_at_once_cost_a_fixed_number_of_statements(
        self, one_thing: OneThing
    ) -> None:
        def told(count: int) -> int:
            for _ in range(count):
                number = Subject.objects.count()
                user = make_user(f"t{number}", Role.TALENT, phone=f"137{number:08d}")
                subject_of(user, f"33019919950101{number:04d}")
            changes = inspection.inspect_changed()
            with CaptureQueriesContext(connection) as captured:
                assert len(recommending.react(changes)) == 7 * count
            return len(captured)

        told(1)
        assert told(2) == told(12) <= 18


class TestSuppression:
    def test_what_is_enjoyed_is_not_recommended(self, subject: Subject) -> None:
        state(subject, hukou_city=True, permit_valid=True)

        assert "P04" not in items(inspected())  # permit_valid says that it is enjoyed

    @pytest.mark.parametrize("stage", ["draft", "submitted", "accepted"])
    def test_what_is_applied_for_is_not(
        self, stage: str, subject: Subject, request: pytest.FixtureRequest
    ) -> None:
        request.getfixturevalue(stage)("P05")
        Recommendation.objects.all().delete()

        assert "P05" not in items(inspected())

    def test_what_was_withdrawn_is_again(self, subject: Subject, submitted: Make) -> None:
        case = submitted("P05")
        intake.withdraw(case_id=case.pk, actor=case.applicant)

        inspected()

        assert "P05" in items()

    def test_a_strangers_case_with_the_same_number_says_nothing(
        self, subject: Subject, draft: Make, stranger: User
    ) -> None:
        case = draft("P05", applicant=stranger)
        intake.submit(case_id=case.pk, actor=stranger, answers={}, signed=True)

        assert not Recommendation.objects.filter(user=stranger).exists()
        assert "P05" in items(inspected())

    def test_what_excludes_it_and_is_open_keeps_it_away(
        self, subject: Subject, submitted: Make
    ) -> None:
        state(subject, permit_valid=True, kin_can_support=False, income_pc="30000")
        submitted("P01", "P09")
        Recommendation.objects.all().delete()

        assert "P08" not in items(inspected())

    def test_an_exclusion_of_the_catalogue_counts_too(
        self, subject: Subject, accepted: Make
    ) -> None:
        accepted("P01", "P04")
        Recommendation.objects.all().delete()

        assert "P03" not in items(inspected())

    def test_dismissed_it_stays_away_for_thirty_days(self, subject: Subject, talent: User) -> None:
        inspected()
        row = Recommendation.objects.get(policy__item_code="P05")
        recommending.dismiss(recommendation_id=row.pk, actor=talent)

        with clock.at(clock.now() + timedelta(days=29)):
            state(subject, title_level="初级")
            assert "P05" not in items(inspected())
        with clock.at(clock.now() + timedelta(days=30)):
            state(subject, title_level="无")
            assert items(inspected()) == {"P05"}


class TestSubmission:
    def test_the_applicant_learns_at_once_what_else_there_is(
        self, subject: Subject, submitted: Make, talent: User
    ) -> None:
        submitted("P05")

        assert {"P03", "P07", "P09"} <= items()
        assert "P05" not in items()
        assert set(Recommendation.objects.values_list("occasion", flat=True)) == {
            Occasion.SUBMISSION
        }
        assert shown_to(talent) == items()

    def test_what_the_case_will_supply_counts(self, submitted: Make, talent: User) -> None:
        submitted("P01")

        assert {"P02", "P06"} <= shown_to(talent)

    def test_before_the_window_has_seen_papers_only_the_form_speaks(
        self, submitted: Make, talent: User, stranger: User
    ) -> None:
        hidden = subject_of(stranger)
        Subject.objects.filter(pk=hidden.pk).update(user=None)

        submitted("P05")

        # What departments know of the number that was typed stays unsaid: it may be another's.
        assert "P09" not in items()
        assert set(Recommendation.objects.values_list("user", flat=True)) <= {talent.pk}

    def test_what_was_recommended_before_is_noted_as_applied_for(
        self, subject: Subject, submitted: Make
    ) -> None:
        inspected()

        case = submitted("P05")

        row = Recommendation.objects.get(policy__item_code="P05")
        assert (row.case, row.applied_at) == (case, clock.now())


class TestShown:
    def test_what_holds_no_longer_is_not_shown(self, subject: Subject, talent: User) -> None:
        inspected()

        state(subject, house_family=1)

        assert "P09" not in shown_to(talent)

    def test_shown_opened_and_dismissed_are_measured_once(
        self, subject: Subject, talent: User
    ) -> None:
        inspected()
        row = Recommendation.objects.get(policy__item_code="P05")
        first = clock.now()
        recommending.note_shown(actor=talent, ids=[row.pk])
        with clock.at(first + timedelta(hours=1)):
            recommending.open_up(actor=talent, ids=[row.pk])
        with clock.at(first + timedelta(hours=2)):
            recommending.note_shown(actor=talent, ids=[row.pk])
            recommending.open_up(actor=talent, ids=[row.pk])

        row = Recommendation.objects.get(pk=row.pk)
        assert (row.shown_at, row.opened_at) == (first, first + timedelta(hours=1))

    def test_a_strangers_hands_change_nothing(self, subject: Subject, stranger: User) -> None:
        inspected()
        ids = list(Recommendation.objects.values_list("pk", flat=True))

        assert recommending.note_shown(actor=stranger, ids=ids) == 0
        assert recommending.open_up(actor=stranger, ids=ids) == []
        with pytest.raises(Recommendation.DoesNotExist):
            recommending.dismiss(recommendation_id=ids[0], actor=stranger)

    def test_what_is_dismissed_cannot_be_dismissed_again(
        self, subject: Subject, talent: User
    ) -> None:
        inspected()
        pk = Recommendation.objects.first().pk  # type: ignore[union-attr]
        recommending.dismiss(recommendation_id=pk, actor=talent)

        with pytest.raises(AlreadyHandled):
            recommending.dismiss(recommendation_id=pk, actor=talent)
        assert Event.objects.filter(kind="recommendation.dismissed").count() == 1


def test_the_number_of_another_kind_of_applicant_is_another_subject(subject: Subject) -> None:
    assert subject.kind == "person" and GRADUATE_ID not in str(Event.objects.values_list("payload"))
