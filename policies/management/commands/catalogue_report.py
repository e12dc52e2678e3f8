import json
from argparse import ArgumentParser
from typing import Any
from unicodedata import east_asian_width

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from policies.arithmetic import figures
from policies.models import OneThing
from policies.reading import CATALOGUES, CatalogueError, read_catalogue
from policies.schema import Catalogue

LABELS = {
    "departments": "联办部门（个）",
    "items": "事项（项）",
    "items_personal": "其中个人事项（项）",
    "items_enterprise": "其中企业事项（项）",
    "forms_before": "改革前表单（张）",
    "fields_personal": "个人共享数据元（项）",
    "fields_enterprise": "企业共享数据元（项）",
    "materials_before": "改革前材料（份）",
    "materials_after": "改革后材料（份）",
    "days_before": "改革前累计时限（工作日）",
    "days_after": "改革后累计承诺时限（工作日）",
    "cells_personal_before": "改革前个人表单填写项（项）",
    "cells_enterprise_before": "改革前企业表单填写项（项）",
    "critical_path_days": "并联办理最长用时（工作日）",
}


class Command(BaseCommand):
    help = "由目录计算改革成效数字。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="一件事的网址代码，例如 hangzhou")
        parser.add_argument("--json", action="store_true", help="输出 JSON")
        parser.add_argument("--loaded", action="store_true", help="按已载入的现行版本计算")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        try:
            catalogue = _loaded(slug) if options["loaded"] else _from_files(slug)
        except OperationalError as error:
            raise CommandError(f"数据库无法使用：{str(error).splitlines()[0]}") from None
        numbers = figures(catalogue)
        if options["json"]:
            self.stdout.write(json.dumps(numbers, ensure_ascii=False, indent=2))
            return
        self.stdout.write(catalogue.one_thing.name)
        for label, value in _rows(catalogue, numbers):
            self.stdout.write(f"  {_padded(label, 44)}{value:>8}")


def _from_files(slug: str) -> Catalogue:
    known = {folder.name for folder in CATALOGUES.iterdir() if folder.is_dir()}
    if slug not in known:
        raise CommandError(f"没有名为 {slug} 的一件事；现有：{'、'.join(sorted(known))}。")
    try:
        return read_catalogue(CATALOGUES / slug)
    except CatalogueError as error:
        raise CommandError(str(error)) from None


def _loaded(slug: str) -> Catalogue:
    one_thing = OneThing.objects.filter(slug=slug).select_related("current").first()
    if one_thing is None or one_thing.current is None:
        raise CommandError(f"没有已载入的一件事 {slug}，请先运行 load_catalogue。")
    return one_thing.catalogue


def _rows(catalogue: Catalogue, numbers: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [(label, str(numbers[key])) for key, label in LABELS.items()]
    for chain in catalogue.one_thing.chains:
        chained = numbers[f"chain_{chain.code}"]
        for key, label in (("days", "用时（工作日）"), ("materials", "材料（份）")):
            change = f"{chained[f'{key}_before']} → {chained[f'{key}_after']}"
            rows.append((f"{chain.name}{label}", change))
    return rows


def _padded(text: str, width: int) -> str:
    """Pad to a width of terminal columns, in which a Chinese character takes two."""
    taken = sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)
    return text + " " * max(width - taken, 1)
