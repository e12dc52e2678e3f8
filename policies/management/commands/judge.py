"""`manage.py judge`: what would these facts give a person or an enterprise?"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from policies.dictionary import dictionary
from policies.eligibility import FactError, Facts, Finding, facts_from
from policies.guards import as_date
from policies.judging import Verdict, as_json, judge
from policies.shelf import PublishedPolicy, shelf
from policies.subjects import source_names
from portal.core import clock
from portal.core.chinese import day_words, listed

_MET = {True: "符合", False: "不符", None: "未知"}


UNREADABLE: tuple[tuple[type[OSError], str], ...] = (
    (FileNotFoundError, "没有这个文件"),
    (IsADirectoryError, "这是一个文件夹"),
    (PermissionError, "没有读取权限"),
)


class Command(BaseCommand):
    help = "按已发布的政策判定一组事实：能否享受、尚缺什么、哪天起可办。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("facts", help="事实文件：{代码: 值} 或 {代码: {value, as_of}}")
        parser.add_argument("--on", help="判定日期，如 2026-11-24，默认今天")
        parser.add_argument("--policy", help="政策代码，默认全部已发布政策")
        parser.add_argument("--json", action="store_true", help="输出 JSON 列表")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = _read(Path(options["facts"]))
        try:
            on = _day(options["on"])
            facts = _facts(raw, on)
            verdicts = [judge(policy, facts, on) for policy in _chosen(options["policy"])]
            told = _as_json(verdicts) if options["json"] else _as_text(verdicts, on)
        except OperationalError as error:
            raise CommandError(f"数据库无法使用：{str(error).splitlines()[0]}") from None
        except ProgrammingError:
            raise CommandError("数据库尚未建好，请先运行 migrate 和 load_catalogue。") from None
        self.stdout.write(told)


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, parse_constant=_refused, parse_int=_int, object_pairs_hook=_once)
    except OSError as error:
        why = next((words for kind, words in UNREADABLE if isinstance(error, kind)), "读取出错")
        raise CommandError(f"无法读取 {path}：{why}。") from None
    except UnicodeDecodeError:
        raise CommandError(f"无法读取 {path}：不是 UTF-8 编码。") from None
    except json.JSONDecodeError as error:
        raise CommandError(f"{path} 不是 JSON：第 {error.lineno} 行第 {error.colno} 列。") from None
    except RecursionError:
        raise CommandError(f"{path} 不是可用的 JSON：嵌套过深。") from None
    except ValueError as error:
        raise CommandError(f"{path} 不是可用的 JSON：{error}。") from None


def _int(digits: str) -> int:
    if len(digits) > 100:
        raise ValueError(f"数字过长 {digits[:12]}…")
    return int(digits)


def _refused(constant: str) -> Any:
    raise ValueError(f"不允许 {constant}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"键重复 {next(key for key in keys if keys.count(key) > 1)}")
    return found


def _day(text: str | None) -> date:
    if text is None:
        return clock.today()
    day = as_date(text)
    if day is None:
        raise CommandError(f"--on 应为 2026-11-24 形式的日期：{text}")
    return day


def _facts(raw: Any, on: date) -> Facts:
    try:
        return facts_from(raw, on)
    except FactError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise CommandError(f"事实有误：\n{lines}") from None


def _chosen(code: str | None) -> list[PublishedPolicy]:
    policies = shelf().policies
    if not policies:
        raise CommandError("还没有已发布的政策，请先运行 load_catalogue。")
    if code is None:
        return list(policies.values())
    if code not in policies:
        raise CommandError(f"没有已发布的政策 {code}；现有：{'、'.join(policies)}。")
    return [policies[code]]


def _as_json(verdicts: list[Verdict]) -> str:
    return json.dumps([as_json(verdict) for verdict in verdicts], ensure_ascii=False, indent=2)


def _as_text(verdicts: list[Verdict], on: date) -> str:
    givers = source_names()
    lines = [line for verdict in verdicts for line in _lines(verdict, givers)]
    return "\n".join((f"判定日期：{day_words(on)}", *lines))


def _lines(verdict: Verdict, givers: Mapping[str, str]) -> Iterator[str]:
    version = f"（版本：{verdict.version.label}）" if verdict.version else ""
    yield f"\n{verdict.policy.code} {verdict.policy.name}{version}：{verdict.words}"
    for leaf in verdict.explanation.leaves:
        yield f"  [{_MET[leaf.met]}] {_told(leaf)}"
    for code in verdict.explanation.missing:
        definition = dictionary()[code]
        who = listed(givers.get(source, source) for source in definition.sources)
        yield f"  缺少：{definition.name}（可由{who}提供）"
    if verdict.closes_on:
        yield f"  最迟：{day_words(verdict.closes_on)}"
    if verdict.benefit:
        yield from (f"  待遇：{line}" for line in verdict.benefit.lines)


def _told(leaf: Finding) -> str:
    ripe = f"；{day_words(leaf.from_day)}起符合" if leaf.from_day else ""
    return f"{leaf.label}（{leaf.name}：要求{leaf.need}，实际{leaf.actual}{ripe}）"
