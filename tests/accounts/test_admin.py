"""Staff accounts: for the administrator, readable by auditors, closed to others."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from portal.accounts.models import Role, User
from portal.core.ledger import Event
from tests.accounts.factories import PASSWORD, DepartmentFactory, StaffFactory, TalentFactory

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
ADD = "/admin/accounts/user/add/"


@pytest.fixture
def administrator(client: Client) -> User:
    user = StaffFactory(administrator=True, username="admin01", full_name="钟维安")
    client.force_login(user)
    return user


def new_officer(**changed: object) -> dict[str, object]:
    return {
        "username": "renshe09",
        "full_name": "沈明远",
        "role": "officer",
        "department": DepartmentFactory().pk,
        "phone": "137 1234 5678",
        "password1": PASSWORD,
        "password2": PASSWORD,
        **changed,
    }


def test_the_administrator_makes_an_officer(client: Client, administrator: User) -> None:
    response = client.post(ADD, new_officer())

    officer = User.objects.get(username="renshe09")
    assert response.status_code == 302
    assert (officer.role, officer.phone, officer.is_staff) == (Role.OFFICER, "13712345678", True)
    assert officer.check_password(PASSWORD)
    assert officer.password_records.count() == 1
    event = Event.objects.get(kind="account.created")
    assert (event.actor, event.subject) == (administrator, f"user:{officer.pk}")
    assert "沈明远" not in str(event.payload) and "13712345678" not in str(event.payload)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"department": ""}, "须有所属部门"),
        ({"role": "clerk"}, "只有部门经办人和部门负责人有所属部门"),
        ({"role": "talent", "department": ""}, "talent"),
        ({"phone": "123"}, "11 位手机号码"),
        ({"password1": "kurz", "password2": "kurz"}, "12"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    client: Client, administrator: User, changed: dict[str, object], words: str
) -> None:
    response = client.post(ADD, new_officer(**changed))

    assert response.status_code == 200
    assert words in response.text
    assert not User.objects.filter(username="renshe09").exists()


def test_the_administrator_changes_role_and_closes(client: Client, administrator: User) -> None:
    clerk = StaffFactory(clerk=True)
    data = {"full_name": "钱二丁", "role": "supervisor", "department": "", "phone": ""}

    client.post(f"{USERS}{clerk.pk}/change/", data)

    clerk.refresh_from_db()
    assert (clerk.role, clerk.is_active) == (Role.SUPERVISOR, False)
    assert Event.objects.filter(kind="account.changed").count() == 1


def test_the_administrator_resets_the_second_factor(client: Client, administrator: User) -> None:
    clerk = StaffFactory(clerk=True, totp_secret="JBSWY3DPEHPK3PXP")

    response = client.post(
        USERS, {"action": "reset_second_factor", "_selected_action": [clerk.pk]}, follow=True
    )

    clerk.refresh_from_db()
    assert clerk.totp_secret == ""
    assert "已重置" in response.text
    assert Event.objects.get(kind="account.second_factor_reset").actor == administrator


def test_a_phone_is_shown_masked_and_stays_when_left_empty(
    client: Client, administrator: User
) -> None:
    clerk = StaffFactory(clerk=True, phone="13612345678")
    path = f"{USERS}{clerk.pk}/change/"
    data = {"full_name": "钱二丁", "role": "clerk", "department": "", "is_active": "on"}

    page = client.get(path).text
    client.post(path, {**data, "phone": ""})
    clerk.refresh_from_db()
    kept = clerk.phone
    client.post(path, {**data, "phone": "13687654321"})
    clerk.refresh_from_db()

    assert "136****5678" in page and "13612345678" not in page
    assert (kept, clerk.phone) == ("13612345678", "13687654321")


def test_a_password_set_by_the_administrator_is_on_record(
    client: Client, administrator: User
) -> None:
    clerk = StaffFactory(clerk=True)

    client.post(
        f"{USERS}{clerk.pk}/password/",
        {"password1": PASSWORD, "password2": PASSWORD, "set-password": ""},
    )

    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)
    assert clerk.password_records.count() == 1
    event = Event.objects.get(kind="account.changed")
    assert (event.actor, event.subject) == (administrator, f"user:{clerk.pk}")


def test_the_administrator_cannot_take_a_password_away(client: Client, administrator: User) -> None:
    clerk = StaffFactory(clerk=True)
    clerk.set_password(PASSWORD)
    clerk.save()
    page = f"{USERS}{clerk.pk}/password/"

    shown = client.get(page).text
    client.post(page, {"usable_password": "false", "unset-password": ""})

    clerk.refresh_from_db()
    assert clerk.has_usable_password()
    assert "usable_password" not in shown.split("<form", 1)[1].split("</form>")[0]


def test_names_do_not_go_into_djangos_own_log(client: Client, administrator: User) -> None:
    client.post(ADD, new_officer())

    assert User.objects.filter(username="renshe09").exists()
    assert not LogEntry.objects.exists()


def test_applicants_are_not_listed(client: Client, administrator: User) -> None:
    talent = TalentFactory(username="talent-of-somebody")

    assert "talent-of-somebody" not in client.get(USERS).text
    assert client.get(f"{USERS}{talent.pk}/change/").status_code == 302


def test_an_auditor_reads_and_changes_nothing(client: Client) -> None:
    clerk = StaffFactory(clerk=True, totp_secret="JBSWY3DPEHPK3PXP")
    client.force_login(StaffFactory(auditor=True))

    page = client.get(f"{USERS}{clerk.pk}/change/").text
    assert client.get(USERS).status_code == 200
    assert client.get(ADD).status_code == 403
    assert "../password/" not in page and "pbkdf2" not in page and "哈希" not in page
    client.post(USERS, {"action": "reset_second_factor", "_selected_action": [clerk.pk]})
    clerk.refresh_from_db()
    assert clerk.totp_secret


@pytest.mark.parametrize("role", ["officer", "leader", "editor"])
def test_others_do_not_get_in(client: Client, role: str) -> None:
    client.force_login(StaffFactory(**{role: True}))

    assert client.get(USERS).status_code == 403
    assert client.get(ADD).status_code == 403


def test_nobody_deletes_an_account(client: Client, administrator: User) -> None:
    clerk = StaffFactory(clerk=True)

    assert client.post(f"{USERS}{clerk.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(USERS, {"action": "delete_selected", "_selected_action": [clerk.pk], "post": "yes"})
    assert User.objects.filter(pk=clerk.pk).exists()
