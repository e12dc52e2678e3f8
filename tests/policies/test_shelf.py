from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from policies.eligibility import decide
from policies.loading import load_catalogue
from policies.models import Policy, PolicyState, PolicyVersion
from policies.shelf import PublishedPolicy, published_versions, shelf
from portal.core import clock
from tests.policies.conftest import HANGZHOU

pytestmark = pytest.mark.django_db
YUHANG, XIHU = "330110", "330106"


@pytest.fixture
def policy() -> Policy:
    load_catalogue(HANGZHOU)
    return Policy.objects.get(code="POL_P09")


def publish(policy: Policy, begins: str, ends: str | None = None, **fields: Any) -> PolicyVersion:
    return PolicyVersion.objects.create(
        policy=policy,
        number=policy.versions.count() + 1,
        label=begins,
        effective_from=date.fromisoformat(begins),
        effective_to=date.fromisoformat(ends) if ends else None,
        document=fields.pop("document", {"summary": "试", "open": True}),
        state=PolicyState.PUBLISHED,
        published_at=clock.now(),
        **fields,
    )


def label(policy: PublishedPolicy, on: str, **facts: Any) -> str | None:
    version = policy.version(facts, date.fromisoformat(on))
    return version and version.label


def test_the_shelf_is_read_once_and_again_when_something_is_published(
    policy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = shelf()

    with django_assert_num_queries(1):
        assert shelf() is first
    publish(policy, "2030-01-01")
    with django_assert_num_queries(3):
        second = shelf()

    assert len(first.policies["POL_P09"].versions) == 1
    assert len(second.policies["POL_P09"].versions) == 2


def test_the_shelf_notices_a_new_name_and_no_draft(policy: Policy) -> None:
    first = shelf()
    PolicyVersion.objects.create(policy=policy, number=9, label="草案", document={})
    assert shelf() is first

    Policy.objects.filter(pk=policy.pk).update(name="新名称")

    assert shelf().policies["POL_P09"].name == "新名称"


def test_policies_are_found_by_item_and_by_applicant(policy: Policy) -> None:
    found = shelf()

    assert found.of_item("HZ-DXS", "P09") is found.policies["POL_P09"]
    assert found.of_item("HZ-DXS", "") is None
    assert found.of_item("OTHER", "P09") is None
    assert len(found.for_applicant("person")) == 12
    assert len(found.for_applicant("enterprise")) == 8


def test_an_open_ended_version_ends_the_day_before_the_next(policy: Policy) -> None:
    publish(policy, "2030-01-01", "2030-06-30")
    publish(policy, "2031-01-01")

    found = shelf().policies["POL_P09"]

    assert [(one.begins, one.ends) for one in found.versions] == [
        (date(2020, 2, 24), date(2029, 12, 31)),
        (date(2030, 1, 1), date(2030, 6, 30)),
        (date(2031, 1, 1), None),
    ]
    assert label(found, "2029-12-31") == "2020"
    assert label(found, "2030-06-30") == "2030-01-01"
    assert label(found, "2030-07-01") is None
    assert label(found, "2031-01-01") == "2031-01-01"


def test_a_district_goes_before_the_city_while_it_has_a_version(policy: Policy) -> None:
    publish(policy, "2030-01-01", "2030-12-31", division=YUHANG)

    found = shelf().policies["POL_P09"]

    assert label(found, "2029-12-31", district=YUHANG) == "2020"
    assert label(found, "2030-01-01", district=YUHANG) == "2030-01-01"
    assert label(found, "2031-01-01", district=YUHANG) == "2020"
    assert label(found, "2030-01-01", district=XIHU) == "2020"
    assert label(found, "2030-01-01") == "2020"


def test_a_policy_closed_in_a_district_is_closed_there_alone(policy: Policy) -> None:
    document = {"summary": "停止实施。", "closed": True}
    publish(policy, "2030-01-01", division=YUHANG, document=document)

    found = shelf().policies["POL_P09"]

    assert label(found, "2030-01-01", district=YUHANG) is None
    assert label(found, "2030-01-01", district=XIHU) == "2020"
    (closed,) = [one for one in found.versions if one.document.closed]
    assert decide(closed.rule, {}, date(2030, 1, 1)).outcome == "not"


def test_a_version_may_count_by_the_day_of_an_event() -> None:
    rows = [
        PolicyVersion(number=1, label="旧", effective_to=date(2021, 10, 14), document={
            "summary": "旧", "open": True, "judged_on": "grad_date"}),
        PolicyVersion(number=2, label="新", effective_from=date(2021, 10, 15), document={
            "summary": "新", "open": True, "judged_on": "grad_date"}),
    ]  # fmt: skip
    policy = PublishedPolicy(1, "X", "X", "person", "", "", "D01", tuple(published_versions(rows)))

    assert label(policy, "2026-01-01", grad_date=date(2021, 10, 14)) == "旧"
    assert label(policy, "2026-01-01", grad_date=date(2021, 10, 15)) == "新"


def test_a_version_open_to_all_is_eligible_for_everyone(
    policies: dict[str, PublishedPolicy],
) -> None:
    (version,) = policies["E03"].versions

    assert decide(version.rule, {}, date(2026, 1, 1)).outcome == "eligible"
