"""The codec: every vector four ways, every PDU at random, every length checked."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.cmpp.codec import decode, encode
from carriers.cmpp.message_id import MessageId, MessageIdSource, group_ids, hex_form, readable
from carriers.cmpp.pdu import (
    HEADER_OCTETS,
    MAX_OCTETS,
    ActiveTestResp,
    Connect,
    Deliver,
    Fwd,
    FwdResp,
    Pdu,
    Route,
    Submit,
    SubmitResp,
    Version,
    field_text,
)
from carriers.cmpp.tables import BY_COMMAND, BY_KIND, ROUTE_NAMES
from carriers.cmpp.wire import decode_line, encode_line
from carriers.framing import FrameSplitter
from gateway.core.errors import BadRequest, LocalProtocolError, MalformedPdu
from tests.unit.carriers.cmpp.cmpp_vectors import VECTORS, Vector

vectors = pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
both = pytest.mark.parametrize("version", list(Version))


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 26


@vectors
def test_whole(vector: Vector) -> None:
    sequence_id, pdu = decode(vector.frame, vector.version)
    assert encode(pdu, sequence_id, vector.version) == vector.frame
    line = decode_line(vector.frame, vector.version)
    assert {key: line[key] for key in vector.fields} == vector.fields
    reading = line.get("Reading", {})
    assert reading.get("text", "") == vector.text
    assert {key: reading.get("Report", {})[key] for key in vector.report} == vector.report


@vectors
def test_from_the_values(vector: Vector) -> None:
    content = {}
    if "Msg_Length" in vector.fields:
        content = {"Msg_Content": decode_line(vector.frame, vector.version)["Msg_Content"]}
    name = decode_line(vector.frame, vector.version)["PDU"]
    assert encode_line({"PDU": name, **vector.fields, **content}, vector.version) == vector.frame


@vectors
def test_byte_by_byte(vector: Vector) -> None:
    frames = FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS)
    found = []
    for index, octet in enumerate(vector.frame):
        assert not found, index
        frames.feed(bytes((octet,)))
        found += list(frames)
    assert found == [vector.frame]


@vectors
def test_with_a_tail(vector: Vector) -> None:
    frames = FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS)
    frames.feed(vector.frame + VECTORS[17].frame + vector.frame[:7])
    assert list(frames) == [vector.frame, VECTORS[17].frame]
    frames.feed(vector.frame[7:])
    assert list(frames) == [vector.frame]


@vectors
def test_every_shorter_and_longer_length_is_refused(vector: Vector) -> None:
    body = vector.frame[4:]
    for size in range(len(body) + 3):
        if size == len(body):
            continue
        frame = (size + 4).to_bytes(4, "big") + (body + bytes(3))[:size]
        if vector.name == "ACTIVE_TEST_RESP" and size == 8:
            assert decode(frame, vector.version)[1] == ActiveTestResp(None)
            continue
        with pytest.raises(MalformedPdu):
            decode(frame, vector.version)


@vectors
def test_the_readable_line_gives_the_frame_back(vector: Vector) -> None:
    line = json.loads(json.dumps(decode_line(vector.frame, vector.version)))
    assert encode_line(line, vector.version) == vector.frame


def pdus(version: Version) -> st.SearchStrategy[Pdu]:
    """Any PDU this version can carry; what it lacks keeps its default."""
    choices: list[st.SearchStrategy[Pdu]] = [
        st.builds(Route, st.sampled_from(sorted(ROUTE_NAMES)), st.binary(max_size=40)),
        st.just(ActiveTestResp(None)),
    ]
    sizes = {"B": 1, "L": 4, "Q": 8}
    for kind, layout in BY_KIND[version].items():
        values: dict[str, st.SearchStrategy[object]] = {}
        content = layout.content
        for field in (*layout.head, *((*content.between, content.tail) if content else ())):
            if field.raw:
                values[field.attribute] = st.binary(min_size=16, max_size=16)
            elif field.is_text:
                values[field.attribute] = trimmed(field.octets)
            else:
                values[field.attribute] = st.integers(0, 256 ** sizes[field.code] - 1)
        if content is not None:
            values["msg_content"] = st.binary(max_size=255)
            if content.destinations is not None:
                numbers = st.lists(trimmed(content.destinations.octets), max_size=99).map(tuple)
                values[content.destinations.attribute] = numbers
        choices.append(st.builds(kind, **values))
    return st.one_of(choices)


def trimmed(width: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=width).map(lambda value: value.rstrip(b"\0"))


@given(st.data(), st.sampled_from(Version), st.integers(0, 2**32 - 1))
def test_any_pdu_comes_back(data: st.DataObject, version: Version, sequence_id: int) -> None:
    pdu = data.draw(pdus(version))
    frame = encode(pdu, sequence_id, version)
    assert decode(frame, version) == (sequence_id, pdu)
    line = json.loads(json.dumps(decode_line(frame, version)))
    assert encode_line(line, version) == frame


@given(
    st.sampled_from(Version),
    st.one_of(st.sampled_from(sorted(BY_COMMAND[Version.V3])), st.integers(0, 2**32 - 1)),
    st.binary(max_size=400),
)
def test_any_octets_are_refused_or_come_back(version: Version, command_id: int, body: bytes) -> None:
    frame = (12 + len(body)).to_bytes(4, "big") + command_id.to_bytes(4, "big") + bytes(4) + body
    try:
        sequence_id, pdu = decode(frame, version)
    except MalformedPdu:
        return
    assert encode(pdu, sequence_id, version) == frame
    assert encode_line(decode_line(frame, version), version) == frame


@given(st.sampled_from(VECTORS), st.data())
def test_a_changed_octet_is_refused_or_comes_back(vector: Vector, data: st.DataObject) -> None:
    frame = bytearray(vector.frame)
    frame[data.draw(st.integers(4, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        sequence_id, pdu = decode(bytes(frame), vector.version)
    except MalformedPdu:
        return
    assert encode(pdu, sequence_id, vector.version) == frame


@given(st.binary(max_size=20), st.sampled_from(Version))
def test_no_header_no_pdu(data: bytes, version: Version) -> None:
    if len(data) >= 4 and int.from_bytes(data[:4], "big") == len(data):
        return
    with pytest.raises(MalformedPdu):
        decode(data, version)


@both
def test_octets_behind_an_inner_nul_are_kept(version: Version) -> None:
    submit = Submit(service_id=b"MS\0\xffZ", dest_terminal_id=(b"138\0x", b"139"))
    frame = encode(submit, 1, version)
    _, back = decode(frame, version)
    assert isinstance(back, Submit)
    assert back == submit
    assert field_text(back.service_id) == "MS"
    assert decode_line(frame, version)["Service_Id"] == {"hex": "4d5300ff5a", "text": "MS"}


@both
def test_a_field_may_be_filled_completely(version: Version) -> None:
    submit = Submit(msg_src=b"901234", fee_type=b"01", src_id=b"1" * 21, dest_terminal_id=(b"1" * 21,))
    assert decode(encode(submit, 1, version), version)[1] == submit


def test_the_largest_pdu() -> None:
    submit = Submit(dest_terminal_id=(b"1" * 32,) * 99, msg_content=bytes(255))
    assert len(encode(submit, 1, Version.V3)) == MAX_OCTETS
    assert len(encode(dataclasses.replace(submit, msg_content=bytes(159)), 1, Version.V3)) == 3490


def test_sizes_of_fwd() -> None:
    fwd = Fwd(source_id=b"079101", dest_id=(b"13800138000",), msg_content=b"abc")
    assert len(encode(fwd, 1, Version.V2)) == 152 + 21 + 3
    assert len(encode(fwd, 1, Version.V3)) == 264 + 21 + 3
    assert len(encode(FwdResp(1, 1, 1, 9), 1, Version.V2)) == 23
    assert len(encode(FwdResp(1, 1, 1, 9), 1, Version.V3)) == 26


def test_a_digest_that_ends_in_nul_stays_whole() -> None:
    connect = Connect(b"900001", b"\1" * 15 + b"\0", 0x20, 1021080510)
    assert decode(encode(connect, 1, Version.V2), Version.V2)[1] == connect


@pytest.mark.parametrize(
    "pdu",
    [
        Submit(service_id=b"12345678901"),
        Submit(dest_terminal_id=(b"1" * 33,)),
        Submit(dest_terminal_id=(b"1",) * 256),
        Submit(msg_content=bytes(256)),
        Submit(msg_level=256),
        Submit(msg_id=2**64),
        Deliver(link_id=b"1" * 21),
        Deliver(msg_id=-1),
        SubmitResp(1, 2**32),
        Fwd(dest_pseudo=b"1" * 33),
        Route(2**32),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_not_sent(pdu: Pdu) -> None:
    with pytest.raises(LocalProtocolError):
        encode(pdu, 1, Version.V3)


def test_an_error_says_where() -> None:
    frame = bytearray(VECTORS[4].frame)
    frame[150] = 29  # Msg_Length
    with pytest.raises(MalformedPdu) as caught:
        decode(bytes(frame), Version.V2)
    assert (caught.value.field, caught.value.offset) == ("Msg_Length", 150)
    frame = bytearray(VECTORS[4].frame)
    frame[128] = 200
    with pytest.raises(MalformedPdu) as caught:
        decode(bytes(frame), Version.V2)
    assert (caught.value.field, caught.value.offset) == ("DestUsr_tl", 128)
    with pytest.raises(MalformedPdu) as caught:
        decode(bytes.fromhex("00000010 80000004 00000001 00000000".replace(" ", "")), Version.V2)
    assert (caught.value.field, caught.value.offset) == ("Msg_Id", 12)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"PDU": "SUBMITS"}, "PDU"),
        ({"Sequence_Id": "7"}, "Sequence_Id"),
        ({"Sequence_Id": True}, "Sequence_Id"),
        ({"Msg_Id": "1"}, "Msg_Id"),
        ({"Msg_Id": "0102"}, "Msg_Id"),
        ({"Msg_Content": 5}, "Msg_Content"),
        ({"Service_Id": "彩邮"}, "Service_Id"),
        ({"Service_Id": {"text": "a"}}, "hex"),
        ({"Service_Id": "x" * 11}, "Service_Id"),
        ({"Dest_terminal_Id": "13800138000"}, "Dest_terminal_Id"),
        ({"Dest_terminal_Id": [13800138000]}, "Dest_terminal_Id"),
        ({"Msg_Fmt": 256}, "SUBMIT"),
    ],
)
def test_a_line_that_cannot_be_used_names_its_field(change: dict[str, object], field: str) -> None:
    line = decode_line(VECTORS[4].frame, Version.V2)
    with pytest.raises(BadRequest, match=field):
        encode_line(line | change, Version.V2)


@given(st.integers(0, 2**64 - 1))
def test_a_msg_id_comes_apart_and_together(value: int) -> None:
    assert MessageId.unpack(value).pack() == value
    assert int(hex_form(value), 16) == value
    assert len(hex_form(value)) == 16


def test_the_msg_id_of_the_specification() -> None:
    parts = MessageId(12, 31, 23, 59, 58, 79101, 65535)
    assert parts.pack() == 0xCFDFBE8134FDFFFF == 14978900347806679039
    assert readable(parts.pack()) == "cfdfbe8134fdffff (month 12 day 31 23:59:58 gateway 79101 seq 65535)"
    with pytest.raises(LocalProtocolError):
        dataclasses.replace(parts, gateway=2**22).pack()


def test_the_ids_of_a_group_wrap_within_their_sequence() -> None:
    assert group_ids(0xCFDFBE8134FDFFFE, 3) == (0xCFDFBE8134FDFFFE, 0xCFDFBE8134FDFFFF, 0xCFDFBE8134FD0000)


def test_a_busy_second_borrows_from_the_next() -> None:
    from datetime import datetime, timedelta, timezone

    source = MessageIdSource(79101)
    moment = datetime(2026, 12, 31, 23, 59, 58, 123456, tzinfo=timezone(timedelta(hours=8)))
    ids = [source.next(moment) for _ in range(65536 + 2)]
    ids.append(source.next(moment + timedelta(seconds=1)))
    ids.append(source.next(moment + timedelta(seconds=5)))
    assert len(set(ids)) == len(ids)
    assert MessageId.unpack(ids[0]) == MessageId(12, 31, 23, 59, 58, 79101, 0)
    assert MessageId.unpack(ids[-2]) == MessageId(12, 31, 23, 59, 59, 79101, 2)
    assert MessageId.unpack(ids[-1]) == MessageId(1, 1, 0, 0, 3, 79101, 0)
