"""Reading a folder of YAML files into a catalogue, or refusing it whole with every mistake found.

Files are read in the order of their names; entries keep that order in forms, menus and reports.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode

from policies.integrity import Draft, Finding, findings
from policies.schema import (
    Catalogue,
    DataSource,
    DepartmentInfo,
    Element,
    Exclusion,
    Item,
    Material,
    OneThingInfo,
    Rule,
    Source,
)

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml: the same, ten times slower
    from yaml import SafeLoader  # type: ignore[assignment]

CATALOGUES = Path(__file__).parent / "catalogue"

TABLES: dict[str, type[BaseModel]] = {
    "departments": DepartmentInfo,
    "data_sources": DataSource,
    "elements": Element,
    "materials": Material,
    "items": Item,
    "sources": Source,
}
LISTS: dict[str, type[BaseModel]] = {"rules": Rule, "exclusions": Exclusion}
NEEDED = ("one_thing", "departments", "elements", "materials", "items", "sources")

_REASONS = {
    "missing": "缺少该键",
    "extra_forbidden": "不认识的键",
    "string_type": "应为文字",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "格式不对，应由字母、数字、下划线或连字符组成",
    "int_type": "应为整数",
    "bool_type": "应为 true 或 false",
    "decimal_parsing": "应为数字",
    "decimal_type": "应为数字",
    "tuple_type": "应为列表",
    "dict_type": "应为键值表",
    "mapping_type": "应为键值表",
    "model_type": "应为键值表",
    "model_attributes_type": "应为键值表",
    "too_short": "不能为空",
    "too_long": "项数过多",
    "date_from_datetime_parsing": "应为 2020-06-01 形式的日期",
    "date_type": "应为 2020-06-01 形式的日期",
}


class Problem(NamedTuple):
    """One mistake in a catalogue: which file, where in it, what is wrong."""

    file: str
    path: str
    reason: str

    def __str__(self) -> str:
        return "：".join(part for part in self if part)


class CatalogueError(Exception):
    """A folder that is not a sound catalogue; nothing of it was taken over."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def read_catalogue(folder: Path) -> Catalogue:
    """Return the catalogue in a folder's *.yaml files; raise CatalogueError with all problems."""
    reading = _Reading(folder)
    reading.run()
    if reading.problems:
        raise CatalogueError(tuple(sorted(reading.problems)))
    return reading.catalogue()


