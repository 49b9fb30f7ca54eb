"""SMPP PDUs: decoded, encoded again, shown as a line and read back, all to the same octets."""

from __future__ import annotations

import json
from collections.abc import Iterator

from carriers.smpp import pdu
from carriers.smpp.tlv import Tlv
from carriers.wire import TOOLS, decode_lines, encode_lines
from gateway.core.errors import MalformedPdu
from tests.fuzz.target import Target, with_true_length
from tests.unit.carriers.smpp.smpp_vectors import VECTORS

_TOOL = TOOLS["smpp"]


def check(data: bytes) -> None:
    for octets in (data, with_true_length(data)):
        if not octets:
            continue
        (line,) = decode_lines(_TOOL, [octets.hex()])
        line.encode()
        try:
            message = pdu.decode(octets)
        except MalformedPdu:
            assert 0 <= json.loads(line)["error"]["offset"] <= len(octets)
            continue
        assert message.encode() == octets
        assert list(encode_lines(_TOOL, [line])) == [octets.hex()]


def seeds() -> Iterator[bytes]:
    for octets, _ in VECTORS.values():
        yield bytes.fromhex(octets)
    for kind in pdu.PDUS.values():
        yield kind(tlvs=(Tlv(0x001E, b"2A3F9D01\0"), Tlv(0x0427, b"\2")), trailing=b"\0").encode()


TARGET = Target(
    check,
    seeds,
    max_len=1024,
    words=(b"\0\x1e\0\1", b"\4\x24\0\1", b"\1\1\1\0", *(command_id.to_bytes(4, "big") for command_id in pdu.PDUS)),
)
