"""`manage.py deadline`, for whoever must answer "when is it due?"."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cases import calendar

pytestmark = pytest.mark.django_db


def asked(*arguments: str) -> str:
    calendar.load()
    said = StringIO()
    call_command("deadline", *arguments, stdout=said)
    return said.getvalue()


def test_the_answer_is_one_object_with_every_step() -> None:
    said = asked(
        "--start", "2026-09-29T10:00+08:00", "--days", "5",
        "--pause", "2026-09-30T10:00/2026-10-09T12:00", "--json",
    )  # fmt: skip

    answer: dict[str, Any] = json.loads(said)
    assert set(answer) == {"due_on", "due_at", "yellow_at", "steps"}
    assert answer["due_on"] == "2026-10-14"
    assert answer["due_at"] == "2026-10-14T17:30:00+08:00"
    assert answer["yellow_at"] == "2026-10-13T09:00:00+08:00"
    kinds = [step["kind"] for step in answer["steps"]]
    assert kinds == [
        "start", "rule", "counted", "paused", "counted", "skipped", "made_up", "due", "yellow",
    ]  # fmt: skip
    assert {key for step in answer["steps"] for key in step} == {
        "kind", "begin", "end", "days", "text", "source",
    }  # fmt: skip


def test_pauses_may_be_given_several_times_and_instants_in_any_zone() -> None:
    said = asked(
        "--start", "2026-11-23T02:00:00Z", "--days", "5", "--json",
        "--pause", "2026-11-24T10:00/2026-11-25T12:00",
        "--pause", "2026-11-26T02:00Z/2026-11-30T04:00Z",
    )  # fmt: skip

    assert json.loads(said)["due_at"] == "2026-12-03T17:30:00+08:00"


@pytest.mark.parametrize(
    ("start", "days", "due_at"),
    [
        ("2026-10-05T23:59:59", "3", "2026-10-10T17:30:00+08:00"),  # a start on a holiday
        ("2026-10-10T23:59:59", "1", "2026-10-12T17:30:00+08:00"),  # in the make-up week
        ("2026-10-01T12:00", "0", "2026-10-08T17:30:00+08:00"),
    ],
)
def test_odd_starts(start: str, days: str, due_at: str) -> None:
    assert json.loads(asked("--start", start, "--days", days, "--json"))["due_at"] == due_at


def test_an_own_threshold() -> None:
    said = asked("--start", "2026-11-23T10:00", "--days", "10", "--warn", "5", "--json")

    assert json.loads(said)["yellow_at"] == "2026-11-30T09:00:00+08:00"


def test_without_json_each_step_is_a_sentence() -> None:
    lines = asked("--start", "2026-11-23T10:00", "--days", "3").splitlines()

    assert lines[0] == "2026年11月23日 10:00 起算。"
    assert lines[-2] == "应于 2026年11月26日 17:30 前办结。"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["--start", "昨天", "--days", "3"], "时间应写作"),
        (["--start", "2026-02-30T10:00", "--days", "3"], "时间应写作"),
        (["--start", "0001-01-01T00:00", "--days", "3"], "年份须在"),
        (["--start", "2026-11-23T10:00", "--days", "-1"], "时限须在"),
        (["--start", "2026-11-23T10:00", "--days", "99999999"], "时限须在"),
        (["--start", "2026-11-23T10:00", "--days", "3", "--pause", "2026-11-24T10:00"], "起/止"),
        (
            ["--start", "2026-11-23T10:00", "--days", "3", "--pause", "2026-11-25/2026-11-24"],
            "早于",
        ),
        (["--start", "2026-11-23T10:00", "--days", "3", "--warn", "3"], "小于时限"),
        (["--start", "2026-11-23T10:00", "--days", "0", "--warn", "1"], "小于时限"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_in_chinese(wrong: list[str], words: str) -> None:
    with pytest.raises(CommandError, match="无法推算") as refused:
        call_command("deadline", *wrong, "--json")

    assert words in str(refused.value)
