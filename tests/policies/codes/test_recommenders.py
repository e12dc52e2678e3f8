"""A recommender's places: so many a calendar year, and no more in a race."""

from collections.abc import Callable
from time import sleep

import pytest
from django.db.models import QuerySet

from policies import recognition
from policies.models import Recognition, Recommender
from portal.accounts.models import User
from portal.core import clock
from tests.accounts.threads import together
from tests.policies.codes import people
from tests.policies.codes.people import at


def test_two_places_a_year_and_the_third_is_told_from_when(officer: User) -> None:
    listed = people.recommender()
    with clock.at(at(2026, 11, 24)):
        for number in (501, 502):
            people.by_word(people.person(number), officer, listed)

        with pytest.raises(recognition.Refused, match="2027年1月1日起可再举荐"):
            people.by_word(people.person(503), officer, listed)
        assert recognition.quota(listed, 2026) == recognition.Quota(2, 2)


def test_the_year_is_that_of_shanghai(officer: User) -> None:
    listed = people.recommender(quota=1)
    with clock.at(at(2026, 12, 31, 23)):
        people.by_word(people.person(501), officer, listed)

    with clock.at(at(2027, 1, 1, 0)):
        people.by_word(people.person(502), officer, listed)

    assert [recognition.quota(listed, year).used for year in (2026, 2027)] == [1, 1]


def test_an_ended_recognition_has_used_its_place(officer: User) -> None:
    listed = people.recommender(quota=1)
    made = people.by_word(people.person(501), officer, listed)
    recognition.end(recognition_id=made.pk, reasons="调离本市", officer=officer)

    with pytest.raises(recognition.Refused, match="名额已用完"):
        people.by_word(people.person(502), officer, listed)


def test_who_has_left_the_list_recommends_nobody(officer: User) -> None:
    listed = people.recommender()
    recognition.set_active(officer=officer, recommender_id=listed.pk, is_active=False)

    with pytest.raises(recognition.Refused, match="不在册"):
        people.by_word(people.person(), officer, listed)


def test_quotas_are_listed_with_what_is_left(officer: User) -> None:
    listed = people.recommender()
    idle = Recommender.objects.create(name="姜院士", organisation="某大学", is_active=False)
    people.by_word(people.person(), officer, listed)

    rows = recognition.quotas(clock.today().year)

    assert [(row.pk, quota.left) for row, quota in rows] == [(listed.pk, 1), (idle.pk, 2)]


def race(officer: User) -> list[str]:
    """Recommend four people at once on one place that is left."""
    listed = people.recommender(quota=1)
    persons = [people.person(510 + number) for number in range(4)]

    def recommend(number: int) -> str:
        try:
            people.by_word(persons[number], officer, listed)
        except recognition.Refused:
            return "refused"
        return "made"

    return together(4, recommend)


@pytest.fixture
def slow_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a while pass between counting the places and taking one."""
    count = recognition.quota

    def slowly(recommender: Recommender, year: int) -> recognition.Quota:
        found = count(recommender, year)
        sleep(0.2)
        return found

    monkeypatch.setattr(recognition, "quota", slowly)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("slow_count")
def test_one_place_is_taken_once_however_many_ask(transactional_db: None, officer: User) -> None:
    assert sorted(race(officer)) == ["made", "refused", "refused", "refused"]
    assert Recognition.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("slow_count")
def test_without_the_lock_the_same_race_takes_it_more_than_once(
    transactional_db: None, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock: Callable[..., QuerySet] = QuerySet.select_for_update

    def unlocked(self: QuerySet, *args: object, **kwargs: object) -> QuerySet:
        is_guard = self.model is Recommender
        return self.all() if is_guard else lock(self, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)

    assert race(officer).count("made") > 1
