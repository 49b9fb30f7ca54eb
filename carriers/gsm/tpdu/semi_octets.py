"""Digits two to an octet, the first in the low half (3GPP TS 23.040 9.1.2.3)."""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NotEncodable

#: Octets with their halves exchanged.
SWAP: Final = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))

_SHOWN: Final = str.maketrans("abcde", "*#abc")
_KEPT: Final = str.maketrans("*#abc", "abcde")
_DIGITS: Final = frozenset("0123456789*#abc")


def digits_of(octets: bytes, count: int) -> str:
    """The first `count` digits, or those before the end mark F when it comes earlier."""
    return octets.translate(SWAP).hex()[:count].partition("f")[0].translate(_SHOWN)


def are_digits(text: str) -> bool:
    """Can the text be written as semi-octets?"""
    return _DIGITS.issuperset(text)


def octets_of(digits: str) -> bytes:
    """The digits as semi-octets, an odd number filled up with F; raises NotEncodable for other characters."""
    if not are_digits(digits):
        raise NotEncodable(f"{digits!r} is not made of digits, *, #, a, b and c.")
    kept = digits.translate(_KEPT)
    return bytes.fromhex(kept + "f" if len(kept) % 2 else kept).translate(SWAP)
