"""What applicant, window and desk see of items that are not ripe, and the one tap."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases import calendar, maturity
from cases.models import Case, CaseState, ParkedState
from policies.models import OneThing, Subject
from portal.accounts.models import User
from portal.core import clock
from tests.cases.conftest import item
from tests.cases.ripening import day, graduate, parked, shelve, state

Make = Callable[..., Case]
pytestmark = pytest.mark.django_db
MENU = "/one-things/hangzhou/"


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    calendar.load()
    shelve(one_thing)


@pytest.fixture
def subject(talent: User) -> Subject:
    return graduate(talent)


@pytest.fixture
def signed_in(client: Client, talent: User) -> Client:
    client.force_login(talent)
    return client


@pytest.fixture
def case(accepted: Make, subject: Subject) -> Case:
    return accepted("P01", "P07")


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def option(client: Client, code: str, *ticked: str) -> dict[str, Any]:
    answer = client.get(MENU, {"item": list(ticked)})
    found: dict[str, Any] = next(
        one for one in answer.context["options"] if one["item"].code == code
    )
    return found


class TestMenu:
    def test_whoever_is_signed_in_reads_how_they_stand(
        self, signed_in: Client, subject: Subject
    ) -> None:
        told = page(signed_in, f"{MENU}?item=P01&item=P07")

        assert "待成熟，2027年4月23日起可办" in told
        assert "1 项待成熟，受理后先搁置" in told
        assert "连续参保满6个月" in told and "1个月" in told

    def test_what_is_not_ripe_has_no_part_in_the_plan(
        self, signed_in: Client, subject: Subject
    ) -> None:
        both = signed_in.get(MENU, {"item": ["P01", "P07"]})
        alone = signed_in.get(MENU, {"item": ["P07"], "have-P01": "杭社参〔2026〕1 号"})

        assert [row["name"][:6] for row in both.context["plan"]["rows"]] == ["职工参保登记"]
        assert "不含待成熟的 1 项" in both.content.decode()
        assert alone.context["plan"] is None
        assert "待成熟后起算" in alone.content.decode()

    def test_what_hangs_on_it_waits_as_well(self, signed_in: Client, subject: Subject) -> None:
        state(subject, insured=False, ss_months_total=0)
        aside = signed_in.get(MENU, {"item": ["P03", "P08"]}).context["put_aside"]

        assert [one["name"] for one in aside] == ["大学生落户", "公租房货币补贴申请"]

    def test_a_way_that_is_not_needed_does_not_count_against_anybody(
        self, signed_in: Client, subject: Subject
    ) -> None:
        state(subject, ss_months_total=8, insured=True)
        found = option(signed_in, "P03")["verdict"]

        assert found["tag"]["label"] == "可以享受"
        assert {leaf["result"] for leaf in found["leaves"]} == {"符合", "不影响"}

    def test_nobody_else_does(self, client: Client, subject: Subject) -> None:
        told = page(client, MENU)

        assert "待成熟" not in told and "待核实" not in told

    def test_without_data_it_is_to_be_verified_and_can_be_ticked(self, signed_in: Client) -> None:
        found = option(signed_in, "P07")

        assert found["verdict"]["tag"]["label"] == "待核实"
        assert not found["disabled"]

    def test_what_a_policy_denies_can_be_ticked(self, signed_in: Client, subject: Subject) -> None:
        state(subject, got_living_subsidy=True)
        found = option(signed_in, "P07")

        assert found["verdict"]["tag"]["label"] == "暂不符合"
        assert not found["disabled"]

    def test_a_closed_one_cannot(self, client: Client) -> None:
        found = option(client, "P10")

        assert found["disabled"] and "已于2021年6月30日截止" in found["why"][0]

    def test_a_closed_one_that_was_ticked_can_be_taken_away(self, client: Client) -> None:
        answer = client.get(MENU, {"item": ["P10"]})

        found = next(one for one in answer.context["options"] if one["item"].code == "P10")
        assert answer.status_code == 422
        assert found["checked"] and not found["disabled"]


class TestBeforeAcceptance:
    def test_the_form_says_what_will_be_put_aside(
        self, signed_in: Client, draft: Make, subject: Subject
    ) -> None:
        case = draft("P01", "P07")

        told = page(signed_in, reverse("cases:form", args=[case.pk]))

        assert "1 项待成熟，受理后先搁置" in told
        assert "还差：连续参保满6个月" in told

    def test_so_do_the_case_page_and_the_window(
        self, signed_in: Client, submitted: Make, subject: Subject, clerk: User
    ) -> None:
        case = submitted("P01", "P07")

        assert "1 项待成熟，受理后先搁置" in page(signed_in, reverse("cases:case", args=[case.pk]))
        signed_in.force_login(clerk)
        told = page(signed_in, reverse("cases:window-case", args=[case.pk]))
        assert "核验参考" in told and "待成熟，2027年4月23日起可办" in told
        assert "须核验：连续参保满6个月" in told

    def test_the_plan_before_acceptance_leaves_it_out(
        self, signed_in: Client, submitted: Make, subject: Subject, clerk: User
    ) -> None:
        case = submitted("P01", "P07")
        own = signed_in.get(reverse("cases:case", args=[case.pk])).context["plan"]
        signed_in.force_login(clerk)
        at_window = signed_in.get(reverse("cases:window-case", args=[case.pk])).context["plan"]

        for plan in (own, at_window):
            assert len(plan["rows"]) == 1 and plan["rows"][0]["name"].startswith("职工参保登记")


class TestCasePage:
    def test_it_shows_the_day_and_what_is_missing(self, signed_in: Client, case: Case) -> None:
        told = page(signed_in, reverse("cases:case", args=[case.pk]))

        assert "预计2027年4月23日起可办，最迟 2028年7月29日" in told
        assert "还差：连续参保满6个月（不含补缴）（目前 1个月）" in told
        assert "恢复办理</button>" not in told

    def test_one_tap_takes_it_up_and_a_second_changes_nothing(
        self, signed_in: Client, case: Case
    ) -> None:
        maturity.wake(day("2027-04-23"))
        address = reverse("cases:resume", args=[case.pk])
        with clock.at(day("2027-04-23", 10)):
            assert "恢复办理</button>" in page(signed_in, reverse("cases:case", args=[case.pk]))
            first = signed_in.post(address, follow=True)
            second = signed_in.post(address, follow=True)

        assert "已恢复办理，已送部门" in first.content.decode()
        assert second.status_code == 200
        assert item(case, "P07").state == "waiting"  # for P01
        assert case.work_items.count() == 2

    def test_looking_never_resumes(self, signed_in: Client, case: Case, stranger: User) -> None:
        maturity.wake(day("2027-04-23"))
        address = reverse("cases:resume", args=[case.pk])

        assert signed_in.get(address).status_code == 405
        signed_in.force_login(stranger)
        assert signed_in.post(address).status_code == 404
        give_up = reverse("cases:give-up-parked", args=[parked(case, "P07").pk])
        assert signed_in.post(give_up).status_code == 404

    def test_giving_up_ends_it(self, signed_in: Client, case: Case) -> None:
        row = parked(case, "P07")

        answer = signed_in.post(reverse("cases:give-up-parked", args=[row.pk]), follow=True)

        assert "已终止，不再办理" in answer.content.decode()
        assert parked(case, "P07").state == ParkedState.ENDED

    def test_the_list_says_what_can_be_taken_up(self, signed_in: Client, case: Case) -> None:
        assert "另有事项待成熟" in page(signed_in, reverse("cases:mine"))

        maturity.wake(day("2027-04-23"))

        assert "可以恢复办理" in page(signed_in, reverse("cases:mine"))


class TestStaff:
    def test_the_window_sees_what_is_put_aside(
        self, client: Client, case: Case, clerk: User
    ) -> None:
        client.force_login(clerk)

        told = page(client, reverse("cases:window-case", args=[case.pk]))

        assert "1 项正在办理，1 项待成熟" in told
        assert "预计2027年4月23日起可办" in told

    def test_the_officer_reads_the_verdict_until_the_decision(
        self, client: Client, accepted: Make, subject: Subject, officer: User
    ) -> None:
        state(subject, ss_months_cont=8)
        work_item = item(accepted("P01", "P07"), "P07")
        client.force_login(officer)

        told = page(client, reverse("admin:cases_workitem_change", args=[work_item.pk]))

        assert "核验参考" in told and "可以享受" in told and "8个月" in told

    def test_the_supervisor_reads_it_in_the_chronicle(self, client: Client, case: Case) -> None:
        from cases.supervision import case_page
        from tests.cases.conftest import Role, make_user

        told = case_page.page(Case.objects.get(pk=case.pk), make_user("s", Role.SUPERVISOR))

        titles = [entry["title"] for entry in told["chronicle"]]
        assert "应届高学历毕业生生活补贴申领：条件未成熟，先行搁置" in titles


def test_a_case_at_rest_says_so(signed_in: Client, case: Case, officers: dict[str, User]) -> None:
    from tests.cases.test_maturity_resume import approve

    approve(case, "P01", officers)

    told = page(signed_in, reverse("cases:case", args=[case.pk]))
    assert Case.objects.get(pk=case.pk).state == CaseState.COMPLETED
    assert "1 项中 1 项已办结，另有 1 项待成熟，已先搁置" in told
