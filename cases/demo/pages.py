"""The one page and the one picture that stand for every uploaded document of the samples."""

import io
from functools import cache

from PIL import Image, ImageDraw

from cases.documents import typeset


@cache
def page() -> bytes:
    """Return a PDF page that says it is a sample document (示例材料)."""
    return typeset(
        "sample", {"title": "示例材料", "text": "本页为演示环境生成的示例材料，不含真实信息。"}
    )


@cache
def portrait() -> bytes:
    """Return a JPEG of a drawn head and shoulders, in the proportions of an ID photo."""
    picture = Image.new("RGB", (358, 441), "#dfe6ec")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((119, 95, 239, 245), fill="#8a97a3")
    draw.ellipse((49, 270, 309, 620), fill="#8a97a3")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
