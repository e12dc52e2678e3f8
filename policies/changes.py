"""What changed between two catalogues, told line by line in Chinese; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from policies.schema import Catalogue, Days

_TABLES = {
    "departments": "部门",
    "data_sources": "数据源",
    "elements": "数据元",
    "materials": "材料",
    "items": "事项",
    "sources": "来源",
}
_LABELS = {
    "name": "名称",
    "short_name": "简称",
    "title": "名称",
    "slug": "网址代码",
    "summary": "简介",
    "lead": "牵头部门",
    "division": "行政区划",
    "launched": "上线日期",
    "promised_days": "总承诺时限",
    "chains": "公布的链条",
    "applicant": "申请人类别",
    "department": "主办部门",
    "co_departments": "会办部门",
    "cross_department": "是否跨部门",
    "warn_days": "黄牌提前（工作日）",
    "fields": "共享数据元",
    "own_fields": "专有数据元",
    "materials": "原材料清单",
    "result": "办理结果",
    "requires": "前置事项",
    "special_procedures": "特别程序",
    "window": "受理期",
    "supplies": "登记的事实",
    "kind": "类型",
    "obtained": "取得方式",
    "shared_from": "共享来源",
    "target": "去向",
    "hint": "说明",
    "clause": "承诺条款",
    "accept": "文件格式",
    "max_kb": "文件大小上限",
    "required": "是否必填",
    "help": "格式说明",
    "options": "选项",
    "checks": "校验",
    "pattern": "格式",
    "sensitive": "是否敏感",
    "section": "分组",
    "columns": "列",
    "source": "来源",
    "note": "备注",
}
_DAYS = {"before": "改革前时限", "promised": "承诺时限", "statutory": "法定时限"}
# A long text is said to have changed, not printed twice.
SHORT = 40


def changes_between(old: Catalogue | None, new: Catalogue) -> tuple[str, ...]:
    """Return what is different in the new catalogue; without an old one, what it holds."""
    if old is None:
        counts = "、".join(
            f"{label} {len(getattr(new, table))} 个" for table, label in _TABLES.items()
        )
        return (f"首次载入：{counts}",)
    return tuple(_lines(old, new))


def _lines(old: Catalogue, new: Catalogue) -> Iterator[str]:
    for part in _parts(old.one_thing, new.one_thing):
        yield f"一件事：{part}"
    for table, label in _TABLES.items():
        yield from _table(label, getattr(old, table), getattr(new, table))
    for part, label in (("rules", "跨字段校验"), ("exclusions", "互斥事项")):
        if getattr(old, part) != getattr(new, part):
            yield f"{label}有变化：{len(getattr(old, part))} → {len(getattr(new, part))} 条"


def _table(label: str, old: Mapping[str, BaseModel], new: Mapping[str, BaseModel]) -> Iterator[str]:
    yield from (f"新增{label} {code} {_name(new[code])}" for code in new if code not in old)
    yield from (f"取消{label} {code} {_name(old[code])}" for code in old if code not in new)
    for code, entry in new.items():
        if code in old:
            yield from (f"{code} {part}" for part in _parts(old[code], entry))
    common = [code for code in old if code in new]
    if common != [code for code in new if code in old]:
        yield f"{label}的顺序有变化"


def _name(entry: Any) -> str:
    return str(entry.title if hasattr(entry, "title") else entry.name)


def _parts(old: BaseModel, new: BaseModel) -> Iterator[str]:
    for key in type(new).model_fields:
        before, after = getattr(old, key), getattr(new, key)
        if before == after:
            continue
        if isinstance(before, Days) and isinstance(after, Days):
            yield from _days(before, after)
        else:
            yield _change(_LABELS.get(key, key), before, after)


def _days(old: Days, new: Days) -> Iterator[str]:
    for key, label in _DAYS.items():
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield f"{label} {_shown(before)} → {_shown(after)} 个工作日"
    for key in ("source", "note"):
        if getattr(old, key) != getattr(new, key):
            yield _change(f"时限的{_LABELS[key]}", getattr(old, key), getattr(new, key))


def _change(label: str, before: Any, after: Any) -> str:
    if isinstance(before, tuple) and isinstance(after, tuple):
        return f"{label}{_members(before, after)}"
    texts = _shown(before), _shown(after)
    if isinstance(before, BaseModel) or isinstance(after, BaseModel) or len("".join(texts)) > SHORT:
        return f"{label}有变化"
    return f"{label} {texts[0]} → {texts[1]}"


def _members(before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    names = [_member(part) for part in before], [_member(part) for part in after]
    added = [name for name in names[1] if name not in names[0]]
    removed = [name for name in names[0] if name not in names[1]]
    parts = [
        f"{verb} {'、'.join(part)}" for verb, part in (("增加", added), ("减少", removed)) if part
    ]
    return "，".join(parts) or "有变化"


def _member(part: Any) -> str:
    for key in ("code", "material", "value", "name"):
        if getattr(part, key, None):
            return str(getattr(part, key))
    return "|".join(part.any_of) if hasattr(part, "any_of") else str(part)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "无" if value is None or value == "" else str(value)
