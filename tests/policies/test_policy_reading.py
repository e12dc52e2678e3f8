"""Policy files: what is read from them, and every mistake with its file and path."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from policies.policy_reading import read_policies
from policies.reading import CatalogueError
from policies.schema import Catalogue
from tests.policies.conftest import HANGZHOU

Edit = Callable[[str, str, str], None]


Problems = Callable[[], list[str]]


@pytest.fixture
def problems(folder: Path, catalogue: Catalogue) -> Problems:
    def found() -> list[str]:
        with pytest.raises(CatalogueError) as refusal:
            read_policies(folder, catalogue)
        return [str(problem) for problem in refusal.value.problems]

    return found


def test_every_item_has_a_policy_with_all_its_versions(catalogue: Catalogue) -> None:
    policies = [file.policy for file in read_policies(HANGZHOU, catalogue)]

    assert {policy.item for policy in policies} == {*catalogue.items, ""}
    labels = {policy.code: [v.label for v in policy.versions] for policy in policies}
    assert sum(map(len, labels.values())) == 25
    assert labels["POL_P07"] == ["2019", "2021"]
    assert labels["POL_P08"] == ["2020", "余杭2021"]
    assert {code for code, found in labels.items() if len(found) > 1} == {
        "POL_P07", "POL_P08", "POL_P12", "POL_E01", "POL_E02",
    }  # fmt: skip


def test_the_department_of_a_policy_is_that_of_its_item(catalogue: Catalogue) -> None:
    for file in read_policies(HANGZHOU, catalogue):
        if file.policy.item:
            item = catalogue.items[file.policy.item]
            assert (item.department, item.applicant) == (
                file.policy.department, file.policy.applicant,
            )  # fmt: skip


def test_the_window_of_the_contest_is_that_of_its_item(catalogue: Catalogue) -> None:
    files = {file.policy.item: file.policy for file in read_policies(HANGZHOU, catalogue)}
    window = catalogue.items["P10"].window

    version = files["P10"].versions[0]

    assert window is not None
    assert (version.effective_from, version.effective_to) == (window.opens, window.closes)


def test_items_that_exclude_each_other_exclude_each_other_as_policies(catalogue: Catalogue) -> None:
    files = {file.policy.item: file.policy for file in read_policies(HANGZHOU, catalogue)}
    for pair in catalogue.exclusions:
        first, second = pair.items
        ways = [(first, second)] if pair.one_way else [(first, second), (second, first)]
        for one, other in ways:
            assert all(files[other].code in v.excludes for v in files[one].versions)


def test_a_catalogue_without_policies_has_none(folder: Path, catalogue: Catalogue) -> None:
    for path in (folder / "policies").iterdir():
        path.unlink()

    assert read_policies(folder, catalogue) == ()


def test_days_are_days_and_the_document_keeps_texts(catalogue: Catalogue) -> None:
    files = {file.policy.item: file.policy for file in read_policies(HANGZHOU, catalogue)}

    version = files["P07"].versions[1]

    assert version.effective_from == date(2021, 10, 15)
    assert version.document["basis"][0]["date"] == "2021-10-09"
    assert not {"label", "effective_from", "division"} & set(version.document)


# File, old text, new text, and the problem that is reported.
MISTAKES = [
    ("P01", "department: D01", "department: D99", "department：没有部门 D99"),
    ("P01", "item: P01", "item: P99", "item：没有事项 P99"),
    ("P01", "applicant: person", "applicant: enterprise", "applicant：事项 P01 由另一类申请人办理"),
    ("P01", "code: POL_P01", "code: 政策一",
     "code：格式不对，应由字母、数字、下划线或连字符组成"),
    ("P01", "name: 职工参保登记", "name: ''", "name：不能为空"),
    ("P01", "label: '2019'", "label: 2019", "versions[0].label：应为文字"),
    ("P01", "source: DEF}", "source: XYZ}",
     "versions[0].conditions.all[0].source：没有来源 XYZ"),
    ("P01", "enjoyed: insured", "enjoyed: edu",
     "versions[0].enjoyed：应为事实字典中的一个是非事实"),
    ("P01", "enjoyed: insured", "enjoyed: addr_same",
     "versions[0].enjoyed：“注册地址与经营地址一致”是另一类申请人的事实"),
    ("P01", "fact: contract_months", "fact: contract_moths",
     "versions[0].conditions.all[0].fact：事实字典中没有 contract_moths"),
    ("P01", "fact: contract_months", "fact: tax_months",
     "versions[0].conditions.all[0].fact：“税务登记月数”是另一类申请人的事实"),
    ("P01", "value: 1,", "value: 一个月,",
     "versions[0].conditions.all[0].value：“劳动合同期限”应为不小于 0 的整数"),
    ("P01", "value: 1,", "value: 1, unit: 年,",
     "versions[0].conditions.all[0].unit：“劳动合同期限”的单位是“个月”"),
    ("P01", "  enjoyed: insured", "  judged_on: edu",
     "versions[0].judged_on：应为 application 或一个日期事实"),
    ("P01", "  enjoyed: insured", "  closed: true",
     "versions[0].conditions：面向所有人或停止实施的政策没有条件"),
    ("P01", "  enjoyed: insured", "  judgedon: x", "versions[0].judgedon：不认识的键"),
    ("E03", "  open: true\n", "",
     "versions[0].conditions：没有条件的政策须写明 open: true（面向所有人）"),
    ("E03", "  open: true\n", "  conditions: {all: []}\n",
     "versions[0].conditions.all：不能为空"),
    ("E03", "open: true", "open: 'yes'", "versions[0].open：应为 true 或 false"),
    ("P03", "excludes: [POL_P04]", "excludes: [POL_P99]",
     "versions[0].excludes[0]：没有政策 POL_P99"),
    ("P03", "excludes: [POL_P04]", "excludes: [POL_P03]",
     "versions[0].excludes[0]：政策不能与自己互斥"),
    ("P07", "amount: 30000}\n    - {values", "amount: -30000}\n    - {values",
     "versions[0].benefit.tiers[1].amount：金额不能为负数"),
    ("P07", "amount: 30000}\n    - {values", "amount: 1e999999999999}\n    - {values",
     "versions[0].benefit.tiers[1].amount：金额不能超过 100 亿元"),
    ("P07", "amount: 30000}\n    - {values", "amount: 0.00001}\n    - {values",
     "versions[0].benefit.tiers[1].amount：最多写 4 位小数"),
    ("P07", "effective_from: 2019-06-03", "effective_from: 0001-01-01",
     "versions[0].effective_from：施行日期不能早于1949年10月1日"),
    ("P07", "  effective_from: 2021-10-15", "  effective_from: 2021-10-14",
     "versions[1].effective_from：与版本“2019”重叠，该版本2021年10月14日截止"),
    ("P07", "  effective_from: 2021-10-15\n", "",
     "versions[1].effective_from：已有版本“2019”，须写明施行日期"),
    ("P07", "  effective_from: 2021-10-15", "  effective_from: 2019-06-03",
     "versions[1].effective_from：施行日期须晚于版本“2019”的2019年6月3日"),
    ("P07", "effective_to: 2021-10-14", "effective_to: 2019-06-02",
     "versions[0].effective_to：截止日期不能早于施行日期"),
    ("P07", "effective_to: 2021-10-14", "effective_to: 明天",
     "versions[0].effective_to：应为 2020-06-01 形式的日期"),
    ("P07", "value: '2021-10-15', label", "value: 十月, label",
     "versions[1].benefit.tiers[2].when.value：“毕业日期”应为2020-06-01 形式的日期"),
    ("P07", "- {pct: 50, when: 连续参保满12个月", "- {pct: 60, when: 连续参保满12个月",
     "versions[1].benefit.instalments：各期比例之和应为 100"),
    ("P08", "division: '330110'", "division: '330199'",
     "versions[1].division：没有行政区划 330199"),
    ("P09", "kind: fixed", "kind: gratis", "versions[0].benefit：待遇的 kind 不认识"),
    ("P09", "years: 3\n", "years: 0\n", "versions[0].benefit.years：应为不小于 1 的整数"),
    ("P09", "years: 3\n", "years: 10001\n", "versions[0].benefit.years：不能超过 10,000"),
    ("P10", "value: 特等, amount: 50000", "value: 头等, amount: 50000",
     "versions[0].benefit.prizes[0].value：“大赛等次”没有选项 头等"),
    ("P10", "by: contest_rank", "by: insured",
     "versions[0].benefit.by：“当前在杭参保”没有可分类的选项，不能据以分档"),
    ("E04", "by: hires_12m", "by: small_micro",
     "versions[0].benefit.by：“小微企业”不是数字，不能用来计算"),
    ("E04", "by: hires_12m", "by: hires", "versions[0].benefit.by：事实字典中没有 hires"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "problem"), MISTAKES)
def test_a_mistake_is_reported_with_file_and_path(
    problems: Problems, edit: Edit, file: str, old: str, new: str, problem: str
) -> None:
    edit(f"policies/{file}.yaml", old, new)

    assert f"hangzhou/policies/{file}.yaml：{problem}" in problems()


def test_all_mistakes_are_reported_at_once(problems: Problems, edit: Edit) -> None:
    edit("policies/P01.yaml", "department: D01", "department: D99")
    edit("policies/P09.yaml", "amount: 10000", "amount: -10000")
    edit("policies/E04.yaml", "by: hires_12m", "by: hires")

    assert [line.split("：")[0] for line in problems()] == [
        "hangzhou/policies/E04.yaml", "hangzhou/policies/P01.yaml", "hangzhou/policies/P09.yaml",
    ]  # fmt: skip


def test_codes_and_items_are_used_once(folder: Path, problems: Problems) -> None:
    text = (folder / "policies/P01.yaml").read_text(encoding="utf-8")
    (folder / "policies/P01b.yaml").write_text(text, encoding="utf-8")

    assert problems() == [
        "hangzhou/policies/P01b.yaml：code：代码重复，已见于 hangzhou/policies/P01.yaml",
        "hangzhou/policies/P01b.yaml：item：事项 P01 已见于 hangzhou/policies/P01.yaml",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "文件是空的"),
        (b"\xff\xfe", "不是 UTF-8 编码"),
        (b"code: [", "第 2 行：YAML 写法不对"),
        (b"code: POL_X\ncode: POL_X\n", "键重复：code"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    folder: Path, problems: Problems, content: bytes, reason: str
) -> None:
    (folder / "policies/P01.yaml").write_bytes(content)

    (line,) = problems()
    assert line.startswith("hangzhou/policies/P01.yaml：")
    assert reason in line


def test_a_tree_of_ten_thousand_comparisons_is_refused(folder: Path, problems: Problems) -> None:
    path = folder / "policies/P02.yaml"
    text = path.read_text(encoding="utf-8")
    leaf = "    - {fact: insured, op: '==', value: true, label: 已办理职工参保, source: DEF}\n"
    assert leaf in text
    path.write_text(text.replace(leaf, leaf * 10_000), encoding="utf-8")

    assert problems() == ["hangzhou/policies/P02.yaml：versions[0].conditions：条件超过 500 项"]
