"""Accounts of the demonstration: synthetic people, one public password, never in production."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from portal.accounts.models import APPLICANT_ROLES, Department, Role, User

DEMO_PASSWORD = "Yijianshi-2026"  # noqa: S105

# Department code → user name stem and short name, for the table that is shown before any query.
DEPARTMENTS = {
    "D01": ("renshe", "市人力社保局"),
    "D02": ("gongan", "市公安局"),
    "D03": ("zhufang", "市住保房管局"),
    "D04": ("gongjijin", "市公积金中心"),
    "D05": ("shiminka", "市市民卡公司"),
    "D06": ("yibao", "市医保局"),
    "D07": ("caizheng", "市财政局"),
    "D08": ("shichang", "市市场监管局"),
}
WITHOUT_ITEMS = ("D07", "D08")
SEATS = (("01", Role.OFFICER), ("02", Role.OFFICER), ("00", Role.LEADER))

FAMILY_NAMES = "沈陆顾汪施姜章范方任俞潘葛奚柏窦苏卢余元"
GIVEN_NAMES = ("明远", "若溪", "书衡")


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One row of the table; `login` is a user name, or the phone of an applicant."""

    login: str
    role: Role
    name: str
    department: str = ""
    department_code: str = ""
    phone: str = ""

    @property
    def signs_in_by_phone(self) -> bool:
        return self.role in APPLICANT_ROLES


APPLICANTS = (
    DemoAccount("13800000001", Role.TALENT, "林知夏", phone="13800000001"),
    DemoAccount("13800000002", Role.TALENT, "周予安", phone="13800000002"),
    DemoAccount("13800000003", Role.TALENT, "陈星野", phone="13800000003"),
    DemoAccount("13800000004", Role.AGENT, "吴清和", phone="13800000004"),
)
OFFICE = (
    DemoAccount("window01", Role.CLERK, "徐静宜", "综合窗口", phone="13900000001"),
    DemoAccount("window02", Role.CLERK, "郑文博", "综合窗口", phone="13900000002"),
    DemoAccount("jiandu01", Role.SUPERVISOR, "何思源", phone="13900000003"),
    DemoAccount("jiandu02", Role.SUPERVISOR, "叶景行", phone="13900000004"),
    DemoAccount("bianji01", Role.EDITOR, "宋致远", phone="13900000005"),
    DemoAccount("bianji02", Role.EDITOR, "姚若水", phone="13900000008"),
    DemoAccount("shenji01", Role.AUDITOR, "韩慎之", phone="13900000006"),
    DemoAccount("admin01", Role.ADMINISTRATOR, "钟维安", phone="13900000007"),
)


def demo_account_table() -> list[DemoAccount]:
    """Return every demo account, applicants first; asks no database."""
    return [*APPLICANTS, *OFFICE[:2], *_department_accounts(), *OFFICE[2:]]


def _department_accounts() -> list[DemoAccount]:
    accounts = []
    families = iter(FAMILY_NAMES)
    for position, (code, (stem, name)) in enumerate(DEPARTMENTS.items()):
        for seat, (suffix, role) in enumerate(SEATS if code not in WITHOUT_ITEMS else SEATS[:1]):
            person = next(families) + GIVEN_NAMES[seat]
            phone = f"139000001{position}{seat}"
            accounts.append(DemoAccount(f"{stem}{suffix}", role, person, name, code, phone))
    return accounts


@transaction.atomic
def make_demo_accounts() -> dict[str, User]:
    """Make the demo accounts that are missing and return all of them by login.

    Departments have to be loaded before. Raises RuntimeError in production.
    """
    if settings.IS_PRODUCTION:
        raise RuntimeError("Demo accounts have a public password: never in production.")
    departments = {row.code: row for row in Department.objects.filter(code__in=DEPARTMENTS)}
    password = make_password(DEMO_PASSWORD)
    made = {}
    for account in demo_account_table():
        if account.department_code and account.department_code not in departments:
            continue
        made[account.login] = _account(account, password, departments.get(account.department_code))
    return made


def _account(account: DemoAccount, password: str, department: Department | None) -> User:
    by_phone = account.signs_in_by_phone
    user, _ = User.objects.get_or_create(
        username=f"demo{account.phone[-4:]}" if by_phone else account.login,
        defaults={
            "role": account.role,
            "full_name": account.name,
            "department": department,
            "phone": account.phone,
            "phone_verified": by_phone,
            "password": make_password(None) if by_phone else password,
        },
    )
    return user
