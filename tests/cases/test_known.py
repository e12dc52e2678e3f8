"""What forms and approvals teach of an applicant, and from when an account stands for a person."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases import intake, known, review
from cases.models import Case
from policies import providers, subjects
from policies.models import ChangedSubject, Fact, FactRequest, OneThing, Subject
from policies.policy_reading import read_policies
from policies.publishing import install
from policies.reading import CATALOGUES
from policies.subjects import Statement
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import item
from tests.cases.people import GRADUATE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
Make = Callable[..., Case]
TODAY = date(2026, 11, 23)


def stated(case: Case) -> dict[str, Any]:
    return {code: said.value for code, said in known.form_statements(case).items()}


class TestForm:
    def test_answers_become_facts_of_the_form(self, submitted: Make) -> None:
        case = submitted(
            "P01", "P08", p_edu="14", p_degree="3", p_address="杭州市西湖区文三路 18 号"
        )

        subject = known.subject_of(case)

        assert subject is not None
        facts = subjects.known(subject, TODAY)
        assert (facts["edu"], facts["district"]) == ("14", "330106")
        assert facts["birth_date"] == date(1997, 12, 3)
        assert set(Fact.objects.values_list("source", flat=True)) == {"form"}
        assert ChangedSubject.objects.get().subject_id == subject.pk

    def test_income_is_kept_sealed(self, submitted: Make) -> None:
        submitted("P01", "P08", family_income_pc="48000.50")

        row = Fact.objects.get(code="income_pc")

        assert (row.value, row.sealed) == (None, "48000.50")

    def test_what_was_not_asked_is_not_stated(self, draft: Make) -> None:
        case = draft("P05")
        case.answers["lease_rent"] = "2500.00"

        assert not {"monthly_rent", "contract_months", "family_size"} & set(stated(case))

    @pytest.mark.parametrize(
        ("begin", "end", "months"),
        [
            ("2026-01-01", "2026-12-31", 12),
            ("2026-01-01", "2026-12-30", 11),
            ("2025-02-28", "2026-02-27", 12),
            ("2026-08-31", "2027-02-26", 5),
            ("2026-08-31", "2027-02-27", 6),
            ("2026-01-01", "", known.OPEN_ENDED_MONTHS),
        ],
    )
    def test_a_contract_counts_its_last_day(
        self, draft: Make, begin: str, end: str, months: int
    ) -> None:
        case = draft("P01", contract_start=begin, contract_end=end)

        assert stated(case)["contract_months"] == months

    def test_a_family_counts_the_applicant(self, draft: Make) -> None:
        spouse = {"name": "周小满", "relation": "配偶", "id_no": "330199199504186027"}

        assert stated(draft("P08", family_members=[]))["family_size"] == 1
        assert stated(draft("P08", family_members=[spouse]))["family_size"] == 2

    def test_a_firm_states_what_follows_from_its_answers(self, draft: Make) -> None:
        case = draft(
            "E01",
            "E02",
            e_reg_address="杭州市西湖区文三路18号3幢",
            e_biz_address="杭州市西湖区 文三路18号3幢",
            e_industry="I6510",
            e_reg_division="330110",
            e_legal_grad="2021-06-30",
            e_established="2026-06-30",
        )

        said = stated(case)

        assert said["addr_same"] is True
        assert (said["industry"], said["district"]) == ("I", "330110")
        assert said["legal_grad_years"] == Decimal(5)

    def test_an_industry_that_is_none_of_ours_stays_unknown(self, draft: Make) -> None:
        assert "industry" not in stated(draft("E02", e_industry="T9600"))

    @pytest.mark.parametrize(
        ("since", "by", "years"),
        [
            ("2021-06-30", "2026-06-30", "5"),
            ("2021-06-30", "2026-07-01", "5.01"),
            ("2021-06-30", "2026-06-29", "5.00"),
            ("2020-02-29", "2025-02-28", "5"),
            ("2026-06-30", "2021-06-30", "0"),
        ],
    )
    def test_years_beyond_a_day_are_beyond(self, since: str, by: str, years: str) -> None:
        found = known.years_between(date.fromisoformat(since), date.fromisoformat(by))

        assert found == Decimal(years)


class TestWhoItIs:
    def test_an_account_stands_for_nobody_before_the_window_saw_the_papers(
        self, submitted: Make, clerk: User, talent: User
    ) -> None:
        case = submitted("P01")

        assert subjects.of_user(talent) is None
        intake.accept(case_id=case.pk, clerk=clerk)

        subject = subjects.of_user(talent)
        assert subject is not None
        assert subject.pk == getattr(known.subject_of(case), "pk", None)
        event = Event.objects.get(kind="subject.attached")
        assert (event.actor_id, event.payload) == (clerk.pk, {"case": str(case.pk)})

    def test_a_form_puts_nobody_on_the_list_of_an_employer(
        self, submitted: Make, clerk: User
    ) -> None:
        """Or whoever knows a person's number could read under their own firm what is known."""
        case = submitted("P01")
        subject = known.subject_of(case)
        assert subject is not None
        assert subject.employer_index == ""

        intake.accept(case_id=case.pk, clerk=clerk)

        employer = subjects.employer_index(case.all_answers["p_employer_uscc"])
        assert type(subject).objects.get().employer_index == employer

    def test_a_deemed_acceptance_proves_nothing(self, submitted: Make, talent: User) -> None:
        case = submitted("P01")

        with clock.at(clock.now() + timedelta(days=30)):
            intake.deem_accepted(case_id=case.pk, at=case.deemed_at)  # type: ignore[arg-type]

        assert subjects.of_user(talent) is None

    def test_nobody_speaks_for_a_person_of_another_account(
        self, accepted: Make, draft: Make, stranger: User, talent: User
    ) -> None:
        accepted("P01", p_edu="21")
        case = draft("P01", applicant=stranger, p_edu="11")

        intake.submit(case_id=case.pk, actor=stranger, answers={}, signed=True)

        subject = subjects.of_user(talent)
        assert subject is not None
        assert subjects.known(subject, TODAY)["edu"] == "21"
        assert subjects.of_user(stranger) is None

    def test_who_has_proven_it_at_the_window_takes_over(
        self, accepted: Make, stranger: User, talent: User
    ) -> None:
        accepted("P01", p_edu="21")
        accepted("P01", applicant=stranger, p_edu="14")

        subject = subjects.of_user(stranger)
        assert subjects.of_user(talent) is None
        assert subject is not None
        assert subjects.known(subject, TODAY)["edu"] == "14"

    def test_an_account_stands_for_one_person_and_many_firms(
        self, accepted: Make, talent: User
    ) -> None:
        accepted("P01")
        accepted("P01", p_id_no="330199199504186027", p_birth="1995-04-18", p_gender="2")
        accepted("E03")

        owned = Subject.objects.filter(user=talent)
        assert {(one.kind, one.identity.get("id_number")) for one in owned} == {
            ("person", "330199199504186027"),
            ("enterprise", None),
        }


