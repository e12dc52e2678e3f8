"""The verbs of the officer's desk: done once, by the right person, in the right state."""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from cases import intake, review
from cases.errors import AlreadyHandled
from cases.models import Case, Document, Origin, WorkItem
from cases.models.work_item import WorkItemQuerySet
from notifications.models import Message
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item, make_user
from tests.cases.files import pdf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
APPROVAL = {"result_number": "杭档〔2026〕1 号"}
REFUSAL = {"reasons": "不符合条件。", "legal_basis": "办事指南第三条"}
GAPS = {"material-M01": "on", "material-M01-why": "文件不清晰，请重新上传"}
PAUSE = {"reason": "hearing", "expected_days": "5", "note": "定于下周听证"}
# verb → state in which it is allowed, what is posted, state after it, message kinds it causes
VERBS: dict[str, tuple[str, dict[str, str], str, set[str]]] = {
    "claim": ("ready", {}, "handling", set()),
    "approve": ("handling", APPROVAL, "approved", {"work_item.approved", "case.completed"}),
    "refuse": ("handling", REFUSAL, "refused", {"work_item.refused", "case.completed"}),
    "ask": ("handling", GAPS, "paused", {"work_item.supplement"}),
    "pause": ("handling", PAUSE, "paused", {"work_item.paused"}),
    "resume": ("paused", {}, "handling", {"work_item.resumed"}),
}
ALL = [*VERBS, "take_over"]


@pytest.fixture
def officer(officers: dict[str, User]) -> User:
    return officers["D01"]


@pytest.fixture
def desk(client: Client, officer: User) -> Client:
    client.force_login(officer)
    return client


@pytest.fixture
def brought(accepted: Make, officer: User) -> Callable[[str], WorkItem]:
    """Make a work item of D01 in a state, in the officer's hands from `handling` on."""

    def bring(state: str) -> WorkItem:
        found = item(accepted("P05"), "P05")
        if state in {"handling", "paused"}:
            review.claim(work_item_id=found.pk, officer=officer)
        if state == "paused":
            review.pause(
                work_item_id=found.pk, officer=officer, reason="hearing", note="", expected_days=3
            )
        Message.objects.all().delete()
        return found

    return bring


def url(verb: str, work_item: WorkItem) -> str:
    return reverse(f"admin:cases_workitem_{verb}", args=[work_item.pk])


def state_of(work_item: WorkItem) -> str:
    return str(WorkItem.objects.values_list("state", flat=True).get(pk=work_item.pk))


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_moves_the_item_and_tells_the_applicant(
    desk: Client, brought: Callable[[str], WorkItem], verb: str
) -> None:
    before, data, after, kinds = VERBS[verb]
    found = brought(before)

    answer = desk.post(url(verb, found), data, follow=True)

    assert answer.status_code == 200
    assert state_of(found) == after
    assert set(Message.objects.values_list("kind", flat=True)) == kinds


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_post_again_is_handled_already_and_does_nothing_twice(
    desk: Client, brought: Callable[[str], WorkItem], verb: str
) -> None:
    before, data, after, _ = VERBS[verb]
    found = brought(before)
    desk.post(url(verb, found), data)
    done = (Event.objects.count(), Message.objects.count())

    answer = desk.post(url(verb, found), data)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert any(words in text for words in ("请查看最新状态", "无需恢复", "请先恢复计时"))
    assert (state_of(found), (Event.objects.count(), Message.objects.count())) == (after, done)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "claim"])
def test_an_item_in_a_colleague_s_hands_is_left_alone(
    client: Client, officer: User, brought: Callable[[str], WorkItem], verb: str
) -> None:
    before, data, _, _ = VERBS[verb]
    found = brought(before)
    client.force_login(make_user("colleague", Role.OFFICER, officer.department))

    answer = client.post(url(verb, found), data)

    assert (answer.status_code, state_of(found)) == (409, before)
    assert "请查看最新状态" in answer.content.decode()


@pytest.mark.parametrize("verb", ALL)
def test_a_verb_is_a_post(desk: Client, brought: Callable[[str], WorkItem], verb: str) -> None:
    assert desk.get(url(verb, brought("handling"))).status_code == 405


@pytest.mark.parametrize("verb", ALL)
@pytest.mark.parametrize("code", ["D03", "D02"])
def test_another_department_finds_nothing_to_act_on(
    client: Client, officers: dict[str, User], accepted: Make, verb: str, code: str
) -> None:
    """D02 takes part in P04 and may read it, but not act on it."""
    found = item(accepted("P01", "P04"), "P04")
    client.force_login(officers[code])

    data = VERBS[verb][1] if verb in VERBS else {}
    assert client.post(url(verb, found), data).status_code == 404


