"""Small real files to upload."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def pdf(name: str = "材料.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, "application/pdf")


def picture(
    name: str = "照片.jpg", size: tuple[int, int] = (716, 882), kind: str = "JPEG", **save: object
) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, (90, 120, 160)).save(out, kind, **save)
    return SimpleUploadedFile(name, out.getvalue(), f"image/{kind.lower()}")
