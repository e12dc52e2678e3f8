"""The supervisor's pages in a real browser, under the real content policy: charts, keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from cases.models import Case
from portal.accounts.models import Role, User
from tests.cases.conftest import make_user
from tests.cases.steps import approved

pytestmark = pytest.mark.usefixtures("transactional_db", "one_thing", "decided")

PAGES = ["", "work-items/?clock=open", "trends/", "bottlenecks/", "stages/", "hours/", "screen/"]
# What a chart draws, and what stands in the columns of its table that are marked for it.
DRAWN = """name => {
  const place = document.querySelector(`[data-portal-chart="${name}"]`);
  return echarts.getInstanceByDom(place).getOption().series.map(one => [one.name, one.data]);
}"""
TABLED = """name => {
  const table = document.getElementById(name);
  return [...table.tHead.rows[0].cells].flatMap((head, at) => head.dataset.portalSeries
    ? [[head.textContent, [...table.tBodies[0].rows].map(row => row.cells[at].innerText.trim())]]
    : []);
}"""


@pytest.fixture
def decided(accepted: Callable[..., Case], officers: dict[str, User]) -> Case:
    """A case with one item decided today, and one waiting for it."""
    case = accepted("P01", "P08")
    approved(case, "P01", officers)
    return case


@pytest.fixture
def supervisor(page: Page, live_server: LiveServer) -> Page:
    sign_in(page, live_server)
    return page


def sign_in(page: Page, live_server: LiveServer) -> None:
    user = User.objects.filter(role=Role.SUPERVISOR).first() or make_user(
        "watcher", Role.SUPERVISOR, full_name="何思源"
    )
    client = Client()
    client.force_login(user)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


def number(text: str) -> float | None:
    return None if text == "—" else float(text.replace(",", "").rstrip("%"))


@pytest.mark.parametrize(
    ("address", "name"),
    [("trends/", "trend"), ("trends/?step=month", "trend"), ("screen/", "screen-days")],
)
def test_a_chart_is_drawn_from_its_table(
    supervisor: Page, live_server: LiveServer, address: str, name: str
) -> None:
    supervisor.goto(f"{live_server.url}/supervision/{address}")
    expect(supervisor.locator(f'[data-portal-chart="{name}"] canvas')).to_be_visible()

    drawn = supervisor.evaluate(DRAWN, name)
    tabled = supervisor.evaluate(TABLED, name)

    assert [title for title, _ in drawn] == [title for title, _ in tabled]
    for (_, values), (_, texts) in zip(drawn, tabled, strict=True):
        assert values == [number(text) for text in texts]
    assert 1 in drawn[0][1]


def test_the_big_screen_fits_a_wall_without_scrolling(
    supervisor: Page, live_server: LiveServer
) -> None:
    supervisor.set_viewport_size({"width": 1920, "height": 1080})
    supervisor.goto(f"{live_server.url}/supervision/screen/")

    root = "document.documentElement"
    assert supervisor.evaluate(f"[{root}.scrollWidth, {root}.scrollHeight]") == [1920, 1080]
    sizes = supervisor.evaluate(
        "[...document.querySelectorAll('.screen-figures dt + dd')]"
        ".map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 80


def test_a_hand_over_the_chart_reads_the_numbers_and_a_bar_opens_its_list(
    supervisor: Page, live_server: LiveServer
) -> None:
    supervisor.goto(f"{live_server.url}/supervision/trends/?step=month")
    canvas = supervisor.locator('[data-portal-chart="trend"] canvas')
    box = canvas.bounding_box()
    assert box
    middle = {"x": box["width"] / 2, "y": box["height"] * 0.7}

    canvas.hover(position=middle)  # type: ignore[arg-type]
    supervisor.wait_for_timeout(300)
    canvas.click(position=middle)  # type: ignore[arg-type]

    supervisor.wait_for_url("**/supervision/work-items/?*clock=decided*")
    expect(supervisor.locator("h1")).to_contain_text("办结 1 件")


def test_without_scripts_the_table_says_the_same(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    sign_in(page, live_server)

    page.goto(f"{live_server.url}/supervision/trends/?step=month")
    expect(page.locator("#trend tbody tr")).to_have_count(1)
    expect(page.locator(".chart")).to_be_hidden()
    page.goto(f"{live_server.url}/supervision/screen/")
    expect(page.locator("#screen-days")).to_be_visible()

    context.close()


def test_figures_renew_themselves_and_keep_the_place_of_the_keyboard(
    supervisor: Page, live_server: LiveServer, decided: Case, officers: dict[str, User]
) -> None:
    page = supervisor
    page.clock.install()
    page.goto(f"{live_server.url}/supervision/")
    figure = page.locator("#figure-decided .figure-value")
    expect(figure).to_have_text("1")
    page.locator("#figure-decided").focus()
    page.evaluate("window.stillHere = true")
    waiting = decided.work_items.exclude(item_code="P01").filter(state="ready").first()
    assert waiting

    approved(decided, waiting.item_code, officers)
    with page.expect_response("**/supervision/"):
        page.clock.run_for(31_000)

    expect(figure).to_have_text("2")
    expect(page.locator("#figure-decided")).to_be_focused()
    assert page.evaluate("window.stillHere")
    expect(page.locator("[data-portal-stale]")).to_be_hidden()


def test_figures_that_no_longer_come_are_said_to_be_old(
    browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(locale="zh-CN")  # its console does say that something failed
    page = context.new_page()
    sign_in(page, live_server)
    page.clock.install()
    page.goto(f"{live_server.url}/supervision/hours/")
    page.route("**/supervision/hours/", lambda route: route.fulfill(status=503, body=""))

    page.clock.run_for(31_000)

    expect(page.locator("[data-portal-stale]")).to_be_visible()
    expect(page.locator("#heat")).to_be_visible()
    context.close()


def test_the_keyboard_alone_leads_from_a_figure_to_its_case(
    supervisor: Page, live_server: LiveServer, decided: Case
) -> None:
    page = supervisor
    page.goto(f"{live_server.url}/supervision/")

    page.locator("#figure-waiting").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/supervision/work-items/?clock=waiting")
    page.keyboard.press("j")
    expect(page.locator("#list-1-1")).to_be_focused()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/supervision/cases/{decided.pk}/*")


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_accessible_and_fit_a_phone(
    supervisor: Page, live_server: LiveServer, address: str
) -> None:
    page: Any = supervisor
    page.goto(f"{live_server.url}/supervision/{address}")

    found = Axe().run(page).response["violations"]
    page.set_viewport_size({"width": 375, "height": 800})

    assert [(one["id"], [node["html"][:90] for node in one["nodes"][:3]]) for one in found] == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
