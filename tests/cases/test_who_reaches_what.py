"""Who reaches which page: every address of policies, and of the cases they lead to, by every role.

One column for each role (`els` is an officer of a department that recognises no talents, `nob` is
not signed in), one line for each address and method. 302 of `nob` leads to the sign-in.
"""

from importlib import import_module
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, reverse

from policies.admin import PolicyAdmin
from policies.models import Inspection, OneThing, Policy, PolicyVersion
from portal.accounts.models import Department, Role
from tests.cases.conftest import make_user
from tests.cases.ripening import shelve
from tests.policies.codes import people

pytestmark = pytest.mark.django_db

ROOMS = {
    "policies": ("library", "facts", "codes", "inspections"),
    "cases": ("analysis", "maturity", "navigator", "potential", "recommending"),
}
ROLES = {
    "nob": None,
    "tal": Role.TALENT,
    "age": Role.AGENT,
    "cle": Role.CLERK,
    "off": Role.OFFICER,
    "els": Role.OFFICER,
    "lea": Role.LEADER,
    "sup": Role.SUPERVISOR,
    "edi": Role.EDITOR,
    "aud": Role.AUDITOR,
    "adm": Role.ADMINISTRATOR,
}
DEPARTMENTS = {"off": "D01", "els": "D03", "lea": "D01"}
TABLE = """
                                          nob tal age cle off els lea sup edi aud adm
get  policies:library                     200 200 200 200 200 200 200 200 200 200 200
get  policies:policy                      200 200 200 200 200 200 200 200 200 200 200
get  policies:my-facts                    302 200 200 403 403 403 403 403 403 403 403
post policies:my-facts-ask                302 404 404 403 403 403 403 403 403 403 403
get  policies:subjects                    302 404 404 200 200 200 200 403 403 403 403
post policies:subject-find                302 404 404 422 422 422 422 403 403 403 403
get  policies:subject                     302 404 404 302 302 302 302 403 403 403 403
post policies:subject                     302 404 404 302 302 302 302 403 403 403 403
get  policies:subject-fact                302 404 404 302 302 302 302 403 403 403 403
post policies:subject-fact                302 404 404 302 302 302 302 403 403 403 403
get  policies:subject-withdraw            302 404 404 302 302 302 302 403 403 403 403
post policies:subject-withdraw            302 404 404 302 302 302 302 403 403 403 403
get  policies:subject-read                302 404 404 302 302 302 302 403 403 403 403
post policies:subject-read                302 404 404 302 302 302 302 403 403 403 403
get  policies:subject-proof               302 404 404 302 302 302 302 403 403 403 403
post policies:subject-proof               302 404 404 302 302 302 302 403 403 403 403
get  policies:my-code                     302 200 200 403 403 403 403 403 403 403 403
get  policies:my-code-picture             302 204 204 403 403 403 403 403 403 403 403
get  policies:my-code-print               302 404 404 403 403 403 403 403 403 403 403
get  policies:my-code-uses                302 404 404 403 403 403 403 403 403 403 403
post policies:my-code-replace             302 404 404 403 403 403 403 403 403 403 403
post policies:my-code-issue               302 404 404 403 403 403 403 403 403 403 403
get  policies:verify                      200 200 200 200 200 200 200 200 200 200 200
post policies:verify-open                 422 422 422 422 422 422 422 422 422 422 422
post policies:verify-read                 302 302 302 302 302 302 302 302 302 302 302
post policies:verify-close                302 302 302 302 302 302 302 302 302 302 302
get  policies:api-verify-code             401 401 401 401 401 401 401 401 401 401 401
post policies:api-verify-code             401 401 401 401 401 401 401 401 401 401 401
get  policies:recognitions                302 404 404 403 200 403 200 403 403 403 403
post policies:recognition-find            302 404 404 403 422 403 422 403 403 403 403
get  policies:recognition-subject         302 404 404 403 200 403 200 403 403 403 403
post policies:recognition-make            302 404 404 403 422 403 422 403 403 403 403
post policies:recognition-end             302 404 404 403 422 403 422 403 403 403 403
get  policies:recommenders                302 404 404 403 200 403 200 403 403 403 403
post policies:recommender-save            302 404 404 403 422 403 422 403 403 403 403
get  policies:recommender                 302 404 404 403 200 403 200 403 403 403 403
post policies:recommender                 302 404 404 403 422 403 422 403 403 403 403
post policies:recommender-activate        302 404 404 403 302 403 302 403 403 403 403
get  policies:institutions                302 404 404 403 403 403 200 403 403 403 200
post policies:institution-add             302 404 404 403 403 403 422 403 403 403 422
get  policies:institution                 302 404 404 403 403 403 200 403 403 403 200
post policies:institution                 302 404 404 403 403 403 422 403 403 403 422
post policies:institution-key             302 404 404 403 403 403 200 403 403 403 200
post policies:institution-activate        302 404 404 403 403 403 302 403 403 403 302
get  policies:inspections                 302 404 404 403 403 403 403 200 200 200 200
get  policies:inspection-day              302 404 404 403 403 403 403 200 200 200 200
get  cases:analysis-start                 302 404 404 403 403 403 200 200 200 200 403
get  cases:analysis                       302 404 404 403 403 403 200 200 200 200 403
get  cases:analysis-excel                 302 404 404 403 403 403 200 200 200 200 403
post cases:resume                         302 404 404 404 404 404 404 404 404 404 404
post cases:give-up-parked                 302 404 404 404 404 404 404 404 404 404 404
get  cases:navigator                      200 200 200 200 200 200 200 200 200 200 200
post cases:navigator-erase                302 302 302 302 302 302 302 302 302 302 302
get  cases:navigator-question             200 200 200 200 200 200 200 200 200 200 200
post cases:navigator-question             302 302 302 302 302 302 302 302 302 302 302
get  cases:navigator-package              302 302 302 302 302 302 302 302 302 302 302
get  cases:navigator-paper                302 302 302 302 302 302 302 302 302 302 302
post cases:navigator-share                302 302 302 302 302 302 302 302 302 302 302
post cases:navigator-file                 302 302 302 302 302 302 302 302 302 302 302
get  cases:package                        404 404 404 404 404 404 404 404 404 404 404
get  cases:package-paper                  404 404 404 404 404 404 404 404 404 404 404
post cases:package-file                   404 404 404 404 404 404 404 404 404 404 404
get  cases:potential                      302 404 404 403 200 200 200 403 403 403 403
get  cases:potential-excel                302 404 404 403 200 200 200 403 403 403 403
get  cases:own-people                     302 403 200 403 403 403 403 403 403 403 403
get  cases:recommendations                302 200 200 403 403 403 403 403 403 403 403
post cases:recommendations-shown          302 204 204 403 403 403 403 403 403 403 403
post cases:recommendations-open           302 422 422 403 403 403 403 403 403 403 403
post cases:recommendation-dismiss         302 404 404 403 403 403 403 403 403 403 403
get  cases:uptake                         302 404 404 403 403 403 403 200 200 403 403
get  cases:uptake-excel                   302 404 404 403 403 403 403 200 200 403 403
get  admin:policies_policy_changelist     302 302 302 302 403 403 403 302 200 200 200
get  admin:policies_policy_add            302 302 302 302 403 403 403 302 200 403 403
post admin:policies_policy_add            302 302 302 302 403 403 403 302 200 403 403
get  admin:policies_policy_change         302 302 302 302 403 403 403 302 200 200 200
post admin:policies_policy_begin          302 302 302 302 403 403 403 302 302 403 403
get  admin:policies_policy_version        302 302 302 302 403 403 403 302 200 200 200
post admin:policies_policy_build          302 302 302 302 403 403 403 302 200 403 403
post admin:policies_policy_side           302 302 302 302 403 403 403 302 200 403 403
post admin:policies_policy_save           302 302 302 302 403 403 403 302 422 403 403
post admin:policies_policy_submit         302 302 302 302 403 403 403 302 422 403 403
post admin:policies_policy_discard        302 302 302 302 403 403 403 302 409 403 403
post admin:policies_policy_send_back      302 302 302 302 403 403 403 302 409 403 403
post admin:policies_policy_publish        302 302 302 302 403 403 403 302 409 403 403
get  admin:policies_policy_trial          302 302 302 302 403 403 403 302 200 200 200
post admin:policies_policy_trial          302 302 302 302 403 403 403 302 200 200 200
get  admin:policies_policy_impact         302 302 302 302 403 403 403 302 200 200 200
post admin:policies_policy_measure        302 302 302 302 403 403 403 302 200 403 403
"""
HEAD, *LINES = [line.split() for line in TABLE.strip().splitlines()]


