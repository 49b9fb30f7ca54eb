"""What is no PDU, what is not written, versions, glimpses; and any values there and back."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.codec import codes as c
from mms.codec import wsp
from mms.codec.codes import V1_0, V1_1, V1_2, V1_3, PduType, ResponseStatus, Version
from mms.codec.errors import MmsFormatError, UnsupportedPdu
from mms.codec.headers import Kind, Moment, Numbered
from mms.codec.layout import MAX_HEADERS, MAX_OCTETS, Pdu
from mms.codec.pdu import PDUS, AcknowledgeInd, NotificationInd, RetrieveConf, SendConf, SendReq, decode, glimpse
from mms.codec.pdu_address import read_address, write_address
from mms.content import Body, Part
from tests.unit.mms.codec.mms_vectors import VECTORS
from tests.unit.mms.codec.test_mms_multipart import BODIES

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=30).map(
    lambda text: text.lstrip('"\ufeff\x7f')
)
TOKENS = st.text(st.sampled_from("abcXYZ019.@-_:/?="), min_size=1, max_size=30)
ADDRESSES = st.sampled_from(["+8613800138000", "10086", "li@example.com", "10.0.0.1", "2001:db8::1", "王@例子.cn"])
SECONDS = st.integers(0, 2**40)
KINDS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.NUMBER: st.integers(0, 2**64 - 1),
    Kind.YES_NO: st.booleans(),
    Kind.MOMENT: st.builds(Moment, SECONDS, st.booleans()),
}


@st.composite
def pdus(draw: st.DrawFn) -> Pdu:
    """Any PDU with any values that it may have."""
    kind = draw(st.sampled_from(list(PDUS.values())))
    values: dict[str, Any] = {"version": V1_3}
    defaults = {field.name: field.default for field in fields(kind)}
    for header, attribute, needed, many in kind.LAYOUT:
        if attribute == "version" or (not needed and draw(st.booleans())):
            continue
        if header.form.codes is ResponseStatus:
            strategy: st.SearchStrategy[Any] = st.sampled_from([code for code in ResponseStatus if code >= 0xC0])
        elif header.form.codes is not None:
            strategy = st.sampled_from(list(header.form.codes))
        elif header.form.kind is Kind.NUMBERED:
            value = SECONDS if attribute.endswith("dates") else ADDRESSES
            strategy = st.builds(Numbered, st.integers(1, 300), value)
        elif header.form.kind is not Kind.TEXT:
            strategy = KINDS[header.form.kind]
        elif header.name in ("From", "To", "Cc", "Bcc"):
            strategy = ADDRESSES
        elif header.name == "X-Mms-Message-Class":
            strategy = st.sampled_from([*c.CLASSES, "gold"])
        else:
            strategy = TOKENS if needed or not attribute.endswith(("text", "subject")) else TEXTS
        values[attribute] = draw(st.lists(strategy, min_size=needed, max_size=3).map(tuple)) if many else draw(strategy)
    if kind in (SendReq, RetrieveConf):
        values["body"] = draw(BODIES)
    if "bcc" in defaults and not (values.get("to") or values.get("cc") or values.get("bcc")):
        values["to"] = ("10086",)
    return kind(**values)


@given(pdus())
def test_any_values_come_through(pdu: Pdu) -> None:
    octets = pdu.encode()
    assert decode(octets) == pdu
    assert pdu.encoded_size() == len(octets)


@given(st.binary(max_size=120), st.sampled_from([b"", *(bytes((0x8C, kind)) for kind in range(0x80, 0x99))]))
def test_any_octets_give_a_pdu_or_the_one_error(data: bytes, head: bytes) -> None:
    glimpse(head + data)
    try:
        pdu = decode(head + data)
    except MmsFormatError as error:
        assert 0 <= error.offset <= len(head + data)  # noqa: PT017
    else:
        assert head[1] == pdu.TYPE


@pytest.mark.parametrize(
    ("digits", "field"),
    [
        ("", "X-Mms-Message-Type"),
        ("8c", "X-Mms-Message-Type"),
        ("98740000", "X-Mms-Message-Type"),
        ("8c85 05", "header"),
        ("8c85 98", "X-Mms-Transaction-ID"),
        ("8c85 9874", "X-Mms-Transaction-ID"),
        ("8c85 987400", "X-Mms-MMS-Version"),
        ("8c85 8d92", "X-Mms-Transaction-ID"),
        ("8c85 9800 8d92", "X-Mms-Transaction-ID"),  # an empty one names no transaction
        ("8c85 987400 8d 00", "X-Mms-MMS-Version"),
        ("8c85 987400 8d 8c", "X-Mms-MMS-Version"),  # 0.12
        ("8c85 987400 8d 302e3200", "X-Mms-MMS-Version"),
        ("8c81 987400 8d92", "X-Mms-Response-Status"),
        ("8c81 987400 8d92 92 7a00", "X-Mms-Response-Status"),
        ("8c80 987400 8d92 890181 84a300", "To"),
        ("8c80 987400 8d92 890181 97316600", "Content-Type"),
        ("8c84 987400 8d92", "Content-Type"),
        ("8c84 987400 8d92 9980", "Content-Type"),
        ("8c82 987400 8d92 8a80 8e 1f 8fffffff7f", "X-Mms-Message-Size"),  # two gigabytes of a number
        ("8c82 987400 8d92 8a80 8e 09 010000000000000000", "X-Mms-Message-Size"),  # 65 bits
        ("8c82 987400 8d92 8a84 8e0101 8803810101 836100", "X-Mms-Message-Class"),
    ],
)
def test_what_is_no_pdu(digits: str, field: str) -> None:
    with pytest.raises(MmsFormatError) as caught:
        decode(bytes.fromhex(digits))
    assert not isinstance(caught.value, UnsupportedPdu)
    assert caught.value.field == field


@pytest.mark.parametrize("kind", [kind for kind in PduType if "MBOX" in kind.name])
def test_the_network_mailbox_is_named_as_unsupported(kind: PduType) -> None:
    with pytest.raises(UnsupportedPdu, match=kind.title):
        decode(bytes((0x8C, kind)) + b"\x98t\0\x8d\x92")


@pytest.mark.parametrize("kind", [0x00, 0x7F, 0x98, 0xFF])
def test_types_that_do_not_exist(kind: int) -> None:
    with pytest.raises(UnsupportedPdu, match=f"{kind:02X}"):
        decode(bytes((0x8C, kind)) + b"\x98t\0\x8d\x92")


def test_bounds() -> None:
    head = b"\x8c\x85\x98t\0\x8d\x92"
    decode(head + b"\xa2\x80" * (MAX_HEADERS - 2))
    with pytest.raises(MmsFormatError, match="more than 1000 headers"):
        decode(head + b"\xa2\x80" * (MAX_HEADERS - 1))
    decode(head + b"\x93" + b"a" * wsp.MAX_TEXT + b"\0")
    with pytest.raises(MmsFormatError, match="more than 8192 octets"):
        decode(head + b"\x93a" + b"a" * wsp.MAX_TEXT + b"\0")
    with pytest.raises(MmsFormatError, match="more than a PDU has"):
        decode(bytes(MAX_OCTETS + 1))
    huge = SendReq(transaction_id="t", to=("1",), body=Body((Part("image/jpeg", bytes(MAX_OCTETS)),)))
    with pytest.raises(MmsFormatError, match="at most"):
        huge.encode()


@pytest.mark.parametrize(
    ("pdu", "field"),
    [
        (SendConf(transaction_id="", response_status=ResponseStatus.OK), "X-Mms-Transaction-ID"),
        (SendConf(transaction_id="a\0b", response_status=ResponseStatus.OK), "X-Mms-Transaction-ID"),
        (SendConf(transaction_id="a\n", response_status=ResponseStatus.OK), "X-Mms-Transaction-ID"),
        (SendConf(transaction_id="a" * 9000, response_status=ResponseStatus.OK), "X-Mms-Transaction-ID"),
        (
            SendConf(transaction_id="t", response_status=ResponseStatus.OK, response_text="\ud800"),
            "X-Mms-Response-Text",
        ),
        (AcknowledgeInd(transaction_id="t", version=Version(8, 0)), "X-Mms-MMS-Version"),
        (AcknowledgeInd(transaction_id="t", version=Version(1, 15)), "X-Mms-MMS-Version"),
        (SendReq(transaction_id="t", body=Body(())), "To"),
        (SendReq(transaction_id="t", body=Body(()), to=("",)), "To"),
        (SendReq(transaction_id="t", body=Body(()), to=("a" * 321,)), "To"),
        (SendReq(transaction_id="t", body=Body(()), to=("1",), date_s=-1), "Date"),
        (SendReq(transaction_id="t", body=Body(()), to=("1",), expiry=Moment(2**64)), "X-Mms-Expiry"),
        (RetrieveConf(transaction_id="t"), "Content-Type"),
        (
            NotificationInd(transaction_id="t", content_location="", size_octets=1, expiry=Moment(1)),
            "X-Mms-Content-Location",
        ),
    ],
)
def test_what_is_not_written(pdu: Pdu, field: str) -> None:
    with pytest.raises(MmsFormatError) as caught:
        pdu.encode()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("version", "status", "written"),
    [
        (V1_0, ResponseStatus.OK, 0x80),
        (V1_0, ResponseStatus.PARTIAL_SUCCESS, 0x80),
        (V1_0, ResponseStatus.TRANSIENT_FAILURE, 0x81),
        (V1_0, ResponseStatus.TRANSIENT_NETWORK_PROBLEM, 0x86),
        (V1_0, ResponseStatus.SERVICE_DENIED, 0x82),
        (V1_0, ResponseStatus.FORMAT_CORRUPT, 0x83),
        (V1_0, ResponseStatus.ADDRESS_UNRESOLVED, 0x84),
        (V1_0, ResponseStatus.NOT_FOUND, 0x85),
        (V1_0, ResponseStatus.CONTENT_NOT_ACCEPTED, 0x87),
        (V1_0, ResponseStatus.LACK_OF_PREPAID, 0x82),
        (V1_0, ResponseStatus.REPLY_CHARGING_NOT_SUPPORTED, 0x81),
        (V1_0, ResponseStatus.OLD_UNSUPPORTED_MESSAGE, 0x88),
        (V1_1, ResponseStatus.PARTIAL_SUCCESS, 0x80),
        (V1_1, ResponseStatus.FORMAT_CORRUPT, 0xE2),
        (V1_1, ResponseStatus.OLD_FORMAT_CORRUPT, 0xE2),
        (V1_2, ResponseStatus.PARTIAL_SUCCESS, 0xC4),
        (V1_2, ResponseStatus.LACK_OF_PREPAID, 0xE1),
        (V1_3, ResponseStatus.LACK_OF_PREPAID, 0xEB),
    ],
)
def test_a_client_gets_statuses_of_its_version(version: Version, status: ResponseStatus, written: int) -> None:
    octets = SendConf(transaction_id="t", version=version, response_status=status).encode()
    assert octets[-1] == written


@pytest.mark.parametrize("version", [V1_0, V1_1, V1_2, V1_3])
@pytest.mark.parametrize("status", ResponseStatus)
def test_a_status_stays_good_or_bad_in_every_version(version: Version, status: ResponseStatus) -> None:
    found = status.for_version(version)
    assert found.is_ok == status.is_ok
    assert found <= 0x88 if version == V1_0 else found == 0x80 or found >= 0xC0
    assert found.for_version(version) is found


def test_which_statuses_are_worth_another_try() -> None:
    again = {status for status in ResponseStatus if status.is_transient}
    assert {status.value for status in again} == {0x86, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4}
    assert {status.value for status in c.RetrieveStatus if status.is_transient} == {0xC0, 0xC1, 0xC2}


def test_versions_as_texts() -> None:
    assert [str(Version.of(text)) for text in ("1.0", "1.2", "2")] == ["1.0", "1.2", "2.0"]
    assert V1_0 < V1_1 < V1_3 < Version(2, 0)
    for text in ("", "0.1", "8.0", "1.15", "x", "1.-1"):
        with pytest.raises(ValueError):
            Version.of(text)


@pytest.mark.parametrize("name", VECTORS)
def test_a_glimpse_of_what_cannot_be_read(name: str) -> None:
    octets = VECTORS[name].octets
    seen = glimpse(octets[:60] + b"\x05")
    assert seen.type is VECTORS[name].pdu.TYPE
    assert seen.version == VECTORS[name].pdu.version
    assert seen.transaction_id == getattr(VECTORS[name].pdu, "transaction_id", "")


def test_glimpses_of_nothing() -> None:
    assert glimpse(b"") == glimpse(b"GET /") == glimpse(b"\x8c\x20") == (None, "", None)
    assert glimpse(b"\x8c\x8d\x98t\0\x8d\x93") == (PduType.MBOX_VIEW_REQ, "t", V1_3)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("+8613800138000/TYPE=PLMN", "+8613800138000"),
        ("10086/TYPE=PLMN", "10086"),
        ("li@example.com", "li@example.com"),
        ("10.0.0.1/TYPE=IPv4", "10.0.0.1"),
        ("2001:db8::1/TYPE=IPv6", "2001:db8::1"),
        ("a/b@example.com", "a/b@example.com"),
        ("boss/TYPE=ALIAS", "boss/TYPE=ALIAS"),
        ("Nobody", "Nobody"),
        ("*100#/TYPE=PLMN", "*100#"),
    ],
)
def test_addresses(written: str, address: str) -> None:
    assert read_address(written) == address
    assert write_address(address) == written
    assert read_address(written.lower()) == address.lower() or "ALIAS" in written


def test_what_was_passed_over_is_not_written() -> None:
    pdu = decode(b"\x8c\x85\x98t\0\x8d\x92\xa2\x80")
    assert pdu.unknown
    assert pdu.encode() == b"\x8c\x85\x98t\0\x8d\x92"
    assert pdu == replace(pdu, unknown=())


@given(st.integers(0, 2**32 - 1))
def test_uintvars(value: int) -> None:
    octets = wsp.uintvar(value)
    reader = wsp.Reader(octets)
    assert reader.uintvar("") == value
    assert reader.left == 0
    assert len(octets) == max(1, -(-value.bit_length() // 7))


@given(st.integers(0, 2**64 - 1))
def test_integers(value: int) -> None:
    assert wsp.Reader(wsp.integer(value)).integer("") == value
    assert wsp.Reader(wsp.long_integer(value)).integer("") == value


@pytest.mark.parametrize("value", [-1, 2**32])
def test_what_is_no_uintvar(value: int) -> None:
    with pytest.raises(MmsFormatError):
        wsp.uintvar(value)
    with pytest.raises(MmsFormatError):
        wsp.long_integer(-1)


@pytest.mark.parametrize(("size", "head"), [(0, "00"), (30, "1e"), (31, "1f1f"), (128, "1f8100")])
def test_value_lengths(size: int, head: str) -> None:
    octets = wsp.with_length(bytes(size))
    assert octets == bytes.fromhex(head) + bytes(size)
    assert wsp.Reader(octets).value_length("") == size
