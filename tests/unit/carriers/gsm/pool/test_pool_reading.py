"""What comes out of a modem as the hub's values, and the names of segments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carriers.gsm.events import Kind, PduArrived, Receipt
from carriers.gsm.pool_reading import UNREADABLE, names_of, read
from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import UserData
from carriers.session import ReportArrived, SmsArrived
from gateway.core.messages import ReportState
from gateway.core.text import Alphabet

SIM = "89860012345612345678"
OWN = "+8613800138000"
RECEIPT = Receipt("ME", 3, 1)
AT = Timestamp.of(datetime(2026, 11, 25, 8, 0, tzinfo=UTC))


def arrived(tpdu: bytes) -> PduArrived:
    return PduArrived(RECEIPT, Kind.MESSAGE, b"\x91\x68\x31", tpdu)


def deliver(text: str = "TD", dcs: int = 0, protocol: int = 0) -> bytes:
    user_data = UserData.of_text(text, Alphabet.GSM7)
    return Deliver(Address.of("+8613900139000"), AT, user_data, dcs, protocol).encode()


def report(recipient: str, reference: int = 17, status: int = 0, *, of_command: bool = False) -> bytes:
    return StatusReport(reference, Address.of(recipient), AT, AT, status, of_command=of_command).encode()


@pytest.mark.parametrize(
    ("recipient", "region", "forms"),
    [
        ("+8613912345678", "CN", ("8613912345678", "13912345678", "013912345678")),
        ("13912345678", "CN", ("13912345678", "8613912345678")),
        ("+85291234567", "HK", ("85291234567", "91234567")),
        ("+4917612345", "CN", ("4917612345",)),
        ("10086", "CN", ("10086", "8610086")),
    ],
)
def test_every_form_of_a_recipient_is_a_name(recipient: str, region: str, forms: tuple[str, ...]) -> None:
    assert names_of(SIM, recipient, 17, region) == tuple(f"12345678/{form}/17" for form in forms)
    assert all(len(name) <= 65 for name in names_of(SIM, "+" + "9" * 20, 255, region))


@pytest.mark.parametrize(
    "written", ["+8613912345678", "8613912345678", "13912345678", "013912345678", "008613912345678"]
)
def test_a_report_has_one_of_the_names_whatever_the_form(written: str) -> None:
    event, complaint = read(arrived(report(written)), SIM, OWN, "receipt")
    assert isinstance(event, ReportArrived)
    assert event.report.carrier_id in names_of(SIM, "+8613912345678", 17, "CN")
    assert (event.report.state, event.receipt, complaint) == (ReportState.DELIVERED, "receipt", "")


def test_reports_on_another_sim_are_others() -> None:
    one, _ = read(arrived(report("+8613912345678")), SIM, OWN, None)
    other, _ = read(arrived(report("+8613912345678")), "89860012345600000001", OWN, None)
    assert isinstance(one, ReportArrived)
    assert isinstance(other, ReportArrived)
    assert one.report.carrier_id != other.report.carrier_id


def test_an_sms() -> None:
    event, complaint = read(arrived(deliver()), SIM, OWN, "receipt")
    assert isinstance(event, SmsArrived)
    assert (event.sms.sender, event.sms.recipient, event.sms.text) == ("+8613900139000", OWN, "TD")
    assert (event.receipt, complaint) == ("receipt", "")
    again, _ = read(arrived(deliver()), SIM, OWN, None)
    elsewhere, _ = read(arrived(deliver()), "89860012345600000001", OWN, None)
    assert isinstance(again, SmsArrived)
    assert isinstance(elsewhere, SmsArrived)
    assert again.sms.carrier_id == event.sms.carrier_id  # a resend after a crash is known
    assert elsewhere.sms.carrier_id != event.sms.carrier_id  # the same words to another SIM are another SMS
    assert len(event.sms.carrier_id) <= 65


@pytest.mark.parametrize("octets", [b"", b"\x00", b"\x04\x0b\x91\x31", bytes(range(0, 250, 4))])
def test_what_cannot_be_read_is_not_lost(octets: bytes) -> None:
    event, complaint = read(arrived(octets), SIM, OWN, None)
    assert isinstance(event, SmsArrived)
    assert event.sms.sender == UNREADABLE
    assert event.sms.text.endswith(octets.hex().upper())
    assert "cannot be read" in complaint


def test_what_nobody_must_see() -> None:
    assert read(arrived(deliver(protocol=0x40)), SIM, OWN, None) == (None, "a silent SMS came")
    assert read(arrived(deliver(dcs=0xC8)), SIM, OWN, None) == (None, "")  # a lamp for the voice mail
    assert read(arrived(report("10086", of_command=True)), SIM, OWN, None).event is None
    event, complaint = read(arrived(b"\x06\x11"), SIM, OWN, None)
    assert event is None
    assert "status report that cannot be read" in complaint
    assert isinstance(read(arrived(deliver(dcs=0xD8)), SIM, OWN, None).event, SmsArrived)  # its text is to be kept
