"""What stands in the picture of a code (码文): short, signed, and of no meaning to a stranger.

A rotating token carries the serial of a code, the second of its making and a random nonce; it is
good for a minute of real time. A static one, to be printed, carries its own serial alone.

Both are bytes in base32 without padding (RFC 4648), so that a QR code stores them in its short
alphanumeric mode: 76 characters make version 4-M, 56 make version 4-Q. The layout:
kind (1) | mark of the key (2) | serial (16) | second (4) and nonce (8), rotating only | MAC (16).
The MAC is HMAC-SM3 (GB/T 32905-2016, GB/T 15852.2) cut to half its length, no less (RFC 2104).
"""

import base64
import hmac
import os
import struct
import time
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC

from portal.core.crypto import key_ring

VALID_FOR = 60  # seconds
# Two machines of ours may differ by so much.
SKEW = 5
ROTATING, STATIC = 1, 2
MARK_BYTES, SERIAL_BYTES, NONCE_BYTES, MAC_BYTES = 2, 16, 8, 16
HEAD = 1 + MARK_BYTES + SERIAL_BYTES
LENGTHS = {ROTATING: HEAD + 4 + NONCE_BYTES + MAC_BYTES, STATIC: HEAD + MAC_BYTES}
LONGEST = 200  # characters that are looked at; a token has 76


class Forged(Exception):
    """This is no token of ours: not the shape, not a key we have, not the signature."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says; `second` and `nonce` are empty in a static one."""

    serial: UUID
    is_static: bool
    second: int = 0
    nonce: str = ""

    def is_fresh(self, at: float) -> bool:
        """Whether a rotating token is within its minute at an instant of real time."""
        return -SKEW <= at - self.second <= VALID_FOR


def rotating(serial: UUID, *, at: float | None = None, nonce: bytes | None = None) -> str:
    """Return a fresh token of a code, unlike every other one."""
    second = int(time.time() if at is None else at)
    body = struct.pack(">I", second) + (nonce or os.urandom(NONCE_BYTES))
    return _signed(bytes([ROTATING]), serial.bytes + body)


def static(serial: UUID) -> str:
    """Return the token that is printed; always the same one."""
    return _signed(bytes([STATIC]), serial.bytes)


def read(text: str) -> Token:
    """Return what a token says, whatever its age. Raises Forged."""
    raw = _bytes_of(text)
    kind, body, mac = raw[:1], raw[1 + MARK_BYTES : -MAC_BYTES], raw[-MAC_BYTES:]
    mark = raw[1 : 1 + MARK_BYTES]
    ours = [name for name in key_ring().keys if _mark(name) == mark]
    if not any(hmac.compare_digest(_mac(name, kind + mark + body), mac) for name in ours):
        raise Forged
    serial, rest = UUID(bytes=body[:SERIAL_BYTES]), body[SERIAL_BYTES:]
    if kind[0] == STATIC:
        return Token(serial, is_static=True)
    return Token(serial, False, struct.unpack(">I", rest[:4])[0], rest[4:].hex())


def _bytes_of(text: str) -> bytes:
    """Return the bytes of a token as a scanner or a person may have typed it. Raises Forged."""
    if len(text) > LONGEST:
        raise Forged
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    try:
        raw = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except ValueError as error:
        raise Forged from error
    # One spelling only: the last character has bits to spare.
    if not raw or LENGTHS.get(raw[0]) != len(raw) or _spelt(raw) != plain:
        raise Forged
    return raw


def _signed(kind: bytes, body: bytes) -> str:
    name = key_ring().current
    signed = kind + _mark(name) + body
    return _spelt(signed + _mac(name, signed))


def _spelt(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")


def _mark(name: str) -> bytes:
    """Return what names a key in a token."""
    digest = Hash(SM3())
    digest.update(name.encode())
    return digest.finalize()[:MARK_BYTES]


def _mac(name: str, signed: bytes) -> bytes:
    # The key that seals columns does not sign; one made from it does.
    return _hmac(_hmac(key_ring().keys[name], b"policies.tokens"), signed)[:MAC_BYTES]


def _hmac(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, SM3())
    mac.update(message)
    return mac.finalize()
