"""The text of a code: fixed vectors, its minute, and everything that is none of ours."""

import base64
import hashlib
import hmac as std_hmac
from collections.abc import Callable
from uuid import UUID

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from policies import tokens
from portal.core import crypto
from portal.core.crypto import KeyRing

SERIAL = UUID("00112233-4455-6677-8899-aabbccddeeff")
NONCE = bytes.fromhex("0102030405060708")
SECOND = 1_795_500_000
KEYS = {"demo": b"demonstration!!!", "2027": b"0123456789abcdef"}


def wide(text: str) -> str:
    """Type as an input method in full-width mode does."""
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    ring = KeyRing("demo", dict(KEYS), b"index")
    monkeypatch.setattr(tokens, "key_ring", lambda: ring)
    return ring.keys


def test_the_mac_is_hmac_sm3_of_the_standard_over_everything_before_it(
    keys: dict[str, bytes],
) -> None:
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this Python's OpenSSL has no SM3 to compare with")
    raw = decoded(tokens.rotating(SERIAL, at=SECOND, nonce=NONCE))
    key = std_hmac.digest(KEYS["demo"], b"policies.tokens", "sm3")

    assert raw[-16:] == std_hmac.digest(key, raw[:-16], "sm3")[:16]
    assert raw[3:19] == SERIAL.bytes
    assert raw[19:23] == SECOND.to_bytes(4, "big")
    assert raw[23:31] == NONCE


def test_vectors_stay_as_they_are(keys: dict[str, bytes]) -> None:
    """A printed code must be read for years: whoever changes the layout changes the kind byte."""
    assert tokens.rotating(SERIAL, at=SECOND, nonce=NONCE) == (
        "AFTGEAAREIZUIVLGO6EJTKV3ZTO6573LAUT6AAICAMCAKBQHBCMVW2BEMNH54OHVC542MKB6U2MQ"
    )
    assert tokens.static(SERIAL) == "AJTGEAAREIZUIVLGO6EJTKV3ZTO6573RKQ5WLIHGI4SHX5WVYG7LJIXH"


def test_a_token_says_what_was_put_in() -> None:
    read = tokens.read(tokens.rotating(SERIAL, at=SECOND + 0.9, nonce=NONCE))

    assert read == tokens.Token(SERIAL, False, SECOND, NONCE.hex())
    assert tokens.read(tokens.static(SERIAL)) == tokens.Token(SERIAL, is_static=True)


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(-6, False), (-5, True), (0, True), (59, True), (60, True), (60.01, False), (61, False)],
)
def test_a_token_lives_for_its_minute(age: float, fresh: bool) -> None:
    read = tokens.read(tokens.rotating(SERIAL, at=SECOND))

    assert read.is_fresh(SECOND + age) is fresh


def test_no_two_tokens_are_alike() -> None:
    made = {tokens.rotating(SERIAL, at=SECOND) for _ in range(100)}

    assert len(made) == 100


def test_both_kinds_make_small_pictures() -> None:
    shown = segno.make(tokens.rotating(SERIAL), error="m", micro=False, boost_error=False)
    printed = segno.make(tokens.static(SERIAL), error="q", micro=False, boost_error=False)

    assert (shown.designator, shown.mode) == ("4-M", "alphanumeric")
    assert (printed.designator, printed.mode) == ("4-Q", "alphanumeric")


@pytest.mark.parametrize("spelt", [str.lower, "  {}\r\n".format, wide])
def test_a_token_is_read_however_a_scanner_types_it(spelt: Callable[[str], str]) -> None:
    text = tokens.rotating(SERIAL, at=SECOND, nonce=NONCE)

    assert tokens.read(spelt(text)).serial == SERIAL


@given(st.integers(0, 75), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_changed_character_is_a_forgery(place: int, sign: str) -> None:
    text = tokens.rotating(SERIAL, at=SECOND, nonce=NONCE)
    changed = text[:place] + sign + text[place + 1 :]

    if changed == text:
        return
    with pytest.raises(tokens.Forged):
        tokens.read(changed)


@given(st.text(max_size=220))
def test_any_other_text_is_a_forgery(text: str) -> None:
    with pytest.raises(tokens.Forged):
        tokens.read(text)


@given(st.binary(max_size=60))
def test_any_other_bytes_are_a_forgery(raw: bytes) -> None:
    with pytest.raises(tokens.Forged):
        tokens.read(base64.b32encode(raw).decode().rstrip("="))


def test_a_rotating_token_does_not_pass_for_a_static_one() -> None:
    raw = decoded(tokens.rotating(SERIAL, at=SECOND))
    cut = bytes([tokens.STATIC]) + raw[1:19] + raw[-16:]

    with pytest.raises(tokens.Forged):
        tokens.read(base64.b32encode(cut).decode().rstrip("="))


def test_a_key_that_we_do_not_have_signs_nothing(
    keys: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tokens.rotating(SERIAL)
    monkeypatch.setattr(tokens, "key_ring", lambda: KeyRing("2027", {"2027": KEYS["2027"]}, b""))

    with pytest.raises(tokens.Forged):
        tokens.read(text)


def test_another_key_under_our_name_signs_nothing(
    keys: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tokens.rotating(SERIAL)
    monkeypatch.setattr(tokens, "key_ring", lambda: KeyRing("demo", {"demo": KEYS["2027"]}, b""))

    with pytest.raises(tokens.Forged):
        tokens.read(text)


def test_what_was_printed_under_an_older_key_is_still_read(
    keys: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tokens.static(SERIAL)
    monkeypatch.setattr(tokens, "key_ring", lambda: KeyRing("2027", dict(KEYS), b""))

    assert tokens.static(SERIAL) != text
    assert tokens.read(text).serial == SERIAL


def test_the_key_that_seals_columns_does_not_sign() -> None:
    ring = crypto.key_ring()
    raw = decoded(tokens.static(SERIAL))

    assert raw[-16:] != tokens._hmac(ring.keys[ring.current], raw[:-16])[:16]


def decoded(text: str) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))
