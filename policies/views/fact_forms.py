"""Forms of the facts' pages of staff: whom to look up, what to enter, why to take back."""

from typing import Any

from django import forms
from django.conf import settings

from policies import divisions
from policies.checks import CHECKS
from policies.dictionary import FactDefinition
from policies.entering import GROUNDS_MAX
from policies.views.recognition_forms import DeskForm

YES_OR_NO = [("yes", "是"), ("no", "否")]
SELECT = [("", "请选择")]
NUMBER_LENGTHS = range(5, 21)
WRONG_DAY = {"invalid": "请按 2026-11-24 的形式填写日期。"}


class DayBox(forms.DateInput):
    """A date picker; a text box where what was typed is no date, so that it can be mended."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if isinstance(value, str) and value and _unreadable(value):
            context["widget"]["type"] = "text"
        return context


def _unreadable(value: str) -> bool:
    try:
        forms.DateField().clean(value)
    except forms.ValidationError:
        return True
    return False


class LookUpForm(DeskForm):
    """One box for an ID or social credit number; posted, so that it stands in no address."""

    number = forms.CharField(
        label="证件号码或统一社会信用代码",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_number(self) -> str:
        number = "".join(str(self.cleaned_data["number"]).split()).upper()
        if not (number.isascii() and number.isalnum() and len(number) in NUMBER_LENGTHS):
            raise forms.ValidationError("号码格式不正确，请对照证件核对。")
        if len(number) == 18 and all(CHECKS[name](number) for name in ("resident_id", "uscc")):
            raise forms.ValidationError("号码校验不通过，请对照证件核对。")
        return number


class EntryForm(DeskForm):
    """The value of one fact, on what grounds and with which proof; typed text is kept on error."""

    value = forms.CharField(label="内容")
    as_of = forms.DateField(
        label="截至日期",
        required=False,
        widget=DayBox(),
        error_messages=WRONG_DAY,
        help_text="填写后从该日起逐月推算；已不再增长的不填",
    )
    valid_until = forms.DateField(
        label="有效期至",
        required=False,
        widget=DayBox(),
        error_messages=WRONG_DAY,
        help_text="证明上没有写有效期的不填",
    )
    grounds = forms.CharField(
        label="依据", max_length=GROUNDS_MAX, help_text="证明文件的名称、编号和出具单位"
    )
    proof = forms.FileField(
        label="证明文件",
        allow_empty_file=True,
        help_text="PDF、JPG 或 PNG，不超过 10 MB",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )

    def __init__(self, definition: FactDefinition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definition = definition
        self.fields["value"] = _value_field(definition)
        self.fields["proof"].error_messages["required"] = "请上传证明文件。"
        if definition.grows is None:
            del self.fields["as_of"]

    def clean_value(self) -> Any:
        typed = self.cleaned_data["value"]
        try:
            return self.definition.parse(_read(self.definition, typed))
        except ValueError as error:
            raise forms.ValidationError(f"{error}。") from error

    def verb(self) -> dict[str, Any]:
        """Return what the verb takes; a count that may not grow has no day."""
        data = {name: self.cleaned_data.get(name) for name in ("value", "as_of", "valid_until")}
        return {
            **data,
            "grounds": self.cleaned_data["grounds"],
            "upload": self.cleaned_data["proof"],
        }


class WithdrawForm(DeskForm):
    grounds = forms.CharField(label="撤销理由", max_length=GROUNDS_MAX)


class PasswordForm(DeskForm):
    password = forms.CharField(
        label="登录密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def _value_field(definition: FactDefinition) -> forms.Field:
    """Return the box for a fact's value: a choice, a day or a number, as its kind asks."""
    field = _box(definition)
    verb = "选择" if isinstance(field, forms.ChoiceField) else "填写"
    field.error_messages |= dict.fromkeys(
        ("required", "invalid_choice"), f"请{verb}{definition.name}。"
    )
    return field


def _box(definition: FactDefinition) -> forms.Field:
    label = f"{definition.name}（{definition.unit}）" if definition.unit else definition.name
    if definition.kind == "bool":
        return forms.ChoiceField(label=label, choices=YES_OR_NO, widget=forms.RadioSelect)
    if definition.options:
        options = [(option.value, option.label) for option in definition.options]
        return forms.ChoiceField(label=label, choices=[*SELECT, *options])
    if definition.kind == "division":
        places = list(divisions.children(settings.DIVISION_CODE))
        return forms.ChoiceField(label=label, choices=[*SELECT, *places])
    if definition.kind == "date":
        return forms.DateField(label=label, widget=DayBox(), error_messages=WRONG_DAY)
    return forms.CharField(
        label=label, max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )


def _read(definition: FactDefinition, typed: Any) -> Any:
    """Return a typed text as the value it means; what means none is left to the fact to refuse."""
    if definition.kind == "bool":
        return typed == "yes"
    if definition.kind == "int":
        text = str(typed).strip()
        return int(text) if text.isascii() and text.isdigit() else text
    return typed
