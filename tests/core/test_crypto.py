"""Sealed columns and blind indexes."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.conf import LazySettings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection

from portal.accounts.models import User
from portal.core import crypto


def test_sm4_gives_the_standards_vector() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")  # GB/T 32907-2016, A.1

    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305

    assert (encryptor.update(key) + encryptor.finalize()).hex() == (
        "681edf34d206965e86b3e94f536e4246"
    )


def test_sm3_gives_the_standards_vector() -> None:
    digest = Hash(SM3())  # GB/T 32905-2016, A.1

    digest.update(b"abc")

    assert digest.finalize().hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


@pytest.mark.parametrize("plain", ["陈晓明", "330199199712035012", " ", "𬭚" * 50])
def test_what_is_sealed_opens_again(plain: str) -> None:
    assert crypto.unseal(crypto.seal(plain, "t.c"), "t.c") == plain


def test_equal_values_are_sealed_differently() -> None:
    assert crypto.seal("13800000001", "t.c") != crypto.seal("13800000001", "t.c")


def test_a_value_moved_to_another_column_does_not_open() -> None:
    sealed = crypto.seal("13800000001", "accounts_user.phone")

    with pytest.raises(crypto.DecryptionError):
        crypto.unseal(sealed, "accounts_user.full_name")


def test_a_changed_value_does_not_open() -> None:
    name, _, body = crypto.seal("13800000001", "t.c").partition(":")
    raw = bytearray(base64.b64decode(body))
    raw[15] ^= 1

    with pytest.raises(crypto.DecryptionError):
        crypto.unseal(f"{name}:{base64.b64encode(raw).decode()}", "t.c")


def test_an_older_key_still_opens(settings: LazySettings) -> None:
    sealed = crypto.seal("旧值", "t.c")
    new_key = base64.b64encode(b"0123456789abcdef").decode()
    old = settings.PORTAL_KEYS
    settings.PORTAL_KEYS = {**old, "current": "new", "keys": {**old["keys"], "new": new_key}}
    crypto.key_ring.cache_clear()

    try:
        assert crypto.unseal(sealed, "t.c") == "旧值"
        assert crypto.seal("新值", "t.c").startswith("new:")
    finally:
        crypto.key_ring.cache_clear()


def test_a_missing_key_is_named() -> None:
    with pytest.raises(crypto.DecryptionError, match="lost"):
        crypto.unseal("lost:AAAA", "t.c")


@pytest.mark.parametrize(
    "keys",
    [{}, {"current": "a", "keys": {"a": "c2hvcnQ="}, "index": ""}, {"current": "a", "keys": []}],
)
def test_unusable_keys_stop_the_start(settings: LazySettings, keys: dict) -> None:
    settings.PORTAL_KEYS = keys
    crypto.key_ring.cache_clear()

    try:
        with pytest.raises(ImproperlyConfigured):
            crypto.key_ring()
    finally:
        crypto.key_ring.cache_clear()


def test_a_blind_index_finds_equal_values_for_one_purpose_only() -> None:
    assert crypto.blind_index("33019919971203501x", "id") == crypto.blind_index(
        " 33019919971203501X ", "id"
    )
    assert crypto.blind_index("1", "id") != crypto.blind_index("1", "phone")


@pytest.mark.django_db
def test_a_column_keeps_no_clear_text_and_cannot_be_searched() -> None:
    user = User.objects.create(username="a", full_name="陈晓明", phone="13800000001")

    with connection.cursor() as cursor:
        cursor.execute("SELECT full_name, phone FROM accounts_user WHERE id = %s", [user.pk])
        stored = cursor.fetchone()

    assert all(value.startswith("demo:") for value in stored)
    assert User.objects.get(pk=user.pk).phone == "13800000001"
    assert User.objects.with_phone("+86 138 0000 0001").get() == user
    with pytest.raises(FieldError):
        User.objects.filter(phone="13800000001")


@pytest.mark.django_db
def test_a_session_is_sealed_in_the_database() -> None:
    from portal.core.sessions import SessionStore

    session = SessionStore()
    session["phone"] = "13800000001"
    session.save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        (stored,) = cursor.fetchone()
    assert stored.startswith("demo:")
    assert SessionStore(session.session_key)["phone"] == "13800000001"


@pytest.mark.django_db
def test_a_spoilt_session_is_an_empty_one() -> None:
    from portal.core.sessions import SessionStore

    session = SessionStore()
    session["phone"] = "13800000001"
    session.save()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_session SET session_data = 'demo:xxxx'")

    assert "phone" not in SessionStore(session.session_key)
