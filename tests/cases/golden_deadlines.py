"""Clocks worked out by hand, 2019–2027: due day, yellow instant, net and gross time (Shanghai).

The comment of each row counts the days; bare numbers are days of the month, those in brackets the
count so far. 2026-11-23 is a Monday. Holiday facts and their notices: tests/cases/notices.
"""

from typing import NamedTuple


class Golden(NamedTuple):
    start: str
    budget: int
    due_on: str
    yellow: str
    pauses: tuple[str, ...] = ()
    warn_days: int | None = None


class Spent(NamedTuple):
    start: str
    end: str
    net: float
    gross: float
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

YEARS = [
    # 2022: Sat 29 (1) and Sun 30 (2) worked, 31–6 off, Mon 7 February (3).
    Golden("2022-01-28 10:00", 3, "2022-02-07", "2022-01-30 09:00"),
    # New Year's Eve, a holiday: Mon 7.
    Golden("2022-01-31 10:00", 1, "2022-02-07", "2022-02-07 13:30"),
    # Fri 1 (1), Sat 2 worked (2), 3–5 off.
    Golden("2022-03-31 10:00", 2, "2022-04-02", "2022-04-02 09:00"),
    # 30–4 off; Thu 5, Fri 6, Sat 7 worked (3), Mon 9, Tue 10.
    Golden("2022-04-29 16:00", 5, "2022-05-10", "2022-05-09 09:00"),
    # National Day: 1–7 off; Sat 8 and Sun 9 worked (2), Mon 10.
    Golden("2022-09-30 10:00", 3, "2022-10-10", "2022-10-09 09:00"),
    # The last second of the Saturday worked after it: Sun 9, Mon 10.
    Golden("2022-10-08 23:59:59", 2, "2022-10-10", "2022-10-10 09:00"),
    # The Sunday worked after it: that day.
    Golden("2022-10-09 10:00", 0, "2022-10-09", "2022-10-09 13:45"),
    # Over New Year 2023: 31–2 off, Tue 3.
    Golden("2022-12-30 10:00", 1, "2023-01-03", "2023-01-03 13:30"),
    # 2023: 21–27 off; Sat 28 and Sun 29 worked.
    Golden("2023-01-20 10:00", 2, "2023-01-29", "2023-01-29 09:00"),
    # 29–3 off; 4, 5, Sat 6 worked (3), 8–12 (8), 15, 16; two left after Fri 12.
    Golden("2023-04-28 09:00", 10, "2023-05-16", "2023-05-12 09:00"),
    # Dragon Boat: Thu 22 to Sat 24 off, Sun 25 worked.
    Golden("2023-06-21 10:00", 1, "2023-06-25", "2023-06-25 13:30"),
    # At closing time before eight days off: Sat 7, Sun 8 worked, Mon 9.
    Golden("2023-09-28 17:30", 3, "2023-10-09", "2023-10-08 09:00"),
    # In the holiday: the first working day is a Saturday; 8:30, half 4:15.
    Golden("2023-10-03 08:00", 0, "2023-10-07", "2023-10-07 13:15"),
    # That Saturday evening: Sunday is worked too.
    Golden("2023-10-07 18:00", 0, "2023-10-08", "2023-10-08 13:15"),
    # 2024, New Year's Eve is worked: 10–17 off; Sun 18 worked (1), 19–22.
    Golden("2024-02-09 10:00", 5, "2024-02-22", "2024-02-21 09:00"),
    # Tomb-sweeping: 4–6 off, Sun 7 worked.
    Golden("2024-04-03 10:00", 1, "2024-04-07", "2024-04-07 13:30"),
    # 1–5 off; 6–10 (5), Sat 11 worked (6), 13–17 (11), 20–24 (16), 27–30; four left after Fri 24.
    Golden("2024-04-30 10:00", 20, "2024-05-30", "2024-05-24 09:00"),
    # Sat 14 worked (1), 15–17 off, Wed 18.
    Golden("2024-09-13 10:00", 2, "2024-09-18", "2024-09-18 09:00"),
    # Sun 29 worked (1), Mon 30 (2), 1–7 off, Tue 8.
    Golden("2024-09-27 10:00", 3, "2024-10-08", "2024-09-30 09:00"),
    # The make-up week: 9, 10, 11, Sat 12 worked (4), Mon 14.
    Golden("2024-10-08 10:00", 5, "2024-10-14", "2024-10-12 09:00"),
    # 2025: Sun 26 worked (1), Mon 27.
    Golden("2025-01-24 10:00", 2, "2025-01-27", "2025-01-27 09:00"),
    # 28–4 off; Wed 5, Thu 6, Fri 7.
    Golden("2025-01-27 10:00", 3, "2025-02-07", "2025-02-06 09:00"),
    # The Saturday worked after the Spring Festival.
    Golden("2025-02-07 10:00", 1, "2025-02-08", "2025-02-08 13:30"),
    # Sun 27 worked (1), 28–30 (4), 1–5 off, 6–9 (8), 12, 13; two left after Fri 9.
    Golden("2025-04-25 10:00", 10, "2025-05-13", "2025-05-09 09:00"),
    # 1–8 off; Thu 9, Fri 10, Sat 11 worked.
    Golden("2025-09-30 10:00", 3, "2025-10-11", "2025-10-10 09:00"),
    # In the holiday, last second: 9–11 (3), 13–17 (8), 20–24 (13), 27–31 (18), 3–7 (23),
    # 10–14 (28), 17, 18; six left after Mon 10.
    Golden("2025-10-04 23:59:59", 30, "2025-11-18", "2025-11-10 09:00"),
    # 2026: a Saturday worked, at closing: Mon 12.
    Golden("2026-10-10 17:30", 1, "2026-10-12", "2026-10-12 13:30"),
    # The last second before that Saturday.
    Golden("2026-10-09 23:59:59", 1, "2026-10-10", "2026-10-10 13:30"),
    # Sat 9 worked (1), Mon 11.
    Golden("2026-05-08 10:00", 2, "2026-05-11", "2026-05-11 09:00"),
    # 2027 has no notice yet: 2–5 (4), 8–12 (9), 15–19 (14), 22–26 (19), 29; four left after Tue 23.
    Golden("2027-03-01 10:00", 20, "2027-03-29", "2027-03-23 09:00"),
    # Friday at closing: Mon 8.
    Golden("2027-02-05 17:30", 0, "2027-02-08", "2027-02-08 13:15"),
]

