"""What supervision counts over: a choice of work items (范围), a period, and what to group by."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.db.models import Exists, OuterRef, QuerySet

from cases.models import Case, WorkItem
from cases.working_time import SHANGHAI

Items = QuerySet[WorkItem]
Cases = QuerySet[Case]

Grouping = Literal["department", "item", "one_thing", "district", "officer"]
# The choice of what belongs nowhere: cases of no known district, work items nobody has claimed.
NO_DISTRICT, NOBODY = "none", 0
# A department, one-thing or officer by primary key (None: nobody has claimed it), a district by its
# code, a step of time by its first day, an item by the one-thing it belongs to and its code.
Key = int | str | date | tuple[int, str] | None
Step = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in Asia/Shanghai, both included."""

    begin: date
    end: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first instant and the first one after the period."""
        after = self.end + timedelta(days=1)
        return (
            datetime.combine(self.begin, time.min, SHANGHAI),
            datetime.combine(after, time.min, SHANGHAI),
        )


def month_of(day: date) -> Period:
    """Return the whole month of a day."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def month_before(day: date) -> date:
    """Return the first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Scope:
    """A choice of work items; what is empty chooses nothing. Officers are those who claimed.

    NO_DISTRICT and NOBODY choose what has none.
    """

    one_thing: int | None = None
    department: int | None = None
    item: str = ""
    district: str = ""
    officer: int | None = None

    def work_items(self) -> Items:
        items = WorkItem.objects.all()
        if self.one_thing is not None:
            items = items.filter(case__one_thing=self.one_thing)
        if self.department is not None:
            items = items.filter(department=self.department)
        if self.item:
            items = items.filter(item_code=self.item)
        if self.district:
            items = items.filter(case__district=self.district_code)
        return items if self.officer is None else items.filter(claimed_by=self.officer or None)

    @property
    def district_code(self) -> str:
        """The code as it stands in a row."""
        return "" if self.district == NO_DISTRICT else self.district

    def cases(self) -> Cases:
        """Return the cases that were handed in and lie in this scope.

        A department or an officer has to do with a case only from its acceptance on.
        """
        cases = Case.objects.filter(submitted_at__isnull=False)
        if self.one_thing is not None:
            cases = cases.filter(one_thing=self.one_thing)
        if self.district:
            cases = cases.filter(district=self.district_code)
        if self.department is None and self.officer is None:
            return cases.filter(item_codes__contains=[self.item]) if self.item else cases
        return cases.filter(Exists(self.work_items().filter(case=OuterRef("pk"))))
