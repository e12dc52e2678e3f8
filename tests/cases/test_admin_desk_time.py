"""Time at the officer's desk: cards explained, extensions asked and decided, urgings answered."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from cases import extending, review, urging
from cases.models import Card, Extension, Level, WorkItem
from cases.sweep import sweep
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, make_user
from tests.cases.desks import LIST, make_case, make_desk, make_work_item, on, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

EXTENSION = {"days": "2", "reasons": "需要向原籍档案馆核实。"}
WHY = {"cause": "complex", "explanation": "核查耗时。", "measure": "已加派人手。"}
# address → what is posted, kind of the event it writes once, who may
POSTS: dict[str, tuple[dict[str, str], str, str]] = {
    "extend": (EXTENSION, "extension.asked", "officer"),
    "grant": ({"note": ""}, "extension.granted", "leader"),
    "deny": ({"note": "理由不充分。"}, "extension.refused", "leader"),
    "explain": (WHY, "card.explained", "officer"),
    "answer": ({"words": "今日办结。"}, "urging.answered", "officer"),
}


@pytest.fixture
def staff(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing) | {"supervisor": make_user("jd", Role.SUPERVISOR)}


@pytest.fixture
def ready(one_thing: OneThing, talent: User, staff: dict[str, User]) -> Callable[[str], str]:
    """Bring a work item to where an address may be posted to, and return the address."""

    def bring(verb: str) -> str:
        case = make_case(one_thing, talent, MONDAY)
        item = make_work_item(case, days=3, claimed_by=staff["officer"])
        more = []
        if verb in {"grant", "deny"}:
            extending.ask(work_item_id=item.pk, officer=staff["officer"], days=2, reasons="核实。")
        if verb == "explain":
            sweep(now=on(25, 10))
            more = [Card.objects.get(level=Level.YELLOW).pk]
        if verb == "answer":
            sent = urging.send(
                case_id=case.pk,
                supervisor=staff["supervisor"],
                kind="instruction",
                words="请说明原因。",
                days=2,
                work_item_id=item.pk,
            )
            more = [sent.pk]
        return reverse(f"admin:cases_workitem_{verb}", args=[item.pk, *more])

    return bring


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("verb", POSTS)
class TestEachVerb:
    def test_it_is_done_and_said(
        self, staff: dict[str, User], ready: Callable[[str], str], verb: str
    ) -> None:
        data, kind, who = POSTS[verb]

        answer = signed_in(staff[who]).post(ready(verb), data, follow=True)

        assert answer.status_code == 200
        assert [str(one.level_tag) for one in answer.context["messages"]] == ["success"]
        assert Event.objects.filter(kind=kind, actor=staff[who]).count() == 1

    def test_the_same_post_again_is_handled_already(
        self, staff: dict[str, User], ready: Callable[[str], str], verb: str
    ) -> None:
        data, _, who = POSTS[verb]
        url, client = ready(verb), signed_in(staff[who])
        client.post(url, data)
        done = (Event.objects.count(), Message.objects.count())

        answer = client.post(url, data)

        assert answer.status_code == 409
        assert (Event.objects.count(), Message.objects.count()) == done

    def test_it_is_a_post(
        self, staff: dict[str, User], ready: Callable[[str], str], verb: str
    ) -> None:
        assert signed_in(staff[POSTS[verb][2]]).get(ready(verb)).status_code == 405

    def test_another_department_finds_nothing(
        self, staff: dict[str, User], ready: Callable[[str], str], verb: str
    ) -> None:
        answer = signed_in(staff["stranger"]).post(ready(verb), POSTS[verb][0])

        assert answer.status_code == 404

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
    def test_roles_without_a_desk_are_refused(
        self, ready: Callable[[str], str], verb: str, role: Role
    ) -> None:
        assert signed_in(make_user("x", role)).post(ready(verb)).status_code == 403

    def test_the_page_offers_it_with_a_key(
        self, staff: dict[str, User], ready: Callable[[str], str], verb: str
    ) -> None:
        url = ready(verb)
        page = re.sub(r"/(extend|grant|deny|cards|urgings)/.*", "/change/", url)
        key = {"extend": "e", "grant": "a", "deny": "a", "explain": "x", "answer": "d"}[verb]

        text = signed_in(staff[POSTS[verb][2]]).get(page).content.decode()

        assert url in text
        assert f'data-portal-key="{key}"' in text
        assert f"<kbd>{key.upper()}</kbd>" in text


@pytest.mark.parametrize(
    ("verb", "data", "sentence", "kept"),
    [
        ("extend", {"days": "11", "reasons": "需要核实"}, "不超过 10 个工作日。", "需要核实"),
        ("extend", {"days": "0", "reasons": "需要核实"}, "至少 1 个工作日。", "需要核实"),
        ("extend", {"days": "两", "reasons": ""}, "请写明延期理由。", "两"),
        ("deny", {"note": ""}, "不予批准的，请写明理由。", ""),
        ("explain", WHY | {"measure": ""}, "请写明整改措施。", "核查耗时。"),
        ("explain", WHY | {"cause": "weather"}, "请从列表中选择原因。", "已加派人手。"),
        ("answer", {"words": ""}, "请写明办理情况。", ""),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    staff: dict[str, User],
    ready: Callable[[str], str],
    verb: str,
    data: dict[str, str],
    sentence: str,
    kept: str,
) -> None:
    url, events = ready(verb), Event.objects.count()

    answer = signed_in(staff[POSTS[verb][2]]).post(url, data)

    text = answer.content.decode()
    assert (answer.status_code, Event.objects.count()) == (422, events)
    assert sentence in text
    assert kept in text


def test_too_late_an_extension_says_so(staff: dict[str, User], ready: Callable[[str], str]) -> None:
    url = ready("grant")

    with clock.at(on(26, 17, 31)):
        answer = signed_in(staff["leader"]).post(url, {"note": ""})

    assert answer.status_code == 409
    assert "已超过时限，不能再延期" in answer.content.decode()


def test_an_officer_does_not_grant(staff: dict[str, User], ready: Callable[[str], str]) -> None:
    url = ready("grant")

    assert signed_in(staff["colleague"]).post(url, {"note": ""}).status_code == 403
    assert Extension.objects.get().decided_at is None


def test_an_extension_stands_on_page_timeline_and_clock(
    staff: dict[str, User], ready: Callable[[str], str]
) -> None:
    signed_in(staff["leader"]).post(ready("grant"), {"note": "同意。"})

    text = signed_in(staff["officer"]).get(page_of(WorkItem.objects.get())).content.decode()

    assert "批准延期" in text
    assert "经本部门负责人批准延长" in text
    assert "2026年11月30日 17:30" in text


class TestRecord:
    @pytest.fixture
    def late(self, one_thing: OneThing, talent: User, staff: dict[str, User]) -> WorkItem:
        case = make_case(one_thing, talent, MONDAY)
        return make_work_item(case, days=1, claimed_by=staff["officer"])

    def page(self, user: User, item: WorkItem, at: datetime) -> str:
        with clock.at(at):
            return signed_in(user).get(page_of(item)).content.decode()

    def test_it_says_basis_owner_and_that_yellow_turned_red(
        self, late: WorkItem, staff: dict[str, User]
    ) -> None:
        sweep(now=on(24, 18))

        text = self.page(staff["officer"], late, on(24, 18))

        assert "承诺时限 1 个工作日" in text
        assert "已转红牌" in text
        assert text.count("尚未知悉") == 2
        assert text.count('data-portal-key="x"') == 1

    def test_lateness_of_the_window_is_said_to_be_the_window_s(
        self, late: WorkItem, staff: dict[str, User]
    ) -> None:
        WorkItem.objects.filter(pk=late.pk).update(desk_at=on(24, 10))
        sweep(now=on(24, 18))

        assert "计入窗口，不计入部门" in self.page(staff["officer"], late, on(24, 18))

    def test_an_explained_card_shows_who_said_what(
        self, late: WorkItem, staff: dict[str, User]
    ) -> None:
        sweep(now=on(24, 18))
        card = Card.objects.get(level=Level.RED)
        url = reverse("admin:cases_workitem_explain", args=[late.pk, card.pk])
        signed_in(staff["officer"]).post(url, WHY)

        text = self.page(staff["leader"], late, on(24, 18))

        assert "情况复杂，核查耗时" in text
        assert WHY["measure"] in text
        assert url not in text


class TestApprovals:
    URL = "/admin/cases/workitem/approvals/"

    def test_a_leader_finds_what_waits_for_them(
        self, staff: dict[str, User], ready: Callable[[str], str]
    ) -> None:
        ready("grant")
        client = signed_in(staff["leader"])

        text = client.get(self.URL).content.decode()

        assert "1 件延期待您批准" in text
        assert page_of(WorkItem.objects.get()) in text
        assert "待我处理（1）" in client.get(reverse(LIST)).content.decode()

    def test_what_is_decided_leaves_the_page(
        self, staff: dict[str, User], ready: Callable[[str], str]
    ) -> None:
        client = signed_in(staff["leader"])
        client.post(ready("deny"), {"note": "理由不充分。"})

        assert "没有待您处理的延期和红牌" in client.get(self.URL).content.decode()

    def test_what_the_leader_holds_goes_to_another_one(
        self, staff: dict[str, User], ready: Callable[[str], str]
    ) -> None:
        ready("extend")
        item = WorkItem.objects.get()
        review.take_over(work_item_id=item.pk, leader=staff["leader"])
        extending.ask(work_item_id=item.pk, officer=staff["leader"], days=1, reasons="核实。")

        assert "没有待您处理" in signed_in(staff["leader"]).get(self.URL).content.decode()

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
    def test_nobody_but_leaders(self, staff: dict[str, User], role: Role) -> None:
        for user in (staff["officer"], make_user("x", role)):
            assert signed_in(user).get(self.URL).status_code == 403


def test_too_long_a_note_is_refused_in_plain_words_and_kept(
    ready: Callable[[str], str], client: Client, staff: dict[str, User]
) -> None:
    address = ready("extend").replace("extend", "pause")
    client.force_login(staff["officer"])
    note = "说" * 201

    answer = client.post(address, {"reason": "hearing", "note": note, "expected_days": "3"})

    assert answer.status_code == 422
    assert "不超过 200 个字。" in answer.content.decode()
    assert note in answer.content.decode()
    assert not WorkItem.objects.filter(state="paused").exists()