OWN_THRESHOLDS = [
    # Due Mon 7; five left after Mon 30: 1–4 and 7.
    Golden("2026-11-23 10:00", 10, "2026-12-07", "2026-11-30 09:00", warn_days=5),
    # Due Thu 26; two left after Tue 24.
    Golden("2026-11-23 10:00", 3, "2026-11-26", "2026-11-24 09:00", warn_days=2),
    # A limit of two days warns on its last day, whatever the item's own threshold.
    Golden("2026-11-23 10:00", 2, "2026-11-25", "2026-11-25 09:00", warn_days=1),
    # 24–27 (4), 30–4 (9), 7–11 (14), 14–18 (19), 21; one left after Fri 18, not four as settled.
    Golden("2026-11-23 10:00", 20, "2026-12-21", "2026-12-18 09:00", warn_days=1),
    # Wed 30 (1), Thu 8, Fri 9, Sat 10 worked (4), Mon 12; three left after Thu 8.
    Golden("2026-09-29 10:00", 5, "2026-10-12", "2026-10-08 09:00", warn_days=3),
    # Tue (1), Wed and Thu out, Fri (2), 30, 1, 2; three left after Fri 27.
    Golden("2026-11-23 10:00", 5, "2026-12-02", "2026-11-27 09:00",
           ("2026-11-24 10:00/2026-11-26 15:00",), warn_days=3),
]  # fmt: skip

EXTENDED = [
    # 3 + 5: 24–27 (4), 30–3; 0.2 × 8 = 1.6 → 1.
    Golden("2026-11-23 10:00", 3 + 5, "2026-12-03", "2026-12-02 09:00"),
    # 5 + 3: 29, 30 (2), 8, 9, Sat 10 worked (5), 12–14.
    Golden("2026-09-28 10:00", 5 + 3, "2026-10-14", "2026-10-13 09:00"),
    # 10 + 10, paused: 3–6 (4), Mon 9 (5), 10–13 out, 16–20 (10), 23–27 (15), 30–4; four left after
    # Mon 30.
    Golden("2026-11-02 10:00", 10 + 10, "2026-12-04", "2026-11-30 09:00",
           ("2026-11-09 09:00/2026-11-13 17:00",)),
]  # fmt: skip

PAUSED_OVER_HOLIDAYS = [
    # Fri 30 (1), 1–7 off, Sat 8 worked but out, Sun 9 worked (2), Mon 10.
    Golden("2022-09-29 10:00", 3, "2022-10-10", "2022-10-09 09:00",
           ("2022-09-30 09:00/2022-10-08 16:00",)),
    # Wed 7, Thu 8: the pause begins on the due day and moves nothing.
    Golden("2024-02-06 10:00", 2, "2024-02-08", "2024-02-08 09:00",
           ("2024-02-08 15:00/2024-02-18 10:00",)),
    # Begun in the holiday: Tue 30 (1), Thu 9 out, Fri 10, Sat 11 worked.
    Golden("2025-09-29 10:00", 3, "2025-10-11", "2025-10-10 09:00",
           ("2025-10-02 10:00/2025-10-09 12:00",)),
]  # fmt: skip

