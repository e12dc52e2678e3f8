"""Papers of a case as PDF (文书): printed from the rows whenever they are asked for, never stored.

Templates are the Typst files in cases/typst. What a person has typed reaches them as JSON in
`sys.inputs` and is never read as markup.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import justmytype_intl_cjk
import typst
from django.conf import settings

from cases import application, calendar, deadlines, masking, notices
from cases.models import (
    Case,
    CaseState,
    OfferState,
    Supplement,
    WorkItem,
    WorkItemState,
)
from cases.models.case import ApplicantKind
from cases.numbering import spaced
from cases.pages import picture
from cases.working_time import Calendar, deadline
from policies.guards import is_blank
from policies.schema import Column, Element, Field
from portal.core.chinese import day_words, instant_words, listed

TEMPLATES = Path(__file__).parent / "typst"
FONTS = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc"

SEAL = "（加盖收件专用章）"
ORGAN_SEAL = "（加盖本机关印章）"
PROMISE = (
    "本人（单位）承诺：以上填写内容及所提交的材料真实、准确、完整，"
    "知悉提供虚假信息应承担的法律责任，并授权受理部门为办理上述事项核查相关信息。"
)
AUTHORISATION = "本人（单位）授权办理上述事项的部门向有关部门和单位查询、核验与事项有关的信息。"
CONSEQUENCE = (
    "上述承诺不实的，本人（单位）愿意承担相应的法律责任，"
    "并同意有关部门依法撤销决定、追回已发放的资金。"
)
VERIFIED_BY_NUMBER = "本凭证为电子凭证，可凭受理码在平台核验。"
WIDE_FROM = 16  # a value longer than this takes the whole line of the form
# Relative widths of the columns of a list, by what stands in them.
COLUMN_WIDTHS = {"identity": 7, "date": 5, "month": 4, "enum": 3}


class NotIssued(Exception):
    """The case or work item has no such paper (yet)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that can be printed now: its kind, as in its address, and its title."""

    kind: str
    title: str


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """Return the PDF of a template filled with data."""
    return typst.compile(
        str(TEMPLATES / f"{template}.typ"),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )


# ---- which papers there are -------------------------------------------------------------------


def papers_of(case: Case) -> list[Paper]:
    """Return the papers of a case that can be printed in its present state."""
    return [Paper(kind, title) for kind, (title, _, issued) in _CASE_PAPERS.items() if issued(case)]


def title_of(kind: str) -> str:
    """Return the title of a kind of paper of a case."""
    return _CASE_PAPERS[kind][0]


def of_case(case: Case, kind: str, *, masked: bool = False) -> bytes:
    """Return one paper of a case; `masked` hides what identifies a person. Raises NotIssued."""
    if kind not in _CASE_PAPERS or not _CASE_PAPERS[kind][2](case):
        raise NotIssued(kind)
    return _CASE_PAPERS[kind][1](case, masked=masked)


def of_work_item(work_item: WorkItem, *, masked: bool = False) -> bytes:
    """Return the certificate or the refusal of a decided work item. Raises NotIssued."""
    if work_item.state == WorkItemState.APPROVED:
        return certificate(work_item, masked=masked)
    if work_item.state == WorkItemState.REFUSED:
        return refusal_decision(work_item, masked=masked)
    raise NotIssued(work_item.state)


# ---- papers of a case -------------------------------------------------------------------------


def registration_form(case: Case, *, masked: bool = False) -> bytes:
    """Return the registration form F01 or F02 as it was filled in (登记表)."""
    code = "F01" if case.applicant_kind == ApplicantKind.PERSON else "F02"
    catalogue, answers = case.version.catalogue, case.all_answers
    sections = [
        _section(title, elements, answers, clear=not masked)
        for title, elements in application.merged_form(case).sections
    ]
    return typeset(
        "registration",
        {
            "title": catalogue.materials[code].name,
            "code": f"受理码：{spaced(case.number or '')}",
            "day": f"申请日期：{_day(case.submitted_at)}",
            "items": listed(catalogue.items[code].name for code in case.item_codes),
            "sections": sections,
            "promise": PROMISE,
            "signer": f"申请人：{_name(case, masked)}（在线签署）",
            "date": _instant(case.submitted_at),
        },
    )


def commitment(case: Case, *, masked: bool = False) -> bytes:
    """Return the authorisation and commitment M07 with the clauses of the items (承诺书)."""
    catalogue = case.version.catalogue
    clauses = [
        f"{needed.material.clause}（涉及：{_short_names(case, needed.items)}）"
        for needed in application.merged_form(case).commitments
    ]
    parts = [
        _text(
            f"本人（单位）{_name(case, masked)}，就所申请的{catalogue.one_thing.name}联办事项"
            f"（{_short_names(case, case.item_codes)}）作出如下授权与承诺："
        ),
        _named("一、信息核查授权", AUTHORISATION),
        _named("二、告知承诺", "以下内容以承诺代替证明材料：" if clauses else PROMISE),
        *([_list(clauses)] if clauses else []),
        _named("三、法律责任", CONSEQUENCE),
    ]
    return _letter(
        catalogue.materials["M07"].name,
        parts,
        number=f"受理码：{spaced(case.number or '')}",
        organ=f"申请人：{_name(case, masked)}（在线签署）",
        date=_instant(case.submitted_at),
    )


def receipt(case: Case, *, masked: bool = False) -> bytes:
    """Return the acceptance receipt (受理凭证): items, departments and when each is due.

    最多跑一次规定 art. 5, 11: one receipt counts as receipt by every parallel department. It says
    what was so at acceptance, whatever has happened since. Raises NotIssued before acceptance.
    """
    if case.accepted_at is None or case.promised_days is None:
        raise NotIssued("receipt")
    working_days = calendar.current()
    due_at = deadlines.case_deadline(
        accepted_at=case.accepted_at, promised_days=case.promised_days, calendar=working_days
    )
    rows = [
        [
            item.item_name,
            item.department.short_name,
            picture.days_words(item.promised_days),
            _first_due(item, case, working_days),
        ]
        for item in _accepted_items(case)
    ]
    return _letter(
        "受理凭证",
        [
            _text(
                f"您（单位）于{_day(case.submitted_at)}提交的{_thing(case)}联办申请，"
                f"{_accepted_words(case)}"
                "本凭证视为下列并联部门同时收件受理。"
            ),
            _table([8, 4, 4, 6], ["事项", "办理部门", "承诺时限", "应办结时间"], rows),
            _text(
                f"全部事项承诺于{_day(due_at)}前办结。"
                "承诺时限按工作日计算，不含评审、公示、制证等不计入时限的环节。"
            ),
        ],
        to=_name(case, masked),
        number=f"受理码：{spaced(case.number or '')}",
        organ=settings.SITE_OWNER,
        date=_day(case.deemed_at if case.is_deemed_accepted else case.accepted_at),
        seal=SEAL,
        small=["办理进度可登录平台查询，或凭受理码到综合窗口查询。咨询与投诉：12345。"],
    )


def one_time_notice(case: Case, *, masked: bool = False) -> bytes:
    """Return the window's one-time notice of all gaps (一次性告知书), 行政许可法 art. 32(4).

    Raises NotIssued where there is none.
    """
    supplement = _window_notice(case)
    if supplement is None:
        raise NotIssued("notice")
    return _letter(
        "一次性告知书",
        [
            _text(
                f"您（单位）于{_day(case.submitted_at)}提交的{_thing(case)}联办申请收悉。"
                "经审查，以下材料或内容需要补正，现一次性告知："
            ),
            _list(notices.gap_words(supplement.gaps)),
            _text(
                f"请于{_instant(supplement.lapses_at)}前登录平台或到综合窗口补正。"
                "逾期未补正的，视为撤回申请；补正后可以重新提交申请，已填写的内容予以保留。"
            ),
        ],
        to=_name(case, masked),
        number=f"受理码：{spaced(case.number or '')}",
        organ=settings.SITE_OWNER,
        date=_day(supplement.asked_at),
        seal=SEAL,
        small=[
            "依据：《中华人民共和国行政许可法》第三十二条、"
            "《浙江省保障“最多跑一次”改革规定》第十一条。咨询与投诉：12345。"
        ],
    )


def refusal(case: Case, *, masked: bool = False) -> bytes:
    """Return the window's refusal with reasons, basis and redress (不予受理决定书)."""
    return _letter(
        "不予受理决定书",
        [
            _text(
                f"您（单位）于{_day(case.submitted_at)}提交的{_thing(case)}联办申请"
                f"（{_short_names(case, case.item_codes)}），经审查，决定不予受理。"
            ),
            _named("理由", case.reasons),
            _named("依据", case.legal_basis),
            _text(notices.REDRESS),
        ],
        to=_name(case, masked),
        number=f"受理码：{spaced(case.number or '')}",
        organ=settings.SITE_OWNER,
        date=_day(case.closed_at),
        seal=ORGAN_SEAL,
    )


