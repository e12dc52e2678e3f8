"""How long something has waited, in business time (等候时长). Pure."""

from datetime import datetime, time

from cases.working_time import SHANGHAI, Calendar, civil_day

MINUTES_OF_HOUR = 60


def waited_days(calendar: Calendar, *, since: datetime, until: datetime) -> float:
    """Return the business time between two instants in working days; 0 for none."""
    if until <= since:
        return 0.0
    days = calendar.between(civil_day(since), civil_day(until))
    return days + _short_of_day(calendar, since) - _short_of_day(calendar, until)


def waiting_words(calendar: Calendar, *, since: datetime, until: datetime) -> str:
    """Return 已等 20 分钟, 已等 2 小时 or 已等 3 个工作日; business time only, rounded down."""
    days = waited_days(calendar, since=since, until=until)
    if days >= 1:
        return f"已等 {int(days)} 个工作日"
    # A hair more than the float, so that exactly two hours do not read as one.
    minutes = int(days * _minutes_of_day(calendar) + 1e-6)
    if minutes >= MINUTES_OF_HOUR:
        return f"已等 {minutes // MINUTES_OF_HOUR} 小时"
    return f"已等 {minutes} 分钟" if minutes else "刚刚收到"


def _short_of_day(calendar: Calendar, instant: datetime) -> float:
    """Return which share of the instant's working day is still to come; 0 on a day off."""
    if not calendar.is_working(civil_day(instant)):
        return 0.0
    return 1.0 - calendar.hours.share_passed(instant.astimezone(SHANGHAI).time())


def _minutes_of_day(calendar: Calendar) -> int:
    hours = calendar.hours
    return (
        _minutes(hours.breaks)
        - _minutes(hours.opens)
        + _minutes(hours.closes)
        - _minutes(hours.resumes)
    )


def _minutes(moment: time) -> int:
    return moment.hour * MINUTES_OF_HOUR + moment.minute
