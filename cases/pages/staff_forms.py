"""Forms of the window and the officer's desk: what a verb has to be told."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from cases.models.suspension import legal_basis
from cases.notices import Gap

REASON_MAX = 200
# Sentences offered while typing; a clerk may write others.
PRESETS = (
    "文件不清晰，请重新拍摄或扫描后上传",
    "缺页，请补充完整",
    "已过有效期，请上传有效期内的文件",
    "与填写的内容不一致，请核对后更正",
    "不是所要求的材料，请按办事指南上传",
    "填写不完整，请补充",
)
BASES = (
    "《中华人民共和国行政许可法》第三十二条",
    "《浙江省保障“最多跑一次”改革规定》第十一条",
)


class StaffForm(forms.Form):
    """A form whose errors are said in Chinese by the verb or by the field."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.CharField) and field.max_length:
                field.error_messages.setdefault("max_length", f"不超过 {field.max_length} 个字。")

    def show(self, problems: Mapping[str, str]) -> None:
        """Put each sentence of a verb at the field it is about, the rest above the form."""
        self.is_valid()
        for key, problem in problems.items():
            self.add_error(key if key in self.fields else None, problem)


class FindForm(StaffForm):
    """One box for a case number or an ID number; posted, so that neither stands in an address."""

    wanted = forms.CharField(label="受理码或证件号码", max_length=40, strip=True)

    def clean_wanted(self) -> str:
        return "".join(str(self.cleaned_data["wanted"]).split()).upper()


class PasswordForm(StaffForm):
    password = forms.CharField(
        label="登录密码",
        max_length=128,
        strip=False,
        error_messages={"required": "请输入您的登录密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class RefusalForm(StaffForm):
    """Reasons and basis (行政许可法 art. 38)."""

    reasons = forms.CharField(
        label="理由",
        max_length=1000,
        help_text="写明具体情况，申请人将收到原文",
        error_messages={"required": "请写明理由。"},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    legal_basis = forms.CharField(
        label="依据",
        max_length=200,
        help_text="法律、法规或文件的名称和条款",
        error_messages={"required": "请写明依据的条款。"},
        widget=forms.TextInput(attrs={"list": "bases", "autocomplete": "off"}),
    )


class DecisionForm(StaffForm):
    result_number = forms.CharField(
        label="结果文号",
        max_length=60,
        error_messages={"required": "请填写结果文号。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    document = forms.FileField(
        label="结果文书",
        required=False,
        allow_empty_file=True,
        help_text="PDF、JPG 或 PNG；不上传的，由系统按决定生成",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )


class PauseForm(StaffForm):
    """A reason of the closed list, with its basis beside it."""

    reason = forms.ChoiceField(
        label="原因",
        error_messages={"required": "请选择原因。", "invalid_choice": "请从列表中选择原因。"},
    )
    expected_days = forms.IntegerField(
        label="预计工作日",
        min_value=1,
        max_value=250,
        error_messages={
            "required": "请填写预计的工作日数。",
            "invalid": "请填写整数。",
            "min_value": "至少 1 个工作日。",
            "max_value": "不超过 250 个工作日。",
        },
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    note = forms.CharField(
        label="说明",
        max_length=REASON_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, reasons: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, f"{label}（{legal_basis(code)}）") for code, label in reasons.items()]
        self.fields["reason"].choices = [("", "请选择"), *choices]  # type: ignore[attr-defined]


class GapsForm(StaffForm):
    """What of a case is missing or wrong: a tick and a reason for each material and field.

    `found` are problems the system sees by itself; they are ticked beforehand.
    """

    def __init__(
        self,
        *args: Any,
        materials: Iterable[tuple[str, str]],
        answers: Iterable[tuple[str, str]],
        found: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names: dict[tuple[str, str], str] = {
            **{("material", code): name for code, name in materials},
            **{("field", code): name for code, name in answers},
        }
        for (kind, code), name in self.names.items():
            problem = (found or {}).get(f"material:{code}" if kind == "material" else code, "")
            self.fields[f"{kind}-{code}"] = forms.BooleanField(
                label=name, required=False, initial=bool(problem)
            )
            self.fields[f"{kind}-{code}-why"] = forms.CharField(
                label=f"{name}：需补正的原因",
                required=False,
                max_length=REASON_MAX,
                initial=problem,
                error_messages={"max_length": f"不超过 {REASON_MAX} 个字。"},
                widget=forms.TextInput(
                    attrs={"list": "presets", "autocomplete": "off", "placeholder": "原因"}
                ),
            )

    def clean(self) -> dict[str, Any]:
        """Require a reason for each tick, and a tick for each reason somebody typed.

        The notice goes out once, so a forgotten tick must not lose its reason.
        """
        for kind, code in self.names:
            name = f"{kind}-{code}"
            why, ticked = self._why(kind, code), self.cleaned_data.get(name)
            if ticked and not why and f"{name}-why" not in self.errors:
                self.add_error(f"{name}-why", "请写明原因。")
            elif why and not ticked and why != self.fields[f"{name}-why"].initial:
                self.add_error(f"{name}-why", "已写原因但未勾选，请勾选该项或清除原因。")
        if not self.errors and not self.gaps():
            self.add_error(None, "请至少选择一项需要补正的内容。")
        return self.cleaned_data

    def gaps(self) -> list[Gap]:
        return [
            Gap(kind=kind, code=code, name=name, reason=self._why(kind, code))
            for (kind, code), name in self.names.items()
            if self.cleaned_data.get(f"{kind}-{code}")
        ]

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of one kind for the template."""
        return [
            {"tick": self[f"{k}-{code}"], "why": self[f"{k}-{code}-why"]}
            for k, code in self.names
            if k == kind
        ]

    @property
    def material_rows(self) -> list[dict[str, Any]]:
        return self.rows("material")

    @property
    def field_rows(self) -> list[dict[str, Any]]:
        return self.rows("field")

    @property
    def has_field_gaps(self) -> bool:
        """Whether a field is ticked, explained or wrong, so that the list has to stand open."""
        return any(
            row["tick"].value() or row["why"].value() or row["why"].errors
            for row in self.field_rows
        )

    def _why(self, kind: str, code: str) -> str:
        return str(self.cleaned_data.get(f"{kind}-{code}-why") or "").strip()
