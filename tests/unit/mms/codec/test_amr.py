"""AMR files: how long they are, and cut between frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.codec import amr
from mms.codec.errors import MmsFormatError

#: Written by opencore-amrnb: two frames of silence at 4.75 kbit/s, three of a tone at 12.2.
SILENCE = bytes.fromhex("2321414d520a04633cc7f0630439ffe0000000043718c7f06d0433ffe0000000")
TONE = bytes.fromhex(
    "2321414d520a3c24020748104be5cc8c017ae7504625c000611c081e50b800001ae1261877f03c2d7ae69000358761c0035a25e4dfd1c0490fe0"
    "d0060feb604cd207005583703c2406e2e800359ff080037af2df53c6c2807532cb25735d4bb4770161124da0"
)


def test_rate_and_length() -> None:
    assert amr.read(SILENCE) == (2, 4750, 32)
    assert amr.read(TONE) == (3, 12200, 102)
    assert amr.read(TONE).duration_ms == 60
    assert amr.read(amr.MAGIC) == (0, 0, 6)


def test_sizes_of_thirty_seconds() -> None:
    assert (amr.octets_of(30_000, 4750), amr.octets_of(30_000, 12200)) == (19_506, 48_006)
    assert amr.octets_of(1, 4750) == 19


def test_silence_and_nothing_are_frames() -> None:
    assert amr.read(amr.MAGIC + b"\x44" + bytes(5) + b"\x7c") == (2, 0, 13)


def test_cut_between_frames() -> None:
    assert amr.cut(TONE, max_octets=101) == TONE[:70]
    assert amr.cut(TONE, max_octets=102) == TONE
    assert amr.cut(TONE, max_ms=59) == TONE[:70]
    assert amr.cut(TONE, max_octets=5) == amr.MAGIC


def test_a_torn_frame_is_left_out() -> None:
    for end in range(6, len(TONE)):
        assert amr.read(TONE[:end]).octets == 6 + (end - 6) // 32 * 32


@pytest.mark.parametrize(
    "octets", [b"", b"#!AMR", b"#!AMR-WB\n\x04", b"#!AMR_MC1.0\n", b"RIFF", amr.MAGIC + b"\xff", amr.MAGIC + b"\x4c"]
)
def test_anything_else_is_said(octets: bytes) -> None:
    with pytest.raises(MmsFormatError):
        amr.read(octets)


@given(st.binary(max_size=200))
def test_nothing_but_the_one_error(octets: bytes) -> None:
    try:
        found = amr.read(amr.MAGIC + octets)
    except MmsFormatError:
        return
    assert found.octets <= len(octets) + 6
