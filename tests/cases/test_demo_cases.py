"""The sample cases: played once on a fixed day, then looked at from all sides."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from cases.demo import urgings
from cases.demo.people import Person
from cases.demo.samples import SAMPLES
from cases.models import (
    Card,
    Case,
    CaseState,
    Document,
    Edge,
    Offer,
    SharedRequest,
    Suspension,
    Urging,
    WorkItem,
    WorkItemState,
)
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.staged import TODAY, staged

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with staged(SAMPLES, django_db_blocker):
        yield


def test_every_state_of_cases_and_work_items_occurs() -> None:
    assert set(Case.objects.values_list("state", flat=True)) == set(CaseState) - {
        # Ends a tolerance, which no page grants yet.
        CaseState.REVOKED
    }
    assert set(WorkItem.objects.values_list("state", flat=True)) == set(WorkItemState)
    assert set(Offer.objects.values_list("state", flat=True)) >= {"open", "taken", "declined"}


def test_red_cards_hang_over_several_departments_and_some_items_are_yellow() -> None:
    running = WorkItem.objects.filter(due_at__isnull=False)

    red = running.filter(due_at__lt=TODAY)

    assert red.count() >= 3
    assert red.values("department").distinct().count() >= 2
    assert running.filter(yellow_at__lte=TODAY, due_at__gte=TODAY).exists()
    assert (
        Card.objects.filter(seen_at=None).exists() and Card.objects.exclude(seen_at=None).exists()
    )


def test_pauses_for_the_law_the_catalogue_and_the_applicant_are_open() -> None:
    reasons = set(Suspension.objects.filter(ended_at=None).values_list("reason", flat=True))

    assert reasons >= {"publicity", "expert_review", "appraisal", "supplement"}


def test_a_firm_waits_for_a_persons_item_in_another_case() -> None:
    across = [
        edge
        for edge in Edge.objects.select_related("dependant", "predecessor")
        if edge.dependant.case_id != edge.predecessor.case_id
    ]

    assert {edge.dependant.state for edge in across} >= {"waiting", "approved"}


def test_nothing_happens_after_today_and_nobody_is_real() -> None:
    assert not Event.objects.exclude(stream=None).filter(at__gte=TODAY).exists()
    for case in Case.objects.all():
        given = case.all_answers
        numbers = [given[code] for code in ("p_id_no", "e_legal_id") if code in given]
        assert all(number.startswith("330199") for number in numbers)
    assert all(
        phone.startswith("138000")
        for phone in User.objects.applicants().values_list("phone", flat=True)
    )


def test_every_upload_can_be_opened_and_shared_data_is_answered() -> None:
    keys = Document.objects.exclude(storage_key="").values_list("storage_key", flat=True)

    assert keys and all(default_storage.exists(key) for key in keys)
    assert not SharedRequest.objects.filter(outcome="pending").exists()


def test_making_them_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = (Case.objects.count(), Event.objects.count(), User.objects.count())

    call_command("demo_cases")

    assert "已存在" in capsys.readouterr().out
    assert (Case.objects.count(), Event.objects.count(), User.objects.count()) == before


def test_people_have_numbers_of_their_own() -> None:
    people = [Person(number) for number in range(1, 600)]

    assert len({person.id_number for person in people}) == len(people)
    assert len({person.phone for person in people}) == len(people)


def test_one_urging_is_answered_and_one_waits() -> None:
    with clock.at(TODAY):
        assert urgings.play() == 2

    answered, waiting = Urging.objects.order_by("pk")
    assert answered.answered_by == answered.work_item.claimed_by  # type: ignore[union-attr]
    assert answered.sent_at < answered.answered_at <= TODAY  # type: ignore[operator]
    assert waiting.answered_at is None and waiting.due_at > TODAY
