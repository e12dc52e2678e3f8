"""The navigator's pages: answered without signing in, shared without answers, filed as one case."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cases import navigator
from cases.models import Case, Package
from cases.questions import branches
from policies.models import OneThing
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.advised import shelve
from tests.cases.test_navigator_package import FOUNDER, GRADUATE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture(autouse=True)
def policies(one_thing: OneThing, monday: Any) -> None:
    shelve(one_thing)


def answer(client: Client, number: int, data: dict[str, Any], kind: str = "person") -> Any:
    return client.post(f"/navigator/{kind}/{number}/", data)


def walk(client: Client, kind: str = "person", answers: Any = None) -> Any:
    """Answer every question and return the last answer's response."""
    given = answers or {"person": GRADUATE, "enterprise": FOUNDER}[kind]
    for number, question in enumerate(branches()[kind].questions, 1):
        response = answer(client, number, dict(given[question.code]), kind)
    return response


@pytest.fixture
def walked(client: Client) -> Client:
    walk(client)
    return client


@pytest.fixture
def token(walked: Client) -> str:
    return str(walked.post("/navigator/person/share/")["Location"].split("/")[2])


class TestQuestions:
    def test_nobody_needs_to_sign_in(self, client: Client) -> None:
        assert client.get("/navigator/").status_code == 200
        assert client.get("/navigator/person/1/").status_code == 200

    @pytest.mark.parametrize("path", ["person/0/", "person/11/", "robot/1/", "robot/package/"])
    def test_there_is_no_other_question(self, client: Client, path: str) -> None:
        assert client.get(f"/navigator/{path}").status_code == 404

    def test_an_answer_leads_to_the_next_question_and_stands_there_on_the_way_back(
        self, client: Client
    ) -> None:
        response = answer(client, 1, {"age": "22"})

        assert response["Location"] == "/navigator/person/2/"
        assert 'value="22"' in client.get("/navigator/person/1/").content.decode()

    def test_the_button_back_keeps_what_was_typed(self, client: Client) -> None:
        response = answer(client, 2, {"level": "master", "mode": "", "back": "1"})

        assert response["Location"] == "/navigator/person/1/"
        assert navigator.answers_in(client.session, "person")["education"] == {"level": "master"}

    def test_skipping_makes_unknown_what_was_answered_before(self, client: Client) -> None:
        answer(client, 1, {"age": "22"})

        answer(client, 1, {"age": "22", "skip": "1"})

        assert navigator.answers_in(client.session, "person") == {"age": {}}

    @pytest.mark.parametrize(
        ("number", "data", "words"),
        [
            (1, {"age": "二十二"}, "请填写 14 到 100 之间的整数"),
            (1, {"age": "22.5"}, "之间的整数"),
            (1, {"age": "9" * 400}, "之间的整数"),
            (1, {"age": "-1"}, "之间的整数"),
            (3, {"day": "2026-02-30"}, "请填写日期"),
            (3, {"day": "0001-01-01"}, "请填写日期"),
            (2, {"level": "professor"}, "请从所列选项中选择"),
            (10, {"enjoyed": ["none", "living"]}, "就不要再选其他"),
        ],
    )
    def test_what_cannot_be_read_is_said_and_kept(
        self, client: Client, number: int, data: dict[str, Any], words: str
    ) -> None:
        response = answer(client, number, data)

        assert response.status_code == 422
        page = response.content.decode()
        assert words in page and "已填的内容都在" in page
        assert navigator.answers_in(client.session, "person") == {}

    @pytest.mark.parametrize("typed", ["２２", " 22 ", "22\0"])
    def test_numbers_are_read_as_people_type_them(self, client: Client, typed: str) -> None:
        answer(client, 1, {"age": typed})

        assert navigator.answers_in(client.session, "person")["age"] == {"age": "22"}

    def test_no_answer_stands_in_an_address(self, client: Client) -> None:
        locations = [
            answer(client, number, dict(GRADUATE[question.code]))["Location"]
            for number, question in enumerate(branches()["person"].questions, 1)
        ]

        assert locations[-1] == "/navigator/person/package/"
        assert all("?" not in location for location in locations)


