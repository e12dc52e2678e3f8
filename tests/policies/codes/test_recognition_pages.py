"""The desk of recognition: the list, finding, recognising, ending, recommenders, institutions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from policies import recognition
from policies.models import Institution, Recognition, Recommender, Subject
from portal.accounts.models import Role, User
from portal.core.ledger import Event
from tests.policies.codes import people
from tests.policies.codes.people import CONTEST, MARKET
from tests.policies.factories import resident_id

LIST, FIND = "/recognitions/", "/recognitions/find/"
ID = resident_id("33019919971203501")
PAGES = [LIST, "/recommenders/", "/recognitions/subjects/{subject}/", "/recommenders/{listed}/"]
POSTS = [
    FIND,
    "/recognitions/subjects/{subject}/make/",
    "/recognitions/{held}/end/",
    "/recommenders/save/",
    "/recommenders/{listed}/active/",
]
KEYS = ["/institutions/", "/institutions/{unit}/"]
KEY_POSTS = ["/institutions/add/", "/institutions/{unit}/key/", "/institutions/{unit}/active/"]
Fill = Callable[[str], str]


@pytest.fixture
def desk(client: Client, officer: User) -> Client:
    client.force_login(officer)
    return client


@pytest.fixture
def keys(client: Client, leader: User) -> Client:
    client.force_login(leader)
    return client


@pytest.fixture
def filled(held: Recognition, hospital: Institution) -> Fill:
    """Addresses with real rows in them."""
    listed = people.recommender()
    rows = {"subject": held.subject_id, "held": held.pk, "listed": listed.pk, "unit": hospital.pk}
    return lambda path: path.format(**rows)


@pytest.mark.parametrize("path", PAGES)
def test_officers_of_the_department_reach_the_pages(desk: Client, filled: Fill, path: str) -> None:
    assert desk.get(filled(path)).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, *POSTS, *KEYS, *KEY_POSTS])
def test_others_are_refused_and_change_nothing(
    client: Client, filled: Fill, foreigner: User, path: str
) -> None:
    client.force_login(foreigner)
    verb = client.post if path in {*POSTS, *KEY_POSTS} else client.get

    assert verb(filled(path), {"reasons": "x", "active": "0"}).status_code == 403
    assert Recognition.objects.get().ended_at is None


@pytest.mark.parametrize("path", [*PAGES, *KEYS])
def test_for_applicants_these_pages_do_not_exist(
    client: Client, filled: Fill, talent: User, path: str
) -> None:
    client.force_login(talent)

    assert client.get(filled(path)).status_code == 404


@pytest.mark.parametrize("path", [*POSTS, *KEY_POSTS])
def test_verbs_are_posts(keys: Client, filled: Fill, path: str) -> None:
    assert keys.get(filled(path)).status_code == 405


def test_an_officer_hands_out_no_keys(desk: Client, filled: Fill) -> None:
    assert {desk.get(filled(path)).status_code for path in KEYS} == {403}


def test_the_list_masks_names(desk: Client, held: Recognition) -> None:
    page = desk.get(LIST).text.partition("<main")[2]

    assert "1 人的人才认定有效" in page
    assert "沈**" in page
    assert people.NAME not in page


def test_somebody_new_is_put_on_file_without_the_number_in_an_address(desk: Client) -> None:
    answer = desk.post(FIND, {"name": "沈一舟", "id_number": f" {ID[:6]} {ID[6:].lower()}"})

    subject = Subject.objects.get()
    assert answer["Location"] == f"/recognitions/subjects/{subject.pk}/"
    assert subject.identity == {"id_number": ID, "name": "沈一舟"}


def test_somebody_known_is_found_and_not_renamed(desk: Client, subject: Subject) -> None:
    assert desk.post(FIND, {"name": people.NAME, "id_number": ID}).status_code == 302

    wrong = desk.post(FIND, {"name": "沈二舟", "id_number": ID})

    assert wrong.status_code == 422
    assert "姓名与已建档的信息不一致" in wrong.text
    assert Subject.objects.get().name == people.NAME


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"id_number": ID[:17] + "0"}, "校验不通过"),
        ({"id_number": "E!"}, "证件号码不正确"),
        ({"id_number": ""}, "请填写证件号码"),
        ({"name": "7"}, "姓名应为"),
    ],
)
def test_a_wrong_number_or_name_is_said_and_kept(
    desk: Client, typed: dict[str, str], said: str
) -> None:
    answer = desk.post(FIND, {"name": "沈一舟", "id_number": ID} | typed)

    assert answer.status_code == 422
    assert said in answer.text
    assert not Subject.objects.exists()


def test_whoever_was_not_looked_up_and_is_not_on_the_list_has_no_page(
    desk: Client, subject: Subject
) -> None:
    pages = (f"/recognitions/subjects/{subject.pk}/", f"/recognitions/subjects/{subject.pk}/make/")

    assert desk.get(pages[0]).status_code == 404
    assert desk.post(pages[1], CONTEST | {"level": "C", "route": "contest"}).status_code == 404
    assert not Recognition.objects.exists()

    desk.post(FIND, {"name": people.NAME, "id_number": ID})

    assert desk.get(pages[0]).status_code == 200


@pytest.mark.parametrize("name", [people.NAME, "沈二舟"])
def test_looking_somebody_up_stands_in_the_ledger(
    desk: Client, subject: Subject, officer: User, name: str
) -> None:
    desk.post(FIND, {"name": name, "id_number": ID})

    event = Event.objects.get(kind="subject.looked_up")
    assert (event.subject, event.actor_id) == (f"subject:{subject.pk}", officer.pk)
    assert event.payload == {}


def make(desk: Client, subject: Subject, **changes: Any) -> Any:
    desk.post(FIND, {"name": subject.name, "id_number": subject.identity["id_number"]})
    typed = {"level": "C", "route": "contest", "valid_until": "", **CONTEST} | changes
    return desk.post(f"/recognitions/subjects/{subject.pk}/make/", typed, follow=True)


def test_recognising_from_the_page(desk: Client, subject: Subject) -> None:
    answer = make(desk, subject, valid_until="2099-11-24")

    assert "已认定为 C 类人才，人才码已生成" in answer.text
    made = Recognition.objects.get()
    assert (made.level, str(made.valid_until)) == ("C", "2099-11-24")
    assert made.evidence == CONTEST


def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(
    desk: Client, subject: Subject
) -> None:
    answer = make(desk, subject, route="market", level="C", **(MARKET | {"amount": "199999"}))

    assert answer.status_code == 422
    assert "未达到市场化评定标准" in answer.text
    assert 'value="199999"' in answer.text
    assert MARKET["position"] in answer.text


@pytest.mark.parametrize("typed", [{"valid_until": "明年"}, {"route": ""}, {"level": "Z"}])
def test_what_cannot_be_read_is_said(desk: Client, subject: Subject, typed: dict[str, str]) -> None:
    answer = make(desk, subject, **typed)

    assert answer.status_code == 422
    assert "还有内容需要更正" in answer.text


def test_two_officers_at_once_recognise_once(desk: Client, held: Recognition) -> None:
    answer = make(desk, held.subject)

    assert answer.status_code == 422
    assert Recognition.objects.count() == 1


def test_ending_from_the_page(desk: Client, held: Recognition) -> None:
    url = f"/recognitions/{held.pk}/end/"
    assert "请填写退出原因" in desk.post(url, {"reasons": ""}).text

    answer = desk.post(url, {"reasons": "调离本市"}, follow=True)

    assert "已办理退出" in answer.text
    assert "目前没有有效的认定" in answer.text
    assert desk.post(url, {"reasons": "调离本市"}).status_code == 422
    assert "调离本市" in desk.get(f"{LIST}?ended=1").text


def test_the_list_of_recommenders_shows_what_is_left(desk: Client, officer: User) -> None:
    desk.post("/recommenders/save/", {"name": "顾院士", "organisation": "某院", "yearly_quota": 2})
    listed = Recommender.objects.get()
    people.by_word(people.person(), officer, listed)

    assert "年还有 1 个名额" in desk.get("/recommenders/").text

    desk.post(f"/recommenders/{listed.pk}/active/", {"active": "0"})
    assert "还没有在册的举荐人" in desk.get("/recommenders/").text


@pytest.mark.parametrize("quota", ["-1", "x", "100", ""])
def test_a_quota_is_a_small_number(desk: Client, quota: str) -> None:
    typed = {"name": "顾院士", "organisation": "某院", "yearly_quota": quota}

    assert desk.post("/recommenders/save/", typed).status_code == 422
    assert not Recommender.objects.exists()


def test_an_entry_is_changed(desk: Client) -> None:
    listed = people.recommender()
    typed = {"name": "顾院士", "organisation": "某大学", "yearly_quota": "3"}

    desk.post(f"/recommenders/{listed.pk}/", typed)

    changed = Recommender.objects.get()
    assert (changed.organisation, changed.yearly_quota) == ("某大学", 3)
    assert recognition.quota(changed, 2026).left == 3


def test_a_key_is_shown_once(keys: Client, leader: User) -> None:
    shown = keys.post("/institutions/add/", {"name": "某医院", "scopes": ["medical"]})

    key = shown.context["issued"].key
    assert key in shown.text
    assert "no-store" in shown["Cache-Control"]
    unit = Institution.objects.get()
    for path in ("/institutions/", f"/institutions/{unit.pk}/"):
        assert key.partition("-")[2] not in keys.get(path).text


@pytest.mark.parametrize(
    "typed", [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"name": "某医院"}]
)
def test_an_institution_has_a_name_of_its_own_and_a_purpose(
    keys: Client, hospital: Institution, typed: dict[str, Any]
) -> None:
    answer = keys.post("/institutions/add/", {"name": "某学校", "scopes": ["schooling"]} | typed)

    assert answer.status_code == 422
    assert Institution.objects.count() == 1


def test_name_and_purposes_are_changed_and_use_is_stopped(
    keys: Client, hospital: Institution
) -> None:
    typed = {"name": "某医院", "scopes": ["medical", "housing"]}
    assert keys.post(f"/institutions/{hospital.pk}/", typed).status_code == 302
    keys.post(f"/institutions/{hospital.pk}/active/", {"active": "0"})

    changed = Institution.objects.get()
    assert (changed.scopes, changed.is_active) == (["housing", "medical"], False)
    assert "就医、人才公寓" in keys.get("/institutions/").text


def test_an_administrator_hands_out_keys_but_recognises_nobody(client: Client, db: None) -> None:
    client.force_login(people.user("admin", Role.ADMINISTRATOR))

    assert client.get("/institutions/").status_code == 200
    assert client.get(LIST).status_code == 403
