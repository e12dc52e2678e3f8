"""Every way in which a catalogue can be broken, with the file and the path that are reported."""

from pathlib import Path

import pytest

from policies.reading import CATALOGUES, CatalogueError, Problem, read_catalogue

PERSON = "40_items_personal.yaml"
ENTERPRISE = "41_items_enterprise.yaml"
DICTIONARY = "20_elements_personal.yaml"
OWN = "22_elements_own.yaml"
RULES = "23_rules.yaml"
MATERIALS = "30_materials.yaml"
P02_FIELDS = (
    "  fields: [p_name, p_id_type, p_id_no, p_gender, p_birth, p_mobile, p_employer, "
    "p_employer_uscc]"
)
STUDENT = "{material: M09, when: {field: p_grad_date, op: after_application}}"

BROKEN = [
    # what is named but does not exist
    (PERSON, "department: D06", "department: D99", "items[P02].department", "没有部门 D99"),
    (PERSON, "co_departments: [D02, D01]", "co_departments: [D02, D98]",
     "items[P08].co_departments[1]", "没有部门 D98"),
    (PERSON, "  own_fields: [overseas, dispatch]", "  own_fields: [overseas, abroad]",
     "items[P07].own_fields[1]", "没有数据元 abroad"),
    (PERSON, "{material: FP02}", "{material: FP99}", "items[P02].materials[0].material",
     "没有材料 FP99"),
    (PERSON, "any_of: [P03, P04]", "any_of: [P03, P44]", "items[P08].requires[1].any_of[1]",
     "没有事项 P44"),
    (PERSON, "result: {kind: 登记, name: 社会保险参保登记凭证, material: R01}",
     "result: {kind: 登记, name: 社会保险参保登记凭证, material: R99}",
     "items[P01].result.material", "没有材料 R99"),
    ("00_one_thing.yaml", "lead: D01", "lead: D09", "one_thing.lead", "没有部门 D09"),
    ("00_one_thing.yaml", 'division: "330100"', 'division: "999999"', "one_thing.division",
     "没有行政区划 999999"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}",
     "days: {before: 30, promised: 16, source: DEF}\n  warn_days: 16", "items[P08].warn_days",
     "小于时限 16 个工作日"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}",
     "days: {before: 30, promised: 16, statutory: 5}\n  warn_days: 5", "items[P08].warn_days",
     "小于时限 5 个工作日"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}",
     "days: {before: 30, promised: 16, source: DEF}\n  warn_days: 0", "items[P08].warn_days",
     "至少为 1"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}",
     "days: {before: 30, promised: 16, source: DEF}\n  warn_days: '3'", "items[P08].warn_days",
     "应为整数"),
    ("00_one_thing.yaml", "item: P08", "item: P88", "one_thing.chains[0].item", "没有事项 P88"),
    ("42_exclusions.yaml", "items: [P08, P09]", "items: [P08, P99]", "exclusions[1].items[1]",
     "没有事项 P99"),
    ("42_exclusions.yaml", "items: [P08, P09]", "items: [P08, P08]", "exclusions[1].items",
     "不能与自己互斥"),
    (MATERIALS, "shared_from: X04", "shared_from: X44", "materials[S06].shared_from",
     "没有部门或数据源 X44"),
    (MATERIALS, "target: p_bank", "target: p_purse", "materials[B01].target", "没有数据元 p_purse"),
    (DICTIONARY, "prefill: [X03]", "prefill: [X33]", "elements[p_marital].prefill[0]",
     "没有部门或数据源 X33"),
    (PERSON, "    source: W23\n", "    source: W99\n",
     "items[P10].window.source", "没有来源 W99"),
    # conditions
    (PERSON, STUDENT,
     "{material: M09, when: {field: p_graduated, op: after_application}}",
     "items[P10].materials[4].when.field", "没有数据元 p_graduated"),
    (PERSON, STUDENT,
     "{material: M09, when: {all: [{none: [{field: p_ethnic, op: '==', value: '01'}]}]}}",
     "items[P10].materials[4].when.all[0].none[0].field", "该事项不填写 p_ethnic"),
    (PERSON, STUDENT,
     "{material: M09, when: {field: p_edu, op: after_application}}",
     "items[P10].materials[4].when.op", "after_application 只用于日期"),
    (PERSON, STUDENT,
     "{material: M09, when: {field: p_edu, op: '<', value: '21'}}",
     "items[P10].materials[4].when.op", "enum 类型不能用 <"),
    (PERSON, STUDENT,
     "{material: M09, when: {field: p_edu, op: '==', value: '22'}}",
     "items[P10].materials[4].when.value", "22 不是学历的取值"),
    (PERSON, STUDENT,
     "{material: M09, when: {field: p_edu, op: '=='}}",
     "items[P10].materials[4].when", "== 的 value 应为单个值"),
    (PERSON, STUDENT,
     "{material: M09, when: 在校生}", "items[P10].materials[4].when", "条件应写成"),
    (PERSON, STUDENT,
     "{material: M09, when: {field: team, op: '==', value: 1}}",
     "items[P10].materials[4].when.field", "list 类型不能比较"),
    # order and production
    (PERSON, "result: {kind: 登记, name: 医保参保凭证}",
     "result: {kind: 登记, name: 医保参保凭证, material: M01}",
     "items[P02].result.material", "M01 的 obtained 不是 produced"),
    (PERSON, "any_of: [P03, P04]", "any_of: [P03, P05]", "items[P08].requires[1].any_of[1]",
     "P05 不产出材料 R23"),
    (PERSON, "any_of: [P03, P04]", "any_of: [P03, P08]", "items[P08].requires[1].any_of[1]",
     "事项不能以自己为前置"),
    (PERSON, "any_of: [P03, P04]", "any_of: []", "items[P08].requires[1].any_of", "不能为空"),
    (PERSON, "    material: R23\n", "    material: M14\n", "items[P08].requires[1].material",
     "M14 不在该事项的材料中"),
    (ENTERPRISE, "subject: {element: hires, column: id_no}", "subject: {element: hires}",
     "items[E04].requires[0].subject.column", "list 类型须写 column"),
    (ENTERPRISE, "subject: {element: hires, column: id_no}",
     "subject: {element: hires, column: id}", "items[E04].requires[0].subject.column",
     "hires 没有列 id"),
    (ENTERPRISE, "    subject: {element: hires, column: id_no}\n", "",
     "items[E04].requires[0].any_of[0]", "另一类申请人"),
    (MATERIALS, "  target: M07\n  clause: 所填家庭收入", "  target: S01\n  clause: 所填家庭收入",
     "materials[C03].target", "S01 不是保留的材料"),
    (MATERIALS, "  clause: 所填家庭收入真实、完整，愿意接受核查。\n", "", "materials[C03].clause",
     "承诺条款"),
    # the dictionary
    (DICTIONARY, "checks: [person_name]", "checks: [persons_name]", "elements[p_name].checks[0]",
     "没有校验 persons_name"),
    (DICTIONARY, "checks: [diploma_number]", "pattern: '[0-9'", "elements[p_diploma_no].pattern",
     "正则表达式不合法"),
    (DICTIONARY, "kind: bank_account", "kind: purse", "elements[p_bank].kind", "只能是"),
    (OWN, "至多 10 人\n  max_rows: 10\n  sensitive: true\n", "至多 10 人\n",
     "elements[team].sensitive", "含敏感列"),
    (OWN, "- {value: 市人才服务局, label: 市人才服务局}\n", "- {value: 各区人才市场, label: 某}\n",
     "elements[archive_to].options", "value 重复"),
    (OWN, "  name: 首缴月份\n  scope: item", "  name: 首缴月份\n  scope: dictionary",
     "elements[first_month].applicant", "applicant"),
    (PERSON, "own_fields: [overseas, dispatch]", "own_fields: [overseas, p_birth]",
     "items[P07].own_fields[1]", "不能放在 own_fields"),
    (PERSON, P02_FIELDS,
     "  fields: [p_name, p_name, e_name]", "items[P02].fields[1]", "数据元重复"),
    (PERSON, P02_FIELDS,
     "  fields: [p_name, e_name]", "items[P02].fields[1]", "另一类申请人"),
    (RULES, "check: staff_covers_insured", "check: staff_covers_all", "rules[17].check",
     "没有校验 staff_covers_all"),
    (RULES, "fields: {staff: e_staff, insured: e_insured}", "fields: {staff: e_staff}",
     "rules[17].fields", "需要参数 insured、staff"),
    (RULES, "at: e_staff", "at: e_name", "rules[17].at", "须是 fields 中的数据元"),
    (RULES, "insured: e_insured", "insured: e_covered", "rules[17].fields.insured",
     "没有数据元 e_covered"),
    # shape
    (PERSON, "days: {before: 30, promised: 16, source: DEF}",
     "days: {before: 30, promised: '16', source: DEF}", "items[P08].days.promised", "应为整数"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}",
     "days: {before: 30, promised: -1, source: DEF}", "items[P08].days.promised", "不能小于 0"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}", "days: 16", "items[P08].days",
     "应为键值表"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}", "limit: 16", "items[P08].limit",
     "不认识的键"),
    (PERSON, "days: {before: 30, promised: 16, source: DEF}", "source2: DEF", "items[P08].days",
     "缺少该键"),
    (PERSON, "  slug: medical\n", "  slug: insurance\n", "items[P02].slug", "与 P01 重复"),
    (PERSON, "- code: P02\n", "- code: P01\n", "items[P01]", "代码重复"),
    (PERSON, "- code: P02\n", "- code: 医保\n", "items[医保].code", "格式不对"),
    (PERSON, "- code: P02\n  slug", "- slug", "items[1].code", "缺少该键"),
    (PERSON, "opens: 2020-06-01", "opens: 六月", "items[P10].window.opens", "日期"),
    (PERSON, "  slug: medical\n", "  slug: medical\n  slug: medicine\n", "第 29 行",
     "键重复：slug"),
    (PERSON, "items:\n- code: P01", "itens:\n- code: P01", "itens", "不认识的键"),
    ("42_exclusions.yaml", "exclusions:\n", "exclusions: none\nothers:\n", "exclusions",
     "应为列表"),
]  # fmt: skip


