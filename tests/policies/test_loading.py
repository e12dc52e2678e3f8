from pathlib import Path

import pytest

from policies.loading import CatalogueError, load_catalogue
from policies.models import CatalogueVersion, OneThing
from policies.schema import Catalogue
from portal.accounts.models import Department
from portal.core.ledger import Event
from tests.policies.conftest import HANGZHOU

pytestmark = pytest.mark.django_db

PERSON = "40_items_personal.yaml"
SIXTEEN = "days: {before: 30, promised: 16,"
FIFTEEN = "days: {before: 30, promised: 15,"


def test_first_load_publishes_version_one_and_the_departments(catalogue: Catalogue) -> None:
    report = load_catalogue(HANGZHOU)

    assert (report.created, report.version.number) == (True, 1)
    assert report.one_thing.current == report.version
    assert report.one_thing.lead.code == "D01"
    assert list(Department.objects.values_list("code", flat=True)) == list(catalogue.departments)
    assert Department.objects.get(code="D02").short_name == "市公安局"
    assert report.changes[0].startswith("首次载入")
    assert Event.objects.filter(kind="catalogue.published").count() == 1


def test_loading_again_changes_nothing() -> None:
    first = load_catalogue(HANGZHOU)
    told = Event.objects.count()

    again = load_catalogue(HANGZHOU)

    assert (again.created, again.version, again.changes) == (False, first.version, ())
    assert again.policy_changes == ()
    assert CatalogueVersion.objects.count() == 1
    assert Event.objects.count() == told


def test_comments_and_order_of_keys_make_no_new_version(folder: Path, edit) -> None:
    load_catalogue(folder)
    edit(PERSON, "  slug: medical\n  name", "  # the other way round\n  name")
    edit(PERSON, "参保登记\n  applicant: person\n  department: D06",
         "参保登记\n  slug: medical\n  applicant: person\n  department: D06")  # fmt: skip

    assert not load_catalogue(folder).created


def test_changed_file_becomes_a_new_version_that_says_what_changed(folder: Path, edit) -> None:
    first = load_catalogue(folder)
    edit(PERSON, SIXTEEN, FIFTEEN)

    second = load_catalogue(folder)

    assert (second.created, second.version.number) == (True, 2)
    assert second.changes == ("P08 承诺时限 16 → 15 个工作日",)
    assert first.version.catalogue.items["P08"].promised_days == 16
    assert OneThing.objects.get().catalogue.items["P08"].promised_days == 15


def test_going_back_makes_the_old_version_current_again(folder: Path, edit) -> None:
    first = load_catalogue(folder)
    edit(PERSON, SIXTEEN, FIFTEEN)
    load_catalogue(folder)
    edit(PERSON, FIFTEEN, SIXTEEN)

    back = load_catalogue(folder)

    assert (back.created, back.version) == (False, first.version)
    assert back.changes == ("P08 承诺时限 15 → 16 个工作日",)
    assert OneThing.objects.get().current == first.version
    assert CatalogueVersion.objects.count() == 2


def test_broken_folder_changes_nothing(folder: Path, edit) -> None:
    load_catalogue(folder)
    edit("10_departments.yaml", "short_name: 市公安局", "short_name: 公安局")
    edit(PERSON, "department: D06", "department: D99")

    with pytest.raises(CatalogueError):
        load_catalogue(folder)

    assert CatalogueVersion.objects.count() == 1
    assert Department.objects.get(code="D02").short_name == "市公安局"


def test_department_rows_follow_the_files(folder: Path, edit) -> None:
    load_catalogue(folder)
    kept = Department.objects.get(code="D02").pk
    edit("10_departments.yaml", "short_name: 市公安局", "short_name: 公安局")

    report = load_catalogue(folder)

    assert report.changes == ("D02 简称 市公安局 → 公安局",)
    assert Department.objects.get(code="D02").short_name == "公安局"
    assert Department.objects.get(code="D02").pk == kept


def test_new_name_and_lead_reach_the_one_thing(folder: Path, edit) -> None:
    load_catalogue(folder)
    edit("00_one_thing.yaml", "lead: D01", "lead: D02")
    edit("00_one_thing.yaml", "name: 杭州市大学生创新创业“一件事”", "name: 大学生“一件事”")

    load_catalogue(folder)

    one_thing = OneThing.objects.get()
    assert (one_thing.name, one_thing.lead.code) == ("大学生“一件事”", "D02")


def test_address_taken_by_another_one_thing_is_refused(folder: Path, edit) -> None:
    load_catalogue(folder)
    edit("00_one_thing.yaml", "code: HZ-DXS", "code: HZ-OTHER")

    with pytest.raises(CatalogueError, match="已属于 HZ-DXS"):
        load_catalogue(folder)

    assert OneThing.objects.count() == 1