GOLDEN = [
    *PLAIN_WEEKS, *SAME_DAY, *HOLIDAYS, *PAUSED, *YEARS, *OWN_THRESHOLDS, *EXTENDED,
    *PAUSED_OVER_HOLIDAYS,
]  # fmt: skip

# Of a working day pass 3 hours before and 4 after noon, 7 in all.
SPENT = [
    # In time to the minute: Tue, Wed, Thu.
    Spent("2026-11-23 10:00", "2026-11-26 17:30", 3, 3),
    # Tue, Wed, and 3 of Thursday's 7 hours.
    Spent("2026-11-23 10:00", "2026-11-26 12:00", 2 + 3 / 7, 2 + 3 / 7),
    # The midday break is no business time.
    Spent("2026-11-23 10:00", "2026-11-26 13:15", 2 + 3 / 7, 2 + 3 / 7),
    # Decided on the start day.
    Spent("2026-11-23 10:00", "2026-11-23 16:00", 0, 0),
    # Decided before opening: Tue only.
    Spent("2026-11-23 10:00", "2026-11-25 08:00", 1, 1),
    # Decided in the evening: the whole day.
    Spent("2026-11-23 10:00", "2026-11-25 20:00", 2, 2),
    # Decided on a Saturday: Tue–Fri.
    Spent("2026-11-23 10:00", "2026-11-28 10:00", 4, 4),
    # Tue; Wed and Thu left out; 1 hour of Friday.
    Spent("2026-11-23 10:00", "2026-11-27 10:00", 1 + 1 / 7, 3 + 1 / 7,
          ("2026-11-24 10:00/2026-11-26 15:00",)),
    # Decided on a day that is left out: Tue only, of gross Thursday's 3 of 7 hours too.
    Spent("2026-11-23 10:00", "2026-11-26 12:00", 1, 2 + 3 / 7,
          ("2026-11-24 10:00/2026-11-26 11:00",)),
    # Overlapping pauses are left out once: Tue, then 7 of 7 on Mon.
    Spent("2026-11-23 10:00", "2026-11-30 17:30", 2, 5,
          ("2026-11-24 10:00/2026-11-26 11:00", "2026-11-25 10:00/2026-11-27 11:00")),
    # Pauses that meet: 24–27 (4), 30, 1 (6), 3 of 7; 25–27 out.
    Spent("2026-11-23 10:00", "2026-12-02 12:00", 3 + 3 / 7, 6 + 3 / 7,
          ("2026-11-24 09:00/2026-11-25 12:00", "2026-11-25 12:00/2026-11-27 12:00")),
    # A pause into the weekend leaves out no working day: 24–27.
    Spent("2026-11-23 10:00", "2026-11-29 20:00", 4, 4, ("2026-11-27 09:00/2026-11-28 09:00",)),
    # Over the National Day: Wed 30, Thu 8, Fri 9, Sat 10.
    Spent("2026-09-29 10:00", "2026-10-10 17:30", 4, 4),
    # 2019: Mon 30, then 2:15 of Tue 8.
    Spent("2019-09-29 10:00", "2019-10-08 11:15", 1 + 2.25 / 7, 1 + 2.25 / 7),
    # 2020: the prolonged Spring Festival, then a whole Monday.
    Spent("2020-01-23 10:00", "2020-02-03 17:30", 1, 1),
    # 2021: Fri 8, 3 hours of the Saturday worked.
    Spent("2021-09-30 16:00", "2021-10-09 12:00", 1 + 3 / 7, 1 + 3 / 7),
    # 2022: 30, 8, 9 and none of Mon 10 yet; Sat 8 is paused.
    Spent("2022-09-29 10:00", "2022-10-10 09:00", 2, 3, ("2022-09-30 09:00/2022-10-08 16:00",)),
    # 2023: begun in the holiday; 3 hours of the Saturday worked.
    Spent("2023-10-03 08:00", "2023-10-07 13:30", 3 / 7, 3 / 7),
    # 2024: Sun 18 worked, 5 hours of Mon 19.
    Spent("2024-02-09 23:59:59", "2024-02-19 15:30", 1 + 5 / 7, 1 + 5 / 7),
    # 2025: Thu 9, Fri 10 out, Sat 11 worked.
    Spent("2025-09-30 10:00", "2025-10-11 17:30", 2, 3, ("2025-10-09 09:00/2025-10-10 18:00",)),
    # 2027: Mon 1, 1:45 of Tue 2.
    Spent("2027-02-26 10:00", "2027-03-02 10:45", 1.25, 1.25),
]  # fmt: skip