@pytest.mark.parametrize("verb", ALL)
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.EDITOR, Role.ADMINISTRATOR])
def test_roles_without_a_desk_are_refused(
    client: Client, brought: Callable[[str], WorkItem], verb: str, role: Role
) -> None:
    found = brought("handling")
    client.force_login(make_user("someone", role))

    assert client.post(url(verb, found)).status_code == 403
    assert state_of(found) == "handling"


class TestTakingOver:
    @pytest.fixture
    def leader(self, officer: User) -> User:
        return make_user("leader", Role.LEADER, officer.department, full_name="负责人")

    def test_a_leader_takes_an_item_into_their_own_hands(
        self, client: Client, leader: User, brought: Callable[[str], WorkItem]
    ) -> None:
        found = brought("handling")
        client.force_login(leader)

        client.post(url("take_over", found))

        assert WorkItem.objects.get(pk=found.pk).claimed_by == leader
        assert Event.objects.filter(kind="work_item.taken_over", actor=leader).count() == 1

    def test_an_officer_may_not(self, desk: Client, brought: Callable[[str], WorkItem]) -> None:
        assert desk.post(url("take_over", brought("handling"))).status_code == 403

    def test_nothing_is_taken_over_that_nobody_holds(
        self, client: Client, leader: User, brought: Callable[[str], WorkItem]
    ) -> None:
        client.force_login(leader)

        assert client.post(url("take_over", brought("ready"))).status_code == 409


