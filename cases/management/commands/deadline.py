"""`manage.py deadline`: answer "when is it due?" with every step."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases import calendar
from cases.steps import explain
from cases.working_time import SHANGHAI, Pause, deadline

# Beyond any limit of any law, and within what a calendar reaches.
MOST_DAYS = 3650


class Command(BaseCommand):
    help = "推算应办结时间：起算时间、工作日数、暂停计时区间。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--start", required=True, help="起算时间，如 2026-11-23T10:00")
        parser.add_argument("--days", required=True, type=int, help="时限（工作日），0 为即办")
        parser.add_argument("--pause", action="append", default=[], help="暂停区间：起/止，可多次")
        parser.add_argument("--warn", type=int, help="黄牌提前的工作日数，不写按统一规则")
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            clock: dict[str, Any] = {
                "start": instant(options["start"]),
                "budget": within(options["days"], 0, MOST_DAYS, "时限"),
                "pauses": [interval(text) for text in options["pause"]],
                "warn_days": threshold(options["warn"], options["days"]),
            }
            result = deadline(calendar.current(), **clock)
            steps = explain(calendar.current(), **clock)
        except OverflowError as error:
            raise CommandError("无法推算：日期超出日历的范围。") from error
        except ValueError as error:
            raise CommandError(f"无法推算：{error}") from error
        if options["json"]:
            answer = {**asdict(result), "steps": [asdict(step) for step in steps]}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=iso))
        else:
            self.stdout.write("\n".join(step.text for step in steps))


def instant(text: str) -> datetime:
    """Return an instant; without a zone it is meant in Asia/Shanghai. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"时间应写作 2026-11-23T10:00：{text}") from error
    within(moment.year, 1900, 9000, "年份")
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def interval(text: str) -> Pause:
    begin, found, end = text.partition("/")
    if not found:
        raise ValueError(f"暂停计时区间应写作“起/止”：{text}")
    pause = instant(begin), instant(end)
    if pause[1] < pause[0]:
        raise ValueError(f"暂停计时的结束早于开始：{text}")
    return pause


def threshold(warn_days: int | None, days: int) -> int | None:
    if warn_days is not None and not 1 <= warn_days < days:
        raise ValueError("黄牌提前的工作日数须至少为 1 且小于时限。")
    return warn_days


def within(number: int, least: int, most: int, name: str) -> int:
    if not least <= number <= most:
        raise ValueError(f"{name}须在 {least} 至 {most} 之间：{number}")
    return number


def iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat()
    return str(value.isoformat())
