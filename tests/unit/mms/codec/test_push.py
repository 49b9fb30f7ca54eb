"""WAP pushes: those of others read and written again, damaged ones, and the messages that carry them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.gsm.tpdu import header
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.submit import Submit
from gateway.core import data_sms
from gateway.core.errors import MalformedPdu, NotEncodable
from mms.codec import push_wire
from mms.codec.provisioning_mac import Proof, Security
from mms.codec.push import CONTENT_TYPES, Header, Push
from mms.codec.push_contents import (
    content_of,
    is_notification,
    push_of_indication,
    push_of_loading,
    push_of_notification,
    push_of_settings,
)
from tests.unit.mms.codec.push_vectors import (
    INDICATIONS,
    LOADING,
    NOTIFICATION_PDU,
    NOTIFICATION_SUBMITS,
    NOTIFICATION_SUBMITS_WIDE,
    PUSHES,
    REAL_DELIVERS,
    SETTINGS,
    SETTINGS_MMS,
    SI_MAILS,
    SI_SUBMIT,
    PushVector,
)

each_vector = pytest.mark.parametrize("vector", PUSHES.values(), ids=PUSHES)


@each_vector
def test_read_and_written_again(vector: PushVector) -> None:
    octets = bytes.fromhex(vector.octets)
    assert Push.decode(octets) == vector.push
    assert vector.push.encode() == octets


@each_vector
def test_cut_off_anywhere_in_its_start(vector: PushVector) -> None:
    octets = bytes.fromhex(vector.octets)
    start = len(octets) - len(vector.push.data)
    for end in range(start):
        with pytest.raises(MalformedPdu):
            Push.decode(octets[:end])
    for end in range(start, len(octets)):  # the data have no length: a push cut there is a shorter one
        assert Push.decode(octets[:end]) == replace(vector.push, data=vector.push.data[: end - start])


def test_what_is_made_here_is_what_others_make() -> None:
    pdu = bytes.fromhex(NOTIFICATION_PDU)
    assert push_of_notification(pdu).encode().hex() == PUSHES["mms notification"].octets
    assert push_of_indication(INDICATIONS[SI_MAILS]).encode().hex() == PUSHES["si with a charset"].octets
    settings = push_of_settings(SETTINGS[SETTINGS_MMS], pin="1234")
    assert settings.encode().hex() == PUSHES["settings with a proof"].octets
    assert push_of_settings(SETTINGS[SETTINGS_MMS]).encode().hex() == PUSHES["settings without"].octets


def test_what_is_in_a_push() -> None:
    assert content_of(push_of_indication(INDICATIONS[SI_MAILS])) == INDICATIONS[SI_MAILS]
    assert content_of(push_of_loading(LOADING)) == LOADING
    assert content_of(push_of_settings(SETTINGS[SETTINGS_MMS], pin="1")) == SETTINGS[SETTINGS_MMS]
    assert content_of(push_of_notification(b"\x8c\x82")) is None
    with pytest.raises(MalformedPdu):
        content_of(Push("application/vnd.wap.slc", b"\x02\x06\x6a"))


@pytest.mark.parametrize(
    "header_octets",
    [
        bytes.fromhex("be"),  # by its number, without an application
        b"application/Vnd.WAP.mms-Message\0" + bytes.fromhex("af82af84"),  # large letters, two applications
        bytes.fromhex("02013e"),  # as a long number
    ],
)
def test_an_mms_is_told_by_its_content_type_alone(header_octets: bytes) -> None:
    push = Push.decode(bytes((0, 6, len(header_octets))) + header_octets + b"\x8c\x82")
    assert is_notification(push)
    assert push.data == b"\x8c\x82"


def test_other_pushes_are_no_mms() -> None:
    assert not is_notification(Push("application/vnd.wap.sic", b"", "mms.ua"))


SIC = Push("application/vnd.wap.sic", b"")


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        ("03ae8085af84", replace(SIC, application="mms.ua", parameters=(b"\x80\x85",))),  # a quality
        ("1f03ae81eaaf84", replace(SIC, application="mms.ua", charset=106)),  # a length in its long form
        ("05ae810203e8", replace(SIC, charset=1000)),
        ("ff", replace(SIC, content_type="type-7f")),
        (
            "ae8d61008e020102908558" + "2d590085",  # values of every kind, by number and by name
            replace(
                SIC,
                headers=(
                    Header("0D", b"a\0"),
                    Header("0E", b"\2\1\2"),
                    Header("10", b"\x85"),
                    Header("X-Y", b"\x85"),
                ),
            ),
        ),
        ("ae7f02af8501af84", replace(SIC, application="mms.ua")),  # of another code page, and back
        ("aeaf026f84", replace(SIC, application="application-6f84")),
        ("aeb4026f84af80", replace(SIC, application="*", headers=(Header("34", b"\2\x6f\x84"),))),
    ],
)
def test_headers_that_others_write(octets: str, found: Push) -> None:
    data = bytes.fromhex(octets)
    assert Push.decode(bytes((1, 6, len(data))) + data) == found


@pytest.mark.parametrize(
    ("uri", "application"),
    [
        ("x-wap-application:mms.ua", "mms.ua"),
        ("x-wap-application:new.ua", "x-wap-application:new.ua"),
        ("mms.ua", "mms.ua"),
        ("http://example.com/app", "http://example.com/app"),
    ],
)
def test_applications_by_name(uri: str, application: str) -> None:
    header_octets = b"\xae\xaf" + uri.encode() + b"\0"
    push = Push.decode(bytes((1, 6, len(header_octets))) + header_octets)
    assert push.application == application
    assert Push.decode(push.encode()) == push


def test_a_long_header() -> None:
    push = Push("application/x-" + "y" * 200, b"data", headers=(Header("X-Long", b"\x1f\x81\x00" + bytes(128)),))
    octets = push.encode()
    length = len(octets) - 4 - len(push.data)
    assert octets[2:4] == bytes((0x80 | length >> 7, length & 0x7F))
    assert Push.decode(octets) == replace(push, by_name=True)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("", "cut off"),
        ("0107" + "01ae", "no push"),
        ("010600", "another length"),
        ("010605ae", "another length"),
        ("01068080808080", "32 bits"),
        ("010681", "cut off"),
        ("01060203ae", "longer than the header"),
        ("010602aeaf", "cut off"),
        ("010603ae8d61", "does not end"),
        ("010603ae8d05", "longer than the header"),
        ("01060402ae81af", "cut off"),
    ],
)
def test_what_is_no_push(octets: str, reason: str) -> None:
    with pytest.raises(MalformedPdu, match=reason):
        Push.decode(bytes.fromhex(octets))


def test_what_cannot_be_written() -> None:
    for push in (
        Push("", b""),
        Push("text/ä", b""),
        Push("a\0b", b""),
        Push("text/x", b"", transaction=256),
        Push("text/x", bytes(65_536)),
        Push("text/x", b"", charset=-1),
        Push("text/x", b"", charset=1 << 248),
    ):
        with pytest.raises(NotEncodable):
            push.encode()
    with pytest.raises(MalformedPdu, match="more than a push"):
        Push.decode(bytes(65_537))


_TOKENS = st.from_regex(r"[a-z][a-z0-9.-]{0,30}/[a-z0-9.+-]{1,30}", fullmatch=True)
_VALUES = st.one_of(
    st.binary(min_size=0, max_size=29).map(lambda data: bytes((len(data),)) + data),
    st.binary(min_size=0, max_size=200).map(lambda data: bytes((0x1F, 0x80 | len(data) >> 7, len(data) & 0x7F)) + data),
    st.integers(0x80, 0xFF).map(lambda number: bytes((number,))),
    st.from_regex(r"[a-z ]{1,20}", fullmatch=True).map(lambda text: text.encode() + b"\0"),
)
_PUSHES = st.builds(
    Push,
    st.sampled_from(sorted(CONTENT_TYPES.values())) | _TOKENS,
    st.binary(max_size=300),
    st.sampled_from(["", "*", "mms.ua", "wml.ua", "urn:x-other"]),
    st.none() | st.integers(0, 3000),
    st.none() | st.builds(Proof, st.sampled_from(Security), st.from_regex(r"[0-9A-F]{40}", fullmatch=True)),
    st.none() | st.integers(0, 127),
    st.integers(0, 255),
    st.lists(st.builds(Header, st.sampled_from(["0D", "01", "X-Name"]), _VALUES), max_size=4).map(tuple),
)


@given(_PUSHES)
def test_what_is_written_is_read_again(push: Push) -> None:
    octets = push.encode()
    by_name = push.content_type not in CONTENT_TYPES.values()
    assert Push.decode(octets) == replace(push, by_name=by_name)
    line = push_wire.decode_line(octets)
    assert "Start" not in line
    assert push_wire.encode_line(line) == octets


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: b"\1\6" + bytes((len(rest) // 2,)) + rest))
def test_any_octets(octets: bytes) -> None:
    try:
        push_wire_line = push_wire.decode_line(octets)
    except MalformedPdu:
        return
    assert push_wire.encode_line(push_wire_line) == octets


# --- the messages that carry them -------------------------------------------------------------------------------------


def test_two_delivers_of_a_real_network_make_a_push() -> None:
    delivers = [Deliver.decode(bytes.fromhex(digits), 8) for digits in REAL_DELIVERS]
    contents = [deliver.user_data.content(deliver.dcs) for deliver in delivers]
    for number, content in enumerate(contents, 1):
        assert header.ports_of(content.elements) == (2948, 9200)
        assert header.concat_of(content.elements) == (0x9F8E, 2, number)
    push = Push.decode(b"".join(content.data for content in contents))
    assert is_notification(push)
    assert push.application == "mms.ua"
    assert push.data.startswith(b"\x8c\x82\x98NOK5CiKcoTMYSG4MBSwAAsKv14FUHAAAAAAAA\0")
    assert push.data.endswith(b"\x83http://promms/servlets/NOK5CiKcoTMYSG4MBSwAAsKv14FUHAAAAAAAA\0")


@pytest.mark.parametrize(
    ("octets", "submits", "reference_octets"),
    [
        (PUSHES["mms notification"].octets, NOTIFICATION_SUBMITS, 1),
        (PUSHES["mms notification"].octets, NOTIFICATION_SUBMITS_WIDE, 2),
        (PUSHES["si with a charset"].octets, (SI_SUBMIT,), 1),
    ],
)
def test_cut_as_others_cut(octets: str, submits: tuple[str, ...], reference_octets: int) -> None:
    pieces = data_sms.split(bytes.fromhex(octets), has_port=True, reference_octets=reference_octets)
    carried = [Submit.decode(bytes.fromhex(digits), 1).user_data for digits in submits]
    assert pieces == [user_data.content(4).data for user_data in carried]
    assert all(len(user_data.octets) <= data_sms.SEGMENT_OCTETS for user_data in carried)
