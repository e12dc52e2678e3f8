"""A Django form built from data elements (表单): the merged questions of a selection.

The form turns what was typed into answers and answers into what is shown. It judges nothing: what
is wrong is said once, by `policies.schema.problems_in`, and shown here with `show`. Whatever cannot
be read as its kind stays as it was typed, so nothing is lost.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.forms.formsets import TOTAL_FORM_COUNT
from django.forms.utils import ErrorList
from django.urls import reverse
from django.utils.text import Truncator

from cases import places
from policies import divisions
from policies.checks import IDENTIFIERS
from policies.guards import as_date, is_blank
from policies.schema import Element, Field

# Kinds of answers that are asked for in two boxes.
PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "bank_account": (("bank", "开户银行"), ("account", "账号")),
    "month_range": (("start", "开始月份"), ("end", "结束月份")),
}
RADIO_AT_MOST = 5
LONG_FROM = 60
YES, NO = "true", "false"
AUTOCOMPLETE = {"p_name": "name", "p_mobile": "tel-national", "p_address": "street-address"}


class DateBox(forms.DateInput):
    """A date picker; a text box where what was typed is no date, so that it can be mended."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        readable = not value or as_date(value) is not None
        context["widget"]["type"] = "date" if readable else "text"
        return context

    def format_value(self, value: Any) -> str | None:
        return str(value) if value else None


class MonthBox(forms.TextInput):
    input_type = "month"


class AnswerField(forms.Field):
    """One box of the form; it reads and shows, and refuses nothing."""

    def __init__(self, asked: Field, *, label: str = "", kind: str = "") -> None:
        self.asked, self.kind = asked, kind or asked.kind
        super().__init__(
            label=label or asked.name,
            help_text="" if label else _help(asked),
            required=asked.required,
            widget=_widget(asked, self.kind),
        )

    def clean(self, value: Any) -> Any:
        return read(self.kind, value)

    def prepare_value(self, value: Any) -> Any:
        return shown(self.kind, value)