class StrictLoader(SafeLoader):
    """YAML without surprises: no key twice, no yes/no/on/off, dates stay text."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise ConstructorError(None, None, f"键重复：{key}", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


# Anything that only looks like a date or a switch is text; true and false alone are switches.
StrictLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:timestamp"
        and (tag != "tag:yaml.org,2002:bool" or first in "tTfF")
    ]
    for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
}


def document_in(path: Path, name: str) -> dict[Any, Any] | Problem:
    """Return the mapping in a YAML file, or why there is none; `name` is what the problem says."""
    try:
        document = yaml.load(path.read_bytes().decode("utf-8"), StrictLoader)  # noqa: S506
    except UnicodeDecodeError:
        return Problem(name, "", "不是 UTF-8 编码")
    except OSError as error:
        return Problem(name, "", f"无法读取：{error.strerror}")
    except yaml.MarkedYAMLError as error:
        line = f"第 {error.problem_mark.line + 1} 行" if error.problem_mark else ""
        return Problem(name, line, f"YAML 写法不对：{error.problem}")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Problem(name, "", f"YAML 写法不对：{error}")
    if isinstance(document, dict):
        return document
    return Problem(name, "", "文件是空的" if document is None else "最外层应为键值表")


@dataclass(frozen=True)
class _Place:
    file: str
    path: str


class _Reading:
    """One pass over a folder: what was read, where it stood, what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: set[Problem] = set()
        self.draft = Draft()
        self.places: dict[tuple[str, str], _Place] = {}
        self.sections: set[str] = set()

    def run(self) -> None:
        documents = list(self._documents())
        # References into a file that cannot be read would all look broken.
        whole = not self.problems
        for name, document in documents:
            for section, content in document.items():
                self._section(name, str(section), content)
        if whole:
            self._check_references()

    def _check_references(self) -> None:
        for section in NEEDED:
            if section not in self.sections:
                self._problem(self.folder.name, section, "目录中没有这一部分")
        for finding in findings(self.draft):
            self._finding(finding)

    def catalogue(self) -> Catalogue:
        tables = self.draft.tables
        parts = {name: tuple(tables.get(name, {}).values()) for name in (*TABLES, *LISTS)}
        return Catalogue.model_validate({"one_thing": self.draft.one_thing, **parts})

    def _documents(self) -> Iterator[tuple[str, dict[Any, Any]]]:
        if not self.folder.is_dir():
            self._problem(str(self.folder), "", "没有这个文件夹")
            return
        paths = sorted(self.folder.glob("*.yaml"))
        if not paths:
            self._problem(self.folder.name, "", "文件夹中没有 .yaml 文件")
        for path in paths:
            name = f"{self.folder.name}/{path.name}"
            document = document_in(path, name)
            if isinstance(document, Problem):
                self.problems.add(document)
            else:
                yield name, document

    def _section(self, file: str, section: str, content: Any) -> None:
        known = section in TABLES or section in LISTS or section == "one_thing"
        if not known:
            self._problem(file, section, "不认识的键")
            return
        if section == "one_thing":
            self._one_thing(file, content)
        elif not isinstance(content, list):
            self._problem(file, section, "应为列表")
        else:
            for index, entry in enumerate(content):
                self._entry(file, section, index, entry)
        self.sections.add(section)

    def _one_thing(self, file: str, content: Any) -> None:
        if "one_thing" in self.sections:
            self._problem(file, "one_thing", "重复，一个目录只有一件事")
            return
        place = _Place(file, "one_thing")
        self.places["one_thing", ""] = place
        parsed = self._validated(OneThingInfo, place, content)
        self.draft.one_thing = parsed if isinstance(parsed, OneThingInfo) else None

    def _entry(self, file: str, section: str, index: int, entry: Any) -> None:
        code = entry.get("code") if isinstance(entry, dict) else None
        coded = section in TABLES and isinstance(code, str) and bool(code)
        place = _Place(file, f"{section}[{code if coded else index}]")
        key = str(code) if coded else f"{file}:{index}"
        if (section, key) in self.places:
            self._problem(file, place.path, f"代码重复，已见于 {self.places[section, key].file}")
            return
        self.places[section, key] = place
        self.draft.known.setdefault(section, set()).add(key)
        model = TABLES[section] if section in TABLES else LISTS[section]
        parsed = self._validated(model, place, entry)
        if parsed is not None:
            self.draft.tables.setdefault(section, {})[key] = parsed

    def _validated(self, model: type[BaseModel], place: _Place, content: Any) -> BaseModel | None:
        try:
            return model.model_validate(content)
        except ValidationError as error:
            for detail in error.errors():
                path = place.path + steps_of(detail["loc"])
                self._problem(place.file, path, reason_of(detail))
            return None

    def _finding(self, finding: Finding) -> None:
        place = self.places[finding.section, finding.key]
        self._problem(place.file, f"{place.path}.{finding.path}", finding.reason)

    def _problem(self, file: str, path: str, reason: str) -> None:
        self.problems.add(Problem(file, path, reason))


def steps_of(loc: tuple[int | str, ...]) -> str:
    """Write a location as .key and [index]; the tags of condition kinds are left out."""
    steps = [step for step in loc if not str(step).startswith("<")]
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def reason_of(detail: Any) -> str:
    """Say in Chinese what pydantic found wrong."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "literal_error":
        return f"只能是 {context['expected'].replace(' or ', '、').replace(', ', '、')}"
    if kind == "value_error":
        return str(context["error"])
    return _REASONS.get(kind, detail["msg"])
