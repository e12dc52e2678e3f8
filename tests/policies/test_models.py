import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError
from django.utils import timezone

from policies.loading import load_catalogue
from policies.models import CatalogueVersion, OneThing
from tests.policies.conftest import HANGZHOU

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_thing() -> OneThing:
    return load_catalogue(HANGZHOU).one_thing


def test_database_refuses_to_change_a_published_version(one_thing: OneThing) -> None:
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        CatalogueVersion.objects.update(number=F("number") + 1)

    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE policies_catalogueversion SET document = '{}'")

    assert one_thing.versions.get().number == 1


def test_database_refuses_to_delete_a_published_version(one_thing: OneThing) -> None:
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE policies_onething SET current_id = NULL")
            cursor.execute("DELETE FROM policies_catalogueversion")

    with pytest.raises(ProtectedError):
        CatalogueVersion.objects.all().delete()


def test_model_says_earlier_that_a_version_never_changes(one_thing: OneThing) -> None:
    version = one_thing.versions.get()
    version.number = 7

    with pytest.raises(TypeError, match="never changes"):
        version.save()
    with pytest.raises(TypeError, match="never deleted"):
        version.delete()


@pytest.mark.parametrize("repeated", ["number", "digest"])
def test_number_and_digest_stand_once_for_a_one_thing(one_thing: OneThing, repeated: str) -> None:
    version = one_thing.versions.get()
    values = {"number": 2, "digest": "0" * 64, repeated: getattr(version, repeated)}

    with pytest.raises(IntegrityError, match=f"policies_version_{repeated}_once"):
        CatalogueVersion.objects.create(
            one_thing=one_thing, document={}, published_at=timezone.now(), **values
        )


def test_catalogue_is_parsed_once_and_its_document_read_once(
    one_thing: OneThing, django_assert_num_queries
) -> None:
    first = one_thing.versions.get().catalogue

    with django_assert_num_queries(2):
        again = OneThing.objects.get(slug="hangzhou")
        assert again.catalogue is first
    with django_assert_num_queries(1):
        offered = OneThing.objects.on_offer().get(slug="hangzhou")
        assert offered.catalogue is first
        assert offered.lead.short_name == "市人力社保局"


def test_catalogue_of_a_version_equals_the_files(one_thing: OneThing, catalogue) -> None:
    assert one_thing.catalogue == catalogue


def test_closed_or_unpublished_one_things_are_not_on_offer(one_thing: OneThing) -> None:
    OneThing.objects.create(code="HZ-NEW", slug="new", name="新的一件事", lead=one_thing.lead)
    assert list(OneThing.objects.on_offer()) == [one_thing]

    OneThing.objects.filter(pk=one_thing.pk).update(is_open=False)

    assert not OneThing.objects.on_offer().exists()


def test_one_thing_without_a_version_has_no_catalogue(one_thing: OneThing) -> None:
    unpublished = OneThing(code="HZ-NEW", slug="new", name="新的一件事", lead=one_thing.lead)

    with pytest.raises(LookupError):
        _ = unpublished.catalogue
