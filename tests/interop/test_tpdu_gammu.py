"""gammu as judge of TPDUs, both ways.

It writes no status reports and knows no zones. It writes the length of a name as whole octets, which is one semi-octet
more than 3GPP TS 23.040 9.1.2.5 counts when the letters do not fill them.
"""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from carriers.gsm.tpdu.address import Address, Smsc
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.header import concat_of
from carriers.gsm.tpdu.modem_pdu import ModemPdu
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.translate import incoming_of
from carriers.gsm.tpdu.user_data import UserData
from carriers.gsm.tpdu.validity import Relative
from gateway.core.messages import Concat, Segment
from gateway.core.text import Alphabet, units
from tests.interop.need import need
from tests.interop.tpdu_cases import LONE, LONG_GSM7, LONG_UCS2, PHONE, SMSC, reports, segments, submits

pytestmark = pytest.mark.interop
AT = Timestamp.of(datetime(2026, 11, 25, 12, 34, 56, tzinfo=UTC))
PYTHON = "/usr/bin/python3"  # Debian's, for which python3-gammu is
LATER = Timestamp.of(datetime(2026, 11, 26, 1, 2, 3, tzinfo=UTC))
CODINGS = {Alphabet.GSM7: "Default_No_Compression", Alphabet.UCS2: "Unicode_No_Compression", Alphabet.BINARY: "8bit"}


def gammu(requests: list[dict[str, Any]]) -> list[Any]:
    if subprocess.run([PYTHON, "-c", "import gammu"], capture_output=True, timeout=60).returncode != 0:
        need("python3-gammu")  # a package that is no program: never found
    command = [PYTHON, str(Path(__file__).with_name("gammu_judge.py"))]
    done = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    assert len(answers) == len(requests)
    return answers


def shown(seen: dict[str, Any], segment: Segment) -> str:
    """The text; behind extension characters gammu shows what lies in memory, as many as they cost more.

    It takes septets for characters, which TP-UDL counts (3GPP TS 23.040 9.2.3.16).
    """
    text: str = seen["Text"]
    surplus = units(segment.text, Alphabet.GSM7) - len(segment.text) if segment.alphabet is Alphabet.GSM7 else 0
    return text[:-surplus] if surplus else text


def test_it_reads_our_submits() -> None:
    asked = [{"decode": ModemPdu(submit, Smsc.of(SMSC)).encode()[0]} for submit in submits()]
    for segment, seen in zip(segments(), gammu(asked), strict=True):
        assert seen["Type"] == "Submit"
        assert (seen["Number"], seen["SMSC"]["Number"], seen["SMSC"]["Validity"]) == (PHONE, SMSC, "1440M")
        assert (shown(seen, segment), seen["Coding"]) == (segment.text, CODINGS[segment.alphabet])
        if segment.total > 1:
            header = seen["UDH"]
            assert (header["AllParts"], header["PartNumber"]) == (segment.total, segment.number)
            assert segment.reference in (header["ID8bit"], header["ID16bit"])


def test_it_reads_our_classes_and_octets() -> None:
    to = Address.of("10086")
    messages = [
        *(Submit(to, UserData.of_text("hi", Alphabet.GSM7), dcs) for dcs in (0x10, 0x11, 0x13, 0xF0, 0xF2)),
        Submit(to, UserData.of_octets(b"\0\1\xff"), 0x04, rejects_duplicates=True),
    ]
    seen = gammu([{"decode": ModemPdu(message).encode()[0]} for message in messages])
    assert [it["Class"] for it in seen] == [0, 1, 3, 0, 2, -1]
    assert (seen[5]["Text"], seen[5]["Coding"], seen[5]["Number"]) == ("0001ff", "8bit", "10086")


def test_it_reads_our_delivers() -> None:
    names = ("+8613800138000", "sipgate", "Bank 24", "FONIC", "10086", "InternetSMS")
    asked = [
        {
            "decode": ModemPdu(
                Deliver(Address.of(names[number % len(names)]), AT, submit.user_data, submit.dcs), Smsc.of(SMSC)
            ).encode()[0],
        }
        for number, submit in enumerate(submits())
    ]
    for number, (segment, seen) in enumerate(zip(segments(), gammu(asked), strict=True)):
        assert seen["Type"] == "Deliver"
        assert seen["Number"] == names[number % len(names)]
        assert (shown(seen, segment), seen["Coding"]) == (segment.text, CODINGS[segment.alphabet])
        assert seen["DateTime"] == "2026-11-25 12:34:56"


