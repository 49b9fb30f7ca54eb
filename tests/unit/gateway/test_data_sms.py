"""How data SMS are cut: sizes by header, and the header element of the ports."""

from __future__ import annotations

import pytest

from gateway.core.data_sms import MAX_OCTETS, MAX_SEGMENTS, count, ports_element, room, split
from gateway.core.errors import NotEncodable


@pytest.mark.parametrize(
    ("has_port", "is_lone", "reference_octets", "octets"),
    [
        (True, True, 1, 133),
        (True, False, 1, 128),
        (True, False, 2, 127),
        (False, True, 1, 140),
        (False, False, 1, 134),
        (False, False, 2, 133),
    ],
)
def test_room_of_a_segment(has_port: bool, is_lone: bool, reference_octets: int, octets: int) -> None:
    assert room(has_port=has_port, is_lone=is_lone, reference_octets=reference_octets) == octets


@pytest.mark.parametrize("octets", [1, 133, 134, 140, 141, 256, 257, 268, 269, 1000])
@pytest.mark.parametrize("has_port", [True, False])
@pytest.mark.parametrize("reference_octets", [1, 2])
def test_cut_as_counted_and_joined_again(octets: int, has_port: bool, reference_octets: int) -> None:
    data = bytes(n & 0xFF for n in range(octets))
    pieces = split(data, has_port=has_port, reference_octets=reference_octets)
    assert b"".join(pieces) == data
    assert len(pieces) == count(octets, has_port=has_port, reference_octets=reference_octets)
    most = room(has_port=has_port, is_lone=len(pieces) == 1, reference_octets=reference_octets)
    assert all(len(piece) <= most for piece in pieces)
    assert len(pieces) == 1 or len(pieces[0]) == most


def test_no_data_is_one_segment() -> None:
    assert split(b"", has_port=True) == [b""]
    assert count(0, has_port=True) == 1


def test_the_longest_has_the_most_segments() -> None:
    assert count(MAX_OCTETS, has_port=True) == MAX_SEGMENTS
    assert count(MAX_OCTETS + 1, has_port=True) > MAX_SEGMENTS


def test_ports() -> None:
    assert ports_element(2948, 9200).hex() == "05040b8423f0"
    assert ports_element(2948, None).hex() == "05040b8423f0"
    assert ports_element(9204, 0).hex() == "050423f40000"
    assert ports_element(None, 9200) == b""
    for ports in ((65536, 0), (-1, 0), (0, 65536)):
        with pytest.raises(NotEncodable, match="no ports"):
            ports_element(*ports)
