"""The package on paper (政策套餐 PDF): an official letter with what can be had and when."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from cases.documents import typeset
from cases.package import Entry, Outcome
from portal.core.chinese import day_words, listed

SMALL = [
    "本套餐按您在政策导航中的回答测算，供参考；能否享受以主管部门的审核决定为准。",
    "政策有变动的，以申请当日有效的版本为准。咨询与投诉：12345。",
]


def pdf(outcome: Outcome) -> bytes:
    """Return the package as PDF."""
    return typeset("letter", letter(outcome))


def letter(outcome: Outcome) -> dict[str, Any]:
    """Return what the letter says."""
    return {
        "title": "政策套餐",
        "number": f"测算日期：{day_words(outcome.on)}",
        "parts": [*_now(outcome), *_soon(outcome), *_unclear(outcome)],
        "organ": settings.SITE_OWNER,
        "date": day_words(outcome.on),
        "small": SMALL,
    }


def _now(outcome: Outcome) -> Iterable[dict[str, Any]]:
    said = outcome.heading.removeprefix("现在可以享受 ")
    yield _named("一、现在可以享受", f"{said}。")
    if outcome.now:
        rows = [[_name(entry), entry.worth or "—", _papers(entry)] for entry in outcome.now]
        yield _table([7, 7, 8], ["政策", "待遇", "怎样办"], rows)
    yield from ({"kind": "text", "text": f"{words}。"} for words in outcome.sums)
    if outcome.uploads:
        words = (
            f"以上事项一次申请，共需上传材料 {len(outcome.uploads)} 份：{listed(outcome.uploads)}。"
        )
        yield {"kind": "text", "text": words}


def _soon(outcome: Outcome) -> Iterable[dict[str, Any]]:
    if outcome.soon:
        rows = [[entry.name, _when(entry), listed(entry.lacks) or "—"] for entry in outcome.soon]
        yield _named("二、以后可以享受", f"{len(outcome.soon)} 项，条件成熟后可以办理。")
        yield _table([7, 6, 9], ["政策", "何时起", "还差什么"], rows)


def _unclear(outcome: Outcome) -> Iterable[dict[str, Any]]:
    if outcome.unclear:
        names = listed(f"“{entry.name}”" for entry in outcome.unclear)
        yield _named("三、还说不清", f"{names}，补充情况后可以确定。")


def _name(entry: Entry) -> str:
    notes = [f"随{entry.together}一并办理"] if entry.together else []
    if not entry.is_counted:
        notes.append(f"与{listed(entry.rivals)}只能享受一项")
    return f"{entry.name}（{'；'.join(notes)}）" if notes else entry.name


def _papers(entry: Entry) -> str:
    if not entry.item:
        return entry.apply or f"向{entry.department}申请"
    return f"上传{listed(entry.uploads)}" if entry.uploads else "不用上传材料"


def _when(entry: Entry) -> str:
    return f"{day_words(entry.from_day)}起" if entry.from_day else "条件满足之日起"


def _named(name: str, text: str) -> dict[str, Any]:
    return {"kind": "named", "name": name, "text": text}


def _table(widths: list[int], head: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"kind": "table", "widths": widths, "head": head, "rows": rows}
