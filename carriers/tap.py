"""A tap on a line: what was sent and received, as a capture file that Wireshark opens. Pure: moments come in.

The octets are those of the carrier's protocol, in the clear even where the line has TLS; Ethernet, IPv4 and TCP around
them are made up: we are 192.0.2.1, the carrier is 198.51.100.1 (RFC 5737) and listens on the port registered for its
protocol, whatever the line really uses, so that a dissector knows what it sees. Sequence numbers and checksums are
right.
"""

from __future__ import annotations

import struct
from typing import Final, Protocol, runtime_checkable

#: Ports by which dissectors know a protocol: SMPP as registered; CMPP, SGIP and SMGP as their specifications say.
PORTS: Final = {"smpp": 2775, "cmpp": 7890, "sgip": 8801, "smgp": 8890}
#: Octets of a line in one packet at most; a PDU may begin in one and end in another.
MAX_SEGMENT: Final = 16_384
#: The head of a capture file: little endian, version 2.4, moments in microseconds, link type 1 (Ethernet).
FILE_HEAD: Final = struct.pack("<LHHlLLL", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)

_OURS, _CARRIERS = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 1))
_OUR_MAC, _CARRIERS_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")  # locally administered
_IPV4: Final = 0x0800
_FIN, _SYN, _PUSH, _ACK = 0x01, 0x02, 0x08, 0x10
_FIRST_PORT, _PORTS = 49_152, 16_384  # the dynamic ports


class Tap(Protocol):
    """Who hears what goes over a line. Called on the event loop; must not block."""

    def opened(self, line: int) -> None:
        """A connection stands; it is the `line`-th of its link."""

    def sent(self, data: bytes) -> None:
        """We wrote this, whole PDUs."""

    def received(self, data: bytes) -> None:
        """The carrier wrote this; it may begin or end anywhere."""

    def closed(self) -> None:
        """The connection is gone."""

    def beside(self) -> Tap:
        """A tap for another connection of the same link, which may stand at the same time."""


@runtime_checkable
class Tappable(Protocol):
    """A link whose line can be tapped."""

    tap: Tap | None


class Conversation:
    """One TCP connection as records of a capture file."""

    def __init__(self, port: int, line: int) -> None:
        self._carriers_port = port
        self._our_port = _FIRST_PORT + line % _PORTS
        self._next = {True: 1_000, False: 2_000}  # by us? -> its next sequence number
        self._packets = 0

    def begin(self, at_us: int) -> bytes:
        """The handshake."""
        return b"".join(
            (
                self._record(at_us, _SYN, by_us=True),
                self._record(at_us, _SYN | _ACK, by_us=False),
                self._record(at_us, _ACK, by_us=True),
            )
        )

    def data(self, at_us: int, octets: bytes, *, by_us: bool) -> bytes:
        """What one side wrote."""
        return b"".join(
            self._record(at_us, _PUSH | _ACK, octets[start : start + MAX_SEGMENT], by_us=by_us)
            for start in range(0, len(octets), MAX_SEGMENT)
        )

    def end(self, at_us: int) -> bytes:
        """The farewell; who began with it is not known, so it is we."""
        return b"".join(
            (
                self._record(at_us, _FIN | _ACK, by_us=True),
                self._record(at_us, _FIN | _ACK, by_us=False),
                self._record(at_us, _ACK, by_us=True),
            )
        )

    def _record(self, at_us: int, flags: int, octets: bytes = b"", *, by_us: bool) -> bytes:
        """A packet with the head of its record."""
        from_, to = (_OURS, _CARRIERS) if by_us else (_CARRIERS, _OURS)
        ports = (self._our_port, self._carriers_port) if by_us else (self._carriers_port, self._our_port)
        acknowledged = self._next[not by_us] if flags & _ACK else 0
        head = struct.pack(">HHLLBBHHH", *ports, self._next[by_us], acknowledged, 5 << 4, flags, 65_535, 0, 0)
        sum_ = _checksum(from_ + to + struct.pack(">BBH", 0, 6, len(head) + len(octets)) + head + octets)
        tcp = head[:16] + sum_.to_bytes(2, "big") + head[18:] + octets
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), self._packets & 0xFFFF, 0x4000, 64, 6, 0) + from_ + to
        ip = ip[:10] + _checksum(ip).to_bytes(2, "big") + ip[12:]
        macs = (_CARRIERS_MAC + _OUR_MAC) if by_us else (_OUR_MAC + _CARRIERS_MAC)
        frame = macs + struct.pack(">H", _IPV4) + ip + tcp
        self._packets += 1
        moved = len(octets) + bool(flags & (_SYN | _FIN))
        self._next[by_us] = (self._next[by_us] + moved) & 0xFFFF_FFFF
        return struct.pack("<LLLL", at_us // 1_000_000, at_us % 1_000_000, len(frame), len(frame)) + frame


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
