import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from policies.models import OneThing
from tests.policies.test_arithmetic import PUBLISHED


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_report_as_json_needs_no_database() -> None:
    assert json.loads(run("catalogue_report", "hangzhou", "--json")) == PUBLISHED


def test_report_for_people_is_an_aligned_table() -> None:
    lines = run("catalogue_report", "hangzhou").splitlines()

    assert lines[0] == "杭州市大学生创新创业“一件事”"
    assert len(lines) == 1 + 14 + 2
    assert lines[-2].split() == ["公租房货币补贴链用时（工作日）", "48", "→", "20"]


def test_report_of_an_unknown_one_thing_is_one_clear_line() -> None:
    with pytest.raises(CommandError) as refusal:
        run("catalogue_report", "wonderland", "--json")

    assert str(refusal.value) == "没有名为 wonderland 的一件事；现有：hangzhou。"
    assert refusal.value.returncode == 1


@pytest.mark.parametrize("slug", ["..", "../catalogue/hangzhou", ""])
def test_report_reads_no_other_folder(slug: str) -> None:
    with pytest.raises(CommandError, match="没有名为"):
        run("catalogue_report", slug)


@pytest.mark.django_db
def test_report_of_the_loaded_version() -> None:
    with pytest.raises(CommandError, match="没有已载入的一件事 hangzhou"):
        run("catalogue_report", "hangzhou", "--loaded")

    run("load_catalogue")

    assert json.loads(run("catalogue_report", "hangzhou", "--loaded", "--json")) == PUBLISHED


@pytest.mark.django_db
def test_load_says_what_it_did_and_then_that_nothing_changed() -> None:
    first = run("load_catalogue")
    again = run("load_catalogue")

    assert "杭州市大学生创新创业“一件事” 第 1 版已发布：" in first
    assert "首次载入" in first
    assert again == "杭州市大学生创新创业“一件事” 第 1 版：没有变化。\n"


def test_load_of_a_broken_folder_prints_every_problem_and_needs_no_database(
    folder: Path, edit
) -> None:
    edit("40_items_personal.yaml", "department: D06", "department: D99")
    edit("30_materials.yaml", "shared_from: X04", "shared_from: X44")
    err = io.StringIO()

    with pytest.raises(CommandError, match="已拒绝 hangzhou"):
        call_command("load_catalogue", str(folder), stderr=err)

    assert err.getvalue().splitlines() == [
        "hangzhou/30_materials.yaml：materials[S06].shared_from：没有部门或数据源 X44",
        "hangzhou/40_items_personal.yaml：items[P02].department：没有部门 D99",
    ]


@pytest.mark.parametrize(
    "arguments", [("load_catalogue",), ("catalogue_report", "hangzhou", "--loaded")]
)
def test_without_a_database_there_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(OneThing.objects, "filter", refuse)
    monkeypatch.setattr("policies.loading._publish", refuse)

    with pytest.raises(CommandError) as refusal:
        run(*arguments)

    assert str(refusal.value) == "数据库无法使用：connection refused"
