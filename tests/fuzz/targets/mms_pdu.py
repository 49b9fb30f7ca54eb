"""MMS PDUs: octets give a PDU or the one error; what was read can be written and says the same; and the line tool."""

from __future__ import annotations

import json
from collections.abc import Iterator

from carriers.wire import TOOLS, decode_lines, encode_lines
from mms.codec.charsets import read_text
from mms.codec.errors import MmsFormatError
from mms.codec.layout import Pdu
from mms.codec.pdu import decode, glimpse
from mms.content import Body
from tests.fuzz.target import Target, assert_storable, at_most
from tests.unit.mms.codec.mms_samples import SAMPLES
from tests.unit.mms.codec.mms_vectors import VECTORS

_LINE = TOOLS["mms"]


def check(data: bytes) -> None:
    with at_most(1.0):
        glimpse(data)
        pdu = _decoded(data)
        if pdu is not None:
            _check_pdu(pdu)
        if not data:
            return
        (line,) = decode_lines(_LINE, [data.hex()])
        line.encode()
        error = json.loads(line).get("error")
        if error is not None:
            assert 0 <= error["offset"] <= len(data)
        else:
            assert list(encode_lines(_LINE, [line])) == [data.hex()]


def _decoded(data: bytes) -> Pdu | None:
    try:
        return decode(data)
    except MmsFormatError:
        return None


def _check_pdu(pdu: Pdu) -> None:
    for _, attribute, _, many in pdu.LAYOUT:
        value = getattr(pdu, attribute)
        assert_storable(*(str(one) for one in (value if many else (value,))))
    body: Body | None = getattr(pdu, "body", None)
    if body is not None:
        for part in body.parts:
            assert_storable(part.media_type, part.name, part.content_id, part.charset, *sum(part.parameters, ()))
            assert_storable(read_text(part.data, part.charset).text)
    # What was read leniently can be written, and then comes through unchanged.
    octets = pdu.encode()
    assert pdu.encoded_size() == len(octets)
    again = decode(octets)
    assert again.encode() == octets


def seeds() -> Iterator[bytes]:
    for vector in VECTORS.values():
        yield vector.octets
    for pdu in SAMPLES.values():
        octets = pdu.encode()
        if len(octets) < 2000:
            yield octets
    for charset in ("84", "02 07ea", "02 03e8", "02 03f7", "f1", "80"):
        text = bytes.fromhex(charset) + "你好".encode("utf-16-be") + b"\0"
        yield b"\x8c\x84\x98t\0\x8d\x92\x96" + bytes((len(text),)) + text + b"\x84\xa3\x01\x02\x01\x83\x9ex"
    nested = b"\x01\x01\x01\x83x"
    for _ in range(4):
        nested = bytes((1, 1, len(nested), 0xA3)) + nested
    yield b"\x8c\x84\x98t\0\x8d\x92\x84\xa3" + nested


TARGET = Target(
    check,
    seeds,
    max_len=2000,
    words=(
        b"/TYPE=PLMN\0", b"\x8d\x92", b"\x84\xb3", b"\x84\xa3", b"\x81\xea", b"\x02\x03\xf7", b"\x02\x07\xea",
        b"\xc0\"<",
        b"application/smil\0", b"\x85a.txt\0", b"\x8ea.txt\0", b"base64\0", b"\xae\x05\x81", b"charset\0", b"\x1f\x80",
    ),
)  # fmt: skip