def problems_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(CatalogueError) as refusal:
        read_catalogue(folder)
    return refusal.value.problems


@pytest.mark.parametrize(("file", "old", "new", "path", "reason"), BROKEN)
def test_broken_file_is_refused_with_file_path_and_reason(
    folder: Path, edit, file: str, old: str, new: str, path: str, reason: str
) -> None:
    edit(file, old, new)

    problems = problems_of(folder)

    assert any(
        problem.file == f"hangzhou/{file}" and problem.path == path and reason in problem.reason
        for problem in problems
    ), problems


def test_produced_material_without_producer_is_refused_where_it_stands(folder, edit) -> None:
    edit(PERSON, "name: 档案存放证明, material: R04}", "name: 档案存放证明}")

    assert problems_of(folder) == (
        Problem("hangzhou/30_materials.yaml", "materials[R04].obtained", "没有事项产出该材料"),
        Problem(f"hangzhou/{PERSON}", "items[P03].requires[1].any_of[0]", "P05 不产出材料 R04"),
    )


def test_cycle_of_blocking_requirements_is_refused(folder: Path, edit) -> None:
    edit(
        PERSON,
        "  result: {kind: 登记, name: 社会保险参保登记凭证, material: R01}\n",
        "  result: {kind: 登记, name: 社会保险参保登记凭证, material: R01}\n"
        "  requires:\n  - {any_of: [P08], strength: hard, why: 先后颠倒。}\n",
    )

    [problem] = problems_of(folder)

    assert problem.path.endswith(".requires")
    assert problem.reason.startswith("前置事项循环：")
    assert "P01" in problem.reason and "P08" in problem.reason


