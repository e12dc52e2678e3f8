"""Forms about time: a card explained or revoked, an extension, an urging and its answer."""

from collections.abc import Iterable
from typing import Any

from django import forms

from cases import urging
from cases.models import Cause, UrgingKind
from cases.models.extension import MOST_DAYS
from cases.pages.staff_forms import StaffForm

WORDS_MAX = 500


def words_field(label: str, missing: str, *, required: bool = True, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=WORDS_MAX,
        error_messages={
            "required": missing,
            "max_length": f"不超过 {WORDS_MAX} 个字。",
            "null_characters_not_allowed": "内容中有不能保存的字符。",
        },
        widget=forms.Textarea(attrs={"rows": 3}),
        **more,
    )


def days_field(label: str, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=most,
        error_messages={
            "required": "请填写工作日数。",
            "invalid": "请填写整数。",
            "min_value": "至少 1 个工作日。",
            "max_value": f"不超过 {most} 个工作日。",
        },
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        **more,
    )


class CardForm(StaffForm):
    """One of several on a page, told apart by its card."""

    def __init__(self, card_id: int, data: Any = None) -> None:
        super().__init__(data, auto_id=f"card-{card_id}-%s")
        self.card_id = card_id


class ExplanationForm(CardForm):
    """Why an item came into warning, and what is done about it."""

    cause = forms.ChoiceField(
        label="原因",
        choices=[("", "请选择"), *Cause.choices],
        error_messages={"required": "请选择原因。", "invalid_choice": "请从列表中选择原因。"},
    )
    explanation = words_field("具体情况", "请说明具体情况。", help_text="不写申请人的个人信息")
    measure = words_field("整改措施", "请写明整改措施。")


class RevocationForm(CardForm):
    reasons = words_field("撤销理由", "请写明撤销理由。", help_text="部门会收到原文")


class ExtensionForm(StaffForm):
    days = days_field("延长工作日", MOST_DAYS)
    reasons = words_field("延期理由", "请写明延期理由。", help_text="批准后申请人将收到原文")


class ExtensionDecisionForm(StaffForm):
    """A leader's opinion; a refusal needs one."""

    note = words_field("意见", "", required=False, help_text="不予批准的必须填写")


class UrgingForm(StaffForm):
    """Whom a supervisor urges, how, and until when an answer is awaited.

    `targets` are choices "item:<id>" and "department:<id>".
    """

    target = forms.ChoiceField(
        label="督办对象",
        error_messages={
            "required": "请选择督办的事项或部门。",
            "invalid_choice": "请从列表中选择督办的事项或部门。",
        },
    )
    kind = forms.ChoiceField(
        label="方式",
        choices=[
            (UrgingKind.REMINDER.value, "催办（发给经办人）"),
            (UrgingKind.INSTRUCTION.value, "督办（同时发给部门负责人）"),
        ],
        initial=UrgingKind.REMINDER.value,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择方式。", "invalid_choice": "请选择方式。"},
    )
    words = words_field("内容", "请写明督办内容。", help_text="不写申请人的个人信息")
    days = days_field("答复期限（工作日）", urging.MOST_DAYS, initial=3)

    def __init__(self, *args: Any, targets: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [("", "请选择"), *targets]  # type: ignore[attr-defined]

    @property
    def message(self) -> dict[str, Any]:
        """What `urging.send` takes."""
        kind, pk = self.cleaned_data["target"].split(":")
        key = "work_item_id" if kind == "item" else "department_id"
        rest = {name: self.cleaned_data[name] for name in ("kind", "words", "days")}
        return {key: int(pk), **rest}


class UrgingAnswerForm(StaffForm):
    words = words_field("答复", "请写明办理情况。")

    def __init__(self, urging_id: int, data: Any = None) -> None:
        super().__init__(data, auto_id=f"urging-{urging_id}-%s")
        self.urging_id = urging_id
