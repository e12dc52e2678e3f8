"""Files that people bring: checked by content, stored under a random name outside the web root.

A file is taken only where its content is of a type the material accepts. Pictures are read and
written anew, so nothing but the picture itself is kept; archives and programs are refused.
"""

import hashlib
import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

import filetype
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from PIL import Image, ImageOps

from cases.errors import AlreadyHandled, UnusableFile
from cases.models import Case, CaseState, Document, Origin
from policies.schema import Material
from portal.accounts.models import User
from portal.core import clock
from portal.core.ledger import Entry, record

TYPES = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
}
TYPE_NAMES = {"pdf": "PDF", "jpg": "JPG 图片", "png": "PNG 图片"}
MAX_PIXELS = 40_000_000
TOO_MANY_PIXELS = "图片尺寸过大，请缩小后再上传。"
JPEG_QUALITIES = (90, 80, 70, 60, 50, 40)
ENDINGS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
}
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in storage but belongs to no row yet."""

    key: str
    content_type: str
    size: int
    sha256: str


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
            file_name=file_name(upload, file.content_type),
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
    return default_storage.open(document.storage_key)


def file_name(upload: UploadedFile, content_type: str) -> str:
    """Return the name to hand a file out under: its own, ending as its content does.

    Whoever downloads it opens it by that ending, so a name like 证书.hta is not kept.
    """
    # Characters that do not show can turn the direction of a name and hide how it ends.
    plain = "".join(char for char in upload.name or "" if char.isprintable())
    if not plain.lower().endswith(ENDINGS[content_type]):
        plain = f"{PurePath(plain).stem or '未命名'}{ENDINGS[content_type][0]}"
    return plain[-LONGEST_NAME:]


@contextmanager
def stored(upload: UploadedFile, material: Material | None = None) -> Iterator[Stored]:
    """Keep a checked upload in storage; it is taken away again if the block fails."""
    content, content_type = checked(upload, material)
    key = default_storage.save(_random_name(content_type), ContentFile(content))
    try:
        yield Stored(key, content_type, len(content), hashlib.sha256(content).hexdigest())
    except BaseException:
        default_storage.delete(key)
        raise


def checked(upload: UploadedFile, material: Material | None = None) -> tuple[bytes, str]:
    """Return the content to keep and its type. Raises UnusableFile with words for the applicant."""
    name = material.name if material else "文件"
    limit = min(settings.UPLOAD_MAX_BYTES, (material.max_kb or 10**6) * 1024 if material else 10**9)
    pictures_shrink = bool(material and material.pixels)
    if not upload.size:
        raise UnusableFile(f"“{name}”是空文件，请重新选择。")
    if upload.size > (settings.UPLOAD_MAX_BYTES if pictures_shrink else limit):
        raise UnusableFile(f"“{name}”超过 {size_words(limit)}，请压缩后再上传。", too_large=True)
    content = upload.read()
    content_type = _type_of(content)
    accepted = material.accept if material else tuple(TYPE_NAMES)
    if TYPES.get(content_type) not in accepted:
        kinds = "、".join(TYPE_NAMES[kind] for kind in accepted)
        raise UnusableFile(f"“{name}”只能上传 {kinds}，请检查文件后重新上传。")
    if content_type.startswith("image/"):
        content, content_type = _redrawn(content, content_type, material, limit)
    return content, content_type


def _type_of(content: bytes) -> str:
    kind = filetype.guess(content)
    return kind.mime if kind else ""


def _redrawn(
    content: bytes, content_type: str, material: Material | None, limit: int
) -> tuple[bytes, str]:
    """Return the picture drawn anew: upright, without metadata, cropped where a size is asked."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise UnusableFile(TOO_MANY_PIXELS, too_large=True)
            upright = _opaque(ImageOps.exif_transpose(picture))
    except (UnusableFile, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise UnusableFile(TOO_MANY_PIXELS, too_large=True) from error
    except Exception as error:  # Pillow raises whatever a damaged file makes it stumble over
        raise UnusableFile("图片无法打开，文件可能已损坏，请重新上传。") from error
    if material and material.pixels:
        upright = ImageOps.fit(upright, material.pixels, centering=(0.5, 0.4))
        return _as_jpeg(upright, limit), "image/jpeg"
    out = io.BytesIO()
    upright.save(out, "PNG" if content_type == "image/png" else "JPEG", quality=90)
    return out.getvalue(), content_type


def _opaque(picture: Image.Image) -> Image.Image:
    """Return the picture on white paper where it lets something through."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture.convert("RGBA"))
    return paper.convert("RGB")


def _as_jpeg(picture: Image.Image, limit: int) -> bytes:
    for quality in JPEG_QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() <= limit:
            break
    return out.getvalue()


def _random_name(content_type: str) -> str:
    name = uuid.uuid4().hex
    return f"{name[:2]}/{name[2:4]}/{name}.{TYPES[content_type]}"


def size_words(size: int) -> str:
    """Return the size of a file in KB, at least one, or in MB with one decimal where it has one."""
    if size < 1024 * 1024:
        return f"{max(size // 1024, 1)} KB"
    return f"{size / 1024 / 1024:.1f}".removesuffix(".0") + " MB"


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
