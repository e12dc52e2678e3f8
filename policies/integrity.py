"""What must hold between the entries of a catalogue: references, producers, order; pure.

Every checker yields findings; entries that did not parse are absent from the tables but known by
code, so that one mistake is not reported twice.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from policies import divisions
from policies.checks import CHECKS, RULES, arguments_of
from policies.guards import ORDERING, RELATIVE_TO_APPLICATION, Compare, Guard
from policies.schema import (
    Element,
    Exclusion,
    Field,
    Item,
    Material,
    OneThingInfo,
    Requirement,
    Rule,
)

TEXT_KINDS = {"string", "text", "division"}
ORDERED_KINDS = {"integer", "decimal", "date", "month"}
PREFILLS = {"login", "derived"}


class Finding(NamedTuple):
    """A mistake: the section and key of the entry, the path inside it, the reason."""

    section: str
    key: str
    path: str
    reason: str


@dataclass
class Draft:
    """The entries read so far; `known` holds the codes of all entries, broken ones included."""

    one_thing: OneThingInfo | None = None
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)

    @property
    def elements(self) -> Mapping[str, Element]:
        return self.tables.get("elements", {})

    @property
    def materials(self) -> Mapping[str, Material]:
        return self.tables.get("materials", {})

    @property
    def items(self) -> Mapping[str, Item]:
        return self.tables.get("items", {})

    def knows(self, section: str, code: str | None) -> bool:
        return code in self.known.get(section, ())

    def shares(self, code: str | None) -> bool:
        """Tell whether a code names a department or an outside source of data."""
        return self.knows("departments", code) or self.knows("data_sources", code)


def findings(draft: Draft) -> Iterator[Finding]:
    """Yield every mistake between entries; an empty result means a sound catalogue."""
    yield from _one_thing(draft)
    yield from _sources(draft)
    for element in draft.elements.values():
        yield from _element(draft, element)
    for key, rule in draft.tables.get("rules", {}).items():
        yield from _rule(draft, key, rule)
    for material in draft.materials.values():
        yield from _material(draft, material)
    for item in draft.items.values():
        yield from _item(draft, item)
    for key, exclusion in draft.tables.get("exclusions", {}).items():
        yield from _exclusion(draft, key, exclusion)
    yield from _slugs(draft)
    yield from _cycle(draft)


def _one_thing(draft: Draft) -> Iterator[Finding]:
    info = draft.one_thing
    if info is None:
        return
    if not draft.knows("departments", info.lead):
        yield Finding("one_thing", "", "lead", f"没有部门 {info.lead}")
    if info.division and not divisions.known(info.division):
        yield Finding("one_thing", "", "division", f"没有行政区划 {info.division}")
    for index, chain in enumerate(info.chains):
        if not draft.knows("items", chain.item):
            yield Finding("one_thing", "", f"chains[{index}].item", f"没有事项 {chain.item}")


def _sources(draft: Draft) -> Iterator[Finding]:
    entries = [("one_thing", "", draft.one_thing)] if draft.one_thing else []
    for section, table in draft.tables.items():
        entries += [(section, key, entry) for key, entry in table.items() if section != "sources"]
    for section, key, entry in entries:
        for path, source in _cited(entry):
            if source and not draft.knows("sources", source):
                yield Finding(section, key, path, f"没有来源 {source}")


def _cited(entry: Any, path: str = "") -> Iterator[tuple[str, str]]:
    for name in type(entry).model_fields:
        value = getattr(entry, name)
        here = f"{path}.{name}" if path else name
        if name == "source":
            yield here, value
        elif hasattr(type(value), "model_fields"):
            yield from _cited(value, here)
        elif isinstance(value, tuple):
            for index, part in enumerate(value):
                if hasattr(type(part), "model_fields"):
                    yield from _cited(part, f"{here}[{index}]")


def _element(draft: Draft, element: Element) -> Iterator[Finding]:
    for path, reason in _element_problems(draft, element):
        yield Finding("elements", element.code, path, reason)


def _element_problems(draft: Draft, element: Element) -> Iterator[tuple[str, str]]:
    yield from _field_problems(element)
    if (element.scope == "dictionary") != (element.applicant is not None):
        yield "applicant", "共享数据元须写明 applicant，事项专有的不写"
    if (element.kind == "list") != bool(element.columns):
        yield "columns", "list 类型须有 columns，其他类型不能有"
    for index, origin in enumerate(element.prefill):
        if origin not in PREFILLS and not draft.shares(origin):
            yield f"prefill[{index}]", f"没有部门或数据源 {origin}"
    seen: set[str] = set()
    for index, column in enumerate(element.columns):
        if column.code in seen:
            yield f"columns[{index}].code", f"列代码重复：{column.code}"
        seen.add(column.code)
        if column.kind in {"list", "bank_account", "month_range"}:
            yield f"columns[{index}].kind", f"列不能是 {column.kind} 类型"
        for path, reason in _field_problems(column):
            yield f"columns[{index}].{path}", reason
    if any(column.sensitive for column in element.columns) and not element.sensitive:
        yield "sensitive", "含敏感列的数据元须标为敏感"


def _field_problems(field: Field) -> Iterator[tuple[str, str]]:
    if field.pattern is not None:
        yield from _pattern_problems(field, field.pattern)
    if (field.kind == "enum") != bool(field.options):
        yield "options", "enum 类型须有 options，其他类型不能有"
    values = [option.value for option in field.options]
    if len(values) != len(set(values)):
        yield "options", "选项的 value 重复"
    for index, name in enumerate(field.checks):
        if name not in CHECKS:
            yield f"checks[{index}]", f"没有校验 {name}"
    if field.checks and field.kind not in TEXT_KINDS | {"bank_account"}:
        yield "checks", f"{field.kind} 类型不能有 checks"
    for low, high in (("min_length", "max_length"), ("minimum", "maximum")):
        bounds = getattr(field, low), getattr(field, high)
        if None not in bounds and bounds[0] > bounds[1]:
            yield low, f"{low} 大于 {high}"


def _pattern_problems(field: Field, pattern: str) -> Iterator[tuple[str, str]]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield "pattern", f"正则表达式不合法：{error}"
    if field.kind not in TEXT_KINDS:
        yield "pattern", f"{field.kind} 类型不能有 pattern"


def _rule(draft: Draft, key: str, rule: Rule) -> Iterator[Finding]:
    for path, reason in _rule_problems(draft, rule):
        yield Finding("rules", key, path, reason)


def _rule_problems(draft: Draft, rule: Rule) -> Iterator[tuple[str, str]]:
    for name, code in rule.fields.items():
        if not draft.knows("elements", code):
            yield f"fields.{name}", f"没有数据元 {code}"
    if rule.at not in rule.fields.values():
        yield "at", "须是 fields 中的数据元"
    for index, code in enumerate(rule.items):
        if not draft.knows("items", code):
            yield f"items[{index}]", f"没有事项 {code}"
    if rule.check not in RULES:
        yield "check", f"没有校验 {rule.check}"
        return
    given = {*rule.fields, *rule.params}
    wanted = arguments_of(rule.check)
    if given != wanted:
        yield "fields", f"{rule.check} 需要参数 {'、'.join(sorted(wanted))}"


def _material(draft: Draft, material: Material) -> Iterator[Finding]:
    for path, reason in _material_problems(draft, material):
        yield Finding("materials", material.code, path, reason)


def _material_problems(draft: Draft, material: Material) -> Iterator[tuple[str, str]]:
    way = material.obtained
    if way == "shared" and not draft.shares(material.shared_from):
        yield "shared_from", f"没有部门或数据源 {material.shared_from}"
    if way != "shared" and material.shared_from is not None:
        yield "shared_from", "只有 shared 的材料有 shared_from"
    if way in {"merged", "commitment"} and not draft.knows("materials", material.target):
        yield "target", f"没有材料 {material.target}"
    elif way in {"merged", "commitment"}:
        target = draft.materials.get(str(material.target))
        if target is not None and target.obtained != "retained":
            yield "target", f"{material.target} 不是保留的材料"
    if way == "field" and not draft.knows("elements", material.target):
        yield "target", f"没有数据元 {material.target}"
    if way not in {"merged", "commitment", "field"} and material.target is not None:
        yield "target", f"{way} 的材料没有 target"
    if way == "produced" and not _producers(draft, material.code):
        yield "obtained", "没有事项产出该材料"
    if way == "commitment" and not material.clause:
        yield "clause", "承诺免交的材料须写承诺条款"


def _producers(draft: Draft, material: str) -> set[str]:
    return {item.code for item in draft.items.values() if item.result.material == material}


def _item(draft: Draft, item: Item) -> Iterator[Finding]:
    for path, reason in _item_problems(draft, item):
        yield Finding("items", item.code, path, reason)


def _item_problems(draft: Draft, item: Item) -> Iterator[tuple[str, str]]:
    if not draft.knows("departments", item.department):
        yield "department", f"没有部门 {item.department}"
    for index, code in enumerate(item.co_departments):
        if not draft.knows("departments", code):
            yield f"co_departments[{index}]", f"没有部门 {code}"
        if code == item.department:
            yield f"co_departments[{index}]", "主办部门不能同时是会办部门"
    yield from _item_warning(item)
    yield from _item_fields(draft, item)
    yield from _item_lines(draft, item)
    yield from _item_result(draft, item)
    for index, need in enumerate(item.requires):
        for path, reason in _requirement(draft, item, need):
            yield f"requires[{index}].{path}", reason


def _item_warning(item: Item) -> Iterator[tuple[str, str]]:
    if item.warn_days is None:
        return
    limits = [days for days in (item.promised_days, item.statutory_days) if days is not None]
    if not 1 <= item.warn_days < min(limits):
        yield "warn_days", f"黄牌提前天数须至少为 1 且小于时限 {min(limits)} 个工作日"


def _item_fields(draft: Draft, item: Item) -> Iterator[tuple[str, str]]:
    for part, codes in (("fields", item.fields), ("own_fields", item.own_fields)):
        for index, code in enumerate(codes):
            path = f"{part}[{index}]"
            if not draft.knows("elements", code):
                yield path, f"没有数据元 {code}"
            if code in codes[:index]:
                yield path, f"数据元重复：{code}"
            element = draft.elements.get(code)
            if element is None:
                continue
            if (element.scope == "dictionary") != (part == "fields"):
                yield path, f"{code} 的 scope 是 {element.scope}，不能放在 {part}"
            if element.applicant not in {None, item.applicant}:
                yield path, f"{code} 属于另一类申请人"


def _item_lines(draft: Draft, item: Item) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for index, line in enumerate(item.materials):
        path = f"materials[{index}]"
        if not draft.knows("materials", line.material):
            yield f"{path}.material", f"没有材料 {line.material}"
        if line.material in seen:
            yield f"{path}.material", f"材料重复：{line.material}"
        seen.add(line.material)
        if line.when is not None:
            yield from _condition(draft, item, line.when, f"{path}.when")


def _item_result(draft: Draft, item: Item) -> Iterator[tuple[str, str]]:
    code = item.result.material
    if code is None:
        return
    if not draft.knows("materials", code):
        yield "result.material", f"没有材料 {code}"
    material = draft.materials.get(code)
    if material is not None and material.obtained != "produced":
        yield "result.material", f"{code} 的 obtained 不是 produced"


def _requirement(draft: Draft, item: Item, need: Requirement) -> Iterator[tuple[str, str]]:
    for index, code in enumerate(need.any_of):
        if not draft.knows("items", code):
            yield f"any_of[{index}]", f"没有事项 {code}"
        if code == item.code:
            yield f"any_of[{index}]", "事项不能以自己为前置"
        other = draft.items.get(code)
        if other and other.applicant != item.applicant and need.subject is None:
            yield f"any_of[{index}]", f"{code} 由另一类申请人办理，须写 subject"
    if need.material is not None:
        yield from _required_material(draft, item, need, need.material)
    if need.subject is not None:
        yield from _subject(draft, item, need)
    if need.when is not None:
        yield from _condition(draft, item, need.when, "when")


def _required_material(
    draft: Draft, item: Item, need: Requirement, code: str
) -> Iterator[tuple[str, str]]:
    if not draft.knows("materials", code):
        yield "material", f"没有材料 {code}"
    elif code not in {line.material for line in item.materials}:
        yield "material", f"{code} 不在该事项的材料中"
    material = draft.materials.get(code)
    if material is not None and material.obtained == "produced":
        for index, other in enumerate(need.any_of):
            if other in draft.items and other not in _producers(draft, code):
                yield f"any_of[{index}]", f"{other} 不产出材料 {code}"


def _subject(draft: Draft, item: Item, need: Requirement) -> Iterator[tuple[str, str]]:
    subject = need.subject
    if subject is None:
        return
    if subject.element not in item.all_fields:
        yield "subject.element", f"该事项不填写 {subject.element}"
    element = draft.elements.get(subject.element)
    if element is None:
        return
    if (element.kind == "list") != (subject.column is not None):
        yield "subject.column", "list 类型须写 column，其他类型不写"
    elif subject.column is not None and element.column(subject.column) is None:
        yield "subject.column", f"{subject.element} 没有列 {subject.column}"


def _condition(draft: Draft, item: Item, condition: Guard, path: str) -> Iterator[tuple[str, str]]:
    for inner, compare in condition.comparisons():
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in inner)
        for key, reason in _comparison(draft, item, compare):
            yield f"{path}{steps}.{key}", reason


def _comparison(draft: Draft, item: Item, compare: Compare) -> Iterator[tuple[str, str]]:
    element = draft.elements.get(compare.field)
    if not draft.knows("elements", compare.field):
        yield "field", f"没有数据元 {compare.field}"
    elif compare.field not in item.all_fields:
        yield "field", f"该事项不填写 {compare.field}"
    if element is None:
        return
    if element.kind in {"list", "bank_account", "month_range"}:
        yield "field", f"{element.kind} 类型不能比较"
    if compare.op in RELATIVE_TO_APPLICATION and element.kind != "date":
        yield "op", f"{compare.op} 只用于日期"
    if compare.op in ORDERING and element.kind not in ORDERED_KINDS:
        yield "op", f"{element.kind} 类型不能用 {compare.op}"
    for value in compare.values:
        if not _value_fits(element, value):
            yield "value", f"{value} 不是{element.name}的取值"


def _value_fits(element: Element, value: Any) -> bool:
    if element.kind == "enum":
        return value in {option.value for option in element.options}
    if element.kind == "bool":
        return isinstance(value, bool)
    if element.kind in {"integer", "decimal"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _exclusion(draft: Draft, key: str, exclusion: Exclusion) -> Iterator[Finding]:
    for index, code in enumerate(exclusion.items):
        if not draft.knows("items", code):
            yield Finding("exclusions", key, f"items[{index}]", f"没有事项 {code}")
    if exclusion.items[0] == exclusion.items[1]:
        yield Finding("exclusions", key, "items", "事项不能与自己互斥")


def _slugs(draft: Draft) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for item in draft.items.values():
        if item.slug in seen:
            yield Finding("items", item.code, "slug", f"与 {seen[item.slug]} 重复：{item.slug}")
        seen.setdefault(item.slug, item.code)


def _cycle(draft: Draft) -> Iterator[Finding]:
    """Report one cycle: of blocking requirements, else of the order that soft ones add."""
    for strengths, words in (({"hard"}, "前置事项循环"), ({"hard", "soft"}, "办理次序循环")):
        edges = {
            item.code: [
                code for need in item.requires if need.strength in strengths for code in need.any_of
            ]
            for item in draft.items.values()
        }
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            cycle = error.args[1]
            if len(cycle) > 2:  # an item that requires itself is reported where it stands
                yield Finding("items", cycle[-1], "requires", f"{words}：{' → '.join(cycle)}")
            return
