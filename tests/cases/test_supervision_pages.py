"""Breakdowns, courses of time, lists by cards and stages, live parts, downloads of supervision."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from cases import calendar
from cases.demo.samples import DONE, OWN_CASES, UNDER_WAY
from cases.models import Card, Case, WorkItem
from cases.supervision import figures, stages, tallies
from cases.supervision.pages import downloads, flow, overview
from cases.supervision.pages.frame import frame
from cases.supervision.scope import Grouping, Period, Scope
from cases.supervision.tables import MOST_ROWS, Table
from portal.accounts.models import Department, User
from portal.accounts.session_limits import POLL_HEADER
from tests.cases.staged import TODAY, staged

pytestmark = pytest.mark.django_db

OVERVIEW = "/supervision/"
LIST = "/supervision/work-items/"
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
LATE = WorkItem.objects.filter(due_at__lt=TODAY)


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with staged((*OWN_CASES, *UNDER_WAY[:8], *DONE[:4], DONE[7]), django_db_blocker):
        yield


@pytest.fixture
def client() -> Client:
    return signed_in("jiandu01")


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def page(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text)
    assert found
    return found[1]


def tables(**given: str) -> dict[str, Table]:
    """Return the breakdown of the front page as a supervisor sees it."""
    seen = frame(User.objects.get(username="jiandu01"), given)
    return {table.name: table for table in overview.sheets(seen)}


# ---- breakdowns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["department", "item", "one_thing", "district", "officer"])
def test_a_breakdown_adds_up_to_the_figures_of_all(by: Grouping) -> None:
    every = figures.overall(Scope(), now=TODAY, period=NOVEMBER)
    found = tables(by=by)

    standing = [[cell.value for cell in row.cells] for row in found["standing"].rows]
    done = [[cell.value for cell in row.cells] for row in found["done"].rows]

    titles = [column.title for column in found["done"].columns]
    assert sum(row[1] for row in standing) == every.open  # type: ignore[misc]
    assert sum(row[3] for row in standing) == every.red  # type: ignore[misc]
    assert sum(row[titles.index("办结")] for row in done) == every.decided  # type: ignore[misc]


@pytest.mark.parametrize("by", ["department", "item", "district", "officer"])
def test_each_number_of_a_breakdown_opens_a_list_of_so_many(client: Client, by: str) -> None:
    text = page(client, f"{OVERVIEW}?by={by}")
    links = re.findall(
        r'<a href="([^"]*)" id="(?:standing|done)-\d+-\d+">(?:<.*?>)*([\d,]+)<', text
    )

    assert len(links) > 4
    for url, number in links[:12]:
        assert heading(page(client, url.replace("&amp;", "&"))).endswith(f" {number} 件"), url


@pytest.mark.parametrize(
    ("by", "chosen", "name"),
    [("district", "district=none", "未登记区县"), ("officer", "officer=none", "未认领")],
)
def test_what_belongs_nowhere_can_be_looked_at_too(
    client: Client, by: Grouping, chosen: str, name: str
) -> None:
    Case.objects.filter(pk=WorkItem.objects.open()[0].case_id).update(district="")
    tallies.rebuild()
    open_ones = next(row for row in tables(by=by)["standing"].rows if row.cells[0].value == name)
    count, url = open_ones.cells[1].value, open_ones.cells[1].url

    assert count and chosen in url
    listed = page(client, url)
    assert heading(listed).endswith(f" {count:,} 件")
    assert name in listed
    narrowed = figures.overall(
        frame(User.objects.get(username="jiandu01"), dict([chosen.split("=")])).choice.scope,
        now=TODAY,
        period=NOVEMBER,
    )
    assert narrowed.open == count


def test_a_grouping_without_sense_shows_departments(client: Client) -> None:
    assert "现在：按部门" in page(client, f"{OVERVIEW}?by=moon")


def test_the_departments_time_is_kept_apart_from_the_citizens(client: Client) -> None:
    text = page(client, OVERVIEW)

    for words in ("等申请人", "等前一事项", "时限尚未起算", "不计部门用时"):
        assert words in text


def test_compression_stands_beside_the_time_before_and_a_missing_limit_is_a_dash() -> None:
    found = tables(by="item", period="year")["done"]
    titles = [column.title for column in found.columns]

    for row in found.rows:
        cells = dict(zip(titles, row.cells, strict=True))
        if cells["办结"].value and cells["改革前"].value:
            assert cells["比改革前压缩"].value is not None
        assert cells["比法定压缩"].words in {"", "—"}
        assert cells["比法定压缩"].value is None


# ---- who sees what ------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["department", "item", "district", "officer"])
def test_a_leader_reads_figures_of_the_own_department_only(by: str) -> None:
    client = signed_in("zhufang00")
    own = figures.overall(
        Scope(department=Department.objects.get(code="D03").pk), now=TODAY, period=NOVEMBER
    )

    text = page(client, f"{OVERVIEW}?by={by}&department=D01")

    assert "只能查看本部门的办件" in text
    assert re.search(rf'figure-open">.*?figure-value">{own.open}<', text, re.DOTALL)
    assert "市公安局" not in text


def test_a_leader_cannot_choose_an_officer_of_another_department() -> None:
    other = User.objects.get(username="renshe01")

    text = page(signed_in("zhufang00"), f"{LIST}?officer={other.pk}")

    assert "没有这位经办人" in text
    assert other.full_name not in text


def test_officers_can_be_chosen_once_a_department_is(client: Client) -> None:
    name = User.objects.get(username="zhufang01").full_name

    assert f">{name}</option>" not in page(client, OVERVIEW)
    assert f">{name}</option>" in page(client, f"{OVERVIEW}?department=D03")


# ---- lists --------------------------------------------------------------------------------------


def test_lists_tell_seen_cards_from_unseen_ones(client: Client) -> None:
    def count(query: str) -> int:
        found = re.search(r"(\d+) 件$", heading(page(client, f"{LIST}?clock=red&{query}")))
        return int(found[1]) if found else 0

    seen = LATE.filter(cards__level="red", cards__seen_at__isnull=False)
    assert count("seen=yes") + count("seen=no") == LATE.count()
    assert count("explained=no") == LATE.count()
    assert count("explained=yes") == 0
    assert seen.exclude(cards__seen_at=None).count() == count("seen=yes")


def test_red_ones_can_be_told_by_whose_time_it_was(client: Client) -> None:
    own = LATE.filter(cards__level="red", cards__stage="department").count()

    assert heading(page(client, f"{LIST}?clock=red&stage=department")) == f"红牌 {own} 件"
    assert "没有" in heading(page(client, f"{LIST}?clock=red&stage=delivery"))


def test_a_card_that_was_revoked_is_not_awaited(client: Client) -> None:
    card = Card.objects.filter(work_item__in=LATE, level="red", seen_at=None)[0]
    item = card.work_item
    item.cards.update(revoked_at=TODAY, revoked_by=User.objects.first(), revocation="误发")

    text = page(client, f"{LIST}?clock=red&seen=no")

    assert f"#item-{item.pk}" not in text


def test_the_list_of_issued_cards_is_of_the_period(client: Client) -> None:
    issued = Card.objects.filter(level="red", revoked_at=None, issued_at__lte=TODAY)
    november = issued.filter(issued_at__gte=datetime(2026, 11, 1, tzinfo=TODAY.tzinfo))
    items = {card.work_item_id for card in november}

    assert heading(page(client, f"{LIST}?clock=reds")) == f"本月亮红牌 {len(items)} 件"
    assert "没有亮红牌" in heading(
        page(client, f"{LIST}?clock=reds&period=range&from=2020-01-01&until=2020-01-31")
    )


def test_a_stage_opens_the_items_that_were_late_in_it(client: Client) -> None:
    late = stages.overtime(Scope(), NOVEMBER, now=TODAY, calendar=calendar.current())
    text = page(client, "/supervision/stages/")

    for stage, one in late.items():
        told = heading(page(client, f"{LIST}?stage={stage.value}"))
        label = f"{stages.STAGES[stage]}超时"
        assert told == (f"本月{label} {one.late} 件" if one.late else f"本月没有{label}的办件")
        assert label.removesuffix("超时") in text


def test_cases_of_a_list_do_not_name_the_applicant(client: Client) -> None:
    text = page(client, "/supervision/cases/?clock=accepted")

    assert re.search(r"本月受理 \d+ 件", heading(text))
    for case in Case.objects.exclude(answers={}):
        assert case.applicant_name not in text


# ---- course of time, bottlenecks, hours ---------------------------------------------------------


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_steps_of_a_trend_add_up_and_open_their_lists(client: Client, step: str) -> None:
    every = figures.overall(Scope(), now=TODAY, period=NOVEMBER)

    text = page(client, f"/supervision/trends/?step={step}")

    rows = re.findall(r'id="trend-\d+-4">(\d+)<', text)
    assert sum(map(int, rows)) == every.decided
    assert f"办结 {every.decided} 件" in heading(text)
    url = re.findall(r'<a href="([^"]*)" id="trend-\d+-4">', text)[-1]
    assert heading(page(client, url.replace("&amp;", "&"))).endswith(f" {rows[-1]} 件")


def test_a_trend_ends_today_and_names_its_step_by_the_period(client: Client) -> None:
    assert "11月24日</div>" in page(client, "/supervision/trends/")
    assert "11月25日</div>" not in page(client, "/supervision/trends/")
    assert "2026年1月</div>" in page(client, "/supervision/trends/?period=year")


def test_the_bottleneck_is_the_heading(client: Client) -> None:
    text = page(client, "/supervision/bottlenecks/?period=year")

    assert re.search(r"今年(堵在“.+”到“.+”之间|办结的 \d+ 件联办件没有|还没有)", heading(text))
    assert 'data-portal-chart="items"' in text


def test_the_hours_of_a_week_add_up(client: Client) -> None:
    received = Case.objects.filter(submitted_at__gte=datetime(2026, 1, 1, tzinfo=TODAY.tzinfo))

    text = page(client, "/supervision/hours/?period=year")

    assert heading(text).startswith(f"今年提交 {received.count()} 件联办件")
    fields = re.findall(r'<td class="heat-\d">(?:<a href="([^"]*)"[^>]*>)?(\d+)<', text)
    assert sum(int(number) for _, number in fields) == received.count()
    url, number = next((url, number) for url, number in fields if url)
    told = heading(page(client, url.replace("&amp;", "&")))
    assert re.fullmatch(rf"今年周. \d+ 时收件 {number} 件", told)
    (sheet,) = flow.hours_sheets(frame(User.objects.get(username="jiandu01"), {"period": "year"}))
    assert sheet.total and sheet.total.cells[-1].value == received.count()


def test_an_empty_period_says_so_everywhere(client: Client) -> None:
    nothing = "?period=range&from=2020-01-01&until=2020-01-31"

    for name in ("trends", "bottlenecks", "stages", "hours"):
        assert re.search("没有", heading(page(client, f"/supervision/{name}/{nothing}")))


# ---- live ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "work-items/", "cases/", "trends/", "hours/", "screen/"])
def test_a_script_gets_the_live_part_alone(client: Client, name: str) -> None:
    response = client.get(f"{OVERVIEW}{name}?department=D03", headers={"HX-Request": "true"})

    text = response.content.decode()
    assert "<html" not in text
    assert 'hx-get="/supervision/' in text
    assert "department=D03" in text
    assert "HX-Request" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


def test_asking_again_by_itself_does_not_keep_a_session_alive(client: Client) -> None:
    assert f'"{POLL_HEADER}": "1"' in page(client, OVERVIEW)
    assert POLL_HEADER not in page(client, "/supervision/screen/")


def test_the_big_screen_has_figures_and_no_ways(client: Client) -> None:
    text = page(client, "/supervision/screen/")

    assert "<nav" not in text
    assert heading(text) == heading(page(client, OVERVIEW))
    assert '<meta http-equiv="refresh" content="60">' in text


# ---- downloads ----------------------------------------------------------------------------------


def sheet(response: HttpResponse) -> Worksheet:
    assert response.status_code == 200
    found = load_workbook(BytesIO(response.content)).worksheets[0]
    assert isinstance(found, Worksheet)
    return found


@pytest.mark.parametrize("name", downloads.SHEETS)
def test_every_page_can_be_taken_along_as_excel(client: Client, name: str) -> None:
    response = client.get(f"/supervision/excel/{name}/?department=D03&period=year")

    cells = sheet(response)
    file_name = unquote(response["Content-Disposition"])
    assert "市住保房管局" in file_name and "2026年11月24日" in file_name
    note = str(cells["A2"].value)
    assert "2026年1月1日至2026年12月31日" in note
    assert "数据截至" in note


def test_a_list_as_excel_holds_every_row_as_text_and_dates(client: Client) -> None:
    item = LATE.select_related("case").order_by("due_at", "pk")[0]
    WorkItem.objects.filter(pk=item.pk).update(item_name="=HYPERLINK(1)")

    cells = sheet(client.get("/supervision/excel/work-items/?clock=red"))

    rows = list(cells.iter_rows(min_row=4))
    assert len(rows) == LATE.count()
    number, name, *_ = rows[0]
    assert (number.value, number.data_type) == (item.case.number, "s")
    assert (name.value, name.data_type) == ("=HYPERLINK(1)", "s")
    assert isinstance(rows[0][5].value, datetime)
    assert str(rows[0][6].value).startswith("红牌，超 ")


def test_a_long_list_says_that_it_was_cut(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("cases.supervision.tables", "cases.supervision.pages.lists"):
        monkeypatch.setattr(f"{module}.MOST_ROWS", 2)

    cells = sheet(client.get("/supervision/excel/work-items/"))

    assert "只列出前 2 行" in str(cells["A2"].value)
    assert cells.max_row == 5
    assert MOST_ROWS == 10_000


def test_a_leaders_file_holds_the_own_department_only() -> None:
    cells = sheet(signed_in("zhufang00").get("/supervision/excel/work-items/?department=D01"))

    departments = {row[2].value for row in cells.iter_rows(min_row=4)}
    assert departments == {"市住保房管局"}


def test_a_page_without_tables_is_not_found(client: Client) -> None:
    assert client.get("/supervision/excel/moon/").status_code == 404
