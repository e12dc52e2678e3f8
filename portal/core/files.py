"""Files that people bring: checked by content, stored under a random name outside the web root.

A file is taken only where its content is of a type that is asked for. Pictures are read and written
anew, so nothing but the picture itself is kept; archives and programs are refused.
"""

import hashlib
import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath

import filetype
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps

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


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: its name, the types taken (all without any), its largest size in KB.

    `pixels` is the size in pixels to which a picture is cut.
    """

    name: str = "文件"
    accept: tuple[str, ...] = tuple(TYPE_NAMES)
    max_kb: int | None = None
    pixels: tuple[int, int] | None = None


ANYTHING = Asked()


class UnusableFile(Exception):
    """An upload that cannot be taken: wrong type, empty, too large or too many."""

    def __init__(self, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.too_large = too_large


def opened(key: str) -> File:
    """Return a stored file, open for reading."""
    return default_storage.open(key)


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
def stored(upload: UploadedFile, asked: Asked = ANYTHING) -> Iterator[Stored]:
    """Keep a checked upload in storage; it is taken away again if the block fails."""
    content, content_type = checked(upload, asked)
    key = default_storage.save(_random_name(content_type), ContentFile(content))
    try:
        yield Stored(key, content_type, len(content), hashlib.sha256(content).hexdigest())
    except BaseException:
        default_storage.delete(key)
        raise


def checked(upload: UploadedFile, asked: Asked = ANYTHING) -> tuple[bytes, str]:
    """Return the content to keep and its type. Raises UnusableFile with words for the applicant."""
    name, limit = asked.name, settings.UPLOAD_MAX_BYTES
    limit = min(limit, asked.max_kb * 1024) if asked.max_kb else limit
    if not upload.size:
        raise UnusableFile(f"“{name}”是空文件，请重新选择。")
    if upload.size > (settings.UPLOAD_MAX_BYTES if asked.pixels else limit):
        raise UnusableFile(f"“{name}”超过 {size_words(limit)}，请压缩后再上传。", too_large=True)
    content = upload.read()
    content_type = _type_of(content)
    if TYPES.get(content_type) not in asked.accept:
        kinds = "、".join(TYPE_NAMES[kind] for kind in asked.accept)
        raise UnusableFile(f"“{name}”只能上传 {kinds}，请检查文件后重新上传。")
    if content_type.startswith("image/"):
        content, content_type = _redrawn(content, content_type, asked, limit)
    return content, content_type


def _type_of(content: bytes) -> str:
    kind = filetype.guess(content)
    return kind.mime if kind else ""


def _redrawn(content: bytes, content_type: str, asked: Asked, limit: int) -> tuple[bytes, str]:
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
    if asked.pixels:
        upright = ImageOps.fit(upright, asked.pixels, centering=(0.5, 0.4))
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
