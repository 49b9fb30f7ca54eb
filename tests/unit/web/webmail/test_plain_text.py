"""Plain text for pages: escaped, with links, quotes apart; files are looked into; tickets are for one thing."""

from __future__ import annotations

import base64

import pytest

from gateway.core.sessions import Session
from gateway.mail.mime.reader import Attachment
from gateway.web.webmail.plain_text import MAX_LINKS, blocks_of, with_links
from gateway.web.webmail.previews import look_at
from gateway.web.webmail.tickets import holder, is_good, ticket

LINK = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>&\"'", "&lt;script&gt;&amp;&#34;&#39;"),
        ("see http://a.example/b.", f"see {LINK.format('http://a.example/b')}."),
        ("(https://a.example/?q=1&r=2)", f"({LINK.format('https://a.example/?q=1&amp;r=2')})"),
        ("见https://a.example/甲，好", f"见{LINK.format('https://a.example/甲')}，好"),
        ("javascript:steal() //a.example ftp://a", "javascript:steal() //a.example ftp://a"),
        ('https://a.example/"onclick="steal()', f"{LINK.format('https://a.example/')}&#34;onclick=&#34;steal()"),
    ],
)
def test_links(text: str, html: str) -> None:
    assert str(with_links(text)) == html


def test_quotes_are_apart_and_long_ones_folded() -> None:
    blocks = blocks_of("yes\n> one\n> two\n\nno\n> a\n> b\n> c\n> d")
    assert [(block.is_quote, block.is_long) for block in blocks] == [
        (False, False), (True, False), (False, False), (True, True),
    ]  # fmt: skip


def test_many_links_and_long_lines_take_no_time() -> None:
    assert str(with_links("http://a " * 5000)).count("<a ") == MAX_LINKS
    blocks_of(">" * 200_000)
    blocks_of("\n" * 200_000)


def attached(name: str, kind: str, octets: bytes) -> Attachment:
    return Attachment(name, kind, len(octets), "base64", False, "", base64.b64encode(octets))


@pytest.mark.parametrize(
    ("name", "kind", "octets", "seen"),
    [
        ("a.txt", "text/plain", "合同".encode("gbk"), "text"),
        ("a.html", "text/html", b"<script>steal()</script>", "text"),
        ("a.png", "application/octet-stream", b"\x89PNG\r\n\x1a\n", "picture"),
        ("a.png", "image/png", b"<svg onload=steal()>", "nothing"),
        ("a.svg", "image/svg+xml", b"<svg onload=steal()>", "text"),
        ("a.vcf", "text/vcard", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Li\r\nTEL:123\r\nEND:VCARD\r\n", "cards"),
        ("a.eml", "message/rfc822", b"Subject: x\r\n\r\ny", "mail"),
        ("a.exe", "application/octet-stream", b"MZ\0\0", "nothing"),
        ("a.zip", "application/zip", b"PK\3\4broken", "nothing"),
        ("", "text/plain", b"", "text"),
    ],
)
def test_looks(name: str, kind: str, octets: bytes, seen: str) -> None:
    assert look_at(attached(name, kind, octets)).kind == seen


def test_a_card_is_read_field_by_field() -> None:
    look = look_at(
        attached("a.vcf", "", "BEGIN:VCARD\nVERSION:3.0\nFN:李四\nTEL;TYPE=CELL:13800138000\nEND:VCARD\n".encode())
    )
    assert [(card.call_name, card.numbers[0].value) for card in look.cards] == [("李四", "13800138000")]


def session(number: int, csrf: str) -> Session:
    return Session(number, 7, csrf, False, True, "::1", "", 0, 0)


def test_a_ticket_is_for_one_thing_in_one_session() -> None:
    mine, other = session(1, "a" * 32), session(1, "b" * 32)
    given = ticket(mine, "inline/1/2")
    assert holder(given) == (7, 1)
    assert is_good(given, mine, "inline/1/2")
    assert not is_good(given, mine, "inline/1/3")
    assert not is_good(given, other, "inline/1/2")
    for odd in ("", "x", "1.2.3", f"{given}0", "1.2." + "g" * 32, "١.2." + "a" * 32):
        assert holder(odd) is None
