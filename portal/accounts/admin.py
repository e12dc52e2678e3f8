"""Accounts of staff, for the system administrator; talents make their own by signing in."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    BaseUserCreationForm,
    UserChangeForm,
)
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.accounts import second_factor, sign_in
from portal.accounts.models import APPLICANT_ROLES, DEPARTMENT_ROLES, Department, Role, User
from portal.accounts.permissions import RoleAdmin
from portal.core import ledger

STAFF_ROLES = [(role.value, role.label) for role in Role if role not in APPLICANT_ROLES]


class StaffForm(forms.ModelForm):
    """What belongs together: department staff have a department, others none."""

    role = forms.ChoiceField(label="角色", choices=STAFF_ROLES)
    full_name = forms.CharField(label="姓名", max_length=50)
    phone = forms.CharField(
        label="手机号码", max_length=30, required=False, help_text="黄牌、红牌等提醒发送到该号码。"
    )

    class Meta:
        model = User
        fields = ["username", "full_name", "role", "department", "phone"]

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        if typed and not sign_in.mobile_number(typed):
            raise ValidationError("请填写 11 位手机号码。")
        return sign_in.mobile_number(typed) or ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        in_department = cleaned.get("role") in DEPARTMENT_ROLES
        if in_department and not cleaned.get("department"):
            self.add_error("department", "部门经办人和部门负责人须有所属部门。")
        if not in_department and cleaned.get("department"):
            self.add_error("department", "只有部门经办人和部门负责人有所属部门。")
        return cleaned


class StaffCreationForm(StaffForm, BaseUserCreationForm):
    class Meta(StaffForm.Meta): ...


class StaffChangeForm(StaffForm, UserChangeForm):
    """Shows the phone masked; what is left empty stays as it is."""

    class Meta(StaffForm.Meta):
        fields = [*StaffForm.Meta.fields, "is_active", "password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["phone"] = ""
        if "phone" in self.fields and self.instance.phone:
            self.fields["phone"].help_text = f"现为 {self.instance.masked_phone}，不更换的请留空。"

    def clean_phone(self) -> str:
        return super().clean_phone() or str(self.instance.phone)


class NewPasswordForm(AdminPasswordChangeForm):
    """Sets a password; an account is closed by `is_active`, never by taking its password away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for name in ("password1", "password2"):
            self.fields[name].required = True


@admin.register(User)
class StaffAdmin(RoleAdmin, UserAdmin):
    """Staff accounts: role and department, closing, a new password, a new second factor."""

    writers = frozenset({Role.ADMINISTRATOR})
    readers = frozenset({Role.AUDITOR})
    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = NewPasswordForm
    add_form_template = "admin/change_form.html"
    fieldsets = (
        (None, {"fields": ["username", "full_name", "role", "department", "phone", "is_active"]}),
        ("登录", {"fields": ["password", "second_factor", "last_login", "date_joined"]}),
    )
    add_fieldsets = (
        (None, {"fields": ["username", "full_name", "role", "department", "phone"]}),
        ("初始密码", {"fields": ["password1", "password2"]}),
    )
    readonly_fields = ["second_factor", "last_login", "date_joined"]
    list_display = ["username", "full_name", "role", "department", "is_active", "second_factor"]
    list_filter = ["role", "department", "is_active"]
    list_select_related = ["department"]
    search_fields = ["username"]
    ordering = ["username"]
    filter_horizontal = ()
    actions = ["reset_second_factor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).exclude(role__in=APPLICANT_ROLES)

    def get_exclude(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Keep the stored password, and the link to change it, from those who only read."""
        return [] if self.has_change_permission(request, obj) else ["password"]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        hidden = self.get_exclude(request, obj)
        return [
            (title, {**options, "fields": [one for one in options["fields"] if one not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        named = ["username"] if obj else []
        return [*self.readonly_fields, *named]

    @admin.display(description="动态口令", boolean=True)
    def second_factor(self, user: User) -> bool:
        return bool(user.totp_secret)

    @admin.action(description="重置所选人员的动态口令", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            second_factor.forget(user, by=request.user)  # type: ignore[arg-type]
        messages.success(request, "已重置，下次登录时须重新绑定动态口令。")

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> None:  # type: ignore[override]
        _record("account.created", request, obj, message)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> None:  # type: ignore[override]
        _record("account.changed", request, obj, message)


def _record(kind: str, request: HttpRequest, user: User, message: Any) -> None:
    """Write the change to the ledger; the message names fields, never their values."""
    ledger.record(
        ledger.Entry(
            kind,
            subject=f"user:{user.pk}",
            actor_id=request.user.pk,
            payload={"role": user.role, "active": user.is_active, "message": message},
        )
    )


@admin.register(Department)
class DepartmentAdmin(RoleAdmin):
    """Departments come from the catalogues; here they are only read."""

    readers = frozenset({Role.ADMINISTRATOR, Role.EDITOR, Role.AUDITOR})
    list_display = ["code", "name", "short_name"]
