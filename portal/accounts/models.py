"""Who they are: departments, users and their roles, and what their sign-in leaves behind."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.core.crypto import EncryptedTextField, blind_index

PHONE_PURPOSE = "accounts.phone"


class Department(models.Model):
    """A department or body that handles items (部门); catalogues name it by its code."""

    code = models.CharField("部门代码", max_length=16, unique=True)
    name = models.CharField("部门名称", max_length=100)
    short_name = models.CharField("简称", max_length=30)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "部门"
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.short_name


class Role(models.TextChoices):
    """What a user may do; each user has one role."""

    TALENT = "talent", "人才"
    AGENT = "agent", "企业经办人"
    CLERK = "clerk", "窗口人员"
    OFFICER = "officer", "部门经办人"
    LEADER = "leader", "部门负责人"
    SUPERVISOR = "supervisor", "监督人员"
    EDITOR = "editor", "目录与政策编辑"
    AUDITOR = "auditor", "审计人员"
    ADMINISTRATOR = "administrator", "系统管理员"


APPLICANT_ROLES = (Role.TALENT, Role.AGENT)
DEPARTMENT_ROLES = (Role.OFFICER, Role.LEADER)
# Who reaches the admin site; what they see there each page decides by role.
STAFF_ROLES = tuple(role for role in Role if role not in APPLICANT_ROLES)
ADMIN_ROLES = (*DEPARTMENT_ROLES, Role.EDITOR, Role.AUDITOR, Role.ADMINISTRATOR)


class UserQuerySet(models.QuerySet["User"]):
    def with_phone(self, phone: str) -> "UserQuerySet":
        """Return users with this phone number (11 digits or +86 form)."""
        return self.filter(phone_index=blind_index(national_number(phone), PHONE_PURPOSE))

    def applicants(self) -> "UserQuerySet":
        """Return those who sign in by phone and file cases."""
        return self.filter(role__in=APPLICANT_ROLES)

    def staff_of(self, departments: list[int]) -> "UserQuerySet":
        """Return active officers and leaders of departments given by id."""
        return self.filter(
            is_active=True, role__in=DEPARTMENT_ROLES, department_id__in=departments
        ).select_related("department")


class PortalUserManager(UserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with the query methods above."""

    def create_superuser(self, *args: Any, **kwargs: Any) -> "User":
        """Make the first administrator of an installation (`manage.py createsuperuser`)."""
        kwargs.setdefault("role", Role.ADMINISTRATOR)
        return super().create_superuser(*args, **kwargs)

    def _create_user_object(
        self, username: str, email: str | None, password: str | None, **fields: Any
    ) -> "User":
        # Django's own passes the e-mail address on, which a user here does not have.
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.password = make_password(password)
        return user


class User(AbstractUser):
    """A person who signs in: talents and agents by phone, everybody else by user name."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = None  # type: ignore[assignment]
    full_name = EncryptedTextField("姓名", blank=True, default="")
    role = models.CharField("角色", max_length=16, choices=Role, default=Role.TALENT)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, verbose_name="所属部门"
    )
    phone = EncryptedTextField("手机号码", blank=True, default="")
    phone_index = models.CharField(
        max_length=64, blank=True, default="", db_index=True, editable=False
    )
    phone_verified = models.BooleanField("手机号码已验证", default=False)
    totp_secret = EncryptedTextField("动态口令密钥", blank=True, default="", editable=False)
    # The last accepted time step of the second factor; a code is good once.
    totp_step = models.BigIntegerField(default=0, editable=False)

    objects: ClassVar[PortalUserManager] = PortalUserManager()

    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        constraints = [
            models.CheckConstraint(
                condition=~Q(role__in=[role.value for role in DEPARTMENT_ROLES])
                | Q(department__isnull=False),
                name="accounts_user_department_staff_has_department",
            ),
            # An officer may file a case of their own with the phone the office knows.
            models.UniqueConstraint(
                fields=["phone_index"],
                condition=Q(role__in=[role.value for role in APPLICANT_ROLES]) & ~Q(phone_index=""),
                name="accounts_user_one_applicant_per_phone",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.is_staff = self.role in ADMIN_ROLES
        self.phone_index = (
            blind_index(national_number(self.phone), PHONE_PURPOSE) if self.phone else ""
        )
        if kwargs.get("update_fields"):
            derived = {"phone": "phone_index", "role": "is_staff"}
            fields = list(kwargs["update_fields"])
            kwargs["update_fields"] = fields + [derived[name] for name in fields if name in derived]
        super().save(*args, **kwargs)

    @property
    def is_applicant(self) -> bool:
        """Whether the user files cases (talent or enterprise agent)."""
        return self.role in APPLICANT_ROLES

    @property
    def masked_phone(self) -> str:
        """The phone number with its middle hidden: 138****1234."""
        return f"{self.phone[:3]}****{self.phone[-4:]}" if self.phone else ""

    def get_full_name(self) -> str:
        return self.full_name or self.masked_phone

    def get_short_name(self) -> str:
        return self.full_name


class SignInCode(models.Model):
    """A code sent to a phone (短信验证码): good once, for five minutes, for five guesses.

    Limits stand in this row and not in the session or a cache, so that they hold for requests that
    arrive together. The code itself is kept as a keyed digest only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone_index = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    guesses = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_index", "-sent_at"], name="accounts_signincode_of_phone")
        ]

    def __str__(self) -> str:
        return str(self.id)


class PasswordRecord(models.Model):
    """A password a staff member has used, as its hash: none of the last five comes again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="password_records")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-set_at"]
        indexes = [models.Index(fields=["user", "-set_at"], name="accounts_password_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.set_at:%Y-%m-%d}"


def national_number(phone: str) -> str:
    """Return the 11 digits of a mainland mobile number, whether or not +86 stands before it."""
    digits = "".join(filter(str.isdigit, phone))
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
