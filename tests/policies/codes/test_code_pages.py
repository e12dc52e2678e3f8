"""The holder's pages: the code, its print, its uses; strangers and staff see none of it."""

import pytest
from django.test import Client
from django.utils.html import escape

from policies import code_reading, codes, recognition, subjects, tokens
from policies.models import Institution, Recognition, Subject, SubjectCode
from portal.accounts.models import Role, User
from portal.core.ledger import Event
from tests.policies.codes import people
from tests.policies.factories import uscc

MINE, FIRM = "/my-code/person/", "/my-code/enterprise/"


@pytest.fixture
def holder(client: Client, talent: User) -> Client:
    client.force_login(talent)
    return client


def test_the_page_says_level_services_and_policies(holder: Client, code: SubjectCode) -> None:
    people.open_policy("POL_P07")

    page = holder.get(MINE)

    assert page.status_code == 200
    assert "C 类人才，凭码可享受 3 项服务、1 项政策" in page.text
    assert "政策POL_P07" in page.text
    assert "no-store" in page["Cache-Control"]


def test_looking_writes_nothing(holder: Client, code: SubjectCode) -> None:
    events = Event.objects.count()

    for path in (MINE, f"{MINE}picture/", f"{MINE}print/", f"{MINE}uses/"):
        assert holder.get(path).status_code == 200

    assert Event.objects.count() == events
    assert not code.uses.exists()


def test_each_picture_is_new_and_asks_without_using_the_session(
    holder: Client, code: SubjectCode
) -> None:
    first, second = (holder.get(f"{MINE}picture/").text for _ in range(2))

    assert first != second
    assert "X-Portal-Poll" in first


def test_the_picture_is_one_of_a_fresh_token(code: SubjectCode) -> None:
    picture = codes.shown(code)

    read = tokens.read(picture.token)

    assert (read.serial, picture.seconds) == (code.serial, 60)
    assert "style" not in picture.svg


def test_after_an_exit_page_and_picture_show_no_code(
    holder: Client, held: Recognition, officer: User
) -> None:
    recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)

    page = holder.get(MINE)
    assert "人才码已于" in page.text
    assert "调离本市" in page.text
    assert "<svg" not in page.text.partition("<main")[2]
    assert holder.get(f"{MINE}picture/")["HX-Refresh"] == "true"
    assert holder.get(f"{MINE}print/").status_code == 404


def test_who_was_never_recognised_is_told_how(holder: Client) -> None:
    assert "经人才认定后，这里会生成人才码" in holder.get(MINE).text
    assert holder.get(f"{MINE}uses/").status_code == 404


def test_the_printed_page_says_that_it_is_worth_less(holder: Client, code: SubjectCode) -> None:
    page = holder.get(f"{MINE}print/").text

    assert "静态码，须核对身份证件" in page
    assert "沈**" in page
    assert people.NAME not in page.partition("<main")[2]


def test_the_holder_sees_each_use(holder: Client, code: SubjectCode, hospital: Institution) -> None:
    token = codes.shown(code).token
    for _ in range(2):
        code_reading.read(institution=hospital, scope="medical", text=token)

    page = holder.get(f"{MINE}uses/").text

    assert "共被查验 2 次" in page
    assert page.count("某医院") == 2
    assert "重复使用" in page
    assert "就医" in page


def test_replacing_voids_the_old_code(holder: Client, code: SubjectCode) -> None:
    answer = holder.post(f"{MINE}replace/", follow=True)

    assert "已换发新码" in answer.text
    assert SubjectCode.objects.get(pk=code.pk).revoked_at
    assert codes.in_use(code.subject)


def test_there_is_nothing_to_replace_after_an_exit(
    holder: Client, held: Recognition, officer: User
) -> None:
    recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)

    assert "没有可换发的人才码" in holder.post(f"{MINE}replace/", follow=True).text
    assert held.subject.codes.count() == 1


def test_an_enterprise_gets_its_code_on_request(holder: Client, talent: User) -> None:
    firm = people.firm(talent)
    assert "还没有企业码" in holder.get(FIRM).text

    page = holder.post(f"{FIRM}issue/", follow=True)

    assert people.FIRM in page.text
    assert firm.codes.get().revoked_at is None
    assert "须核对营业执照" in holder.get(f"{FIRM}print/").text


def test_without_a_firm_there_is_none_to_issue(holder: Client, subject: Subject) -> None:
    assert "还没有可生成企业码的企业" in holder.get(FIRM).text
    assert holder.post(f"{FIRM}issue/").status_code == 404


@pytest.mark.parametrize("path", ["", "picture/", "print/", "uses/"])
def test_another_person_sees_nothing_of_it(client: Client, code: SubjectCode, path: str) -> None:
    client.force_login(people.user("stranger", Role.TALENT, phone="13800000009"))

    answer = client.get(MINE + path)

    assert answer.status_code in {200, 204, 404}
    assert '<svg viewBox="0 0 41' not in answer.text


def test_staff_have_no_code_here(client: Client, code: SubjectCode, officer: User) -> None:
    client.force_login(officer)

    assert client.get(MINE).status_code == 403


@pytest.mark.parametrize("path", ["/my-code/cat/", "/my-code/cat/print/"])
def test_there_is_no_third_kind(holder: Client, path: str) -> None:
    assert holder.get(path).status_code == 404


def test_names_are_escaped(holder: Client, talent: User) -> None:
    subjects.subject_for("enterprise", uscc(), "<b>公司", user=talent)
    page = holder.post(f"{FIRM}issue/", follow=True).text

    assert escape("<b>公司") in page
    assert "<b>公司" not in page
