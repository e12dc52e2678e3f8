"""The officer's desk in the admin site: who gets in, the list, and the page of one work item."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import intake, review
from cases.models import Case, WorkItem
from cases.numbering import spaced
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item, make_user
from tests.cases.desks import LIST, listed, make_case, make_work_item, page_of
from tests.cases.people import GRADUATE, GRADUATE_ID

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]


class TestList:
    def test_the_desk_shows_its_own_department_only(self, desk: Client, accepted: Make) -> None:
        case = accepted("P01", "P02", "P03")

        rows = listed(desk.get(reverse(LIST)))

        own = WorkItem.objects.filter(case=case, department__code="D01")
        assert set(rows) == set(own)
        assert len(rows) < case.work_items.count()

    def test_the_most_urgent_comes_first_and_waiting_items_last(
        self, desk: Client, one_thing: Any, talent: User, accepted: Make
    ) -> None:
        case = accepted("P01", "P04")
        slow = make_work_item(make_case(one_thing, talent, MONDAY), days=9)
        quick = make_work_item(make_case(one_thing, talent, MONDAY), days=0)

        rows = listed(desk.get(reverse(LIST)))

        assert rows == [quick, item(case, "P01"), slow, item(case, "P04")]

    def test_a_row_says_number_item_masked_name_state_and_days(
        self, desk: Client, accepted: Make
    ) -> None:
        case = accepted("P05")

        text = desk.get(reverse(LIST)).content.decode()

        for shown in (spaced(str(case)), "人事档案转移", "陈**", "待认领", "剩 "):
            assert shown in text
        assert "陈晓明" not in text

    def test_a_card_stands_as_word_and_shape_and_in_the_heading(
        self, desk: Client, one_thing: Any, talent: User
    ) -> None:
        make_work_item(make_case(one_thing, talent, MONDAY), days=0)

        with clock.at(MONDAY + timedelta(days=2)):
            text = desk.get(reverse(LIST)).content.decode()

        assert '<span class="card red">红牌 · 超 2 个工作日</span>' in text
        assert "1 件在办，其中 1 件红牌、1 件待认领" in text

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({}, 3),
            ({"state": "todo"}, 3),
            ({"state": "decided"}, 1),
            ({"claim": "mine"}, 1),
            ({"claim": "none"}, 2),
            ({"card": "red"}, 1),
            ({"card": "yellow"}, 0),
            ({"state": "nonsense"}, 3),
        ],
    )
    def test_filters_stand_in_the_address(
        self,
        desk: Client,
        officer: User,
        one_thing: Any,
        talent: User,
        query: dict[str, str],
        count: int,
    ) -> None:
        items = [
            make_work_item(make_case(one_thing, talent, MONDAY), days=days) for days in (0, 9, 9, 9)
        ]
        for one in items[1:3]:
            review.claim(work_item_id=one.pk, officer=officer)
        review.approve(work_item_id=items[1].pk, officer=officer, result_number="示例 1 号")

        with clock.at(MONDAY + timedelta(days=1)):
            assert len(listed(desk.get(reverse(LIST), query))) == count

    @pytest.mark.parametrize("part", ["whole", "tail"])
    def test_a_case_is_found_by_its_number(self, desk: Client, accepted: Make, part: str) -> None:
        case = accepted("P05")
        accepted("P05")
        number = str(case.number)

        rows = listed(desk.get(reverse(LIST), {"q": number if part == "whole" else number[-6:]}))

        assert rows == [item(case, "P05")]

    @pytest.mark.parametrize("typed", ["陈晓明", GRADUATE_ID])
    def test_nothing_is_found_by_personal_data(
        self, desk: Client, accepted: Make, typed: str
    ) -> None:
        accepted("P05")

        answer = desk.get(reverse(LIST), {"q": typed})

        assert listed(answer) == []
        assert "请输入 20 位受理码或其末六位" in answer.content.decode()

    def test_an_item_with_another_department_can_be_read_among_the_joined_ones(
        self, client: Client, officers: dict[str, User], accepted: Make
    ) -> None:
        case = accepted("P01", "P04")
        client.force_login(officers["D02"])

        assert listed(client.get(reverse(LIST))) == []
        assert listed(client.get(reverse(LIST), {"claim": "joined"})) == [item(case, "P04")]

    def test_an_empty_desk_says_what_it_means(self, desk: Client) -> None:
        text = desk.get(reverse(LIST)).content.decode()

        assert "没有在办的办件" in text
        assert "这里没有办件" in text

    def test_the_number_of_queries_does_not_grow_with_the_rows(
        self, desk: Client, one_thing: Any, talent: User
    ) -> None:
        def fill(count: int) -> None:
            for _ in range(count):
                make_work_item(make_case(one_thing, talent, MONDAY))

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                answer = desk.get(reverse(LIST))
            assert len(listed(answer)) == WorkItem.objects.count()
            return len(captured)

        fill(3)
        queries()  # reads the calendar into memory
        few = queries()
        fill(27)

        assert queries() == few


class TestAccess:
    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.EDITOR, Role.ADMINISTRATOR])
    def test_other_roles_of_the_admin_site_have_no_desk(
        self, client: Client, accepted: Make, role: Role
    ) -> None:
        case = accepted("P05")
        client.force_login(make_user("someone", role))

        assert client.get(reverse(LIST)).status_code == 403
        assert client.get(page_of(item(case, "P05"))).status_code == 403

    @pytest.mark.parametrize("role", [Role.CLERK, Role.SUPERVISOR, Role.TALENT])
    def test_who_does_not_belong_there_never_reads_a_work_item(
        self, client: Client, accepted: Make, role: Role
    ) -> None:
        case = accepted("P05")
        client.force_login(make_user("someone", role))

        assert client.get(page_of(item(case, "P05"))).status_code in {302, 403}

    def test_another_department_finds_nothing(
        self, client: Client, officers: dict[str, User], accepted: Make
    ) -> None:
        case = accepted("P05")
        client.force_login(officers["D03"])

        assert client.get(page_of(item(case, "P05"))).status_code == 404

    def test_a_department_that_takes_part_reads_and_has_no_buttons(
        self, client: Client, officers: dict[str, User], accepted: Make
    ) -> None:
        case = accepted("P01", "P04")
        client.force_login(officers["D02"])

        answer = client.get(page_of(item(case, "P04")))

        assert answer.status_code == 200
        assert answer.context["verbs"] == ()
        assert "本部门参与会办" in answer.content.decode()
        assert "/reveal/" not in answer.content.decode()


class TestPage:
    def test_it_shows_the_answers_and_materials_of_this_item_alone(
        self, client: Client, officers: dict[str, User], accepted: Make
    ) -> None:
        case = accepted("P01", "P02", "P05")
        client.force_login(officers["D06"])

        text = client.get(page_of(item(case, "P02"))).content.decode()

        assert "330199********5012" in text
        for hidden in (GRADUATE_ID, "陈晓明", GRADUATE["p_mobile"]):
            assert hidden not in text
        for foreign in ("示例大学档案馆", "月工资", "调档"):
            assert foreign not in text

    def test_a_predecessor_s_result_is_a_material_with_its_number(
        self, client: Client, officers: dict[str, User], accepted: Make
    ) -> None:
        case = accepted("P01", "P02")
        client.force_login(officers["D06"])
        waiting = client.get(page_of(item(case, "P02"))).content.decode()
        first = item(case, "P01")
        review.claim(work_item_id=first.pk, officer=officers["D01"])
        review.approve(work_item_id=first.pk, officer=officers["D01"], result_number="参保 1 号")

        text = client.get(page_of(item(case, "P02"))).content.decode()

        assert "等职工参保登记的结果" in waiting
        assert "文号 参保 1 号，市" in text or "文号 参保 1 号，杭州" in text

    def test_the_clock_is_explained_and_no_statutory_limit_is_made_up(
        self, desk: Client, accepted: Make
    ) -> None:
        text = desk.get(page_of(item(accepted("P05"), "P05"))).content.decode()

        assert "2026年11月23日 10:00" in text
        assert "当日不计" in text
        assert "法定时限</dt><dd>—" in text

    @pytest.mark.parametrize(
        ("state", "verbs"),
        [
            ("ready", ("claim",)),
            ("handling", ("approve", "refuse", "ask", "pause")),
            ("paused", ("resume",)),
            ("approved", ()),
        ],
    )
    def test_the_buttons_follow_the_state(
        self, desk: Client, officer: User, accepted: Make, state: str, verbs: tuple[str, ...]
    ) -> None:
        found = item(accepted("P05"), "P05")
        if state != "ready":
            review.claim(work_item_id=found.pk, officer=officer)
        if state == "paused":
            review.pause(
                work_item_id=found.pk, officer=officer, reason="hearing", note="", expected_days=3
            )
        if state == "approved":
            review.approve(work_item_id=found.pk, officer=officer, result_number="1 号")

        text = desk.get(page_of(found)).content.decode()

        shown = {
            verb
            for verb in ("claim", "approve", "refuse", "ask", "pause", "resume", "take_over")
            if f'action="{reverse(f"admin:cases_workitem_{verb}", args=[found.pk])}"' in text
        }
        assert shown == set(verbs)

    def test_a_case_withdrawn_under_the_officer_s_hands_is_only_read(
        self, desk: Client, officer: User, accepted: Make
    ) -> None:
        found = item(accepted("P05"), "P05")
        review.claim(work_item_id=found.pk, officer=officer)
        intake.withdraw(case_id=found.case_id, actor=found.case.applicant)

        answer = desk.get(page_of(found))

        assert answer.context["verbs"] == ()
        assert "已撤回" in answer.content.decode()

    def test_reading_writes_nothing(self, desk: Client, accepted: Make) -> None:
        found, events = item(accepted("P05"), "P05"), Event.objects.count()

        desk.get(page_of(found))

        assert Event.objects.count() == events
