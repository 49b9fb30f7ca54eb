"""PDUs of others and of ours: read, written again, cut off at every octet, shown and taken by the line tool."""

import json

import pytest

from mms.codec.codes import PduType
from mms.codec.errors import MmsFormatError
from mms.codec.pdu import PDUS, decode
from mms.codec.pdu_wire import decode_line, encode_line
from tests.unit.mms.codec.mms_samples import SAMPLES
from tests.unit.mms.codec.mms_vectors import VECTORS


@pytest.mark.parametrize("name", VECTORS)
def test_what_others_wrote_is_read_and_written_again(name: str) -> None:
    vector = VECTORS[name]
    pdu = decode(vector.octets)
    assert pdu == vector.pdu
    assert pdu.unknown == ()
    assert (pdu.encode() == vector.octets) is (not vector.differs)
    assert decode(pdu.encode()) == pdu


@pytest.mark.parametrize("name", VECTORS)
def test_what_others_wrote_is_refused_wherever_it_is_cut_off(name: str) -> None:
    vector = VECTORS[name]
    for size in range(len(vector.octets)):
        if size in vector.whole:
            decode(vector.octets[:size])
            continue
        with pytest.raises(MmsFormatError) as caught:
            decode(vector.octets[:size])
        assert 0 <= caught.value.offset <= size


@pytest.mark.parametrize("name", SAMPLES)
def test_what_we_write_is_read_with_equal_fields(name: str) -> None:
    pdu = SAMPLES[name]
    octets = pdu.encode()
    assert decode(octets) == pdu
    assert decode(octets).encode() == octets
    assert pdu.encoded_size() == len(octets)
    assert octets[:2] == bytes((0x8C, pdu.TYPE))


@pytest.mark.parametrize("name", SAMPLES)
def test_what_we_write_is_refused_or_says_less_wherever_it_is_cut_off(name: str) -> None:
    octets = SAMPLES[name].encode()
    for size in range(min(len(octets), 1500)):
        try:
            less = decode(octets[:size])
        except MmsFormatError:
            continue
        assert less != SAMPLES[name]
        assert len(less.encode()) <= size


def test_there_is_a_sample_of_every_type() -> None:
    assert {pdu.TYPE for pdu in SAMPLES.values()} == set(PDUS)
    assert {kind for kind in PduType if "MBOX" not in kind.name} == set(PDUS)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_line_tool_shows_every_field(name: str) -> None:
    octets = SAMPLES[name].encode()
    line = json.loads(json.dumps(decode_line(octets)))
    assert "Octets" not in line
    assert encode_line(line) == octets


@pytest.mark.parametrize("name", VECTORS)
def test_the_line_tool_keeps_the_octets_of_others(name: str) -> None:
    vector = VECTORS[name]
    line = decode_line(vector.octets)
    assert ("Octets" in line) is bool(vector.differs)
    assert encode_line(line) == vector.octets
