"""The material list as the applicant sees it (材料清单): what to upload, what comes by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from cases import merging
from cases.merging import Needed
from cases.models import Case, Document, Origin
from cases.pages import picture
from policies.schema import Catalogue, Material
from portal.core import clock
from portal.core.chinese import instant_words, listed
from portal.core.files import size_words

SUFFIXES = {"pdf": (".pdf",), "jpg": (".jpg", ".jpeg"), "png": (".png",)}


@dataclass(frozen=True)
class Bundle:
    """Everything of the material list; `uploads` fit components/_upload.html."""

    uploads: list[dict[str, Any]]
    later: list[dict[str, str]]
    coming: list[dict[str, str]]
    clauses: list[dict[str, Any]]

    @property
    def missing(self) -> int:
        return sum(1 for upload in self.uploads if upload["tag"]["label"] == "待上传")

    @property
    def signature(self) -> frozenset[str]:
        """What the list consists of, to see whether an answer has changed it."""
        rows = [*self.uploads, *self.later, *self.coming, *self.clauses]
        return frozenset(f"{row['id']}{row.get('tag')}" for row in rows)


def bundle_of(case: Case, errors: Mapping[str, str] | None = None) -> Bundle:
    """Return the material list that follows from the items and answers of a draft."""
    catalogue, on = case.version.catalogue, clock.today()
    answers = case.all_answers
    merged = merging.merge(catalogue, case.item_codes, answers, on)
    files = uploaded(case)
    return Bundle(
        uploads=[
            upload_row(case, needed, files, (errors or {}).get(needed.code, ""))
            for needed in merged.uploads
        ],
        later=_conditional(catalogue, case.item_codes, merged, on),
        coming=[
            *(
                _row(catalogue, one, _shared_words(catalogue, one.material))
                for one in merged.shared
            ),
            *(_row(catalogue, one, _produced_words(case, one.material)) for one in merged.produced),
            *(_row(catalogue, one, "由系统按填写的内容生成") for one in merged.generated),
        ],
        clauses=[
            {
                "id": needed.code,
                "clause": needed.material.clause,
                "name": needed.material.name,
                "items": _names(catalogue, needed.items),
            }
            for needed in merged.commitments
        ],
    )


def upload_row(
    case: Case,
    needed: Needed,
    files: Mapping[str, list[Document]],
    error: str = "",
    *,
    asked: str = "",
) -> dict[str, Any]:
    """Return one material for components/_upload.html; `asked` says what a notice wants of it."""
    material = needed.material
    return {
        "id": f"material-{material.code}",
        "code": material.code,
        "name": material.name,
        "why": asked or _why(case.version.catalogue, needed),
        "tag": _tag(needed, files.get(material.code, [])),
        "limits": limits_words(material),
        "input": f"file-{material.code}",
        "accept": ",".join(suffix for kind in material.accept for suffix in SUFFIXES[kind]),
        "multiple": True,
        "upload_url": reverse("cases:upload", args=[case.pk, material.code]),
        "files": [file_row(document) for document in files.get(material.code, [])],
        "errors": [error] if error else [],
    }


def file_row(document: Document, *, removable: bool = True) -> dict[str, str]:
    """Return one uploaded file for a list."""
    return {
        "name": document.file_name or document.title,
        "note": f"{size_words(document.size)}，{instant_words(document.obtained_at)}",
        "url": reverse("cases:document", args=[document.pk]),
        "remove_url": reverse("cases:remove-document", args=[document.pk]) if removable else "",
    }


def limits_words(material: Material) -> str:
    """Return what files are taken, in one line."""
    kinds = "、".join(kind.upper() for kind in material.accept)
    if material.pixels:
        return f"{kinds}，尺寸或大小不符的由系统自动裁剪、压缩"
    most = min(material.max_kb * 1024, settings.UPLOAD_MAX_BYTES)
    return f"{kinds}，每个文件不超过 {size_words(most)}，最多 {settings.UPLOAD_MAX_FILES} 个文件"


def uploaded(case: Case) -> dict[str, list[Document]]:
    """Return the uploaded files of a case by material."""
    found: dict[str, list[Document]] = {}
    for document in case.documents.current().filter(origin=Origin.UPLOADED):
        found.setdefault(document.material_code, []).append(document)
    return found


def _tag(needed: Needed, files: list[Document]) -> dict[str, str]:
    if files:
        return {"kind": "done", "label": "已上传"}
    return {"kind": "now", "label": "待上传"} if needed.required else {"kind": "", "label": "选交"}


def _why(catalogue: Catalogue, needed: Needed) -> str:
    """Return the hint, for whom it is, and what makes it necessary where not everyone needs it."""
    parts = [needed.material.hint, f"用于{_names(catalogue, needed.items)}"]
    parts += dict.fromkeys(
        f"{line.when.describe(catalogue)}的须提交"
        for code in needed.items
        for line in catalogue.items[code].materials
        if line.material == needed.code and line.when
    )
    return "；".join(part for part in parts if part) + "。"


def _conditional(
    catalogue: Catalogue, codes: Iterable[str], merged: merging.Merged, on: Any
) -> list[dict[str, str]]:
    """Return the uploads that other answers would make necessary, each with the condition."""
    every = merging.merge(catalogue, codes, None, on)
    present = {needed.code for needed in merged.uploads}
    rows = []
    for needed in every.uploads:
        conditions = [
            line.when.describe(catalogue)
            for code in needed.items
            for line in catalogue.items[code].materials
            if line.material == needed.code and line.when
        ]
        if needed.code not in present and conditions:
            rows.append(
                {
                    "id": needed.code,
                    "name": needed.material.name,
                    "when": " 或 ".join(dict.fromkeys(conditions)),
                }
            )
    return rows


def _row(catalogue: Catalogue, needed: Needed, how: str) -> dict[str, str]:
    return {
        "id": needed.code,
        "name": needed.material.name,
        "how": how,
        "items": _names(catalogue, needed.items),
    }


def _shared_words(catalogue: Catalogue, material: Material) -> str:
    source = catalogue.origin_name(material.shared_from) if material.shared_from else "有关部门"
    return f"由{source}共享，无需提交"


def _produced_words(case: Case, material: Material) -> str:
    catalogue = case.version.catalogue
    producers = catalogue.produced_by(material.code)
    held = [case.existing_results[code] for code in producers if code in case.existing_results]
    if held:
        return f"已有结果，文号 {listed(held)}"
    names = "或".join(
        picture.short_name(catalogue.items[code].name)
        for code in producers
        if code in case.item_codes
    )
    return f"由{names}的结果自动带入" if names else "由前一事项的结果自动带入"


def _names(catalogue: Catalogue, codes: Iterable[str]) -> str:
    return listed((picture.short_name(catalogue.items[code].name) for code in codes), 3)
