"""Any table as an Excel file (导出)."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse

from cases.supervision import tables
from cases.supervision.pages import flow, lists, overview, trends
from cases.supervision.pages.frame import Frame, frame
from cases.supervision.tables import Table
from portal.accounts.models import User
from portal.core.chinese import day_words

# Page in the address → how its file is called, what makes its tables.
SHEETS: dict[str, tuple[str, Callable[[Frame], list[Table]]]] = {
    "overview": ("监督统计", overview.sheets),
    "work-items": ("办件清单", lists.work_items_sheet),
    "cases": ("联办件清单", lists.cases_sheet),
    "trends": ("办结趋势", trends.sheets),
    "bottlenecks": ("堵点分析", flow.bottleneck_sheets),
    "stages": ("环节超时", flow.overtime_sheets),
    "hours": ("忙闲分布", flow.hours_sheets),
}


def download(reader: User, page: str, given: Mapping[str, str]) -> HttpResponse:
    """Return the tables of a page as one file, named in Chinese. Raises KeyError."""
    title, make = SHEETS[page]
    seen = frame(reader, given)
    name = f"{seen.where}{title}（{day_words(seen.choice.today)}）"
    return tables.download(name, make(seen), seen.scope_words)
