"""The user data header: elements in front of the text (3GPP TS 23.040 9.2.3.24)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from gateway.core.errors import NotEncodable
from gateway.core.messages import Concat

CONCAT_8: Final = 0x00
CONCAT_16: Final = 0x08
PORTS_8: Final = 0x04
PORTS_16: Final = 0x05
SINGLE_SHIFT: Final = 0x24
LOCKING_SHIFT: Final = 0x25

_CONCATS: Final = ((CONCAT_8, 3), (CONCAT_16, 4))
_PORTS: Final = ((PORTS_8, 2), (PORTS_16, 4))


class Element(NamedTuple):
    """One information element; those we do not know are kept as they are."""

    identifier: int
    octets: bytes


class Ports(NamedTuple):
    """Which applications speak to each other."""

    destination: int
    source: int


def write(elements: Iterable[Element]) -> bytes:
    """The header with its length octet, b"" without elements; raises NotEncodable beyond 139 octets of elements."""
    header = b"".join(bytes((element.identifier, len(element.octets))) + element.octets for element in elements)
    if len(header) > 139:
        raise NotEncodable(f"{len(header)} octets of header elements do not fit into a message.")
    return bytes((len(header),)) + header if header else b""


def read(octets: bytes) -> tuple[Element, ...]:
    """The elements in a header without its length octet.

    There are none when the last one does not end where the header ends: that header is to be ignored (9.2.3.24).
    """
    elements = []
    at = 0
    while at < len(octets):
        end = at + 2 + octets[at + 1] if at + 1 < len(octets) else at + 2
        if end > len(octets):
            return ()
        elements.append(Element(octets[at], octets[at + 2 : end]))
        at = end
    return tuple(elements)


def concat_of(elements: Iterable[Element]) -> Concat | None:
    """The place in a long message; None without one, an impossible one is ignored, the last one counts (9.2.3.24)."""
    found = None
    for identifier, octets in elements:
        if (identifier, len(octets)) in _CONCATS:
            *reference, total, number = octets
            if 1 <= number <= total:
                found = Concat(int.from_bytes(bytes(reference), "big"), total, number)
    return found


def ports_of(elements: Iterable[Element]) -> Ports | None:
    """The ports; None without, the last ones count."""
    found = None
    for identifier, octets in elements:
        if (identifier, len(octets)) in _PORTS:
            half = len(octets) // 2
            found = Ports(int.from_bytes(octets[:half], "big"), int.from_bytes(octets[half:], "big"))
    return found


def language_of(elements: Iterable[Element], identifier: int) -> int:
    """The national language of SINGLE_SHIFT or LOCKING_SHIFT; 0, the default, without one."""
    found = 0
    for element in elements:
        if element.identifier == identifier and len(element.octets) == 1:
            found = element.octets[0]
    return found


def concat_element(reference: int, total: int, number: int) -> Element:
    """The place in a long message: with an 8-bit reference up to 255. Raises NotEncodable for an impossible one."""
    if not 1 <= number <= total <= 255 or not 0 <= reference <= 0xFFFF:
        raise NotEncodable("That is no place in a long message: parts are 1 to 255, references 0 to 65535.")
    if reference <= 0xFF:
        return Element(CONCAT_8, bytes((reference, total, number)))
    return Element(CONCAT_16, bytes((reference >> 8, reference & 0xFF, total, number)))


def ports_element(destination: int, source: int) -> Element:
    """The 16-bit ports; raises NotEncodable beyond 65535."""
    if not 0 <= destination <= 0xFFFF or not 0 <= source <= 0xFFFF:
        raise NotEncodable(f"{destination} and {source} are no ports: 0 to 65535.")
    return Element(PORTS_16, destination.to_bytes(2, "big") + source.to_bytes(2, "big"))
