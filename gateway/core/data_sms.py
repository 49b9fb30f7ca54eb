"""Data SMS: octets for a program on the phone instead of text for a person, and how they are cut into segments.

A port says which program; 2948 is that of WAP push (WAP-259 section 6.1), which takes MMS notifications, links and
settings. The header of each segment names the ports and, of several segments, the place (3GPP TS 23.040 9.2.3.24).
"""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NotEncodable

WAP_PUSH_PORT: Final = 2948
#: What WAP pushes say they come from.
WAP_SOURCE_PORT: Final = 9200

MAX_SEGMENTS: Final = 255
#: Octets of one short message, its header included (3GPP TS 23.040 9.2.3.16).
SEGMENT_OCTETS: Final = 140
#: Most octets that go out as one data SMS, with ports and an 8-bit reference.
MAX_OCTETS: Final = MAX_SEGMENTS * 128

_PORTS_16: Final = 0x05
_PORTS_OCTETS: Final = 6  # identifier, length, two ports
_CONCAT_OCTETS: Final = 4  # identifier, length, total, number; the reference comes to it


def ports_element(port: int | None, source_port: int | None) -> bytes:
    """The header element that names the ports, destination first; empty without a port.

    Raises NotEncodable for what is no port.
    """
    if port is None:
        return b""
    source = WAP_SOURCE_PORT if source_port is None else source_port
    if not 0 <= port <= 0xFFFF or not 0 <= source <= 0xFFFF:
        raise NotEncodable(f"{port} and {source} are no ports: 0 to 65535.")
    return bytes((_PORTS_16, 4)) + port.to_bytes(2, "big") + source.to_bytes(2, "big")


def room(*, has_port: bool, is_lone: bool, reference_octets: int = 1) -> int:
    """Octets of data in one segment: 133 with a port, 128 of several with an 8-bit reference, 127 with a 16-bit one."""
    header = _PORTS_OCTETS if has_port else 0
    if not is_lone:
        header += _CONCAT_OCTETS + reference_octets
    return SEGMENT_OCTETS - header - bool(header)


def count(octets: int, *, has_port: bool, reference_octets: int = 1) -> int:
    """How many segments so many octets take."""
    if octets <= room(has_port=has_port, is_lone=True):
        return 1
    return -(-octets // room(has_port=has_port, is_lone=False, reference_octets=reference_octets))


def split(data: bytes, *, has_port: bool, reference_octets: int = 1) -> list[bytes]:
    """The data of each segment, in order; joined they are the data. No data is one empty segment."""
    if len(data) <= room(has_port=has_port, is_lone=True):
        return [data]
    size = room(has_port=has_port, is_lone=False, reference_octets=reference_octets)
    return [data[start : start + size] for start in range(0, len(data), size)]
