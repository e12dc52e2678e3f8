"""The form of a new policy."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from policies.models import Policy, SubjectKind
from portal.accounts.models import Department

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}", re.ASCII)


class NewPolicyForm(forms.Form):
    """What a policy is called and whose it is; everything else belongs to its versions."""

    name = forms.CharField(
        label="政策名称",
        max_length=100,
        error_messages={"required": "请填写政策名称", "max_length": "名称不超过 100 个字"},
    )
    code = forms.CharField(
        label="政策代码",
        max_length=40,
        help_text="字母开头，由字母、数字、下划线或连字符组成，确定后不再变，如 POL_2026A",
        error_messages={"required": "请填写政策代码", "max_length": "代码不超过 40 个字符"},
    )
    applicant = forms.ChoiceField(
        label="适用对象",
        choices=SubjectKind.choices,
        widget=forms.RadioSelect,
        initial=SubjectKind.PERSON,
        error_messages={"required": "请选择适用对象", "invalid_choice": "请选择适用对象"},
    )
    department = forms.ModelChoiceField(
        Department.objects.all(),
        label="主管部门",
        empty_label="请选择",
        error_messages={"required": "请选择主管部门", "invalid_choice": "请选择主管部门"},
    )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not CODE.fullmatch(code):
            raise ValidationError("代码应以字母开头，由字母、数字、下划线或连字符组成")
        if Policy.objects.filter(code=code).exists():
            raise ValidationError("这一代码已有政策使用")
        return code

    def policy(self) -> Policy:
        """Return the policy, not yet stored."""
        stated: dict[str, Any] = self.cleaned_data
        return Policy(**stated)
