"""The user data header in front of a message content (3GPP TS 23.040 9.2.3.24), as far as SMGP needs it.

That there is one is said by the optional parameter TP_udhi alone: no fixed field tells.
"""

from __future__ import annotations

from gateway.core.messages import Concat

_CONCAT_8 = 0x00
_CONCAT_16 = 0x08


def concat_element(place: Concat) -> bytes:
    """The element that says which part of a long message this is: 8-bit form for references up to 255."""
    ending = bytes((place.total, place.number))
    if place.reference <= 0xFF:
        return bytes((_CONCAT_8, 3, place.reference)) + ending
    return bytes((_CONCAT_16, 4)) + place.reference.to_bytes(2, "big") + ending


def with_header(elements: bytes, data: bytes) -> bytes:
    """The content with its header; without elements there is none."""
    return bytes((len(elements),)) + elements + data if elements else data


def split_header(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The elements (identifier, octets) of the header, and the data behind it.

    An element that says it is longer than the header ends the list. A header that says it is longer than the
    content is none: the content is given whole, for a lost text is worse than a stray sign.
    """
    size = content[0] + 1 if content else 0
    if not 0 < size <= len(content):
        return [], content
    elements: list[tuple[int, bytes]] = []
    left = content[1:size]
    while len(left) >= 2 and len(left) >= 2 + left[1]:
        elements.append((left[0], left[2 : 2 + left[1]]))
        left = left[2 + left[1] :]
    return elements, content[size:]


def concat_of(elements: list[tuple[int, bytes]]) -> Concat | None:
    """The place in a long message; None without one or with an impossible one."""
    for identifier, octets in elements:
        if (identifier, len(octets)) in ((_CONCAT_8, 3), (_CONCAT_16, 4)):
            total, number = octets[-2:]
            if 1 <= number <= total:
                return Concat(int.from_bytes(octets[:-2], "big"), total, number)
    return None
