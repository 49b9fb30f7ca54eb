"""Capture files made from octets, so that a dissector sees exactly one session and nothing of the machine."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_GLOBAL = struct.pack("<LHHLLLL", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)  # link type 101: raw IP
_CLIENT, _SERVER = bytes((127, 0, 0, 1)), bytes((127, 0, 0, 2))
_CLIENT_PORT = 40000
_SYN, _ACK, _PUSH = 0x02, 0x10, 0x08


@dataclass(frozen=True, slots=True)
class Sent:
    """Octets that one side wrote."""

    by_server: bool
    data: bytes


def write(path: Path, port: int, session: list[Sent]) -> None:
    """One TCP connection to `port`, with its handshake, a packet for every `Sent`."""
    seen = {False: 1000, True: 2000}  # next sequence number of each side
    packets: list[bytes] = []

    def packet(by_server: bool, flags: int, data: bytes = b"") -> None:
        source, target = (port, _CLIENT_PORT) if by_server else (_CLIENT_PORT, port)
        from_, to = (_SERVER, _CLIENT) if by_server else (_CLIENT, _SERVER)
        acknowledged = seen[not by_server] if flags & _ACK else 0
        segment = struct.pack(">HHLLBBHHH", source, target, seen[by_server], acknowledged, 5 << 4, flags, 65535, 0, 0)
        checked = from_ + to + struct.pack(">BBH", 0, 6, len(segment) + len(data))
        sum_ = struct.pack(">H", _checksum(checked + segment + data))
        segment = segment[:16] + sum_ + segment[18:] + data
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), len(packets), 0, 64, 6, 0) + from_ + to
        head = head[:10] + struct.pack(">H", _checksum(head)) + head[12:]
        frame = head + segment
        packets.append(struct.pack("<LLLL", 1767200000, len(packets) * 1000, len(frame), len(frame)) + frame)
        seen[by_server] += len(data) + (1 if flags & _SYN else 0)

    packet(False, _SYN)
    packet(True, _SYN | _ACK)
    packet(False, _ACK)
    for it in session:
        packet(it.by_server, _ACK | _PUSH, it.data)
    path.write_bytes(_GLOBAL + b"".join(packets))


def _checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
