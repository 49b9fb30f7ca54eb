from __future__ import annotations

import quopri

import pytest
import vobject
import zxingcpp

from mms.cards.card import Card
from mms.cards.catalogue import template
from mms.cards.code import code
from mms.cards.vcard import Version, compact, vcard

MING = template("business-ink").example("zh")


def card(**values: str) -> Card:
    return Card.of("business-ink", "zh", {"name": "王小明", "phone": "13800138000"} | values)


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ("王小明", "王", "小明"),
        ("欧阳修", "欧阳", "修"),
        ("司马", "司", "马"),
        ("Ming Wang", "Wang", "Ming"),
        ("Anna Maria von Berg", "Berg", "Anna Maria von"),
        ("Cher", "Cher", ""),
    ],
)
def test_names_are_told_apart(name: str, family: str, given: str) -> None:
    assert f"\r\nN:{family};{given}\r\n" in vcard(card(name=name), Version.NEW).decode()


def test_a_foreign_reader_finds_every_property() -> None:
    parsed = vobject.readOne(vcard(MING, Version.NEW).decode())
    assert parsed.fn.value == "王小明"
    assert (parsed.n.value.family, parsed.n.value.given) == ("王", "小明")
    assert parsed.org.value == ["彩邮科技有限公司"]
    assert parsed.title.value == "技术总监"
    assert parsed.tel.value == "13800138000"
    assert parsed.email.value == "ming@caiyou.example"
    assert parsed.url.value == "www.caiyou.example"
    assert parsed.adr.value.street == "北京市海淀区知春路1号"


@pytest.mark.parametrize("tricky", ["a;b,c\\d", "x" * 200, "字" * 80, "é;字\\,", "line, with; all\\n"])
def test_what_must_be_escaped_comes_back(tricky: str) -> None:
    parsed = vobject.readOne(vcard(card(company=tricky, title=tricky), Version.NEW).decode())
    assert parsed.title.value == tricky
    assert "".join(parsed.org.value) == tricky


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("value", ["字" * 80, "x" * 79, "=" * 40 + "字", "日本 語 " * 8])
def test_no_line_is_too_long(version: Version, value: str) -> None:
    octets = vcard(card(company=value, address=value[:80]), version)
    lines = octets.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCARD"
    assert lines[-2:] == [b"END:VCARD", b""]
    assert max(map(len, lines)) <= 76
    assert b"\n" not in octets.replace(b"\r\n", b"")


def test_an_old_phone_gets_quoted_printable() -> None:
    octets = vcard(card(company="彩邮=公司; 一", email="ming@caiyou.example"), Version.OLD)
    assert octets.isascii()
    unfolded = octets.replace(b"=\r\n", b"").decode()
    line = next(line for line in unfolded.split("\r\n") if line.startswith("ORG"))
    head, _, value = line.partition(":")
    assert head == "ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE"
    assert quopri.decodestring(value).decode() == "彩邮=公司\\; 一"
    assert "EMAIL;INTERNET:ming@caiyou.example" in unfolded
    assert "TEL;WORK;CELL:13800138000" in unfolded


def test_numbers_are_such_as_phones_dial() -> None:
    assert b"TEL;TYPE=WORK,CELL:+8613800138000\r\n" in vcard(card(phone="+86 138-0013 8000"), Version.NEW)
    assert "TEL;TYPE=WORK,CELL:010-62345678转801\r\n" in vcard(card(phone="010-62345678转801"), Version.NEW).decode()


def read(picture_side: int, of: Card) -> str:
    drawn = code(of, picture_side)
    assert drawn is not None
    assert drawn.size == (picture_side, picture_side)
    found = zxingcpp.read_barcodes(drawn.convert("L"))
    assert len(found) == 1
    return found[0].text


@pytest.mark.parametrize("side", [94, 110, 128, 176])
def test_on_a_small_screen_the_code_says_the_least(side: int) -> None:
    assert read(side, MING).encode() == compact(MING)


@pytest.mark.parametrize("side", [208, 240, 320, 480, 1080])
def test_on_a_large_screen_the_code_is_the_whole_card(side: int) -> None:
    assert read(side, MING).encode() == vcard(MING, Version.NEW)


def test_there_is_no_code_that_nobody_could_read() -> None:
    assert code(MING, 60) is None