def revocation(case: Case, *, masked: bool = False) -> bytes:
    """Return the revocation of the acceptance with reasons, basis, redress (撤销受理决定书)."""
    return _letter(
        "撤销受理决定书",
        [
            _text(
                f"您（单位）于{_day(case.submitted_at)}提交的{_thing(case)}联办申请"
                f"（{_short_names(case, case.item_codes)}），已于{_day(case.accepted_at)}容缺受理。"
                "现决定撤销受理，尚未办结的事项不再办理。"
            ),
            _named("理由", case.reasons),
            _named("依据", case.legal_basis),
            _text(notices.REDRESS),
        ],
        to=_name(case, masked),
        number=f"受理码：{spaced(case.number or '')}",
        organ=settings.SITE_OWNER,
        date=_day(case.closed_at),
        seal=ORGAN_SEAL,
    )


# ---- papers of a work item --------------------------------------------------------------------


def certificate(work_item: WorkItem, *, masked: bool = False) -> bytes:
    """Return the certificate of an approved item's result (电子凭证)."""
    case = work_item.case
    return _letter(
        work_item.result_name,
        [
            _text(
                f"{_name(case, masked)}申请办理的“{work_item.item_name}”，经审查，"
                "符合规定条件，准予办理。"
            ),
            _named("结果名称", work_item.result_name),
            _named("文号", work_item.result_number),
            _named("办理部门", work_item.department.name),
            _named("决定日期", _day(work_item.decided_at)),
        ],
        number=f"文号：{work_item.result_number}",
        organ=work_item.department.name,
        date=_day(work_item.decided_at),
        seal=ORGAN_SEAL,
        small=[VERIFIED_BY_NUMBER, f"受理码：{spaced(case.number or '')}"],
    )


