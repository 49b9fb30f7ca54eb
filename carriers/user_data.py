"""The user data header in front of the text of a short message (3GPP TS 23.040 9.2.3.24).

What a connection of any protocol needs of it: that there is one, and which place in a long message it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gateway.core.errors import NotEncodable
from gateway.core.messages import Concat

if TYPE_CHECKING:
    from gateway.core.messages import Segment

_CONCAT_8 = 0x00
_PORTS_16 = 0x05
_CONCAT_16 = 0x08


class Ports(NamedTuple):
    """Which applications speak to each other."""

    destination: int
    source: int


def concat_element(reference: int, total: int, number: int) -> bytes:
    """The element that says which part of a long message this is: 8-bit form for references up to 255.

    It costs an octet less than the 16-bit form and is read everywhere.
    """
    if reference <= 0xFF:
        return bytes((_CONCAT_8, 3, reference, total, number))
    return wide_concat_element(reference, total, number)


def wide_concat_element(reference: int, total: int, number: int) -> bytes:
    """The same in the 16-bit form, whatever the reference."""
    return bytes((_CONCAT_16, 4, reference >> 8 & 0xFF, reference & 0xFF, total, number))


def elements_of(segment: Segment) -> bytes:
    """All elements of a segment's header, its place in a long message first; empty when it needs none.

    Raises NotEncodable for a place that no header can name.
    """
    if not 1 <= segment.number <= segment.total <= 255 or not 0 <= segment.reference <= 0xFFFF:
        raise NotEncodable("That is no place in a long message: parts are 1 to 255, references 0 to 65535.")
    if segment.total == 1:
        return segment.udh
    return concat_element(segment.reference, segment.total, segment.number) + segment.udh


def with_header(elements: bytes, data: bytes) -> bytes:
    """The content with its header; without elements there is none.

    Raises NotEncodable for more than the octet of its length can count.
    """
    if len(elements) > 0xFF:
        raise NotEncodable(f"{len(elements)} octets are too long for a header.")
    return bytes((len(elements),)) + elements + data if elements else data


def split_header(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The elements (identifier, octets) of the header and the data behind it.

    An element that says it is longer than the header ends the list. A header that says it is longer than the
    content is none: the content is given whole, for a lost text is worse than a stray sign.
    """
    if not content or content[0] >= len(content):
        return [], content
    end = content[0] + 1
    elements: list[tuple[int, bytes]] = []
    at = 1
    while at + 2 <= end and at + 2 + content[at + 1] <= end:
        elements.append((content[at], content[at + 2 : at + 2 + content[at + 1]]))
        at += 2 + content[at + 1]
    return elements, content[end:]


def ports_of(elements: list[tuple[int, bytes]]) -> Ports | None:
    """The applications that speak to each other, by 16-bit numbers; None without."""
    for identifier, octets in elements:
        if (identifier, len(octets)) == (_PORTS_16, 4):
            return Ports(int.from_bytes(octets[:2], "big"), int.from_bytes(octets[2:], "big"))
    return None


def concat_of(elements: list[tuple[int, bytes]]) -> Concat | None:
    """The place in a long message; None without one or with an impossible one."""
    for identifier, octets in elements:
        if (identifier, len(octets)) in ((_CONCAT_8, 3), (_CONCAT_16, 4)):
            *reference, total, number = octets
            if 1 <= number <= total:
                return Concat(int.from_bytes(bytes(reference), "big"), total, number)
    return None