class TestSession:
    def test_answers_are_forgotten_half_an_hour_after_the_last_one_in_real_time(
        self, walked: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later = time.time() + navigator.KEPT_FOR.total_seconds() + 1
        monkeypatch.setattr(time, "time", lambda: later)

        response = walked.get("/navigator/person/package/", follow=True)

        assert response.redirect_chain[-1][0] == "/navigator/person/1/"
        assert "回答已清除" in response.content.decode()

    def test_the_business_clock_does_not_forget_them(self, walked: Client) -> None:
        with clock.at(clock.now() + timedelta(days=3)):
            assert walked.get("/navigator/person/package/").status_code == 200

    def test_they_can_be_erased(self, walked: Client) -> None:
        walked.post("/navigator/erase/")

        assert navigator.answers_in(walked.session, "person") == {}

    def test_a_use_is_counted_once_for_each_run(self, walked: Client) -> None:
        answer(walked, 10, {"enjoyed": ["none"], "finish": "1"})

        assert navigator.uses() == 1
        assert Event.objects.get(kind="navigator.used").payload == {"kind": "person"}
        assert "已有 1 人次使用" in walked.get("/navigator/").content.decode()

    def test_looking_counts_nothing(self, walked: Client) -> None:
        before = Event.objects.count()

        walked.get("/navigator/person/package/")
        walked.get("/navigator/person/package.pdf")

        assert Event.objects.count() == before


class TestPackage:
    def test_the_page_says_what_now_soon_and_how_much(self, walked: Client) -> None:
        page = walked.get("/navigator/person/package/").content.decode()

        assert "每年 10,000 元" in page
        assert "待成熟，2026年12月23日起可办" in page
        assert "还差：连续参保满6个月" in page
        assert "住房租赁合同" not in page.split("现在可以享受</h2>")[0]

    def test_a_founders_package_too(self, client: Client) -> None:
        assert walk(client, "enterprise")["Location"] == "/navigator/enterprise/package/"
        page = client.get("/navigator/enterprise/package/").content.decode()
        assert "大学生创业学院" in page and "2026年12月23日起可办" in page

    def test_its_paper_is_a_pdf(self, walked: Client) -> None:
        response = walked.get("/navigator/person/package.pdf")

        assert response.content.startswith(b"%PDF")
        assert response["Cache-Control"].startswith("private, no-store")

    @pytest.mark.parametrize("verb", ["share", "file"])
    def test_nothing_comes_of_no_answers(self, client: Client, verb: str) -> None:
        assert client.post(f"/navigator/person/{verb}/")["Location"] == "/navigator/person/1/"
        assert not Package.objects.exists()

    @pytest.mark.parametrize("verb", ["share", "file"])
    def test_looking_at_a_verb_does_nothing(self, walked: Client, verb: str) -> None:
        assert walked.get(f"/navigator/person/{verb}/").status_code == 405


class TestSharing:
    def test_a_stranger_reads_the_package_and_none_of_the_answers(self, token: str) -> None:
        page = Client().get(f"/packages/{token}/").content.decode()

        assert "应届大学生租房补贴" in page and "每年 10,000 元" in page
        assert "您的回答" not in page
        for told in ("48,000", "2026年6月30日", "30日毕业", "本科，", "西湖区"):
            assert told not in page

    def test_the_row_holds_no_answers(self, token: str) -> None:
        kept = str(Package.objects.get(token=token).outcome)

        for given in ("48000", "2026-06-30", "330106", "bachelor", "registered"):
            assert given not in kept

    def test_it_can_be_printed(self, token: str) -> None:
        assert Client().get(f"/packages/{token}/package.pdf").content.startswith(b"%PDF")

    def test_an_address_cannot_be_guessed(self, token: str) -> None:
        assert len(token) >= 20
        assert Client().get(f"/packages/{token[:-1]}x/").status_code == 404

    def test_it_expires_after_ninety_days_and_is_tidied_up(self, token: str) -> None:
        with clock.at(clock.now() + timedelta(days=90)):
            assert Client().get(f"/packages/{token}/").status_code == 200
            assert navigator.tidy_up() == 0
        with clock.at(clock.now() + timedelta(days=91)):
            page = Client().get(f"/packages/{token}/")
            assert page.status_code == 404 and "90 天有效期" in page.content.decode()
            assert Client().get(f"/packages/{token}/package.pdf").status_code == 404
            assert Client().post(f"/packages/{token}/file/").status_code == 404
            assert navigator.tidy_up() == 1

    def test_a_package_of_years_ago_is_still_as_it_was(
        self, token: str, one_thing: OneThing
    ) -> None:
        with clock.at(clock.now() + timedelta(days=30)):
            page = Client().get(f"/packages/{token}/").content.decode()

        assert "2026年11月23日测算" in page


class TestFiling:
    def test_who_is_not_signed_in_signs_in_first_and_finds_everything_ticked(
        self, walked: Client, talent: User
    ) -> None:
        response = walked.post("/navigator/person/file/")
        assert response["Location"].startswith("/sign-in/")
        session = dict(walked.session)
        walked.force_login(talent)
        kept = walked.session
        kept.update({key: session[key] for key in ("picked", navigator.ANSWERS)})
        kept.save()

        page = walked.get("/one-things/hangzhou/?resume=1").content.decode()

        for code in ("P03", "P05", "P06", "P09"):
            assert f'value="{code}" checked' in page
        assert 'value="P04" checked' not in page

    def test_the_draft_is_filled_with_what_was_answered(self, walked: Client, talent: User) -> None:
        answers = walked.session[navigator.ANSWERS]
        walked.force_login(talent)
        session = walked.session
        session[navigator.ANSWERS] = answers
        session.save()
        walked.post("/navigator/person/file/")

        walked.post(
            "/one-things/hangzhou/start/", {"kind": "person", "item": ["P03", "P05", "P09"]}
        )

        case = Case.objects.get()
        assert case.all_answers["p_edu"] == "21"
        assert case.all_answers["p_grad_date"] == "2026-06-30"
        assert {"P03", "P05", "P09"} <= set(case.item_codes)

    def test_a_stranger_files_a_shared_package_without_the_answers(
        self, token: str, talent: User
    ) -> None:
        other = Client()
        other.force_login(talent)

        response = other.post(f"/packages/{token}/file/", follow=True)

        assert 'value="P09" checked' in response.content.decode()
        assert navigator.ANSWERS not in other.session


def test_the_number_of_statements_does_not_grow_with_the_policies(
    walked: Client, django_assert_max_num_queries: Any
) -> None:
    walked.get("/navigator/person/package/")

    with django_assert_max_num_queries(8):
        walked.get("/navigator/person/package/")
