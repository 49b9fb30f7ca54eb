"""Binary XML by token tables: pages, strings, literals, and what must not be believed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import MalformedPdu, NotEncodable
from gateway.core.wbxml import MAX_DEPTH, MAX_OCTETS, Dialect, Document, Element, read, read_number, write, write_number

#: As SyncML has it: two pages of tags, no attributes.
TAGS = Dialect(0x01, {(0, 0x05): "a", (0, 0x06): "b", (1, 0x05): "next", (1, 0x06): "b"}, literals=True)
PAGES = Dialect(
    0x7F,
    {(0, 0x05): "p"},
    {(0, 0x05): ("x", ""), (0, 0x06): ("x", "one"), (1, 0x05): ("y", ""), (1, 0x07): ("x", "")},
    {(0, 0x85): "two", (1, 0x85): "three"},
    literals=True,
)
HEAD = "03016a00"


@pytest.mark.parametrize(
    ("number", "octets"),
    [(0, "00"), (0x7F, "7f"), (0x80, "8100"), (0xA0, "8120"), (0x4000, "818000"), (2**32 - 1, "8fffffff7f")],
)
def test_numbers(number: int, octets: str) -> None:
    assert write_number(number).hex() == octets
    assert read_number(b"\xff" + bytes.fromhex(octets) + b"\x80", 1) == (number, 1 + len(octets) // 2)


def test_numbers_that_are_none() -> None:
    assert read_number(bytes.fromhex("80808001"), 0) == (1, 4)  # leading noughts do no harm
    for octets in ("", "80", "8f", "9080808000", "808080808001"):
        with pytest.raises(MalformedPdu):
            read_number(bytes.fromhex(octets), 0)
    for number in (-1, 2**32):
        with pytest.raises(NotEncodable):
            write_number(number)


@pytest.mark.parametrize(
    ("body", "root"),
    [
        ("05", Element("a")),
        ("4501", Element("a")),
        ("4503410001", Element("a", content=("A",))),
        ("45c302004101", Element("a", content=(b"\0A",))),
        ("4502814101", Element("a", content=("Á",))),
        (
            "450600010500000601",
            Element("a", content=(Element("b"), Element("next"), Element("b"))),
        ),
        ("4500010601", Element("a", content=(Element("b"),))),
        ("4503410003420001", Element("a", content=("AB",))),
        ("45000101", Element("a")),  # a page for nobody
    ],
)
def test_tags_and_texts(body: str, root: Element) -> None:
    document = read(bytes.fromhex(HEAD + body), TAGS)
    assert document == Document(root, 1)
    assert read(write(root, TAGS), TAGS).root == root


def test_the_page_of_tags_stays_until_it_is_switched() -> None:
    root = Element("a", content=(Element("next", content=("n",)), Element("b"), Element("a")))
    octets = write(root, TAGS)
    assert octets.hex() == HEAD + "45" + "000145036e0001" + "06" + "000005" + "01"  # b is on both pages
    assert read(octets, TAGS).root == root


def test_pages_of_attributes_are_their_own() -> None:
    root = Element(
        "p",
        (("x", "one"), ("y", "three"), ("x", "two")),
        (
            Element(
                "p",
                (("y", "z"), ("x", "two")),
            ),
        ),
    )
    octets = write(root, PAGES)
    assert (
        octets.hex()
        == "037f6a00" + "c5" + "06" + "00010585" + "07000085" + "01" + "8500010503" + "7a00" + "07000085" + "01" + "01"
    )
    assert read(octets, PAGES).root == root


def test_names_without_a_token_stand_in_the_string_table() -> None:
    root = Element("new", (("odd", "v"), ("x", "")), (Element("new"), Element("other", content=("t",))))
    octets = write(root, PAGES)
    assert octets[3] == len(b"odd\0new\0other\0")
    assert read(octets, PAGES) == Document(root, 0x7F)
    strict = Dialect(0x7F, PAGES.tags)
    for element in (Element("new"), Element("p", (("odd", ""),))):
        with pytest.raises(NotEncodable, match="no token"):
            write(element, strict)


def test_strings_of_the_table_and_entities() -> None:
    table = b"one\0two"
    octets = bytes((3, 1, 0x6A, len(table))) + table + bytes.fromhex("45" + "8300" + "8304" + "8305" + "01")
    assert read(octets, TAGS).root.text == "onetwowo"


@pytest.mark.parametrize(
    ("charset", "octets", "text"),
    [
        (3, b"a", "a"),
        (4, b"\xe9", "é"),
        (106, "彩".encode(), "彩"),
        (0, "彩".encode(), "彩"),
        (113, "彩".encode("gbk"), "彩"),
        (2026, "彩".encode("big5"), "彩"),
        (106, b"\xff", "\ufffd"),
    ],
)
def test_character_sets(charset: int, octets: bytes, text: str) -> None:
    document = bytes((2, 1)) + write_number(charset) + b"\0\x45\x03" + octets + b"\0\1"
    assert read(document, TAGS).root.text == text


def test_what_has_no_name_is_read() -> None:
    root = read(bytes.fromhex("037f6a00" + "c9" + "1f034100" + "0690" + "01" + "0a" + "01"), PAGES).root
    assert root == Element("tag-0:09", (("attribute-0:1F", "A"), ("x", "one{value-0:90}")), (Element("tag-0:0A"),))


def test_a_public_name_and_a_processing_instruction() -> None:
    octets = bytes.fromhex("03" + "0000" + "6a" + "04") + b"-//\0" + bytes.fromhex("4305034100" + "01" + "05")
    assert read(octets, PAGES) == Document(Element("p"), 0, public_name="-//")


def test_octets_and_text_in_one_attribute() -> None:
    assert read(bytes.fromhex("037f6a00" + "85" + "05c3020102" + "01"), PAGES).root.get("x") == b"\1\2"
    assert read(bytes.fromhex("037f6a00" + "85" + "06c3020102" + "01"), PAGES).root.get("x") == "one0102"


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("", "cut off"),
        ("00016a0005", "no version"),
        ("04016a0005", "no version"),
        ("0301876800" + "05", "character set"),
        ("03016a05616205", "cut off"),
        (HEAD, "cut off"),
        (HEAD + "45", "cut off"),
        (HEAD + "0505", "follows"),
        (HEAD + "4503", "does not end"),
        (HEAD + "45c30541", "cut off"),
        (HEAD + "458300" + "01", "no place"),
        (HEAD + "4502" + "8fffffff7f" + "01", "no character"),
        (HEAD + "450283b00001", "no character"),
        (HEAD + "4540000101", "no tag"),
        (HEAD + "4543050101", "processing instruction"),
        (HEAD + "8503", "begins no attribute"),
        (HEAD + "4400", "no place"),
        ("037f6a00" + "850580", "begins no attribute"),
        ("03007f6a00" + "05", "no place"),
        ("03056a00" + "05", "another type"),
    ],
)
def test_what_is_no_document(octets: str, reason: str) -> None:
    with pytest.raises(MalformedPdu, match=reason):
        read(bytes.fromhex(octets), PAGES if octets.startswith("037f") else TAGS)


def test_it_is_bounded() -> None:
    with pytest.raises(MalformedPdu, match="nested"):
        read(bytes.fromhex(HEAD) + b"\x45" * 100_000, TAGS)
    with pytest.raises(MalformedPdu, match="more than a document"):
        read(bytes(MAX_OCTETS + 1), TAGS)
    table = b"x" * 2000
    octets = bytes.fromhex("03016a") + write_number(len(table)) + table + b"\x45" + b"\x83\0" * 100_000 + b"\1"
    with pytest.raises(MalformedPdu, match="too much text"):
        read(octets, TAGS)
    root = Element("a")
    for _ in range(MAX_DEPTH):
        root = Element("a", content=(root,))
    with pytest.raises(NotEncodable, match="nested"):
        write(root, TAGS)


def test_a_document_of_many_characters_takes_no_longer_than_its_length() -> None:
    octets = bytes.fromhex(HEAD) + b"\x45" + b"\x02\x41" * 500_000 + b"\1"
    assert len(read(octets, TAGS).root.text) == 500_000


_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
_ATTRIBUTES = st.lists(
    st.tuples(st.sampled_from(["x", "y", "z"]), st.sampled_from(["one", "two", "three", "onetwo"]) | _TEXTS), max_size=4
).map(tuple)
_ELEMENTS = st.recursive(
    st.builds(Element, st.sampled_from(["p", "q"]), _ATTRIBUTES),
    lambda inner: st.builds(
        Element,
        st.sampled_from(["p", "r"]),
        _ATTRIBUTES,
        st.lists(inner | st.binary(max_size=8), max_size=4).map(tuple) | st.tuples(_TEXTS),
    ),
    max_leaves=12,
)


@given(_ELEMENTS, st.booleans(), st.integers(1, 3))
def test_any_document(root: Element, in_pieces: bool, version: int) -> None:
    dialect = Dialect(0x7F, PAGES.tags, PAGES.attributes, PAGES.values, in_pieces=in_pieces, literals=True)
    assert read(write(root, dialect, version=version), dialect) == Document(root, 0x7F, version)


@given(st.binary(max_size=60).map(lambda rest: bytes.fromhex(HEAD) + rest) | st.binary(max_size=60))
def test_any_octets(octets: bytes) -> None:
    for dialect in (TAGS, PAGES):
        with contextlib.suppress(MalformedPdu):
            assert isinstance(read(octets, dialect).root, Element)
