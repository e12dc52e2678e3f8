"""What departments know is asked of them: by leased rows, patiently, and kept as facts once."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from policies import providers, tasks
from policies.dictionary import dictionary
from policies.models import ChangedSubject, Fact, FactRequest, Profile, Subject
from policies.providers import BACK_OFF, MOST_ATTEMPTS, Answer, FileProvider, Unavailable
from policies.subjects import Statement, known, record, subject_for
from portal.core import clock
from portal.core.ledger import Event
from tests.policies.factories import resident_id, uscc

Outcome = FactRequest.Outcome
Provide = Callable[..., "Answering"]
TODAY = date(2026, 11, 23)


class Answering:
    """A provider in a test's hands; a source without an answer of its own has no record."""

    def __init__(self, **answers: Answer | Exception | Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.in_transaction: list[bool] = []

    def fetch(self, source: str, kind: str, identity: Mapping[str, str]) -> Answer | None:
        self.asked.append((source, kind, dict(identity)))
        self.in_transaction.append(connection.in_atomic_block)
        answer = self.answers.get(source)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def provide(monkeypatch: pytest.MonkeyPatch) -> Provide:
    def use(**answers: Any) -> Answering:
        provider = Answering(**answers)
        monkeypatch.setattr(providers, "provider", lambda: provider)
        return provider

    return use


@pytest.fixture
def person(db: None, monday: None) -> Subject:
    return subject_for("person", resident_id(), "沈一舟", "13900000001")


def only(subject: Subject, source: str) -> FactRequest:
    """Leave one of the questions about a subject."""
    FactRequest.objects.filter(subject=subject).exclude(source=source).delete()
    return FactRequest.objects.get(subject=subject)


def due_again() -> None:
    FactRequest.objects.update(due_at=timezone.now(), leased_until=None)


class TestAsking:
    def test_every_source_that_knows_such_a_subject_is_asked(self, person: Subject) -> None:
        asked = providers.ask(person)

        sources = set(FactRequest.objects.values_list("source", flat=True))
        assert asked == len(sources)
        assert {"D01", "D02", "D04", "X01", "X02", "X04"} <= sources
        assert not sources & {"form", "manual", "result", "recognition"}

    def test_a_firm_is_asked_about_where_firms_are_known(self, db: None, monday: None) -> None:
        providers.ask(subject_for("enterprise", uscc()))

        sources = set(FactRequest.objects.values_list("source", flat=True))
        assert "D08" in sources
        assert not sources & {"D03", "D04", "X04"}

    def test_nobody_is_asked_twice_within_a_day(self, person: Subject, provide: Provide) -> None:
        provide()
        count = providers.ask(person)

        assert providers.ask(person) == 0
        providers.drain()
        assert providers.ask(person) == 0
        with clock.at(clock.now() + timedelta(days=1)):
            assert providers.ask(person) == count

    def test_who_gave_up_on_a_source_may_ask_it_at_once(self, person: Subject) -> None:
        providers.ask(person)
        FactRequest.objects.update(outcome=Outcome.NOTHING, due_at=None)
        FactRequest.objects.filter(source="X01").update(outcome=Outcome.UNAVAILABLE)

        assert providers.ask(person) == 1

        row = FactRequest.objects.get(source="X01")
        assert (row.outcome, row.attempts) == (Outcome.PENDING, 0)

    def test_without_a_provider_nothing_is_queued(self, person: Subject, settings: Any) -> None:
        settings.FACT_PROVIDER = ""

        assert providers.provider() is None
        assert providers.ask(person) == 0
        assert not FactRequest.objects.exists()


class TestDrain:
    def test_an_answer_becomes_facts_of_that_source(
        self, person: Subject, provide: Provide
    ) -> None:
        said = {"ss_months_cont": Statement(4, as_of=date(2026, 9, 10)), "insured": Statement(True)}
        provider = provide(D01=said)
        providers.ask(person)

        taken = providers.drain()

        row = FactRequest.objects.get(source="D01")
        assert taken == len(provider.asked)
        assert (row.outcome, row.due_at, row.answered_at) == (Outcome.FOUND, None, clock.now())
        assert set(Fact.objects.values_list("source", flat=True)) == {"D01"}
        assert known(person, TODAY)["insured"] is True
        assert ChangedSubject.objects.get().subject_id == person.pk
        assert ("D01", "person", person.identity) in provider.asked
        assert set(FactRequest.objects.exclude(source="D01").values_list("outcome", flat=True)) == {
            Outcome.NOTHING
        }

    def test_a_second_run_asks_nothing_again(self, person: Subject, provide: Provide) -> None:
        provider = provide()
        providers.ask(person)
        providers.drain()
        asked = len(provider.asked)

        assert providers.drain() == 0

        assert len(provider.asked) == asked

    def test_what_a_silent_source_would_say_stays_unknown(
        self, person: Subject, provide: Provide
    ) -> None:
        provide(D01=Unavailable("down"))
        providers.ask(person)
        row = only(person, "D01")

        providers.drain()

        row.refresh_from_db()
        assert (row.outcome, row.attempts, row.leased_until) == (Outcome.PENDING, 1, None)
        assert row.due_at is not None
        assert row.due_at > timezone.now()
        assert known(person, TODAY) == {}
        assert not Fact.objects.exists()
        assert Profile.objects.filter(f_insured=False).count() == 0

    def test_when_it_is_back_it_is_asked_again(self, person: Subject, provide: Provide) -> None:
        provide(D01=Unavailable("down"))
        providers.ask(person)
        row = only(person, "D01")
        providers.drain()
        provide(D01={"insured": Statement(False)})
        due_again()

        providers.drain()

        row.refresh_from_db()
        assert (row.outcome, row.attempts) == (Outcome.FOUND, 2)
        assert known(person, TODAY) == {"insured": False}

    def test_silence_for_a_day_is_given_up(self, person: Subject, provide: Provide) -> None:
        provider = provide(D01=Unavailable("down"))
        providers.ask(person)
        row = only(person, "D01")

        for _ in range(MOST_ATTEMPTS + 2):
            due_again()
            FactRequest.objects.exclude(outcome=Outcome.PENDING).update(due_at=None)
            providers.drain()

        row.refresh_from_db()
        assert len(provider.asked) == MOST_ATTEMPTS
        assert (row.outcome, row.due_at, row.answered_at) == (Outcome.UNAVAILABLE, None, None)
        assert timedelta(seconds=sum(BACK_OFF)) < timedelta(days=1)

    def test_a_silent_source_is_left_alone_for_the_rest_of_a_round(
        self, person: Subject, provide: Provide
    ) -> None:
        provider = provide(D01=Unavailable("down"), X02={"enrolled": Statement(False)})
        other = subject_for("person", resident_id("33019919950418602"))
        for subject in (person, other):
            providers.ask(subject)
            FactRequest.objects.exclude(source__in=["D01", "X02"]).delete()

        providers.drain()

        assert sorted(source for source, *_ in provider.asked) == ["D01", "X02", "X02"]
        pending = FactRequest.objects.filter(outcome=Outcome.PENDING)
        assert set(pending.values_list("source", "attempts")) == {("D01", 1)}
        assert pending.count() == 2

    def test_a_wrong_type_is_refused_and_the_rest_of_the_answer_kept(
        self, person: Subject, provide: Provide, caplog: pytest.LogCaptureFixture
    ) -> None:
        provide(X01={"income_pc": Statement("四万八千"), "insured": Statement(True)})
        provide(X04={"house_family": Statement("一套"), "kin_can_support": Statement(False)})
        providers.ask(person)
        only(person, "X04")

        providers.drain()

        assert known(person, TODAY) == {"kin_can_support": False}
        assert FactRequest.objects.get().outcome == Outcome.FOUND
        assert Event.objects.get(kind="subject.facts_refused").payload == {
            "source": "X04",
            "facts": ["house_family"],
        }
        assert "house_family" in caplog.text
        assert "一套" not in caplog.text

    def test_a_broken_answer_is_asked_for_again_and_not_quoted(
        self, person: Subject, provide: Provide, caplog: pytest.LogCaptureFixture
    ) -> None:
        provide(D02=ValueError(f"no such person {resident_id()}"))
        providers.ask(person)
        row = only(person, "D02")

        providers.drain()

        row.refresh_from_db()
        assert row.outcome == Outcome.PENDING
        assert "ValueError" in caplog.text
        assert resident_id() not in caplog.text

    @pytest.mark.parametrize("answer", [{"insured": True}, [Statement(True)], 42])
    def test_an_answer_of_no_known_shape_leaves_the_others_of_its_round_alone(
        self, person: Subject, provide: Provide, answer: Any
    ) -> None:
        provide(D01=answer, X04={"house_family": Statement(0)})
        providers.ask(person)
        FactRequest.objects.exclude(source__in=["D01", "X04"]).delete()

        providers.drain()

        outcomes = dict(FactRequest.objects.values_list("source", "outcome"))
        assert outcomes == {"D01": Outcome.PENDING, "X04": Outcome.FOUND}
        assert known(person, TODAY) == {"house_family": 0}

    def test_a_question_that_killed_its_workers_is_given_up_unasked(
        self, person: Subject, provide: Provide
    ) -> None:
        provider = provide()
        providers.ask(person)
        row = only(person, "D01")
        FactRequest.objects.update(attempts=MOST_ATTEMPTS)

        providers.drain()

        row.refresh_from_db()
        assert (row.outcome, provider.asked) == (Outcome.UNAVAILABLE, [])

    def test_an_answer_that_comes_after_the_lease_is_not_kept(
        self, person: Subject, provide: Provide
    ) -> None:
        providers.ask(person)
        row = only(person, "D01")
        (claimed,) = FactRequest.objects.claim(limit=1, lease=providers.LEASE)
        FactRequest.objects.update(attempts=2)

        providers._settle(claimed, Outcome.FOUND, person, {"insured": Statement(True)})

        row.refresh_from_db()
        assert row.outcome == Outcome.PENDING
        assert not Fact.objects.exists()

    def test_beat_empties_the_queue(self, person: Subject, provide: Provide) -> None:
        provide()
        providers.ask(person)

        tasks.drain_fact_requests()

        assert not FactRequest.objects.filter(due_at__isnull=False).exists()
        named = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert {tasks.drain_fact_requests.name, tasks.expire_facts.name} <= named


@pytest.mark.django_db(transaction=True)
def test_two_workers_ask_each_question_once_and_outside_a_transaction(
    monday: None, provide: Provide
) -> None:
    person = subject_for("person", resident_id())
    provider = provide(D01={"insured": Statement(True)}, X02={"enrolled": Statement(False)})
    count = providers.ask(person)
    together = Barrier(2)

    def work() -> None:
        together.wait()
        while providers.drain(limit=2):
            pass
        connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(source for source, *_ in provider.asked) == sorted(
        providers.sources_for("person")
    )
    assert len(provider.asked) == count
    assert set(provider.in_transaction) == {False}
    assert known(person, TODAY) == {"insured": True, "enrolled": False}


class TestExpiry:
    def test_the_day_a_fact_expires_its_subject_is_inspected_again(self, person: Subject) -> None:
        record(person, {"credit_ok": Statement(True, valid_until=TODAY)}, "X05")
        ChangedSubject.objects.all().delete()

        assert providers.expire() == 0
        with clock.at(clock.now() + timedelta(days=1)):
            assert providers.expire() == 1
            tasks.expire_facts()

        row: Any = Profile.objects.get()
        assert (row.f_credit_ok, row.stale_on) == (None, None)
        assert ChangedSubject.objects.get().subject_id == person.pk

    def test_no_more_than_a_batch_is_taken_at_a_time(self, person: Subject) -> None:
        other = subject_for("person", resident_id("33019919950418602"))
        for subject in (person, other):
            record(subject, {"credit_ok": Statement(True, valid_until=TODAY)}, "X05")

        with clock.at(clock.now() + timedelta(days=1)):
            assert [providers.expire(limit=1) for _ in range(3)] == [1, 1, 0]


class TestFile:
    def test_a_record_of_ones_own_goes_before_that_of_anyone(self) -> None:
        own = FileProvider().fetch("X02", "person", {"id_number": "330199199504186027"})
        anyone = FileProvider().fetch(
            "X02", "person", {"id_number": resident_id("33019919980101001")}
        )

        assert own is not None
        assert own["edu"] == Statement("14")
        assert anyone is not None
        assert "edu" not in anyone

    def test_nothing_is_made_up_of_people_who_may_exist(self) -> None:
        assert FileProvider().fetch("X02", "person", {"id_number": "110101199001011237"}) is None
        assert FileProvider().fetch("D08", "enterprise", {"uscc": "91110105MA00000000"}) is None

    def test_a_file_that_cannot_be_read_is_a_source_that_does_not_answer(
        self, settings: Any, tmp_path: Path
    ) -> None:
        settings.FACTS_FILE = tmp_path / "none.yaml"

        with pytest.raises(Unavailable):
            FileProvider().fetch("X02", "person", {"id_number": resident_id()})

    def test_every_value_of_the_file_is_of_its_type_and_its_source(
        self, db: None, monday: None
    ) -> None:
        book = providers._book(settings.FACTS_FILE)
        records = [(number, one) for number, one in book["records"].items()]
        records += [("33", one["records"]) for one in book["anyone"].values()]

        wrong = [
            (source, code)
            for _, sources in records
            for source, entries in sources.items()
            for code, said in (providers._answer(entries) or {}).items()
            if source not in dictionary()[code].sources
            or dictionary()[code].parse(said.value) is None
            or (said.as_of and (said.as_of > TODAY or not dictionary()[code].grows))
        ]

        assert wrong == []
