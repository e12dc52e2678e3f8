"""A policy version while it is being edited: what is typed, right or wrong, and what is wrong.

The typed document is kept as JSON of the same shape as policies.policy_schema.PolicyDocument; only
one without flaws may be submitted.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from policies import conditions
from policies.editing import benefit_form, builder, moves, rows
from policies.editing.rows import Posted, Row
from policies.guards import as_date
from policies.models import PolicyVersion
from policies.policy_reading import clash
from policies.policy_schema import Flaw, division_flaw, flaws_in
from policies.publishing import canonical

HEAD = ("label", "division", "effective_from", "effective_to")
TEXTS = ("summary", "apply", "source", "note")
BASIS = ("title", "number", "date", "url", "source")
DEFAULTS: Mapping[str, str] = {"judged_on": "application", "enjoyed": ""}
MODES = (
    ("conditions", "符合下列条件的可以享受"),
    ("open", "凡属适用对象均可享受，没有条件"),
    ("closed", "自施行日期起停止实施"),
)
MOST_BASIS = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form: texts of the version's own fields, the document, the rows."""

    name: str
    head: Mapping[str, str]
    document: Mapping[str, Any]
    rows: tuple[Row, ...]
    focus: str = ""

    @property
    def mode(self) -> str:
        """Whether the policy has conditions, is open to all, or ends."""
        return next((mode for mode in ("open", "closed") if self.document.get(mode)), "conditions")

    def day(self, name: str) -> date | None:
        return as_date(self.head[name])