class RowForm(forms.Form):
    """One row of a list answer."""

    use_required_attribute = False

    def __init__(self, *args: Any, asked: Element, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in asked.columns:
            self.fields[column.code] = AnswerField(column)

    def given(self) -> dict[str, Any]:
        """Return the filled cells of the row."""
        self.is_valid()
        cells = {name: self.cleaned_data.get(name) for name in self.fields if name != "DELETE"}
        return {name: value for name, value in cells.items() if not is_blank(value)}


class Rows(forms.BaseFormSet):
    """A list answer as rows; `problem` is the sentence that stands above them."""

    problem = ""

    def non_form_errors(self) -> ErrorList:
        return ErrorList([self.problem] if self.problem else [])

    def given(self) -> list[dict[str, Any]]:
        rows = [form for form in self.forms if not _is_removed(form)]
        return [given for row in rows if (given := row.given())]


class AnswerForm(forms.Form):
    """The questions `asked`, filled with `answers` or with what was posted."""

    use_required_attribute = False

    def __init__(
        self,
        asked: Iterable[Element],
        *,
        answers: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
        more_rows: str = "",
    ) -> None:
        self.asked = {element.code: element for element in asked}
        super().__init__(data=data, initial=_initial(self.asked.values(), answers))
        self.words: dict[str, str] = {}
        self.rows: dict[str, Rows] = {}
        for element in self.asked.values():
            if element.kind == "list":
                self.rows[element.code] = self._rows_of(element, answers, more_rows)
            else:
                self.fields.update(_boxes(element))

    def given(self) -> dict[str, Any]:
        """Return the posted answers by element code; what was not posted at all is left out."""
        self.is_valid()
        given = {
            code: self._given_to(element)
            for code, element in self.asked.items()
            if code not in self.rows and any(name in self.data for name in _names(element))
        }
        rows = {code: rows.given() for code, rows in self.rows.items() if self._has_rows(code)}
        return {**given, **rows}

    def show(self, problems: Mapping[str, str]) -> None:
        """Put each sentence at the box that it is about, and into `words` by element code."""
        self.words = {
            code: self._worded(code, problem)
            for code, problem in problems.items()
            if code in self.asked
        }
        for code, words in self.words.items():
            if code in self.rows:
                self.rows[code].problem = words
                continue
            box = self[self._box_of(code)]
            self.errors[box.name] = self.error_class(
                [words], renderer=self.renderer, field_id=box.auto_id
            )

    def places(self) -> dict[str, str]:
        """Return the id of the box or rows to go to for each question."""
        return {
            code: f"rows-{code}" if code in self.rows else self[self._box_of(code)].auto_id
            for code in self.asked
        }

    def entry(self, code: str) -> dict[str, Any]:
        """Return one question for the template: its boxes, or its rows."""
        element = self.asked[code]
        names = _names(element)
        size = "long" if element.kind == "text" or (element.max_length or 0) > LONG_FROM else ""
        return {
            "element": element,
            "rows": self.rows.get(code),
            "boxes": [self[name] for name in names] if code not in self.rows else [],
            "row": element.name.split("（")[0],
            "size": "short" if element.kind in {"integer", "decimal"} else size,
        }

    def _given_to(self, element: Element) -> Any:
        parts = PARTS.get(element.kind)
        if parts is None:
            return self.cleaned_data.get(element.code)
        texts = {part: self.cleaned_data.get(f"{element.code}-{part}") for part, _ in parts}
        return {part: text for part, text in texts.items() if not is_blank(text)}

    def _rows_of(self, element: Element, answers: Mapping[str, Any], more_rows: str) -> Rows:
        kept = answers.get(element.code)
        rows = [row for row in kept if isinstance(row, dict)] if isinstance(kept, list) else []
        has_posted = self._has_rows(element.code)
        factory = forms.formset_factory(
            RowForm,
            formset=Rows,
            can_delete=True,
            extra=max(element.min_rows - len(rows), 0),
            max_num=element.max_rows,
            absolute_max=element.max_rows + 50,
        )
        return cast(
            Rows,
            factory(
                data=_with_row(self.data, element.code, more_rows) if has_posted else None,
                initial=rows,
                prefix=element.code,
                form_kwargs={"asked": element},
            ),
        )

    def _has_rows(self, code: str) -> bool:
        return f"{code}-{TOTAL_FORM_COUNT}" in self.data

    def _box_of(self, code: str) -> str:
        """Return the first empty box of an answer in parts, else its last."""
        names = _names(self.asked[code])
        empty = [name for name in names if is_blank(self[name].value())]
        return (empty or names[-1:])[0]

    def _worded(self, code: str, problem: str) -> str:
        typed = self[code].value() if code in self.fields else None
        if self.asked[code].kind != "division" or is_blank(typed):
            return problem
        return place_problem(str(typed)) or problem


def read(kind: str, value: Any) -> Any:
    """Return what was typed as an answer of its kind, or as it was typed."""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "").strip()  # PostgreSQL keeps no NUL
    reader = _READERS.get(kind)
    return reader(text) if reader and text else text


def shown(kind: str, value: Any) -> Any:
    """Return an answer as it stands in its box."""
    if isinstance(value, bool):
        return YES if value else NO
    if kind == "division" and isinstance(value, str):
        return divisions.name_of(value) or value
    return value


def place_problem(typed: str) -> str | None:
    """Return what to do about a place that fits none or several; none where it is clear."""
    found = places.find(typed)
    if len(found) == 1:
        return None
    if not found:
        typed = Truncator(typed).chars(places.LONGEST)
        return f"没有找到“{typed}”，请填写省、市、区（县）全称，例如“浙江省杭州市西湖区”。"
    names = "、".join(name for _, name in found[:3])
    return f"“{typed}”可能是{names}等，请填写全称。"


def _read_number(text: str) -> Any:
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
    return int(plain) if re.fullmatch(r"-?\d{1,15}", plain) else plain


def _read_decimal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")


def _read_month(text: str) -> str:
    found = re.fullmatch(r"(\d{4})\D{0,2}(\d{1,2})月?", unicodedata.normalize("NFKC", text))
    return f"{found[1]}-{int(found[2]):02d}" if found else text


