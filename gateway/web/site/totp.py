"""One-time passwords of an authenticator (RFC 6238: SHA-1, 30 seconds, six digits). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import quote

STEP_S: Final = 30
DIGITS: Final = 6
#: Steps a clock may be off, either way.
DRIFT: Final = 1


def new_secret() -> str:
    """A secret of 160 bits, in Base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, now_s: float) -> str:
    """The code that an authenticator shows."""
    return _code(base64.b32decode(secret), int(now_s) // STEP_S)


def check(secret: str, given: str, now_s: float, after_step: int = 0) -> int:
    """The step whose code was given, which must be newer than `after_step`; 0 = it is wrong, or was used before."""
    text = given.replace(" ", "")
    if len(text) != DIGITS or not (text.isascii() and text.isdigit()):
        return 0
    key, step = base64.b32decode(secret), int(now_s) // STEP_S
    found = 0
    for place in range(step - DRIFT, step + DRIFT + 1):
        if hmac.compare_digest(_code(key, place), text) and place > after_step:
            found = place
    return found


def link(secret: str, account: str, issuer: str = "caiyou") -> str:
    """What an authenticator reads from a QR code."""
    return f"otpauth://totp/{quote(f'{issuer}:{account}')}?secret={secret}&issuer={quote(issuer)}"


def _code(key: bytes, step: int) -> str:
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"
