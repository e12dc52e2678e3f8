"""What joint handling does with an inspection, and the command that orders one."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from cases import inspecting
from cases.models import Recommendation
from policies.models import ChangedSubject, Inspection, OneThing
from portal.accounts.models import User
from portal.core import clock
from tests.cases.advised import shelve, subject_of
from tests.cases.conftest import MONDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture(autouse=True)
def graduate(one_thing: OneThing, talent: User, monday: Any) -> None:
    shelve(one_thing)
    subject_of(talent)


def output(*options: str) -> str:
    out = StringIO()
    call_command("inspect", *options, stdout=out)
    return out.getvalue()


def test_the_command_reports_by_policy_and_finds_nothing_the_second_time() -> None:
    first, second = (json.loads(output("--full", "--json")) for _ in range(2))

    assert first["policies"]["POL_P09"] == {"gained": 1, "lost": 0, "unchanged": 0}
    assert (second["gained"], second["lost"], second["unchanged"]) == (0, 0, first["gained"])
    assert "新符合 0 项" in output()


def test_what_a_run_takes_from_the_queue_is_followed_up() -> None:
    output()

    assert not ChangedSubject.objects.exists()
    assert Recommendation.objects.filter(policy__code="POL_P09").exists()


def test_everyone_is_looked_at_once_a_day() -> None:
    assert inspecting.inspect_where_due() is not None
    assert inspecting.inspect_where_due() is None

    with clock.at(MONDAY + timedelta(days=1)):
        assert inspecting.inspect_where_due() is not None
        assert inspecting.inspect_where_due() is None


def test_a_failure_leaves_changed_subjects_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(changes: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(inspecting.recommending, "react", fail)

    with pytest.raises(RuntimeError):
        inspecting.inspect_next()

    assert ChangedSubject.objects.exists() and not Inspection.objects.exists()
