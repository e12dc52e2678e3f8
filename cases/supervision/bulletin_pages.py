"""What the pages of the monthly bulletin show."""

from datetime import date
from typing import Any

from django import forms
from django.urls import reverse

from cases.models import Bulletin, BulletinState
from cases.pages.staff_forms import StaffForm
from cases.supervision import bulletin as verbs
from cases.supervision import bulletin_paper
from cases.supervision.bulletin_document import Document
from cases.supervision.bulletin_tables import points, tables
from cases.supervision.bulletin_words import generated, heading
from cases.supervision.pages.frame import plain_ways
from cases.supervision.scope import month_before
from cases.supervision.tables import words
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.chinese import instant_words, month_words

MONTHS_BACK = 24
POINTS = "个百分点"
REASONS_MAX = 500


class MonthForm(StaffForm):
    """The months that are over and have no bulletin, newest first."""

    month = forms.TypedChoiceField(
        label="月份",
        coerce=date.fromisoformat,
        error_messages={
            "required": "请选择月份。",
            "invalid_choice": "只能起草最近两年内已经结束、还没有通报的月份。",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = set(Bulletin.objects.values_list("month", flat=True))
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            (month.isoformat(), month_words(month))
            for month in _months_back()
            if month not in taken
        ]


class TextForm(StaffForm):
    text = forms.CharField(
        label="通报文字",
        required=False,
        max_length=verbs.LONGEST_TEXT,
        help_text="每段一行，以“一、”“二、”开头的为小标题。清空后保存，恢复为按数据自动生成。",
        widget=forms.Textarea(attrs={"rows": 22}),
        error_messages={"max_length": f"通报文字不能超过 {verbs.LONGEST_TEXT:,} 个字。"},
    )


class CorrectionForm(StaffForm):
    reasons = forms.CharField(
        label="更正的原因和内容",
        max_length=REASONS_MAX,
        help_text="写在更正版的开头，随通报公开。",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "请写明更正的原因和内容。",
            "max_length": f"更正说明不能超过 {REASONS_MAX} 个字。",
        },
    )


def overview(reader: User, form: MonthForm | None = None) -> dict[str, Any]:
    """Return the list of bulletins, newest first."""
    found = list(Bulletin.objects.visible_to(reader).with_correction().defer("figures", "text"))
    writes = reader.role == Role.SUPERVISOR
    return {
        "heading": _standing(found),
        "rows": [_row(one) for one in found],
        "form": form or (MonthForm() if writes else None),
        "ways": plain_ways("cases:bulletins", reader),
    }


def page(bulletin: Bulletin, reader: User, form: CorrectionForm | None = None) -> dict[str, Any]:
    """Return one bulletin: heading, figures, text, tables, and what can be done with it."""
    document = verbs.document_of(bulletin)
    text = verbs.text_of(bulletin, document)
    return {
        "bulletin": bulletin,
        "heading": heading(document),
        "issue": bulletin_paper.issue(bulletin),
        "as_of": bulletin_paper.as_of_words(document),
        "marks": bulletin_paper.marks(bulletin),
        "figures": _figures(document),
        "paragraphs": bulletin_paper.paragraphs(text),
        "tables": [
            (number, table, table.name in bulletin_paper.LISTS)
            for number, table in enumerate(tables(document), 1)
        ],
        "facts": _facts(bulletin),
        "editions": _editions(bulletin, reader),
        "verbs": _verbs(bulletin, reader),
        "is_edited": bulletin.is_draft and text != generated(document),
        "form": form or CorrectionForm(),
    }


def editing(bulletin: Bulletin, form: TextForm | None = None) -> dict[str, Any]:
    """Return the text of a draft beside what its figures would write."""
    document = verbs.document_of(bulletin)
    text = verbs.text_of(bulletin, document)
    return {
        "bulletin": bulletin,
        "month": month_words(document.month),
        "issue": bulletin_paper.issue(bulletin),
        "form": form or TextForm(initial={"text": text}),
        "paragraphs": bulletin_paper.paragraphs(generated(document)),
        "is_edited": text != generated(document),
    }


# ---- parts --------------------------------------------------------------------------------------


