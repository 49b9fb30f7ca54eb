"""The PyPI package python-gsmmodem-new as judge of TPDUs, both ways.

Where it is wrong it is not asked: it shows § as ` (3GPP TS 23.038 6.2.1 has § at 5F), loses the first letter behind a
16-bit reference (TS 23.040 9.2.3.24: there are no fill bits), cannot write characters beyond U+FFFF and reads them as
two halves, and takes 8-bit data for text.
"""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from carriers.gsm.tpdu.address import Address, Smsc
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.header import concat_of
from carriers.gsm.tpdu.modem_pdu import ModemPdu
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.validity import Relative
from gateway.core.messages import Segment
from gateway.core.text import Alphabet
from tests.interop.tpdu_cases import LONE, LONG_GSM7, PHONE, SMSC, reports, segments, submits

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    from gsmmodem.pdu import decodeSmsPdu, encodeSmsSubmitPdu

pytestmark = pytest.mark.interop
MOMENT = datetime(2026, 11, 25, 12, 34, 56, tzinfo=timezone(timedelta(hours=8)))
AMERICAN = datetime(2026, 11, 24, 12, 34, 56, tzinfo=timezone(timedelta(hours=-3.5)))


def asked(segment: Segment) -> bool:
    """Is this something it gets right?"""
    wide = segment.total > 1 and segment.reference > 0xFF and segment.alphabet is Alphabet.GSM7
    return not wide and "😀" not in segment.text


def expected(text: str) -> str:
    return text.replace("§", "`")


CASES = [(segment, submit) for segment, submit in zip(segments(), submits(), strict=True) if asked(segment)]


def test_it_is_asked_most() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize(("segment", "submit"), CASES)
def test_it_reads_our_submits(segment: Segment, submit: Submit) -> None:
    seen: dict[str, Any] = decodeSmsPdu(ModemPdu(submit, Smsc.of(SMSC)).encode()[0])
    assert (seen["type"], seen["smsc"], seen["number"]) == ("SMS-SUBMIT", SMSC, PHONE)
    assert (seen["reference"], seen["validity"]) == (submit.reference, timedelta(days=1))
    assert seen["text"] == expected(segment.text)
    assert seen["tpdu_length"] == len(submit.encode())
    if segment.total > 1:
        (place,) = seen["udh"]
        assert (place.reference, place.parts, place.number) == (segment.reference, segment.total, segment.number)


@pytest.mark.parametrize(("segment", "submit"), CASES)
@pytest.mark.parametrize("moment", [MOMENT, AMERICAN], ids=["east", "west"])
def test_it_reads_our_delivers(segment: Segment, submit: Submit, moment: datetime) -> None:
    deliver = Deliver(Address.of("sipgate"), Timestamp.of(moment), submit.user_data, submit.dcs)
    seen: dict[str, Any] = decodeSmsPdu(ModemPdu(deliver, Smsc.of(SMSC)).encode()[0])
    assert (seen["type"], seen["smsc"], seen["number"]) == ("SMS-DELIVER", SMSC, "sipgate")
    assert (seen["time"], seen["time"].utcoffset()) == (moment, moment.utcoffset())
    assert seen["text"] == expected(segment.text)


def test_it_reads_our_status_reports() -> None:
    for report in reports(Timestamp.of(MOMENT), Timestamp.of(AMERICAN)):
        seen: dict[str, Any] = decodeSmsPdu(ModemPdu(report, Smsc.of(SMSC)).encode()[0])
        assert (seen["type"], seen["number"], seen["reference"]) == ("SMS-STATUS-REPORT", PHONE, report.reference)
        assert (seen["time"], seen["discharge"], seen["status"]) == (MOMENT, AMERICAN, report.status)


@pytest.mark.parametrize(("text", "alphabet"), [case for case in LONE if "😀" not in case[0] and case[0]])
def test_we_read_its_submits(text: str, alphabet: Alphabet) -> None:
    (pdu,) = encodeSmsSubmitPdu(PHONE, text.replace("§", ""), reference=9, smsc=SMSC, requestStatusReport=True)
    read = ModemPdu.decode(str(pdu))
    # Its length counts the octets of the message centre, which 3GPP TS 27.005 3.5.1 leaves out.
    assert read.encode() == (str(pdu), pdu.tpduLength - len(read.smsc.octets))
    message = read.message
    assert isinstance(message, Submit)
    assert (message.destination.text, read.smsc.text, message.reference) == (PHONE, SMSC, 9)
    assert message.wants_report
    content = message.user_data.content(message.dcs)
    assert (content.text, content.alphabet) == (text.replace("§", ""), alphabet)


def test_we_read_its_fields() -> None:
    def one(**more: Any) -> Submit:
        (pdu,) = encodeSmsSubmitPdu("10086", "x", requestStatusReport=False, **more)
        message = ModemPdu.decode(str(pdu)).message
        assert isinstance(message, Submit)
        return message

    assert one(validity=timedelta(days=4)).validity == Relative.of(4 * 86_400)
    absolute = one(validity=AMERICAN).validity
    assert isinstance(absolute, Timestamp)
    assert (absolute.moment, absolute.text[-6:]) == (AMERICAN, "-03:30")
    assert one(rejectDuplicates=True).rejects_duplicates
    assert one(sendFlash=True).dcs == 0x10
    assert not one().wants_report


@pytest.mark.parametrize("text", [LONG_GSM7, "彩邮，" * 60], ids=["gsm7", "ucs2"])
def test_we_join_what_it_split(text: str) -> None:
    joined = []
    pdus = encodeSmsSubmitPdu(PHONE, text, reference=0xA7)
    for number, pdu in enumerate(pdus, 1):
        message = ModemPdu.decode(str(pdu)).message
        assert isinstance(message, Submit)
        content = message.user_data.content(message.dcs)
        assert concat_of(content.elements) == (0xA7, len(pdus), number)
        joined.append(content.text)
    assert "".join(joined) == text
