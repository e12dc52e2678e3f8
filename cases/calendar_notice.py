"""The State Council's holiday notice as YAML (放假通知): read, checked whole, and written back.

The format is described in cases/calendars/README.md.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from yaml.events import AliasEvent

from cases.calendar import OUR_SOURCES, Unsound, Year
from cases.working_time import WEEKEND
from policies.reading import StrictLoader
from portal.core.chinese import day_words

CALENDARS = Path(__file__).parent / "calendars"
# A notice has some forty lines; whatever is a thousand times longer is not one.
MOST_BYTES = 64 * 1024
MOST_SOURCE = 200
_REASONS = {
    "missing": "缺少该键",
    "extra_forbidden": "不认识的键",
    "string_type": "应为文字",
    "string_too_short": "不能为空",
    "string_too_long": "文字过长",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为列表",
    "model_type": "应为键值表",
    "model_attributes_type": "应为键值表",
    "too_long": "项数过多",
    "greater_than_equal": "年份应在 2000 至 2099 之间",
    "less_than_equal": "年份应在 2000 至 2099 之间",
}
_NO_DATE = "没有这一天，日期应写作 2027-01-01"


def _day(value: object) -> date:
    """Return the day of 2027-01-01; neither an instant nor a number is one."""
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError(_NO_DATE)
    return date.fromisoformat(value)


Day = Annotated[date, BeforeValidator(_day)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Holiday(_Part):
    """One holiday: its days from–to, both included, or one by one."""

    name: Annotated[str, Field(min_length=1, max_length=30)]
    first: Day | None = Field(None, alias="from")
    last: Day | None = Field(None, alias="to")
    days: Annotated[list[Day], Field(max_length=366)] = []

    @property
    def problem(self) -> str | None:
        """Return why the days of the holiday are not clear, None where they are."""
        spans = self.first is not None or self.last is not None
        if bool(self.days) == spans:
            return f"“{self.name}”应写 from 和 to，或者只写 days。"
        if not spans:
            return None
        if self.first is None or self.last is None:
            return f"“{self.name}”的 from 和 to 须同时写明。"
        if self.last < self.first:
            return f"“{self.name}”的起止日期颠倒：{self.first} 至 {self.last}。"
        if self.last - self.first > timedelta(days=365):
            return f"“{self.name}”长于一年：{self.first} 至 {self.last}。"
        return None

    def __iter__(self) -> Iterator[date]:  # type: ignore[override]
        if self.first is None or self.last is None:
            yield from self.days
        else:
            for offset in range((self.last - self.first).days + 1):
                yield self.first + timedelta(days=offset)


class Notice(_Part):
    """One year's notice as written in the file."""

    year: Annotated[int, Field(ge=2000, le=2099)]
    title: Annotated[str, Field(min_length=1, max_length=MOST_SOURCE)]
    source: Annotated[str, Field(max_length=MOST_SOURCE)] = ""
    official: bool = True
    off: Annotated[list[Holiday], Field(max_length=100)]
    work: Annotated[list[Day], Field(max_length=366)] = []

    @property
    def whole_source(self) -> str:
        return f"{self.title}（{self.source}）" if self.source else self.title


@dataclass(frozen=True, slots=True)
class Reading:
    """A sound notice: the year as it is to stand, and what in the file makes no difference."""

    year: Year
    remarks: list[str]


def read(content: str | bytes) -> Reading:
    """Return the year that a notice describes. Raises Unsound with everything that is wrong."""
    notice = _validated(_parsed(content))
    if problems := list(_problems(notice)):
        raise Unsound(problems)
    off = {day: (False, holiday.name) for holiday in notice.off for day in holiday}
    work = {day: (True, "调休上班") for day in notice.work}
    weekend_off = sorted(day for day in off if day.weekday() in WEEKEND)
    plain_work = sorted(day for day in work if day.weekday() not in WEEKEND)
    remarks = [
        f"{day_words(day)}是工作日，写作上班与平常没有差别，不另登记。" for day in plain_work
    ]
    if weekend_off:
        remarks.append(f"放假中有 {len(weekend_off)} 天是周末，与平常没有差别，不另登记。")
    unlike = {
        day: what
        for day, what in sorted({**off, **work}.items())
        if day not in weekend_off and day not in plain_work
    }
    year = Year(notice.year, notice.official, notice.whole_source, unlike)
    return Reading(year, remarks)


