"""The editor's pages: who may do what, what is refused, and that nothing typed is lost."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Message
from policies.editing import drafting
from policies.editing.draft import mark
from policies.models import Policy, PolicyState, PolicyVersion
from portal.accounts.models import Role, User
from portal.core.ledger import Event
from tests.accounts.factories import DepartmentFactory, StaffFactory

pytestmark = pytest.mark.django_db

POSTED_TO = ("build", "side", "save", "submit", "discard", "send_back", "publish", "measure")


def url(name: str, pk: int) -> str:
    return reverse(f"admin:policies_policy_{name}", args=[pk])


def sound() -> dict[str, Any]:
    return {
        "label": "2027",
        "effective_from": "2027-01-01",
        "summary": "给本科毕业生的补贴。",
        "mode": "conditions",
        "row": ["0", "1", "2"],
        "0-depth": "0",
        "0-kind": "all",
        "1-depth": "1",
        "1-kind": "leaf",
        "1-fact": "edu",
        "1-was": "edu",
        "1-op": "in",
        "1-choice": ["21", "14"],
        "2-depth": "1",
        "2-kind": "leaf",
        "2-fact": "ss_months_cont",
        "2-was": "ss_months_cont",
        "2-op": ">=",
        "2-first-text": "6",
        "2-matures": "on",
        "b-kind": "fixed",
        "b-amount": "10000",
        "b-per": "once",
    }


@pytest.fixture
def author() -> User:
    return StaffFactory(editor=True, full_name="宋致远")


@pytest.fixture
def reviewer() -> User:
    return StaffFactory(editor=True, full_name="柳明澈")


@pytest.fixture
def draft(author: User) -> PolicyVersion:
    policy = Policy(
        code="POL_T1", name="试行补贴", applicant="person", department=DepartmentFactory()
    )
    return drafting.found(policy=policy, label="首个版本", by=author)


@pytest.fixture
def desk(client: Client, author: User) -> Client:
    client.force_login(author)
    return client


@pytest.fixture
def second(reviewer: User) -> Client:
    other = Client()
    other.force_login(reviewer)
    return other


def now(version: PolicyVersion) -> PolicyVersion:
    return PolicyVersion.objects.select_related("policy").get(pk=version.pk)


def send(desk: Client, name: str, version: PolicyVersion, **typed: Any) -> Any:
    return desk.post(url(name, version.pk), {"seen": mark(now(version)), **sound(), **typed})


@pytest.fixture
def submitted(desk: Client, draft: PolicyVersion) -> PolicyVersion:
    assert send(desk, "submit", draft).status_code == 302
    return now(draft)


# Who may do what


@pytest.mark.parametrize("role", Role)
def test_only_editors_write_and_only_those_concerned_read(
    client: Client, draft: PolicyVersion, role: Role
) -> None:
    client.force_login(StaffFactory(role=role, department=DepartmentFactory()))
    reads = role in {Role.EDITOR, Role.AUDITOR, Role.ADMINISTRATOR}

    lists = client.get(reverse("admin:policies_policy_changelist"))
    page = client.get(url("version", draft.pk))
    form = client.post(url("save", draft.pk), sound())

    enters = role in {*drafting_readers(), Role.OFFICER, Role.LEADER}
    refused = 403 if enters else 302
    assert lists.status_code == page.status_code == (200 if reads else refused)
    assert form.status_code == (409 if role == Role.EDITOR else refused)


def drafting_readers() -> set[Role]:
    return {Role.EDITOR, Role.AUDITOR, Role.ADMINISTRATOR}


@pytest.mark.parametrize("name", POSTED_TO)
def test_what_changes_something_is_only_posted(
    desk: Client, draft: PolicyVersion, name: str
) -> None:
    assert desk.get(url(name, draft.pk)).status_code == 405


def test_an_auditor_sees_a_draft_without_its_form(client: Client, draft: PolicyVersion) -> None:
    client.force_login(StaffFactory(auditor=True))

    page = client.get(url("version", draft.pk)).content.decode()

    assert "保存草稿" not in page and "发布" not in page.replace("已发布", "")


# Drafting


def test_a_new_policy_opens_its_first_draft(desk: Client) -> None:
    department = DepartmentFactory()
    typed = {"name": "新补贴", "code": "POL_N1", "applicant": "person", "department": department.pk}

    refused = desk.post(reverse("admin:policies_policy_add"), {**typed, "code": "1 坏"})
    answer = desk.post(reverse("admin:policies_policy_add"), typed, follow=True)

    assert refused.status_code == 422 and "新补贴" in refused.content.decode()
    version = PolicyVersion.objects.get(policy__code="POL_N1")
    assert version.state == PolicyState.DRAFT
    assert "保存草稿" in answer.content.decode()


def test_a_draft_is_kept_as_it_was_typed_right_or_wrong(desk: Client, draft: PolicyVersion) -> None:
    answer = desk.post(
        url("save", draft.pk),
        {"seen": mark(draft), **sound(), "2-first-text": "六个月", "summary": ""},
        follow=True,
    )

    kept = now(draft)
    assert kept.document["conditions"]["all"][1]["value"] == "六个月"
    assert kept.document["benefit"] == {"kind": "fixed", "amount": "10000"}
    page = answer.content.decode()
    assert "还有 2 处需要更正" in page and "六个月" in page


def test_what_cannot_be_kept_stays_on_the_page(desk: Client, draft: PolicyVersion) -> None:
    answer = send(desk, "save", draft, effective_from="2027-13-40", **{"2-first-text": "77"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2027-13-40" in page and 'value="77"' in page
    assert now(draft).document == {}


def test_an_unsound_draft_is_kept_but_not_submitted(desk: Client, draft: PolicyVersion) -> None:
    answer = send(desk, "submit", draft, **{"1-choice": ["21", "99"]})

    kept = now(draft)
    assert answer.status_code == 422
    assert kept.state == PolicyState.DRAFT
    assert kept.document["conditions"]["all"][0]["value"] == ["21", "99"]
    assert "99（不在选项中）" in answer.content.decode()


def test_a_problem_is_said_at_its_row(desk: Client, draft: PolicyVersion) -> None:
    page = send(desk, "build", draft, **{"1-choice": []}).content.decode()

    row = page.partition('id="row-1"')[2].partition("</li>\n")[0]
    assert "请至少选择一项" in row


def test_two_editors_do_not_overwrite_each_other(
    desk: Client, second: Client, draft: PolicyVersion
) -> None:
    seen = mark(draft)
    first = desk.post(url("save", draft.pk), {"seen": seen, **sound()})

    answer = second.post(url("save", draft.pk), {"seen": seen, **sound(), "summary": "另一种说法"})

    assert (first.status_code, answer.status_code) == (302, 409)
    page = answer.content.decode()
    assert "宋致远在您打开之后保存过这份草稿" in page and "另一种说法" in page
    assert now(draft).document["summary"] == "给本科毕业生的补贴。"
    again = page.partition('name="seen" value="')[2].partition('"')[0]
    typed = {"seen": again, **sound(), "summary": "另一种说法"}
    assert second.post(url("save", draft.pk), typed).status_code == 302
    assert now(draft).document["summary"] == "另一种说法"


def test_the_form_works_without_a_script(desk: Client, draft: PolicyVersion) -> None:
    page = send(desk, "build", draft, act="leaf:0").content.decode()

    assert 'id="row-3"' in page and 'name="summary"' in page
    assert now(draft).document == {}


def test_with_a_script_only_parts_of_the_page_are_sent(desk: Client, draft: PolicyVersion) -> None:
    typed = {"seen": mark(draft), **sound(), "act": "leaf:0"}

    parts = desk.post(url("build", draft.pk), typed, headers={"HX-Request": "true"})
    live = desk.post(url("side", draft.pk), typed, headers={"HX-Request": "true"})

    assert "<html" not in parts.content.decode() + live.content.decode()
    assert 'id="row-3-fact"' in parts.content.decode()
    assert "学历为本科或硕士" in live.content.decode()


# Four eyes


def test_another_editor_hears_of_a_submission_and_publishes(
    second: Client, reviewer: User, author: User, submitted: PolicyVersion
) -> None:
    page = second.get(url("version", submitted.pk)).content.decode()

    answer = second.post(url("publish", submitted.pk), {"seen": mark(submitted)})

    assert "发布后不能再改" in page
    assert answer.status_code == 302
    done = now(submitted)
    assert (done.state, done.published_by) == (PolicyState.PUBLISHED, reviewer)
    told = set(Message.objects.values_list("recipient", "kind"))
    assert {(reviewer.pk, "policy.submitted"), (author.pk, "policy.published")} <= told
    kinds = list(Event.objects.filter(kind__startswith="policy.").values_list("kind", flat=True))
    assert kinds[-3:] == ["policy.saved", "policy.submitted", "policy.published"]


def test_an_author_may_not_publish(desk: Client, submitted: PolicyVersion) -> None:
    page = desk.get(url("version", submitted.pk)).content.decode()

    answer = desk.post(url("publish", submitted.pk), {"seen": mark(submitted)})

    assert "须由另一位编辑复核发布" in page and "发布后不能再改" not in page
    assert answer.status_code == 422
    assert now(submitted).state == PolicyState.SUBMITTED


def test_whoever_changed_a_draft_is_an_author_too(
    desk: Client, second: Client, draft: PolicyVersion
) -> None:
    send(second, "save", draft)
    send(desk, "submit", draft)

    answer = second.post(url("publish", draft.pk), {"seen": mark(now(draft))})

    assert answer.status_code == 422
    assert "您参与起草了这个版本" in answer.content.decode()


def test_a_version_is_sent_back_with_reasons(
    second: Client, author: User, submitted: PolicyVersion
) -> None:
    silent = second.post(url("send_back", submitted.pk), {"reasons": "  "})
    answer = second.post(url("send_back", submitted.pk), {"reasons": "缺少文号"})

    assert (silent.status_code, answer.status_code) == (422, 302)
    assert "请写明退回的理由" in silent.content.decode()
    back = now(submitted)
    assert (back.state, back.objection) == (PolicyState.DRAFT, "缺少文号")
    assert "缺少文号" in Message.objects.get(recipient=author, kind="policy.sent_back").body


def test_what_was_changed_since_it_was_looked_at_is_not_published(
    desk: Client, second: Client, submitted: PolicyVersion
) -> None:
    seen = mark(submitted)
    second.post(url("send_back", submitted.pk), {"reasons": "再想想"})
    send(desk, "submit", submitted, summary="改过的摘要")

    answer = second.post(url("publish", submitted.pk), {"seen": seen})

    assert answer.status_code == 409
    assert "有过改动" in answer.content.decode()


def test_a_published_version_opens_no_form_and_takes_no_change(
    desk: Client, second: Client, submitted: PolicyVersion
) -> None:
    second.post(url("publish", submitted.pk), {"seen": mark(submitted)})

    answers = [send(desk, name, submitted).status_code for name in ("save", "discard")]

    assert answers == [409, 409]
    assert "保存草稿" not in desk.get(url("version", submitted.pk)).content.decode()


def test_a_new_version_begins_as_a_copy_and_must_begin_later(
    desk: Client, second: Client, submitted: PolicyVersion
) -> None:
    second.post(url("publish", submitted.pk), {"seen": mark(submitted)})

    desk.post(url("begin", submitted.policy_id), {"from": submitted.pk})

    version = PolicyVersion.objects.get(number=2)
    assert version.document == now(submitted).document
    answer = send(desk, "submit", version)
    assert answer.status_code == 422
    assert "施行日期须晚于版本“2027”" in answer.content.decode()
    assert send(desk, "submit", version, effective_from="2027-07-01").status_code == 302