class TestDeciding:
    def test_the_most_urgent_item_left_opens_by_itself(
        self, desk: Client, officer: User, brought: Callable[[str], WorkItem], accepted: Make
    ) -> None:
        found, following = brought("handling"), item(accepted("P05"), "P05")

        answer = desk.post(url("approve", found), APPROVAL)

        assert answer["Location"] == reverse("admin:cases_workitem_change", args=[following.pk])

    def test_own_items_come_before_unclaimed_ones(
        self, desk: Client, officer: User, brought: Callable[[str], WorkItem], accepted: Make
    ) -> None:
        found, _ = brought("handling"), accepted("P05")
        mine = item(accepted("P05"), "P05")
        review.claim(work_item_id=mine.pk, officer=officer)

        answer = desk.post(url("refuse", found), REFUSAL)

        assert answer["Location"] == reverse("admin:cases_workitem_change", args=[mine.pk])

    def test_after_the_last_item_the_list_opens(
        self, desk: Client, brought: Callable[[str], WorkItem]
    ) -> None:
        answer = desk.post(url("approve", brought("handling")), APPROVAL)

        assert answer["Location"] == reverse("admin:cases_workitem_changelist")

    def test_an_approval_carries_number_and_document(
        self, desk: Client, brought: Callable[[str], WorkItem]
    ) -> None:
        found = brought("handling")

        desk.post(url("approve", found), APPROVAL | {"document": pdf("证明.pdf")})

        result = Document.objects.get(work_item=found, origin=Origin.PRODUCED)
        assert result.file_name == "证明.pdf"
        assert WorkItem.objects.get(pk=found.pk).result_number == APPROVAL["result_number"]

    @pytest.mark.parametrize(
        ("verb", "data", "sentence", "kept"),
        [
            ("approve", {"result_number": " "}, "请填写结果文号。", ""),
            ("refuse", {"reasons": "", "legal_basis": "第三条"}, "请写明理由。", "第三条"),
            ("refuse", {"reasons": "不符", "legal_basis": ""}, "请写明依据的条款。", "不符"),
            ("ask", {}, "请至少选择一项", ""),
            ("pause", {"reason": "holiday", "note": "休假"}, "请从列表中选择原因。", "休假"),
            ("pause", {"reason": "hearing", "expected_days": "0"}, "至少 1 个工作日。", "听证"),
            ("pause", {"reason": "hearing", "expected_days": "十"}, "请填写整数。", "十"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
        self,
        desk: Client,
        brought: Callable[[str], WorkItem],
        verb: str,
        data: dict[str, str],
        sentence: str,
        kept: str,
    ) -> None:
        found = brought("handling")

        answer = desk.post(url(verb, found), data)

        text = answer.content.decode()
        assert (answer.status_code, state_of(found)) == (422, "handling")
        assert sentence in text
        assert kept in text

    @pytest.mark.parametrize(
        ("content", "status"),
        [(b"", 422), (b"MZ\x90", 422), (b"%PDF-1.4 " + b"0" * 11_000_000, 413)],
    )
    def test_a_file_that_cannot_be_taken_loses_nothing_but_the_file(
        self, desk: Client, brought: Callable[[str], WorkItem], content: bytes, status: int
    ) -> None:
        found = brought("handling")
        upload = SimpleUploadedFile("结果.pdf", content)

        answer = desk.post(url("approve", found), APPROVAL | {"document": upload})

        text = answer.content.decode()
        assert (answer.status_code, state_of(found)) == (status, "handling")
        assert APPROVAL["result_number"] in text
        assert "浏览器不保留已选的文件，请重新选择。" in text

    def test_a_withdrawn_case_is_handled_already(
        self, desk: Client, brought: Callable[[str], WorkItem]
    ) -> None:
        found = brought("handling")
        intake.withdraw(case_id=found.case_id, actor=found.case.applicant)

        answer = desk.post(url("approve", found), APPROVAL)

        assert (answer.status_code, state_of(found)) == (409, "withdrawn")


class TestAsking:
    def test_only_what_this_item_needs_can_be_asked_for(
        self, desk: Client, officer: User, accepted: Make
    ) -> None:
        found = item(accepted("P01", "P05"), "P05")
        review.claim(work_item_id=found.pk, officer=officer)

        answer = desk.post(
            url("ask", found), {"field-monthly_wage": "on", "field-monthly_wage-why": "请填写"}
        )

        assert answer.status_code == 422
        assert not found.supplements.exists()

    def test_a_second_notice_is_not_offered(
        self, desk: Client, officer: User, brought: Callable[[str], WorkItem]
    ) -> None:
        found = brought("handling")
        desk.post(url("ask", found), GAPS)
        review.resume(work_item_id=found.pk, officer=officer)

        text = desk.get(url("change", found)).content.decode()

        assert url("ask", found) not in text
        assert "不能再次告知" in text


def meet_before_moving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two verbs wait for each other between reading the row and changing it."""
    meeting, move = Barrier(2), review.move

    def meet(*args: Any) -> None:
        with suppress(BrokenBarrierError):  # behind a lock the other one never comes
            meeting.wait(1)
        move(*args)

    monkeypatch.setattr(review, "move", meet)


def both_at_once(work: Callable[[User], object], users: list[User]) -> list[str]:
    """Run a verb for two people in threads with connections of their own; return what they got."""
    outcomes = list[str]()

    def run(user: User) -> None:
        try:
            with clock.at(MONDAY):
                work(user)
            outcomes.append("done")
        except AlreadyHandled:
            outcomes.append("handled")
        finally:
            connection.close()

    threads = [Thread(target=run, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("locked", "outcomes"), [(True, ["done", "handled"]), (False, ["done"] * 2)]
)
class TestTwoAtOnce:
    """Without the row lock both win: what the lock is for."""

    def test_of_two_officers_one_claims(
        self,
        officer: User,
        brought: Callable[[str], WorkItem],
        monkeypatch: pytest.MonkeyPatch,
        locked: bool,
        outcomes: list[str],
    ) -> None:
        found = brought("ready")
        other = make_user("colleague", Role.OFFICER, officer.department)
        if not locked:
            monkeypatch.setattr(WorkItemQuerySet, "select_for_update", lambda self, **_: self)
        meet_before_moving(monkeypatch)

        got = both_at_once(
            lambda user: review.claim(work_item_id=found.pk, officer=user), [officer, other]
        )

        assert got == outcomes
        assert Event.objects.filter(kind="work_item.claimed").count() == outcomes.count("done")

    def test_of_two_clicks_one_approves(
        self,
        officer: User,
        brought: Callable[[str], WorkItem],
        monkeypatch: pytest.MonkeyPatch,
        locked: bool,
        outcomes: list[str],
    ) -> None:
        found = brought("handling")
        if not locked:
            monkeypatch.setattr(WorkItemQuerySet, "select_for_update", lambda self, **_: self)
        meet_before_moving(monkeypatch)

        got = both_at_once(
            lambda user: review.approve(
                work_item_id=found.pk, officer=user, result_number="示例 1 号"
            ),
            [officer, officer],
        )

        results = Document.objects.filter(work_item=found, origin=Origin.PRODUCED)
        assert got == outcomes
        assert results.count() == outcomes.count("done")
