"""Two publishers at once, and the pages on which a draft is tried and measured."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from notifications.models import Message
from policies import impact
from policies.editing import drafting
from policies.editing.draft import mark
from policies.models import Policy, PolicyState, PolicyVersion, Profile, Subject
from portal.accounts.models import User
from portal.core.ledger import Event
from tests.accounts.factories import DepartmentFactory, StaffFactory

TREE = {
    "all": [
        {"fact": "edu", "op": "==", "value": "21"},
        {"fact": "ss_months_cont", "op": ">=", "value": 6, "matures": True},
    ]
}


def url(name: str, pk: int) -> str:
    return reverse(f"admin:policies_policy_{name}", args=[pk])


def drafted(author: User, **document: Any) -> PolicyVersion:
    policy = Policy(
        code="POL_R1", name="试行补贴", applicant="person", department=DepartmentFactory()
    )
    version = drafting.found(policy=policy, label="首个版本", by=author)
    stated = {"summary": "摘要", "conditions": TREE, **document}
    PolicyVersion.objects.filter(pk=version.pk).update(document=stated)
    return PolicyVersion.objects.select_related("policy").get(pk=version.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_publishers_at_once_one_publishes_and_one_hears_of_it() -> None:
    version = drafted(StaffFactory(editor=True))
    drafting.submit(pk=version.pk, by=User.objects.get(pk=version.drafted_by_id))
    seen = mark(PolicyVersion.objects.select_related("policy").get(pk=version.pk))
    reviewers = [StaffFactory(editor=True) for _ in range(2)]
    together = Barrier(2)

    def publish(user: User) -> str:
        together.wait()
        try:
            drafting.publish(pk=version.pk, seen=seen, by=user)
            return "published"
        except drafting.Stale as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(publish, reviewers))

    assert said == ["published", "这个版本已由他人发布。"]
    assert Event.objects.filter(kind="policy.published").count() == 1
    assert Message.objects.filter(kind="policy.published").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_drafts_begun_at_once_have_numbers_of_their_own() -> None:
    author = StaffFactory(editor=True)
    policy = drafted(author).policy
    together = Barrier(2)

    def begin(_: int) -> int:
        together.wait()
        try:
            return drafting.begin(policy=policy, like=None, by=author).number
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(begin, range(2))) == [2, 3]


@pytest.mark.django_db(transaction=True)
def test_a_new_policy_sent_twice_at_once_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    author, department = StaffFactory(editor=True), DepartmentFactory()
    typed = {"name": "试行补贴", "code": "POL_R2", "applicant": "person"}
    together, found = Barrier(2), drafting.found

    def founding(**stated: Any) -> PolicyVersion:
        together.wait()
        return found(**stated)

    def send(_: int) -> int:
        desk = Client()
        desk.force_login(author)
        try:
            stated = {**typed, "department": department.pk}
            return desk.post(reverse("admin:policies_policy_add"), stated).status_code
        finally:
            connection.close()

    monkeypatch.setattr(drafting, "found", founding)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [302, 422]
    assert PolicyVersion.objects.count() == 1


# Trying out


@pytest.fixture
def desk(client: Client, db: None) -> Client:
    client.force_login(StaffFactory(editor=True))
    return client


@pytest.fixture
def version(desk: Client) -> PolicyVersion:
    return drafted(StaffFactory(editor=True), benefit={"kind": "fixed", "amount": "3000"})


def test_an_example_fills_the_form_and_gets_its_verdict(
    desk: Client, version: PolicyVersion
) -> None:
    answer = desk.post(url("trial", version.pk), {"example": "graduate", "fill": "1"})

    page = answer.content.decode()
    assert "待成熟" in page and "不低于6个月" in page and "3,000 元" in page
    assert 'value="2003-12-03"' in page


def test_free_facts_are_judged_and_never_kept(desk: Client, version: PolicyVersion) -> None:
    events = Event.objects.count()

    answer = desk.post(
        url("trial", version.pk), {"f-edu": "21", "f-ss_months_cont": "6", "on": "2027-03-01"}
    )

    page = answer.content.decode()
    assert "可以享受" in page and "2027年3月1日" in page
    assert (Event.objects.count(), Subject.objects.count()) == (events, 0)


def test_a_fact_of_the_wrong_kind_is_said_at_its_field(
    desk: Client, version: PolicyVersion
) -> None:
    page = desk.post(url("trial", version.pk), {"f-ss_months_cont": "六"}).content.decode()

    field = page.partition('id="id_f-ss_months_cont"')[2].partition("</div>")[0]
    assert "应为不小于 0 的整数" in field and 'value="六"' in page


def test_a_draft_whose_conditions_are_not_sound_is_neither_tried_nor_measured(
    desk: Client, version: PolicyVersion
) -> None:
    PolicyVersion.objects.filter(pk=version.pk).update(document={"conditions": {"all": []}})

    tried = desk.get(url("trial", version.pk)).content.decode()
    measured = desk.post(url("measure", version.pk), follow=True).content.decode()

    assert "不能试算" in tried and "不能测算" in measured


# Measuring


@pytest.fixture
def people(db: None) -> None:
    for number in range(30):
        subject = Subject.objects.create(kind="person", identity_index=f"made-{number}")
        Profile.objects.create(
            subject=subject, kind="person", f_edu="21" if number % 2 else "31",
            f_ss_months_cont=7, f_district="330106" if number < 28 else "330110",
        )  # fmt: skip


def test_a_measurement_is_shown_and_kept(
    desk: Client, version: PolicyVersion, people: None
) -> None:
    page = desk.post(url("measure", version.pk)).content.decode()

    assert "新可享受 15 个" in page and "＊" in page
    assert "新可享受 15 个" in desk.get(url("impact", version.pk)).content.decode()
    assert Event.objects.filter(kind="policy.measured").count() == 1


def test_a_long_measurement_shows_its_progress_and_goes_on(
    desk: Client, version: PolicyVersion, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "CHUNK", 20)
    monkeypatch.setattr(
        impact.go_on, "__kwdefaults__", {**impact.go_on.__kwdefaults__, "seconds": 0.0}
    )

    first = desk.post(url("measure", version.pk)).content.decode()
    token = first.partition('name="token" value="')[2].partition('"')[0]
    forged = desk.post(url("measure", version.pk), {"token": token[:-2]}).content.decode()
    last = desk.post(url("measure", version.pk), {"token": token}).content.decode()

    assert "正在测算：20 / 30" in first and "正在测算：20 / 30" in forged
    assert "新可享受 15 个" in last
    assert PolicyState.DRAFT == PolicyVersion.objects.get(pk=version.pk).state
