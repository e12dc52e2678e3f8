"""What the pages of the policy editor show."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from policies import divisions, impact, suppression
from policies.dictionary import dictionary
from policies.editing import benefit_form, builder, drafting, rows, trial, wording
from policies.editing.cells import Cell
from policies.editing.draft import MODES, Draft, flaws, inside, mark, of_version, tidy
from policies.models import Policy, PolicyState, PolicyVersion
from policies.policy_schema import Flaw
from policies.shelf import published_versions
from policies.suppression import Published
from portal.accounts.models import User
from portal.core import clock
from portal.core.chinese import day_words, instant_words

UNWRITTEN = "（摘要未填）"
EDITED = "admin:policies_policy_"
ROW_ACTS = (
    ("up", "上移"),
    ("down", "下移"),
    ("indent", "移入上一组"),
    ("outdent", "移出本组"),
    ("wrap", "单独成组"),
    ("unwrap", "拆散本组"),
    ("remove", "删除"),
)
TERMS = {
    "label": "版本名称",
    "name": "名称",
    "division": "适用区划",
    "effective_from": "施行日期",
    "effective_to": "截止日期",
    "summary": "摘要",
    "apply": "如何办理",
    "judged_on": "按哪一天的版本",
    "enjoyed": "批准后记为",
    "excludes": "不能同时享受",
    "basis": "政策依据",
    "conditions": "享受条件",
    "benefit": "待遇",
    "open": "享受条件",
    "closed": "享受条件",
}
# What the checks say to those who write files, put for those who fill in a form.
SAID = {
    "没有条件的政策须写明 open: true（面向所有人）": "请添加条件，或者选择“没有条件”",
    "事实字典中没有 ": "请选择事实",
    "缺少该键": "请填写",
    "应为 application 或一个日期事实": "请选择从哪一天算",
    "between 的值应为 [最低, 最高]": "请填写起止两端",
    "in 的值应为非空列表": "请至少选择一项",
    "at_least 应为整数": "请填写项数",
}


def address(name: str, pk: int) -> str:
    return reverse(f"{EDITED}{name}", args=[pk])


def policy_names(applicant: str = "") -> dict[str, str]:
    policies = Policy.objects.order_by("code")
    if applicant:
        policies = policies.filter(applicant=applicant)
    return dict(policies.values_list("code", "name"))


# Lists


def overview(state: str, words: str) -> dict[str, Any]:
    """Return the list of policies, or of versions in one state."""
    versions = PolicyVersion.objects.select_related("policy__department", "drafted_by")
    counts = versions.aggregate(
        **{one: Count("pk", filter=Q(state=one)) for one in PolicyState.values}
    )
    found = Q(policy__name__icontains=words) | Q(policy__code__icontains=words)
    chosen = versions.filter(found, state=state).order_by("-pk") if state else versions.none()
    return {
        "title": _standing(counts),
        "tabs": _state_tabs(state, counts),
        "state": state,
        "words": words,
        "versions": [version_row(one) for one in chosen],
        "policies": [] if state else _policy_rows(words),
    }


def _standing(counts: Mapping[str, int]) -> str:
    waiting, drafts = counts[PolicyState.SUBMITTED], counts[PolicyState.DRAFT]
    parts = [f"{waiting} 个版本待复核"] if waiting else []
    parts += [f"{drafts} 份草稿在起草"] if drafts else []
    return "，".join(parts) or "没有待复核的政策，也没有草稿"


def _state_tabs(state: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    listed = reverse(f"{EDITED}changelist")
    tabs: list[dict[str, Any]] = [
        {"label": "全部政策", "url": listed, "current": not state, "count": None}
    ]
    for value, label in PolicyState.choices:
        tab = {"label": label, "url": f"{listed}?state={value}", "current": state == value}
        tabs.append({**tab, "count": counts[value]})
    return tabs


def _policy_rows(words: str) -> list[dict[str, Any]]:
    policies = Policy.objects.filter(Q(name__icontains=words) | Q(code__icontains=words))
    policies = policies.select_related("department").prefetch_related("versions")
    return [_policy_row(policy) for policy in policies]


def _policy_row(policy: Policy) -> dict[str, Any]:
    every = list(policy.versions.all())
    today = clock.today()
    shown = published_versions([one for one in every if one.state == PolicyState.PUBLISHED])
    valid = [one for one in shown if one.in_force(today)]
    ahead = [one for one in shown if one.begins and one.begins > today]
    open_ones = [one for one in every if one.state in {PolicyState.DRAFT, PolicyState.SUBMITTED}]
    return {
        "policy": policy,
        "url": address("change", policy.pk),
        "in_force": "、".join(_version_words(one.label, one.division) for one in valid),
        "ahead": "、".join(
            f"{one.label}（{day_words(one.begins)}起）" for one in ahead if one.begins
        ),
        "open": [version_row(one) for one in open_ones],
    }


def _version_words(label: str, division: str) -> str:
    return f"{label}（{short_division(division)}）" if division else label


def short_division(code: str) -> str:
    return dict(builder.districts()).get(code) or divisions.name_of(code) or wording.EVERYWHERE


def version_row(version: PolicyVersion) -> dict[str, Any]:
    return {
        "version": version,
        "url": address("version", version.pk),
        "state": PolicyState(version.state).label,
        "tag": {"draft": "now", "submitted": "later", "published": "done"}.get(version.state, ""),
        "division": short_division(version.division),
        "period": period_words(version),
        "drafted": instant_words(version.drafted_at),
    }


def period_words(version: PolicyVersion) -> str:
    begins, ends = version.effective_from, version.effective_to
    if begins and ends:
        return f"{day_words(begins)}至{day_words(ends)}"
    if begins:
        return f"{day_words(begins)}起"
    return f"至{day_words(ends)}止" if ends else "未规定施行日期"


def policy_page(policy: Policy) -> dict[str, Any]:
    every = policy.versions.select_related("drafted_by", "published_by").order_by("-number")
    found = [version_row(one) for one in every]
    drafts = sum(row["version"].state == PolicyState.DRAFT for row in found)
    return {
        "title": policy.name,
        "policy": policy,
        "versions": found,
        "drafts": drafts,
        "begin_url": address("begin", policy.pk),
        "latest": before(policy, None),
    }


def before(policy: Policy, version: PolicyVersion | None) -> PolicyVersion | None:
    """Return the published version that a version follows; for a new one the latest in force."""
    published = policy.versions.filter(state=PolicyState.PUBLISHED)
    if version is not None:
        published = published.exclude(pk=version.pk)
    if version is not None and published.filter(division=version.division).exists():
        published = published.filter(division=version.division)
    if version is not None and version.effective_from and version.state == PolicyState.PUBLISHED:
        published = published.filter(
            Q(effective_from=None) | Q(effective_from__lt=version.effective_from)
        )
    # Without a version to follow, that of the whole city goes before those of districts.
    own = version.division if version is not None else ""
    return max(
        published,
        key=lambda one: (one.division == own, str(one.effective_from or "")),
        default=None,
    )


# The editor


def editor(
    version: PolicyVersion,
    draft: Draft,
    *,
    seen: str = "",
    at_fault: Iterable[Flaw] = (),
) -> dict[str, Any]:
    """Return the page of a draft with everything typed and what is wrong with it."""
    applicant = version.policy.applicant
    wrong = [*flaws(draft, version, drafting.published(version.policy)), *at_fault]
    names = policy_names(applicant)
    tree_flaws = [(path, plainly(reason)) for path, reason in inside("conditions", wrong)]
    benefit = draft.document.get("benefit")
    return {
        **addresses(version),
        **builder.context(draft.rows, applicant, tree_flaws, draft.focus),
        **side(version, draft, wrong, names),
        "title": f"{version.policy.name}：{version.label}",
        "seen": seen or mark(version),
        "head_cells": head_cells(version, draft, wrong),
        "text_cells": text_cells(draft, wrong),
        "mode_cell": mode_cell(draft, wrong),
        "more_cells": more_cells(version, draft, names, wrong),
        "basis": basis_rows(draft, wrong),
        "benefit_kinds": benefit_form.KINDS,
        "benefit_kind": benefit["kind"] if benefit else "",
        "benefit_problems": said("benefit", wrong, exactly=True),
        "sections": benefit_form.sections(
            benefit, applicant, [(at, plainly(why)) for at, why in inside("benefit", wrong)]
        ),
        "row_acts": ROW_ACTS,
        "tabs": tabs(version, "version"),
    }


def addresses(version: PolicyVersion) -> dict[str, str]:
    names = ("build", "side", "save", "submit", "discard", "send_back", "publish", "trial")
    found = {f"{name}_url": address(name, version.pk) for name in (*names, "impact", "measure")}
    return {
        **found,
        "version_url": address("version", version.pk),
        "policy_url": address("change", version.policy_id),
    }


def tabs(version: PolicyVersion, current: str) -> list[dict[str, Any]]:
    names = (("version", "内容"), ("trial", "试算"), ("impact", "影响"))
    return [
        {
            "label": label,
            "url": address(name, version.pk),
            "current": name == current,
            "count": None,
        }
        for name, label in names
    ]


def side(
    version: PolicyVersion, draft: Draft, wrong: Sequence[Flaw], names: Mapping[str, str]
) -> dict[str, Any]:
    """Return what stands beside the form: what is wrong, the conditions in words, what differs."""
    old = before(version.policy, version)
    points = wording.differences(
        draft, of_version(old) if old else None, version.policy.applicant, names
    )
    return {
        "version": version,
        "wrong": list(dict.fromkeys(map(pointed, wrong))),
        "outline": wording.conditions_of(draft),
        "old": old,
        "changed": [point for point in points if point.changed] if old else [],
    }


def live_side(version: PolicyVersion, draft: Draft) -> dict[str, Any]:
    """Return the same while somebody types, with what is wrong at each row."""
    applicant = version.policy.applicant
    wrong = flaws(draft, version, drafting.published(version.policy))
    problems = [(path, plainly(reason)) for path, reason in inside("conditions", wrong)]
    return {
        **addresses(version),
        **side(version, draft, wrong, policy_names(applicant)),
        "lines": builder.lines(draft.rows, problems),
        "cells": [*head_cells(version, draft, wrong), *text_cells(draft, wrong)],
    }


def pointed(flaw: Flaw) -> tuple[str, str]:
    """Return the id of the field that a flaw is about, and what it says."""
    part = flaw.path.partition(".")[0].partition("[")[0]
    targets = {"conditions": "conditions", "benefit": "benefit", "basis": "basis"}
    target = targets.get(part) or ("id_mode" if part in {"open", "closed"} else f"id_{part}")
    return target, f"{TERMS.get(part, part)}：{plainly(flaw.reason)}"


def plainly(reason: str) -> str:
    return SAID.get(reason, reason)


def said(path: str, wrong: Iterable[Flaw], *, exactly: bool = False) -> tuple[str, ...]:
    found = (
        flaw.reason
        for flaw in wrong
        if flaw.path == path or (not exactly and flaw.path.startswith((f"{path}.", f"{path}[")))
    )
    return tuple(dict.fromkeys(map(plainly, found)))


def head_cells(version: PolicyVersion, draft: Draft, wrong: Sequence[Flaw]) -> list[Cell]:
    divided = (("", wording.EVERYWHERE), *builder.districts())
    head = draft.head
    cells = [
        Cell("label", "版本名称", "text", head["label"], "如“2026年调整”", must=True),
        Cell("effective_from", "施行日期", "day", head["effective_from"]),
        Cell("effective_to", "截止日期", "day", head["effective_to"], "没有规定的不填"),
        Cell(
            "division", "适用区划", "select", options=divided, picked=(head["division"],),
            help="区县自己的版本先于全市的版本",
        ),
    ]  # fmt: skip
    if drafting.is_new(version.policy):
        cells.insert(0, Cell("name", "政策名称", "text", draft.name, must=True))
    return [_with_problems(cell, wrong) for cell in cells]


def text_cells(draft: Draft, wrong: Sequence[Flaw]) -> list[Cell]:
    text = draft.document.get
    cells = [
        Cell("summary", "摘要", "long", str(text("summary", "")), "给什么人、给什么", must=True),
        Cell("apply", "如何办理", "long", str(text("apply", ""))),
    ]
    return [_with_problems(cell, wrong) for cell in cells]


def mode_cell(draft: Draft, wrong: Sequence[Flaw]) -> Cell:
    problems = (*said("open", wrong), *said("conditions", wrong, exactly=True))
    return Cell("mode", "谁可以享受", "radio", options=MODES, picked=(draft.mode,),
                problems=problems)  # fmt: skip


def more_cells(
    version: PolicyVersion, draft: Draft, names: Mapping[str, str], wrong: Sequence[Flaw]
) -> list[Cell]:
    text, applicant = draft.document.get, version.policy.applicant
    judged_on = str(text("judged_on") or rows.APPLICATION)
    days = [(code, name) for code, name in builder.day_choices(applicant) if code]
    enjoyed = [("", "不记录")] + [
        (code, fact.name)
        for code, fact in dictionary().items()
        if fact.kind == "bool" and fact.applicant in {None, applicant}
    ]
    others = [(code, name) for code, name in names.items() if code != version.policy.code]
    excluded = tuple(map(str, text("excludes", ())))
    cells = [
        Cell("judged_on", "按哪一天的版本", "select", picked=(judged_on,),
             options=_with_kept(days, judged_on),
             help="多个版本先后施行时，以这一天有效的版本为准"),
        Cell("enjoyed", "批准后记为", "select", picked=(str(text("enjoyed") or ""),),
             options=_with_kept(enjoyed, str(text("enjoyed") or "")),
             help="批准后这一事实记为“是”，可防止重复享受"),
        Cell("excludes", "不能同时享受", "several", options=_with_kept(others, *excluded),
             picked=excluded),
        Cell("source", "出处（内部）", "text", str(text("source", "")), "不对外显示"),
        Cell("note", "备注（内部）", "long", str(text("note", "")), "不对外显示"),
    ]  # fmt: skip
    return [_with_problems(cell, wrong) for cell in cells]


def _with_kept(offered: Sequence[builder.Choice], *kept: str) -> tuple[builder.Choice, ...]:
    """Return what can be picked, and what was picked though it is not offered."""
    known = {code for code, _ in offered}
    return (*offered, *((code, code) for code in kept if code not in known))


def basis_rows(draft: Draft, wrong: Sequence[Flaw]) -> list[list[Cell]]:
    words = {
        "title": "文件名称",
        "number": "文号",
        "date": "日期",
        "url": "网址",
        "source": "出处（内部）",
    }
    found = []
    for index, row in enumerate(draft.document.get("basis", ())):
        found.append([
            Cell(
                f"basis-{index}-{name}", words[name], "day" if name == "date" else "text",
                str(row.get(name, "")), must=name == "title",
                problems=said(f"basis[{index}].{name}", wrong),
            )
            for name in words
        ])  # fmt: skip
    return found


def _with_problems(cell: Cell, wrong: Sequence[Flaw]) -> Cell:
    return replace(cell, problems=said(cell.name, wrong))


# Reading and reviewing


def reading(version: PolicyVersion, by: User) -> dict[str, Any]:
    """Return the page of a version that is not being edited: its points and who may do what."""
    old = before(version.policy, version)
    names = policy_names(version.policy.applicant)
    points = wording.differences(
        of_version(version), of_version(old) if old else None, version.policy.applicant, names
    )
    submitted = version.state == PolicyState.SUBMITTED
    wrote = by.pk in drafting.authors(version)
    measured = impact.latest(version) if submitted else None
    return {
        **addresses(version),
        "title": f"{version.policy.name}：{version.label}",
        "version": version,
        "row": version_row(version),
        "old": old,
        "points": points,
        "tabs": tabs(version, "version"),
        "may_review": submitted and not wrote,
        "waits_for_other": submitted and wrote,
        "measured": measured,
        "measured_words": impact_words(measured.measurement) if measured else "",
        "measured_at": instant_words(measured.at) if measured else "",
        "reasons": "",
        "seen": mark(version),
    }


# Trying out


def judgeable(version: PolicyVersion) -> PolicyVersion | None:
    """Return a version as far as it can be judged by; none while its conditions are not sound."""
    document = tidy(version.document)
    wrong = flaws(of_version(version), version, ())
    parts = {flaw.path.partition(".")[0].partition("[")[0] for flaw in wrong}
    if parts & {"conditions", "open", "closed"}:
        return None
    kept = {key: value for key, value in document.items() if key not in parts}
    shown = copy(version)
    shown.document = {"summary": UNWRITTEN, **kept}
    return shown


def trying(
    version: PolicyVersion, texts: Mapping[str, str], day: date, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the page on which a version is tried: the facts typed and the verdict on them."""
    draft = judgeable(version)
    shown = {
        **addresses(version),
        "title": f"{version.policy.name}：{version.label}",
        "version": version,
        "tabs": tabs(version, "trial"),
        "examples": [one for one in trial.examples() if one.applicant == version.policy.applicant],
        "example": data.get("example", ""),
        "on": day.isoformat(),
        "asked": [],
        "found": None,
        "sound": draft is not None,
    }
    if draft is None:
        return shown
    facts, problems = trial.facts_of(texts, day)
    shown["asked"] = trial.asked(draft, texts, problems)
    if texts and not problems:
        found = trial.verdict(draft, facts, day)
        shown |= {"found": found, "leaves": trial.leaf_rows(found), "day": day_words(day)}
    return shown


