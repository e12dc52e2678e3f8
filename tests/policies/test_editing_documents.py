"""A whole policy through the form: what the page shows is posted back as the same document."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from policies.editing import drafting, pages
from policies.editing.draft import content_mark, flaws, of_version
from policies.models import Policy, PolicyState, PolicyVersion
from policies.policy_reading import read_policies
from policies.publishing import canonical
from policies.schema import Catalogue
from portal.accounts.models import User
from tests.accounts.factories import DepartmentFactory, StaffFactory
from tests.policies.conftest import HANGZHOU
from tests.policies.form_fields import fields_of, ids_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    return StaffFactory(editor=True)


@pytest.fixture
def desk(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def url(name: str, pk: int) -> str:
    return reverse(f"admin:policies_policy_{name}", args=[pk])


def drafts(catalogue: Catalogue, editor: User) -> list[tuple[PolicyVersion, dict[str, Any]]]:
    """Return a draft like each version of the catalogue, with its document."""
    department, found = DepartmentFactory(), []
    for file in read_policies(HANGZHOU, catalogue):
        entry = file.policy
        policy = Policy.objects.create(
            code=entry.code, name=entry.name, applicant=entry.applicant, department=department
        )
        for number, written in enumerate(entry.versions, 1):
            version = PolicyVersion.objects.create(
                policy=policy,
                number=number,
                label=written.label,
                division=written.division,
                effective_from=written.effective_from,
                effective_to=written.effective_to,
                document=written.document,
                drafted_by=editor,
            )
            found.append((version, written.document))
    return found


def test_every_policy_of_the_catalogue_comes_back_from_its_form_as_it_was(
    desk: Client, editor: User, catalogue: Catalogue
) -> None:
    every = drafts(catalogue, editor)

    for version, document in every:
        page = desk.get(url("version", version.pk)).content.decode()
        ids = list(ids_of(page))
        assert sorted(ids) == sorted(set(ids)), version
        fields = fields_of(page, "policy-form")
        answer = desk.post(url("save", version.pk), fields)
        assert answer.status_code == 302, version
        kept = PolicyVersion.objects.get(pk=version.pk)
        assert canonical(kept.document) == canonical(document), version
        assert kept.effective_from == version.effective_from
        assert list(flaws(of_version(kept), kept, [])) == [], version
    assert len(every) > 20


def test_every_benefit_is_said_in_words(editor: User, catalogue: Catalogue) -> None:
    for version, _ in drafts(catalogue, editor):
        points = pages.reading(version, editor)["points"]
        words = "".join(line.text for point in points for line in point.lines)

        assert "{" not in words and "尚未填完" not in words, version


def draft(editor: User, **document: Any) -> PolicyVersion:
    policy = Policy(
        code="POL_D1", name="试行补贴", applicant="person", department=DepartmentFactory()
    )
    version = drafting.found(policy=policy, label="首个版本", by=editor)
    PolicyVersion.objects.filter(pk=version.pk).update(document=document)
    return PolicyVersion.objects.select_related("policy").get(pk=version.pk)


def test_rows_of_basis_and_benefit_are_added_and_removed_without_a_script(
    desk: Client, editor: User
) -> None:
    benefit = {"kind": "by_fact", "by": "edu", "tiers": [{"values": ["21"], "amount": "100"}]}
    version = draft(editor, summary="摘要", benefit=benefit, basis=[{"title": "甲"}])
    page = desk.get(url("version", version.pk)).content.decode()

    for act in ("part-add:tiers", "part-add:instalments", "basis-add", "basis-remove:0"):
        fields = fields_of(page, "policy-form")
        page = desk.post(url("build", version.pk), {**fields, "act": act}).content.decode()

    fields = fields_of(page, "policy-form")
    assert fields["b-tiers"] == ["0", "1"] and fields["b-instalments"] == ["0"]
    assert fields["basis"] == ["0"] and fields["basis-0-title"] == [""]
    assert fields["b-tiers-0-values"] == ["21"]


def test_a_negative_amount_is_refused_at_its_field(desk: Client, editor: User) -> None:
    version = draft(editor, summary="摘要", open=True, benefit={"kind": "fixed", "amount": "-5"})

    page = desk.get(url("version", version.pk)).content.decode()

    assert "金额不能为负数" in page.partition('id="id_b-amount"')[2].partition("</div>")[0]


def test_conditions_are_kept_while_a_policy_is_said_to_have_none(
    desk: Client, editor: User
) -> None:
    tree = {"all": [{"fact": "insured", "op": "==", "value": True}]}
    version = draft(editor, summary="摘要", conditions=tree)
    fields = fields_of(desk.get(url("version", version.pk)).content.decode(), "policy-form")

    desk.post(url("save", version.pk), {**fields, "mode": "open"})

    kept = PolicyVersion.objects.get(pk=version.pk)
    assert kept.document["conditions"] == tree
    assert drafting.submit(pk=version.pk, by=editor).document == {"summary": "摘要", "open": True}


def test_what_a_version_says_does_not_depend_on_its_state(editor: User) -> None:
    version = draft(editor, summary="摘要", open=True)
    before = content_mark(version)

    submitted = drafting.submit(pk=version.pk, by=editor)

    assert submitted.state == PolicyState.SUBMITTED
    assert content_mark(submitted) == before