def refusal_decision(work_item: WorkItem, *, masked: bool = False) -> bytes:
    """Return a department's refusal with reasons, basis and redress (不予办理决定书)."""
    case = work_item.case
    return _letter(
        "不予办理决定书",
        [
            _text(f"您（单位）申请办理的“{work_item.item_name}”，经审查，决定不予办理。"),
            _named("理由", work_item.reasons),
            _named("依据", work_item.legal_basis),
            _text(notices.REDRESS),
        ],
        to=_name(case, masked),
        number=f"受理码：{spaced(case.number or '')}",
        organ=work_item.department.name,
        date=_day(work_item.decided_at),
        seal=ORGAN_SEAL,
    )


_CASE_PAPERS: dict[str, tuple[str, Callable[..., bytes], Callable[[Case], bool]]] = {
    "registration": ("登记表", registration_form, lambda case: case.number is not None),
    "commitment": ("信息核查授权与告知承诺书", commitment, lambda case: case.number is not None),
    "receipt": ("受理凭证", receipt, lambda case: case.accepted_at is not None),
    "notice": ("一次性告知书", one_time_notice, lambda case: _window_notice(case) is not None),
    "refusal": ("不予受理决定书", refusal, lambda case: case.state == CaseState.REFUSED),
    "revocation": ("撤销受理决定书", revocation, lambda case: case.state == CaseState.REVOKED),
}


# ---- parts of a paper ---------------------------------------------------------------------------


def _letter(title: str, parts: Sequence[Mapping[str, Any]], **more: Any) -> bytes:
    return typeset("letter", {"title": title, "parts": parts, "small": [], **more})


