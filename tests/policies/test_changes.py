import pytest

from policies.changes import changes_between
from policies.reading import read_catalogue
from policies.schema import Catalogue

PERSON = "40_items_personal.yaml"
NEW_ITEM = """
- code: P13
  slug: visa
  name: 人才服务预约
  applicant: person
  department: D01
  cross_department: false
  days: {before: 1, promised: 1, source: DEF}
  fields: [p_name]
  materials: [{material: M01}]
  result: {kind: 登记, name: 预约登记}
  source: DEF
"""


def test_first_load_is_counted(catalogue: Catalogue) -> None:
    [line] = changes_between(None, catalogue)

    assert line.startswith("首次载入：部门 8 个")
    assert "事项 19 个" in line


def test_same_content_has_no_changes(folder, catalogue: Catalogue) -> None:
    assert changes_between(catalogue, read_catalogue(folder)) == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        (PERSON, "days: {before: 30, promised: 16,", "days: {before: 30, promised: 15,",
         "P08 承诺时限 16 → 15 个工作日"),
        (PERSON, "days: {before: 30, promised: 16,",
         "days: {before: 30, promised: 16, statutory: 20,",
         "P08 法定时限 无 → 20 个工作日"),
        (PERSON, "own_fields: [overseas, dispatch]", "own_fields: [overseas]",
         "P07 专有数据元减少 dispatch"),
        (PERSON, "  - {material: M06}\n", "  - {material: M04}\n",
         "P08 原材料清单增加 M04，减少 M06"),
        (PERSON, "name: 人事档案转移", "name: 人事档案转接",
         "P05 名称 人事档案转移 → 人事档案转接"),
        (PERSON, "why: 社会保障卡按参保登记信息制作，须先参保。", "why: 须先参保。",
         "P06 前置事项有变化"),
        ("30_materials.yaml", "name: 住房租赁合同", "name: 租房合同",
         "M06 名称 住房租赁合同 → 租房合同"),
        ("00_one_thing.yaml", "promised_days: 30", "promised_days: 28",
         "一件事：总承诺时限 30 → 28"),
        ("42_exclusions.yaml", "只能享受一项。", "不能同时享受。", "互斥事项有变化：3 → 3 条"),
        ("22_elements_own.yaml", "  - {value: 交通银行, label: 交通银行}\n", "",
         "card_bank 选项减少 交通银行"),
        ("20_elements_personal.yaml", "  max_length: 120\n", "  max_length: 150\n",
         "p_address max_length 120 → 150"),
    ],
)  # fmt: skip
def test_one_change_is_one_line(
    folder, edit, catalogue: Catalogue, file: str, old: str, new: str, line: str
) -> None:
    edit(file, old, new)

    assert changes_between(catalogue, read_catalogue(folder)) == (line,)


def test_new_and_withdrawn_items_are_named(folder, catalogue: Catalogue) -> None:
    path = folder / PERSON
    path.write_text(path.read_text(encoding="utf-8") + NEW_ITEM, encoding="utf-8")
    longer = read_catalogue(folder)

    assert "新增事项 P13 人才服务预约" in changes_between(catalogue, longer)
    assert "取消事项 P13 人才服务预约" in changes_between(longer, catalogue)
