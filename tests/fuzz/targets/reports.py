"""The status reports of CMPP: MalformedPdu below 39 octets, else read and written again to the same octets."""

from __future__ import annotations

from collections.abc import Iterator

from carriers.cmpp import status
from carriers.cmpp.incoming import report_of, sms_of
from carriers.cmpp.pdu import Deliver
from carriers.cmpp.reports import LEAST_OCTETS, Report
from gateway.core.errors import MalformedPdu
from gateway.core.text import Alphabet
from tests.fuzz.target import Target, assert_storable
from tests.unit.carriers.cmpp.cmpp_vectors import VECTORS


def check(data: bytes) -> None:
    _check_report(data)
    if data:
        deliver = Deliver(tp_udhi=data[0] & 1, msg_fmt=data[0] >> 1, src_terminal_id=data[1:33], msg_content=data[1:])
        sms = sms_of(deliver, Alphabet.GSM7)
        assert_storable(sms.text, sms.sender, sms.carrier_id)
        assert sms.data in data


def _check_report(data: bytes) -> None:
    try:
        report = Report.decode(data)
    except MalformedPdu:
        assert len(data) < LEAST_OCTETS
        return
    assert report.encode(len(data) - LEAST_OCTETS) == data
    told = report_of(Deliver(registered_delivery=1, msg_content=data))
    assert_storable(told.carrier_id, told.code, told.recipient, told.done_at, told.text)
    assert status.stat(told.code).state is told.state


def seeds() -> Iterator[bytes]:
    for word in (b"DELIVRD", b"MB:0045", b"CA:1   ", b"UNKNOWN", b"", b"\xff\0\1"):
        for width in (0, 21, 32):
            yield Report(0xCFDFBE8134FDFFFF, word, b"2512312359", b"2601010000", b"1380013800"[:width], 9).encode(width)
    for vector in VECTORS:
        if vector.name.startswith("DELIVER"):
            yield b"\x11" + vector.frame[50:]
    yield b"\x11\5\0\3\1\2\1\x4e\x8c"


TARGET = Target(check, seeds, max_len=256, words=(b"DELIVRD", b"EXPIRED", b"MB:", b"\5\0\3", b"\6\x08\4"))
