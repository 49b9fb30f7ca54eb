"""Texts on phones: alphabets, units, segments, cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import text
from gateway.core.errors import NotEncodable
from gateway.core.text import Alphabet

FAMILY = "👨‍👩‍👧"
MESSAGES = st.text(
    st.one_of(
        st.sampled_from("abc €^{}[]~\\|各位同事，。…“”é👍🏽𠮷\u0301\u200d\ufe0f🇨🇳🇭🇰👨👩한글각\r\n"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=400,
)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (bytes(range(0x10)), "@£$¥èéùìòÇ\nØø\rÅå"),
        (bytes([*range(0x10, 0x1B), *range(0x1C, 0x20)]), "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"),
        (bytes(range(0x20, 0x30)), " !\"#¤%&'()*+,-./"),
        (b"\x40AZ\x5b\x5c\x5d\x5e\x5f", "¡AZÄÖÑÜ§"),
        (b"\x60az\x7b\x7c\x7d\x7e\x7f", "¿azäöñüà"),
        (bytes.fromhex("1b0a1b141b281b291b2f1b3c1b3d1b3e1b401b65"), "\f^{}\\[~]|€"),
    ],
)
def test_the_gsm_alphabet_is_that_of_ts_23_038(data: bytes, shown: str) -> None:
    assert text.decode(data, Alphabet.GSM7) == shown
    assert text.encode(shown, Alphabet.GSM7) == data


@pytest.mark.parametrize(
    ("data", "alphabet", "shown"),
    [
        (b"A\x80B\xff", Alphabet.GSM7, "A\ufffdB\ufffd"),
        (b"A\x1b", Alphabet.GSM7, "A\ufffd"),
        (b"\x1b\x1b\x65", Alphabet.GSM7, "\ufffde"),
        (b"\x1b\x1b\x1b\x65", Alphabet.GSM7, "\ufffd€"),
        (b"\x1bs", Alphabet.GSM7, "s"),
        (b"\x1b\x90", Alphabet.GSM7, "\ufffd"),
        (b"\x4e\x00\x4e", Alphabet.UCS2, "一\ufffd"),
        (b"\xd8\x3d\xdc\x4d", Alphabet.UCS2, "👍"),
        (b"\xd8\x3d\x4e\x00", Alphabet.UCS2, "\ufffd一"),
        (b"\xdc\x4d", Alphabet.UCS2, "\ufffd"),
        ("镕喆–€".encode("gb18030"), Alphabet.GBK, "镕喆–€"),
        ("𠮷".encode("gb18030"), Alphabet.GBK, "𠮷"),
        (b"\xd6", Alphabet.GBK, "\ufffd"),
        (b"\x80\xe9", Alphabet.LATIN1, "\x80é"),
        (b"A\x80", Alphabet.ASCII, "A\ufffd"),
        (b"\x00\xff", Alphabet.BINARY, "\x00\xff"),
    ],
)
def test_broken_octets_show_as_replacement_characters(data: bytes, alphabet: Alphabet, shown: str) -> None:
    assert text.decode(data, alphabet) == shown


@pytest.mark.parametrize(
    ("message", "alphabet"),
    [
        ("会议", Alphabet.GSM7), ("`", Alphabet.GSM7), ("ç", Alphabet.GSM7), ("\x1b", Alphabet.GSM7),
        ("é", Alphabet.ASCII), ("会", Alphabet.LATIN1), ("𠮷", Alphabet.GBK), ("\ud83d", Alphabet.UCS2),
    ],
)  # fmt: skip
def test_what_an_alphabet_lacks_is_refused(message: str, alphabet: Alphabet) -> None:
    with pytest.raises(NotEncodable):
        text.encode(message, alphabet)


@pytest.mark.parametrize(
    ("message", "alphabet", "count"),
    [
        ("", Alphabet.GSM7, 0),
        ("Hello", Alphabet.GSM7, 5),
        ("€5 [ok]", Alphabet.GSM7, 10),
        ("会议", Alphabet.UCS2, 2),
        ("👍", Alphabet.UCS2, 2),
        (FAMILY, Alphabet.UCS2, 8),
        ("𠮷", Alphabet.UCS2, 2),
        ("会a", Alphabet.GBK, 3),
        ("\ud83d", Alphabet.UCS2, 1),
    ],
)
def test_units_are_what_a_carrier_counts(message: str, alphabet: Alphabet, count: int) -> None:
    assert text.units(message, alphabet) == count


@pytest.mark.parametrize(
    ("message", "alphabet"),
    [
        ("", "gsm7"),
        ("Hello, [€5]", "gsm7"),
        ("Hello，", "ucs2"),
        ("café", "gsm7"),
        ("çay", "ucs2"),
        ("a\tb", "ucs2"),
    ],
)
def test_the_cheapest_alphabet_is_chosen(message: str, alphabet: str) -> None:
    assert text.choose(message) == alphabet


@pytest.mark.parametrize(
    ("alphabet", "sizes"),
    [
        (Alphabet.GSM7, [0, 160, 306, 459, 304]),
        (Alphabet.UCS2, [0, 70, 134, 201, 132]),
        (Alphabet.LATIN1, [0, 140, 268, 402, 266]),
    ],
)
def test_capacity_is_140_octets_less_the_header(alphabet: Alphabet, sizes: list[int]) -> None:
    got = [text.capacity(alphabet, n) for n in range(4)] + [text.capacity(alphabet, 2, reference_octets=2)]
    assert got == sizes


@pytest.mark.parametrize(
    ("message", "alphabet", "lengths"),
    [
        ("a" * 160, Alphabet.GSM7, [160]),
        ("a" * 161, Alphabet.GSM7, [153, 8]),
        ("a" * 152 + "€" + "a" * 10, Alphabet.GSM7, [152, 12]),
        ("€" * 80, Alphabet.GSM7, [160]),
        ("€" * 81, Alphabet.GSM7, [152, 10]),
        ("各" * 160, Alphabet.UCS2, [67, 67, 26]),
        ("各" * 66 + "👍" + "各" * 10, Alphabet.UCS2, [66, 12]),
        ("各" * 65 + FAMILY + "各" * 10, Alphabet.UCS2, [65, 18]),
        ("各" * 66 + "e\u0301" + "各" * 10, Alphabet.UCS2, [66, 12]),
        ("各" * 65 + "🇨🇳" + "各" * 10, Alphabet.UCS2, [65, 14]),
        ("🇨🇳" * 20, Alphabet.UCS2, [64, 16]),
        ("各" * 66 + "\u1100\u1161\u11a8" + "各" * 10, Alphabet.UCS2, [66, 13]),
        ("各" * 65 + "👍🏽" + "各" * 10, Alphabet.UCS2, [65, 14]),
        ("e" + "\u0301" * 100, Alphabet.UCS2, [67, 34]),
        ("会" * 80, Alphabet.GBK, [134, 26]),
        ("a" + "会" * 80, Alphabet.GBK, [133, 28]),
    ],
)
def test_segments_end_between_characters(message: str, alphabet: Alphabet, lengths: list[int]) -> None:
    assert [text.units(part, alphabet) for part in text.split(message, alphabet)] == lengths


@pytest.mark.parametrize(
    ("message", "alphabet", "limit", "shown"),
    [
        ("abcdef", Alphabet.GSM7, 6, "abcdef"),
        ("abcdefg", Alphabet.GSM7, 6, "abc..."),
        ("各位同事请", Alphabet.UCS2, 5, "各位同事请"),
        ("各位同事请进", Alphabet.UCS2, 5, "各位同事…"),
        ("各位👍同事", Alphabet.UCS2, 4, "各位…"),
        ("a" + FAMILY + "b", Alphabet.UCS2, 8, "a…"),
        ("€€€€", Alphabet.GSM7, 6, "€..."),
        ("会议室", Alphabet.GBK, 5, "会…"),
        ("abc", Alphabet.GSM7, 2, "ab"),
        ("abc", Alphabet.GSM7, 0, ""),
    ],
)
def test_a_cut_text_says_so_and_fits(message: str, alphabet: Alphabet, limit: int, shown: str) -> None:
    assert text.cut(message, alphabet, limit) == shown


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("“Hello”，world—it’s\u00a0ok…", '"Hello",world-it\'s ok...'),
        ("ＡＢＣ１２３", "ABC123"),
        ("zero\u200bwidth\tsoft\u00adhyphen", "zerowidth softhyphen"),
        ("“你好”", "“你好”"),
        ("plain [text]", "plain [text]"),
        ("`x`", "'x'"),
        ("été", "été"),
        ("“ünïcode”", "“ünïcode”"),
    ],
)
def test_a_text_is_simplified_only_if_that_saves_units(message: str, plain: str) -> None:
    assert text.simplify(message) == plain


def test_fits_counts_the_segments_really_cut() -> None:
    assert text.fits("各" * 70, 1)
    assert not text.fits("各" * 71, 1)
    assert text.fits("各" * 134, 2)
    assert not text.fits("各" * 66 + "👍" + "各" * 66, 2)
    assert not text.fits("a", 0)


@given(
    message=MESSAGES,
    alphabet=st.sampled_from([Alphabet.GSM7, Alphabet.UCS2, Alphabet.GBK]),
    octets=st.sampled_from([1, 2]),
)
def test_split_loses_nothing_and_exceeds_nothing(message: str, alphabet: Alphabet, octets: int) -> None:
    parts = text.split(message, alphabet, reference_octets=octets)
    assert "".join(parts) == message
    many = text.capacity(alphabet, 2, reference_octets=octets) // 2
    limit = text.capacity(alphabet, 1) if len(parts) == 1 else many
    assert all(text.units(part, alphabet) <= limit for part in parts)


@given(message=MESSAGES)
def test_segments_are_encodable_one_by_one(message: str) -> None:
    alphabet = text.choose(message)
    whole = text.encode(message, alphabet)
    parts = [text.encode(part, alphabet) for part in text.split(message, alphabet)]
    assert b"".join(parts) == whole
    assert [text.decode(part, alphabet) for part in parts] == text.split(message, alphabet)
    assert text.units(message, alphabet) == len(whole) // (2 if alphabet is Alphabet.UCS2 else 1)


@given(message=MESSAGES, limit=st.integers(0, 200))
def test_a_cut_never_exceeds_and_is_a_beginning(message: str, limit: int) -> None:
    alphabet = text.choose(message)
    short = text.cut(message, alphabet, limit)
    assert text.units(short, alphabet) <= limit
    if text.units(message, alphabet) <= limit:
        assert short == message
    else:
        assert message.startswith(short.removesuffix("…").removesuffix("..."))
        text.encode(short, alphabet)


@given(message=st.text("各位同事请进", max_size=200), limit=st.integers(1, 200))
def test_a_cut_of_plain_characters_is_exact(message: str, limit: int) -> None:
    assert len(text.cut(message, Alphabet.UCS2, limit)) == min(limit, len(message))


@given(data=st.binary(max_size=300), alphabet=st.sampled_from(Alphabet))
def test_any_octets_decode(data: bytes, alphabet: Alphabet) -> None:
    assert isinstance(text.decode(data, alphabet), str)
