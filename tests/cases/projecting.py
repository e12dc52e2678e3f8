"""Editing the calendar in tests, and letting the time pass until everybody knows it."""

from datetime import date, timedelta

from cases import calendar, projection
from cases.models import CalendarRevision
from portal.accounts.models import User


def edit(*days: date, name: str = "临时放假", by: User | None = None) -> CalendarRevision:
    """Make weekdays days off, as an administrator would, and let the edit be half a minute old."""
    years = [calendar.held(year) for year in sorted({day.year for day in days})]
    changed = [
        calendar.Year(
            year.year,
            year.official,
            year.source,
            {**year.days, **{day: (False, name) for day in days if day.year == year.year}},
        )
        for year in years
        if year
    ]
    revision = calendar.revise(changed, how="改定", by=by)
    assert revision is not None
    return settled(revision)


def settled(revision: CalendarRevision) -> CalendarRevision:
    """Return the revision as old as it has to be before deadlines are worked out anew."""
    revision.made_at -= projection.SETTLED_AFTER + timedelta(seconds=1)
    revision.save(update_fields=["made_at"])
    return revision
