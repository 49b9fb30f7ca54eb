"""The codec: every vector four ways, every PDU at random, every length checked."""

from __future__ import annotations

import dataclasses
import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.framing import FrameSplitter
from carriers.smgp.codec import decode, encode
from carriers.smgp.layout import Layout
from carriers.smgp.message_id import MessageId, group_ids, hex_form
from carriers.smgp.pdu import (
    HEADER_OCTETS,
    MAX_OCTETS,
    ActiveTestResp,
    Deliver,
    DeliverResp,
    Exit,
    Forward,
    ForwardResp,
    Login,
    Pdu,
    Query,
    QueryResp,
    Request,
    Route,
    Submit,
    SubmitResp,
    Unread,
    field_text,
)
from carriers.smgp.tables import BY_KIND, DECODE, ROUTES, UNREAD
from carriers.smgp.tlv import Tag, Tlv, number_of, octets_of, text_of
from carriers.smgp.wire import decode_line, encode_line
from gateway.core.errors import BadRequest, LocalProtocolError, MalformedPdu
from tests.unit.carriers.smgp.smgp_vectors import VECTORS, Vector

vectors = pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
either = pytest.mark.parametrize("fixed_fee", [True, False], ids=["with FixedFee", "without"])
SUBMIT, LONG, REPORT = VECTORS[4].frame, VECTORS[5].frame, VECTORS[9].frame
MSG_ID = bytes.fromhex("01006101161700012345")


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 17


@vectors
def test_whole(vector: Vector) -> None:
    sequence_id, pdu = decode(vector.frame)
    assert encode(pdu, sequence_id) == vector.frame
    line = decode_line(vector.frame)
    assert {key: line[key] for key in vector.fields} == vector.fields
    reading = line.get("Reading", {})
    assert reading.get("text", "") == vector.text
    assert {key: reading.get("Report", {})[key] for key in vector.report} == vector.report


@vectors
def test_from_the_values(vector: Vector) -> None:
    content = {}
    if "MsgLength" in vector.fields and "MsgContent" not in vector.fields:
        content = {"MsgContent": decode_line(vector.frame)["MsgContent"]}
    assert encode_line(vector.fields | content) == vector.frame


@vectors
def test_byte_by_byte(vector: Vector) -> None:
    frames = FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS)
    found: list[bytes] = []
    for index, octet in enumerate(vector.frame):
        assert not found, index
        frames.feed(bytes((octet,)))
        found += list(frames)
    assert found == [vector.frame]


@vectors
def test_with_a_tail(vector: Vector) -> None:
    frames = FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS)
    frames.feed(vector.frame + LONG + vector.frame[:7])
    assert list(frames) == [vector.frame, LONG]
    frames.feed(vector.frame[7:])
    assert list(frames) == [vector.frame]


@vectors
def test_every_shorter_and_longer_length_is_refused(vector: Vector) -> None:
    body = vector.frame[4:]
    borders = set()  # where a PDU may end as well: before each of its optional parameters
    if "TLVs" in vector.fields:
        end = len(body)
        for tlv in reversed(decode(vector.frame)[1].tlvs):  # type: ignore[union-attr]
            end -= 4 + len(tlv.value)
            borders.add(end)
    for size in range(len(body) + 4):
        if size == len(body) or size in borders:
            continue
        frame = (size + 4).to_bytes(4, "big") + (body + bytes(3))[:size]
        if vector.name == "ACTIVE_TEST_RESP" and size == 9:
            assert decode(frame)[1] == ActiveTestResp(0)
            continue
        with pytest.raises(MalformedPdu) as caught:
            decode(frame)
        assert caught.value.field
        assert 0 <= caught.value.offset <= len(frame)


@vectors
def test_the_readable_line_gives_the_frame_back(vector: Vector) -> None:
    assert encode_line(json.loads(json.dumps(decode_line(vector.frame)))) == vector.frame


def trimmed(width: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=width).map(lambda value: value.rstrip(b"\0"))


