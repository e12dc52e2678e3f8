"""A draft under a catalogue that changes: what goes is said, and nothing is filed unseen."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases import drafting
from cases.models import Case
from policies.loading import digest_of
from policies.models import CatalogueVersion, OneThing
from portal.accounts.models import User
from tests.cases.conftest import MONDAY
from tests.cases.talent_pages import posted

Draft = Callable[..., Case]
WORDS = "办事目录已经更新，不再办理“应届高学历毕业生生活补贴申领”，已从这份申请中去掉。"


@pytest.fixture(autouse=True)
def signed_in(client: Client, talent: User) -> Client:
    client.force_login(talent)
    return client


@pytest.fixture
def without_p07(one_thing: OneThing, document: dict[str, Any]) -> Callable[[], None]:
    """Publish the catalogue once more, without P07."""

    def publish() -> None:
        items = [item for item in document["items"] if item["code"] != "P07"]
        renewed = {**document, "items": items}
        one_thing.current = CatalogueVersion.objects.create(
            one_thing=one_thing,
            number=2,
            digest=digest_of(renewed),
            document=renewed,
            published_at=MONDAY,
        )
        one_thing.save()

    return publish


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_saving_says_which_item_is_gone(
    client: Client, draft: Draft, without_p07: Callable[[], None], headers: dict[str, str]
) -> None:
    case = draft("P05", "P07")
    without_p07()

    address = reverse("cases:save", args=[case.pk])
    page = client.post(address, posted(case), headers=headers, follow=True)

    assert WORDS in page.content.decode()
    assert "P07" not in Case.objects.get().item_codes


def test_handing_in_waits_until_the_applicant_has_seen_what_is_gone(
    client: Client, draft: Draft, without_p07: Callable[[], None]
) -> None:
    case = draft("P05", "P07")
    without_p07()
    address = reverse("cases:submit", args=[case.pk])

    page = client.post(address, posted(case, signed="yes"))
    assert page.status_code == 422
    assert page.context["summary"][0]["text"].startswith(WORDS)
    assert Case.objects.get().state == "draft"

    client.post(address, posted(Case.objects.get(), signed="yes"))
    assert Case.objects.get().state == "submitted"


def test_the_menu_of_a_draft_shows_what_is_left(
    client: Client, draft: Draft, without_p07: Callable[[], None]
) -> None:
    case = draft("P05", "P07")
    without_p07()

    page = client.get(reverse("cases:menu", args=["hangzhou"]), {"case": str(case.pk)})

    assert page.status_code == 200
    assert [row["item"].code for row in page.context["options"] if row["checked"]] == ["P01", "P05"]


def test_another_selection_is_made_from_the_catalogue_in_force(
    draft: Draft, talent: User, without_p07: Callable[[], None]
) -> None:
    case = draft("P05")
    without_p07()

    chosen = drafting.choose(case_id=case.pk, actor=talent, codes=["P05", "P06"])

    assert Case.objects.get().version.number == 2
    assert "P06" in chosen.item_codes
