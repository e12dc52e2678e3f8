"""Staff look a subject up, read what their task needs and enter what they saw proof of."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from policies import entering
from policies.models import Fact, Subject
from policies.subjects import FactError, Statement, known, record, subject_for
from policies.views.opened import OPENED
from portal.accounts.models import Department, Role, User
from portal.core.ledger import Event
from tests.policies.factories import resident_id, uscc

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
TODAY = date(2026, 11, 23)
PASSWORD = "Yijianshi-2026"


def picture(name: str = "证明.png") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def make_user(role: Role, department: str = "") -> User:
    user = User(username=f"{role}-{department}", role=role)
    if department:
        user.department, _ = Department.objects.get_or_create(
            code=department, defaults={"name": department, "short_name": department}
        )
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def person() -> Subject:
    return subject_for("person", resident_id(), "沈一舟", "13900000001")


@pytest.fixture
def as_user(client: Client) -> Callable[..., User]:
    def sign_in(role: Role, department: str = "") -> User:
        user = make_user(role, department)
        client.force_login(user)
        return user

    return sign_in


@pytest.fixture
def clerk(as_user: Callable[..., User]) -> User:
    return as_user(Role.CLERK)


def opened(client: Client, number: str = "") -> str:
    """Look a subject up; return the address of the page."""
    response = client.post("/subjects/find/", {"number": number or resident_id()})
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.content.decode())


def entry(**changes: Any) -> dict[str, Any]:
    return {"value": "yes", "grounds": "参保证明 2026-018", "proof": picture(), **changes}


class TestLookUp:
    def test_no_address_holds_the_number_and_the_look_stands_in_the_ledger(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client, resident_id().lower())

        assert url == f"/subjects/{person.pk}/"
        text = text_of(client.get(url))
        assert "沈**" in text
        assert resident_id() not in text
        event = Event.objects.get(kind="subject.looked_up")
        assert (event.subject, event.actor_id) == (f"subject:{person.pk}", clerk.pk)
        assert event.payload == {}

    def test_a_firm_is_found_by_its_credit_code(self, client: Client, clerk: User) -> None:
        subject_for("enterprise", uscc(), "杭州某某科技有限公司")

        assert "杭州某某科技有限公司" in text_of(client.get(opened(client, uscc())))

    def test_who_is_not_known_is_said_and_recorded(self, client: Client, clerk: User) -> None:
        text = text_of(client.post("/subjects/find/", {"number": resident_id()}), 422)

        assert "没有查到" in text
        assert Event.objects.get(kind="subject.looked_up").subject == ""

    @pytest.mark.parametrize("number", ["", "330199199712035013", "张三", "1" * 41])
    def test_what_is_no_number_is_kept_to_be_mended(
        self, client: Client, clerk: User, number: str
    ) -> None:
        text = text_of(client.post("/subjects/find/", {"number": number}), 422)

        assert f'value="{number}"' in text or not number
        assert not Event.objects.filter(kind="subject.looked_up").exists()

    def test_a_serial_that_was_not_looked_up_leads_to_the_search(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        for url in (f"/subjects/{person.pk}/", f"/subjects/{person.pk}/edu/"):
            assert client.get(url)["Location"] == "/subjects/"
        assert client.get("/subjects/999999/").status_code == 302

    def test_a_look_up_is_good_for_half_an_hour(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client)
        session = client.session
        pk, until = session[OPENED]
        session[OPENED] = (pk, until - timedelta(minutes=31).total_seconds())
        session.save()

        assert client.get(url)["Location"] == "/subjects/"


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR])
    def test_other_staff_are_refused(
        self, client: Client, as_user: Callable[..., User], role: Role
    ) -> None:
        as_user(role)

        assert client.get("/subjects/").status_code == 403
        assert client.post("/subjects/find/", {"number": resident_id()}).status_code == 403

    def test_for_applicants_there_is_no_such_page(
        self, client: Client, as_user: Callable[..., User], person: Subject
    ) -> None:
        as_user(Role.TALENT)

        assert client.get("/subjects/").status_code == 404
        assert client.get(f"/subjects/{person.pk}/").status_code == 404

    def test_an_officer_sees_and_enters_what_the_department_states(
        self, client: Client, as_user: Callable[..., User], person: Subject
    ) -> None:
        as_user(Role.OFFICER, "D02")
        record(person, {"hukou_city": Statement(True)}, "D02")
        record(person, {"insured": Statement(True)}, "D01")

        text = text_of(client.get(opened(client)))

        assert "已掌握 1 项信息" in text
        assert "杭州市户籍" in text
        assert "当前在杭参保" not in text
        assert client.get(f"/subjects/{person.pk}/insured/").status_code == 404
        assert client.post(f"/subjects/{person.pk}/insured/", entry()).status_code == 404
        assert client.post(f"/subjects/{person.pk}/permit_valid/", entry()).status_code == 302

    def test_the_verb_refuses_by_itself(self, person: Subject) -> None:
        officer = make_user(Role.OFFICER, "D02")
        said: Any = {"as_of": None, "valid_until": None, "grounds": "证明", "upload": picture()}

        with pytest.raises(PermissionDenied):
            entering.enter(subject=person, code="insured", value=True, actor=officer, **said)

        assert not Fact.objects.exists()


class TestEntry:
    def test_what_is_proven_becomes_a_fact_with_its_proof(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client)

        response = client.post(f"{url}insured/", entry(), follow=True)

        assert "“当前在杭参保”已录入。" in text_of(response)
        fact = Fact.objects.get()
        assert (fact.source, fact.value, fact.recorded_by) == ("manual", True, clerk)
        assert fact.grounds == "参保证明 2026-018"
        assert default_storage.exists(fact.proof)
        event = Event.objects.get(kind="subject.facts_changed")
        assert event.actor_id == clerk.pk
        assert event.payload == {"source": "manual", "facts": ["insured"], "proof": fact.proof}

    def test_each_kind_is_read_as_what_it_is(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client)
        typed = {
            "house_family": "0",
            "monthly_rent": "2500.50",
            "birth_date": "1997-12-03",
            "edu": "21",
            "district": "330106",
            "hukou_city": "no",
        }

        for code, value in typed.items():
            text_of(client.post(f"{url}{code}/", entry(value=value)), 302)
        client.post(f"{url}ss_months_cont/", entry(value="4", as_of="2026-10-10"))

        facts = known(person, TODAY)
        assert (facts["house_family"], facts["hukou_city"]) == (0, False)
        assert (str(facts["monthly_rent"]), facts["birth_date"]) == ("2500.50", date(1997, 12, 3))
        assert facts["ss_months_cont"].as_of == date(2026, 10, 10)

    @pytest.mark.parametrize(
        ("code", "changes", "words"),
        [
            ("insured", {"value": ""}, "请选择当前在杭参保。"),
            ("insured", {"value": "maybe"}, "请选择当前在杭参保。"),
            ("house_family", {"value": "两套"}, "应为不小于 0 的整数。"),
            ("house_family", {"value": "-1"}, "应为不小于 0 的整数。"),
            ("monthly_rent", {"value": "约三千"}, "应为不小于 0 的数字。"),
            ("birth_date", {"value": "去年"}, "请按 2026-11-24 的形式填写日期。"),
            ("edu", {"value": "99"}, "请选择学历。"),
            ("insured", {"grounds": " "}, "请填写依据。"),
            ("insured", {"grounds": "证" * 201}, "不超过 200 个字。"),
            ("insured", {"valid_until": "2026-11-22"}, "有效期已过"),
            ("insured", {"valid_until": "明年"}, "请按 2026-11-24 的形式填写日期。"),
            ("ss_months_cont", {"value": "4", "as_of": "2026-11-24"}, "截至日期不能晚于今天。"),
            ("insured", {"proof": ""}, "请上传证明文件。"),
            ("insured", {"proof": SimpleUploadedFile("a.pdf", b"")}, "是空文件"),
            ("insured", {"proof": SimpleUploadedFile("a.pdf", b"MZ\x90")}, "只能上传 PDF"),
        ],
    )
    def test_what_is_wrong_is_said_and_typed_text_kept(
        self, client: Client, clerk: User, person: Subject, code: str, changes: Any, words: str
    ) -> None:
        url = opened(client)
        typed = {"grounds": "证明 7 号", "valid_until": "2027-01-01"} | changes

        text = text_of(client.post(f"{url}{code}/", entry(**typed)), 422)

        assert words in text
        assert "证明文件需要重新选择。" in text
        kept = [typed["grounds"], typed["valid_until"]]
        kept += [typed["value"]] if "value" in typed and code not in {"insured", "edu"} else []
        assert [value for value in kept if value.strip() and value not in text] == []
        assert not Fact.objects.exists()

    def test_too_large_a_file_is_413(
        self, client: Client, clerk: User, person: Subject, settings: Any
    ) -> None:
        url = opened(client)
        settings.UPLOAD_MAX_BYTES = 10

        assert "请压缩后再上传" in text_of(client.post(f"{url}insured/", entry()), 413)

    def test_nothing_is_left_of_a_file_whose_fact_was_refused(
        self, client: Client, clerk: User, person: Subject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deleted: list[str] = []
        monkeypatch.setattr(default_storage, "delete", deleted.append)
        said: Any = {"as_of": None, "valid_until": None, "grounds": "证明", "upload": picture()}

        with pytest.raises(FactError) as raised:
            entering.enter(subject=person, code="edu", value="99", actor=clerk, **said)

        assert "所列选项之一" in raised.value.problems["value"]
        assert len(deleted) == 1

    def test_nobody_enters_a_fact_of_the_other_kind(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client)

        assert client.get(f"{url}team_equity/").status_code == 404
        assert client.get(f"{url}age/").status_code == 404


class TestAfterwards:
    def test_the_proof_is_handed_out_on_the_record(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client)
        client.post(f"{url}insured/", entry())

        response: Any = client.get(f"{url}insured/proof/")

        assert b"".join(response.streaming_content).startswith(b"\x89PNG")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert Event.objects.get(kind="subject.fact_read").payload == {"facts": ["insured"]}
        assert client.get(f"{url}edu/proof/").status_code == 404

    def test_an_entry_is_taken_back_with_a_reason(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client)
        client.post(f"{url}insured/", entry())

        refused = text_of(client.post(f"{url}insured/withdraw/", {"grounds": ""}), 422)
        done = client.post(f"{url}insured/withdraw/", {"grounds": "录错了人"}, follow=True)

        assert "请填写撤销理由。" in refused
        assert "“当前在杭参保”的录入已撤销。" in text_of(done)
        assert known(person, TODAY) == {}
        assert Event.objects.filter(kind="subject.facts_changed").count() == 2

    def test_a_sealed_value_is_read_with_the_password_and_on_the_record(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        record(person, {"income_pc": Statement("48123.40")}, "form")
        url = opened(client)

        assert "48123" not in text_of(client.get(url))
        assert "48123" not in text_of(client.get(f"{url}income_pc/"))
        wrong = text_of(client.post(f"{url}income_pc/read/", {"password": "wrong"}), 422)
        assert "密码不正确" in wrong
        assert not Event.objects.filter(kind="subject.fact_read").exists()
        assert "48123.4元" in text_of(client.post(f"{url}income_pc/read/", {"password": PASSWORD}))
        assert Event.objects.get(kind="subject.fact_read").payload == {"facts": ["income_pc"]}

    def test_nothing_personal_stands_in_the_ledger(
        self, client: Client, clerk: User, person: Subject
    ) -> None:
        url = opened(client)
        client.post(f"{url}income_pc/", entry(value="48123.40", grounds="沈一舟收入证明"))

        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(event::text, '') FROM core_event event")
            (ledger,) = cursor.fetchone()

        assert "income_pc" in ledger
        for secret in ("48123", "沈一舟", resident_id()):
            assert secret not in ledger
