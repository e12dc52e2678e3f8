"""Which documents each kind of reader may open: a department only what its own items need."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, Document
from portal.accounts.models import Role, User
from tests.cases.conftest import item, make_user
from tests.cases.steps import Officers, approved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]


def reach(user: User) -> set[str]:
    """Return what a reader may open: material codes, for results the item's code."""
    documents = Document.objects.visible_to(user).select_related("work_item")
    return {one.work_item.item_code if one.work_item else one.material_code for one in documents}


@pytest.fixture
def case(accepted: Make, officers: Officers) -> Case:
    made = accepted("P01", "P04", "P05", "P08")
    approved(made, "P01", officers)
    approved(made, "P05", officers)
    return made


def test_a_department_reads_what_its_own_items_need(case: Case, officers: Officers) -> None:
    catalogue = case.version.catalogue
    handed_in = set(case.documents.filter(work_item=None).values_list("material_code", flat=True))
    listed = {line.material for line in catalogue.items["P08"].materials}

    readable = reach(officers["D03"])

    # P08 lists the result of P01 (R01), not that of P05 (R04).
    assert readable == (handed_in & listed) | {"P01"}
    assert handed_in - listed


def test_a_department_without_an_item_reads_nothing(case: Case, officers: Officers) -> None:
    assert reach(officers["D04"]) == set()


def test_a_result_handed_on_as_a_material_opens_as_its_certificate(
    case: Case, officers: Officers, client: Client
) -> None:
    client.force_login(officers["D03"])

    handed = reverse("cases:document", args=[item(case, "P01").results.get().pk])
    assert client.get(handed, follow=True).status_code == 200
    other = reverse("cases:work-item-paper", args=[item(case, "P05").pk])
    assert client.get(other).status_code == 404


def test_applicant_and_window_read_all(case: Case, talent: User, clerk: User) -> None:
    assert reach(talent) == reach(clerk)
    assert {"P01", "P05"} <= reach(talent)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR, Role.EDITOR, Role.ADMINISTRATOR])
def test_others_read_no_document(case: Case, role: Role) -> None:
    assert reach(make_user("other", role)) == set()
