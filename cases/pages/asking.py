"""What the applicant is asked for after filing (补正、改办): only what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from cases import merging
from cases.forms import AnswerForm
from cases.merging import Needed
from cases.models import Case, Offer, Supplement
from cases.pages import bundle, filling
from policies.answers import problems_in
from portal.core import clock


@dataclass(frozen=True)
class Asked:
    """Fields and materials that one notice or offer asks for, with the reason of each."""

    case: Case
    fields: Mapping[str, str]
    materials: Mapping[str, str]
    since: datetime
    url: str

    def form(self, data: QueryDict | None = None, more_rows: str = "") -> AnswerForm:
        elements = self.case.version.catalogue.elements
        asked = [elements[code] for code in self.fields if code in elements]
        answers = self.case.all_answers
        return AnswerForm(asked, answers=answers, data=data, more_rows=more_rows)

    def page(
        self,
        *,
        problems: Mapping[str, str] | None = None,
        file_errors: Mapping[str, str] | None = None,
        data: QueryDict | None = None,
        more_rows: str = "",
    ) -> dict[str, Any]:
        """Return the context of the page that asks."""
        found = dict(problems or {})
        form = self.form(data, more_rows)
        form.show(found)
        at_materials = filling.material_problems(found) | dict(file_errors or {})
        return {
            "case": self.case,
            "form": form,
            "entries": [
                {**form.entry(code), "asked": self.fields[code], "source": ""}
                for code in form.asked
            ],
            "uploads": self._uploads(at_materials),
            "summary": filling.summary(self.case, form, found, at_materials),
            "url": self.url,
        }

    def _uploads(self, errors: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the asked materials; only files that came since can be taken away again."""
        materials, files = self.case.version.catalogue.materials, bundle.uploaded(self.case)
        fresh = {
            code: [one for one in files.get(code, []) if one.obtained_at >= self.since]
            for code in self.materials
        }
        rows = []
        for code, reason in self.materials.items():
            needed = Needed(materials[code], (), required=True)
            row = bundle.upload_row(self.case, needed, fresh, errors.get(code, ""), asked=reason)
            rows.append(row | {"upload_url": f"{self.url}documents/{code}/"})
        return rows


def of_supplement(supplement: Supplement) -> Asked:
    """Return what a one-time notice asks for."""
    wanted = {"field": {}, "material": {}}  # type: dict[str, dict[str, str]]
    for gap in supplement.gaps:
        wanted[gap["kind"]][gap["code"]] = gap["reason"]
    return Asked(
        supplement.case,
        wanted["field"],
        wanted["material"],
        supplement.asked_at,
        reverse("cases:supplement", args=[supplement.case_id, supplement.pk]),
    )


def of_offer(offer: Offer) -> Asked:
    """Return what the other item needs beyond what the case has."""
    case, on = offer.case, clock.today()
    catalogue, answers = case.version.catalogue, case.all_answers
    fields = problems_in(catalogue, [offer.item_code], answers, on)
    codes = list(dict.fromkeys([*case.item_codes, offer.item_code]))
    files = bundle.uploaded(case)
    materials = {
        needed.code: f"办理“{offer.item_name}”需要。{needed.material.hint}"
        for needed in merging.merge(catalogue, codes, answers, on).uploads
        if offer.item_code in needed.items and needed.required and not _old(files, needed, offer)
    }
    url = reverse("cases:offer", args=[offer.pk])
    return Asked(case, dict.fromkeys(fields, ""), materials, offer.offered_at, url)


def _old(files: Mapping[str, list[Any]], needed: Needed, offer: Offer) -> bool:
    """Tell whether the case had this material before the offer was made."""
    return any(one.obtained_at <= offer.offered_at for one in files.get(needed.code, []))