@pytest.fixture
def rows(one_thing: OneThing) -> dict[str, Any]:
    """One row of each kind, and the arguments of addresses that need no row."""
    shelve(one_thing)
    boss = make_user("boss", Role.LEADER, Department.objects.get(code="D01"))
    version = PolicyVersion.objects.select_related("policy").earliest("pk")
    person = people.person()
    return {
        "subject": person.pk,
        "recognition": people.recognised(person, boss).pk,
        "recommender": people.recommender().pk,
        "institution": people.institution(boss).institution.pk,
        "inspection": Inspection.objects.create(on="2026-11-24", is_full=True).pk,
        "version": version.pk,
        "policy": version.policy_id,
        "nothing": {"uuid": "00000000-0000-4000-8000-000000000000", "int": 10**6},
    }


def patterns() -> dict[str, URLPattern]:
    """Return every address that is to be in the table, by its name."""
    found = {
        f"{app}:{one.name}": one
        for app, rooms in ROOMS.items()
        for room in rooms
        for one in import_module(f"{app}.urls.{room}").urlpatterns
    }
    return found | {f"admin:{one.name}": one for one in PolicyAdmin(Policy, admin.site).get_urls()}


def address(name: str, rows: dict[str, Any]) -> str:
    pattern = patterns()[name].pattern
    given = {
        "kind": "person",
        "number": 1,
        "token": "unknown",
        "page": "degree",
        "parked_id": 10**6,
        "code": "POL_P07" if name == "policies:policy" else "edu",
        "pk": _row(name, str(pattern), rows),
    }
    return reverse(name, kwargs={one: given[one] for one in pattern.converters})


def _row(name: str, route: str, rows: dict[str, Any]) -> Any:
    if name.startswith("admin:"):
        return rows["version" if route.startswith("versions/") else "policy"]
    if "subjects/" in route:
        return rows["subject"]
    kinds = ("recognition", "recommender", "institution", "inspection")
    kind = next((one for one in kinds if route.startswith(one)), None)
    return rows[kind] if kind else rows["nothing"]["uuid" if "uuid" in route else "int"]


def signed_in(column: str) -> Client:
    client, role = Client(), ROLES[column]
    if role:
        code = DEPARTMENTS.get(column)
        department = Department.objects.get(code=code) if code else None
        client.force_login(make_user(column, role, department))
    return client


@pytest.mark.parametrize("column", ROLES)
def test_each_role_reaches_its_own_pages_and_no_other(column: str, rows: dict[str, Any]) -> None:
    client = signed_in(column)

    found = {
        (method, name): str(getattr(client, method)(address(name, rows)).status_code)
        for method, name, *_ in LINES
    }

    at = HEAD.index(column)
    assert found == {(method, name): statuses[at] for method, name, *statuses in LINES}


def test_every_address_stands_in_the_table() -> None:
    assert {name for _, name, *_ in LINES} == set(patterns())
