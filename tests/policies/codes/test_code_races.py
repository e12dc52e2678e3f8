"""Two counters read one code at the same moment: one is told it is good, and only one."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import pytest
from django.db import connection

from policies import code_reading, codes, recognition
from policies.models import CodeUse, Institution, Recognition, SubjectCode
from portal.accounts.models import User
from tests.accounts.threads import together
from tests.policies.codes import people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("transactional_db")]

ONCE = "CREATE UNIQUE INDEX policies_codeuse_once ON policies_codeuse (code_id, nonce)"
ONLY_VALID = " WHERE outcome = 'valid'"


@pytest.fixture
def counters(leader: User) -> list[Institution]:
    return [people.institution(leader, f"医院{number}").institution for number in range(4)]


def race(code: SubjectCode, counters: list[Institution]) -> list[str]:
    token = codes.shown(code).token

    def read(number: int) -> str:
        return code_reading.read(institution=counters[number], scope="medical", text=token).outcome

    return sorted(together(len(counters), read))


@contextmanager
def without_constraint() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX policies_codeuse_once")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE policies_codeuse")
            cursor.execute(ONCE + ONLY_VALID)


def test_one_code_is_good_at_one_counter(code: SubjectCode, counters: list[Institution]) -> None:
    assert race(code, counters) == ["replayed", "replayed", "replayed", "valid"]
    assert CodeUse.objects.filter(outcome="valid").count() == 1
    assert CodeUse.objects.count() == len(counters)


def test_without_the_constraint_the_same_race_is_good_everywhere(
    code: SubjectCode, counters: list[Institution]
) -> None:
    with without_constraint():
        assert race(code, counters).count("valid") > 1


def test_an_exit_and_a_reading_come_one_after_the_other(
    code: SubjectCode,
    held: Recognition,
    officer: User,
    counters: list[Institution],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who reads while somebody ends it is told a whole answer: good with its level, or revoked."""
    told = code_reading._told

    def slowly(*args: object, **kwargs: object) -> object:
        sleep(0.3)
        return told(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(code_reading, "_told", slowly)
    tokens = [codes.shown(code).token for _ in range(2)]

    def work(number: int) -> object:
        if number == 2:
            sleep(0.1)
            recognition.end(recognition_id=held.pk, reasons="调离本市", officer=officer)
            return None
        return code_reading.read(institution=counters[number], scope="medical", text=tokens[number])

    answers = [one for one in together(3, work) if isinstance(one, code_reading.Answer)]

    assert all(one.outcome == "revoked" or one.told["level"] == "C" for one in answers)
    assert (
        code_reading.read(
            institution=counters[2], scope="medical", text=codes.shown(code).token
        ).outcome
        == "revoked"
    )


def test_a_code_is_issued_once_to_a_firm_whose_agent_clicks_twice(talent: User) -> None:
    firm = people.firm(talent)

    issued = together(4, lambda number: codes.issue_to_enterprise(subject_id=firm.pk, by=talent))

    assert len({one.pk for one in issued}) == 1
