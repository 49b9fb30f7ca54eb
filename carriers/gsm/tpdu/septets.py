"""Septets packed into octets and out again (3GPP TS 23.038 6.1.2.1).

The first septet lies in the low bits of the first octet. All septets are moved at once, as one long number:
halves of 16, 32 and 64 bits close the gaps of 1, 2 and 4 bits, and every eighth octet is then empty.
"""

from __future__ import annotations

from typing import Final

_MOST_GROUPS: Final = 37  # of eight septets: as many as the longest TPDU has room for
MOST_SEPTETS: Final = _MOST_GROUPS * 8

_EMPTY_OCTETS: Final = bytes(_MOST_GROUPS * 7)


def _mask(bits: int, every_bits: int) -> int:
    """The lowest `bits` of every `every_bits`, over the longest number."""
    unit = ((1 << bits) - 1).to_bytes(every_bits // 8, "little")
    return int.from_bytes(unit * (_MOST_GROUPS * 64 // every_bits), "little")


# Where the lower and the upper neighbour stand, apart ...
_LOW_7, _LOW_14, _LOW_28 = _mask(7, 16), _mask(14, 32), _mask(28, 64)
_HIGH_7, _HIGH_14, _HIGH_28 = _LOW_7 << 8, _LOW_14 << 16, _LOW_28 << 32
# ... and where the upper one stands when they are close.
_NEAR_7, _NEAR_14, _NEAR_28 = _LOW_7 << 7, _LOW_14 << 14, _LOW_28 << 28


def octets_of(count: int) -> int:
    """How many octets so many septets take."""
    return (count * 7 + 7) // 8


def septets_of(octets: int) -> int:
    """How many septets are begun by so many octets: where text behind a header of that size starts."""
    return (octets * 8 + 6) // 7


def pack(septets: bytes) -> bytes:
    """The octets of at most MOST_SEPTETS septets given one per octet; the bits left over are 0."""
    number = int.from_bytes(septets, "little")
    number = (number & _LOW_7) | (number & _HIGH_7) >> 1
    number = (number & _LOW_14) | (number & _HIGH_14) >> 2
    number = (number & _LOW_28) | (number & _HIGH_28) >> 4
    octets = bytearray(number.to_bytes((len(septets) + 7) // 8 * 8, "little"))
    del octets[7::8]
    return bytes(octets[: octets_of(len(septets))])


def unpack(octets: bytes, count: int) -> bytes:
    """So many septets, one per octet; the octets must hold them, bits behind them are not looked at."""
    groups = (count + 7) // 8
    spread = bytearray(groups * 8)
    full = (octets + _EMPTY_OCTETS)[: groups * 7]
    for column in range(7):
        spread[column::8] = full[column::7]
    number = int.from_bytes(spread, "little")
    number = (number & _LOW_28) | (number & _NEAR_28) << 4
    number = (number & _LOW_14) | (number & _NEAR_14) << 2
    number = (number & _LOW_7) | (number & _NEAR_7) << 1
    return number.to_bytes(groups * 8, "little")[:count]
