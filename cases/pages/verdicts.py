"""How a verdict reads (能否享受): the word, every condition with what is, and who could tell more.

Staff read the same as reference for their own check (核验参考), sensitive values left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cases.models import Case
from cases.pages import picture
from cases.verdicts import supplied_by
from cases.windows import is_closed
from policies.dictionary import dictionary
from policies.eligibility import Finding, Outcome
from policies.judging import Verdict
from policies.schema import Catalogue
from policies.subjects import OWN_SOURCES
from portal.core.chinese import day_words, listed

KINDS = {
    Outcome.ELIGIBLE: "done",
    Outcome.NOT_YET: "later",
    Outcome.NOT: "stop",
    Outcome.UNKNOWN: "now",
}
WITHHELD = "敏感信息，见填写内容"

# Of conditions of which one is enough, the others do not count against anybody.
NO_MATTER = {"state": "", "result": "不影响"}


def row(
    verdict: Verdict, catalogue: Catalogue, ticked: Iterable[str], own: str, *, staff: bool = False
) -> dict[str, Any]:
    """Return one verdict for cases/_verdict.html; `ticked` are the items of the selection."""
    supplied = supplied_by(catalogue, ticked, own)
    leaves = verdict.explanation.leaves
    return {
        "tag": {"kind": KINDS[verdict.outcome], "label": verdict.words},
        "is_closed": is_closed(verdict),
        "leaves": [
            _leaf(leaf, supplied.get(leaf.fact), catalogue, staff)
            | (NO_MATTER if verdict.outcome == Outcome.ELIGIBLE and not leaf.met else {})
            for leaf in leaves
        ],
        "unclear": [_unclear(fact, catalogue) for fact in verdict.explanation.missing],
        "closes": _closes(verdict),
        "version": verdict.version.label if verdict.version else "",
        "to_check": _to_check(leaves),
    }


def of_case(
    case: Case, verdicts: Mapping[str, Verdict], ticked: Iterable[str]
) -> list[dict[str, Any]]:
    """Return the verdicts on a case's items as staff read them, in the order of the case."""
    catalogue, chosen = case.version.catalogue, list(ticked)
    return [
        {
            **row(verdicts[code], catalogue, chosen, code, staff=True),
            "name": picture.short_name(catalogue.items[code].name),
        }
        for code in case.item_codes
        if code in verdicts
    ]


def _leaf(leaf: Finding, giver: str | None, catalogue: Catalogue, staff: bool) -> dict[str, Any]:
    definition = dictionary().get(leaf.fact)
    hidden = staff and definition is not None and definition.sensitive and leaf.met is not None
    by = picture.short_name(catalogue.items[giver].name) if giver and leaf.met else ""
    return {
        "label": leaf.label or leaf.name,
        "name": leaf.name,
        "need": leaf.need,
        "actual": f"随{by}一并办理" if by else WITHHELD if hidden else leaf.actual,
        "state": _state(leaf),
        "result": _result(leaf),
    }


def _state(leaf: Finding) -> str:
    if leaf.met is None:
        return "now"
    if leaf.met:
        return "done"
    return "later" if leaf.from_day or leaf.matures else "stop"


def _result(leaf: Finding) -> str:
    if leaf.met is None:
        return "待核实"
    if leaf.met:
        return "符合"
    if leaf.from_day:
        return f"{day_words(leaf.from_day)}起符合"
    return "待成熟" if leaf.matures else "不符合"


def _unclear(fact: str, catalogue: Catalogue) -> dict[str, str]:
    """Return a fact nobody has stated yet, and who could."""
    definition = dictionary()[fact]
    names = dict.fromkeys(source_name(code, catalogue) for code in definition.sources)
    return {"name": definition.name, "who": listed(name for name in names if name)}


def source_name(code: str, catalogue: Catalogue) -> str:
    """Return who a source of facts is, in Chinese; "" for one that this catalogue does not know."""
    if code in OWN_SOURCES:
        return OWN_SOURCES[code]
    known = code in catalogue.departments or code in catalogue.data_sources
    return catalogue.origin_name(code) if known else ""


def _closes(verdict: Verdict) -> str:
    if verdict.version is None or verdict.closes_on is None:
        return ""
    return f"最迟{day_words(verdict.closes_on)}"


def _to_check(leaves: Iterable[Finding]) -> str:
    """Return what the officer has to verify, as the data do not show it."""
    return listed(dict.fromkeys(leaf.label or leaf.name for leaf in leaves if not leaf.met), 5)
