"""Every vector: made from its values, read whole, cut short at every octet, with a tail, and by the line tool."""

from __future__ import annotations

import json

import pytest
from tpdu_vectors import VECTORS, Vector

from carriers.gsm.tpdu.address import Smsc
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.header import concat_of
from carriers.gsm.tpdu.modem_pdu import ModemPdu
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.wire import TOOLS, decode_lines, encode_lines
from gateway.core.errors import MalformedPdu

vectors = pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
TOOL_OF = {Submit: "sms-submit", Deliver: "sms-deliver", StatusReport: "sms-status"}


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 23
    assert len({vector.name for vector in VECTORS}) == 23


@vectors
def test_made_from_the_values(vector: Vector) -> None:
    digits, octets = ModemPdu(vector.message, Smsc.of(vector.smsc)).encode()
    assert digits == vector.digits
    assert octets == len(vector.digits) // 2 - 1 - int(vector.digits[:2], 16)


@vectors
def test_read_whole(vector: Vector) -> None:
    pdu = ModemPdu.decode(vector.digits)
    assert pdu.smsc.text == vector.smsc
    assert pdu.message == vector.message
    if not isinstance(pdu.message, StatusReport):
        content = pdu.message.user_data.content(pdu.message.dcs)
        assert content.text == vector.text
        assert concat_of(content.elements) == vector.concat


@vectors
def test_cut_short(vector: Vector) -> None:
    for length in range(len(vector.digits) // 2):
        with pytest.raises(MalformedPdu) as caught:
            ModemPdu.decode(vector.digits[: length * 2])
        assert 0 <= caught.value.offset <= length
        assert caught.value.field


@vectors
def test_with_a_tail(vector: Vector) -> None:
    # Behind a status report one octet more is a TP-PI; one that announces nothing may not be followed by anything.
    tail = "0000" if isinstance(vector.message, StatusReport) else "00"
    with pytest.raises(MalformedPdu) as caught:
        ModemPdu.decode(vector.digits + tail)
    assert caught.value.offset == (len(vector.digits) + len(tail)) // 2 - 1
    assert caught.value.field == "TP-UD"


@vectors
def test_as_a_line(vector: Vector) -> None:
    tool = TOOLS[TOOL_OF[type(vector.message)]]
    (line,) = decode_lines(tool, [vector.digits])
    shown = json.loads(line)
    assert shown["SMSC"] == vector.smsc
    assert shown["Reading"].get("text", "") == vector.text
    assert list(encode_lines(tool, [line])) == [vector.digits.lower()]


@vectors
def test_another_kind_is_named(vector: Vector) -> None:
    for kind, name in TOOL_OF.items():
        if kind is not type(vector.message):
            (line,) = decode_lines(TOOLS[name], [vector.digits])
            assert json.loads(line)["error"]["field"] == "TP-MTI"
