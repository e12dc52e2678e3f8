"""The public library of policies: found, read and compared without signing in."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from policies.loading import load_catalogue
from policies.models import Policy, PolicyState, PolicyVersion
from policies.shelf import Shelf, shelf
from portal.core import clock
from tests.policies.conftest import HANGZHOU

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

LIBRARY = "/policies/"
# Marks for maintainers, words of programs: nobody reads them on a page.
INTERNAL = re.compile(
    r"\b(DEF|SEED|STD|W\d\d|POL_\w+|true|false|None|null|application)\b|种子|演示值"
)


@pytest.fixture(autouse=True)
def loaded() -> None:
    load_catalogue(HANGZHOU)


def page(code: str) -> str:
    return reverse("policies:policy", args=[code])


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    html = response.content.decode()
    shown = re.sub(r"<[^>]*>", " ", html[html.index("<main") : html.index("</main>")])
    return re.sub(r"\s+", " ", unescape(shown))


def found(client: Client, **query: str) -> list[str]:
    response = client.get(LIBRARY, query)
    assert response.status_code == 200
    return [entry.policy.code for entry in response.context["found"]]


def publish(code: str, begins: date, **document: object) -> None:
    policy = Policy.objects.get(code=code)
    PolicyVersion.objects.create(
        policy=policy, number=9, label="新", effective_from=begins, state=PolicyState.PUBLISHED,
        document={"summary": "试行。", **document}, published_at=clock.now(),
    )  # fmt: skip


# The list


def test_the_list_says_how_many_and_names_every_policy(client: Client) -> None:
    text = text_of(client, LIBRARY)

    assert "共 20 项政策： 个人 12 项， 企业 8 项" in text
    for name in Policy.objects.values_list("name", flat=True):
        assert name in text
    assert "每月 864 元至 1,440 元，最长 6 年" in text
    assert text.count("不在受理期") == 1


def test_without_policies_the_list_says_what_that_means(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policies.views.library.shelf", lambda: Shelf({}))

    assert "政策发布后可以在这里查看条件、待遇和依据。" in text_of(client, LIBRARY)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"words": "租房补贴"}, ["POL_P08", "POL_P09"]),
        ({"words": "租房 每户"}, ["POL_P09"]),
        ({"words": "　租房　"}, ["POL_P08", "POL_P09"]),
        ({"words": "５００００元"}, []),
        ({"words": "市民卡"}, ["POL_P06"]),
        ({"words": "紧缺"}, ["POL_P04"]),
        ({"words": "100,000"}, ["POL_P07", "POL_E01x"]),
        ({"words": "100，000"}, ["POL_P07", "POL_E01x"]),
        ({"applicant": "enterprise", "words": "补贴"}, ["POL_E02", "POL_E04", "POL_E07"]),
        ({"department": "D03"}, ["POL_P08", "POL_P09"]),
        ({"department": "D03", "applicant": "enterprise"}, []),
        ({"department": "D99"}, []),
        ({"words": "不存在的词"}, []),
        ({"words": "\x00"}, []),
    ],
)
def test_a_search_finds_policies_by_words_department_and_applicant(
    client: Client, query: dict[str, str], codes: list[str]
) -> None:
    assert found(client, **query) == codes


def test_a_search_without_a_hit_says_what_to_do(client: Client) -> None:
    text = text_of(client, f"{LIBRARY}?words=<b>没有</b>&page=99")

    assert "没有找到符合的政策" in text
    assert "查看全部政策" in text


def test_lists_and_pages_take_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shelf()

    with django_assert_max_num_queries(2):
        client.get(LIBRARY)
    client.get(page("POL_P08"))
    with django_assert_max_num_queries(3):
        client.get(page("POL_P08"))


# One policy


def test_a_policy_shows_conditions_benefit_basis_and_versions(client: Client) -> None:
    text = text_of(client, page("POL_P07"))

    for words in (
        "应届高学历毕业生生活补贴：10,000 元至 100,000 元",
        "以下条件须全部满足",
        "国内毕业2年内申请；国（境）外学历为6年，由部门核定 毕业距今月数不高于24个月",
        "学历为博士，2021年10月15日及以后毕业：100,000 元",
        "测算示例：学历 硕士",
        "连续参保满12个月：15,000 元",
        "市人力社保局关于调整应届高学历毕业生生活补贴的公告",
        "2021年10月9日",
        "2019年6月3日至2021年10月14日",
        "毕业距今月数由“不高于12个月”改为“不高于24个月”。",
        "杭州市人力资源和社会保障局",
    ):
        assert words in text


def test_an_older_version_is_read_with_a_way_back(client: Client) -> None:
    text = text_of(client, f"{page('POL_P07')}?version=1")

    assert "正在查看“2019”版本（已停止施行）" in text
    assert "10,000 元至 50,000 元" in text
    assert "国内学历须为全日制" in text


def test_a_district_version_is_named_and_compared_with_the_city(client: Client) -> None:
    text = text_of(client, page("POL_P08"))

    assert "余杭区" in text
    assert "适用区划由全市改为余杭区。" in text
    assert "每月 648 元" in text_of(client, f"{page('POL_P08')}?version=2")


def test_two_versions_are_chosen_to_be_compared(client: Client) -> None:
    backwards = text_of(client, f"{page('POL_P07')}?old=2&new=1")
    same = text_of(client, f"{page('POL_P07')}?old=2&new=2")
    nonsense = text_of(client, f"{page('POL_P07')}?old=x&new=99&version=-1")

    assert "毕业距今月数由“不高于24个月”改为“不高于12个月”。" in backwards
    assert "请选择两个不同的版本。" in same
    assert "毕业距今月数由“不高于12个月”改为“不高于24个月”。" in nonsense


def test_a_policy_leads_to_the_menu_with_its_item_ticked(client: Client) -> None:
    response = client.get(page("POL_P08"))

    way = reverse("cases:menu", args=["hangzhou"]) + "?kind=person&amp;item=P08"
    assert f'href="{way}"' in response.content.decode()


@pytest.mark.parametrize("code", ["POL_E01x", "POL_P10"])
def test_what_cannot_be_applied_for_here_leads_to_no_menu(client: Client, code: str) -> None:
    assert "去办理" not in text_of(client, page(code))


def test_a_closed_window_is_said_with_its_day(client: Client) -> None:
    text = text_of(client, page("POL_P10"))

    assert "中国杭州大学生创业大赛已于2021年6月30日截止" in text
    assert "目前不在受理期" in text


def test_an_open_window_is_not(client: Client) -> None:
    with clock.at(datetime(2021, 6, 30, 15, tzinfo=UTC)):
        text = text_of(client, page("POL_P10"))

    assert "中国杭州大学生创业大赛：奖金最高 50,000 元" in text
    assert "去办理" in text


def test_a_policy_open_to_all_says_so(client: Client) -> None:
    assert "凡属适用对象均可享受，没有其他条件。" in text_of(client, page("POL_E03"))


def test_a_coming_version_and_an_end_are_announced(client: Client) -> None:
    publish("POL_P11", date(2027, 1, 1), open=True)
    publish("POL_P05", date(2026, 1, 1), closed=True)

    coming, ended = text_of(client, page("POL_P11")), text_of(client, page("POL_P05"))

    assert "尚未施行" in coming
    assert "人事档案转移已停止实施" in ended
    assert "不在受理期" in ended


def test_an_unknown_policy_and_one_without_a_published_version_are_not_found(
    client: Client,
) -> None:
    draft = Policy.objects.get(code="POL_P09")
    draft.pk, draft.code, draft.item_code = None, "POL_X", ""
    draft.save(force_insert=True)

    assert client.get(page("POL_X")).status_code == 404
    assert client.get(page("NOPE")).status_code == 404


@pytest.mark.parametrize("url", [LIBRARY, "/policies/POL_P08/"])
def test_pages_are_only_read(client: Client, url: str) -> None:
    assert client.post(url).status_code == 405


def test_no_page_shows_marks_of_maintainers_or_english(client: Client) -> None:
    for policy in Policy.objects.all():
        for version in policy.versions.all():
            text = text_of(client, f"{page(policy.code)}?version={version.number}")
            assert not INTERNAL.search(text), (policy.code, INTERNAL.search(text))
    assert not INTERNAL.search(text_of(client, LIBRARY))
