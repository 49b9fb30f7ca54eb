"""User data: all alphabets at all lengths around the limits, headers, national tables, what lies about itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.gsm.tpdu import header, national, septets
from carriers.gsm.tpdu.coding import coding_of
from carriers.gsm.tpdu.cursor import Cursor
from carriers.gsm.tpdu.header import LOCKING_SHIFT, PORTS_8, SINGLE_SHIFT, Element, Ports
from carriers.gsm.tpdu.user_data import MOST_OCTETS, UserData
from gateway.core import text as texts
from gateway.core.errors import LocalProtocolError, MalformedPdu, NotEncodable
from gateway.core.messages import Concat
from gateway.core.text import Alphabet

GSM7, UCS2, BINARY = Alphabet.GSM7, Alphabet.UCS2, Alphabet.BINARY
DCS = {GSM7: 0x00, BINARY: 0x04, UCS2: 0x08}
NARROW = (header.concat_element(0xC5, 2, 1),)
WIDE = (header.concat_element(0x1C5, 2, 1),)
GSM7_CHARS = [
    char for char in map(chr, range(0x3000)) if texts.choose(char) is GSM7 and texts.units(char, GSM7) == 1
]  # fmt: skip
gsm7_texts = st.text(st.sampled_from([*GSM7_CHARS, *"^{}\\[~]|€\f"]))
storable = st.text(st.characters(exclude_categories=["Cs"]))
elements = st.lists(
    st.builds(Element, st.integers(0, 255).filter(lambda n: n not in (SINGLE_SHIFT, LOCKING_SHIFT)), st.binary()),
    max_size=3,
).map(tuple)  # fmt: skip


def through_the_air(data: UserData, dcs: int) -> UserData:
    octets = data.encode(dcs)
    cursor = Cursor(octets)
    read = UserData.read(cursor, dcs, has_header=data.has_header)
    cursor.end()
    assert read == data
    return read


# Septets


@given(st.binary(max_size=septets.MOST_SEPTETS))
def test_septets_are_packed_one_behind_the_other(octets: bytes) -> None:
    letters = bytes(octet & 0x7F for octet in octets)
    packed = septets.pack(letters)
    number = sum(letter << 7 * place for place, letter in enumerate(letters))
    assert packed == number.to_bytes(septets.octets_of(len(letters)), "little")
    assert septets.unpack(packed, len(letters)) == letters


def test_septets_known() -> None:
    # 3GPP TS 23.038 6.1.2.1.1: eight letters in seven octets; the last bits of a ninth are 0.
    assert septets.pack(b"hellohello").hex() == "e8329bfd4697d9ec37"
    assert septets.pack(b"\0" * 8).hex() == "00" * 7
    assert septets.unpack(bytes(7), 8) == bytes(8)
    assert septets.unpack(bytes(7), 7) == bytes(7)
    assert [septets.septets_of(n) for n in (0, 1, 4, 6, 7, 8)] == [0, 2, 5, 7, 8, 10]
    assert [septets.octets_of(n) for n in (0, 1, 7, 8, 159, 160)] == [0, 1, 7, 7, 140, 140]


# Limits


@pytest.mark.parametrize(
    ("alphabet", "parts", "most"),
    [
        (GSM7, (), 160),
        (GSM7, NARROW, 153),
        (GSM7, WIDE, 152),
        (UCS2, (), 70),
        (UCS2, NARROW, 67),
        (UCS2, WIDE, 66),
        (BINARY, (), 140),
        (BINARY, NARROW, 134),
        (BINARY, WIDE, 133),
    ],
)
def test_limits(alphabet: Alphabet, parts: tuple[Element, ...], most: int) -> None:
    for length in range(most - 9, most + 1):
        if alphabet is BINARY:
            octets = bytes(range(length))
            content = through_the_air(UserData.of_octets(octets, parts), DCS[alphabet]).content(DCS[alphabet])
            assert content.data == octets
        else:
            text = ("@x" if alphabet is GSM7 else "中\0") * length
            content = through_the_air(UserData.of_text(text[:length], alphabet, parts), DCS[alphabet]).content(
                DCS[alphabet]
            )
            assert content.text == text[:length]
        assert content.elements == parts
        assert content.alphabet is alphabet
    with pytest.raises(NotEncodable):
        _ = (
            UserData.of_octets(bytes(most + 1), parts)
            if alphabet is BINARY
            else UserData.of_text("x" * (most + 1), alphabet, parts)
        )


def test_characters_of_two_units_do_not_fit_into_one() -> None:
    for alphabet, char, most in ((GSM7, "€", 160), (UCS2, "😀", 70)):
        text = "x" * (most - 2) + char
        assert through_the_air(UserData.of_text(text, alphabet), DCS[alphabet]).content(DCS[alphabet]).text == text
        with pytest.raises(NotEncodable):
            UserData.of_text("x" * (most - 1) + char, alphabet)


def test_text_has_two_alphabets_on_the_air() -> None:
    with pytest.raises(NotEncodable, match="latin1"):
        UserData.of_text("x", Alphabet.LATIN1)
    with pytest.raises(NotEncodable):
        UserData.of_text("中", GSM7)
    with pytest.raises(NotEncodable):
        UserData.of_text("\ud83d", UCS2)


@given(gsm7_texts, elements)
def test_any_text_in_septets(text: str, parts: tuple[Element, ...]) -> None:
    try:
        data = UserData.of_text(text, GSM7, parts)
    except NotEncodable:
        head = sum(2 + len(octets) for _, octets in parts)
        assert head > 139 or texts.units(text, GSM7) + septets.septets_of(head + bool(parts)) > 160
        return
    content = through_the_air(data, 0).content(0)
    assert (content.text, content.elements) == (text, parts)
    assert content.data == texts.encode(text, GSM7)


@given(storable, elements)
def test_any_text_in_ucs2(text: str, parts: tuple[Element, ...]) -> None:
    try:
        data = UserData.of_text(text, UCS2, parts)
    except NotEncodable:
        assert 2 * texts.units(text, UCS2) + sum(2 + len(octets) for _, octets in parts) + bool(parts) > MOST_OCTETS
        return
    content = through_the_air(data, 8).content(8)
    assert (content.text, content.elements, content.alphabet) == (text, parts, UCS2)


@given(st.binary(max_size=150), elements)
def test_any_octets(octets: bytes, parts: tuple[Element, ...]) -> None:
    try:
        data = UserData.of_octets(octets, parts)
    except NotEncodable:
        assert len(octets) + sum(2 + len(it) for _, it in parts) + bool(parts) > MOST_OCTETS
        return
    content = through_the_air(data, 4).content(4)
    assert (content.data, content.elements, content.text, content.alphabet) == (octets, parts, "", BINARY)


@given(st.binary(max_size=141), st.integers(0, 255), st.integers(0, 255), st.booleans())
def test_octets_from_anywhere(octets: bytes, length: int, dcs: int, has_header: bool) -> None:
    cursor = Cursor(bytes((length,)) + octets)
    wanted = septets.octets_of(length) if coding_of(dcs).in_septets else length
    if wanted > min(len(octets), MOST_OCTETS):
        with pytest.raises(MalformedPdu) as caught:
            UserData.read(cursor, dcs, has_header=has_header)
        assert (caught.value.offset, caught.value.field) == (0, "TP-UDL")
        return
    data = UserData.read(cursor, dcs, has_header=has_header)
    data.content(dcs).text.encode()
    assert data.encode(dcs) == (bytes((length,)) + octets)[: cursor.at]


# Where text begins behind a header, and what a header says


def test_text_begins_at_a_septet() -> None:
    assert UserData.of_text("@A", GSM7, NARROW).octets.hex() == "050003c502010041"
    for fill in (0, 1):  # message centres do not all clear the fill bit
        data = UserData(7 + 2, bytes.fromhex(f"050003c502010{fill}41"), True)
        assert data.content(0).text == "@A"
    assert UserData.of_text("A", GSM7, WIDE).octets.hex() == "06080401c5020141"
    turkish = (Element(SINGLE_SHIFT, b"\1"),)
    assert UserData.of_text("Ş", GSM7, turkish).length == 5 + 2


def test_the_last_at_sign_is_kept() -> None:
    # Seven letters leave seven empty bits: TP-UDL alone says whether they are an @.
    assert UserData(7, septets.pack(b"abcdefg")).content(0).text == "abcdefg"
    assert UserData(8, septets.pack(b"abcdefg\0")).content(0).text == "abcdefg@"
    assert septets.pack(b"abcdefg") == septets.pack(b"abcdefg\0")


def test_a_header_that_claims_too_much_is_text() -> None:
    for octets in (b"\x05ab", b"\x03abc"[:3], b""):
        content = UserData(len(octets), octets, True).content(4)
        assert (content.elements, content.data) == ((), octets)
    octets = b"\xff" + bytes(7)
    assert len(UserData(9, octets, True).content(0).text) == 9


def test_a_header_whose_elements_do_not_end_with_it_is_passed_over() -> None:
    for head in (b"\0\3\1\2", b"\x70\0\0\4\1\2", b"\0"):
        wrong = bytes((len(head),)) + head
        content = UserData(len(wrong) + 2, wrong + b"hi", True).content(4)
        assert (content.elements, content.data) == ((), b"hi")
    assert UserData(3, b"\0hi", True).content(4) == ((), BINARY, "", b"hi")


def test_the_place_in_a_long_message() -> None:
    assert header.concat_of(NARROW) == Concat(0xC5, 2, 1)
    assert header.concat_of(WIDE) == Concat(0x1C5, 2, 1)
    assert header.concat_of(()) is None
    wrong = [b"\1\2\0", b"\1\0\0", b"\1\2\3", b"\1\2", b"\1\2\1\1"]
    assert [header.concat_of((Element(0, octets),)) for octets in wrong] == [None] * 5
    assert header.concat_of((*NARROW, *WIDE)) == Concat(0x1C5, 2, 1)
    assert header.concat_of((*NARROW, Element(8, b"\0\1\2\0"))) == Concat(0xC5, 2, 1)
    for reference, total, number in ((-1, 2, 1), (65536, 2, 1), (1, 2, 3), (1, 2, 0), (1, 256, 1), (1, 0, 0)):
        with pytest.raises(NotEncodable):
            header.concat_element(reference, total, number)


def test_ports() -> None:
    element = header.ports_element(2948, 9200)
    assert element == Element(5, bytes.fromhex("0b8423f0"))
    assert header.ports_of((element,)) == Ports(2948, 9200)
    assert header.ports_element(0, 0).octets == bytes(4)
    assert header.ports_of((Element(PORTS_8, b"\xf5\x00"), *NARROW)) == Ports(245, 0)
    assert header.ports_of((Element(5, b"\x0b\x84\x23"),)) is None
    with pytest.raises(NotEncodable):
        header.ports_element(65536, 0)
    # With a place in a long message there is room for 128 octets.
    UserData.of_octets(bytes(128), (*NARROW, element))
    with pytest.raises(NotEncodable):
        UserData.of_octets(bytes(129), (*NARROW, element))


def test_unknown_elements_are_kept() -> None:
    parts = (Element(0x70, b"\1\2\3"), *NARROW, Element(0xA5, b""))
    assert UserData.of_text("hi", GSM7, parts).content(0).elements == parts
    with pytest.raises(NotEncodable):
        UserData.of_octets(b"", (Element(0x70, bytes(138)),))
    assert UserData.of_octets(b"", (Element(0x70, bytes(137)),)).length == 140


# Coding


@pytest.mark.parametrize(
    ("dcs", "alphabet", "message_class"),
    [
        (0x00, GSM7, None), (0x04, BINARY, None), (0x08, UCS2, None), (0x0C, GSM7, None), (0x10, GSM7, 0),
        (0x11, GSM7, 1), (0x15, BINARY, 1), (0x18, UCS2, 0), (0x1B, UCS2, 3), (0x48, UCS2, None), (0x80, GSM7, None),
        (0xB5, GSM7, None), (0xC8, GSM7, None), (0xD0, GSM7, None), (0xE0, UCS2, None), (0xF0, GSM7, 0),
        (0xF2, GSM7, 2), (0xF4, BINARY, 0), (0xF5, BINARY, 1), (0x03, GSM7, None), (0xFF, BINARY, 3),
    ],
)  # fmt: skip
def test_coding(dcs: int, alphabet: Alphabet, message_class: int | None) -> None:
    coding = coding_of(dcs)
    assert (coding.alphabet, coding.message_class, coding.compressed) == (alphabet, message_class, False)
    assert coding.deletes_itself is (0x40 <= dcs < 0x80)
    assert coding.in_septets is (alphabet is GSM7)


def test_compressed_text_is_kept_as_octets() -> None:
    for dcs in (0x20, 0x28, 0x3A, 0x60):
        assert coding_of(dcs).compressed
        data = UserData(5, b"\2\1\0xy", True)
        assert data.encode(dcs) == b"\5\2\1\0xy"
        content = data.content(dcs)
        assert (content.alphabet, content.text, content.data) == (BINARY, "", b"xy")


def test_message_waiting() -> None:
    seen = [(it.waiting, it.indicator_on, it.discard) for it in map(coding_of, (0xC8, 0xC1, 0xDA, 0xEB))]
    assert seen == [("voice", True, True), ("fax", False, True), ("mail", True, False), ("other", True, False)]


# Lies


@pytest.mark.parametrize(
    ("dcs", "octets"),
    [
        (0, bytes((161,)) + bytes(141)),
        (4, bytes((141,)) + bytes(141)),
        (8, bytes((255,)) + bytes(200)),
        (0, bytes((9,)) + bytes(7)),
        (4, bytes((9,)) + bytes(8)),
    ],
)
def test_a_length_that_lies(dcs: int, octets: bytes) -> None:
    with pytest.raises(MalformedPdu) as caught:
        UserData.read(Cursor(octets), dcs, has_header=False)
    assert (caught.value.offset, caught.value.field) == (0, "TP-UDL")


@pytest.mark.parametrize(("dcs", "length", "octets"), [(0, 8, 8), (4, 7, 8), (4, 141, 141), (0, 161, 141)])
def test_a_length_of_ours_must_not_lie(dcs: int, length: int, octets: int) -> None:
    with pytest.raises(LocalProtocolError):
        UserData(length, bytes(octets)).encode(dcs)


def test_broken_ucs2_is_shown_as_such() -> None:
    shown = [UserData(len(it), it).content(8).text for it in (b"\xd8\x3d", b"\xde\x00\0A", b"\0A\0", b"\xd8\x3d\0A")]
    assert shown == ["\ufffd", "\ufffdA", "A\ufffd", "\ufffdA"]


# National tables: the code charts of 3GPP TS 23.038 A.2 and A.3, row by row where they differ from the default


@pytest.mark.parametrize(
    ("language", "codes", "shown"),
    [
        (national.TURKISH, "47495363656769730a14", "ĞİŞç€ğış\f^"),
        (national.SPANISH, "09414f4955616569" + "6f75402f", "çÁÓÍÚá€íóú|\\"),
        (
            national.PORTUGUESE,
            "05090b0c0e0f1213151617" + "18191f41494f555b5c61" + "65696f757b7c7f",
            "êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂ€íóúãõâ",
        ),
        (99, "65401b73", "€| s"),
        (national.TURKISH, "1b4161", " Aa"),
    ],
)
def test_single_shift(language: int, codes: str, shown: str) -> None:
    letters = b"".join(b"\x1b" + bytes((code,)) for code in bytes.fromhex(codes))
    assert national.decode(letters, 0, language) == shown
    # Portuguese locking differs most from the default: what the single table holds must not come from there.
    assert national.decode(letters, national.PORTUGUESE, language) == shown


@pytest.mark.parametrize(
    ("language", "codes", "shown"),
    [
        (national.TURKISH, "04070b0c1c1d4060417b", "€ıĞğŞşİçAä"),
        (
            national.PORTUGUESE,
            "0406070809" + "0b0c0e0f12131415161718191a1c1d1e24405b5c5d607b7c7d" + "105f",
            "êúíóçÔôÁáªÇÀ∞^\\€Ó|ÂâÊºÍÃÕÚ~ãõ`Δ§",
        ),
        (national.SPANISH, "0440", "è¡"),  # there is no Spanish locking table
    ],
)
def test_locking_shift(language: int, codes: str, shown: str) -> None:
    letters = bytes.fromhex(codes)
    assert national.decode(letters, language, 0) == shown
    data = UserData(
        5 + len(letters), b"\3\x25\1" + bytes((language,)) + septets.pack(bytes(5) + letters)[4:], True
    )  # fmt: skip
    assert data.content(0).text == shown


@given(st.integers(0, 4), st.integers(0, 4), st.binary(max_size=150))
def test_what_national_tables_show_they_can_write(locking: int, single: int, octets: bytes) -> None:
    text = national.decode(bytes(octet & 0x7F for octet in octets), locking, single)
    text = text.replace("\ufffd", "")
    try:
        letters = national.encode(text, locking, single)
    except NotEncodable:
        assert locking in (national.SPANISH, 4) or single == 4
        return
    assert national.decode(letters, locking, single) == text


def test_national_text_has_its_limits() -> None:
    shifts = (Element(SINGLE_SHIFT, b"\1"), Element(LOCKING_SHIFT, b"\1"))
    text = "ğ" * 152
    assert UserData.of_text(text, GSM7, shifts).content(0).text == text
    with pytest.raises(NotEncodable):
        UserData.of_text(text + "ğ", GSM7, shifts)
    with pytest.raises(NotEncodable, match="U\\+4E2D"):
        UserData.of_text("中", GSM7, shifts)


def test_without_elements_the_default_tables_are_those_of_the_core() -> None:
    every = bytes(range(128)) + b"".join(b"\x1b" + bytes((code,)) for code in range(128) if code != 0x1B)
    every = every.replace(b"\x1b\x1c", b"", 1)  # the bare escape of the first row
    assert national.decode(every, 0, 0) == texts.decode(every, GSM7)
