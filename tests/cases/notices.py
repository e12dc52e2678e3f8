"""Holiday notices of the State Council as tables, copied by hand: only days unlike the plain week.

2019–2021 are the years of the one-thing's own documents, 2026 is the present year.
"""

from datetime import date, timedelta

OFF: dict[int, list[str]] = {
    2019: [
        "2019-01-01", "2019-02-04..2019-02-08", "2019-04-05", "2019-05-01..2019-05-03",
        "2019-06-07", "2019-09-13", "2019-10-01..2019-10-04", "2019-10-07",
    ],
    2020: [
        "2020-01-01", "2020-01-24", "2020-01-27..2020-01-31", "2020-04-06", "2020-05-01",
        "2020-05-04..2020-05-05", "2020-06-25..2020-06-26", "2020-10-01..2020-10-02",
        "2020-10-05..2020-10-08",
    ],
    2021: [
        "2021-01-01", "2021-02-11..2021-02-12", "2021-02-15..2021-02-17", "2021-04-05",
        "2021-05-03..2021-05-05", "2021-06-14", "2021-09-20..2021-09-21", "2021-10-01",
        "2021-10-04..2021-10-07",
    ],
    2026: [
        "2026-01-01..2026-01-02", "2026-02-16..2026-02-20", "2026-02-23", "2026-04-06",
        "2026-05-01", "2026-05-04..2026-05-05", "2026-06-19", "2026-09-25",
        "2026-10-01..2026-10-02", "2026-10-05..2026-10-07",
    ],
}  # fmt: skip

WORK: dict[int, list[str]] = {
    2019: ["2019-02-02..2019-02-03", "2019-04-28", "2019-05-05", "2019-09-29", "2019-10-12"],
    2020: ["2020-01-19", "2020-04-26", "2020-05-09", "2020-06-28", "2020-09-27", "2020-10-10"],
    2021: [
        "2021-02-07", "2021-02-20", "2021-04-25", "2021-05-08", "2021-09-18", "2021-09-26",
        "2021-10-09",
    ],
    2026: ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
}  # fmt: skip


def days(spans: list[str]) -> list[date]:
    found = []
    for span in spans:
        begin, _, end = span.partition("..")
        first, last = date.fromisoformat(begin), date.fromisoformat(end or begin)
        found += [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return found


def exceptions(*years: int) -> dict[date, bool]:
    """Return date → worked for the years given, all of them without arguments."""
    chosen = years or tuple(OFF)
    off = {day: False for year in chosen for day in days(OFF[year])}
    return off | {day: True for year in chosen for day in days(WORK[year])}
