"""Forms of the sign-in pages."""

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError

from portal.accounts import passwords, sign_in
from portal.accounts.models import User


def digits_input(**attrs: str) -> forms.TextInput:
    """Return an input that opens the number pad and takes a code out of an arriving SMS."""
    return forms.TextInput(
        attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "12", **attrs}
    )


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label="手机号码",
        help_text="中国内地 11 位手机号码，验证码以短信发送到该号码。",
        max_length=30,
        error_messages={"required": "请填写手机号码。"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel-national"}),
    )

    def clean_phone(self) -> str:
        phone = sign_in.mobile_number(self.cleaned_data["phone"])
        if phone is None:
            raise ValidationError("请填写 11 位手机号码，以 1 开头，例如 13800000000。")
        return phone


class CodeForm(forms.Form):
    """Six digits; whether they are right the view finds out."""

    code = forms.CharField(
        label="验证码",
        max_length=30,
        error_messages={"required": "请填写验证码。"},
        widget=digits_input(),
    )

    def clean_code(self) -> str:
        code = sign_in.plain_digits(self.cleaned_data["code"])
        if not (code.isascii() and code.isdigit() and len(code) == sign_in.DIGITS):
            raise ValidationError("验证码为 6 位数字。")
        return code


class SecondFactorForm(CodeForm):
    code = forms.CharField(
        label="动态口令",
        help_text="验证器应用中显示的 6 位数字。",
        max_length=30,
        error_messages={"required": "请填写动态口令。"},
        widget=digits_input(),
    )


class StaffSignInForm(forms.Form):
    username = UsernameField(
        label="用户名",
        max_length=150,
        error_messages={"required": "请填写用户名。"},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="密码",
        strip=False,
        max_length=128,
        error_messages={"required": "请填写密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label="动态口令",
        help_text="验证器应用中显示的 6 位数字；首次登录尚未绑定的，请留空。",
        max_length=30,
        required=False,
        widget=digits_input(),
    )


class NewPasswordForm(forms.Form):
    """A new password in place of one that is too old."""

    old = forms.CharField(
        label="当前密码",
        strip=False,
        error_messages={"required": "请填写当前密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="新密码",
        strip=False,
        help_text="不少于 12 个字符，含大写字母、小写字母、数字、符号中的至少三类，"
        "不得与最近 5 次使用过的密码相同。",
        error_messages={"required": "请填写新密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再次输入新密码",
        strip=False,
        error_messages={"required": "请再次输入新密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.user = user

    def clean_old(self) -> str:
        if not self.user.check_password(self.cleaned_data["old"]):
            raise ValidationError("当前密码不正确。")
        return str(self.cleaned_data["old"])

    def clean_new(self) -> str:
        password_validation.validate_password(self.cleaned_data["new"], self.user)
        return str(self.cleaned_data["new"])

    def clean_again(self) -> str:
        if self.cleaned_data["again"] != self.cleaned_data.get("new", self.cleaned_data["again"]):
            raise ValidationError("两次输入的新密码不一致。")
        return str(self.cleaned_data["again"])

    def save(self) -> None:
        passwords.change(user=self.user, password=self.cleaned_data["new"])
