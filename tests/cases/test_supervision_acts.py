"""What supervisors do on the page of a case: revoke cards, urge departments, list urgings."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases import calendar, projection, review, urging
from cases.models import Card, Case, CaseState, Level, Urging, WorkItem
from cases.sweep import sweep
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, make_user
from tests.cases.desks import make_case, make_desk, make_work_item, on
from tests.cases.projecting import edit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

LIST = "/supervision/urgings/"
REASONS = {"reasons": "系统故障所致。"}


@pytest.fixture
def staff(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing)


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(make_user("jd", Role.SUPERVISOR, full_name="何监督"))
    return client


@pytest.fixture
def item(one_thing: OneThing, talent: User, staff: dict[str, User]) -> WorkItem:
    """A work item whose yellow and red cards are out."""
    case = make_case(one_thing, talent, MONDAY)
    found = make_work_item(case, days=0, claimed_by=staff["officer"])
    sweep(now=on(23, 18))
    return found


@pytest.fixture
def urls(item: WorkItem) -> dict[str, str]:
    card = Card.objects.get(level=Level.RED)
    return {
        "page": reverse("cases:supervision-case", args=[item.case_id]),
        "revoke": reverse("cases:revoke-card", args=[card.pk]),
        "urge": reverse("cases:urge", args=[item.case_id]),
    }


@pytest.fixture
def data(item: WorkItem) -> dict[str, dict[str, str]]:
    words = {"kind": "instruction", "words": "请说明超时原因。", "days": "2"}
    return {"revoke": REASONS, "urge": {"target": f"item:{item.pk}", **words}}


KINDS = {"revoke": "card.revoked", "urge": "urging.sent"}
TITLES = {"revoke": "撤销预警牌", "urge": "发出督办"}


@pytest.mark.parametrize("verb", KINDS)
class TestEachVerb:
    def test_it_is_done_told_and_shown(
        self, client: Client, urls: dict[str, str], data: dict[str, Any], verb: str
    ) -> None:
        answer = client.post(urls[verb], data[verb], follow=True)

        assert answer.status_code == 200
        assert Event.objects.filter(kind=KINDS[verb]).count() == 1
        assert Message.objects.filter(kind=KINDS[verb]).exists()
        assert {"revoke": "系统故障所致。", "urge": "请说明超时原因。"}[
            verb
        ] in answer.content.decode()

    def test_the_chronicle_names_no_department_for_a_supervisor(
        self, client: Client, urls: dict[str, str], data: dict[str, Any], verb: str
    ) -> None:
        client.post(urls[verb], data[verb])

        text = client.get(urls["page"]).content.decode()
        (entry,) = re.findall(rf"{TITLES[verb]}</b>.*?· ([^<]+?)\s*<", text, re.DOTALL)
        assert entry.startswith("监督人员 ")

    def test_it_is_a_post(self, client: Client, urls: dict[str, str], verb: str) -> None:
        assert client.get(urls[verb]).status_code == 405

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.CLERK, Role.TALENT])
    def test_other_roles_are_refused(
        self, urls: dict[str, str], data: dict[str, Any], verb: str, role: Role
    ) -> None:
        other = Client()
        other.force_login(make_user("x", role))

        assert other.post(urls[verb], data[verb]).status_code == 403
        assert not Event.objects.filter(kind=KINDS[verb]).exists()

    def test_a_leader_reads_the_page_and_has_no_form(
        self, urls: dict[str, str], data: dict[str, Any], staff: dict[str, User], verb: str
    ) -> None:
        leader = Client()
        leader.force_login(staff["leader"])

        assert urls[verb] not in leader.get(urls["page"]).content.decode()
        assert leader.post(urls[verb], data[verb]).status_code == 403

    def test_a_wrong_state_is_said(
        self, client: Client, urls: dict[str, str], data: dict[str, Any], item: WorkItem, verb: str
    ) -> None:
        if verb == "revoke":
            client.post(urls[verb], data[verb])
        else:
            Case.objects.filter(pk=item.case_id).update(state=CaseState.COMPLETED, closed_at=MONDAY)

        answer = client.post(urls[verb], data[verb])

        assert answer.status_code == 409
        assert "已撤销" in answer.content.decode() or "不能督办" in answer.content.decode()

    def test_what_is_missing_is_said(
        self, client: Client, urls: dict[str, str], data: dict[str, Any], verb: str
    ) -> None:
        answer = client.post(urls[verb], data[verb] | {"reasons": "", "words": ""})

        text = answer.content.decode()
        assert answer.status_code == 422
        assert "请写明撤销理由。" in text or "请写明督办内容。" in text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"target": "item:0"}, "请从列表中选择督办的事项或部门。"),
        ({"target": ""}, "请选择督办的事项或部门。"),
        ({"days": "11"}, "不超过 10 个工作日。"),
        ({"kind": "threat"}, "请选择方式。"),
    ],
)
def test_a_wrong_urging_keeps_what_was_typed(
    client: Client,
    urls: dict[str, str],
    data: dict[str, Any],
    changed: dict[str, str],
    sentence: str,
) -> None:
    answer = client.post(urls["urge"], data["urge"] | changed)

    text = answer.content.decode()
    assert (answer.status_code, Urging.objects.count()) == (422, 0)
    assert sentence in text
    assert "请说明超时原因。" in text


def test_the_page_explains_each_deadline_with_both_limits(
    client: Client, urls: dict[str, str]
) -> None:
    with clock.at(on(23, 18)):
        text = client.get(urls["page"]).content.decode()

    assert "法定 —" in text
    assert "净 / 总用时" in text
    assert "应于 2026年11月23日 17:30 前办结，已超过时限" in text


def test_the_applicant_reads_one_line_and_no_words(
    client: Client, urls: dict[str, str], data: dict[str, Any], talent: User, item: WorkItem
) -> None:
    client.post(urls["urge"], data["urge"])
    own = Client()
    own.force_login(talent)

    text = own.get(reverse("cases:case", args=[item.case_id])).content.decode()

    assert text.count("监督部门已督办") == 1
    assert "请说明超时原因" not in text


class TestList:
    @pytest.fixture
    def sent(self, client: Client, item: WorkItem, staff: dict[str, User]) -> Callable[[str], None]:
        def send(words: str) -> None:
            supervisor = User.objects.get(username="jd")
            urging.send(
                case_id=item.case_id,
                supervisor=supervisor,
                kind="reminder",
                words=words,
                days=1,
                work_item_id=item.pk,
            )

        return send

    def test_filters_show_what_they_say(
        self, client: Client, sent: Callable[[str], None], staff: dict[str, User]
    ) -> None:
        for words in ("甲事", "乙事"):
            sent(words)
        first = Urging.objects.get(words="甲事")
        urging.answer(urging_id=first.pk, officer=staff["officer"], words="已办。")

        def shown(state: str, at: Any = MONDAY) -> set[str]:
            with clock.at(at):
                text = client.get(f"{LIST}?state={state}").content.decode()
            return {words for words in ("甲事", "乙事") if words in text}

        assert shown("open") == shown("nonsense") == {"乙事"}
        assert shown("answered") == {"甲事"}
        assert shown("all") == {"甲事", "乙事"}
        assert shown("overdue") == set()
        assert shown("overdue", on(24, 18)) == {"乙事"}

    @pytest.mark.parametrize(("role", "status"), [(Role.AUDITOR, 200), (Role.CLERK, 403)])
    def test_auditors_read_it_and_others_do_not(self, role: Role, status: int) -> None:
        reader = Client()
        reader.force_login(make_user("x", role))

        assert reader.get(LIST).status_code == status

    def test_statements_do_not_grow_with_the_rows(
        self, client: Client, sent: Callable[[str], None], django_assert_max_num_queries: Any
    ) -> None:
        for number in range(5):
            sent(f"第 {number} 次")

        with django_assert_max_num_queries(9):
            client.get(LIST)


def test_a_pause_that_began_after_a_clock_moved_back_is_shown_all_the_same(
    client: Client, item: WorkItem, urls: dict[str, str], staff: dict[str, User]
) -> None:
    with clock.at(on(26, 10)):
        review.pause(
            work_item_id=item.pk,
            officer=staff["officer"],
            reason="hearing",
            note="",
            expected_days=3,
        )

    with clock.at(on(24, 10)):
        text = client.get(urls["page"]).content.decode()

    assert "听证 0 个工作日，仍在暂停" in text


def test_the_chronicle_says_who_heard_of_an_urging_without_an_answer(
    client: Client, urls: dict[str, str], data: dict[str, dict[str, str]]
) -> None:
    calendar.load()
    client.post(urls["urge"], data["urge"])
    sweep(now=on(30, 10))

    text = client.get(urls["page"]).content.decode()

    assert "督办逾期未答复，告知部门负责人" in text
    assert "督办逾期未答复，告知监督人员" in text


def test_the_chronicle_says_whose_term_has_moved(
    client: Client, item: WorkItem, urls: dict[str, str], data: dict[str, dict[str, str]]
) -> None:
    calendar.load()
    client.post(urls["urge"], data["urge"])
    edit(date(2026, 11, 25))
    projection.reproject()

    text = client.get(urls["page"]).content.decode()

    assert "督办答复期限顺延" in text
    assert "补正期限顺延" not in text
