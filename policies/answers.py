"""Judging the answers of one form against the catalogue (表单校验); pure."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from policies import divisions
from policies.checks import CHECKS, IDENTIFIERS, RULES, SEES_BLANKS
from policies.guards import as_date, as_number, is_blank
from policies.schema import Catalogue, Element, Field, Rule

BANK_NAME_LENGTHS = (2, 40)
CHOSEN_KINDS = {"enum", "bool", "division", "date", "month"}


def problems_in(
    catalogue: Catalogue, codes: Iterable[str], answers: Mapping[str, Any], on: date
) -> dict[str, str]:
    """Return the problem of each wrong field of a form, in form order, as Chinese sentences.

    A cross-field rule is asked only about fields that are right by themselves.
    """
    chosen = tuple(codes)
    asked = catalogue.fields_of(chosen)
    found = {
        element.code: problem
        for element in asked
        if (problem := problem_of(element, answers.get(element.code)))
    }
    for rule in catalogue.rules_of(chosen):
        if rule.at in found or not found.keys().isdisjoint(rule.fields.values()):
            continue
        problem = rule_problem(rule, answers, on)
        if problem:
            found[rule.at] = problem
    return {element.code: found[element.code] for element in asked if element.code in found}


def rule_problem(rule: Rule, answers: Mapping[str, Any], on: date) -> str | None:
    """Return what a cross-field rule finds wrong; none while an answer it needs is missing."""
    given = {name: answers.get(field) for name, field in rule.fields.items()}
    if rule.check not in SEES_BLANKS and any(is_blank(value) for value in given.values()):
        return None
    return RULES[rule.check](**given, **rule.params, on=on)


def problem_of(field: Field, value: Any) -> str | None:
    """Return what is wrong with one answer by itself, none when it is right."""
    if is_blank(value):
        verb = "请选择" if field.kind in CHOSEN_KINDS else "请填写"
        return f"{verb}{field.name}。" if field.required else None
    return _BY_KIND[field.kind](field, value)


def canonical(field: Field, value: Any) -> Any:
    """Return an answer in the form in which it is kept: trimmed, identifiers in capitals."""
    if isinstance(value, str):
        return _canonical_text(field, value)
    if field.kind == "bank_account" and isinstance(value, dict):
        account = _canonical_text(field, str(value.get("account") or ""))
        rest = {key: str(value.get(key) or "").strip() for key in ("bank", "holder")}
        kept = {"bank": rest["bank"], "account": account, "holder": rest["holder"]}
        return {key: text for key, text in kept.items() if text}
    if isinstance(field, Element) and field.kind == "list" and isinstance(value, list):
        rows = [_canonical_row(field, row) for row in value if isinstance(row, dict)]
        return [row for row in rows if row]
    return value


def _canonical_row(element: Element, row: dict[str, Any]) -> dict[str, Any]:
    cells = {
        column.code: canonical(column, row.get(column.code))
        for column in element.columns
        if not is_blank(row.get(column.code))
    }
    return {code: value for code, value in cells.items() if not is_blank(value)}


def _canonical_text(field: Field, value: str) -> str:
    if not IDENTIFIERS.isdisjoint(field.checks):
        return "".join(unicodedata.normalize("NFKC", value).split()).upper()
    return value.strip()


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        return _misfit(field)
    if field.min_length and len(value) < field.min_length:
        return f"{field.name}至少填写 {field.min_length} 个字。"
    if field.max_length and len(value) > field.max_length:
        return f"{field.name}不能超过 {field.max_length} 个字，现有 {len(value)} 个字。"
    if field.pattern and not re.fullmatch(field.pattern, value, re.ASCII):
        return _misfit(field)
    return _checked(field, value)


def _checked(field: Field, value: str) -> str | None:
    return next((problem for name in field.checks if (problem := CHECKS[name](value))), None)


def _misfit(field: Field) -> str:
    advice = f"请按要求填写：{field.help}" if field.help else "请核对"
    return f"{field.name}格式不对，{advice}。"


def _enum(field: Field, value: Any) -> str | None:
    if any(option.value == value for option in field.options):
        return None
    return f"请从列出的选项中选择{field.name}。"


def _date(field: Field, value: Any) -> str | None:
    day = as_date(value)
    return None if day and day.year >= 1900 else f"{field.name}应为真实存在的日期，请核对。"


def _division(field: Field, value: Any) -> str | None:
    if not isinstance(value, str) or not divisions.known(value):
        return f"请从行政区划中选择{field.name}。"
    return _text(field, value)


def _number(field: Field, value: Any) -> str | None:
    number = as_number(value)
    if number is None:
        return f"{field.name}应为数字，请核对。"
    if field.kind == "integer" and number != number.to_integral_value():
        return f"{field.name}应为整数，请核对。"
    if -int(number.normalize().as_tuple().exponent) > field.decimals:
        return f"{field.name}最多保留 {field.decimals} 位小数。"
    return _out_of_bounds(field, number)


def _out_of_bounds(field: Field, number: Decimal) -> str | None:
    if field.minimum is not None and number < field.minimum:
        return f"{field.name}不能小于 {field.minimum}。"
    if field.maximum is not None and number > field.maximum:
        return f"{field.name}不能大于 {field.maximum}。"
    return None


def _bool(field: Field, value: Any) -> str | None:
    return None if isinstance(value, bool) else f"{field.name}请选择“是”或“否”。"


def _month(field: Field, value: Any) -> str | None:
    return None if _is_month(value) else f"{field.name}应填写年份和月份，例如 2020-07。"


def _is_month(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"(19|20)\d{2}-(0[1-9]|1[0-2])", value))


def _month_range(field: Field, value: Any) -> str | None:
    if not isinstance(value, Mapping) or not set(value) <= {"start", "end"}:
        return _misfit(field)
    start, end = value.get("start"), value.get("end")
    if not (_is_month(start) and _is_month(end)):
        return f"{field.name}请填写起止年份和月份。"
    return None if str(start) <= str(end) else f"{field.name}的结束月份不能早于开始月份。"


def _bank_account(field: Field, value: Any) -> str | None:
    if not isinstance(value, Mapping) or not set(value) <= {"bank", "account", "holder"}:
        return _misfit(field)
    shortest, longest = BANK_NAME_LENGTHS
    if not shortest <= len(str(value.get("bank") or "")) <= longest:
        return f"请填写开户银行，{shortest} 至 {longest} 个字。"
    return _checked(field, str(value.get("account") or ""))


def _list(field: Field, value: Any) -> str | None:
    if not isinstance(field, Element) or not isinstance(value, list):
        return _misfit(field)
    if not field.min_rows <= len(value) <= field.max_rows:
        return f"{field.name}应为 {field.min_rows} 至 {field.max_rows} 行，现有 {len(value)} 行。"
    for number, row in enumerate(value, start=1):
        problem = _row(field, row)
        if problem:
            return f"第 {number} 行：{problem}"
    return None


def _row(element: Element, row: Any) -> str | None:
    if not isinstance(row, Mapping) or not set(row) <= {c.code for c in element.columns}:
        return _misfit(element)
    return next(
        (p for column in element.columns if (p := problem_of(column, row.get(column.code)))), None
    )


_BY_KIND: dict[str, Callable[[Field, Any], str | None]] = {
    "string": _text,
    "text": _text,
    "enum": _enum,
    "date": _date,
    "division": _division,
    "integer": _number,
    "decimal": _number,
    "bool": _bool,
    "month": _month,
    "month_range": _month_range,
    "bank_account": _bank_account,
    "list": _list,
}
