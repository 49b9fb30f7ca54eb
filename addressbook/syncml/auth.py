"""Who a device says it is: name and password, or a digest over them and a nonce (OMA-TS-DS_Protocol 1.2, section 5)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from addressbook.syncml.commands import BASIC, MD5, Credentials
from addressbook.syncml.tokens import Version


def name_and_password(credentials: Credentials) -> tuple[str, str] | None:
    """What basic credentials say; None for others, and for what cannot be read."""
    if credentials.type != BASIC:
        return None
    octets = decoded(credentials.data)
    if octets is None:
        return None
    name, colon, password = octets.decode("utf-8", "replace").partition(":")
    return (name, password) if colon else None


def basic(name: str, password: str) -> Credentials:
    """Credentials with name and password."""
    return Credentials(BASIC, base64.b64encode(f"{name}:{password}".encode()).decode())


def digest(name: str, password: str, nonce: bytes, version: Version) -> str:
    """The digest in Base64. SyncML 1.0 hashes the three as they are; later ones hash name and password first."""
    if version is Version.V1_0:
        inner = f"{name}:{password}:".encode() + nonce
    else:
        inner = base64.b64encode(_hash(f"{name}:{password}".encode())) + b":" + nonce
    return base64.b64encode(_hash(inner)).decode()


def md5(name: str, password: str, nonce: bytes, version: Version) -> Credentials:
    """Credentials with a digest."""
    return Credentials(MD5, digest(name, password, nonce, version))


def fits(credentials: Credentials, name: str, password: str, nonce: bytes) -> bool:
    """Do digest credentials prove this password? A device of 1.0 that hashes as 1.1 does is believed too."""
    if credentials.type != MD5:
        return False
    given = decoded(credentials.data)
    if given is None:
        return False
    return any(
        hmac.compare_digest(given, base64.b64decode(digest(name, password, nonce, version)))
        for version in (Version.V1_2, Version.V1_0)
    )


def _hash(octets: bytes) -> bytes:
    return hashlib.md5(octets, usedforsecurity=False).digest()  # what the specification says


def decoded(text: str) -> bytes | None:
    """The octets of Base64; None for what is none."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
