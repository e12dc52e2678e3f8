"""Deadlines worked out by hand: start, budget, pauses → due day, yellow instant (Asia/Shanghai).

The comment of each row counts the days. 2026-11-23 is a Monday. Holiday facts: tests/cases/notices.
"""

from typing import NamedTuple


class Golden(NamedTuple):
    start: str
    budget: int
    due_on: str
    yellow: str
    pauses: tuple[str, ...] = ()


PLAIN_WEEKS = [
    # The settled example: Tue, Wed, Thu; one day left on Wed.
    Golden("2026-11-23 10:00", 3, "2026-11-26", "2026-11-25 09:00"),
    # Tue.
    Golden("2026-11-23 10:00", 1, "2026-11-24", "2026-11-24 13:30"),
    # Tue, Wed.
    Golden("2026-11-23 10:00", 2, "2026-11-25", "2026-11-25 09:00"),
    # 24–27 (4), 30: t = max(1, 1) → the day before.
    Golden("2026-11-23 10:00", 5, "2026-11-30", "2026-11-27 09:00"),
    # 24–27 (4), 30–4 (9); 0.2 × 9 = 1.8 → 1.
    Golden("2026-11-23 10:00", 9, "2026-12-04", "2026-12-03 09:00"),
    # 24–27 (4), 30–4 (9), 7; 0.2 × 10 = 2: after Thu 3 come 4 and 7.
    Golden("2026-11-23 10:00", 10, "2026-12-07", "2026-12-03 09:00"),
    # 24–27 (4), 30–4 (9), 7–11 (14), 14, 15; 0.2 × 16 = 3.2 → 3: after Thu 10 come 11, 14, 15.
    Golden("2026-11-23 10:00", 16, "2026-12-15", "2026-12-10 09:00"),
    # Friday evening: the start day is not counted anyhow; Mon.
    Golden("2026-11-27 18:30", 1, "2026-11-30", "2026-11-30 13:30"),
    # Saturday start: Mon.
    Golden("2026-11-28 10:00", 1, "2026-11-30", "2026-11-30 13:30"),
    # Saturday start: Mon, Tue, Wed.
    Golden("2026-11-28 10:00", 3, "2026-12-02", "2026-12-01 09:00"),
    # The last second of Sunday: the same.
    Golden("2026-11-29 23:59:59", 3, "2026-12-02", "2026-12-01 09:00"),
    # The first second of Monday: Tue, Wed, Thu.
    Golden("2026-11-30 00:00", 3, "2026-12-03", "2026-12-02 09:00"),
]

SAME_DAY = [
    # 10:00 to 17:30 is 7:30; half of it 3:45.
    Golden("2026-11-23 10:00", 0, "2026-11-23", "2026-11-23 13:45"),
    # Before opening it begins when it begins: 7:00 to 17:30 is 10:30; half 5:15.
    Golden("2026-11-23 07:00", 0, "2026-11-23", "2026-11-23 12:15"),
    # A minute before closing: half a minute.
    Golden("2026-11-23 17:29", 0, "2026-11-23", "2026-11-23 17:29:30"),
    # At closing time the day is over: Tue from 9:00; 8:30, half 4:15.
    Golden("2026-11-23 17:30", 0, "2026-11-24", "2026-11-24 13:15"),
    # The last second of Monday: Tue.
    Golden("2026-11-23 23:59:59", 0, "2026-11-24", "2026-11-24 13:15"),
    # Friday evening: Mon.
    Golden("2026-11-27 18:00", 0, "2026-11-30", "2026-11-30 13:15"),
    # Saturday: Mon.
    Golden("2026-11-28 10:00", 0, "2026-11-30", "2026-11-30 13:15"),
    # National Day: the first working day is Thu 8.
    Golden("2026-10-01 12:00", 0, "2026-10-08", "2026-10-08 13:15"),
    # A Sunday worked: that day.
    Golden("2026-09-20 10:00", 0, "2026-09-20", "2026-09-20 13:45"),
    # Evening of the Saturday worked before the Spring Festival: Tue 24.
    Golden("2026-02-14 18:00", 0, "2026-02-24", "2026-02-24 13:15"),
]

