"""The documents of a bundle: what its applicant may add and take out, and how long."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from cases.errors import AlreadyHandled, UnusableFile
from cases.models import Case, CaseState, Document, Origin
from policies.schema import Material
from portal.accounts.models import User
from portal.core import clock, files
from portal.core.files import ANYTHING, Asked, Stored
from portal.core.ledger import Entry, record


def add_document(*, case: Case, actor: User, material_code: str, upload: UploadedFile) -> Document:
    """Attach a file to a case that still takes documents from its applicant.

    Raises UnusableFile for a file that cannot be taken, AlreadyHandled where the case takes none,
    KeyError for a material that nobody uploads.
    """
    material = case.version.catalogue.materials[material_code]
    if not material.is_upload:
        raise KeyError(material_code)
    with stored(upload, material) as file, transaction.atomic():
        locked = Case.objects.locked(case.pk)
        _check_open(locked)
        current = locked.documents.current().filter(material_code=material_code)
        if current.count() >= settings.UPLOAD_MAX_FILES:
            raise UnusableFile(
                f"“{material.name}”最多上传 {settings.UPLOAD_MAX_FILES} 个文件，请先删除再上传。"
            )
        return Document.objects.create(
            case=locked,
            material_code=material_code,
            title=material.name,
            origin=Origin.UPLOADED,
            storage_key=file.key,
            file_name=files.file_name(upload, file.content_type),
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            added_by=actor,
        )


@transaction.atomic
def remove_document(*, document: Document, actor: User) -> None:
    """Take a file out of the bundle; the row and the file stay for the record of a sent case.

    Raises AlreadyHandled for what was handed in already.
    """
    locked = Case.objects.locked(document.case_id)
    _check_open(locked)
    if document.origin != Origin.UPLOADED or document.obtained_at < _kept_from(locked):
        raise AlreadyHandled("已提交的材料不能删除，请上传新的文件。")
    document.removed_at = clock.now()
    document.save(update_fields=["removed_at"])
    record(Entry("document.removed", locked.pk, f"document:{document.pk}", actor.pk))


def open_document(document: Document) -> File:
    """Return the stored file of a document, open for reading."""
    return files.opened(document.storage_key)


@contextmanager
def stored(upload: UploadedFile, material: Material | None = None) -> Iterator[Stored]:
    """Keep a checked upload in storage; it is taken away again if the block fails."""
    asked = (
        Asked(material.name, tuple(material.accept), material.max_kb, material.pixels)
        if material
        else ANYTHING
    )
    with files.stored(upload, asked) as file:
        yield file


def _check_open(case: Case) -> None:
    """Raise AlreadyHandled unless the applicant may still change the bundle."""
    if case.state in {CaseState.DRAFT, CaseState.RETURNED}:
        return
    if case.state == CaseState.ACCEPTED and (
        case.supplements.awaited().exists() or case.offers.filter(state="open").exists()
    ):
        return
    raise AlreadyHandled("该申请目前不能增减材料。")


def _kept_from(case: Case) -> datetime:
    """Return the instant before which documents were already in the department's hands."""
    if case.state == CaseState.DRAFT:
        return case.created_at
    asked = [supplement.asked_at for supplement in case.supplements.awaited()]
    asked += [offer.offered_at for offer in case.offers.filter(state="open")]
    return max(asked, default=clock.now())
