"""The supervisor's pages: who may see them, what stands on them, and filters that make no sense."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.demo.samples import DONE, OWN_CASES, UNDER_WAY
from cases.models import Case, WorkItem
from portal.accounts.models import User
from tests.cases.staged import TODAY, staged

pytestmark = pytest.mark.django_db

OVERVIEW = "/supervision/"
LIST = "/supervision/work-items/"
PAGES = [
    OVERVIEW,
    LIST,
    *(
        f"/supervision/{name}/"
        for name in ("cases", "trends", "bottlenecks", "stages", "hours", "screen")
    ),
    "/supervision/excel/overview/",
]


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with staged((*OWN_CASES, *UNDER_WAY[:8], DONE[7]), django_db_blocker):
        yield


@pytest.fixture
def client() -> Client:
    return signed_in("jiandu01")


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def page(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text)
    assert found
    return found[1]


def red() -> Any:
    return WorkItem.objects.filter(due_at__lt=TODAY)


def late_case() -> Case:
    return red().first().case


def urls() -> list[str]:
    return [*PAGES, reverse("cases:supervision-case", args=[late_case().pk])]


def statuses(client: Client, method: str = "get") -> set[int]:
    return {getattr(client, method)(url).status_code for url in urls()}


def test_the_heading_counts_the_red_cards_and_names_the_departments(client: Client) -> None:
    told = heading(page(client, OVERVIEW))

    assert f"{red().count()} 件亮红牌" in told
    for name in red().values_list("department__short_name", flat=True).distinct():
        assert name in told


def figures(text: str) -> dict[str, tuple[str, str]]:
    """Return the figures of the strips: name → (address of the list, value)."""
    return {
        name: (url.replace("&amp;", "&"), value)
        for url, name, value in re.findall(
            r'<a href="([^"]*)" id="figure-(\w+)">.*?figure-value">([^<]+)', text, re.DOTALL
        )
    }


def test_each_figure_opens_the_list_that_it_counts(client: Client) -> None:
    shown = figures(page(client, OVERVIEW))
    counted = [name for name in shown if name not in {"late", "median", "saved"}]

    assert len(counted) == 9
    for name in counted:
        url, value = shown[name]
        told = heading(page(client, url))
        assert told.endswith(f"{value} 件") or (value == "0" and "没有" in told), name


def test_the_rate_opens_the_late_and_the_days_open_the_decided(client: Client) -> None:
    shown = figures(page(client, OVERVIEW))

    assert "clock=late" in shown["late"][0]
    assert "clock=decided" in shown["median"][0]
    assert "by=item" in shown["saved"][0]


def test_auditors_read_the_same_pages() -> None:
    assert statuses(signed_in("shenji01")) == {200}


@pytest.mark.parametrize("username", ["demo0001", "window01", "renshe01", "bianji01", "admin01"])
def test_nobody_else_sees_them(username: str) -> None:
    assert statuses(signed_in(username)) == {403}


def test_who_is_not_signed_in_is_sent_to_sign_in() -> None:
    assert statuses(Client()) == {302}


def test_pages_are_only_read(client: Client) -> None:
    for method in ("post", "put", "delete"):
        assert statuses(client, method) == {405}


def test_a_leader_sees_the_own_department_only() -> None:
    client = signed_in("zhufang00")
    own = WorkItem.objects.filter(
        department__code="D03", state__in=["ready", "handling", "paused", "waiting"]
    ).count()

    text = page(client, f"{LIST}?department=D01")

    assert heading(text) == f"市住保房管局在办 {own} 件"
    assert "只能查看本部门的办件" in text
    assert "市公安局" not in page(client, OVERVIEW)


def test_a_leader_does_not_find_a_case_without_the_own_department() -> None:
    other = (
        Case.objects.filter(work_items__isnull=False)
        .exclude(work_items__department__code="D03")
        .exclude(work_items__co_departments__contains=["D03"])
        .first()
    )
    assert other

    page(signed_in("zhufang00"), reverse("cases:supervision-case", args=[other.pk]), status=404)


def test_a_draft_and_an_unknown_case_are_not_found(client: Client) -> None:
    draft = Case.objects.filter(state="draft").first()
    assert draft

    for pk in (draft.pk, uuid4()):
        page(client, reverse("cases:supervision-case", args=[pk]), status=404)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("department=D99", "没有这个部门"),
        ("item=X01", "没有这个事项"),
        ("one_thing=atlantis", "没有这个“一件事”"),
        ("district=999999", "没有这个区县"),
        ("officer=0", "没有这位经办人"),
        ("officer=1%3B--", "没有这位经办人"),
        ("officer=99999999999999999999", "没有这位经办人"),
        ("clock=blue", "没有这种时限状态"),
        ("stage=lunch", "没有这个环节"),
        ("at=8-10", "没有这个星期与钟点"),
        ("seen=maybe", "已显示全部"),
        ("explained=maybe", "已显示全部"),
        ("period=century", "没有这种统计期间"),
        ("period=range&from=2026-13-01&until=x", "起止日期不正确"),
        ("period=range&from=2026-11-02&until=2026-11-01", "起止日期不正确"),
        ("period=range&from=0001-01-01&until=9999-12-31", "起止日期不正确"),
        ("period=range&from=0001-01-01&until=0001-12-31", "起止日期不正确"),
        ("period=range&from=9999-12-01&until=9999-12-30", "起止日期不正确"),
        ("item=%00&page=zzz", "没有这个事项"),
    ],
)
def test_a_filter_without_sense_is_named_and_left_out(
    client: Client, query: str, told: str
) -> None:
    everything = heading(page(client, LIST))

    text = page(client, f"{LIST}?{query}")

    assert told in text
    assert heading(text) == everything
    for url in PAGES[:-1]:
        assert told in page(client, f"{url}?{query}")


def test_filters_narrow_the_list_and_stay_in_the_address(client: Client) -> None:
    expected = red().filter(item_code="P08").count()

    text = page(client, f"{LIST}?clock=red&item=P08&department=D03")

    assert heading(text) == f"市住保房管局、公租房货币补贴申请红牌 {expected} 件"
    assert "department=D03&amp;item=P08" in text


def test_an_old_period_has_nothing_decided_and_says_so(client: Client) -> None:
    text = page(client, f"{LIST}?clock=decided&period=range&from=2025-01-01&until=2025-01-31")

    assert heading(text) == "2025年1月1日至2025年1月31日没有办结的办件"
    assert "没有符合条件的办件" in text


def test_the_case_page_masks_people_and_says_who_saw_each_card(client: Client) -> None:
    case = Case.objects.filter(
        work_items__cards__seen_by__isnull=False, applicant_kind="person"
    ).first()
    assert case
    card = case.work_items.filter(cards__seen_by__isnull=False)[0].cards.exclude(seen_by=None)[0]
    assert card.seen_by

    text = page(client, reverse("cases:supervision-case", args=[case.pk]))

    assert f"{card.seen_by.full_name}，" in text
    for secret in (case.applicant_name, case.all_answers["p_id_no"], case.applicant.phone):
        assert secret not in text


def test_a_provisional_calendar_is_told(client: Client) -> None:
    assert "2027年的放假安排尚未载入" in page(client, OVERVIEW)


def test_statements_do_not_grow_with_the_rows(client: Client) -> None:
    def statements(url: str) -> int:
        page(client, url)
        with CaptureQueriesContext(connection) as queries:
            page(client, url)
        return len(queries)

    assert statements(f"{LIST}?clock=open") <= statements(f"{LIST}?clock=red&item=P08") + 1
    assert statements(f"{LIST}?clock=open") <= 14
    assert statements(OVERVIEW) <= 24
    for grouping in ("item", "one_thing", "district", "officer"):
        assert statements(f"{OVERVIEW}?by={grouping}") <= 30
    for name in ("cases", "trends", "bottlenecks", "stages", "hours", "screen"):
        assert statements(f"/supervision/{name}/") <= 16
