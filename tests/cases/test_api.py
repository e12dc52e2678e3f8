"""The machine interface: the same scopes as the pages, every answer JSON, every refusal Chinese."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases import review
from cases.models import Case, WorkItem
from portal.accounts.models import Role, User
from tests.cases.conftest import item, make_user
from tests.cases.steps import Officers, claimed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]


@pytest.fixture
def work_item(accepted: Make) -> WorkItem:
    """P01 of one working day, accepted Monday 10:00."""
    return item(accepted("P01"), "P01")


def url(work_item: WorkItem) -> str:
    return reverse("api:work-item-deadline", args=[work_item.pk])


def asked(client: Client, user: User, work_item: WorkItem) -> Any:
    client.force_login(user)
    response = client.get(url(work_item))
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    return response.json()


def test_the_department_reads_limits_start_steps_and_warning(
    client: Client, officers: Officers, work_item: WorkItem
) -> None:
    told = asked(client, officers[work_item.department.code], work_item)

    assert told["item"] == "P01"
    assert told["binding"] == "promised"
    assert told["statutory_days"] is None
    assert told["started_by"] == "acceptance"
    assert told["started_at"] == "2026-11-23T10:00:00+08:00"
    assert told["budget"] == told["promised_days"] == work_item.promised_days
    assert datetime.fromisoformat(told["due_at"]) == work_item.due_at
    assert told["due_at"].endswith("T17:30:00+08:00")
    assert told["used"] == {"net": 0.0, "gross": 0.0}
    kinds = [step["kind"] for step in told["steps"]]
    assert kinds[:3] == ["start", "limit", "rule"]
    assert kinds[-2:] == ["due", "yellow"]
    assert all(step["source"] for step in told["steps"] if step["kind"] in {"start", "rule"})


def test_the_applicant_reads_the_same_without_warnings(
    client: Client, talent: User, work_item: WorkItem
) -> None:
    told = asked(client, talent, work_item)

    assert datetime.fromisoformat(told["due_at"]) == work_item.due_at
    assert told["yellow_at"] is None
    assert "yellow" not in {step["kind"] for step in told["steps"]}


def test_a_paused_item_has_no_due_instant_but_says_what_resuming_would_mean(
    client: Client, officers: Officers, accepted: Make
) -> None:
    work_item = claimed(accepted("P01"), "P01", officers)
    officer = officers[work_item.department.code]
    hand = {"work_item_id": work_item.pk, "officer": officer}
    review.pause(**hand, reason="testing", note="", expected_days=2)

    told = asked(client, officer, work_item)

    assert (told["state"], told["due_at"]) == ("paused", None)
    assert told["paused_at"] == "2026-11-23T10:00:00+08:00"
    assert told["if_resumed_now"]["due_on"]


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR, Role.CLERK])
def test_who_may_read_every_work_item_may_ask(
    client: Client, work_item: WorkItem, role: Role
) -> None:
    assert asked(client, make_user("reader", role), work_item)["item"] == "P01"


def test_strangers_and_other_departments_find_nothing(
    client: Client, stranger: User, officers: Officers, work_item: WorkItem
) -> None:
    other = next(user for code, user in officers.items() if code != work_item.department.code)
    for user in (stranger, other):
        client.force_login(user)

        response = client.get(url(work_item))

        assert response.status_code == 404
        assert response.json() == {"detail": "没有这项内容，或者您无权查看。"}


def test_what_does_not_exist_looks_the_same(client: Client, talent: User) -> None:
    client.force_login(talent)

    for pk in (0, 99, 10**30):
        response = client.get(f"/api/work-items/{pk}/deadline/")
        assert response.status_code == 404
        assert response.json() == {"detail": "没有这项内容，或者您无权查看。"}


def test_without_signing_in_the_answer_is_401_in_chinese(
    client: Client, work_item: WorkItem
) -> None:
    response = client.get(url(work_item), headers={"Accept": "application/json"})

    assert response.status_code == 401
    assert response.json() == {"detail": "未登录或登录已过期，请先登录。"}


def test_only_reading_is_possible(client: Client, talent: User, work_item: WorkItem) -> None:
    client.force_login(talent)

    response = client.post(url(work_item), {}, content_type="application/json")

    assert response.status_code == 405
    assert "不被允许" in response.json()["detail"]


def test_no_other_format_is_offered(client: Client, talent: User, work_item: WorkItem) -> None:
    client.force_login(talent)

    response = client.get(url(work_item), headers={"Accept": "text/html,*/*"})

    assert response["Content-Type"] == "application/json"


def test_statements_do_not_grow_with_the_case(
    client: Client,
    talent: User,
    accepted: Make,
    django_assert_max_num_queries: Any,
) -> None:
    work_item = item(accepted("P01", "P02", "P04", "P05", "P07", "P08"), "P08")
    asked(client, talent, work_item)

    with django_assert_max_num_queries(8):
        asked_again = client.get(url(work_item))

    assert asked_again.status_code == 200


def test_what_a_view_is_called_in_the_code_is_nobodys_business(
    client: Client, talent: User, work_item: WorkItem
) -> None:
    client.force_login(talent)

    response = client.options(url(work_item))

    assert response.status_code == 405
    assert response.json() == {"detail": "方法 “OPTIONS” 不被允许。"}
