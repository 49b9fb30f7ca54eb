"""Addresses, moments, validities, and the TPDUs they stand in, at random and at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.gsm.tpdu import septets
from carriers.gsm.tpdu.acknowledgement import DeliverReport, SubmitReport
from carriers.gsm.tpdu.address import ALPHANUMERIC, INTERNATIONAL, NATIONAL, UNKNOWN, Address, Smsc
from carriers.gsm.tpdu.coding import coding_of, octet_of
from carriers.gsm.tpdu.cursor import MAX_OCTETS, Cursor
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.modem_pdu import ModemPdu
from carriers.gsm.tpdu.optional import Optional
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import UserData
from carriers.gsm.tpdu.validity import Enhanced, Relative
from gateway.core.errors import LocalProtocolError, MalformedPdu, NotEncodable
from gateway.core.text import Alphabet

DAY_S, WEEK_S = 86_400, 604_800

# Addresses


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+31641600986", "0b911346610089f6"),
        ("+905301234567", "0c91093510325476"),
        ("50131", "05810531f1"),
        ("*100#", "0581 1a 00 fb"),
        ("1abc2", "0581 c1 ed f2"),
        ("+1", "0191f1"),
        ("12345678901234567890", "1481 21436587092143658709"),
        ("sipgate", "0dd0 f334fc1ca69701"),
        ("abc", "06d0 61f118"),
        ("", "00d0"),
        ("FONIC", "09d0 c6a7333904"),
        ("InternetSMS", "14d0" + septets.pack(b"InternetSMS").hex()),
        ("€uro", "09d0 9b725dfe06"),
        ("+x", "04d0 2b3c"),
    ],
)
def test_addresses(text: str, digits: str) -> None:
    octets = bytes.fromhex(digits)
    address = Address.of(text)
    assert address.encode() == octets
    assert Address.read(Cursor(octets), "TP-OA") == address
    assert address.text == text
    assert address.is_name is (octets[1] == ALPHANUMERIC)


def test_the_type_of_a_bare_number_can_be_chosen() -> None:
    assert Address.of("10086", bare_type=NATIONAL).type_of_address == NATIONAL
    assert Address.of("+10086", bare_type=NATIONAL).type_of_address == INTERNATIONAL
    assert Address.of("10086").type_of_address == UNKNOWN


@pytest.mark.parametrize("text", ["1" * 21, "+" + "1" * 21, "letters12345", "彩邮", "€€€€€€"])
def test_addresses_that_do_not_fit(text: str) -> None:
    with pytest.raises(NotEncodable):
        Address.of(text)


def test_what_no_address_should_hold_is_kept() -> None:
    for digits in ("0591 21f3f5", "0381 2104", "05d0 ffffff", "00ff", "0191ff", "0981 1032547698"):
        octets = bytes.fromhex(digits)
        address = Address.read(Cursor(octets), "TP-OA")
        address.text.encode()
        assert address.encode() == octets
    assert Address(INTERNATIONAL, 5, bytes.fromhex("21f3f5")).text == "+123"  # F ends a number
    assert Address(INTERNATIONAL, 0, b"").text == ""


@pytest.mark.parametrize(("octets", "offset"), [("", 0), ("15", 0), ("05", 1), ("0591", 2), ("05912133", 2)])
def test_broken_addresses(octets: str, offset: int) -> None:
    with pytest.raises(MalformedPdu) as caught:
        Address.read(Cursor(bytes.fromhex(octets)), "TP-DA")
    assert (caught.value.offset, caught.value.field) == (offset, "TP-DA")


@pytest.mark.parametrize("address", [Address(0x91, 21, bytes(11)), Address(0x91, 4, b"\1"), Address(256, 0, b"")])
def test_impossible_addresses_are_not_sent(address: Address) -> None:
    with pytest.raises(LocalProtocolError):
        address.encode()


@given(st.text("0123456789*#abc", min_size=1, max_size=20), st.sampled_from(["+", ""]))
def test_any_number(digits: str, plus: str) -> None:
    if not plus:
        digits = "1" + digits[1:]  # a letter in front makes a name
    address = Address.of(plus + digits)
    assert Address.read(Cursor(address.encode()), "TP-DA") == address
    assert address.text == plus + digits
    assert not address.is_name


def test_message_centres() -> None:
    assert Smsc.of("+31624000000").encode().hex() == "07911326040000f0"
    assert Smsc.of("10086").encode().hex() == "04810180f6"
    assert Smsc.of("").encode() == b"\0"
    assert [Smsc.of(text).text for text in ("+31624000000", "10086", "")] == ["+31624000000", "10086", ""]
    assert Smsc.read(bytes.fromhex("0191aa")) == (Smsc(b"\x91"), 2)
    for wrong in ("+", "1" * 21, "abcd x"):
        with pytest.raises(NotEncodable):
            Smsc.of(wrong)
    with pytest.raises(LocalProtocolError):
        Smsc(bytes(12)).encode()
    for octets in (b"", b"\x05\x91", bytes((12,)) + bytes(20)):
        with pytest.raises(MalformedPdu) as caught:
            Smsc.read(octets)
        assert caught.value.field == "SMSC"


# Moments


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("40", 1), ("80", 2), ("48", -1), ("21", 3), ("29", -3), ("00", 0), ("23", 8), ("0a", -5), ("22", 5.5)],
)
def test_zones(zone: str, hours: float) -> None:
    timestamp = Timestamp(bytes.fromhex("208062917314" + zone))
    moment = datetime(2002, 8, 26, 19, 37, 41, tzinfo=timezone(timedelta(hours=hours)))
    assert timestamp.moment == moment
    assert timestamp.moment.utcoffset() == moment.utcoffset()
    assert Timestamp.of(moment) == timestamp


@given(
    st.datetimes(
        datetime(1970, 1, 1),  # noqa: DTZ001 - the bounds have no zone
        datetime(2069, 12, 31, 23, 59, 59),  # noqa: DTZ001
        timezones=st.integers(-79, 79).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
    )
)
def test_any_moment(moment: datetime) -> None:
    assert Timestamp.of(moment).moment == moment.replace(microsecond=0)


@pytest.mark.parametrize("octets", ["00" * 7, "201380917314" + "48", "208062" + "ff" * 4, "208062917314ff"])
def test_moments_that_are_none(octets: str) -> None:
    timestamp = Timestamp(bytes.fromhex(octets))
    assert timestamp.moment is None
    assert timestamp.text == octets
    assert timestamp.encode().hex() == octets


def test_moments_that_cannot_be_written() -> None:
    for moment in (
        datetime(2026, 1, 1),  # noqa: DTZ001 - without a zone on purpose
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(2070, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=20))),
    ):
        with pytest.raises(LocalProtocolError):
            Timestamp.of(moment)
    with pytest.raises(LocalProtocolError):
        Timestamp(bytes(6)).encode()


# Validity


@pytest.mark.parametrize(
    ("octet", "seconds"),
    [
        (0, 300), (11, 3600), (143, 12 * 3600), (144, 12 * 3600 + 1800), (167, DAY_S), (168, 2 * DAY_S),
        (0xAA, 4 * DAY_S), (196, 30 * DAY_S), (197, 5 * WEEK_S), (255, 63 * WEEK_S),
    ],
)  # fmt: skip
def test_relative_validity(octet: int, seconds: int) -> None:
    assert Relative(octet).seconds == seconds
    assert Relative.of(seconds) == Relative(octet)
    assert Relative.of(seconds - 1) == Relative(octet)
    assert Relative.of(seconds + 1).octet == min(octet + 1, 255)


def test_relative_validity_is_never_shorter_than_wanted() -> None:
    spans = [Relative(octet).seconds for octet in range(256)]
    assert spans == sorted(set(spans))
    assert Relative.of(-5) == Relative(0)
    with pytest.raises(LocalProtocolError):
        Relative(256).encode()


@pytest.mark.parametrize(
    ("octets", "seconds", "single_shot"),
    [
        ("00000000000000", None, False),
        ("40000000000000", None, True),
        ("01a70000000000", DAY_S, False),
        ("421e0000000000", 30, True),
        ("03325476000000", 23 * 3600 + 45 * 60 + 67, False),
        ("03ff5476000000", None, False),
        ("07000000000000", None, False),
        ("82001e00000000", None, False),
    ],
)
def test_enhanced_validity(octets: str, seconds: int | None, single_shot: bool) -> None:
    validity = Enhanced(bytes.fromhex(octets))
    assert (validity.seconds, validity.single_shot) == (seconds, single_shot)
    assert validity.encode().hex() == octets


@given(st.integers(1, 359_999), st.booleans())
def test_enhanced_validity_of_seconds(seconds: int, single_shot: bool) -> None:
    validity = Enhanced.of(seconds, single_shot=single_shot)
    assert (validity.seconds, validity.single_shot, len(validity.octets)) == (seconds, single_shot, 7)


def test_enhanced_validity_has_its_limits() -> None:
    assert Enhanced.of(255).octets.hex() == "02ff0000000000"
    assert Enhanced.of(256).octets.hex() == "03004061000000"
    for seconds in (0, 360_000):
        with pytest.raises(LocalProtocolError):
            Enhanced.of(seconds)
    with pytest.raises(LocalProtocolError):
        Enhanced(bytes(6)).encode()


# TPDUs

octet = st.integers(0, 255)
addresses = st.builds(
    lambda kind, octets, odd: Address(kind, len(octets) * 2 - (odd and bool(octets)), octets),
    octet,
    st.binary(max_size=10),
    st.booleans(),
)
timestamps = st.builds(Timestamp, st.binary(min_size=7, max_size=7))
validities = (
    st.none() | st.builds(Relative, octet) | timestamps | st.builds(Enhanced, st.binary(min_size=7, max_size=7))
)


@st.composite
def user_data(draw: st.DrawFn, dcs: int) -> UserData:
    octets = draw(st.binary(max_size=140))
    length = len(octets)
    if coding_of(dcs).in_septets:
        # Seven octets hold seven septets and a rest, or eight.
        length = length * 8 // 7 - (draw(st.booleans()) if length and length % 7 == 0 else 0)
    return UserData(length, octets, draw(st.booleans()))


@st.composite
def submits(draw: st.DrawFn) -> Submit:
    dcs = draw(octet)
    return Submit(
        draw(addresses), draw(user_data(dcs)), dcs, draw(octet), draw(octet), draw(validities),
        *(draw(st.booleans()) for _ in range(3)),
    )  # fmt: skip


@st.composite
def delivers(draw: st.DrawFn) -> Deliver:
    dcs = draw(octet)
    return Deliver(
        draw(addresses), draw(timestamps), draw(user_data(dcs)), dcs, draw(octet),
        *(draw(st.booleans()) for _ in range(4)), draw(st.sampled_from([0, 3, 0x10, 0x13])),
    )  # fmt: skip


@st.composite
def optionals(draw: st.DrawFn) -> Optional:
    dcs = draw(st.none() | octet)
    reserved = draw(st.sampled_from([0, 8, 0x78]))
    more = draw(st.sampled_from([b"", b"\0", b"\x80\0", b"\x01"]))
    rest = draw(st.binary(max_size=5)) if reserved or more == b"\x01" else b""
    return Optional(
        draw(st.none() | octet), dcs, draw(st.none() | user_data(dcs or 0)), reserved, more, rest
    )  # fmt: skip


@st.composite
def status_reports(draw: st.DrawFn) -> StatusReport:
    optional = draw(st.none() | optionals())
    has_text = optional is not None and optional.user_data is not None
    return StatusReport(
        draw(octet), draw(addresses), draw(timestamps), draw(timestamps), draw(octet), optional,
        *(draw(st.booleans()) for _ in range(3)), draw(octet) & (0x90 if has_text else 0xD0),
    )  # fmt: skip


@given(submits() | delivers() | status_reports(), st.builds(Smsc, st.binary(max_size=11)))
def test_any_tpdu(message: Submit | Deliver | StatusReport, smsc: Smsc) -> None:
    octets = message.encode()
    assert type(message).decode(octets) == message
    assert type(message).decode(b"\xff\xff" + octets, 2) == message
    pdu = ModemPdu(message, smsc)
    digits, length = pdu.encode()
    assert length == len(octets)
    assert ModemPdu.decode(digits) == pdu
    assert ModemPdu.decode(digits.lower()) == pdu


@given(optionals(), timestamps, st.none() | octet)
def test_any_acknowledgement(optional: Optional, sent_at: Timestamp, failure: int | None) -> None:
    for report in (SubmitReport(sent_at, optional, failure), DeliverReport(optional, failure)):
        assert type(report).decode(report.encode(), failed=failure is not None) == report


def test_acknowledgements_known() -> None:
    assert DeliverReport().encode().hex() == "0000"
    assert DeliverReport(Optional(protocol=0), failure=0xD3).encode().hex() == "00d30100"
    sent_at = Timestamp(bytes.fromhex("20806291731448"))
    text = Optional(0x40, 0, UserData.of_text("hi", Alphabet.GSM7))
    assert SubmitReport(sent_at, text).encode().hex() == "0107" + "20806291731448" + "4000" + "02e834"
    assert SubmitReport(sent_at, failure=0xC0).encode().hex() == "01c000" + "20806291731448"
    assert SubmitReport.decode(bytes.fromhex("01000020806291731448")[:2] + sent_at.octets) == SubmitReport(sent_at)
    for wrong in ("02", "01", "0100", "010020806291731448ff", ""):
        with pytest.raises(MalformedPdu):
            SubmitReport.decode(bytes.fromhex(wrong))
    for wrong in ("01", "00", "000001", "0001", ""):
        with pytest.raises(MalformedPdu):
            DeliverReport.decode(bytes.fromhex(wrong))


STATUS = "06180681" + "214365" + "01908241650040" * 2 + "00"


@pytest.mark.parametrize(
    ("tail", "optional"),
    [
        ("", None),
        ("00", Optional()),
        ("01 40", Optional(protocol=0x40)),
        ("02 08", Optional(dcs=8)),
        ("04 02 e834", Optional(user_data=UserData(2, b"\xe8\x34"))),
        ("07 00 08 02 4e2d", Optional(0, 8, UserData(2, b"\x4e\x2d"))),
        ("08", Optional(reserved=8)),
        ("0b 00 00 c0ffee", Optional(0, 0, reserved=8, rest=b"\xc0\xff\xee")),
        ("81 00 40", Optional(0x40, more_indicators=b"\0")),
        ("80 01 40", Optional(more_indicators=b"\1", rest=b"\x40")),
    ],
)
def test_status_reports_with_optional_fields(tail: str, optional: Optional | None) -> None:
    octets = bytes.fromhex(STATUS + tail)
    report = StatusReport.decode(octets)
    assert report.optional == optional
    assert report.encode() == octets


@pytest.mark.parametrize(
    ("tail", "field"),
    [
        ("01", "TP-PID"), ("02", "TP-DCS"), ("04", "TP-UDL"), ("0402e8", "TP-UDL"), ("80", "TP-PI"), ("8080", "TP-PI"),
        ("0000", "TP-UD"), ("8000" + "00", "TP-UD"), ("ff", "TP-PI"),
    ],
)  # fmt: skip
def test_status_reports_with_broken_fields(tail: str, field: str) -> None:
    with pytest.raises(MalformedPdu) as caught:
        StatusReport.decode(bytes.fromhex(STATUS + tail))
    assert caught.value.field == field
    forgiven = StatusReport.decode(bytes.fromhex(STATUS + tail), forgiving=True)
    assert (forgiven.status, forgiven.optional) == (0, None)
    assert len(STATUS) // 2 <= caught.value.offset <= len(STATUS + tail) // 2


def test_what_a_report_must_hold_is_not_forgiven() -> None:
    for length in range(len(STATUS) // 2):
        with pytest.raises(MalformedPdu):
            StatusReport.decode(bytes.fromhex(STATUS)[:length], forgiving=True)


def test_optional_fields_that_announce_nothing_are_not_sent() -> None:
    for optional in (Optional(rest=b"x"), Optional(more_indicators=b"\x80"), Optional(more_indicators=b"\0\0")):
        with pytest.raises(LocalProtocolError):
            optional.encode()


def test_values_without_room_are_not_sent() -> None:
    to = Address.of("10086")
    now = Timestamp(bytes(7))
    for message in (
        Submit(to, reference=256),
        Submit(to, dcs=-1),
        Submit(to, protocol=256),
        Deliver(to, now, protocol=300),
        Deliver(to, now, dcs=300),
        Deliver(to, now, spare=1),
        StatusReport(256, to, now, now, 0),
        StatusReport(0, to, now, now, 256),
    ):
        with pytest.raises(LocalProtocolError):
            message.encode()
    with pytest.raises(LocalProtocolError):
        octet_of(Alphabet.GBK)
    with pytest.raises(LocalProtocolError):
        octet_of(Alphabet.GSM7, 4)


def test_a_reserved_type_is_taken_for_a_deliver() -> None:
    octets = bytes.fromhex("07" + "05810531f1" + "0000" + "20806291731448" + "00")
    message = Deliver.decode(octets)
    assert message.spare == 3
    assert message.encode() == octets
    assert ModemPdu.decode("00" + octets.hex()).message == message


def test_silent_messages_are_known() -> None:
    assert Deliver(Address.of("1"), Timestamp(bytes(7)), protocol=0x40).is_silent
    assert not Deliver(Address.of("1"), Timestamp(bytes(7)), protocol=0x41).is_silent


def test_what_a_modem_prints_is_bounded() -> None:
    for digits, offset, field in (
        ("", 0, "SMSC"),
        ("00", 1, "TP-MTI"),
        ("0g", 0, ""),
        ("000", 0, ""),
        ("00" * (MAX_OCTETS + 2), MAX_OCTETS + 1, ""),
    ):
        with pytest.raises(MalformedPdu) as caught:
            ModemPdu.decode(digits)
        assert (caught.value.offset, caught.value.field) == (offset, field)
