"""Cards as CardDAV takes them, and the filters of queries over their lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addressbook.dav.card import lines_named, read_card, unfold, with_lines
from addressbook.dav.errors import DavError
from addressbook.dav.filters import read_filter
from addressbook.dav.xml_reader import read_xml

CARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u-1\r\nFN:张三 Müller\r\nN:Müller;张三;;;\r\n"
    "item1.TEL;TYPE=CELL,pref:+86 138\\,0013\r\nitem1.X-ABLabel:_$!<Mobile>!$_\r\n"
    'EMAIL;TYPE="home,work":zhang@example.c\r\n n\r\nNOTE:a\\nb:c;d\r\nEND:VCARD\r\n'
)


def read(text: str) -> object:
    return read_card(text.encode(), max_octets=10_000, uid_if_none="made")


def test_a_card_stays_as_it_is() -> None:
    card = read_card(CARD.encode(), max_octets=10_000, uid_if_none="made")
    assert (card.data, card.uid, card.version, card.as_given) == (CARD.encode(), "u-1", "3.0", True)


def test_a_card_without_uid_gets_one() -> None:
    card = read_card(CARD.replace("UID:u-1\r\n", "").encode(), max_octets=10_000, uid_if_none="made")
    assert card.uid == "made"
    assert not card.as_given
    assert card.data.endswith(b"UID:made\r\nEND:VCARD\r\n")


def test_old_cards_and_byte_order_marks_are_taken() -> None:
    old = "\ufeffbegin:vcard\nversion:2.1\nuid:1\nTEL;CELL:1\nend:vcard\n"
    assert read_card(old.encode(), max_octets=1000, uid_if_none="x").version == "2.1"


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", "valid-address-data"),
        ("hello", "valid-address-data"),
        (CARD + CARD, "valid-address-data"),
        ("x\r\n" + CARD, "valid-address-data"),
        (CARD.replace("END:VCARD", ""), "valid-address-data"),
        (CARD.replace("VERSION:3.0", "VERSION:9"), "valid-address-data"),
        (CARD.replace("VERSION:3.0\r\n", ""), "valid-address-data"),
        (CARD.replace("u-1", "u" * 256), "valid-address-data"),
        (CARD.replace("a\\nb", "\0"), "valid-address-data"),
        (CARD.replace("a\\nb", "x" * 10_000), "max-resource-size"),
    ],
)
def test_what_is_not_kept(text: str, condition: str) -> None:
    with pytest.raises(DavError) as refused:
        read(text)
    assert (refused.value.status, refused.value.condition.rpartition("}")[2]) == (403, condition)


@given(st.binary(max_size=200))
def test_octets_never_raise_anything_else(data: bytes) -> None:
    for octets in (data, b"BEGIN:VCARD\r\nVERSION:3.0\r\n" + data + b"\r\nEND:VCARD\r\n"):
        try:
            card = read_card(octets, max_octets=1000, uid_if_none="x")
        except DavError:
            continue
        lines_named(unfold(card.data.decode("utf-8", "replace")), "X")


def test_lines() -> None:
    card = unfold(CARD)
    (tel,) = lines_named(card, "TEL")
    assert (tel.group, tel.value, tel.text) == ("ITEM1", "+86 138\\,0013", "+86 138,0013")
    assert tel.parameters == (("TYPE", "CELL"), ("TYPE", "pref"))
    (mail,) = lines_named(card, "EMAIL")
    assert mail.value == "zhang@example.cn"
    assert mail.parameters == (("TYPE", "home"), ("TYPE", "work"))
    assert lines_named(card, "NOTE")[0].text == "a\nb:c;d"
    assert lines_named(card, "ITEM2.TEL") == []
    assert len(lines_named(card, "ITEM1.TEL")) == 1
    assert lines_named("TEL;CELL;PREF:1\n", "TEL")[0].parameters == (("TYPE", "CELL"), ("TYPE", "PREF"))


def test_some_lines_of_a_card() -> None:
    assert with_lines(CARD, {"EMAIL", "TEL"}) == (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nitem1.TEL;TYPE=CELL,pref:+86 138\\,0013\r\n"
        'EMAIL;TYPE="home,work":zhang@example.c\r\n n\r\nEND:VCARD\r\n'
    )


def prop(inner: str, name: str = "FN", test: str = "") -> str:
    return f'<C:prop-filter name="{name}"{test}>{inner}</C:prop-filter>'


def match(text: str, attributes: str = "") -> str:
    return f"<C:text-match {attributes}>{text}</C:text-match>"


ALL = ' test="allof"'


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ("", True),
        (prop(""), True),
        (prop("", "FOTO"), False),
        (prop("<C:is-not-defined/>", "PHOTO"), True),
        (prop("<C:is-not-defined/>"), False),
        (prop(match("张三")), True),
        (prop(match("MÜLLER")), True),
        (prop(match("MÜLLER", 'collation="i;ascii-casemap"')), False),
        (prop(match("müller", 'collation="i;octet"')), False),
        (prop(match("张", 'match-type="starts-with"')), True),
        (prop(match("三", 'match-type="starts-with"')), False),
        (prop(match("ller", 'match-type="ends-with"')), True),
        (prop(match("张三 müller", 'match-type="equals"')), True),
        (prop(match("张", 'match-type="equals"')), False),
        (prop(match("李", 'negate-condition="yes"')), True),
        (prop(match("13,0013".replace("13,", "8,")), "TEL"), True),
        (prop(match("138"), "item1.tel"), True),
        (prop(match("138"), "item2.tel"), False),
        (prop('<C:param-filter name="TYPE"><C:text-match>cell</C:text-match></C:param-filter>', "TEL"), True),
        (prop('<C:param-filter name="TYPE"><C:text-match>fax</C:text-match></C:param-filter>', "TEL"), False),
        (prop('<C:param-filter name="TYPE"><C:is-not-defined/></C:param-filter>', "TEL"), False),
        (prop('<C:param-filter name="TYPE"><C:is-not-defined/></C:param-filter>', "NOTE"), True),
        (prop('<C:param-filter name="TYPE"/>', "TEL"), True),
        (prop(match("张") + match("李")), True),
        (prop(match("张") + match("李"), test=ALL), False),
        (prop(match("nobody")) + prop(match("zhang@"), "EMAIL"), True),
    ],
)
def test_filters(filters: str, fits: bool) -> None:
    xml = f'<C:filter xmlns:C="urn:ietf:params:xml:ns:carddav">{filters}</C:filter>'
    assert read_filter(read_xml(xml.encode())).fits(unfold(CARD)) is fits


def test_all_of_the_filters() -> None:
    both = prop(match("nobody")) + prop(match("zhang@"), "EMAIL")
    xml = f'<C:filter xmlns:C="urn:ietf:params:xml:ns:carddav" test="allof">{both}</C:filter>'
    assert not read_filter(read_xml(xml.encode())).fits(unfold(CARD))


@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        (prop(match("x", 'collation="i;other"')), "supported-collation"),
        (prop(match("x", 'match-type="like"')), "supported-filter"),
        (prop(match("x" * 1025)), "supported-filter"),
        (prop("", ""), "supported-filter"),
        ("<C:comp-filter/>", "supported-filter"),
        (prop("<C:other/>"), "supported-filter"),
        (prop("", test=' test="some"'), "supported-filter"),
        (prop(match("x")) * 33, "supported-filter"),
        (prop(match("x") * 33), "supported-filter"),
    ],
)
def test_filters_that_are_not_supported(filters: str, condition: str) -> None:
    xml = f'<C:filter xmlns:C="urn:ietf:params:xml:ns:carddav">{filters}</C:filter>'
    with pytest.raises(DavError) as refused:
        read_filter(read_xml(xml.encode()))
    assert (refused.value.status, refused.value.condition.rpartition("}")[2]) == (403, condition)
