"""What no page of the editor offers: forged, broken and very many fields."""

from typing import Any

import pytest
from django.test import Client

from policies.editing import drafting
from policies.editing.draft import mark
from policies.editing.rows import fields_of, rows_of
from policies.models import Policy, PolicyVersion
from portal.accounts.models import User
from tests.accounts.factories import DepartmentFactory, StaffFactory
from tests.policies.test_admin_policies import now, sound, url

pytestmark = pytest.mark.django_db

DUE = {"b-instalments": ["0"], "b-instalments-0-pct": "100", "b-instalments-0-when": "批准后"}


@pytest.fixture
def author() -> User:
    return StaffFactory(editor=True)


@pytest.fixture
def draft(author: User) -> PolicyVersion:
    policy = Policy(
        code="POL_T1", name="试行补贴", applicant="person", department=DepartmentFactory()
    )
    return drafting.found(policy=policy, label="首个版本", by=author)


@pytest.fixture
def desk(client: Client, author: User) -> Client:
    client.force_login(author)
    return client


def send(desk: Client, name: str, version: PolicyVersion, **typed: Any) -> Any:
    return desk.post(url(name, version.pk), {"seen": mark(now(version)), **sound(), **typed})


@pytest.mark.parametrize(
    "kept",
    [
        r'{"fact": "a\u0000"}',
        r'{"fact": "\ud800"}',
        '{"fact": "age", "op": ">=", "value": NaN}',
        "[" * 100_000,
        "{",
    ],
    ids=["NUL", "half a character", "no number", "too deep", "no JSON"],
)
def test_a_condition_that_no_page_handed_on_is_left_out(
    desk: Client, draft: PolicyVersion, kept: str
) -> None:
    answer = send(desk, "save", draft, **DUE, **{"b-instalments-0-due-json": kept})

    assert answer.status_code == 302
    (instalment,) = now(draft).document["benefit"]["instalments"]
    assert "due" not in instalment


def test_what_is_excluded_is_another_policy(desk: Client, draft: PolicyVersion) -> None:
    answer = send(desk, "submit", draft, excludes=["POL_X\0", "POL_T1"])

    assert answer.status_code == 422
    assert now(draft).document["excludes"] == ["POL_X", "POL_T1"]
    for code in ("POL_X", "POL_T1"):
        assert f"没有可以互斥的政策 {code}" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"b-amount": "1E+999999999999"}, "金额不能超过 100 亿元"),
        ({"b-amount": "9" * 40}, "金额不能超过 100 亿元"),
        ({"b-amount": "0.000001"}, "最多写 4 位小数"),
        ({"b-per": "year", "b-years": "99999999"}, "不能超过 10,000"),
        ({"effective_from": "0001-01-01"}, "施行日期不能早于1949年10月1日"),
    ],
)
def test_what_can_only_be_a_slip_is_kept_as_typed_and_not_handed_in(
    desk: Client, draft: PolicyVersion, typed: dict[str, str], reason: str
) -> None:
    answer = send(desk, "submit", draft, **typed)

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert next(iter(typed.values())) in answer.content.decode()
    assert now(draft).state == "draft"


@pytest.mark.parametrize("chosen", ["9" * 5000, "9" * 30, "²", "-1", ""])
def test_a_new_version_like_none_there_is_begins_empty(
    desk: Client, draft: PolicyVersion, chosen: str
) -> None:
    answer = desk.post(url("begin", draft.policy_id), {"from": chosen})

    assert answer.status_code == 302
    assert draft.policy.versions.latest("pk").document == {}


@pytest.mark.parametrize("at", ["9" * 5000, "²", "-1", ""])
def test_a_part_that_is_not_there_is_not_removed(
    desk: Client, draft: PolicyVersion, at: str
) -> None:
    answer = send(desk, "save", draft, **DUE, act=f"part-remove:instalments:{at}")

    assert answer.status_code == 302
    assert len(now(draft).document["benefit"]["instalments"]) == 1


def test_as_many_conditions_as_are_allowed_can_be_kept_and_handed_in(
    desk: Client, draft: PolicyVersion
) -> None:
    window = {"fact": "grad_date", "op": "between", "matures": True}
    leaves = [{**window, "value": ["2019-06-03", f"2{n:03}-12-31"]} for n in range(100, 600)]
    typed = {name: [text] for name, text in sound().items() if not name[0].isdigit()}
    typed["row"] = []
    for name, text in fields_of(rows_of({"any": leaves})):
        typed.setdefault(name, []).append(text)

    answer = desk.post(url("submit", draft.pk), {**typed, "seen": mark(draft)})

    assert answer.status_code == 302
    assert now(draft).document["conditions"] == {"any": leaves}
