"""TPDUs: octets through every reader, the values they give, and the line tools to the same octets."""

from __future__ import annotations

import json
from collections.abc import Iterator

from carriers.gsm.tpdu.acknowledgement import DeliverReport, SubmitReport
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.modem_pdu import ModemPdu
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.translate import incoming_of, report_of
from carriers.wire import TOOLS, decode_lines, encode_lines
from gateway.core.errors import MalformedPdu
from tests.fuzz.target import Target, assert_storable
from tests.unit.carriers.gsm.tpdu.tpdu_vectors import VECTORS

_LINES = tuple(TOOLS[name] for name in ("sms-submit", "sms-deliver", "sms-status"))


def check(data: bytes) -> None:
    _check_modem_pdu(data)
    for failed in (False, True):
        _check_acknowledgement(SubmitReport, data, failed)
        _check_acknowledgement(DeliverReport, data, failed)
    _check_forgiven(data)
    if not data:
        return
    for tool in _LINES:
        (line,) = decode_lines(tool, [data.hex()])
        line.encode()
        error = json.loads(line).get("error")
        if error is None:
            assert list(encode_lines(tool, [line])) == [data.hex()]
        else:
            assert 0 <= error["offset"] <= len(data)


def _check_modem_pdu(data: bytes) -> None:
    try:
        pdu = ModemPdu.decode(data.hex())
    except MalformedPdu:
        return
    assert pdu.encode()[0] == data.hex().upper()
    match pdu.message:
        case Deliver() as deliver:
            sms = incoming_of(deliver, recipient=pdu.smsc.text)
            assert_storable(sms.sender, sms.recipient, sms.text)
        case StatusReport() as report:
            assert StatusReport.decode(report.encode(), forgiving=True) == report
            said = report_of(report)
            assert_storable(said.recipient, said.done_at, said.text)
        case Submit() as submit:
            assert_storable(submit.destination.text, submit.user_data.content(submit.dcs).text)


def _check_forgiven(data: bytes) -> None:
    try:
        report = StatusReport.decode(data, forgiving=True)
    except MalformedPdu:
        return
    said = report_of(report)
    assert_storable(said.recipient, said.done_at, said.text)


def _check_acknowledgement(kind: type[SubmitReport] | type[DeliverReport], data: bytes, failed: bool) -> None:
    try:
        report = kind.decode(data, failed=failed)
    except MalformedPdu:
        return
    assert report.encode() == data


def seeds() -> Iterator[bytes]:
    for vector in VECTORS:
        yield bytes.fromhex(vector.digits)
    for digits in (
        "0107206280917314484000" + "02e834",
        "00d30100",
        "01c00020628091731448",
        "0009070581 0180f6 0000 421e0000000000 00",  # enhanced validity
        "000618068121436501908241650040019082416500400007000802" + "4e2d",
        "00060b068121436501908241650040019082416500400b0000c0ffee",
    ):
        yield bytes.fromhex(digits)


TARGET = Target(check, seeds, max_len=300, words=(b"\0\3", b"\x08\4", b"\x05\4\x0b\x84\x23\xf0", b"\x24\1", b"\x25\1"))