def test_cycle_through_a_soft_requirement_is_refused(folder: Path, edit) -> None:
    edit(
        PERSON,
        "  result: {kind: 登记, name: 社会保险参保登记凭证, material: R01}\n",
        "  result: {kind: 登记, name: 社会保险参保登记凭证, material: R01}\n"
        "  requires:\n  - {any_of: [P06], strength: soft, why: 先后颠倒。}\n",
    )

    [problem] = problems_of(folder)

    assert problem.reason.startswith("办理次序循环：")


def test_all_problems_are_told_at_once(folder: Path, edit) -> None:
    edit(PERSON, "department: D06", "department: D99")
    edit(PERSON, "days: {before: 30, promised: 16, source: DEF}", "days: {before: x, promised: y}")
    edit(MATERIALS, "shared_from: X04", "shared_from: X44")

    assert {problem.path for problem in problems_of(folder)} == {
        "items[P02].department",
        "items[P08].days.before",
        "items[P08].days.promised",
        "materials[S06].shared_from",
    }


def test_same_code_in_two_files_names_the_first(folder: Path) -> None:
    extra = "departments:\n- {code: D01, name: 某局, short_name: 某局}\n"
    (folder / "99_more.yaml").write_text(extra, encoding="utf-8")

    assert problems_of(folder) == (
        Problem("hangzhou/99_more.yaml", "departments[D01]",
                "代码重复，已见于 hangzhou/10_departments.yaml"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "文件是空的"),
        (b"# only a comment\n", "文件是空的"),
        ("items: []".encode("utf-16"), "不是 UTF-8 编码"),
        ("items: 杭州".encode("gbk"), "不是 UTF-8 编码"),
        (b"- items\n", "最外层应为键值表"),
        (b"items:\n- code: P01\n code: P02\n", "YAML 写法不对"),
        (b"items: [", "YAML 写法不对"),
        (b"items: !!python/object:os.system {}", "YAML 写法不对"),
        (b"\x00", "YAML 写法不对"),
    ],
)
def test_unreadable_file_is_the_only_problem(folder: Path, content: bytes, reason: str) -> None:
    (folder / PERSON).write_bytes(content)

    [problem] = problems_of(folder)

    assert problem.file == f"hangzhou/{PERSON}"
    assert problem.reason.startswith(reason)


def test_missing_part_is_named(folder: Path) -> None:
    (folder / "10_departments.yaml").unlink()

    assert Problem("hangzhou", "departments", "目录中没有这一部分") in problems_of(folder)


def test_folder_without_files_or_without_itself_is_refused(tmp_path: Path) -> None:
    [empty] = problems_of(tmp_path)
    [absent] = problems_of(tmp_path / "nowhere")

    assert empty.reason == "文件夹中没有 .yaml 文件"
    assert absent.reason == "没有这个文件夹"


def test_every_catalogue_that_we_ship_is_sound() -> None:
    folders = [folder for folder in CATALOGUES.iterdir() if folder.is_dir()]

    assert [read_catalogue(folder).one_thing.slug for folder in folders] == [
        folder.name for folder in folders
    ]
