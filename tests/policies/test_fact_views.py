"""My information (我的信息): what its holder sees, and nobody else."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from policies import providers
from policies.models import FactRequest, Subject
from policies.subjects import Statement, record, subject_for
from portal.accounts.models import Department, Role, User
from portal.core import clock
from tests.policies.factories import resident_id, uscc

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
URL = "/my-facts/person/"


def make_user(username: str, role: Role, **more: Any) -> User:
    user = User(username=username, role=role, **more)
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def talent() -> User:
    return make_user("talent", Role.TALENT, phone="13800000001")


@pytest.fixture
def person(talent: User) -> Subject:
    Department.objects.create(code="D02", name="杭州市公安局", short_name="市公安局")
    subject = subject_for("person", resident_id(), "沈一舟", "13800000001", talent)
    record(subject, {"birth_date": Statement("1997-12-03"), "hukou_city": Statement(False)}, "D02")
    return subject


@pytest.fixture
def page(client: Client, talent: User) -> Client:
    client.force_login(talent)
    return client


def text_of(client: Client, url: str = URL) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


class TestPage:
    def test_each_fact_shows_source_day_and_what_follows(
        self, page: Client, person: Subject
    ) -> None:
        record(person, {"credit_ok": Statement(True, valid_until=date(2027, 6, 30))}, "X05")
        record(person, {"ss_months_cont": Statement(4, as_of=date(2026, 9, 10))}, "D01")

        text = text_of(page)

        for words in (
            "已掌握 4 项信息",
            "1997年12月3日",
            "市公安局",
            "2026年11月23日",
            "2027年6月30日",
            "周岁年龄 28岁",
            "6个月",
            "按2026年9月10日的数据逐月推算",
        ):
            assert words in text
        assert "来源不一致" not in text

    def test_where_sources_differ_it_says_which_counts_and_why(
        self, page: Client, person: Subject
    ) -> None:
        record(person, {"birth_date": Statement("1998-12-03")}, "form")

        text = text_of(page)

        assert "已掌握 2 项信息，其中 1 项来源不一致" in text
        assert "采用市公安局的。" in text
        assert "这项信息按市公安局、本人填报、工作人员录入的顺序采用，前面的优先。" in text
        assert "1998年12月3日" in text

    def test_ones_own_income_is_shown_and_what_expired_is_told(
        self, page: Client, person: Subject
    ) -> None:
        record(person, {"income_pc": Statement("48000.50")}, "form")
        record(person, {"credit_ok": Statement(True, valid_until=date(2026, 11, 1))}, "X05")

        text = text_of(page)

        assert "48000.5元" in text
        assert "提供的“是”已过有效期" in text

    def test_what_is_not_known_names_who_could_say_it(self, page: Client, person: Subject) -> None:
        text = text_of(page)

        assert "没有掌握的不等于没有" in text
        assert "有效居住登记" in text

    def test_without_a_subject_it_says_when_there_will_be_one(self, page: Client) -> None:
        assert "申请受理后，这里会列出掌握的信息" in text_of(page)
        assert "还没有企业信息" in text_of(page, "/my-facts/enterprise/")

    def test_an_agent_picks_among_firms(self, page: Client, talent: User) -> None:
        first = subject_for("enterprise", uscc(), "杭州甲公司", user=talent)
        subject_for("enterprise", uscc("91330199MA2HTEXT1"), "杭州乙公司", user=talent)

        assert "企业信息，杭州乙公司" in text_of(page, "/my-facts/enterprise/")
        assert "企业信息，杭州甲公司" in text_of(page, f"/my-facts/enterprise/?of={first.pk}")


class TestStrangers:
    def test_nobody_reads_the_facts_of_another(self, client: Client, person: Subject) -> None:
        client.force_login(make_user("stranger", Role.TALENT, phone="13800000009"))

        assert "1997年12月3日" not in text_of(client)
        assert client.get(f"{URL}?of={person.pk}").status_code == 404
        assert client.post(f"{URL}ask/", {"of": person.pk}).status_code == 404
        assert not FactRequest.objects.exists()

    @pytest.mark.parametrize("role", [Role.CLERK, Role.SUPERVISOR, Role.EDITOR])
    def test_staff_have_other_pages(self, client: Client, role: Role) -> None:
        client.force_login(make_user("staff", role))

        assert client.get(URL).status_code == 403

    def test_a_visitor_signs_in_first(self, client: Client) -> None:
        assert client.get(URL).status_code == 302

    def test_there_are_only_two_kinds(self, page: Client) -> None:
        assert page.get("/my-facts/animal/").status_code == 404


class TestAgain:
    def test_the_sources_are_asked_again_on_wish(self, page: Client, person: Subject) -> None:
        response = page.post(f"{URL}ask/", {"of": person.pk}, follow=True)

        assert "已向各部门重新查询" in response.content.decode()
        assert FactRequest.objects.count() == len(providers.sources_for("person"))
        assert "正在查询" in response.content.decode()

    def test_but_not_again_within_hours(self, page: Client, person: Subject) -> None:
        page.post(f"{URL}ask/", {"of": person.pk})
        providers.drain()
        asked = FactRequest.objects.first()
        assert asked is not None

        response = page.post(f"{URL}ask/", {"of": person.pk}, follow=True)

        assert "请在2026年11月23日 16:00以后再查" in response.content.decode()
        assert "重新查询</button>" not in response.content.decode()
        assert FactRequest.objects.filter(due_at__isnull=False).count() == 0
        with clock.at(clock.now() + timedelta(hours=7)):
            assert "重新查询</button>" in text_of(page)

    def test_it_tells_how_each_source_stands(self, page: Client, person: Subject) -> None:
        providers.ask(person)
        FactRequest.objects.filter(source="D01").update(outcome="unavailable", due_at=None)
        FactRequest.objects.filter(source="D02").update(attempts=2)
        FactRequest.objects.filter(source="X02").update(
            outcome="found", answered_at=clock.now(), due_at=None
        )
        FactRequest.objects.filter(source="X04").update(outcome="nothing", due_at=None)

        text = text_of(page)

        for words in ("没有返回", "暂未返回，系统会自动再查", "已取得", "没有记录", "正在查询"):
            assert words in text

    def test_asking_is_a_post(self, page: Client, person: Subject) -> None:
        assert page.get(f"{URL}ask/").status_code == 405

    def test_without_a_provider_there_is_nothing_to_ask(
        self, page: Client, person: Subject, settings: Any
    ) -> None:
        settings.FACT_PROVIDER = ""

        assert "部门数据查询" not in text_of(page)


def test_the_address_names_the_kind_only() -> None:
    assert reverse("policies:my-facts", args=["person"]) == URL
