"""Mails of any octets: read within two seconds, the same headers either way, texts that can be stored."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.mail.mime.headers import MailHeaders, read_headers
from gateway.mail.mime.html import html_to_text
from gateway.mail.mime.reader import MAX_PARTS, read_mail
from tests.fuzz.target import Target, assert_storable, at_most, mails
from tests.unit.mail.test_mime_reading import BOMBS

_TIME_S = 2.0
_MAX_LEN = 1 << 16


def check(data: bytes) -> None:
    with at_most(_TIME_S):
        content = read_mail(data)
    with at_most(_TIME_S):
        headers = read_headers(data)
    assert headers == content.headers
    _check_headers(headers)
    assert_storable(content.text, content.html)
    assert len(content.attachments) <= 2 * MAX_PARTS
    with at_most(_TIME_S):
        for attachment in content.attachments:
            assert_storable(attachment.name, attachment.type, attachment.encoding, attachment.content_id)
            assert attachment.size_octets >= 0
            attachment.content()
    with at_most(_TIME_S):
        page = html_to_text(data.decode("utf-8", "replace"))
    assert_storable(page.text)


def _check_headers(headers: MailHeaders) -> None:
    shown = (headers.subject, headers.list_id, headers.sender, headers.reply_to, headers.from_.name)
    assert_storable(*shown, headers.from_.address, headers.message_id, headers.in_reply_to, *headers.references)
    assert_storable(headers.auto_submitted, headers.precedence, headers.content_type, headers.return_path or "")
    assert_storable(*headers.delivered_to, *headers.parameters.values())
    for mailbox in (*headers.to, *headers.cc):
        assert_storable(mailbox.name, mailbox.address)
    for text in (headers.subject, headers.list_id, headers.from_.name):
        assert not {"\n", "\r", "\0"} & set(text)
    assert headers.date is None or headers.date.tzinfo is not None


def seeds() -> Iterator[bytes]:
    yield from mails()
    for bomb in BOMBS.values():
        yield bomb[:4096]  # whole ones would take the time of thousands of others, and have tests of their own
    for charset in ("utf-7", "utf-16", "utf-32", "hz", "iso-2022-cn", "iso-2022-jp", "iso-2022-kr", "big5", "gbk"):
        head = f"Subject: =?{charset}?Q?~{{Dc=1B$)A=0E+T2A-?=\nContent-Type: text/plain; charset={charset}\n\n"
        yield head.encode() + b"~{Dc:C~} \x1b$)A\x0eDc:C\x0f +T2BZfQ- \xc4\xe3\xba\xc3"
    yield b'Importance: High\nReply-To: "a\\"b" <r@b.cn> (c)\nReturn-Path: <>\n\nbegin 644 x\n#86)Cxxxx\n`\nend\n'


TARGET = Target(
    check,
    seeds,
    max_len=_MAX_LEN,
    words=(
        b"Content-Type: ", b"multipart/mixed", b"multipart/alternative", b"multipart/related", b"text/html",
        b"message/rfc822", b"; boundary=b", b"\n--b\n", b"\n--b--\n", b"Subject: ", b"=?utf-8?B?", b"=?utf-7?Q?", b"?=",
        b"From: ", b"To: ", b"Date: ", b"References: ", b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable",
        b"uuencode", b"begin 644 a\n", b"\nend\n", b"Content-Disposition: attachment; filename", b"*0*=", b"''%E4",
        b"; charset=", b"iso-2022-cn", b"utf-16", b"hz", b"\x1b$)A\x0e", b"<p style='display:none'>", b"&#x110000;",
        b"<!--", b"-->", b"<pre>", b"<script>", b"</script>", b"<td hidden>", b"font-size:0", b"&#1", b"+2AA-",
        b"Content-ID: <", b"Content-Type: text/plain; charset=utf-7\n\n",
    ),
)  # fmt: skip
