import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from policies.loading import load_catalogue
from policies.management.commands import judge
from policies.shelf import Shelf
from tests.policies.conftest import HANGZHOU

ROOT = HANGZHOU.parents[2]
ASKED = {
    "age": 22, "edu": "21", "study_mode": "全日制", "grad_date": "2020-06-30",
    "months_since_grad": 2, "hukou_urban": False, "insured": True, "ss_months_total": 1,
    "ss_months_cont": {"value": 1, "as_of": "2020-08-31"}, "contract_months": 24,
    "got_living_subsidy": False, "permit_valid": True,
}  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: Any) -> str:
        path = tmp_path / "facts.json"
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def judged(*arguments: str) -> Any:
    out = StringIO()
    call_command("judge", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_what_was_loaded_is_judged(db: None, written: Any) -> None:
    load_catalogue(HANGZHOU)

    found = judged(written(ASKED), "--on", "2020-08-31")

    verdicts = {one["policy"]: one["verdict"] for one in found}
    assert verdicts["POL_P07"] == "eligible"
    assert verdicts["POL_E03"] == "eligible"


class TestPublished:
    @pytest.fixture(autouse=True)
    def _published(self, policies: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = Shelf({policy.code: policy for policy in policies.values()})
        monkeypatch.setattr(judge, "shelf", lambda: kept)

    def test_one_policy_is_judged_on_the_day_given(self, written: Any) -> None:
        (found,) = judged(written(ASKED), "--on", "2020-08-31", "--policy", "POL_P08")

        assert list(found) == ["policy", "item", "verdict", "from", "version", "leaves", "benefit"]
        assert (found["policy"], found["item"]) == ("POL_P08", "P08")
        assert found["verdict"] == "unknown"
        keys = ["fact", "op", "need", "actual", "met", "matures", "label"]
        assert all(list(leaf) == keys for leaf in found["leaves"])

    @pytest.mark.parametrize(
        ("on", "version", "verdict", "from_day"),
        [
            ("2020-08-31", "2019", "eligible", None),
            ("2021-10-14", "2019", "not", None),
            ("2021-10-15", "2021", "eligible", None),
            ("2019-06-02", None, "not", None),
        ],
    )
    def test_the_version_is_that_of_the_day(
        self, written: Any, on: str, version: str | None, verdict: str, from_day: str | None
    ) -> None:
        facts = {code: ASKED[code] for code in ASKED if code != "months_since_grad"}

        (found,) = judged(written(facts), "--on", on, "--policy", "POL_P07")

        assert (found["version"], found["verdict"], found["from"]) == (version, verdict, from_day)
        assert found.get("reason") == (None if version else "window closed")

    def test_a_count_grows_from_the_day_asked_about_unless_said(self, written: Any) -> None:
        facts = {**ASKED, "ss_months_cont": 1, "months_since_grad": 2}

        (found,) = judged(written(facts), "--on", "2021-10-31", "--policy", "POL_P07")

        assert (found["verdict"], found["from"]) == ("not_yet", "2022-03-31")
        assert found["benefit"]["amount"] == 10000

    def test_without_a_policy_all_are_judged_today(self, written: Any, monday: Any) -> None:
        found = judged(written(ASKED))

        codes = [one["policy"] for one in found]
        assert {"POL_P01", "POL_P12", "POL_E01", "POL_E07"} <= set(codes)

    def test_without_json_it_is_told_in_chinese(self, written: Any, db: None) -> None:
        out, facts = StringIO(), {**ASKED, "ss_months_cont": 1}

        call_command(
            "judge", written(facts), "--on", "2021-10-31", "--policy", "POL_P07", stdout=out
        )

        text = out.getvalue()
        assert text.startswith("判定日期：2021年10月31日\n")
        assert "待成熟，2022年3月31日起可办" in text
        assert "[不符] 连续参保满6个月（不含补缴）" in text
        assert "实际1个月；2022年3月31日起符合" in text
        assert "[符合]" in text

    def test_without_json_missing_facts_are_told_with_who_could_give_them(
        self, written: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(judge, "source_names", lambda: {"X02": "省教育厅", "form": "申请人"})
        out = StringIO()

        call_command("judge", written({}), "--on", "2020-08-31", "--policy", "POL_P10", stdout=out)

        assert "缺少：毕业日期（可由省教育厅、申请人、manual提供）" in out.getvalue()

    def test_an_unknown_policy_is_refused(self, written: Any) -> None:
        with pytest.raises(CommandError, match="没有已发布的政策 POL_X；现有：POL_E01、"):
            judged(written(ASKED), "--on", "2020-08-31", "--policy", "POL_X")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "不是 JSON：第 1 行第 2 列"),
        ("", "不是 JSON"),
        ('{"age": NaN}', "不允许 NaN"),
        ('{"age": 22, "age": 23}', "键重复 age"),
        ("[" * 100_000, "嵌套过深"),
        (f'{{"age": {"9" * 5000}}}', "不是可用的 JSON：数字过长 999999999999…。"),
        ("[]", "事实应为键值表"),
        ({"age": "22"}, "age：“周岁年龄”应为"),
        ({"agex": 22}, "agex：事实字典中没有这一事实"),
        ({"insured": 1, "edu": 21}, "(?s)insured：.*edu："),
    ],
)
def test_what_is_no_sound_file_of_facts_is_refused(written: Any, content: Any, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        judged(written(content), "--on", "2020-08-31")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="没有这个文件。"):
        judged(str(tmp_path / "none.json"), "--on", "2020-08-31")
    with pytest.raises(CommandError, match="这是一个文件夹。"):
        judged(str(tmp_path), "--on", "2020-08-31")
    (tmp_path / "facts.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(CommandError, match="不是 UTF-8 编码"):
        judged(str(tmp_path / "facts.json"), "--on", "2020-08-31")


@pytest.mark.parametrize("on", ["2020-8-31", "2020-02-30", "tomorrow", "20200831", ""])
def test_a_wrong_date_is_refused(written: Any, on: str) -> None:
    with pytest.raises(CommandError, match="--on 应为 2026-11-24 形式的日期"):
        judged(written(ASKED), "--on", on)


@pytest.mark.django_db
def test_without_published_policies_it_says_what_to_do(written: Any) -> None:
    with pytest.raises(CommandError, match="还没有已发布的政策，请先运行 load_catalogue"):
        judged(written(ASKED), "--on", "2020-08-31")


@pytest.mark.django_db
def test_on_a_database_without_tables_it_says_what_to_do(written: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE policies_policyversion RENAME TO elsewhere")

    with pytest.raises(CommandError, match="数据库尚未建好，请先运行 migrate"):
        judged(written(ASKED), "--on", "2020-08-31")


def test_without_a_database_it_says_so_and_exits_with_1(written: Any, tmp_path: Path) -> None:
    environment = {
        key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}
    }
    environment |= {"PORTAL_MODE": "demo", "PORTAL_DATA": str(tmp_path / "empty")}

    run = subprocess.run(
        [sys.executable, "manage.py", "judge", written(ASKED), "--json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert run.returncode == 1
    assert run.stdout == ""
    assert "数据库无法使用" in run.stderr
    assert "Traceback" not in run.stderr
