"""What differs between two versions of a policy (版本比较), in Chinese sentences."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from policies import divisions
from policies.benefits import Benefit, work_out
from policies.dictionary import dictionary
from policies.policy_schema import APPLICATION, PolicyDocument
from policies.shelf import PublishedVersion
from policies.trees import AtLeast, Group, Leaf, Node, need_words
from portal.core.chinese import day_words, listed

WHOLE_CITY = "全市"


def differences(
    old: PublishedVersion, new: PublishedVersion, names: Mapping[str, str], on: date
) -> tuple[str, ...]:
    """Return what the newer version says otherwise; `names` are those of policies by code."""
    return tuple(_differences(old, new, names, on))


def _differences(
    old: PublishedVersion, new: PublishedVersion, names: Mapping[str, str], on: date
) -> Iterator[str]:
    if old.division != new.division:
        yield f"适用区划由{division_words(old.division)}改为{division_words(new.division)}。"
    if (old.begins, old.ends) != (new.begins, new.ends):
        yield f"施行时间由“{term_words(old)}”改为“{term_words(new)}”。"
    yield from _conditions(old.document, new.document)
    yield from _benefits(old, new, on)
    yield from _exclusions(old.document, new.document, names)
    yield from _rest(old.document, new)


def term_words(version: PublishedVersion) -> str:
    """Return when a version applies: 2019年6月3日至2021年10月14日, 2021年10月15日起."""
    if version.begins and version.ends:
        return f"{day_words(version.begins)}至{day_words(version.ends)}"
    if version.begins:
        return f"{day_words(version.begins)}起"
    return f"至{day_words(version.ends)}" if version.ends else "长期"


def division_words(division: str) -> str:
    """Return the short name of a district (余杭区); the whole city for none."""
    if not division:
        return WHOLE_CITY
    city = divisions.name_of(f"{division[:4]}00") or ""
    return (divisions.name_of(division) or division).removeprefix(city)


# ---- conditions ---------------------------------------------------------------------------------


def _conditions(old: PolicyDocument, new: PolicyDocument) -> Iterator[str]:
    if old.node is None or new.node is None:
        if _without(old) != _without(new):
            yield f"由{_without(old)}改为{_without(new)}。"
        return
    before, after = _leaves(old.node), _leaves(new.node)
    gone = [leaf for phrase, leaf in before.items() if phrase not in after]
    come = [leaf for phrase, leaf in after.items() if phrase not in before]
    for leaf, other in _pairs(gone, come):
        name = leaf.definition.name
        yield f"{name}由“{need_words(leaf, leaf.op)}”改为“{need_words(other, other.op)}”。"
        gone.remove(leaf)
        come.remove(other)
    for word, leaves in (("取消", gone), ("新增", come)):
        yield from (f"{word}条件：{leaf.label or leaf.describe()}。" for leaf in leaves)
    for phrase, leaf in after.items():
        if phrase in before and before[phrase].matures != leaf.matures:
            how = "可以等到满足之日再办" if leaf.matures else "不再等待"
            yield f"{leaf.label or phrase}：未满足的{how}。"
    if set(before) == set(after) and _skeleton(old.node) != _skeleton(new.node):
        yield "各项条件之间“全部满足”与“满足其一”的关系有调整。"


def _without(document: PolicyDocument) -> str:
    if document.closed:
        return "停止实施"
    return "面向全部申请人" if document.open else "须符合条件"


def _leaves(node: Node) -> dict[str, Leaf]:
    return {leaf.describe(): leaf for _, leaf in node.leaves()}


def _pairs(gone: Sequence[Leaf], come: Sequence[Leaf]) -> list[tuple[Leaf, Leaf]]:
    """Return the comparisons that were replaced by another one of the same fact."""
    pairs = []
    for leaf in gone:
        before = [one for one in gone if one.fact == leaf.fact]
        after = [one for one in come if one.fact == leaf.fact]
        if len(before) == len(after) == 1:
            pairs.append((leaf, after[0]))
    return pairs


def _skeleton(node: Node) -> Any:
    if not isinstance(node, Group):
        return node.describe()
    least = node.least if isinstance(node, AtLeast) else 0
    # The order of the parts means nothing.
    return node.key, least, tuple(sorted((_skeleton(part) for part in node.parts), key=repr))


# ---- benefits and the rest ----------------------------------------------------------------------


def _benefits(old: PublishedVersion, new: PublishedVersion, on: date) -> Iterator[str]:
    formulas = old.document.benefit, new.document.benefit
    if formulas[0] == formulas[1]:
        return
    before, after = (None if one is None else work_out(one, {}, on) for one in formulas)
    if before is None or after is None:
        word, benefit = ("取消", before) if after is None else ("新增", after)
        yield f"{word}待遇：{benefit.words if benefit else ''}。"
        return
    for version, lines, others in (
        (old, before.lines, after.lines),
        (new, after.lines, before.lines),
    ):
        if only := [line.rstrip("。") for line in lines if line not in others]:
            yield f"“{version.label}”的待遇标准：{'；'.join(only)}。"
    if _payments(before) != _payments(after):
        yield f"发放方式由“{_payments(before)}”改为“{_payments(after)}”。"


def _payments(benefit: Benefit) -> str:
    return "；".join(map(str, benefit.instalments)) or "一次发放"


def _exclusions(
    old: PolicyDocument, new: PolicyDocument, names: Mapping[str, str]
) -> Iterator[str]:
    for words, lost, kept in (("不再限制同时享受", old, new), ("新增不能同时享受的政策", new, old)):
        codes = [code for code in lost.excludes if code not in kept.excludes]
        if codes:
            yield f"{words}：{listed(names.get(code, code) for code in codes)}。"


def _rest(old: PolicyDocument, version: PublishedVersion) -> Iterator[str]:
    new = version.document
    if old.judged_on != new.judged_on:
        yield f"由按{_day_named(old)}适用版本改为按{_day_named(new)}适用版本。"
    if old.apply != new.apply and new.apply:
        yield f"“{version.label}”的办理方式：{new.apply}"
    titles = {basis.title for basis in old.basis}
    added = [basis.title for basis in new.basis if basis.title not in titles]
    if added:
        yield f"新增依据：{listed(added)}。"


def _day_named(document: PolicyDocument) -> str:
    code = document.judged_on
    return "申请日期" if code == APPLICATION else dictionary()[code].name
