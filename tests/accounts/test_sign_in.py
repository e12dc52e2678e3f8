"""Codes sent to a phone: their limits hold also for guesses that arrive together."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from portal.accounts import sign_in
from portal.accounts.models import Role, SignInCode, User
from portal.accounts.sign_in import CodeRefused, Guess
from tests.accounts.factories import StaffFactory, TalentFactory
from tests.accounts.threads import together

PHONE = "13712345678"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def age(minutes: float) -> None:
    """Let every code have been sent that long ago."""
    past = timedelta(minutes=minutes)
    for row in SignInCode.objects.all():
        row.sent_at, row.expires_at = row.sent_at - past, row.expires_at - past
        row.save()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13712345678", "13712345678"),
        (" 137 1234 5678 ", "13712345678"),
        ("137-1234-5678", "13712345678"),
        ("+86 13712345678", "13712345678"),
        ("8613712345678", "13712345678"),
        ("１３７１２３４５６７８", "13712345678"),
        ("12712345678", None),
        ("1371234567", None),
        ("137123456789", None),
        ("+1 13712345678", None),
        ("137abc12345678", None),
        ("١٣٧١٢٣٤٥٦٧٨", None),
        ("", None),
    ],
)
def test_a_mobile_number_is_read_however_it_is_typed(typed: str, number: str | None) -> None:
    assert sign_in.mobile_number(typed) == number


@pytest.mark.django_db
def test_a_right_code_is_good_once() -> None:
    issued = sign_in.issue_code(PHONE)

    first = sign_in.spend_code(issued.id, issued.code)
    second = sign_in.spend_code(issued.id, issued.code)

    assert (first, second) == (Guess.RIGHT, Guess.OVER)


@pytest.mark.django_db
def test_a_code_typed_with_spaces_and_full_width_digits_is_right() -> None:
    issued = sign_in.issue_code(PHONE)
    typed = " ".join(chr(ord(digit) + 0xFEE0) for digit in issued.code)

    assert sign_in.spend_code(issued.id, typed) is Guess.RIGHT


@pytest.mark.django_db
def test_the_fifth_wrong_guess_ends_a_code() -> None:
    issued = sign_in.issue_code(PHONE)

    guesses = [sign_in.spend_code(issued.id, wrong(issued.code)) for _ in range(5)]

    assert guesses == [Guess.WRONG] * 4 + [Guess.OVER]
    assert sign_in.spend_code(issued.id, issued.code) is Guess.OVER


@pytest.mark.django_db
def test_a_code_ends_after_five_minutes_of_real_time() -> None:
    issued = sign_in.issue_code(PHONE)

    age(minutes=4.9)
    assert sign_in.spend_code(issued.id, wrong(issued.code)) is Guess.WRONG
    age(minutes=0.2)
    assert sign_in.spend_code(issued.id, issued.code) is Guess.OVER


@pytest.mark.django_db
def test_a_code_that_was_never_issued_is_over() -> None:
    assert sign_in.spend_code(uuid4(), "000000") is Guess.OVER


@pytest.mark.django_db
def test_a_code_is_no_use_for_another_request() -> None:
    first = sign_in.issue_code(PHONE)
    other = sign_in.issue_code("13787654321")

    assert sign_in.spend_code(other.id, first.code) in {Guess.WRONG, Guess.OVER} or (
        first.code == other.code
    )


@pytest.mark.django_db
def test_a_number_gets_one_code_a_minute() -> None:
    sign_in.issue_code(PHONE)

    with pytest.raises(CodeRefused, match="秒后再获取"):
        sign_in.issue_code(PHONE)
    sign_in.issue_code("13787654321")
    age(minutes=1.01)
    sign_in.issue_code(PHONE)


@pytest.mark.django_db
def test_a_number_gets_ten_codes_a_day() -> None:
    # Whatever the hour of this test, ten codes of today: all sent at the last midnight.
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(10):
        SignInCode.objects.all().update(sent_at=midnight)
        if timezone.now() - midnight < timedelta(minutes=2):
            pytest.skip("Within two minutes of midnight the codes are too close together.")
        sign_in.issue_code(PHONE)
    SignInCode.objects.all().update(sent_at=midnight)

    with pytest.raises(CodeRefused, match="今日获取验证码已达 10 次"):
        sign_in.issue_code(PHONE)
    SignInCode.objects.all().update(sent_at=midnight - timedelta(seconds=1))
    sign_in.issue_code(PHONE)


@pytest.mark.django_db
def test_neither_number_nor_code_is_stored_in_clear() -> None:
    issued = sign_in.issue_code(PHONE)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM accounts_signincode c")
        stored = cursor.fetchone()[0]

    assert PHONE not in stored
    assert issued.code not in stored.replace(str(issued.id), "")


@pytest.mark.django_db
def test_only_applicants_are_found_by_phone() -> None:
    talent = TalentFactory(phone=PHONE)
    agent = TalentFactory(agent=True, phone="13787654321")
    StaffFactory(phone="13600000000")

    assert sign_in.applicant_with_phone(PHONE) == talent
    assert sign_in.applicant_with_phone("13787654321") == agent
    assert sign_in.applicant_with_phone("13600000000") is None


@pytest.mark.django_db
def test_an_officer_may_register_privately_with_the_same_phone() -> None:
    StaffFactory(clerk=True, phone=PHONE)

    talent = sign_in.register(PHONE)

    assert (talent.role, talent.phone, talent.phone_verified) == (Role.TALENT, PHONE, True)
    assert not talent.has_usable_password()


@pytest.mark.django_db
def test_registering_a_number_twice_is_one_user() -> None:
    assert sign_in.register(PHONE) == sign_in.register(PHONE)


@pytest.mark.django_db(transaction=True)
def test_of_many_parallel_guesses_five_count() -> None:
    issued = sign_in.issue_code(PHONE)

    outcomes = Counter(together(16, lambda _: sign_in.spend_code(issued.id, wrong(issued.code))))

    assert SignInCode.objects.get(pk=issued.id).guesses == 5
    assert outcomes[Guess.WRONG] <= 4
    assert sign_in.spend_code(issued.id, issued.code) is Guess.OVER


@pytest.mark.django_db(transaction=True)
def test_a_right_code_sent_many_times_at_once_lets_in_once() -> None:
    codes = [sign_in.issue_code(f"1371234567{number}") for number in range(5)]

    for issued in codes:
        outcomes = Counter(together(5, lambda _: sign_in.spend_code(issued.id, issued.code)))  # noqa: B023

        assert outcomes == {Guess.RIGHT: 1, Guess.OVER: 4}


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_for_one_number_send_one_code() -> None:
    def request(_: int) -> str:
        try:
            sign_in.issue_code(PHONE)
        except CodeRefused:
            return "refused"
        return "sent"

    outcomes = Counter(together(8, request))

    assert outcomes == {"sent": 1, "refused": 7}


@pytest.mark.django_db(transaction=True)
def test_a_number_registered_twice_at_once_is_one_user() -> None:
    users = together(4, lambda _: sign_in.register(PHONE).pk)

    assert len(set(users)) == 1
    assert User.objects.with_phone(PHONE).count() == 1