# Impact


def impact_page(version: PolicyVersion, kept: impact.Kept | None) -> dict[str, Any]:
    found = kept.measurement if kept else None
    return {
        **addresses(version),
        "title": f"{version.policy.name}：{version.label}",
        "version": version,
        "tabs": tabs(version, "impact"),
        "sound": judgeable(version) is not None,
        "kept": kept,
        "so_far": None,
        "token": "",
        "heading": impact_words(found) if found else "",
        "figures": impact_figures(found) if found else [],
        "tables": impact_tables(found) if found else [],
        "changes": list(impact.WORDS.values()),
        "at": instant_words(kept.at) if kept else "",
        "on": day_words(found.on) if found else "",
    }


def impact_words(found: impact.Measurement) -> str:
    whole = _whole(found)
    return f"新可享受 {whole[impact.Change.GAINED]} 个，不再可享受 {whole[impact.Change.LOST]} 个"


def impact_figures(found: impact.Measurement) -> list[dict[str, Any]]:
    whole = _whole(found)
    return [
        {"label": label, "value": whole[change], "unit": "", "note": "", "url": "", "card": None}
        for change, label in impact.WORDS.items()
    ]


def _whole(found: impact.Measurement) -> dict[str, str]:
    """Return the counts of the whole population by change: the sums of either table."""
    sums = _published(found)[0].columns
    return {change: _number(sums.get(change, 0)) for change in impact.Change}