def _iso_day(text: str) -> str:
    """Return 2020年6月1日, 2020/6/1 or 20200601 as 2020-06-01, anything else as it is."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    found = re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})日?", plain)
    try:
        return date(*map(int, found.groups())).isoformat() if found else text
    except ValueError:
        return text


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": _read_number,
    "decimal": _read_decimal,
    "date": _iso_day,
    "month": _read_month,
    "bool": lambda text: {YES: True, NO: False}.get(text, text),
    "division": lambda text: places.code_of(text) or text,
}


def _help(asked: Field) -> str:
    if asked.kind != "division":
        return asked.help
    return (
        f"{asked.help}；输入名称（如“杭州西湖”）或六位代码" if asked.help else "输入名称或六位代码"
    )


def _names(element: Element) -> list[str]:
    parts = PARTS.get(element.kind)
    return [f"{element.code}-{part}" for part, _ in parts] if parts else [element.code]


def _boxes(element: Element) -> dict[str, AnswerField]:
    parts = PARTS.get(element.kind)
    if parts is None:
        return {element.code: AnswerField(element)}
    kind = "month" if element.kind == "month_range" else "string"
    boxes = {
        f"{element.code}-{part}": AnswerField(element, label=f"{element.name}：{label}", kind=kind)
        for part, label in parts
    }
    next(iter(boxes.values())).help_text = element.help
    return boxes


def _initial(asked: Iterable[Element], answers: Mapping[str, Any]) -> dict[str, Any]:
    initial = dict(answers)
    for element in asked:
        value = answers.get(element.code)
        if element.kind in PARTS and isinstance(value, Mapping):
            initial.update({f"{element.code}-{part}": text for part, text in value.items()})
    return initial


def _widget(asked: Field, kind: str) -> forms.Widget:
    if kind in {"enum", "bool"}:
        return _choice(asked, kind)
    attrs = _hints(asked, kind)
    if kind == "text":
        return forms.Textarea(attrs={**attrs, "rows": 4})
    box = {"date": DateBox, "month": MonthBox}.get(kind, forms.TextInput)
    return box(attrs=attrs)


def _choice(asked: Field, kind: str) -> forms.Widget:
    options = [(option.value, option.label) for option in asked.options]
    if kind == "bool":
        options = [(YES, "是"), (NO, "否")]
    # A radio once chosen cannot be taken back, so what may stay empty is a list.
    if len(options) <= RADIO_AT_MOST and asked.required:
        return forms.RadioSelect(choices=options)
    return forms.Select(choices=[("", "请选择"), *options])


def _hints(asked: Field, kind: str) -> dict[str, str]:
    """Return the attributes that bring up the right keyboard and list on a phone."""
    attrs = {"autocomplete": AUTOCOMPLETE.get(asked.code, "off")}
    if kind in {"integer", "decimal"}:
        attrs["inputmode"] = "numeric" if kind == "integer" else "decimal"
    if not IDENTIFIERS.isdisjoint(asked.checks):
        attrs["spellcheck"] = "false"
        digits_only = not {"mobile", "bank_card"}.isdisjoint(asked.checks)
        attrs.update({"inputmode": "numeric"} if digits_only else {"autocapitalize": "characters"})
    if kind == "division":
        attrs |= {
            "list": "places",
            "hx-get": reverse("cases:places"),
            "hx-trigger": "input changed delay:250ms",
            "hx-target": "#places",
        }
    return attrs


def _is_removed(form: forms.Form) -> bool:
    form.is_valid()
    return bool(form.cleaned_data.get("DELETE"))


def _with_row(data: Any, code: str, more_rows: str) -> Any:
    """Return the posted data, with one empty row more where its button was pressed."""
    if code != more_rows:
        return data
    longer = data.copy()
    total = str(data[f"{code}-{TOTAL_FORM_COUNT}"])
    known = int(total) if re.fullmatch(r"\d{1,4}", total) else 0
    longer[f"{code}-{TOTAL_FORM_COUNT}"] = str(known + 1)
    return longer
