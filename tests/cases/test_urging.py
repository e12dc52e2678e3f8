"""Urging: sent by a supervisor, answered once by the department, on a clock of its own."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from cases import calendar, urging
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Case, CaseState, Urging, WorkItem
from cases.sweep import sweep
from notifications.models import Message
from policies.models import OneThing
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, make_user
from tests.cases.desks import make_case, make_desk, make_work_item, on, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

WORDS: dict[str, Any] = {"kind": "reminder", "words": "请抓紧办理。", "days": 2}


@pytest.fixture
def staff(one_thing: OneThing) -> dict[str, User]:
    return make_desk(one_thing)


@pytest.fixture
def supervisor(db: None) -> User:
    return make_user("jd", Role.SUPERVISOR, full_name="监督", phone="13900000099")


@pytest.fixture
def work_item(one_thing: OneThing, talent: User, staff: dict[str, User]) -> WorkItem:
    case = make_case(one_thing, talent, MONDAY)
    return make_work_item(case, days=15, claimed_by=staff["officer"])


@pytest.fixture
def sent(work_item: WorkItem, supervisor: User) -> Urging:
    found = urging.send(
        case_id=work_item.case_id, supervisor=supervisor, work_item_id=work_item.pk, **WORDS
    )
    Message.objects.all().delete()
    return found


class TestSending:
    def send(self, work_item: WorkItem, supervisor: User, **changes: Any) -> Urging:
        target = {"work_item_id": work_item.pk} if "department_id" not in changes else {}
        return urging.send(
            case_id=work_item.case_id, supervisor=supervisor, **{**WORDS, **target, **changes}
        )

    def test_the_answer_is_due_at_the_close_of_the_last_working_day(
        self, work_item: WorkItem, supervisor: User
    ) -> None:
        with clock.at(on(27, 18)):  # a Friday evening
            sent = self.send(work_item, supervisor)

        assert sent.due_at == sent.check_at == MONDAY.replace(month=12, day=1, hour=17, minute=30)
        assert sent.department == work_item.department

    def test_a_reminder_reaches_whoever_holds_the_item(
        self, work_item: WorkItem, supervisor: User
    ) -> None:
        self.send(work_item, supervisor)

        assert told("urging.sent") == {("o1", "inbox"), ("o1", "sms")}
        assert "催办" in Message.objects.filter(channel="sms")[0].body
        assert Event.objects.get(kind="urging.sent").actor == supervisor

    def test_an_instruction_reaches_the_leaders_too(
        self, work_item: WorkItem, supervisor: User
    ) -> None:
        self.send(work_item, supervisor, kind="instruction")

        assert {name for name, _ in told("urging.sent")} == {"o1", "l1"}

    def test_a_department_is_urged_about_the_whole_case(
        self, work_item: WorkItem, supervisor: User
    ) -> None:
        sent = self.send(work_item, supervisor, department_id=work_item.department_id)

        assert sent.work_item is None
        assert {name for name, _ in told("urging.sent")} == {"o1", "o2"}
        assert urging.desk_item(sent) == work_item

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"words": " "}, "words"),
            ({"days": 0}, "days"),
            ({"days": 11}, "days"),
            ({"kind": "threat"}, "kind"),
            ({"work_item_id": 0}, "target"),
        ],
    )
    def test_what_is_missing_or_wrong_is_named(
        self, work_item: WorkItem, supervisor: User, changed: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Incomplete) as refusal:
            self.send(work_item, supervisor, **changed)
        assert set(refusal.value.problems) == {field}
        assert not Urging.objects.exists()

    def test_a_second_click_sends_nothing_more_until_the_answer(
        self, work_item: WorkItem, supervisor: User, staff: dict[str, User]
    ) -> None:
        first = self.send(work_item, supervisor)

        with pytest.raises(AlreadyHandled, match="正在等待答复"):
            self.send(work_item, supervisor)
        self.send(work_item, supervisor, words="请今天答复。")
        urging.answer(urging_id=first.pk, officer=staff["officer"], words="正在办理。")
        self.send(work_item, supervisor)

        assert Urging.objects.count() == 3

    def test_a_department_without_a_part_in_the_case_is_not_urged(
        self, work_item: WorkItem, supervisor: User, staff: dict[str, User]
    ) -> None:
        with pytest.raises(Incomplete):
            self.send(work_item, supervisor, department_id=staff["stranger"].department_id)

    def test_a_case_that_is_over_is_not_urged(self, work_item: WorkItem, supervisor: User) -> None:
        Case.objects.filter(pk=work_item.case_id).update(
            state=CaseState.COMPLETED, closed_at=MONDAY
        )

        with pytest.raises(AlreadyHandled):
            self.send(work_item, supervisor)

    @pytest.mark.parametrize("who", ["officer", "leader"])
    def test_only_supervisors_urge(
        self, work_item: WorkItem, staff: dict[str, User], who: str
    ) -> None:
        with pytest.raises(PermissionDenied):
            self.send(work_item, staff[who])


class TestAnswering:
    def test_the_sender_is_told_and_the_ladder_ends(
        self, sent: Urging, staff: dict[str, User], supervisor: User
    ) -> None:
        calendar.load()
        urging.answer(urging_id=sent.pk, officer=staff["colleague"], words="今日办结。")

        answered = Urging.objects.get(pk=sent.pk)
        sweep(now=MONDAY + timedelta(days=14))
        assert (answered.answer, answered.answered_by) == ("今日办结。", staff["colleague"])
        assert answered.check_at is None
        assert told("urging.answered") == {("jd", "inbox")}
        assert told("urging.overdue") == set()

    def test_without_an_answer_leaders_and_then_supervisors_hear_of_it(self, sent: Urging) -> None:
        calendar.load()

        sweep(now=on(25, 17, 29))
        assert told("urging.overdue") == set()

        sweep(now=on(25, 17, 31))
        assert {name for name, _ in told("urging.overdue")} == {"l1"}
        sweep(now=on(27, 10))
        assert {name for name, _ in told("urging.overdue")} == {"l1", "jd"}

    def test_it_is_answered_once(self, sent: Urging, staff: dict[str, User]) -> None:
        urging.answer(urging_id=sent.pk, officer=staff["officer"], words="今日办结。")

        with pytest.raises(AlreadyHandled):
            urging.answer(urging_id=sent.pk, officer=staff["leader"], words="已督促。")
        assert Urging.objects.get().answer == "今日办结。"

    def test_an_answer_has_words(self, sent: Urging, staff: dict[str, User]) -> None:
        with pytest.raises(Incomplete):
            urging.answer(urging_id=sent.pk, officer=staff["officer"], words=" ")

    def test_another_department_does_not_answer(
        self, sent: Urging, staff: dict[str, User], supervisor: User
    ) -> None:
        for who in (staff["stranger"], supervisor):
            with pytest.raises(PermissionDenied):
                urging.answer(urging_id=sent.pk, officer=who, words="今日办结。")
