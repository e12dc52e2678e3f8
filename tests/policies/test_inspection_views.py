"""The pages of the inspection's runs."""

import pytest
from django.test import Client
from django.urls import reverse

from policies.inspection import inspect, inspect_changed
from policies.models import Inspection
from portal.accounts.models import Role, User
from portal.core import clock
from tests.policies.inspecting import person, publish, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
URL = reverse("policies:inspections")
INSURED = {"conditions": {"fact": "insured", "op": "==", "value": True}}


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(User.objects.create_user("jiandu", role=Role.SUPERVISOR))
    return client


def test_the_runs_of_a_day_are_one_line(reader: Client) -> None:
    publish("SETTLED", INSURED)
    subject = person(insured=True)
    inspect(clock.today())
    say(subject, insured=False)
    inspect_changed()

    (day,) = reader.get(URL).context["page"].object_list
    assert (day["gained"], day["lost"], day["runs"]) == (1, 1, 2)

    page = reader.get(reverse("policies:inspection-day", args=[day["newest"]]))
    assert page.context["rows"] == [{"name": "SETTLED", "gained": 1, "lost": 1, "moved": 2}]


def test_without_runs_and_with_one_cut_short_it_says_so(reader: Client) -> None:
    assert "还没有巡检过" in reader.get(URL).content.decode()

    run = Inspection.objects.create(on=clock.today(), is_full=False)

    assert "有一次巡检没有做完" in reader.get(URL).content.decode()
    page = reader.get(reverse("policies:inspection-day", args=[run.pk]))
    assert "这一天没有变化" in page.content.decode()


@pytest.mark.parametrize(
    ("role", "status"), [(Role.TALENT, 404), (Role.AGENT, 404), (Role.CLERK, 403)]
)
def test_others_do_not_get_in(client: Client, role: Role, status: int) -> None:
    client.force_login(User.objects.create_user("someone", role=role))

    assert client.get(URL).status_code == status
    assert client.get(reverse("policies:inspection-day", args=[1])).status_code == status
