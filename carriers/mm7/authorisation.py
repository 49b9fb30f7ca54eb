"""Who may call: Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069 without qop), for both sides. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

#: Seconds for which a nonce of ours is taken.
NONCE_S: Final = 300
REALM: Final = "mm7"

_PARAMETER: Final = re.compile(r'([A-Za-z]{2,20})\s*=\s*(?:"((?:[^"\\]|\\.){0,2000})"|([^\s,"]{0,2000}))')
_ALGORITHMS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "sha-256": lambda data: hashlib.sha256(data).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants signed."""

    realm: str
    nonce: str
    qop: str = ""
    algorithm: str = "MD5"
    opaque: str = ""


def basic(user: str, password: str) -> str:
    """The value of Authorization."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def challenge_of(header: str) -> Challenge | None:
    """The Digest challenge in a WWW-Authenticate, or None when there is none we can answer."""
    found = re.search(r"\bDigest\s+(.{1,4000})", header, re.IGNORECASE | re.DOTALL)
    given = _parameters(found[1]) if found else {}
    algorithm = given.get("algorithm", "MD5")
    offered = [it.strip().lower() for it in given.get("qop", "").split(",") if it.strip()]
    if not given.get("nonce") or algorithm.lower() not in _ALGORITHMS or (offered and "auth" not in offered):
        return None
    return Challenge(
        given.get("realm", ""), given["nonce"], "auth" if offered else "", algorithm, given.get("opaque", "")
    )


def digest(
    challenge: Challenge, user: str, password: str, *, uri: str, count: int, cnonce: str, method: str = "POST"
) -> str:
    """The value of Authorization for the `count`-th request (from 1) under that challenge."""
    counted = f"{count:08x}"
    response = _response(challenge, user, password, method, uri, counted, cnonce)
    told = [
        f'username="{_quoted(user)}"',
        f'realm="{_quoted(challenge.realm)}"',
        f'nonce="{_quoted(challenge.nonce)}"',
        f'uri="{_quoted(uri)}"',
        f"algorithm={challenge.algorithm}",
        f'response="{response}"',
    ]
    if challenge.opaque:
        told.append(f'opaque="{_quoted(challenge.opaque)}"')
    if challenge.qop:
        told += [f"qop={challenge.qop}", f"nc={counted}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(told)


class Guard:
    """Checks requests of one server; `passwords` by user. `now` is any clock that only goes on, seconds."""

    def __init__(self, scheme: str, passwords: Mapping[str, str], secret: bytes) -> None:
        self._scheme = scheme
        self._passwords = passwords
        self._secret = secret

    def user(self, header: str, method: str, now: float) -> str | None:
        """Who calls with this Authorization; "" where nobody has to say, None when it is not let in."""
        if self._scheme == "none":
            return ""
        # Octets that are no UTF-8 come as halves of surrogate pairs, which nothing can hash.
        kind, _, rest = header.encode("utf-8", "replace").decode("utf-8").partition(" ")
        if kind.lower() != self._scheme:
            return None
        return self._basic(rest) if self._scheme == "basic" else self._digest(rest, method, now)

    def challenge(self, now: float, *, is_stale: bool = False) -> str:
        """The value of WWW-Authenticate for who is not let in."""
        if self._scheme == "basic":
            return f'Basic realm="{REALM}", charset="UTF-8"'
        stale = ", stale=true" if is_stale else ""
        return f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{self._nonce(int(now))}"{stale}'

    def is_stale(self, header: str, now: float) -> bool:
        """Whether the caller is to sign once more, with another nonce."""
        given = _parameters(header.encode("utf-8", "replace").decode("utf-8").partition(" ")[2])
        return self._scheme == "digest" and "nonce" in given and not self._is_fresh(given["nonce"], now)

    def _basic(self, rest: str) -> str | None:
        try:
            user, colon, password = base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        return user if colon and self._is_right(user, password) else None

    def _is_right(self, user: str, password: str) -> bool:
        known = self._passwords.get(user)
        same = hmac.compare_digest((known or "").encode(), password.encode())
        return known is not None and same

    def _digest(self, rest: str, method: str, now: float) -> str | None:
        given = _parameters(rest)
        user = given.get("username", "")
        password = self._passwords.get(user)
        algorithm = given.get("algorithm", "MD5")
        if password is None or algorithm.lower() != "md5" or not self._is_fresh(given.get("nonce", ""), now):
            return None
        challenge = Challenge(REALM, given.get("nonce", ""), given.get("qop", "").lower(), algorithm)
        if challenge.qop not in ("", "auth"):
            return None
        wanted = _response(
            challenge, user, password, method, given.get("uri", ""), given.get("nc", ""), given.get("cnonce", "")
        )
        right = hmac.compare_digest(wanted.encode(), given.get("response", "").lower().encode())
        return user if right and given.get("realm") == REALM else None

    def _nonce(self, moment: int) -> str:
        return f"{moment}-{hmac.new(self._secret, str(moment).encode(), 'sha256').hexdigest()[:32]}"

    def _is_fresh(self, nonce: str, now: float) -> bool:
        moment = nonce.partition("-")[0]
        if not (moment.isascii() and moment.isdigit() and len(moment) < 16):
            return False
        known = hmac.compare_digest(self._nonce(int(moment)).encode(), nonce.encode())
        return known and now - int(moment) <= NONCE_S


def _response(challenge: Challenge, user: str, password: str, method: str, uri: str, counted: str, cnonce: str) -> str:
    hashed = _ALGORITHMS[challenge.algorithm.lower()]
    first = hashed(f"{user}:{challenge.realm}:{password}".encode())
    second = hashed(f"{method}:{uri}".encode())
    middle = f"{challenge.nonce}:{counted}:{cnonce}:{challenge.qop}" if challenge.qop else challenge.nonce
    return hashed(f"{first}:{middle}:{second}".encode())


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(text[:8000]):
        quoted = match[2]
        found.setdefault(match[1].lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match[3])
    return found


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")
