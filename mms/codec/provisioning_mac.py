"""What proves to a phone whom settings come from: HMAC-SHA1 over the document, in the header of its push. Pure.

The key is a PIN that the user types, the number of the SIM, or both (OMA provisioning bootstrap 1.1, section 5.2).
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from dataclasses import dataclass

from gateway.core.errors import NotEncodable


class Security(enum.IntEnum):
    """By what a document is proved (parameter SEC)."""

    NETWPIN = 0  # the number of the SIM (IMSI): only its operator knows it
    USERPIN = 1  # digits the user is told in another way and types in
    USERNETWPIN = 2  # both
    USERPINMAC = 3  # digits made of the MAC; few phones know it, and it is not written here


@dataclass(frozen=True, slots=True)
class Proof:
    """The two parameters of the content type."""

    security: Security
    mac: str  # 40 upper-case hexadecimal digits: phones have been seen to refuse lower-case ones


def prove(document: bytes, *, pin: str = "", imsi: str = "") -> Proof:
    """The proof of a document (its WBXML alone) by a PIN, an IMSI, or both.

    Raises NotEncodable for what is neither, or not made of digits.
    """
    for digits in (pin, imsi):
        if digits and not (digits.isascii() and digits.isdecimal()):
            raise NotEncodable("A PIN and an IMSI are made of digits.")
    if not pin and not imsi:
        raise NotEncodable("Settings are proved by a PIN, an IMSI, or both.")
    key = (imsi_key(imsi) if imsi else b"") + pin.encode()
    security = Security.USERNETWPIN if pin and imsi else Security.NETWPIN if imsi else Security.USERPIN
    return Proof(security, mac_of(document, key))


def mac_of(document: bytes, key: bytes) -> str:
    """HMAC-SHA1 as 40 upper-case hexadecimal digits."""
    return hmac.new(key, document, hashlib.sha1).hexdigest().upper()


def is_proved(document: bytes, proof: Proof, *, pin: str = "", imsi: str = "") -> bool:
    """Whether the proof is that of this document with this PIN or IMSI."""
    return hmac.compare_digest(prove(document, pin=pin, imsi=imsi).mac, proof.mac.upper())


def imsi_key(imsi: str) -> bytes:
    """The IMSI as the SIM keeps it, without its length: semi-octets, swapped, 9 in front of an odd number of digits.

    An even number has 1 in front and F behind (3GPP TS 31.102 section 4.2.2).
    """
    digits = "9" + imsi if len(imsi) % 2 else f"1{imsi}F"
    return bytes.fromhex("".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2)))
