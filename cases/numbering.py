"""Public case numbers (受理码): division, day, and a counter that never runs back."""

from datetime import date

from django.conf import settings
from django.db import connection

SEQUENCE = "cases_case_number"


def next_numbers(count: int, on: date) -> list[str]:
    """Return `count` fresh numbers for cases received on a day, in one statement.

    A number is 20 digits: division code, yyyymmdd, six digits of a global sequence. A failed
    submission leaves a gap; a number is never given twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [SEQUENCE, count])
        return [
            f"{settings.DIVISION_CODE}{on:%Y%m%d}{row[0] % 1_000_000:06d}"
            for row in cursor.fetchall()
        ]


def spaced(number: str) -> str:
    """Return a case number in groups of four, as it is printed."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