class TestSources:
    def test_the_sources_are_asked_about_who_comes_and_comes_again(
        self, submitted: Make, accepted: Make
    ) -> None:
        submitted("P01")
        first = FactRequest.objects.count()
        FactRequest.objects.update(outcome=FactRequest.Outcome.NOTHING, due_at=None)

        with clock.at(clock.now() + timedelta(days=2)):
            submitted("P05")

        assert first == len(providers.sources_for("person"))
        assert FactRequest.objects.filter(outcome=FactRequest.Outcome.PENDING).count() == first

    def test_corrected_answers_are_learnt_at_acceptance(self, submitted: Make, clerk: User) -> None:
        case = submitted("P01", p_edu="21")
        Case.objects.filter(pk=case.pk).update(answers={**case.answers, "p_edu": "31"})

        intake.accept(case_id=case.pk, clerk=clerk)

        assert Fact.objects.get(code="edu").value == "31"

    def test_acceptance_of_unchanged_answers_is_no_news(self, submitted: Make, clerk: User) -> None:
        case = submitted("P01")

        intake.accept(case_id=case.pk, clerk=clerk)

        assert Event.objects.filter(kind="subject.facts_changed").count() == 1


class TestResult:
    def approve(self, case: Case, code: str, officer: User) -> None:
        work_item = item(case, code)
        review.claim(work_item_id=work_item.pk, officer=officer)
        review.approve(
            work_item_id=work_item.pk, officer=officer, result_number="杭人社〔2026〕1号"
        )

    def test_an_approved_item_makes_true_what_it_supplies(
        self, accepted: Make, officer: User
    ) -> None:
        case = accepted("P01")
        subject = known.subject_of(case)
        assert subject is not None
        subjects.record(subject, {"insured": Statement(False)}, "D01")

        self.approve(case, "P01", officer)

        (fact,) = [
            one for one in subjects.resolved(subject, TODAY) if one.definition.code == "insured"
        ]
        assert fact.value is True
        assert fact.counts is not None
        assert fact.counts.source == "result"
        assert [one.words for one in fact.conflicts] == ["否"]
        assert Event.objects.filter(
            kind="subject.facts_changed", payload={"source": "result", "facts": ["insured"]}
        ).exists()

    def test_what_was_registered_gives_way_to_the_department_once_its_data_have_caught_up(
        self, accepted: Make, officer: User
    ) -> None:
        case = accepted("P01")
        subject = known.subject_of(case)
        assert subject is not None
        subjects.record(subject, {"insured": Statement(False)}, "D01")

        self.approve(case, "P01", officer)

        last = TODAY + known.RESULT_HOLDS
        assert subjects.known(subject, last)["insured"] is True
        assert subjects.known(subject, last + timedelta(days=1))["insured"] is False

    def test_an_approved_benefit_is_enjoyed(self, accepted: Make, one_thing: OneThing) -> None:
        install(read_policies(CATALOGUES / "hangzhou", one_thing.catalogue), one_thing)
        work_item = item(accepted("P01"), "P01")
        work_item.item_code = "P07"

        known.learn_from_result(work_item)

        subject = known.subject_of(work_item.case)
        assert subject is not None
        assert Fact.objects.get(source="result").code == "got_living_subsidy"
        assert subjects.known(subject, TODAY)["got_living_subsidy"] is True

    def test_a_case_from_before_is_learnt_of_at_its_decision(
        self, accepted: Make, officer: User
    ) -> None:
        case = accepted("P01")
        ChangedSubject.objects.all().delete()
        Fact.objects.all().delete()
        FactRequest.objects.all().delete()
        Subject.objects.all().delete()

        self.approve(case, "P01", officer)

        subject = known.subject_of(case)
        assert subject is not None
        assert subject.identity["id_number"] == GRADUATE_ID
        assert subjects.known(subject, TODAY)["insured"] is True
