"""Files that people bring."""

import io
import struct
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cases import application, intake, uploads
from cases.errors import AlreadyHandled, UnusableFile
from cases.models import Case, Document
from portal.accounts.models import User
from portal.core import clock, files
from tests.cases.files import PDF, pdf, picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]


@pytest.fixture(autouse=True)
def own_store(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def files_in_store() -> int:
    return sum(path.is_file() for path in Path(configured.MEDIA_ROOT).rglob("*"))


def give(case: Case, code: str, upload: SimpleUploadedFile) -> Document:
    return uploads.add_document(case=case, actor=case.applicant, material_code=code, upload=upload)


def test_a_file_lies_under_a_random_name_outside_the_web_root(draft: Make) -> None:
    document = give(draft("P01"), "M01", pdf("陈晓明身份证.pdf"))

    assert "陈晓明" not in document.storage_key
    path = Path(configured.MEDIA_ROOT) / document.storage_key
    assert path.read_bytes() == PDF
    assert Path(configured.STATIC_ROOT) not in path.parents
    assert (document.file_name, document.content_type, document.size) == (
        "陈晓明身份证.pdf",
        "application/pdf",
        len(PDF),
    )


def test_a_picture_is_drawn_anew_without_what_the_camera_wrote(draft: Make) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"

    document = give(draft("P01"), "M01", picture(exif=exif))

    with uploads.open_document(document) as file:
        content = file.read()
    assert b"secret place" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def test_a_portrait_is_cut_to_the_size_that_is_asked(draft: Make) -> None:
    document = give(draft("P04"), "M04", picture(size=(1200, 1600)))

    with uploads.open_document(document) as file:
        assert Image.open(file).size == (358, 441)
    assert document.size <= 100 * 1024


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (SimpleUploadedFile("a.pdf", b""), "空文件"),
        (SimpleUploadedFile("a.pdf", b"MZ\x90\x00" + b"\0" * 64), "只能上传"),
        (SimpleUploadedFile("a.pdf", b"PK\x03\x04" + b"\0" * 64), "只能上传"),
        (SimpleUploadedFile("a.jpg", b"\xff\xd8\xff\xe0 not a picture"), "无法打开"),
        (SimpleUploadedFile("a.svg", b"<svg onload='alert(1)'/>"), "只能上传"),
    ],
)
def test_what_cannot_be_taken_is_said_in_words(
    draft: Make, upload: SimpleUploadedFile, words: str
) -> None:
    case = draft("P01")
    before = files_in_store()

    with pytest.raises(UnusableFile, match=words):
        give(case, "M01", upload)

    assert files_in_store() == before


def test_a_file_over_the_limit_is_refused(draft: Make, settings: LazySettings) -> None:
    case = draft("P01")
    settings.UPLOAD_MAX_BYTES = 100

    with pytest.raises(UnusableFile, match="超过") as caught:
        give(case, "M01", SimpleUploadedFile("a.pdf", PDF + b" " * 100))

    assert caught.value.too_large


def test_a_picture_bomb_is_refused(draft: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    case = draft("P01")
    monkeypatch.setattr(files, "MAX_PIXELS", 1000)

    with pytest.raises(UnusableFile, match="尺寸过大"):
        give(case, "M01", picture(size=(100, 100)))


def test_a_damaged_picture_is_refused_whatever_it_breaks(
    draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(picture: Image.Image) -> Image.Image:
        # What a camera's note with a number of the wrong type made Pillow raise.
        raise struct.error("required argument is not an integer")

    monkeypatch.setattr(files.ImageOps, "exif_transpose", stumble)

    with pytest.raises(UnusableFile, match="可能已损坏"):
        give(draft("P01"), "M01", picture())


def test_a_bomb_that_is_not_even_opened_is_refused_in_words(draft: Make) -> None:
    size = struct.pack(">II", 20_000, 20_000)
    small = picture(size=(10, 10), kind="PNG").read()
    head = small[12:16] + size + small[24:29]
    bomb = small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]

    with pytest.raises(UnusableFile, match="尺寸过大"):
        give(draft("P01"), "M01", SimpleUploadedFile("图.png", bomb))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("毕业证.hta", "毕业证.pdf"),
        ("毕业证.PDF", "毕业证.PDF"),
        ("cod\u202efdp.hta", "codfdp.pdf"),
        ("毕业证", "毕业证.pdf"),
        ("很" * 200 + ".pdf", "很" * 116 + ".pdf"),
    ],
)
def test_a_file_is_handed_out_with_the_ending_of_its_content(given: str, kept: str) -> None:
    assert files.file_name(SimpleUploadedFile(given, PDF), "application/pdf") == kept


def test_what_a_picture_lets_through_becomes_white(draft: Make) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "PNG")

    document = give(draft("P01"), "M01", SimpleUploadedFile("签名.png", out.getvalue()))

    with uploads.open_document(document) as file, Image.open(file) as kept:
        assert kept.getpixel((5, 5)) == (255, 255, 255)


def test_too_many_files_are_refused_and_none_is_left_behind(
    draft: Make, settings: LazySettings
) -> None:
    case = draft("P01")
    settings.UPLOAD_MAX_FILES = 2
    give(case, "M01", pdf())
    before = files_in_store()

    with pytest.raises(UnusableFile, match="最多上传 2 个文件"):
        give(case, "M01", pdf())

    assert files_in_store() == before


@pytest.mark.parametrize("code", ["S01", "R01", "M07", "M99"])
def test_what_is_not_uploaded_by_anyone_is_a_key_error(draft: Make, code: str) -> None:
    with pytest.raises(KeyError):
        give(draft("P01"), code, pdf())


def test_a_handed_in_case_takes_no_more_files(submitted: Make) -> None:
    with pytest.raises(AlreadyHandled):
        give(submitted("P01"), "M01", pdf())


def test_a_removed_file_no_longer_counts(draft: Make, talent: User) -> None:
    case = draft("P01")
    document = case.documents.get(material_code="M01")

    uploads.remove_document(document=document, actor=talent)

    assert "material:M01" in application.missing(case)


def test_after_a_notice_only_new_files_can_be_removed(
    submitted: Make, clerk: User, talent: User, monday: datetime
) -> None:
    case = submitted("P01")
    old = case.documents.get(material_code="M01")
    gap = {"kind": "material", "code": "M01", "name": "身份证", "reason": "不清晰。"}
    with clock.at(monday + timedelta(hours=1)):
        intake.ask(case_id=case.pk, clerk=clerk, gaps=[gap])
        new = give(case, "M01", pdf())

    uploads.remove_document(document=new, actor=talent)

    with pytest.raises(AlreadyHandled):
        uploads.remove_document(document=old, actor=talent)