def _text(text: str) -> dict[str, Any]:
    return {"kind": "text", "text": text}


def _named(name: str, text: str) -> dict[str, Any]:
    return {"kind": "named", "name": name, "text": text}


def _list(lines: Iterable[str]) -> dict[str, Any]:
    return {"kind": "list", "lines": list(lines)}


def _table(widths: list[int], head: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"kind": "table", "widths": widths, "head": head, "rows": rows}


def _section(
    title: str, elements: Iterable[Element], answers: Mapping[str, Any], *, clear: bool
) -> dict[str, Any]:
    cells, lists = [], []
    for element in elements:
        value = answers.get(element.code)
        if element.kind == "list":
            lists.append(_rows(element, value or [], clear=clear))
        else:
            cells.append({"name": element.name, "value": _shown(element, value, clear=clear)})
    return {"title": title, "cells": _laid_out(cells), "lists": lists}


def _rows(element: Element, rows: Iterable[Mapping[str, Any]], *, clear: bool) -> dict[str, Any]:
    return {
        "name": element.name,
        "head": [column.name for column in element.columns],
        "widths": [COLUMN_WIDTHS.get(_column_kind(column), 4) for column in element.columns],
        "rows": [
            [_shown(column, row.get(column.code), clear=clear) for column in element.columns]
            for row in rows
        ],
    }


def _column_kind(column: Column) -> str:
    return "identity" if masking.IDENTITY_CHECKS.intersection(column.checks) else column.kind


def _shown(field: Field, value: Any, *, clear: bool) -> str:
    if is_blank(value):
        return "—"
    return (
        masking.words(field, value)
        if clear or not field.sensitive
        else masking.masked(field, value)
    )


def _laid_out(cells: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the cells with `wide` set where one must fill its line of two."""
    laid, waiting = list[dict[str, Any]](), False
    for index, cell in enumerate(cells):
        following = cells[index + 1] if index + 1 < len(cells) else None
        is_long = len(cell["value"]) > WIDE_FROM
        alone = not waiting and (following is None or len(following["value"]) > WIDE_FROM)
        wide = not waiting and (is_long or alone)
        laid.append({**cell, "wide": wide})
        waiting = not wide and not waiting
    return laid


def _window_notice(case: Case) -> Supplement | None:
    return case.supplements.filter(work_item=None).select_related("asked_by").first()


def _accepted_items(case: Case) -> list[WorkItem]:
    """Return the work items that acceptance made, without those of another way taken later."""
    later = case.offers.filter(state=OfferState.TAKEN).values("item_code")
    items = case.work_items.exclude(item_code__in=later)
    return list(items.select_related("department").order_by("pk"))


def _accepted_words(case: Case) -> str:
    if case.is_deemed_accepted:
        return (
            f"窗口在 {notices.NOTICE_DAYS} 个工作日内未答复，依据《中华人民共和国行政许可法》"
            f"第三十二条，自收到申请之日（{_day(case.accepted_at)}）起即为受理。"
        )
    return f"材料齐全、符合法定形式，已于{_instant(case.accepted_at)}受理。"


def _first_due(work_item: WorkItem, case: Case, working_days: Calendar) -> str:
    """Return when an item was due as the clock stood at acceptance."""
    if work_item.started_at is None or work_item.started_at != case.accepted_at:
        return "前置事项办结后起算"
    budget = work_item.budget - work_item.extended_days
    return _instant(deadline(working_days, start=work_item.started_at, budget=budget).due_at)


def _thing(case: Case) -> str:
    return case.version.catalogue.one_thing.name


def _short_names(case: Case, codes: Iterable[str]) -> str:
    items = case.version.catalogue.items
    return listed(picture.short_name(items[code].name) for code in codes)


def _name(case: Case, masked: bool) -> str:
    person = case.applicant_kind == ApplicantKind.PERSON
    return masking.masked_name(case.applicant_name) if masked and person else case.applicant_name


def _day(instant: datetime | None) -> str:
    return day_words(instant) if instant else "—"


def _instant(instant: datetime | None) -> str:
    return instant_words(instant) if instant else "—"