def written(year: Year) -> str:
    """Return a year as a notice in YAML, to be edited and read again."""
    holidays: dict[str, list[date]] = {}
    for day, (working, name) in sorted(year.days.items()):
        if not working:
            holidays.setdefault(name or "放假", []).append(day)
    title = year.source
    if not title or title.startswith(OUR_SOURCES):
        title = f"国务院办公厅关于{year.year}年部分节假日安排的通知"
    lines = [
        f"year: {year.year}",
        f"title: {_quoted(title)}",
        f"official: {'true' if year.official else 'false'}",
        "",
        "off:" if holidays else "off: []  # 请逐项填写",
        *(
            f"  - {{name: {_quoted(name)}, days: [{', '.join(map(str, days))}]}}"
            for name, days in holidays.items()
        ),
        "",
        "work:",
        *(f"  - {day}" for day, (working, _) in sorted(year.days.items()) if working),
    ]
    return "\n".join(lines).removesuffix("\nwork:").rstrip() + "\n"


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, default_style='"', width=1000).strip()


def _parsed(content: str | bytes) -> dict[Any, Any]:
    raw = content.encode() if isinstance(content, str) else content
    if len(raw) > MOST_BYTES:
        raise Unsound([f"文件过大（超过 {MOST_BYTES // 1024} KB），不是放假通知。"])
    try:
        text = raw.decode("utf-8-sig")
        if any(isinstance(event, AliasEvent) for event in yaml.parse(text, StrictLoader)):
            raise Unsound(["文件中不能使用 YAML 的引用（*）。"])
        document = yaml.load(text, StrictLoader)  # noqa: S506
    except UnicodeDecodeError as error:
        raise Unsound(["文件不是 UTF-8 编码。"]) from error
    except yaml.MarkedYAMLError as error:
        line = f"第 {error.problem_mark.line + 1} 行" if error.problem_mark else "文件"
        raise Unsound([f"{line}的 YAML 写法不对，请对照样例检查缩进、冒号和括号。"]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, Unsound):
            raise
        raise Unsound(["文件的 YAML 写法不对，含有不能识别的字符或嵌套过深。"]) from error
    if not isinstance(document, dict):
        raise Unsound(["文件是空的。" if document is None else "文件的最外层应为键值表。"])
    return document


def _validated(document: dict[Any, Any]) -> Notice:
    try:
        return Notice.model_validate(document)
    except ValidationError as error:
        raise Unsound([_words(detail) for detail in error.errors()]) from error


def _words(detail: Any) -> str:
    """Return one mistake of form: where, what stands there, what should."""
    place = "".join(
        f"第 {step + 1} 项" if isinstance(step, int) else f" {step} " for step in detail["loc"]
    ).strip()
    kind = detail["type"]
    reason = _NO_DATE if kind == "value_error" else _REASONS.get(kind, "写法不对")
    value = detail["input"]
    shown = f"（{str(value)[:40]}）" if isinstance(value, str | int | float) else ""
    return f"{place}：{reason}{'' if kind == 'extra_forbidden' else shown}。"


def _problems(notice: Notice) -> Iterator[str]:
    if notice.official and not notice.off:
        yield "off：已公布的通知应有放假的日子；尚未公布的请写 official: false。"
    if len(notice.whole_source) > MOST_SOURCE:
        yield f"title 和 source 合计不能超过 {MOST_SOURCE - 2} 字。"
    if notice.title.startswith(OUR_SOURCES):
        yield "title：请写通知的标题。"
    unclear = [holiday.problem for holiday in notice.off if holiday.problem]
    if unclear:
        yield from unclear
        return
    off = Counter(day for holiday in notice.off for day in holiday)
    work = Counter(notice.work)
    for day in sorted({*off, *work}):
        if day.year != notice.year:
            yield f"{day_words(day)}不在{notice.year}年内。"
        if day in off and day in work:
            yield f"{day_words(day)}既写了放假又写了上班。"
        if off[day] > 1:
            yield f"{day_words(day)}在放假中写了 {off[day]} 次。"
        if work[day] > 1:
            yield f"{day_words(day)}在上班中写了 {work[day]} 次。"
