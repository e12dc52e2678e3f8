"""Facts of a subject: which statement counts, what a change leaves behind, what is never told."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies import subjects
from policies.eligibility import Count
from policies.models import ChangedSubject, Fact, Profile, Subject
from policies.subjects import FactError, Statement, known, record, resolved, subject_for
from portal.core import clock
from portal.core.ledger import Event
from tests.policies.factories import resident_id, uscc

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def person(monday: None) -> Subject:
    return subject_for("person", resident_id(), "沈一舟", "13900000001")


@pytest.fixture
def firm(monday: None) -> Subject:
    return subject_for("enterprise", uscc(), "杭州某某科技有限公司")


def say(subject: Subject, source: str, /, **values: Any) -> set[str]:
    said = {
        code: value if isinstance(value, Statement) else Statement(value)
        for code, value in values.items()
    }
    return record(subject, said, source)


class TestWhoItIs:
    def test_a_number_makes_one_subject_however_it_is_written(self, person: Subject) -> None:
        again = subject_for("person", f" {resident_id().lower()} ", phone="13900000002")

        assert again.pk == person.pk
        assert again.identity == {
            "id_number": resident_id(),
            "name": "沈一舟",
            "phone": "13900000002",
        }
        assert subjects.find("person", resident_id()) == person
        assert subjects.find("enterprise", resident_id()) is None

    def test_name_and_number_stand_sealed(self, person: Subject) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT subject::text FROM policies_subject subject")
            (raw,) = cursor.fetchone()

        assert resident_id() not in raw
        assert "沈一舟" not in raw

    def test_without_a_number_there_is_no_subject(self) -> None:
        with pytest.raises(ValueError, match="number"):
            subject_for("person", "  ")


class TestWhatCounts:
    def test_the_source_named_first_in_the_dictionary_counts(self, person: Subject) -> None:
        say(person, "form", edu="14")
        say(person, "X02", edu="21")

        (fact,) = resolved(person, TODAY)

        assert known(person, TODAY) == {"edu": "21"}
        assert (fact.words, [one.words for one in fact.conflicts]) == ("本科", ["硕士"])
        assert Profile.objects.get().f_edu == "21"  # type: ignore[attr-defined]

    def test_sources_that_agree_are_no_conflict(self, person: Subject) -> None:
        say(person, "form", edu="21")
        say(person, "X02", edu="21")

        (fact,) = resolved(person, TODAY)

        assert (len(fact.others), fact.conflicts) == (1, ())

    def test_an_expired_statement_gives_way_to_a_less_trusted_one(self, person: Subject) -> None:
        say(person, "X02", edu=Statement("14", valid_until=TODAY))
        say(person, "form", edu="21")

        assert known(person, TODAY)["edu"] == "14"
        assert known(person, date(2026, 11, 24))["edu"] == "21"
        assert Profile.objects.get().stale_on == date(2026, 11, 24)

    def test_what_all_let_expire_is_unknown_and_still_shown(self, person: Subject) -> None:
        say(person, "X05", credit_ok=Statement(True, valid_until=date(2026, 11, 22)))

        (fact,) = resolved(person, TODAY)

        assert known(person, TODAY) == {}
        assert (fact.counts, fact.words, len(fact.others)) == (None, "未知", 1)
        assert Profile.objects.get().f_credit_ok is None  # type: ignore[attr-defined]

    def test_a_source_takes_back_what_it_said(self, person: Subject) -> None:
        say(person, "D03", enjoy_public_rental=True)

        assert say(person, "D03", enjoy_public_rental=None) == {"enjoy_public_rental"}

        assert known(person, TODAY) == {}
        assert resolved(person, TODAY) == []

    def test_types_survive(self, person: Subject) -> None:
        say(person, "D02", birth_date="1997-12-03", district="330106", hukou_urban=False)
        say(person, "D03", monthly_rent="2500.50")
        say(person, "X04", house_family=0)

        assert known(person, TODAY) == {
            "birth_date": date(1997, 12, 3),
            "district": "330106",
            "hukou_urban": False,
            "monthly_rent": Decimal("2500.50"),
            "house_family": 0,
        }
        row: Any = Profile.objects.get()
        assert (row.f_birth_date, row.f_district) == (date(1997, 12, 3), "330106")
        assert (row.f_hukou_urban, row.f_house_family) == (False, 0)
        assert row.f_monthly_rent == Decimal("2500.5")


class TestCounts:
    def test_a_count_keeps_the_day_it_was_counted(self, person: Subject) -> None:
        say(person, "D01", ss_months_cont=Statement(4, as_of=date(2026, 9, 10)))

        (fact,) = resolved(person, TODAY)
        row: Any = Profile.objects.get()

        assert known(person, TODAY) == {"ss_months_cont": Count(4, date(2026, 9, 10))}
        assert (fact.words, fact.value) == ("6个月", 6)
        assert (row.f_ss_months_cont, row.f_ss_months_cont_as_of) == (4, date(2026, 9, 10))

    def test_without_a_day_it_has_stopped_growing(self, person: Subject) -> None:
        say(person, "D01", ss_months_cont=4)

        assert resolved(person, TODAY)[0].value == 4
        assert known(person, TODAY) == {"ss_months_cont": Count(4, None)}

    def test_the_day_stands_beside_the_value_of_the_same_source(self, person: Subject) -> None:
        say(person, "manual", ss_months_cont=Statement(9, as_of=date(2026, 11, 1)))
        say(person, "D01", ss_months_cont=4)

        row: Any = Profile.objects.get()

        assert (row.f_ss_months_cont, row.f_ss_months_cont_as_of) == (4, None)

    def test_grown_as_it_had_to_it_is_the_same_count(self, person: Subject) -> None:
        say(person, "D01", ss_months_cont=Statement(4, as_of=date(2026, 9, 10)))

        assert say(person, "D01", ss_months_cont=Statement(6, as_of=date(2026, 11, 10))) == set()
        assert say(person, "D01", ss_months_cont=Statement(5, as_of=date(2026, 11, 10))) == {
            "ss_months_cont"
        }

    def test_a_count_of_a_day_to_come_is_refused(self, person: Subject) -> None:
        later = Statement(4, as_of=date(2026, 11, 24))

        assert say(person, "D01", ss_months_cont=later, insured=True) == {"insured"}

        assert known(person, TODAY) == {"insured": True}


class TestWhatAChangeLeaves:
    def test_one_event_with_codes_and_a_subject_to_inspect(self, person: Subject) -> None:
        assert say(person, "X01", income_pc="48000.50", credit_ok=True) == {"income_pc"}

        event = Event.objects.get(kind="subject.facts_changed")
        assert (event.subject, event.payload) == (
            f"subject:{person.pk}",
            {"source": "X01", "facts": ["income_pc"]},
        )
        assert ChangedSubject.objects.get().subject_id == person.pk

    def test_the_same_said_again_leaves_nothing(self, person: Subject) -> None:
        say(person, "X02", edu="21", grad_date="2026-06-30")
        ChangedSubject.objects.all().delete()
        events = Event.objects.count()

        assert say(person, "X02", edu="21", grad_date="2026-06-30") == set()

        assert Event.objects.count() == events
        assert not ChangedSubject.objects.exists()

    def test_what_expired_and_is_said_again_has_changed(self, person: Subject) -> None:
        say(person, "X05", credit_ok=Statement(True, valid_until=date(2026, 11, 22)))

        assert say(person, "X05", credit_ok=True) == {"credit_ok"}

    def test_a_longer_validity_of_the_same_value_is_kept_quietly(self, person: Subject) -> None:
        say(person, "X05", credit_ok=Statement(True, valid_until=TODAY))

        assert say(person, "X05", credit_ok=Statement(True, valid_until=date(2027, 1, 1))) == set()

        assert Profile.objects.get().stale_on == date(2027, 1, 2)

    def test_a_later_change_is_told_from_the_one_in_hand(self, person: Subject) -> None:
        say(person, "X02", edu="21")
        first = ChangedSubject.objects.get().at

        with clock.at(clock.now().replace(hour=11)):
            say(person, "X02", edu="14")

        assert ChangedSubject.objects.get().at > first

    def test_statements_do_not_grow_with_the_facts(self, person: Subject) -> None:
        say(person, "D01", insured=True)

        with CaptureQueriesContext(
            connection,
        ) as few:
            say(person, "X02", edu="21", overseas=False, enrolled=False, grad_date="2026-06-30")
        with CaptureQueriesContext(connection) as asked:
            known(person, TODAY)

        made = [one["sql"] for one in few.captured_queries if "SAVEPOINT" not in one["sql"]]
        assert len(made) <= 6
        assert len(asked) == 1


class TestRefusal:
    def test_a_wrong_type_is_refused_and_the_rest_kept(
        self, person: Subject, caplog: pytest.LogCaptureFixture
    ) -> None:
        wrong = {"edu": "研究生", "grad_date": "去年夏天", "overseas": "是", "enrolled": False}

        assert say(person, "X02", **wrong) == {"enrolled"}

        assert known(person, TODAY) == {"enrolled": False}
        event = Event.objects.get(kind="subject.facts_refused")
        assert event.payload == {"source": "X02", "facts": ["edu", "grad_date", "overseas"]}
        assert "edu, grad_date, overseas" in caplog.text
        assert "研究生" not in caplog.text
        assert "去年夏天" not in caplog.text

    @pytest.mark.parametrize(
        ("source", "code", "value", "reason"),
        [
            ("X02", "age", 29, "没有这项"),
            ("X02", "shoe_size", 42, "没有这项"),
            ("X02", "insured", True, "不能由该来源提供"),
            ("D08", "team_equity", 60, "不适用于这类主体"),
            ("X04", "house_family", -1, "不小于 0 的整数"),
        ],
    )
    def test_nobody_states_what_is_not_theirs(
        self, person: Subject, source: str, code: str, value: Any, reason: str
    ) -> None:
        assert say(person, source, **{code: value}) == set()

        assert not Fact.objects.exists()
        assert Event.objects.get().payload == {"source": source, "facts": [code]}
        _, refused = subjects._checked(person.kind, {code: Statement(value)}, source)
        assert reason in refused[code]

    @pytest.mark.parametrize(
        "days",
        [
            {"as_of": "去年"},
            {"as_of": datetime(2026, 11, 1)},
            {"as_of": 20261101},
            {"valid_until": "明年"},
        ],
    )
    def test_a_day_that_is_none_is_refused_with_its_fact(self, person: Subject, days: Any) -> None:
        answer = {"ss_months_cont": Statement(3, **days), "shortage_major": Statement(True)}

        assert record(person, answer, "D01") == {"shortage_major"}
        assert known(person, TODAY) == {"shortage_major": True}

    def test_an_instant_is_no_day(self, person: Subject) -> None:
        assert say(person, "X02", grad_date=datetime(2026, 6, 30, 8, 0)) == set()

    def test_a_day_as_text_is_a_day(self, person: Subject) -> None:
        days: Any = {"as_of": "2026-11-01"}
        record(person, {"ss_months_cont": Statement(3, **days)}, "D01")

        assert known(person, TODAY) == {"ss_months_cont": Count(3, date(2026, 11, 1))}

    def test_by_hand_all_or_nothing_is_kept(self, person: Subject) -> None:
        with pytest.raises(FactError) as raised:
            say(person, "manual", edu="21", house_family="无")

        assert raised.value.problems == {
            "house_family": "“家庭在规定区域住房套数”应为不小于 0 的整数"
        }
        assert not Fact.objects.exists()


class TestSensitive:
    def test_it_stands_sealed_and_nowhere_else(self, person: Subject) -> None:
        say(person, "form", income_pc="48123.40")

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT array_agg(f::text) FROM policies_fact f)::text,"
                " (SELECT array_agg(p::text) FROM policies_profile p)::text,"
                " (SELECT array_agg(e::text) FROM core_event e)::text"
            )
            raw = "".join(cursor.fetchone())

        assert "48123" not in raw
        assert Fact.objects.get().sealed == "48123.40"
        assert subjects.sealed_facts(Profile.objects.get().sealed) == {
            "income_pc": Decimal("48123.40")
        }
        assert known(person, TODAY) == {"income_pc": Decimal("48123.40")}

    def test_precedence_and_expiry_hold_for_it_too(self, person: Subject) -> None:
        say(person, "form", income_pc=50000)
        say(person, "X01", income_pc=Statement(48000, valid_until=TODAY))
        sealed = Profile.objects.get().sealed

        with clock.at(clock.now().replace(day=24)):
            subjects.refresh([person.pk])

        assert sealed == {"income_pc": "48000"}
        assert Profile.objects.get().sealed == {"income_pc": "50000"}
        assert Profile.objects.get().stale_on is None

    def test_other_changes_leave_it_in_place(self, person: Subject) -> None:
        say(person, "X01", income_pc=48000)

        say(person, "X02", edu="21")

        assert Profile.objects.get().sealed == {"income_pc": "48000"}
