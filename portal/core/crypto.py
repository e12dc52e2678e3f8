"""Encryption of sensitive values at rest: SM4-GCM fields and an HMAC-SM3 blind index.

Algorithms: SM4 (GB/T 32907-2016) in GCM mode, SM3 (GB/T 32905-2016). Keys come from
`settings.PORTAL_KEYS`; a certified module can take their place by replacing `key_ring`.
A stored value reads `key id:base64(nonce + ciphertext + tag)`; key id, table and column are bound
to it as additional data, so a value copied into another column or relabelled does not open.
"""

import base64
import json
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

# Fields take type arguments in their stubs only.
if TYPE_CHECKING:
    TextField = models.TextField[str, str]
    JSONTextField = models.TextField[Any, Any]
else:
    TextField = JSONTextField = models.TextField

NONCE_BYTES = 12
TAG_BYTES = 16


class DecryptionError(Exception):
    """A stored value was changed, moved, or sealed with a key that is no longer here."""


@dataclass(frozen=True)
class KeyRing:
    """The keys in use: `current` seals, every key in `keys` opens, `index` makes blind indexes."""

    current: str
    keys: dict[str, bytes]
    index: bytes


@cache
def key_ring() -> KeyRing:
    """Return the keys named in the settings. Raises ImproperlyConfigured for unusable ones."""
    stated = settings.PORTAL_KEYS
    try:
        keys = {name: base64.b64decode(key) for name, key in stated["keys"].items()}
        ring = KeyRing(stated["current"], keys, base64.b64decode(stated["index"]))
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise ImproperlyConfigured(
            "PORTAL_KEYS must hold current, keys and index in base64."
        ) from error
    if ring.current not in keys or any(len(key) != 16 for key in keys.values()):
        raise ImproperlyConfigured(
            "PORTAL_KEYS: each key is 16 bytes and the current one is listed."
        )
    return ring


def seal(plain: str, context: str) -> str:
    """Return `plain` encrypted with the current key and bound to `context`."""
    ring = key_ring()
    nonce = os.urandom(NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(ring.keys[ring.current]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(f"{ring.current}:{context}".encode())
    body = encryptor.update(plain.encode()) + encryptor.finalize()
    return f"{ring.current}:{base64.b64encode(nonce + body + encryptor.tag).decode()}"


def unseal(sealed: str, context: str) -> str:
    """Return the plain text of a sealed value. Raises DecryptionError where it does not open."""
    name, _, body = sealed.partition(":")
    key = key_ring().keys.get(name)
    if key is None:
        raise DecryptionError(f"No key named {name!r} for {context}.")
    raw = base64.b64decode(body)
    nonce, ciphertext, tag = raw[:NONCE_BYTES], raw[NONCE_BYTES:-TAG_BYTES], raw[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(f"{name}:{context}".encode())
    try:
        return (decryptor.update(ciphertext) + decryptor.finalize()).decode()
    except InvalidTag as error:
        raise DecryptionError(f"A value of {context} does not open.") from error


def blind_index(value: str, purpose: str) -> str:
    """Return a keyed digest (64 hex digits) that finds equal values without showing them.

    `purpose` keeps indexes of different columns from being joined.
    """
    mac = HMAC(key_ring().index, SM3())
    mac.update(f"{purpose}:{value.strip().upper()}".encode())
    return mac.finalize().hex()


class SealedColumn:
    """What makes a column seal its values before they leave the process; it cannot be searched."""

    model: Any
    column: Any

    @property
    def context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> Any:
        return value if value in (None, "") else seal(self.encode(value), self.context)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return self.decode(unseal(value, self.context)) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None  # type: ignore[misc]

    def encode(self, value: Any) -> str:
        return str(value)

    def decode(self, plain: str) -> Any:
        return plain


class EncryptedTextField(SealedColumn, TextField):
    """A sealed text; empty stays empty."""


class EncryptedJSONField(SealedColumn, JSONTextField):
    """A sealed JSON value; only null stays null."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else seal(self.encode(value), self.context)

    def encode(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def decode(self, plain: str) -> Any:
        return json.loads(plain)

    def to_python(self, value: Any) -> Any:
        return value