def values_of(layout: Layout) -> dict[str, st.SearchStrategy[object]]:
    values: dict[str, st.SearchStrategy[object]] = {}
    for field in layout.fields:
        if field.raw:
            values[field.attribute] = st.binary(min_size=field.octets, max_size=field.octets)
        elif field.is_text:
            values[field.attribute] = trimmed(field.octets)
        else:
            values[field.attribute] = st.integers(0, 256**field.octets - 1)
    if layout.content is not None:
        values["msg_content"] = st.binary(max_size=255)
        values["reserve"] = trimmed(8)
        if layout.content.destinations is not None:
            values["dest_term_id"] = st.lists(trimmed(21), max_size=100).map(tuple)
    if layout.has_tlvs:
        tlvs = st.builds(Tlv, st.one_of(st.sampled_from(Tag).map(int), st.integers(0, 0xFFFF)), st.binary(max_size=40))
        values["tlvs"] = st.lists(tlvs, max_size=20).map(tuple)
    return values


def pdus(*, fixed_fee: bool) -> st.SearchStrategy[Pdu]:
    choices: list[st.SearchStrategy[Pdu]] = [
        st.builds(Unread, st.sampled_from(sorted(UNREAD)), st.binary(max_size=40)),
        st.just(ActiveTestResp()),
    ]
    for request_id, layout in ROUTES.items():
        row = st.tuples(*(value for value in values_of(layout).values()))
        choices.append(st.builds(Route, st.just(request_id), row))
    for kind, layout in BY_KIND[fixed_fee].items():
        choices.append(st.builds(kind, **values_of(layout)))
    return st.one_of(choices)


@given(st.data(), st.booleans(), st.integers(0, 2**32 - 1))
def test_any_pdu_comes_back(data: st.DataObject, fixed_fee: bool, sequence_id: int) -> None:
    pdu = data.draw(pdus(fixed_fee=fixed_fee))
    frame = encode(pdu, sequence_id, fixed_fee=fixed_fee)
    assert decode(frame, fixed_fee=fixed_fee) == (sequence_id, pdu)
    line = json.loads(json.dumps(decode_line(frame, fixed_fee=fixed_fee)))
    assert encode_line(line, fixed_fee=fixed_fee) == frame


@given(st.data(), st.booleans())
def test_the_straight_way_does_what_the_table_says(data: st.DataObject, fixed_fee: bool) -> None:
    kind = data.draw(st.sampled_from(sorted(BY_KIND[fixed_fee], key=lambda kind: kind.__name__)))
    layout = BY_KIND[fixed_fee][kind]
    pdu = cast(Pdu, data.draw(st.builds(kind, **values_of(layout))))
    frame = encode(pdu, 7, fixed_fee=fixed_fee)
    values = [getattr(pdu, name) for name in layout.attributes]
    assert layout.encode(values, 7) == frame
    assert layout.decode(frame) == values
    shown = decode(frame, fixed_fee=fixed_fee)[1]
    assert type(shown) is kind
    assert hash(shown) == hash(pdu)


@given(
    st.one_of(st.sampled_from(sorted({*DECODE[True], *ROUTES, *UNREAD})), st.integers(0, 2**32 - 1)),
    st.binary(max_size=400),
)
def test_any_octets_are_refused_or_come_back(request_id: int, body: bytes) -> None:
    frame = (12 + len(body)).to_bytes(4, "big") + request_id.to_bytes(4, "big") + bytes(4) + body
    try:
        sequence_id, pdu = decode(frame)
    except MalformedPdu:
        return
    assert encode(pdu, sequence_id) == frame
    assert encode_line(decode_line(frame)) == frame


