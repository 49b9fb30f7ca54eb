"""The user data header in front of a message content (3GPP TS 23.040 9.2.3.24), as far as SGIP needs it."""

from __future__ import annotations

from gateway.core.messages import Concat

_CONCAT_8 = 0x00
_CONCAT_16 = 0x08


def with_header(elements: bytes, data: bytes) -> bytes:
    """The content with its header; without elements there is none."""
    return bytes((len(elements),)) + elements + data if elements else data


def concat_element(place: Concat) -> bytes:
    """The element that names a part of a long message: 8-bit form for references up to 255."""
    if place.reference <= 0xFF:
        return bytes((_CONCAT_8, 3, place.reference, place.total, place.number))
    return bytes((_CONCAT_16, 4)) + place.reference.to_bytes(2, "big") + bytes((place.total, place.number))


def split_content(content: bytes) -> tuple[Concat | None, bytes]:
    """The place in a long message, if the header names one that is possible, and the data behind the header.

    A header that says it is longer than the content is none: the content is given whole, for a lost text is worse than
    a stray sign.
    """
    if not content or content[0] >= len(content):
        return None, content
    end = content[0] + 1
    place: Concat | None = None
    at = 1
    while at + 2 <= end:
        identifier, size = content[at], content[at + 1]
        octets = content[at + 2 : at + 2 + size]
        at += 2 + size
        if at > end:
            break
        if (identifier, size) in ((_CONCAT_8, 3), (_CONCAT_16, 4)) and 1 <= octets[-1] <= octets[-2]:
            place = Concat(int.from_bytes(octets[:-2], "big"), octets[-2], octets[-1])
    return place, content[end:]