def test_it_reads_our_status_reports() -> None:
    messages = reports(AT, LATER)
    asked = [{"decode": ModemPdu(message, Smsc.of(SMSC)).encode()[0]} for message in messages]
    for message, seen in zip(messages, gammu(asked), strict=True):
        assert seen["Type"] == "Status_Report"
        assert (seen["MessageReference"], seen["DeliveryStatus"]) == (message.reference, message.status)
        assert (seen["DateTime"], seen["SMSCDateTime"]) == ("2026-11-25 12:34:56", "2026-11-26 01:02:03")


@pytest.mark.parametrize("layout", ["Submit", "Deliver"])
def test_we_read_its_messages(layout: str) -> None:
    asked = [
        {"layout": layout, "encode": {"Type": layout, "Text": text, "Coding": CODINGS[alphabet]}}
        for text, alphabet in LONE
    ]
    for (text, alphabet), digits in zip(LONE, gammu(asked), strict=True):
        pdu = ModemPdu.decode(digits)
        assert pdu.encode()[0] == digits.upper()
        assert pdu.smsc.text == "+15550000000"
        message = pdu.message
        assert isinstance(message, Submit | Deliver)
        content = message.user_data.content(message.dcs)
        assert (content.text, content.alphabet) == (text, alphabet)
        if isinstance(message, Deliver):
            assert message.sent_at.text == "2026-01-02T03:04:05+00:00"
            assert incoming_of(message).sender == "+15551230001"
        else:
            assert message.destination.text == "+15551230001"


def test_we_read_its_fields() -> None:
    asked: list[dict[str, Any]] = [
        {"Text": "x", "SMSC": {"Validity": "Max"}},
        {"Text": "x", "SMSC": {"Validity": "60M"}},
        {"Text": "x", "Class": 0},
        {"Text": "x", "RejectDuplicates": 1, "ReplyViaSameSMSC": 1, "MessageReference": 9, "ReplaceMessage": 3},
        {"Text": "0001ff", "Coding": "8bit"},
    ]
    digits = gammu([{"layout": "Submit", "encode": it} for it in asked])
    messages = [ModemPdu.decode(it).message for it in digits]
    longest, hour, flash, flags, octets = [it for it in messages if isinstance(it, Submit)]
    assert (longest.validity, hour.validity) == (Relative(255), Relative.of(3600))
    assert flash.dcs == 0xF0
    assert (flags.rejects_duplicates, flags.reply_path, flags.reference, flags.protocol) == (True, True, 9, 0x43)
    assert octets.user_data.content(octets.dcs).data == b"\0\1\xff"


def test_we_read_its_names() -> None:
    names = ["A", "Bank", "FONIC", "Bank 24", "InternetSMS"]
    answers = gammu(
        [{"layout": "Deliver", "encode": {"Type": "Deliver", "Text": "x", "Number": name}} for name in names]
    )
    messages = [ModemPdu.decode(digits).message for digits in answers]
    assert [message.origin.text for message in messages if isinstance(message, Deliver)] == names


@pytest.mark.parametrize(
    ("kind", "width"), [("ConcatenatedTextLong", 8), ("ConcatenatedTextLong16bit", 16)], ids=["8", "16"]
)
@pytest.mark.parametrize("text", [LONG_GSM7, LONG_UCS2], ids=["gsm7", "ucs2"])
def test_we_join_what_it_split(kind: str, width: int, text: str) -> None:
    (parts,) = gammu([{"split": text, "unicode": text is LONG_UCS2, "kind": kind}])
    joined, places = [], []
    for digits in parts:
        message = ModemPdu.decode(digits).message
        assert isinstance(message, Submit)
        content = message.user_data.content(message.dcs)
        place = concat_of(content.elements)
        assert isinstance(place, Concat)
        places.append(place)
        joined.append(content.text)
    assert "".join(joined) == text
    assert [(place.number, place.total) for place in places] == [
        (number + 1, len(parts)) for number in range(len(parts))
    ]
    assert len({place.reference for place in places}) == 1
    assert places[0].reference < 1 << width