@given(st.sampled_from(VECTORS), st.data())
def test_a_changed_octet_is_refused_or_comes_back(vector: Vector, data: st.DataObject) -> None:
    frame = bytearray(vector.frame)
    frame[data.draw(st.integers(4, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        sequence_id, pdu = decode(bytes(frame))
    except MalformedPdu:
        return
    assert encode(pdu, sequence_id) == frame


@given(st.binary(max_size=20))
def test_no_header_no_pdu(data: bytes) -> None:
    if len(data) >= 12 and int.from_bytes(data[:4], "big") == len(data):
        return
    with pytest.raises(MalformedPdu):
        decode(data)


def test_sizes_of_the_specification() -> None:
    numbers = (b"13301234567",) * 3
    assert len(encode(Submit(dest_term_id=numbers, msg_content=b"abc"), 1)) == 126 + 21 * 3 + 3
    assert len(encode(Submit(dest_term_id=numbers, msg_content=b"abc"), 1, fixed_fee=False)) == 120 + 21 * 3 + 3
    assert len(encode(Deliver(msg_content=b"abc"), 1)) == 89 + 3
    assert len(encode(Query(), 1)) == 31
    assert len(encode(QueryResp(), 1)) == 71
    assert len(encode(Forward(msg_content=b"abc"), 1)) == 174 + 3
    assert len(encode(ForwardResp(MSG_ID, 0), 1)) == 26
    assert len(encode(Unread(Request.PAYMENT_REQUEST, b"abc"), 1)) == 15
    assert len(encode(Submit(dest_term_id=numbers, tlvs=(Tlv(Tag.TP_UDHI, b"\1"),)), 1)) == 126 + 63 + 5


def test_the_places_of_the_specification() -> None:
    forward = encode(
        Forward(MSG_ID, b"010061", b"020062", b"SMC001", 6, 1, 2, b"service", src_term_id=b"118", dest_term_id=b"133",
                charge_term_id=b"189", msg_content=b"text", tlvs=(Tlv(Tag.NODES_COUNT, b"\1"),)), 1
    )  # fmt: skip
    at = {0: MSG_ID, 10: b"010061", 16: b"020062", 22: b"SMC001", 28: b"\6\1\2", 31: b"service", 90: b"118",
          111: b"133", 132: b"189", 153: b"\4text", 166: bytes.fromhex("000f000101")}  # fmt: skip
    for offset, octets in at.items():
        assert forward[12 + offset :].startswith(octets), offset
    counters = encode(QueryResp(b"20260116", 1, b"code", 1, 2, 3, 4, 5, 6, 7, 8), 1)
    assert counters[12:31] == b"20260116\1code" + bytes(6)
    assert [int.from_bytes(counters[at : at + 4], "big") for at in range(31, 63, 4)] == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("request_id", "body"),
    [
        (0x08, 27), (0x80000008, 60), (0x09, 27), (0x80000009, 76), (0x0D, 14), (0x8000000D, 68), (0x0E, 14),
        (0x8000000E, 84), (0x0F, 43), (0x8000000F, 22), (0x10, 59), (0x80000010, 22), (0x11, 57), (0x80000011, 4),
        (0x12, 73), (0x80000012, 4),
    ],
)  # fmt: skip
def test_the_sizes_of_routes(request_id: int, body: int) -> None:
    assert ROUTES[request_id].octets == 12 + body


def test_a_route_by_its_fields() -> None:
    frame = encode(Route(Request.QUERY_TE_ROUTE, (b"010061", b"13301234567")), 7)
    assert frame == bytes.fromhex("000000270000000800000007") + b"01006113301234567" + bytes(10)
    assert decode_line(frame) | {"SrcGatewayID": "010061", "QueryTermID": "13301234567"} == decode_line(frame)
    with pytest.raises(LocalProtocolError):
        encode(Route(Request.QUERY_TE_ROUTE, (b"010061",)), 7)
    with pytest.raises(LocalProtocolError):
        encode(Route(Request.LOGIN, ()), 7)


@either
def test_octets_behind_an_inner_nul_are_kept(fixed_fee: bool) -> None:
    submit = Submit(service_id=b"MS\0\xffZ", dest_term_id=(b"133\0x", b"189"))
    frame = encode(submit, 1, fixed_fee=fixed_fee)
    _, back = decode(frame, fixed_fee=fixed_fee)
    assert isinstance(back, Submit)
    assert back == submit
    assert field_text(back.service_id) == "MS"
    assert decode_line(frame, fixed_fee=fixed_fee)["ServiceID"] == {"hex": "4d5300ff5a", "text": "MS"}


def test_octets_that_end_in_nul_stay_whole() -> None:
    login = Login(b"10650001", b"\1" * 15 + b"\0", 2, 1021080510, 0x30)
    assert decode(encode(login, 1))[1] == login
    answer = SubmitResp(b"\0\0\xff" + bytes(7), 0)
    assert decode(encode(answer, 1))[1] == answer


def test_optional_parameters_keep_their_order_and_width() -> None:
    tlvs = (
        Tlv(Tag.MSG_SRC, b"12345678\0"),  # a width that the specification does not have
        Tlv(0x1234, b"\0\1"),
        Tlv(Tag.PK_TOTAL, b"\2"),
        Tlv(Tag.PK_TOTAL, b"\3"),
        Tlv(Tag.LINK_ID, b"order"),
        Tlv(Tag.TP_PID, b""),
    )
    frame = encode(Deliver(tlvs=tlvs), 1)
    _, back = decode(frame)
    assert isinstance(back, Deliver)
    assert back.tlvs == tlvs
    assert text_of(tlvs, Tag.MSG_SRC) == "12345678"
    assert (number_of(tlvs, Tag.PK_TOTAL), number_of(tlvs, Tag.TP_PID), number_of(tlvs, Tag.TP_UDHI)) == (2, 0, 0)
    assert (octets_of(tlvs, Tag.LINK_ID), octets_of(tlvs, Tag.TP_UDHI)) == (b"order", None)
    assert [it["Tag"] for it in decode_line(frame)["TLVs"]] == [
        "MsgSrc", "0x1234", "PkTotal", "PkTotal", "LinkID", "TP_pid",
    ]  # fmt: skip


def test_the_largest_pdu() -> None:
    submit = Submit(dest_term_id=(b"1" * 21,) * 255, msg_content=bytes(255))
    assert len(encode(submit, 1)) == 5736
    room = MAX_OCTETS - 5736 - 4
    assert len(encode(dataclasses.replace(submit, tlvs=(Tlv(1, bytes(room)),)), 1)) == MAX_OCTETS
    with pytest.raises(LocalProtocolError):
        encode(dataclasses.replace(submit, tlvs=(Tlv(1, bytes(room + 1)),)), 1)
    with pytest.raises(MalformedPdu):
        decode((MAX_OCTETS + 1).to_bytes(4, "big") + bytes.fromhex("0000000a00000001") + bytes(MAX_OCTETS - 11))


@pytest.mark.parametrize(
    "pdu",
    [
        Submit(service_id=b"12345678901"),
        Submit(dest_term_id=(b"1" * 22,)),
        Submit(dest_term_id=(b"1",) * 256),
        Submit(msg_content=bytes(256)),
        Submit(reserve=bytes(9)),
        Submit(priority=256),
        Submit(tlvs=(Tlv(0x10000, b""),)),
        Deliver(tlvs=(Tlv(1, bytes(0x10000)),)),
        Deliver(msg_id=bytes(9)),
        Deliver(is_report=-1),
        SubmitResp(bytes(11), 0),
        DeliverResp(bytes(10), 2**32),
        Unread(2**32),
    ],
    ids=lambda pdu: repr(pdu)[:40],
)
def test_what_does_not_fit_is_not_sent(pdu: Pdu) -> None:
    with pytest.raises(LocalProtocolError):
        encode(pdu, 1)


def test_a_sequence_that_does_not_fit_is_not_sent() -> None:
    for pdu in (Exit(), Query()):
        with pytest.raises(LocalProtocolError):
            encode(pdu, 2**32)


@pytest.mark.parametrize(
    ("frame", "at", "octet", "field", "offset"),
    [
        (SUBMIT, 138, 15 + 8, "MsgLength", 138),
        (SUBMIT, 116, 200, "DestTermIDCount", 116),
        (REPORT, 80, 200, "MsgLength", 80),
        (LONG, 181, 9, "MsgSrc", 191),
        (VECTORS[0].frame, 7, 0x13, "RequestID", 4),
    ],
    ids=["MsgLength", "DestTermIDCount", "of Deliver", "TLV", "RequestID"],
)
def test_an_error_says_where(frame: bytes, at: int, octet: int, field: str, offset: int) -> None:
    changed = bytearray(frame)
    if field == "MsgSrc":
        at = len(frame) - 9  # the lower octet of the length
    changed[at] = octet
    with pytest.raises(MalformedPdu) as caught:
        decode(bytes(changed))
    if field == "MsgSrc":
        offset = len(frame) - 10
    assert (caught.value.field, caught.value.offset) == (field, offset)


def test_a_body_that_ends_early_names_the_field() -> None:
    with pytest.raises(MalformedPdu) as caught:
        decode(bytes.fromhex("00000010800000040000000100000000"))
    assert (caught.value.field, caught.value.offset) == ("PacketLength", 0)
    with pytest.raises(MalformedPdu) as caught:
        decode(bytes.fromhex("00000010800000020000000100000000"))
    assert (caught.value.field, caught.value.offset) == ("MsgID", 12)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"PDU": "Submits"}, "PDU"),
        ({"SequenceID": "7"}, "SequenceID"),
        ({"SequenceID": True}, "SequenceID"),
        ({"SequenceID": 2**32}, "SequenceID"),
        ({"MsgContent": 5}, "MsgContent"),
        ({"MsgContent": "0"}, "MsgContent"),
        ({"ServiceID": "彩邮"}, "ServiceID"),
        ({"ServiceID": {"text": "a"}}, "hex"),
        ({"ServiceID": "x" * 11}, "ServiceID"),
        ({"DestTermID": "13301234567"}, "DestTermID"),
        ({"DestTermID": [13301234567]}, "DestTermID"),
        ({"MsgFormat": 256}, "MsgFormat"),
        ({"TLVs": None}, "TLVs"),
        ({"TLVs": ["PkTotal"]}, "TLVs"),
        ({"TLVs": [{"Tag": "PkTotals", "Value": 1}]}, "PkTotals"),
        ({"TLVs": [{"Tag": "PkTotal", "Value": 256}]}, "PkTotal"),
        ({"TLVs": [{"Tag": "0x10000", "Value": 1}]}, "parameter"),
        ({"TLVs": [{"Tag": "PkTotal"}]}, "PkTotal"),
    ],
)
def test_a_line_that_cannot_be_used_names_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(BadRequest, match=field):
        encode_line(decode_line(LONG) | change)


