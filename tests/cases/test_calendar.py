from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from cases import calendar
from cases.models import CalendarDay, CalendarOrdinal, CalendarRevision, CalendarYear
from cases.working_time import WEEKEND
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.notices import exceptions


@pytest.fixture(autouse=True)
def fresh_calendar() -> None:
    calendar.forget()


@pytest.mark.django_db
@pytest.mark.parametrize("year", range(2019, 2027))
def test_loaded_days_are_those_of_the_notice(year: int) -> None:
    calendar.load()

    loaded = CalendarDay.objects.filter(date__year=year).values_list("date", "working")

    assert dict(loaded) == exceptions(year)


@pytest.mark.django_db
def test_every_published_year_is_official_and_the_next_two_are_not() -> None:
    calendar.load()

    years = dict(CalendarYear.objects.values_list("year", "official"))

    assert years == {year: year <= 2026 for year in range(2004, 2029)}
    assert not CalendarDay.objects.filter(date__year__gt=2026).exists()


@pytest.mark.django_db
def test_loading_again_changes_nothing() -> None:
    first = calendar.load()
    rows = list(CalendarDay.objects.values_list())

    again = calendar.load()

    assert (first.years, first.days) == (25, len(rows))
    assert again == calendar.LoadReport(first.years, first.days, changed=0)
    assert list(CalendarDay.objects.values_list()) == rows


@pytest.mark.django_db
def test_loading_repairs_a_changed_day_and_removes_a_wrong_one() -> None:
    calendar.load()
    CalendarDay.objects.get(date=date(2026, 10, 1)).delete()
    CalendarDay.objects.create(date=date(2026, 11, 24), working=False, name="误")

    report = calendar.load()

    assert report.changed == 2
    assert not calendar.current().is_working(date(2026, 10, 1))
    assert calendar.current().is_working(date(2026, 11, 24))


@pytest.mark.django_db
def test_a_year_kept_by_an_administrator_is_left_alone() -> None:
    calendar.load()
    CalendarYear.objects.filter(year=2027).update(official=True, source="国办发明电〔2026〕1号")
    CalendarDay.objects.create(date=date(2027, 1, 1), working=False, name="元旦")

    calendar.load()

    assert not calendar.current().is_working(date(2027, 1, 1))
    assert not calendar.current().is_provisional(date(2027, 1, 1))


@pytest.mark.django_db
def test_the_calendar_is_read_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        calendar.current()

    with django_assert_num_queries(0):
        calendar.current()


@pytest.mark.django_db
def test_another_process_sees_a_change_after_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = [1000.0]
    monkeypatch.setattr(calendar, "monotonic", lambda: ticks[0])
    assert calendar.current().is_working(date(2027, 2, 8))
    CalendarDay.objects.create(date=date(2027, 2, 8), working=False)

    ticks[0] += 29
    assert calendar.current().is_working(date(2027, 2, 8))

    ticks[0] += 2
    assert not calendar.current().is_working(date(2027, 2, 8))


@pytest.mark.django_db
def test_years_without_notice_follow_the_plain_week() -> None:
    calendar.load()
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(3 * 365)]

    working = calendar.current()

    assert all(working.is_working(day) == (day.weekday() not in WEEKEND) for day in days)
    assert working.add(date(2026, 12, 31), 300).year == 2028


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("today", "named"),
    [
        (date(2026, 9, 1), ""),  # 60 working days end in December
        (date(2026, 11, 24), "2027年的放假安排"),
        (date(2027, 3, 1), "2027年的放假安排"),
        (date(2027, 12, 1), "2027年、2028年的放假安排"),
    ],
)
def test_supervisors_are_warned_of_years_that_deadlines_reach(today: date, named: str) -> None:
    calendar.load()

    warning = calendar.provisional_warning(calendar.current(), today)

    assert (warning or "").startswith(named)
    assert bool(warning) == bool(named)


@pytest.mark.django_db
def test_an_empty_calendar_counts_monday_to_friday_and_warns() -> None:
    working = calendar.current()

    assert working.is_working(date(2026, 10, 1))
    assert not working.is_working(date(2026, 10, 10))
    assert calendar.provisional_warning(working, date(2026, 9, 1)) is not None


@pytest.mark.django_db
def test_load_calendar_says_what_it_did() -> None:
    said = StringIO()

    call_command("load_calendar", stdout=said)

    assert said.getvalue().startswith("日历共25个年份、557个特殊日期，本次更新582行。")


@pytest.mark.django_db
def test_a_load_is_one_revision_and_an_idle_one_none() -> None:
    calendar.load()
    calendar.load()

    revision = CalendarRevision.objects.get()
    assert revision.note == "载入已发布的放假通知：2004年至2028年，25 个年份、557 个特殊日期"
    assert Event.objects.filter(kind="calendar.changed").count() == 1


@pytest.mark.django_db
def test_ordinals_missing_since_an_older_release_are_counted_by_the_next_load() -> None:
    calendar.load()
    CalendarOrdinal.objects.all().delete()

    calendar.load()

    assert CalendarOrdinal.objects.count() == 9132


@pytest.mark.django_db
def test_time_brings_provisional_years() -> None:
    calendar.load()
    with clock.at(datetime(2028, 1, 1, 9, tzinfo=UTC)):
        revision = calendar.keep_ahead()
        assert calendar.keep_ahead() is None

    assert revision is not None
    assert CalendarYear.objects.filter(year__in=(2029, 2030), official=False).count() == 2
    assert CalendarOrdinal.objects.latest("date").date == date(2030, 12, 31)


@pytest.mark.django_db
def test_an_empty_calendar_is_not_made_up() -> None:
    assert calendar.keep_ahead() is None
    assert not CalendarYear.objects.exists()
