"""Answers as words, and masking (脱敏): what of a sensitive answer stands on a page. Pure.

Lists and pages show masked values; reading one in clear is `cases.disclosure.reveal`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from policies import divisions
from policies.guards import is_blank
from policies.schema import Column, Element, Field
from portal.core.chinese import day_words
from portal.core.chinese import masked_name as masked_name

HIDDEN = "****"
NOT_GIVEN = "未填写"
IDENTITY_CHECKS = frozenset({"identity_number", "resident_id"})


def lines(element: Element, value: Any, *, clear: bool = False) -> tuple[str, ...]:
    """Return an answer as lines of text, one for each row of a list; sensitive parts masked."""
    if is_blank(value):
        return (NOT_GIVEN,)
    if element.kind == "list":
        return tuple(_row(element.columns, row, clear=clear) for row in value)
    return (_one(element, value, clear=clear),)


def is_masked(element: Element, value: Any) -> bool:
    """Tell whether a page hides some part of this answer."""
    return not is_blank(value) and lines(element, value) != lines(element, value, clear=True)


def words(field: Field, value: Any) -> str:
    """Return an answer in clear as a person reads it."""
    if field.kind == "bank_account" and isinstance(value, Mapping):
        return " ".join(
            str(value[part]) for part in ("bank", "account", "holder") if value.get(part)
        )
    if field.kind == "month_range" and isinstance(value, Mapping):
        return f"{_month(value.get('start'))}至{_month(value.get('end'))}"
    if field.kind == "division":
        return divisions.name_of(str(value)) or str(value)
    if field.kind == "date":
        return _day(value)
    return _month(value) if field.kind == "month" else field.label_of(value)


def masked(field: Field, value: Any) -> str:
    """Return a sensitive answer with what identifies a person hidden."""
    if field.kind == "bank_account" and isinstance(value, Mapping):
        return f"{value.get('bank', '')} {_ends(str(value.get('account', '')), 4, 4)}".strip()
    text = str(value)
    if "person_name" in field.checks:
        return masked_name(text)
    if IDENTITY_CHECKS.intersection(field.checks):
        return masked_number(text)
    if "mobile" in field.checks:
        return _ends(text, 3, 4)
    is_account = "bank_card" in field.checks or (field.pattern or "").startswith(r"\d{9")
    return _ends(text, 4, 4) if is_account else HIDDEN


def masked_number(number: str) -> str:
    """Return an ID or social credit number with its middle hidden: 330199********3501."""
    return _ends(number, 6, 4)


def _one(field: Field, value: Any, *, clear: bool) -> str:
    return words(field, value) if clear or not field.sensitive else masked(field, value)


def _row(columns: tuple[Column, ...], row: Mapping[str, Any], *, clear: bool) -> str:
    return "，".join(
        _one(column, row[column.code], clear=clear)
        for column in columns
        if not is_blank(row.get(column.code))
    )


def _ends(text: str, head: int, tail: int) -> str:
    """Return a number with its middle hidden; nothing of one too short to be told apart then."""
    hidden = len(text) - head - tail
    return f"{text[:head]}{'*' * hidden}{text[-tail:]}" if hidden >= 4 else HIDDEN


def _day(value: Any) -> str:
    try:
        return day_words(value if isinstance(value, date) else date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _month(value: Any) -> str:
    year, _, month = str(value or "").partition("-")
    return f"{year}年{int(month)}月" if month.isdecimal() else str(value or "")
