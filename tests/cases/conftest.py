"""What the tests of joint handling share: the real catalogue, staff, and a case on its way."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases import application, calendar, drafting, intake, uploads
from cases.models import Case, WorkItem
from notifications import wording
from policies.loading import digest_of
from policies.models import CatalogueVersion, OneThing
from policies.reading import CATALOGUES, read_catalogue
from policies.schema import Catalogue
from portal.accounts.demo import DEMO_PASSWORD
from portal.accounts.models import Department, Role, User
from portal.core import clock
from tests.cases.files import pdf, picture
from tests.cases.people import answers_for

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A Monday in an ordinary week.
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue(CATALOGUES / "hangzhou")


@pytest.fixture(scope="session")
def document(catalogue: Catalogue) -> dict[str, Any]:
    return catalogue.model_dump(mode="json", exclude_defaults=True)


@pytest.fixture(autouse=True)
def no_stale_caches() -> None:
    calendar.forget()
    wording.forget()


@pytest.fixture
def monday() -> Iterator[datetime]:
    """The business clock stands on Monday 2026-11-23 at 10:00."""
    with clock.at(MONDAY):
        yield MONDAY


@pytest.fixture
def one_thing(db: None, catalogue: Catalogue, document: dict[str, Any]) -> OneThing:
    """杭州大学生创新创业“一件事”, published."""
    departments = {
        info.code: Department.objects.create(
            code=info.code, name=info.name, short_name=info.short_name, position=position
        )
        for position, info in enumerate(catalogue.departments.values())
    }
    info = catalogue.one_thing
    one_thing = OneThing.objects.create(
        code=info.code, slug=info.slug, name=info.name, lead=departments[info.lead]
    )
    one_thing.current = CatalogueVersion.objects.create(
        one_thing=one_thing,
        number=1,
        digest=digest_of(document),
        document=document,
        published_at=MONDAY,
    )
    one_thing.save()
    return one_thing


def make_user(username: str, role: Role, department: Department | None = None, **more: Any) -> User:
    user = User(username=username, role=role, department=department, **more)
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def talent(db: None) -> User:
    return make_user("talent", Role.TALENT, full_name="陈晓明", phone="13800000001")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user("stranger", Role.TALENT, full_name="林晚舟", phone="13800000009")


@pytest.fixture
def clerk(db: None) -> User:
    return make_user("clerk", Role.CLERK, full_name="周窗口")


@pytest.fixture
def officers(one_thing: OneThing) -> dict[str, User]:
    """One officer per department, by department code."""
    return {
        department.code: make_user(
            f"officer-{department.code}",
            Role.OFFICER,
            department,
            full_name=f"{department.short_name}经办",
            phone=f"1390000{department.pk % 10000:04d}",
        )
        for department in Department.objects.all()
    }


@pytest.fixture
def officer(officers: dict[str, User]) -> User:
    """An officer of D01, 市人力社保局."""
    user = officers["D01"]
    user.set_password(DEMO_PASSWORD)
    user.save()
    return user


@pytest.fixture
def desk(client: Client, officer: User) -> Client:
    client.force_login(officer)
    return client


@pytest.fixture
def draft(one_thing: OneThing, talent: User) -> Callable[..., Case]:
    """Make a draft with the given items, answers and every required document."""

    def make(*codes: str, applicant: User = talent, **changes: Any) -> Case:
        kind = one_thing.catalogue.items[codes[0]].applicant
        case = drafting.start(applicant=applicant, one_thing=one_thing, kind=kind, codes=codes)
        answers = answers_for(one_thing.catalogue, case.item_codes, **changes)
        case = drafting.save(case_id=case.pk, actor=applicant, answers=answers)
        answers = answers_for(one_thing.catalogue, case.item_codes, **changes)
        case = drafting.save(case_id=case.pk, actor=applicant, answers=answers)
        for needed in application.merged_form(case).required_uploads:
            add(case, needed.code)
        return case

    return make


def add(case: Case, material_code: str) -> None:
    material = case.version.catalogue.materials[material_code]
    upload = picture() if material.pixels else pdf()
    uploads.add_document(
        case=case, actor=case.applicant, material_code=material_code, upload=upload
    )


@pytest.fixture
def submitted(draft: Callable[..., Case]) -> Callable[..., Case]:
    def make(*codes: str, **changes: Any) -> Case:
        case = draft(*codes, **changes)
        return intake.submit(case_id=case.pk, actor=case.applicant, answers={}, signed=True)

    return make


@pytest.fixture
def accepted(submitted: Callable[..., Case], clerk: User) -> Callable[..., Case]:
    def make(*codes: str, **changes: Any) -> Case:
        return intake.accept(case_id=submitted(*codes, **changes).pk, clerk=clerk)

    return make


def item(case: Case, code: str) -> WorkItem:
    """Return the work item of a case as it stands in the database."""
    return WorkItem.objects.get(case=case, item_code=code)


def upload_of(content: bytes, name: str = "文件.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
