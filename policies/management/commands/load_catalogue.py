from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from policies.loading import CATALOGUES, CatalogueError, load_catalogue


class Command(BaseCommand):
    help = "载入事项目录：文件有误时整体拒绝，内容未变时不做改动。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="目录文件夹，默认载入全部目录")

    def handle(self, *args: Any, path: Path | None, **options: Any) -> None:
        folders = (
            [path.resolve()] if path else sorted(p for p in CATALOGUES.iterdir() if p.is_dir())
        )
        refused = [folder for folder in folders if not self._load(folder)]
        if refused:
            raise CommandError(f"已拒绝 {'、'.join(f.name for f in refused)}，目录没有任何改动。")

    def _load(self, folder: Path) -> bool:
        try:
            report = load_catalogue(folder)
        except CatalogueError as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            return False
        except OperationalError as error:
            raise CommandError(f"数据库无法使用：{str(error).splitlines()[0]}") from None
        title = f"{report.one_thing.name} {report.version}"
        news = "已发布" if report.created else "恢复为现行版本"
        self._tell(f"{title}{news if report.changes else ''}", report.changes)
        if report.policy_changes:
            self._tell(f"{report.one_thing.name} 政策", report.policy_changes)
        return True

    def _tell(self, title: str, changes: tuple[str, ...]) -> None:
        self.stdout.write(f"{title}：{'' if changes else '没有变化。'}")
        for change in changes:
            self.stdout.write(f"  {change}")