def _number(count: int | None) -> str:
    return suppression.HIDDEN if count is None else f"{count:,}"


def impact_tables(found: impact.Measurement) -> list[dict[str, Any]]:
    degrees = {one.value: one.label for one in dictionary()[impact.DEGREE].options}
    by_district, by_degree = _published(found)
    return [
        _table("按所在区县", by_district, dict(builder.districts())),
        _table("按学历", by_degree, degrees),
    ]


def _published(found: impact.Measurement) -> list[Published]:
    """Return the changes by district and by degree; what neither may tell is withheld in both."""
    return suppression.publish_together(
        [
            {
                (key, change.value): own.get(change, 0)
                for key, own in counts.items()
                for change in impact.Change
            }
            for counts in (found.by_district, found.by_degree)
        ]
    )


def _table(caption: str, published: Published, names: Mapping[str, str]) -> dict[str, Any]:
    known = [key for key in names if key in published.rows]
    order = [*known, *(key for key in published.rows if key not in names)]
    return {
        "caption": caption,
        "rows": [
            {
                "name": names.get(key) or divisions.name_of(key) or "未知",
                "cells": [
                    {"label": label, "text": _number(published.cells[key, change])}
                    for change, label in impact.WORDS.items()
                ],
            }
            for key in order
        ],
    }
