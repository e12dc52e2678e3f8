"""Policies of files become published versions that stay as they are."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from policies.loading import load_catalogue
from policies.models import Policy, PolicyState, PolicyVersion
from policies.reading import CatalogueError
from portal.core.ledger import Event
from tests.policies.conftest import HANGZHOU

pytestmark = pytest.mark.django_db
Edit = Callable[[str, str, str], None]

P09 = "policies/P09.yaml"
NEXT = """
- label: '2023'
  effective_from: 2023-01-01
  summary: 租房补贴改为每年8000元。
  conditions: {all: [{fact: insured, op: '==', value: true}]}
  benefit: {kind: fixed, amount: 8000, per: year, years: 3}
"""


def refusal(folder: Path) -> list[str]:
    with pytest.raises(CatalogueError) as refused:
        load_catalogue(folder)
    return [str(problem) for problem in refused.value.problems]


def append(folder: Path, text: str) -> None:
    with (folder / P09).open("a", encoding="utf-8") as file:
        file.write(text)


def test_loading_publishes_every_policy_with_its_versions_and_says_so() -> None:
    report = load_catalogue(HANGZHOU)

    assert (Policy.objects.count(), PolicyVersion.objects.published().count()) == (20, 25)
    assert "公租房货币补贴：发布版本“余杭2021”" in report.policy_changes
    living = Policy.objects.get(code="POL_P07")
    assert (living.item_code, living.one_thing, living.applicant) == (
        "P07", report.one_thing, "person",
    )  # fmt: skip
    assert list(living.versions.values_list("number", "label", "effective_to")) == [
        (1, "2019", date(2021, 10, 14)), (2, "2021", None),
    ]  # fmt: skip
    extra = Policy.objects.get(code="POL_E01x")
    assert (extra.item_code, extra.one_thing) == ("", None)


def test_each_published_version_is_told_to_the_ledger_by_codes_alone() -> None:
    load_catalogue(HANGZHOU)

    events = Event.objects.filter(kind="policy.published")

    assert events.count() == 25
    version = PolicyVersion.objects.get(policy__code="POL_P08", number=2)
    told = events.get(subject=f"policy_version:{version.pk}")
    assert told.payload == {"policy": "POL_P08", "number": 2}
    assert told.actor is None


def test_loading_again_changes_nothing() -> None:
    load_catalogue(HANGZHOU)
    before = list(PolicyVersion.objects.values_list("pk", "published_at"))

    assert load_catalogue(HANGZHOU).policy_changes == ()
    assert list(PolicyVersion.objects.values_list("pk", "published_at")) == before


def test_comments_and_the_order_of_keys_change_nothing(folder: Path, edit: Edit) -> None:
    load_catalogue(folder)
    edit(
        P09, "    per: year\n    payee: 户\n", "    # by household\n    payee: 户\n    per: year\n"
    )

    assert load_catalogue(folder).policy_changes == ()


def test_a_new_version_follows_the_published_ones(folder: Path) -> None:
    load_catalogue(folder)
    append(folder, NEXT)

    report = load_catalogue(folder)

    assert report.policy_changes == ("应届大学生租房补贴：发布版本“2023”",)
    assert list(PolicyVersion.objects.filter(policy__code="POL_P09").values_list("number")) == [
        (1,), (2,),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("amount: 10000", "amount: 12000"),
        ("label: '2020'", "label: '2020年版'"),
        ("effective_from: 2020-02-24", "effective_from: 2020-02-24\n  effective_to: 2025-12-31"),
    ],
)
def test_a_changed_file_of_a_published_version_is_refused(
    folder: Path, edit: Edit, old: str, new: str
) -> None:
    load_catalogue(folder)
    edit("policies/P10.yaml", "label: 第七届", "label: 第八届")
    edit(P09, old, new)

    problems = refusal(folder)

    label = "2020"
    reason = f"版本“{label}”已发布，内容不能修改；请保留原样并另加新版本"
    assert f"hangzhou/{P09}：versions[0]：{reason}" in problems
    assert len(problems) == 2
    assert PolicyVersion.objects.count() == 25


def test_the_command_reports_a_refusal_with_file_and_path(
    folder: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    load_catalogue(folder)
    edit(P09, "amount: 10000", "amount: 12000")

    with pytest.raises(CommandError, match="已拒绝 hangzhou"):
        call_command("load_catalogue", str(folder))

    assert capsys.readouterr().err.startswith(f"hangzhou/{P09}：versions[0]：版本“2020”已发布")


def test_a_refused_policy_leaves_the_items_as_they_were(folder: Path, edit: Edit) -> None:
    first = load_catalogue(folder)
    edit(P09, "amount: 10000", "amount: 12000")
    edit(
        "40_items_personal.yaml",
        "days: {before: 30, promised: 16,",
        "days: {before: 30, promised: 15,",
    )

    refusal(folder)

    first.one_thing.refresh_from_db()
    assert first.one_thing.current == first.version


def test_a_version_taken_out_of_a_file_stays_published(folder: Path) -> None:
    append(folder, NEXT)
    load_catalogue(folder)
    text = (folder / P09).read_text(encoding="utf-8")
    (folder / P09).write_text(text.replace(NEXT, ""), encoding="utf-8")

    assert load_catalogue(folder).policy_changes == ()
    assert PolicyVersion.objects.filter(policy__code="POL_P09").count() == 2


def test_a_version_that_overlaps_one_published_meanwhile_is_refused(folder: Path) -> None:
    load_catalogue(folder)
    row = PolicyVersion.objects.get(policy__code="POL_P09")
    publish(row.policy, label="在线", effective_from=date(2024, 1, 1), document=row.document)
    append(folder, NEXT)

    assert refusal(folder) == [
        f"hangzhou/{P09}：versions[1].effective_from：施行日期须晚于版本“在线”的2024年1月1日"
    ]


def test_an_item_that_belongs_to_another_policy_is_refused(folder: Path, edit: Edit) -> None:
    load_catalogue(folder)
    edit(P09, "code: POL_P09", "code: POL_P9")
    edit(
        "policies/P08.yaml",
        "excludes: [POL_P09]\n  benefit:\n    kind: family_area\n    by: family_size\n    rate: 24",
        "excludes: [POL_P9]\n  benefit:\n    kind: family_area\n    by: family_size\n    rate: 24",
    )
    edit("policies/P08.yaml", "excludes: [POL_P09]", "excludes: [POL_P9]")

    assert f"hangzhou/{P09}：item：事项 P09 已属于政策 POL_P09" in refusal(folder)


def test_a_policy_keeps_its_kind_of_applicant(folder: Path, edit: Edit) -> None:
    load_catalogue(folder)
    edit("policies/E01x.yaml", "applicant: enterprise", "applicant: person")
    edit(
        "policies/E01x.yaml",
        "{fact: tax_last, op: '>=', value: 100,",
        "{fact: age, op: '>=', value: 99,",
    )
    edit("policies/E01x.yaml", "{fact: hires_12m,", "{fact: ss_months_cont,")

    assert refusal(folder) == ["hangzhou/policies/E01x.yaml：applicant：已有的政策不能改变适用对象"]


def test_a_renamed_policy_takes_its_new_name(folder: Path, edit: Edit) -> None:
    load_catalogue(folder)
    edit(P09, "name: 应届大学生租房补贴", "name: 应届毕业生租房补贴")

    assert load_catalogue(folder).policy_changes == ()
    assert Policy.objects.get(code="POL_P09").name == "应届毕业生租房补贴"


# What the database itself refuses


def publish(policy: Policy, **fields: Any) -> PolicyVersion:
    moment = policy.versions.get(number=1).published_at
    return PolicyVersion.objects.create(
        policy=policy, number=policy.versions.count() + 1, state=PolicyState.PUBLISHED,
        published_at=moment, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_policyversion SET document = '{}' WHERE policy_id = %s",
        "UPDATE policies_policyversion SET effective_to = '2030-01-01' WHERE policy_id = %s",
        "UPDATE policies_policyversion SET state = 'draft' WHERE policy_id = %s",
        "DELETE FROM policies_policyversion WHERE policy_id = %s",
    ],
)
def test_the_database_keeps_a_published_version_as_it_is(statement: str) -> None:
    load_catalogue(HANGZHOU)
    policy = Policy.objects.get(code="POL_P09")

    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [policy.pk])


def test_the_database_takes_no_two_versions_that_begin_together() -> None:
    load_catalogue(HANGZHOU)
    row = PolicyVersion.objects.get(policy__code="POL_P09")

    with pytest.raises(IntegrityError, match="begins_once"), transaction.atomic():
        publish(row.policy, label="又一", effective_from=row.effective_from, document={})
