"""The synthetic population: whole facts only, findable, and enough of it to count."""

import pytest
from django.core.management import call_command

from cases.demo.people import credit_code
from cases.demo.population import FIRST_FIRM, make_population
from cases.demo.talents import READERS, make_talents
from policies import subjects
from policies.models import Fact, Match, OneThing, Profile, Recognition, Subject
from portal.accounts.demo import make_demo_accounts
from portal.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def offered(db: None) -> None:
    """The catalogue with its policies, as it is shipped."""
    call_command("load_catalogue", verbosity=0)


def test_people_have_facts_of_their_types_and_some_may_have_something(offered: None) -> None:
    assert OneThing.objects.exists()

    assert make_population(persons=60, enterprises=12) == 72

    assert Subject.objects.count() == Profile.objects.count() == 72
    known = [subjects.known(one, clock.today()) for one in Subject.objects.all()[:20]]
    assert all(len(facts) > 12 for facts in known)
    assert Match.objects.filter(until=None).count() > 60


def test_the_same_people_are_made_each_time_and_only_once(offered: None) -> None:
    call_command("demo_population", verbosity=0)
    count = Fact.objects.count()

    call_command("demo_population", verbosity=0)

    assert Fact.objects.count() == count
    assert subjects.find("enterprise", credit_code(FIRST_FIRM))


def test_talents_are_recognised_and_readers_have_keys_that_are_told_once(offered: None) -> None:
    make_demo_accounts()
    make_population(persons=40, enterprises=4)

    issued = make_talents()

    assert [one.institution.name for one in issued] == [name for name, _ in READERS]
    assert all(len(one.key) > 20 for one in issued)
    assert Recognition.objects.count() == 24
    assert make_talents() == []
