from datetime import date
from typing import Any

from policies.comparison import differences, division_words, term_words
from policies.models import PolicyVersion
from policies.shelf import PublishedPolicy, PublishedVersion, published_versions

ON = date(2022, 1, 1)
NAMES = {"POL_P09": "应届大学生租房补贴"}


def said(policies: dict[str, PublishedPolicy], code: str) -> tuple[str, ...]:
    old, new = policies[code].versions
    return differences(old, new, NAMES, ON)


def version(**document: Any) -> PublishedVersion:
    row = PolicyVersion(number=1, label="甲", document={"summary": "试", **document})
    return published_versions([row])[0]


def one(fact: str, op: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value, **more}


def test_a_later_version_in_sentences(policies: dict[str, PublishedPolicy]) -> None:
    sentences = said(policies, "P07")

    assert sentences[:7] == (
        "施行时间由“2019年6月3日至2021年10月14日”改为“2021年10月15日起”。",
        "毕业距今月数由“不高于12个月”改为“不高于24个月”。",
        "取消条件：国内学历须为全日制。",
        "取消条件：2019年6月3日及以后毕业。",
        "取消条件：按规定缴纳社会保险。",
        "新增条件：连续参保满6个月（不含补缴）。",
        "“2019”的待遇标准：学历为博士：50,000 元；"
        "在富阳、临安、桐庐、淳安、建德连续工作满3年的，可以按同一标准再享受一次。",
    )
    assert (
        "发放方式由“审核通过后，100%”改为“连续参保满6个月，50%；连续参保满12个月，50%”。"
        in sentences
    )


def test_a_district_against_the_city(policies: dict[str, PublishedPolicy]) -> None:
    sentences = said(policies, "P08")

    assert sentences[0] == "适用区划由全市改为余杭区。"
    assert any("每平方米 18 元 × 36 平方米 = 每月 648 元" in sentence for sentence in sentences)
    assert not any("条件" in sentence for sentence in sentences)


def test_another_kind_of_benefit(policies: dict[str, PublishedPolicy]) -> None:
    sentences = " ".join(said(policies, "E02"))

    assert "“2017”的待遇标准：面积最多按 100 平方米计" in sentences
    assert "“2020”的待遇标准：按实付租金补贴" in sentences


def test_versions_that_say_the_same_differ_in_nothing() -> None:
    tree = {"all": [one("edu", "==", "21"), one("insured", "==", True)]}
    turned = {
        "all": [one("insured", "==", True, label="参保", source="DEF"), one("edu", "==", "21")]
    }

    assert differences(version(conditions=tree), version(conditions=turned), NAMES, ON) == ()


def test_the_relation_between_the_same_conditions() -> None:
    parts = [one("edu", "==", "21"), one("insured", "==", True)]
    found = differences(
        version(conditions={"all": parts}), version(conditions={"any": parts}), {}, ON
    )

    assert found == ("各项条件之间“全部满足”与“满足其一”的关系有调整。",)


def test_what_may_be_waited_for() -> None:
    firm, patient = ({"all": [one("insured", "==", True, matures=flag)]} for flag in (False, True))

    assert differences(version(conditions=firm), version(conditions=patient), {}, ON) == (
        "“当前在杭参保”为是：未满足的可以等到满足之日再办。",
    )


def test_opening_closing_excluding_and_granting() -> None:
    old = version(conditions={"all": [one("insured", "==", True)]})
    opened = version(open=True, excludes=["POL_P09"], benefit={"kind": "fixed", "amount": 5})
    closed = version(closed=True)

    assert differences(old, opened, NAMES, ON) == (
        "由须符合条件改为面向全部申请人。",
        "新增待遇：一次性 5 元。",
        "新增不能同时享受的政策：应届大学生租房补贴。",
    )
    assert differences(opened, closed, NAMES, ON) == (
        "由面向全部申请人改为停止实施。",
        "取消待遇：一次性 5 元。",
        "不再限制同时享受：应届大学生租房补贴。",
    )


def test_the_day_that_decides_and_a_new_basis() -> None:
    new = version(open=True, judged_on="grad_date", basis=[{"title": "新办法"}])

    assert differences(version(open=True), new, NAMES, ON) == (
        "由按申请日期适用版本改为按毕业日期适用版本。",
        "新增依据：新办法。",
    )


def test_terms_and_divisions_in_words(policies: dict[str, PublishedPolicy]) -> None:
    loans = policies["P12"].versions

    assert [term_words(one) for one in loans] == ["至2019年12月31日", "2020年1月1日起"]
    assert term_words(policies["E03"].versions[0]) == "长期"
    assert [division_words(code) for code in ("", "330110", "330122")] == [
        "全市", "余杭区", "桐庐县",
    ]  # fmt: skip