def _standing(found: list[Bulletin]) -> str:
    """Return the sentence that says what is to be done, or how far the newest has come."""
    drafts = [one for one in found if one.is_draft]
    if drafts:
        correction = "更正" if drafts[0].edition > 1 else ""
        return f"{month_words(drafts[0].month)}的通报{correction}草稿待发布"
    if not found:
        return "还没有月度通报"
    state = {BulletinState.PUBLISHED: "已发布，尚未发送", BulletinState.SENT: "已发送"}
    return f"最近一期为{month_words(found[0].month)}通报，{state[BulletinState(found[0].state)]}"


def _months_back() -> list[date]:
    """Return the months that are over, newest first."""
    months = [month_before(clock.today())]
    while len(months) < MONTHS_BACK:
        months.append(month_before(months[-1]))
    return months


def _row(bulletin: Bulletin) -> dict[str, Any]:
    return {
        "url": reverse("cases:bulletin", args=[bulletin.pk]),
        "month": month_words(bulletin.month),
        "edition": bulletin.edition,
        "state": bulletin.get_state_display(),
        "tag": {BulletinState.DRAFT: "now", BulletinState.PUBLISHED: "later"}.get(
            BulletinState(bulletin.state), "done"
        ),
        "corrected": f"已被第 {bulletin.corrected_by} 版更正" if bulletin.corrected_by else "",
        "correction": bulletin.correction,
        "published": bulletin.published_at,
        "sent": bulletin.sent_at,
    }


def _figures(document: Document) -> list[dict[str, Any]]:
    """Return the strip of figures; each leads to the table it stands in."""
    every, before = document.total, document.previous

    def figure(label: str, value: str, table: str, note: str, card: str = "") -> dict[str, Any]:
        return {
            "label": label,
            "value": value,
            "unit": "",
            "note": note,
            "card": card or None,
            "url": f"#{table}",
        }

    rate, red = points(every.rate, before.rate), every.red - before.red
    return [
        figure("收件", f"{every.received:,}", "departments", "联办件"),
        figure("受理", f"{every.accepted:,}", "departments", "联办件"),
        figure("办结", f"{every.decided:,}", "departments", f"办件，上月 {before.decided:,} 件"),
        figure(
            "按时办结率",
            words(every.rate, "percent"),
            "ranking",
            _change(rate.value, POINTS) if rate.words else "上月没有可比数据",
        ),
        figure("黄牌", f"{every.yellow:,}", "departments", "本月亮牌", "yellow"),
        figure("红牌", f"{every.red:,}", "cards", _change(red, "张"), "red"),
        figure(
            "用时中位数",
            words(every.median, "count") if every.median != 0 else "当日",
            "times",
            f"{'工作日，' if every.median else ''}平均承诺 {words(every.promised, 'days')}",
        ),
    ]


def _change(change: Any, unit: str) -> str:
    if not change:
        return "与上月持平"
    more, less = ("上升", "下降") if unit == POINTS else ("增加", "减少")
    return f"比上月{more if change > 0 else less} {abs(change):,} {unit}"


def _facts(bulletin: Bulletin) -> list[dict[str, Any]]:
    """Return when it was drafted, published and sent, and by whom."""
    found = [{"term": "起草", "value": instant_words(bulletin.made_at)}]
    for term, at, who in (
        ("发布", bulletin.published_at, bulletin.published_by),
        ("发送", bulletin.sent_at, bulletin.sent_by),
    ):
        if at and who:
            found.append({"term": term, "value": f"{instant_words(at)}，{who.get_full_name()}"})
    return found


def _editions(bulletin: Bulletin, reader: User) -> list[dict[str, Any]]:
    """Return all editions of the month that the reader may see, the newest first."""
    editions = Bulletin.objects.visible_to(reader).with_correction().filter(month=bulletin.month)
    return [
        _row(one) | {"current": one.pk == bulletin.pk} for one in editions.defer("figures", "text")
    ]


def _verbs(bulletin: Bulletin, reader: User) -> dict[str, bool]:
    """Return what the reader can do with it now."""
    writes = reader.role == Role.SUPERVISOR
    newest = not Bulletin.objects.filter(
        month=bulletin.month, edition__gt=bulletin.edition
    ).exists()
    published = writes and not bulletin.is_draft and newest
    draft = writes and bulletin.is_draft
    return {
        "edit": draft,
        "publish": draft,
        "discard": draft and bulletin.edition > 1,
        "send": published and bulletin.state == BulletinState.PUBLISHED,
        "correct": published,
        "any": draft or published,
    }
