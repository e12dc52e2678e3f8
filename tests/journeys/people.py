"""The people of a journey: each drives the real pages in a browser of their own."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from cases.models import Case
from portal.accounts.demo import DEMO_PASSWORD
from tests.cases.files import pdf, picture

SECOND_FACTOR = "246810"


class Person:
    """Somebody in front of the portal; an error in the browser's console fails the test."""

    def __init__(self, browser: Browser, url: str, *, phone: bool = False) -> None:
        self.url = url
        context = browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": 375, "height": 740} if phone else {"width": 1280, "height": 900},
        )
        context.set_default_timeout(15_000)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.errors: list[str] = []

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)
        assert self.errors == []

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press the button with this name."""
        (within or self.page).get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the link with this name."""
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def sees(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)


class Talent(Person):
    """A graduate on a phone."""

    def sign_in(self, number: str) -> None:
        self.open("/sign-in/")
        self.page.fill("[name=phone]", number)
        self.press("获取验证码")
        self.page.fill("[name=code]", self.code())
        self.press("登录")

    def code(self) -> str:
        """Return the newest sign-in code, read where the demonstration shows it."""
        other = self.page.context.new_page()
        other.goto(self.url + "/dev/messages/")
        found = re.search(r"验证码\D{0,8}(\d{6})", other.inner_text("main"))
        other.close()
        assert found is not None, "no code on /dev/messages/"
        return found[1]

    def pick(self, *codes: str) -> None:
        for code in codes:
            with self.page.expect_response("**/plan/"):
                self.page.locator(f"[name=item][value={code}]").check()
        self.page.locator("button:visible", has_text="下一步：填写").last.click()
        self.page.wait_for_load_state()

    def fill(self, answers: dict[str, Any]) -> None:
        for code, value in answers.items():
            if isinstance(value, dict):
                for part, text in value.items():
                    self._answer(f"{code}-{part}", text)
            elif not isinstance(value, list):
                self._answer(code, value)

    def _answer(self, name: str, value: Any) -> None:
        text = {True: "true", False: "false"}.get(value, str(value))
        boxes = self.page.locator(f"#answers [name='{name}']")
        if boxes.first.evaluate("box => box.type") == "radio":
            self.page.locator(f"#answers [name='{name}'][value='{text}']").check()
        elif boxes.first.evaluate("box => box.tagName") == "SELECT":
            boxes.first.select_option(text)
        else:
            boxes.first.fill(text)

    def upload(self, folder: Path, *names: str) -> None:
        """Choose a file for each material named; the page sends it by itself."""
        for name in names:
            box = self.page.get_by_label(name, exact=True)
            file = pdf() if "pdf" in (box.get_attribute("accept") or "") else picture()
            path = folder / str(file.name)
            path.write_bytes(file.read())
            with self.page.expect_response("**/documents/**"):
                box.set_input_files(path)

    def download_results(self) -> int:
        """Download every result on the case page; return how many real files came."""
        links = self.page.locator(
            "section", has=self.page.get_by_role("heading", name="结果")
        ).get_by_role("link", name="下载")
        for number in range(links.count()):
            with self.page.expect_download() as download:
                links.nth(number).click()
            assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
        return links.count()


class Staff(Person):
    """A clerk, officer or supervisor at a desk."""

    def sign_in(self, username: str) -> None:
        self.open("/staff/sign-in/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", DEMO_PASSWORD)
        self.page.fill("[name=code]", SECOND_FACTOR)
        self.press("登录")

    def item(self, case: Case, code: str) -> None:
        """Open a work item of the own desk."""
        work_item = case.work_items.get(item_code=code)
        self.open("/admin/cases/workitem/")
        self.page.locator(f"a[href*='/workitem/{work_item.pk}/']").first.click()
        self.page.wait_for_load_state()
        assert work_item.item_name.split("（")[0] in self.heading()

    def claim(self, case: Case, code: str) -> None:
        self.item(case, code)
        self.press("认领")

    def decide(self, case: Case, code: str, number: str, paper: Path | None = None) -> None:
        """Approve a work item, claiming it first where nobody has."""
        self.item(case, code)
        if self.page.get_by_role("button", name="认领", exact=True).count():
            self.press("认领")
        self.page.get_by_label("结果文号").fill(number)
        if paper:
            self.page.locator("form[action$='/approve/'] [type=file]").set_input_files(paper)
        self.press("准予办结")

    def acknowledge_cards(self) -> int:
        """Acknowledge every card in the banner; return how many there were."""
        seen = 0
        while (button := self.page.get_by_role("button", name="已知悉")).count():
            button.first.click()
            self.page.wait_for_load_state()
            seen += 1
        return seen
