import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.framing import FrameSplitter
from carriers.smpp import layout, pdu, wire
from carriers.smpp.base import Response
from carriers.smpp.tlv import Tlv
from gateway.core.errors import BadRequest, LocalProtocolError, MalformedPdu
from tests.unit.carriers.smpp.smpp_vectors import VECTORS

CASES = [pytest.param(bytes.fromhex(octets), value, id=name) for name, (octets, value) in VECTORS.items()]


@pytest.mark.parametrize(("octets", "value"), CASES)
def test_vector_encodes(octets, value):
    assert value.encode() == octets


@pytest.mark.parametrize(("octets", "value"), CASES)
def test_vector_decodes_whole(octets, value):
    assert pdu.decode(octets) == value


@pytest.mark.parametrize(("octets", "value"), CASES)
def test_vector_decodes_octet_by_octet(octets, value):
    splitter, found = FrameSplitter(minimum=16, maximum=1000), []
    for octet in octets:
        splitter.feed(bytes((octet,)))
        found += [pdu.decode(frame) for frame in splitter]
    assert found == [value]


@pytest.mark.parametrize(("octets", "value"), CASES)
def test_vector_decodes_with_a_tail(octets, value):
    splitter = FrameSplitter(minimum=16, maximum=1000)
    splitter.feed(octets + octets[:-1])
    assert [pdu.decode(frame) for frame in splitter] == [value]
    splitter.feed(octets[-1:])
    assert [pdu.decode(frame) for frame in splitter] == [value]


@pytest.mark.parametrize(("octets", "value"), CASES)
def test_vector_goes_through_the_readable_form(octets, value):
    assert wire.encode_line(wire.decode_line(octets)) == octets


def strings(size):
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=size - 1)


def values_of(field):
    octet = st.integers(0, 255)
    if isinstance(field, layout.CString):
        return strings(field.size)
    if isinstance(field, layout.Number):
        return st.integers(0, 256**field.octets - 1)
    if isinstance(field, layout.Text):
        return st.binary(max_size=255)
    if isinstance(field, layout.Destinations):
        phone = st.builds(layout.DestinationAddress, strings(21), octet, octet)
        return st.lists(phone | st.builds(layout.DistributionList, strings(21)), max_size=5).map(tuple)
    unsuccessful = st.builds(layout.UnsuccessfulDelivery, strings(21), st.integers(0, 2**32 - 1), octet, octet)
    return st.lists(unsuccessful, max_size=5).map(tuple)


@st.composite
def pdus(draw):
    kind = draw(st.sampled_from(list(pdu.PDUS.values())))
    number = st.integers(0, 2**32 - 1)
    header = {"sequence_number": draw(number), "command_status": draw(number)}
    if issubclass(kind, Response) and kind.layout and draw(st.booleans()):
        return kind(has_body=False, **header)
    tlvs = st.lists(st.builds(Tlv, st.integers(0, 65535), st.binary(max_size=20)), max_size=4).map(tuple)
    body = {field.name: draw(values_of(field)) for field in kind.layout}
    return kind(tlvs=draw(tlvs), trailing=draw(st.binary(max_size=3)), **header, **body)


@given(pdus())
def test_round_trip(value):
    octets = value.encode()
    assert pdu.decode(octets) == value
    assert pdu.decode(octets).encode() == octets
    assert wire.encode_line(wire.decode_line(octets)) == octets


@given(st.sampled_from(sorted(pdu.PDUS)), st.sampled_from([0, 0x58]), st.binary(max_size=120))
def test_hostile_bodies_are_malformed_or_come_back_the_same(command_id, code, body):
    octets = b"".join(n.to_bytes(4, "big") for n in (16 + len(body), command_id, code, 1)) + body
    try:
        value = pdu.decode(octets)
    except MalformedPdu:
        return
    assert value.encode() == octets
    assert wire.encode_line(wire.decode_line(octets)) == octets


@given(st.binary(max_size=60))
def test_hostile_octets_are_malformed(octets):
    with pytest.raises(MalformedPdu):
        pdu.decode(octets)


@pytest.mark.parametrize("cut", range(16, 70))
def test_a_cut_submit_names_the_place(cut):
    octets = bytes.fromhex(VECTORS["submit_sm (UCS2, registered)"][0])
    with pytest.raises(MalformedPdu) as caught:
        pdu.decode(cut.to_bytes(4, "big") + octets[4:cut])
    assert caught.value.field
    assert 16 <= caught.value.offset <= cut


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service_type", "123456"),
        ("source_addr", "1" * 21),
        ("destination_addr", "a\0b"),
        ("validity_period", "1" * 17),
        ("schedule_delivery_time", "中"),
        ("esm_class", 256),
        ("data_coding", -1),
        ("short_message", bytes(256)),
    ],
)
def test_values_out_of_bounds_are_refused_by_name(field, value):
    with pytest.raises(LocalProtocolError, match=field):
        pdu.SubmitSm(**{field: value}).encode()


@pytest.mark.parametrize("number", [-1, 2**32])
def test_header_numbers_out_of_bounds_are_refused(number):
    for kind in (pdu.SubmitSm, pdu.EnquireLink):
        with pytest.raises(LocalProtocolError):
            kind().encode(number)


def test_long_passwords_pass_and_never_show():
    bind = pdu.BindTransceiver("esme", "p" * 64)
    assert pdu.decode(bind.encode()) == bind
    assert "ppp" not in repr(bind)
    with pytest.raises(LocalProtocolError, match="password"):
        pdu.BindTransceiver("esme", "p" * 65).encode()


@pytest.mark.parametrize("body", [b"", b"\0", b"ID\0", b"no end"])
def test_error_responses_keep_their_body_or_its_absence(body):
    octets = b"".join(n.to_bytes(4, "big") for n in (16 + len(body), 0x80000004, 0x45, 9)) + body
    assert pdu.decode(octets).encode() == octets


def test_decoded_pdus_are_frozen():
    value = pdu.decode(pdu.DeliverSm(short_message=b"x").encode())
    assert type(value) is pdu.DeliverSm
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.short_message = b"y"


@pytest.mark.parametrize(
    "line",
    [
        {"command_id": "no_such"},
        {"command_id": "submit_sm", "data_coding": "8"},
        {"command_id": "submit_sm", "short_message": {"hex": "zz"}},
        {"command_id": "submit_sm", "tlvs": [{"tag": "nothing", "hex": ""}]},
        {"command_id": "submit_sm", "tlvs": [{"tag": "message_state", "value": "x"}]},
        {"command_id": "submit_sm", "tlvs": 3},
        {"command_id": "submit_sm", "command_status": "ESME_NO"},
    ],
)
def test_lines_that_cannot_be_understood(line):
    with pytest.raises(BadRequest):
        wire.encode_line(line)


def test_a_receipt_is_readable():
    line = wire.decode_line(bytes.fromhex(VECTORS["deliver_sm (delivery receipt)"][0]))
    assert line["command_id"] == "deliver_sm"
    assert line["command_status"] == "ESME_ROK"
    assert line["receipt"]["stat"] == "DELIVRD"
    assert line["tlvs"][1] == {"tag": "message_state", "hex": "02", "value": 2, "meaning": "DELIVRD"}
    assert line["meaning"]["esm_class"] == "delivery receipt"
    udh = wire.decode_line(bytes.fromhex(VECTORS["submit_sm (UDH part 1/2, default alphabet)"][0]))
    assert udh["short_message"]["text"] == "Hello @GSM"
    assert udh["short_message"]["udh"]["concat"] == {"reference": 0xCC, "total": 2, "number": 1}