HOLIDAYS = [
    # 2019 Labour Day: 1–4 off; Sun 5 worked (1), 6, 7.
    Golden("2019-04-30 10:00", 3, "2019-05-07", "2019-05-06 09:00"),
    # 2019, Sun 29 worked is the start: Mon 30 (1), 1–7 off, Tue 8.
    Golden("2019-09-29 10:00", 2, "2019-10-08", "2019-10-08 09:00"),
    # 2019: Fri 11 (1) and the Saturday worked.
    Golden("2019-10-10 10:00", 2, "2019-10-12", "2019-10-12 09:00"),
    # 2020, the prolonged Spring Festival: off 24 January to 2 February.
    Golden("2020-01-23 10:00", 1, "2020-02-03", "2020-02-03 13:30"),
    # 2020, Sun 19 worked is the start: 20, 21, 22.
    Golden("2020-01-19 10:00", 3, "2020-01-22", "2020-01-21 09:00"),
    # 2020: 1–8 off; Fri 9, Sat 10 worked, 12, 13, 14.
    Golden("2020-09-30 10:00", 5, "2020-10-14", "2020-10-13 09:00"),
    # 2021, Sat 18 worked is the start: 19–21 off; 22, 23, 24.
    Golden("2021-09-18 10:00", 3, "2021-09-24", "2021-09-23 09:00"),
    # 2021: 1–7 off; Fri 8, Sat 9 worked, 11–15 (7), 18, 19, 20; two left after Mon 18.
    Golden("2021-09-30 10:00", 10, "2021-10-20", "2021-10-18 09:00"),
    # New Year 2026: Thu 1 to Sat 3 off, Sun 4 worked.
    Golden("2025-12-31 10:00", 1, "2026-01-04", "2026-01-04 13:30"),
    # Spring Festival 2026: Sat 14 is worked.
    Golden("2026-02-13 10:00", 1, "2026-02-14", "2026-02-14 13:30"),
    # 15–23 off; Tue 24, Wed 25.
    Golden("2026-02-14 10:00", 2, "2026-02-25", "2026-02-25 09:00"),
    # Friday evening before a Saturday worked.
    Golden("2026-02-27 17:31", 1, "2026-02-28", "2026-02-28 13:30"),
    # The Sunday worked before Mid-autumn.
    Golden("2026-09-18 15:00", 1, "2026-09-20", "2026-09-20 13:30"),
    # Mid-autumn Fri 25 off: Mon 28, Tue 29.
    Golden("2026-09-24 10:00", 2, "2026-09-29", "2026-09-29 09:00"),
    # Last day before the National Day: 1–7 off, Thu 8.
    Golden("2026-09-30 10:00", 1, "2026-10-08", "2026-10-08 13:30"),
    # Make-up week: Thu 8, Fri 9, Sat 10 worked.
    Golden("2026-09-30 16:00", 3, "2026-10-10", "2026-10-09 09:00"),
    # A start in the holiday, last second: 8, 9, 10.
    Golden("2026-10-05 23:59:59", 3, "2026-10-10", "2026-10-09 09:00"),
    # Into 2027 without a notice: Thu 31, Fri 1 January counts for now, Mon 4.
    Golden("2026-12-30 10:00", 3, "2027-01-04", "2027-01-01 09:00"),
    # 24–27 (4), 9, 14, 19, 24, 28–1 (29), Mon 4; 0.2 × 30 = 6: after Fri 25 come 28–1 and 4.
    Golden("2026-11-23 10:00", 30, "2027-01-04", "2026-12-25 09:00"),
]

PAUSED = [
    # Tue counts (the day a pause begins), Wed and Thu do not; Fri (2), Mon (3).
    Golden("2026-11-23 10:00", 3, "2026-11-30", "2026-11-27 09:00",
           ("2026-11-24 10:00/2026-11-26 15:00",)),
    # Within one day: nothing moves.
    Golden("2026-11-23 10:00", 3, "2026-11-26", "2026-11-25 09:00",
           ("2026-11-24 10:00/2026-11-24 16:00",)),
    # Begun on the start day: Tue, Wed left out; Thu, Fri, Mon.
    Golden("2026-11-23 10:00", 3, "2026-11-30", "2026-11-27 09:00",
           ("2026-11-23 11:00/2026-11-25 09:00",)),
    # Over a weekend: Fri (1), Mon left out, Tue (2), Wed (3).
    Golden("2026-11-26 10:00", 3, "2026-12-02", "2026-12-01 09:00",
           ("2026-11-27 16:00/2026-11-30 09:00",)),
    # Two pauses: Tue (1), Wed out, Thu (2), Fri and Mon out, Tue, Wed, Thu.
    Golden("2026-11-23 10:00", 5, "2026-12-03", "2026-12-02 09:00",
           ("2026-11-24 10:00/2026-11-25 12:00", "2026-11-26 10:00/2026-11-30 12:00")),
    # Overlapping, handed in backwards: Tue (1), Wed–Fri out, Mon (2), Tue (3).
    Golden("2026-11-23 10:00", 3, "2026-12-01", "2026-11-30 09:00",
           ("2026-11-25 10:00/2026-11-27 12:00", "2026-11-24 10:00/2026-11-26 12:00")),
    # One within the other: the same as the longer one alone.
    Golden("2026-11-23 10:00", 3, "2026-12-01", "2026-11-30 09:00",
           ("2026-11-24 10:00/2026-11-27 12:00", "2026-11-25 10:00/2026-11-26 12:00")),
    # A pause after the due day changes nothing.
    Golden("2026-11-23 10:00", 1, "2026-11-24", "2026-11-24 13:30",
           ("2026-11-25 10:00/2026-11-27 12:00",)),
    # Begun on the due day: that day is counted, so it stays the due day.
    Golden("2026-11-23 10:00", 1, "2026-11-24", "2026-11-24 13:30",
           ("2026-11-24 10:00/2026-11-26 12:00",)),
    # Over the National Day: Wed 30 (1), Thu 8 and Fri 9 out, Sat 10, 12, 13, 14.
    Golden("2026-09-29 10:00", 5, "2026-10-14", "2026-10-13 09:00",
           ("2026-09-30 10:00/2026-10-09 12:00",)),
    # Same-day item resumed Wed 15:00: due that day; 2:30, half 1:15.
    Golden("2026-11-23 10:00", 0, "2026-11-25", "2026-11-25 16:15",
           ("2026-11-23 11:00/2026-11-25 15:00",)),
    # Same-day item resumed after closing: Tue from 9:00.
    Golden("2026-11-23 10:00", 0, "2026-11-24", "2026-11-24 13:15",
           ("2026-11-23 11:00/2026-11-23 18:00",)),
    # Same-day item paused within its day: nothing moves.
    Golden("2026-11-23 10:00", 0, "2026-11-23", "2026-11-23 13:45",
           ("2026-11-23 11:00/2026-11-23 12:00",)),
]  # fmt: skip

GOLDEN = [*PLAIN_WEEKS, *SAME_DAY, *HOLIDAYS, *PAUSED]
