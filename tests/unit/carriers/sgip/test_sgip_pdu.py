"""The codec: every vector four ways, every PDU at random, every length checked."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.framing import FrameSplitter
from carriers.sgip.codec import decode, encode
from carriers.sgip.layout import MessageLayout, RowsLayout
from carriers.sgip.pdu import (
    HEADER_OCTETS,
    MAX_OCTETS,
    MOST_USERS,
    Bind,
    BindResp,
    CheckUser,
    Deliver,
    Hop,
    Pdu,
    Report,
    Route,
    Submit,
    TraceResp,
    field_text,
)
from carriers.sgip.sequence import SequenceSource, hex_form, pack, parts, readable
from carriers.sgip.tables import BY_COMMAND, LAYOUTS, ROUTE_NAMES
from carriers.sgip.wire import decode_line, encode_line
from gateway.core.errors import BadRequest, LocalProtocolError, MalformedPdu
from tests.unit.carriers.sgip.sgip_vectors import VECTORS, Vector

vectors = pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
SEQUENCE = pack(3010092008, 1231235959, 2)


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 17


@vectors
def test_whole(vector: Vector) -> None:
    sequence, pdu = decode(vector.frame)
    assert encode(pdu, sequence) == vector.frame
    line = decode_line(vector.frame)
    assert {key: line[key] for key in vector.fields} == vector.fields
    assert line.get("Reading", {}).get("text", "") == vector.text


@vectors
def test_from_the_values(vector: Vector) -> None:
    content = {}
    if "MessageLength" in vector.fields:
        content = {"MessageContent": decode_line(vector.frame)["MessageContent"]}
    name = decode_line(vector.frame)["PDU"]
    assert vector.name.split()[1].rstrip(":") == name
    assert encode_line({"PDU": name, **vector.fields, **content}) == vector.frame


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
    frames.feed(vector.frame + VECTORS[5].frame + vector.frame[:7])
    assert list(frames) == [vector.frame, VECTORS[5].frame]
    frames.feed(vector.frame[7:])
    assert list(frames) == [vector.frame]


@vectors
def test_every_shorter_and_longer_length_is_refused(vector: Vector) -> None:
    body = vector.frame[4:]
    for size in range(len(body) + 3):
        if size == len(body):
            continue
        frame = (size + 4).to_bytes(4, "big") + (body + bytes(3))[:size]
        with pytest.raises(MalformedPdu) as caught:
            decode(frame)
        assert 0 <= caught.value.offset <= len(frame)
        assert caught.value.field


@vectors
def test_the_readable_line_gives_the_frame_back(vector: Vector) -> None:
    line = json.loads(json.dumps(decode_line(vector.frame)))
    assert encode_line(line) == vector.frame


def trimmed(width: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=width).map(lambda value: value.rstrip(b"\0"))


def values_of(fields: tuple[object, ...]) -> dict[str, st.SearchStrategy[object]]:
    values: dict[str, st.SearchStrategy[object]] = {}
    for field in fields:
        if field.attribute in ("user_numbers", "message_content", "hops"):
            continue
        if field.raw:
            values[field.attribute] = st.binary(min_size=12, max_size=12)
        elif field.is_text:
            values[field.attribute] = trimmed(field.octets)
        else:
            values[field.attribute] = st.integers(0, 256**field.octets - 1)
    return values


def pdus() -> st.SearchStrategy[Pdu]:
    """Any PDU there is."""
    choices: list[st.SearchStrategy[Pdu]] = [
        st.builds(Route, st.sampled_from(sorted(ROUTE_NAMES)), st.binary(max_size=40))
    ]
    for layout in LAYOUTS:
        values = values_of(layout.head.fields)
        if isinstance(layout, MessageLayout):
            values |= values_of(layout.between.fields)
            values |= {"message_content": st.binary(max_size=300), "reserve": trimmed(8)}
            if layout.has_numbers:
                values["user_numbers"] = st.lists(trimmed(21), max_size=MOST_USERS).map(tuple)
        elif isinstance(layout, RowsLayout):
            rows = st.builds(layout.row, **values_of(layout.rows.fields))
            values[layout.attribute] = st.lists(rows, max_size=255).map(tuple)
        choices.append(st.builds(layout.kind, **values))
    return st.one_of(choices)


@given(pdus(), st.binary(min_size=12, max_size=12))
def test_any_pdu_comes_back(pdu: Pdu, sequence: bytes) -> None:
    frame = encode(pdu, sequence)
    assert len(frame) <= MAX_OCTETS
    assert decode(frame) == (sequence, pdu)
    line = json.loads(json.dumps(decode_line(frame)))
    assert encode_line(line) == frame


@given(
    st.one_of(st.sampled_from(sorted([*BY_COMMAND, *ROUTE_NAMES])), st.integers(0, 2**32 - 1)), st.binary(max_size=400)
)
def test_any_octets_are_refused_or_come_back(command_id: int, body: bytes) -> None:
    frame = (20 + len(body)).to_bytes(4, "big") + command_id.to_bytes(4, "big") + bytes(12) + body
    try:
        sequence, pdu = decode(frame)
    except MalformedPdu:
        return
    assert encode(pdu, sequence) == frame


def test_sizes_of_the_specification() -> None:
    assert len(encode(Submit(user_numbers=(b"1",) * 100, message_content=bytes(140)), SEQUENCE)) == 143 + 2100 + 140
    assert len(encode(Deliver(message_content=bytes(7)), SEQUENCE)) == 77 + 7
    assert len(encode(TraceResp((Hop(0), Hop(1))), SEQUENCE)) == 21 + 47 * 2
    assert len(encode(TraceResp((Hop(0),) * 255), SEQUENCE)) == MAX_OCTETS
    assert len(encode(CheckUser(), SEQUENCE)) == 81


@pytest.mark.parametrize(
    "pdu",
    [
        Submit(sp_number=b"1" * 22),
        Submit(user_numbers=(b"1" * 22,)),
        Submit(user_numbers=(b"1" * 10, b"1" * 32)),
        Submit(user_numbers=(b"1",) * 256),
        Submit(priority=256),
        Submit(reserve=b"123456789"),
        Deliver(reserve=b"123456789"),
        Bind(1, b"1" * 17, b""),
        BindResp(-1),
        BindResp(256),
        Report(b"short"),
        Report(bytes(13)),
        TraceResp((Hop(0, b"1234567"),)),
        TraceResp((Hop(0),) * 256),
        Route(0x12345),
    ],
)
def test_what_does_not_fit_is_not_written(pdu: Pdu) -> None:
    with pytest.raises(LocalProtocolError):
        encode(pdu, SEQUENCE)


def test_a_sequence_number_has_twelve_octets() -> None:
    for sequence in (b"", bytes(11), bytes(13)):
        with pytest.raises(LocalProtocolError):
            encode(BindResp(0), sequence)
        with pytest.raises(LocalProtocolError):
            encode(Route(6), sequence)


@pytest.mark.parametrize(
    ("frame", "offset", "field"),
    [
        (VECTORS[4].frame[:62] + b"\x03" + VECTORS[4].frame[63:], 62, "UserCount"),
        (VECTORS[4].frame[:155] + b"\x1d" + VECTORS[4].frame[156:], 152, "MessageLength"),
        (VECTORS[8].frame[:65] + b"\xff\xff\xff\xff" + VECTORS[8].frame[69:], 65, "MessageLength"),
        (bytes.fromhex("00000015 80001000") + bytes(12) + b"\x01", 20, "Count"),
        (bytes.fromhex("00000014 00000099") + bytes(12), 4, "Command ID"),
        (bytes.fromhex("00000024 00000001") + bytes(28), 36, "Login Name"),
        (bytes(19), 0, "Message Length"),
    ],
)
def test_an_error_names_its_place(frame: bytes, offset: int, field: str) -> None:
    with pytest.raises(MalformedPdu) as caught:
        decode(frame)
    assert (caught.value.offset, caught.value.field) == (offset, field)


def test_passwords_are_not_shown() -> None:
    assert "secret" not in repr(Bind(1, b"name", b"secret")) + repr(CheckUser(b"name", b"secret"))


def test_text_fields_for_people() -> None:
    assert field_text(b"8613001125453\0junk") == "8613001125453"
    assert field_text(b"\xc4\xe3") == "\\xc4\\xe3"


def test_all_layouts_have_a_name_and_an_id_of_their_own() -> None:
    assert len(BY_COMMAND) == len(LAYOUTS) == 16
    assert len({layout.name for layout in LAYOUTS} | set(ROUTE_NAMES.values())) == 16 + 20
    assert 0x8000000E in ROUTE_NAMES


@pytest.mark.parametrize("layout", LAYOUTS, ids=[layout.name for layout in LAYOUTS])
def test_the_fields_of_a_value_stand_in_the_order_of_the_wire(layout: object) -> None:
    between = layout.between.fields if isinstance(layout, MessageLayout) else ()
    wire = [field.attribute for field in (*layout.head.fields, *between)]
    if isinstance(layout, MessageLayout):
        wire.append("reserve")
    assert [field.name for field in dataclasses.fields(layout.kind)] == wire


# Sequence numbers.


def test_sequence_numbers_are_unsigned_and_readable() -> None:
    assert parts(SEQUENCE) == (3010092008, 1231235959, 2)
    assert readable(pack(100101, 101000000, 5)) == "100101 0101000000 5"
    assert hex_form(SEQUENCE) == "b36a5be849632b7700000002"
    with pytest.raises(LocalProtocolError):
        pack(1 << 32, 0, 0)


def test_a_source_counts_through_seconds_and_wraps() -> None:
    moments = iter([datetime(2026, 3, 1, 15, 12, second, tzinfo=UTC) for second in (18, 18, 17)])
    source = SequenceSource(3010092008, lambda: next(moments), first=0xFFFFFFFF)
    assert [parts(source()) for _ in range(3)] == [
        (3010092008, 301151218, 0xFFFFFFFF),
        (3010092008, 301151218, 0),
        (3010092008, 301151217, 1),
    ]


def test_a_day_that_this_year_does_not_have_stays_as_it_came() -> None:
    frame = encode(Report(pack(3010092008, 229000000, 1)), pack(1, 229000000, 1))
    sequence, report = decode(frame)
    assert readable(sequence) == "1 0229000000 1"
    assert isinstance(report, Report)
    assert parts(report.submit_sequence)[1] == 229000000


# The readable line.


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PDU": "NONSENSE"}, "PDU"),
        ({"PDU": 5}, "PDU"),
        ({"Sequence Number": "1 2"}, "Sequence Number"),
        ({"Sequence Number": "1 2 99999999999"}, "Sequence Number"),
        ({"Sequence Number": "1 2 4294967296"}, "sequence"),
        ({"Sequence Number": "1 2 ٣"}, "Sequence Number"),
        ({"FeeType": True}, "FeeType"),
        ({"FeeType": 300}, "fit"),
        ({"SPNumber": "彩"}, "SPNumber"),
        ({"SPNumber": {"hex": "zz"}}, "hex"),
        ({"UserNumber": "one"}, "UserNumber"),
        ({"UserNumber": [5]}, "UserNumber"),
        ({"MessageContent": None}, "MessageContent"),
        ({"Reserve": 7}, "Reserve"),
    ],
)
def test_a_line_that_cannot_be_used_names_the_field(changes: dict[str, object], said: str) -> None:
    line = decode_line(VECTORS[4].frame) | changes
    with pytest.raises(BadRequest, match=said):
        encode_line(line)


def test_rows_must_be_objects() -> None:
    with pytest.raises(BadRequest, match="Rows"):
        encode_line({"PDU": "TRACE_RESP", "Sequence Number": "1 2 3", "Rows": ["x"]})


@pytest.mark.parametrize(
    ("name", "key", "word"),
    [
        ("G1", "Login Type", "SP_TO_SMG"),
        ("G4", "Result", "illegal login: name or password wrong, or not allowed from here"),
        ("G7", "part", "1 of 2, reference 9"),
        ("G7", "user_data_header", [{"element": "0x00", "octets": "090201"}]),
        ("G11", "id", "b36a5be849632b7700000002"),
        ("G12", "ErrorCode", "phone cannot be reached: no coverage or switched off"),
        ("G16", "UserCondition", "stopped for debt"),
    ],
)
def test_the_reading_explains(name: str, key: str, word: object) -> None:
    vector = next(vector for vector in VECTORS if vector.name.split()[0] == name)
    assert decode_line(vector.frame)["Reading"][key] == word


def test_octets_beyond_ascii_come_back() -> None:
    frame = encode(Bind(99, b"\xff\0x", b"a\x01"), SEQUENCE)
    line = decode_line(frame)
    assert line["Login Name"] == {"hex": "ff0078", "text": "\\xff"}
    assert line["Reading"] == {"Login Type": "unknown"}
    assert encode_line(json.loads(json.dumps(line))) == frame