def of_version(version: PolicyVersion) -> Draft:
    """Return a stored version as it stands in the form."""
    document = version.document if isinstance(version.document, dict) else {}
    return Draft(
        name=version.policy.name,
        head={
            "label": version.label,
            "division": version.division,
            "effective_from": _iso(version.effective_from),
            "effective_to": _iso(version.effective_to),
        },
        document=document,
        rows=tuple(rows.rows_of(document.get("conditions"))),
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def posted(data: Posted, version: PolicyVersion) -> Draft:
    """Return what was typed, after the act of the pressed button, if that was one of the form's."""
    document: dict[str, Any] = {
        **{name: text for name in TEXTS if (text := _text(data, name))},
        **{
            name: text
            for name, default in DEFAULTS.items()
            if (text := _text(data, name)) not in {"", default}
        },
    }
    if basis := _posted_basis(data):
        document["basis"] = basis
    if excluded := [code for one in data.getlist("excludes") if (code := _clean(one))]:
        document["excludes"] = excluded
    if (mode := _text(data, "mode")) in {"open", "closed"}:
        document[mode] = True
    if benefit := benefit_form.posted(data):
        document["benefit"] = benefit
    typed = Draft(
        name=_text(data, "name") or version.policy.name,
        head={name: _text(data, name) for name in HEAD},
        document=document,
        rows=tuple(rows.posted(data)),
    )
    return _with_tree(after(typed, _text(data, "act")))


def _text(data: Posted, name: str) -> str:
    return _clean(data.get(name, "") or "")


def _clean(value: Any) -> str:
    return str(value).replace("\0", "").replace("\r\n", "\n").strip()


def _posted_basis(data: Posted) -> list[dict[str, str]]:
    keys = list(dict.fromkeys(data.getlist("basis")))[:MOST_BASIS]
    return [
        {name: text for name in BASIS if (text := _text(data, f"basis-{key}-{name}"))}
        for key in keys
    ]


def after(draft: Draft, act: str) -> Draft:
    """Return a draft after an act of its form, such as `up:3`, `basis-add` or `part-add:tiers`."""
    name, _, rest = act.partition(":")
    if name == "basis-add":
        return _with_basis(draft, [*_basis(draft), {}][:MOST_BASIS])
    if name == "basis-remove":
        kept = [one for index, one in enumerate(_basis(draft)) if str(index) != rest]
        return _with_basis(draft, kept)
    if name in {"part-add", "part-remove"}:
        benefit = benefit_form.apply(act, draft.document.get("benefit"))
        return replace(draft, document={**draft.document, "benefit": benefit})
    moved, near = moves.apply(act, draft.rows)
    return replace(draft, rows=tuple(moved), focus=_focus(act, moved, near))


def _focus(act: str, moved: Sequence[Row], near: str) -> str:
    """Return where the keyboard goes on: at the same button while its row still has it."""
    name, _, key = act.partition(":")
    at = next((at for at, row in enumerate(moved) if row.key == key), None)
    same = near == key and at is not None and name in builder.acts_of(moved, at)
    return act if same else near


def _basis(draft: Draft) -> list[dict[str, str]]:
    return list(draft.document.get("basis", ()))


def _with_basis(draft: Draft, basis: list[dict[str, str]]) -> Draft:
    return replace(draft, document={**draft.document, "basis": basis})


def _with_tree(draft: Draft) -> Draft:
    others = {key: value for key, value in draft.document.items() if key != "conditions"}
    tree = rows.tree_of(draft.rows)
    return replace(draft, document=others if tree is None else {**others, "conditions": tree})


def tidy(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as it is submitted: without conditions where it says it has none."""
    bare = bool(document.get("open") or document.get("closed"))
    empty: tuple[Any, ...] = (None, "", [], {}, False)
    return {
        key: value
        for key, value in document.items()
        if value not in empty and not (bare and key == "conditions")
    }


def mark(version: PolicyVersion) -> str:
    """Return a mark of what is stored; another one once somebody has saved something else."""
    stored = [version.state, version.policy.name, canonical(version.document)]
    stored += [str(getattr(version, name)) for name in HEAD]
    return hashlib.sha256("\0".join(stored).encode()).hexdigest()[:20]


def content_mark(version: PolicyVersion) -> str:
    """Return a mark of what a version says, whatever its state."""
    said = [canonical(tidy(version.document)), *(str(getattr(version, name)) for name in HEAD[1:])]
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:20]


# What is wrong


def unkeepable(draft: Draft) -> tuple[Flaw, ...]:
    """Return what is wrong with the fields that cannot even be stored as typed."""
    return tuple(_unkeepable(draft))


def _unkeepable(draft: Draft) -> Iterator[Flaw]:
    if not draft.head["label"]:
        yield Flaw("label", "请填写版本名称")
    elif len(draft.head["label"]) > 40:
        yield Flaw("label", "版本名称不超过 40 个字")
    if not draft.name or len(draft.name) > 100:
        yield Flaw("name", "名称应为 1 至 100 个字")
    for name in ("effective_from", "effective_to"):
        if draft.head[name] and draft.day(name) is None:
            yield Flaw(name, "应为 2020-06-01 形式的日期")
    begins, ends = draft.day("effective_from"), draft.day("effective_to")
    if begins and ends and ends < begins:
        yield Flaw("effective_to", "截止日期不能早于施行日期")
    if flaw := division_flaw(draft.head["division"]):
        yield flaw


def flaws(draft: Draft, version: PolicyVersion, others: Iterable[PolicyVersion]) -> list[Flaw]:
    """Return everything that keeps a draft from being submitted, each with its path.

    `others` are the published versions of the same policy.
    """
    applicant: Any = version.policy.applicant
    document = tidy(draft.document)
    found = [*unkeepable(draft), *flaws_in(document, applicant)]
    if "conditions" in document and not any(_of("conditions", flaw) for flaw in found):
        # Where the rest has not even the right shape, the conditions have not been looked at.
        found += _of_tree(document["conditions"], applicant)
    if not any(flaw.path in {"effective_from", "effective_to"} for flaw in found):
        period = _Period(draft.head["label"], draft.head["division"], *_days(draft))
        if flaw := clash(period, list(others)):
            found.append(flaw)
    return list(dict.fromkeys(_of_address(flaw) for flaw in found))


def _of_address(flaw: Flaw) -> Flaw:
    """Say of a web address what it looks like; the checks have one sentence for all patterns."""
    if flaw.path.endswith(".url"):
        return Flaw(flaw.path, "网址应以 http:// 或 https:// 开头，不含空格")
    return flaw


@dataclass(frozen=True, slots=True)
class _Period:
    label: str
    division: str
    effective_from: date | None
    effective_to: date | None


def _days(draft: Draft) -> tuple[date | None, date | None]:
    return draft.day("effective_from"), draft.day("effective_to")


def _of_tree(tree: Any, applicant: Any) -> Iterator[Flaw]:
    try:
        conditions.parse(tree, applicant)
    except conditions.ConditionError as error:
        for problem in error.problems:
            yield Flaw(f"conditions.{problem.path}".rstrip("."), problem.reason)


def _of(part: str, flaw: Flaw) -> bool:
    return flaw.path == part or flaw.path.startswith((f"{part}.", f"{part}["))


def inside(part: str, found: Iterable[Flaw]) -> list[tuple[str, str]]:
    """Return the flaws of one part of the document, their paths beginning inside it."""
    return [
        (flaw.path.removeprefix(part).removeprefix("."), flaw.reason)
        for flaw in found
        if _of(part, flaw)
    ]
