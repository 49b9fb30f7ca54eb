"""Numbers and names of character sets, and what a text says whatever its label claims."""

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mms.codec.charsets import NAMES, Why, canonical, mib_of, name_of, read_text

HELLO, LONG = "你好", "今天天气很好，我们去公园吧。"


@pytest.mark.parametrize(("mib", "name"), NAMES.items())
def test_numbers_and_names(mib: int, name: str) -> None:
    assert name_of(mib) == name
    assert mib_of(name) == mib
    assert mib_of(name.upper()) == mib
    assert canonical(name.replace("-", "_")) == name


@pytest.mark.parametrize(
    ("spelling", "mib"),
    [
        ("UTF8", 106),
        ("utf_8", 106),
        ("GB_2312-80", 2025),
        ("cp936", 113),
        ("SJIS", 17),
        ("UCS-2", 1000),
        ("x", None),
        ("", None),
    ],
)
def test_other_spellings(spelling: str, mib: int | None) -> None:
    assert mib_of(spelling) == mib


def test_unknown_names() -> None:
    assert name_of(0) == name_of(99_999) == ""
    assert canonical(" X-Mine ") == "x-mine"


@pytest.mark.parametrize(
    ("octets", "label", "text", "charset", "why"),
    [
        # labels that are true
        (b"hello", "us-ascii", "hello", "us-ascii", Why.LABEL),
        (b"hello", "utf-8", "hello", "utf-8", Why.LABEL),
        (HELLO.encode(), "utf-8", HELLO, "utf-8", Why.LABEL),
        (HELLO.encode("gbk"), "gbk", HELLO, "gbk", Why.LABEL),
        ("镕䶮".encode("gb18030"), "gb2312", "镕䶮", "gb2312", Why.LABEL),
        ("繁體中文".encode("big5"), "big5", "繁體中文", "big5", Why.LABEL),
        ("日本語".encode("cp932"), "shift_jis", "日本語", "shift_jis", Why.LABEL),
        ("日本語".encode("iso-2022-jp"), "iso-2022-jp", "日本語", "iso-2022-jp", Why.LABEL),
        ("한국".encode("euc-kr"), "euc-kr", "한국", "euc-kr", Why.LABEL),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет", "koi8-r", Why.LABEL),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße", "iso-8859-1", Why.LABEL),
        ("“hi”".encode("cp1252"), "iso-8859-1", "“hi”", "iso-8859-1", Why.LABEL),
        (HELLO.encode("utf-16-be"), "iso-10646-ucs-2", HELLO, "iso-10646-ucs-2", Why.LABEL),
        (b"\0H\0i\0\0", "utf-16", "Hi", "utf-16", Why.LABEL),
        (HELLO.encode("utf-16-le"), "utf-16le", HELLO, "utf-16le", Why.LABEL),
        # marks
        (codecs.BOM_UTF8 + HELLO.encode(), "iso-8859-1", HELLO, "utf-8", Why.BOM),
        (codecs.BOM_UTF16_LE + HELLO.encode("utf-16-le"), "iso-10646-ucs-2", HELLO, "utf-16le", Why.BOM),
        (codecs.BOM_UTF16_BE + HELLO.encode("utf-16-be"), "", HELLO, "utf-16be", Why.BOM),
        # labels that lie, or say nothing
        (HELLO.encode(), "", HELLO, "utf-8", Why.UTF_8),
        (HELLO.encode(), "gb2312", HELLO, "utf-8", Why.UTF_8),
        (HELLO.encode(), "iso-8859-1", HELLO, "utf-8", Why.UTF_8),
        ("Grüße".encode(), "iso-8859-1", "Grüße", "utf-8", Why.UTF_8),
        (b"\xc4\xa3", "gbk", "模", "gbk", Why.LABEL),  # valid UTF-8 too, but too short to tell
        (HELLO.encode("gbk"), "", HELLO, "gb18030", Why.CHINESE),
        (HELLO.encode("gbk"), "utf-8", HELLO, "gb18030", Why.CHINESE),
        (HELLO.encode("gbk"), "us-ascii", HELLO, "gb18030", Why.CHINESE),
        (LONG.encode("gbk"), "iso-8859-1", LONG, "gb18030", Why.CHINESE),
        (HELLO.encode("gbk"), "x-nobody", HELLO, "gb18030", Why.CHINESE),
        ("联通".encode("gbk"), "utf-8", "联通", "gb18030", Why.CHINESE),
        ("镕䶮".encode("gb18030"), "", "镕䶮", "gb18030", Why.CHINESE),
        ("ÉÀ".encode("latin-1"), "iso-8859-1", "ÉÀ", "iso-8859-1", Why.LABEL),
        ("Hello".encode("utf-16-le"), "utf-16", "Hello", "utf-16le", Why.ORDER),
        ("Hello".encode("utf-16-be"), "utf-16le", "Hello", "utf-16be", Why.ORDER),
        ("一一".encode("utf-16-be"), "utf-16", "一一", "utf-16", Why.LABEL),  # not "NN"
        (b"Hello", "utf-16", "Hello", "us-ascii", Why.UTF_8),
        ("Grüße".encode("latin-1"), "", "Grüße", "iso-8859-1", Why.FALLBACK),
        ("Müller".encode("latin-1"), "us-ascii", "Müller", "iso-8859-1", Why.FALLBACK),
        ("café".encode("latin-1"), "utf-8", "café", "iso-8859-1", Why.FALLBACK),
        (b"\xff\x81", "", "ÿ\x81", "iso-8859-1", Why.FALLBACK),
        (b"\x80\xff\xff", "big5", "\ufffd\ufffd\ufffd", "big5", Why.FALLBACK),
        (b"", "", "", "us-ascii", Why.UTF_8),
        (b"hi\0", "", "hi", "us-ascii", Why.UTF_8),
    ],
)
def test_label_against_evidence(octets: bytes, label: str, text: str, charset: str, why: Why) -> None:
    assert read_text(octets, label) == (text, charset, why)


@given(st.binary(max_size=80), st.sampled_from(["", "nobody", *NAMES.values()]))
def test_any_octets_are_a_text(octets: bytes, label: str) -> None:
    text, charset, _ = read_text(octets, label)
    text.encode()
    assert charset in NAMES.values()


@given(st.text(max_size=40).filter(lambda text: not text.endswith("\0") and not text.startswith("\ufeff")))
def test_utf_8_comes_through(text: str) -> None:
    assert read_text(text.encode(), "utf-8").text == text


#: The 3755 characters that Chinese is written with. Texts of rarer ones can be UTF-8 by chance, and sense as well.
COMMON = [
    bytes((row, cell)).decode("gb2312")
    for row in range(0xB0, 0xD8)
    for cell in range(0xA1, 0xFF if row < 0xD7 else 0xFA)
]


@given(st.text(st.sampled_from(COMMON), min_size=1, max_size=20))
@example("髝丁")  # U+C0DA1 as UTF-8: a plane in which nothing is
def test_chinese_under_a_true_label_comes_through(text: str) -> None:
    assert read_text(text.encode("gb18030"), "gb18030").text == text
    if sum(ord(character) % 256 == 0 for character in text) < 3:
        assert read_text(text.encode("utf-16-be"), "utf-16be").text == text
