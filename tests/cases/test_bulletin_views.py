"""The pages of the bulletin: who reads and writes, wrong methods and states, nothing typed lost."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Bulletin, BulletinState
from cases.supervision import bulletin as verbs
from notifications.models import Message
from portal.core import clock
from tests.cases.bulletins import (
    DECEMBER,
    EVE,
    NOVEMBER,
    drafted,
    found,
    november,
    published,
    signed_in,
    user,
)

pytestmark = pytest.mark.django_db

LIST = "/supervision/bulletins/"
DRAFT = f"{LIST}draft/"
VERBS = ("publish", "send", "correct", "discard")
PAGES = ("bulletin", "bulletin-pdf", "bulletin-excel")


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with november(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.at(DECEMBER):
        yield


@pytest.fixture
def client() -> Client:
    return signed_in("jiandu01")


def url(bulletin: Bulletin, name: str = "bulletin") -> str:
    return reverse(f"cases:{name}", args=[bulletin.pk])


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def post(client: Client, address: str, data: dict[str, str] | None = None) -> tuple[int, str]:
    answer = client.post(address, data or {}, follow=True)
    return answer.status_code, answer.content.decode()


# ---- the whole way -----------------------------------------------------------------------------


def test_a_supervisor_drafts_edits_publishes_sends_and_corrects(client: Client) -> None:
    assert "还没有月度通报" in text(client, LIST)

    assert post(client, DRAFT, {"month": "2026-11-01"})[0] == 200
    (draft,) = Bulletin.objects.all()
    assert "2026年11月的通报草稿待发布" in text(client, LIST)
    _, page = post(client, url(draft, "bulletin-text"), {"text": "自拟的文字。"})
    assert "通报文字已保存" in page and "自拟的文字。" in page and "文字经过修改" in page
    assert "数据已固定" in post(client, url(draft, "bulletin-publish"))[1]
    assert "最近一期为2026年11月通报，已发布，尚未发送" in text(client, LIST)
    assert "已发送各部门负责人" in post(client, url(draft, "bulletin-send"))[1]
    _, page = post(client, url(draft, "bulletin-correct"), {"reasons": "更正红牌数。"})
    assert "更正说明：更正红牌数。" in page

    second = Bulletin.objects.get(edition=2)
    post(client, url(second, "bulletin-publish"))
    assert "本版已被第 2 版更正" in text(client, url(draft))
    assert "已被第 2 版更正" in text(client, LIST)
    assert Message.objects.filter(kind="bulletin.sent").exists()


def test_the_page_offers_what_can_be_done_now(client: Client) -> None:
    def offered(bulletin: Bulletin) -> list[str]:
        page = text(client, url(bulletin))
        return [name for name in ("text", *VERBS) if url(bulletin, f"bulletin-{name}") in page]

    draft = drafted()
    assert offered(draft) == ["text", "publish"]
    verbs.publish(bulletin_id=draft.pk, supervisor=user("jiandu01"))
    assert offered(draft) == ["send", "correct"]
    verbs.send(bulletin_id=draft.pk, supervisor=user("jiandu01"))
    assert offered(draft) == ["correct"]
    second = verbs.correct(bulletin_id=draft.pk, supervisor=user("jiandu01"), reasons="更正。")
    assert offered(draft) == []
    assert offered(second) == ["text", "publish", "discard"]
    assert "更正草稿已作废" in post(client, url(second, "bulletin-discard"))[1]


def test_the_heading_is_the_answer_and_figures_lead_to_their_tables(client: Client) -> None:
    bulletin = published()
    page = text(client, url(bulletin))
    total = verbs.document_of(bulletin).total

    assert f"<h1>2026年11月办结 {total.decided} 件，按时办结率" in page
    for name in ("departments", "ranking", "cards", "times"):
        assert f'href="#{name}"' in page and f'id="{name}"' in page


def test_a_page_is_read_with_few_statements(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    bulletin = published()
    client.get(url(bulletin))

    with django_assert_max_num_queries(20):
        text(client, url(bulletin))
    draft = drafted(date(2026, 10, 1))
    with django_assert_max_num_queries(90):
        text(client, url(draft))


def test_downloads_have_chinese_names(client: Client) -> None:
    bulletin = published()

    for name, ending in (("bulletin-pdf", ".pdf"), ("bulletin-excel", ".xlsx")):
        answer = client.get(url(bulletin, name))
        assert answer["Content-Disposition"].startswith(
            "attachment; filename*=utf-8''2026%E5%B9%B4"
        )
        assert answer["Content-Disposition"].endswith(ending)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


# ---- roles -------------------------------------------------------------------------------------


def test_leaders_read_published_ones_whole_and_no_drafts() -> None:
    leader = signed_in("zhufang00")
    other, bulletin = drafted(date(2026, 10, 1)), published()

    page = text(leader, url(bulletin))
    assert "市住保房管局" in page and "市人力社保局" in page
    assert "下一步" not in page
    assert [leader.get(url(bulletin, name)).status_code for name in PAGES] == [200] * 3
    assert [leader.get(url(other, name)).status_code for name in PAGES] == [404] * 3
    listed = text(leader, LIST)
    assert url(bulletin) in listed and url(other) not in listed
    assert "起草以前月份" not in listed


def test_auditors_read_all_and_write_nothing() -> None:
    auditor = signed_in("shenji01")
    draft = drafted()

    assert [auditor.get(url(draft, name)).status_code for name in PAGES] == [200] * 3
    assert "下一步" not in text(auditor, url(draft))
    assert auditor.get(url(draft, "bulletin-text")).status_code == 403
    assert "起草以前月份" not in text(auditor, LIST)


@pytest.mark.parametrize("username", ["shenji01", "zhufang00"])
def test_readers_cannot_act(username: str) -> None:
    reader, bulletin = signed_in(username), published()

    answers = [reader.post(url(bulletin, f"bulletin-{name}")) for name in ("text", *VERBS)]

    assert [one.status_code for one in answers] == [403] * 5
    assert reader.post(DRAFT, {"month": "2026-10-01"}).status_code == 403
    assert found(bulletin).state == BulletinState.PUBLISHED
    assert Bulletin.objects.count() == 1


@pytest.mark.parametrize("username", ["demo0001", "window01", "zhufang01", "bianji01", "admin01"])
def test_nobody_else_reads_them(username: str) -> None:
    stranger, bulletin = signed_in(username), published()

    addresses = [LIST, *(url(bulletin, name) for name in PAGES)]
    assert [stranger.get(one).status_code for one in addresses] == [403] * 4


def test_who_is_not_signed_in_is_led_to_the_sign_in() -> None:
    bulletin = published()

    for address in (LIST, url(bulletin), url(bulletin, "bulletin-pdf")):
        answer = Client().get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/staff/sign-in/")


# ---- wrong method, wrong state, wrong input ----------------------------------------------------


def test_reading_writes_nothing_and_writing_is_posted(client: Client) -> None:
    draft = drafted()

    assert [client.get(url(draft, f"bulletin-{name}")).status_code for name in VERBS] == [405] * 4
    assert client.get(DRAFT).status_code == 405
    assert [client.post(url(draft, name)).status_code for name in PAGES] == [405] * 3
    assert client.post(LIST).status_code == 405
    assert found(draft).is_draft


@pytest.mark.parametrize("name", ["text", *VERBS])
def test_an_unknown_bulletin_is_not_found(client: Client, name: str) -> None:
    address = reverse(f"cases:bulletin-{name}", args=[999_999])

    assert client.post(address, {"reasons": "x"}).status_code == 404


def test_a_second_click_is_told_that_it_is_done(client: Client) -> None:
    bulletin = published()

    status, page = post(client, url(bulletin, "bulletin-publish"))
    assert (status, "该通报已经发布" in page) == (409, True)
    post(client, url(bulletin, "bulletin-send"))
    status, page = post(client, url(bulletin, "bulletin-send"))
    assert (status, "不能重复发送" in page) == (409, True)
    assert Message.objects.filter(kind="bulletin.sent", recipient=user("zhufang00")).count() <= 2


def test_a_text_written_too_late_is_kept_on_the_page(client: Client) -> None:
    draft = drafted()
    verbs.publish(bulletin_id=draft.pk, supervisor=user("jiandu01"))

    status, page = post(client, url(draft, "bulletin-text"), {"text": "迟到的文字。"})

    assert status == 409
    assert "迟到的文字。" in page and "不能修改" in page
    assert client.get(url(draft, "bulletin-text")).status_code == 302


def test_a_text_that_is_too_long_or_unreadable_is_kept_and_named(client: Client) -> None:
    draft = drafted()

    status, page = post(client, url(draft, "bulletin-text"), {"text": "长" * 20_001})
    assert (status, "不能超过 20,000 个字" in page, "长" * 20_001 in page) == (422, True, True)
    assert post(client, url(draft, "bulletin-text"), {"text": "甲\0乙"})[0] == 422
    assert found(draft).text == ""


@pytest.mark.parametrize("reasons", ["", "   ", "长" * 501, "甲\0"])
def test_a_correction_without_usable_reasons_is_refused(client: Client, reasons: str) -> None:
    bulletin = published()

    status, page = post(client, url(bulletin, "bulletin-correct"), {"reasons": reasons})

    assert status == 422
    assert "还有内容需要更正" in page
    assert Bulletin.objects.count() == 1


@pytest.mark.parametrize("month", ["", "2026-12-01", "2026-13-01", "x", "1999-01-01", "\0"])
def test_a_month_that_cannot_be_reported_is_refused(client: Client, month: str) -> None:
    status, page = post(client, DRAFT, {"month": month})

    assert status == 422
    assert "月份" in page
    assert not Bulletin.objects.exists()


def test_a_month_that_ended_while_the_page_was_open_is_drafted_once(client: Client) -> None:
    drafted()

    assert post(client, DRAFT, {"month": f"{NOVEMBER:%Y-%m-%d}"})[0] == 422
    with clock.at(EVE):
        page = text(client, LIST)
        assert '<option value="2026-11-01"' not in page
        assert '<option value="2026-10-01"' in page
    assert Bulletin.objects.count() == 1