@given(st.binary(min_size=10, max_size=10))
def test_a_msg_id_comes_apart_and_together(octets: bytes) -> None:
    parts = MessageId.unpack(octets)
    if parts is not None:
        assert parts.pack() == octets
    assert bytes.fromhex(hex_form(octets)) == octets
    assert len(hex_form(octets)) == 20


def test_the_msg_id_of_the_specification() -> None:
    parts = MessageId("010061", "01161700", "012345")
    assert parts.pack() == MSG_ID
    assert MessageId.unpack(MSG_ID) == parts
    assert str(parts) == "01-16 17:00 gateway 010061 seq 012345"
    for odd in ("6495c36ac4ea6b00000b", "0000ff06121423277475", "00270f062909070ab46b"):
        assert MessageId.unpack(bytes.fromhex(odd)) is None
    for wrong in (dataclasses.replace(parts, gateway="10061"), dataclasses.replace(parts, sequence="00000a")):
        with pytest.raises(LocalProtocolError):
            wrong.pack()


def test_the_ids_of_a_group_wrap_within_their_sequence() -> None:
    first = MessageId("010061", "01161700", "999998").pack()
    assert [it.hex()[-6:] for it in group_ids(first, 3)] == ["999998", "999999", "000000"]
    assert {it.hex()[:14] for it in group_ids(first, 3)} == {"01006101161700"}
    odd = bytes.fromhex("0000ff06121423277475")
    assert group_ids(odd, 1) == (odd,)
    with pytest.raises(LocalProtocolError):
        group_ids(odd, 2)
