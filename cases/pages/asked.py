"""One question of the navigator as a form (导航题目): every box may stay empty."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cases.forms import RADIO_AT_MOST, DateBox, read
from cases.questions import NONE, Answer, Question, QuestionField
from policies.guards import as_date, as_number

UNSURE = "不清楚"
LONGEST = 20
YEARS = range(1920, 2101)


class TypedBox(forms.CharField):
    """A number or a day as it was typed; what cannot be one is said in words."""

    def __init__(self, asked: QuestionField) -> None:
        self.asked = asked
        is_date = asked.kind == "date"
        attrs = {} if is_date else {"inputmode": "numeric" if asked.is_whole else "decimal"}
        box = DateBox if is_date else forms.TextInput
        label = f"{asked.label}（{asked.unit}）" if asked.unit else asked.label
        widget = box(attrs={"autocomplete": "off", **attrs})
        super().__init__(required=False, label=label, help_text=asked.help, widget=widget)

    def clean(self, value: Any) -> str:
        text = str(read("date" if self.asked.kind == "date" else "decimal", value or ""))
        if text:
            self._check(text)
        return text

    def _check(self, text: str) -> None:
        if self.asked.kind == "date":
            day = as_date(text)
            if day is None or day.year not in YEARS:
                raise ValidationError("请填写日期，例如 2026-06-30；不清楚的可以不填。")
            return
        number = as_number(text) if len(text) <= LONGEST else None
        low, high = self.asked.minimum, self.asked.maximum
        is_fit = number is not None and low is not None and high is not None
        if not is_fit or not low <= number <= high or (self.asked.is_whole and number % 1):  # type: ignore[operator]
            kind = "整数" if self.asked.is_whole else "数字"
            raise ValidationError(f"请填写 {low:,} 到 {high:,} 之间的{kind}；不清楚的可以不填。")


class SeveralBoxes(forms.MultipleChoiceField):
    """Several options, or none of them, but not both."""

    def clean(self, value: Any) -> list[str]:
        chosen: list[str] = super().clean(value)
        if NONE in chosen and len(chosen) > 1:
            raise ValidationError("选了“以上都没有”，就不要再选其他；请改正其中之一。")
        return chosen


class QuestionForm(forms.Form):
    """The boxes of one question, filled with what was answered before."""

    use_required_attribute = False

    def __init__(
        self, question: Question, *, answers: Mapping[str, Answer], data: Any = None
    ) -> None:
        super().__init__(data=data, initial=dict(answers))
        self.fields.update({one.code: _box(one) for one in question.fields})

    def given(self) -> dict[str, Answer]:
        """Return the answers of a valid form; what was left open is missing."""
        return {code: answer for code, answer in self.cleaned_data.items() if answer}


def _box(asked: QuestionField) -> forms.Field:
    if not asked.options:
        return TypedBox(asked)
    options = [(one.value, one.label) for one in asked.options]
    wrong = {"invalid_choice": "请从所列选项中选择。", "invalid_list": "请从所列选项中选择。"}
    told = {"required": False, "label": asked.label, "help_text": asked.help}
    if asked.kind == "many":
        choices = [*options, (NONE, asked.none)]
        box = forms.CheckboxSelectMultiple
        return SeveralBoxes(choices=choices, widget=box, error_messages=wrong, **told)  # type: ignore[arg-type]
    widget = forms.RadioSelect if len(options) <= RADIO_AT_MOST + 1 else forms.Select
    choices = [*options, ("", UNSURE)] if widget is forms.RadioSelect else [("", UNSURE), *options]
    return forms.ChoiceField(choices=choices, widget=widget, error_messages=wrong, **told)  # type: ignore[arg-type]
