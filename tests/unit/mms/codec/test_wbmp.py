"""WBMP, octet by octet."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.codec import wbmp
from mms.codec.errors import MmsFormatError
from mms.codec.wbmp import Bitmap

#: Written by netpbm.
VECTORS = {
    "000008027E81": Bitmap(8, 2, bytes.fromhex("7E81")),
    "00000A030000FFC05540": Bitmap(10, 3, bytes.fromhex("0000FFC05540")),
}
#: From a phone: sizes in more octets than they need.
RAIN = (
    "000080208020fff03fffffc78fffff9fe7ffff3ff43ff17ff18fc47ff7e79f3feff33ffffffb7ffffffb7ffffff37ffffff7"
    "7fffffe73fffffcf8fff871fe380187ffc3ffffffffffffffeeeeefffe66667ffe66667fffffffffffbbbbbfff99999fff99"
    "999fffffffffffeeeeefffe66667ffe66667fffffffffffbbbbbfff99999fff99999"
)


@pytest.mark.parametrize("octets", VECTORS)
def test_vectors(octets: str) -> None:
    assert wbmp.decode(bytes.fromhex(octets)) == VECTORS[octets]
    assert wbmp.encode(VECTORS[octets]).hex().upper() == octets


def test_sizes_above_127_take_two_octets() -> None:
    octets = wbmp.encode(Bitmap(160, 120, bytes(2400)))
    assert (octets[:5].hex(), len(octets)) == ("0000812078", 2405)


def test_sizes_in_more_octets_than_they_need_are_read() -> None:
    found = wbmp.decode(bytes.fromhex(RAIN))
    assert (found.width, found.height, found.rows.hex()) == (32, 32, RAIN[12:])


@pytest.mark.parametrize("headers", ["80 00", "80 81 02", "E0 21 61 61 62", "E0 A1 41 41 62 11 63 64", "A0 00"])
def test_headers_nobody_writes_are_passed_over(headers: str) -> None:
    assert wbmp.decode(bytes.fromhex(f"00 {headers} 08 02 7E 81")) == VECTORS["000008027E81"]


def test_bits_behind_a_row_come_as_0() -> None:
    assert wbmp.decode(bytes.fromhex("00000302FFBF")).rows == b"\xe0\xa0"


def test_a_chequered_screen_is_as_netpbm_writes_it() -> None:
    rows = b"".join((b"\x55" if y % 2 else b"\xaa") * 20 for y in range(120))
    octets = wbmp.encode(Bitmap(160, 120, rows))
    assert (len(octets), hashlib.sha1(octets).hexdigest()) == (2405, "dc1b94079d6077f410a4af2ba4d6e95f4c48c1bb")


@pytest.mark.parametrize(
    "octets", ["", "00", "0000", "000008", "00000802", "0000080200", "010008027E81", "000000027E81"]
)
def test_what_is_torn_or_none_is_said(octets: str) -> None:
    with pytest.raises(MmsFormatError):
        wbmp.decode(bytes.fromhex(octets))


def test_a_bomb_is_refused_before_anything_is_read() -> None:
    with pytest.raises(MmsFormatError):
        wbmp.decode(bytes.fromhex("0000FFFFFF7FFFFFFF7F"))


@given(st.integers(1, 40), st.integers(1, 10), st.data())
def test_what_is_written_is_read(width: int, height: int, data: st.DataObject) -> None:
    size = (width + 7) // 8 * height
    rows = data.draw(st.binary(min_size=size, max_size=size))
    found = wbmp.decode(wbmp.encode(Bitmap(width, height, rows)))
    bits = [f"{int.from_bytes(r[i : i + size // height]):0{size // height * 8}b}" for r in (rows, found.rows) for i in
            range(0, size, size // height)]  # fmt: skip
    assert [row[:width] for row in bits[:height]] == [row[:width] for row in bits[height:]]
    assert all(set(row[width:]) <= {"0"} for row in bits[height:])
