"""Mails read: charsets, encoded words, parameters, parts, HTML; and nothing that makes the reader raise or dawdle."""

import base64
import datetime
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail.mime import charsets, html, reader, words
from gateway.mail.mime.headers import Mailbox, Priority, read_headers, read_mailboxes
from gateway.mail.mime.reader import read_mail

MAILS = sorted((Path(__file__).parents[2] / "data" / "mail").glob("*.eml"))


@pytest.mark.parametrize(
    ("data", "charset", "shown"),
    [
        ("镕喆–𠮷".encode("gb18030"), "gb2312", "镕喆–𠮷"),
        ("你好".encode("gbk"), "x-gbk", "你好"),
        ("你好".encode("gbk"), "CP936", "你好"),
        ("你好".encode("gbk"), None, "你好"),
        ("你好".encode("gbk"), "unknown-8bit", "你好"),
        ("你好".encode("gbk"), "us-ascii", "你好"),
        ("你好".encode("gbk"), "utf-8", "你好"),
        ("你好，这是一封标错字符集的邮件".encode("gbk"), "utf-8", "你好，这是一封标错字符集的邮件"),
        ("你好".encode()[:-1], "utf-8", "你"),
        (b"caf\xc3\xa9 " * 30 + b"\xff", "utf-8", "café " * 30 + "\ufffd"),
        ("我的手機".encode("big5"), None, "我的手機"),
        ("嘅".encode("big5hkscs"), "big5", "嘅"),
        ("我的手機".encode("big5"), "x-x-big5", "我的手機"),
        (b"~{<:Ky2;SP~}~~ok", "hz-gb-2312", "己所不有~ok"),
        (b"a~{Dc:C\nb", "hz", "a你好\nb"),
        (b"\x1b$)A\x0eDc:C\x0f ok", "iso-2022-cn", "你好 ok"),
        (b"\x1b$)A\x0eDc:C\nnext", "iso-2022-cn", "你好\nnext"),
        (b"\x1b$)G\x0eDc\x0fok", "iso-2022-cn", "\ufffdok"),
        ("日本".encode("iso2022_jp"), "ISO-2022-JP", "日本"),
        ("日本①".encode("cp932"), "shift_jis", "日本①"),
        ("한글".encode("cp949"), "ks_c_5601-1987", "한글"),
        (b"+T2BZfQ-", "utf-7", "你好"),
        (b"a+2AA-b +2D3cTQ- +3E0-", "utf-7", "a\ufffdb 👍 \ufffd"),
        (b"\x80uro", "iso-8859-1", "€uro"),
        (b"\xcf\xf0\xe8", "windows-1251", "При"),
        ("你".encode("utf-16-le"), "utf-16le", "你"),
        (b"abc", "unicode_escape", "abc"),
        (b"abc", "zlib", "abc"),
        (b"abc", "x" * 5000, "abc"),
        (b"\xff\xfe\xfd\xfc", None, "ÿþýü"),
    ],
)
def test_octets_read_as_what_they_are(data: bytes, charset: str | None, shown: str) -> None:
    assert charsets.decode_text(data, charset) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?5L2g5aW9?=", "你好"),
        (b"=?UTF-8?q?a=20b_c?=", "a b c"),
        (b"=?utf-8?B?5L2g?= =?utf-8?B?5aW9?=", "你好"),
        (b"=?utf-8?B?5L2g?=\r\n =?utf-8?B?5aW9?=", "你好"),
        (b"=?utf-8?B?5L0=?= =?utf-8?B?oOWlvQ==?=", "你好"),
        (b"=?utf-8?B?5L2g5a?= =?utf-8?B?W9?=", "你好"),
        (b"=?gb2312?B?xOM=?= =?utf-8?B?5aW9?=", "你好"),
        (b"a =?utf-8?Q?b?= c", "a b c"),
        (b"=?utf-8?Q?how?_are_you?=", "how? are you"),
        (b"=?utf-8?B?5L2g5aW9", "=?utf-8?B?5L2g5aW9"),
        (b"=?utf-8*zh?B?5L2g?=", "你"),
        (b"=?nonsense?B?xOO6ww==?=", "你好"),
        ("你好".encode("gbk"), "你好"),
        ("你好".encode(), "你好"),
        (b"=?utf-8?B?5L2g?=" + "好".encode("gbk"), "你好"),
        (b"=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"=?utf-8?Q?=E4=BD=A0=E5=A?=", "你\ufffd=A"),
    ],
)
def test_header_words_are_decoded(value: bytes, shown: str) -> None:
    assert words.decode_words(value) == shown


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b'a/b; name="x.txt"', "x.txt"),
        (b"a/b; name=x.txt; y=z", "x.txt"),
        (b"a/b; NAME*=utf-8''%E4%BD%A0.txt", "你.txt"),
        (b"a/b; name*0*=utf-8'zh'%E4%BD; name*1*=%A0; name*2=.txt", "你.txt"),
        (b"a/b; name*1=b; name*0=a", "ab"),
        (b'a/b; name="=?gb2312?B?xOO6ww==?=.txt"', "你好.txt"),
        (b"a/b; name==?gb2312?B?xOO6ww==?=.txt", "你好.txt"),
        (b'a/b; name*0="=?utf-8?B?5L2g"; name*1="5aW9?="', "你好"),
        (b'a/b; name="' + "你好.txt".encode("gbk") + b'"', "你好.txt"),
        (b'a/b; name="a\\"b;c.txt"', 'a"b;c.txt'),
        (b'a/b; name="unclosed.txt', "unclosed.txt"),
        (b'a/b;\r\n\tname="wrapped\r\n name.txt"', "wrapped name.txt"),
        (b"a/b; name*999=x", ""),
        (b"a/b", ""),
    ],
)
def test_parameters_are_read(value: bytes, name: str) -> None:
    main, parameters = words.read_parameters(value)
    assert main == "a/b"
    assert parameters.get("name", "") == name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("..\\..\\a.txt", "a.txt"), ("/etc/passwd", "passwd"), ("C:\\x\\照片.jpg", "照片.jpg"),
        ("a\r\nb\u202egpj.exe", "abgpj.exe"),
        ("..", ""), ("", ""), ("x" * 300 + ".docx", "x" * 250 + ".docx"),
    ],
)  # fmt: skip
def test_file_names_lead_nowhere(given_name: str, kept: str) -> None:
    assert words.file_name(given_name) == kept


@pytest.mark.parametrize(
    ("data", "octets"),
    [
        (b"aGVsbG8=", b"hello"), (b"aGVs\r\nbG8", b"hello"), (b"aGVsbG8", b"hello"), (b"aGVsb", b"hel"),
        (b"aGV*sbG8=", b"hello"), (b"aGVsbG8=aGVsbG8=", b"hellohello"), (b"", b""), (b"=", b""), (b"a", b""),
    ],
)  # fmt: skip
def test_damaged_base64_gives_what_is_there(data: bytes, octets: bytes) -> None:
    assert words.decode_base64(data) == octets


@pytest.mark.parametrize(
    ("value", "mailboxes"),
    [
        (b"a@b.cn", [("", "a@b.cn")]),
        (b"Zhang San <a@b.cn>", [("Zhang San", "a@b.cn")]),
        (b'"Zhang, San" <a@b.cn>, b@b.cn', [("Zhang, San", "a@b.cn"), ("", "b@b.cn")]),
        (b"Zhang, San <a@b.cn>", [("Zhang, San", "a@b.cn")]),
        (b"a@b.cn (Zhang San)", [("Zhang San", "a@b.cn")]),
        (b"team: a@b.cn, b@b.cn;, c@b.cn", [("", "a@b.cn"), ("", "b@b.cn"), ("", "c@b.cn")]),
        (b"undisclosed-recipients:;", []),
        (b'"=?gb2312?B?xOO6ww==?=" <a@b.cn>', [("你好", "a@b.cn")]),
        (b"=?utf-8?Q?Zhang,_San?= <a@b.cn>", [("Zhang, San", "a@b.cn")]),
        (b'"a\\"b" <a@b.cn>', [('a"b', "a@b.cn")]),
        (b"<>", []),
        (b"", []),
    ],
)
def test_address_fields_are_read(value: bytes, mailboxes: list[tuple[str, str]]) -> None:
    assert read_mailboxes(value) == tuple(Mailbox(name, address) for name, address in mailboxes)


def test_the_facts_of_a_header_block() -> None:
    headers = read_headers(
        b"Return-Path: <>\r\nReceived: a\r\nReceived: b;\r\n c\r\nDelivered-To: li@caiyou.example\r\n"
        b"From: =?utf-8?B?5L2g?= <a@b.cn>\r\nSender: s@b.cn\r\nReply-To: <r@b.cn>\r\nTo: x@y.cn\r\nCc: z@y.cn\r\n"
        b"Subject: =?utf-8?B?5L2g?=\r\n =?utf-8?B?5aW9?=\r\nDate: Tue, 24 Nov 2026 09:05:00 +0800\r\n"
        b"Message-ID: <1@b.cn>\r\nIn-Reply-To: <0@b.cn>\r\nReferences: <9@b.cn>\r\n <0@b.cn>\r\n"
        b"X-Priority: 1 (Highest)\r\nAuto-Submitted: Auto-Replied; x=y\r\nPrecedence: bulk\r\n"
        b"List-Id: Dev <dev.b.cn>\r\nContent-Type: Text/Plain; charset=GBK\r\n\r\nbody"
    )
    assert headers.from_ == Mailbox("你", "a@b.cn")
    assert (headers.sender, headers.reply_to, headers.subject) == ("s@b.cn", "r@b.cn", "你好")
    assert (headers.to, headers.cc) == ((Mailbox("", "x@y.cn"),), (Mailbox("", "z@y.cn"),))
    assert headers.date == datetime.datetime(2026, 11, 24, 1, 5, tzinfo=datetime.UTC)
    assert (headers.message_id, headers.in_reply_to) == ("<1@b.cn>", "<0@b.cn>")
    assert headers.references == ("<9@b.cn>", "<0@b.cn>")
    assert headers.priority is Priority.HIGH
    assert (headers.auto_submitted, headers.precedence, headers.list_id) == ("auto-replied", "bulk", "Dev <dev.b.cn>")
    assert (headers.return_path, headers.received_count, headers.delivered_to) == ("", 2, ("li@caiyou.example",))
    assert (headers.content_type, headers.parameters) == ("text/plain", {"charset": "GBK"})
    assert headers.is_automatic
    assert not headers.truncated


@pytest.mark.parametrize(
    ("block", "automatic"),
    [
        (b"Subject: a", False), (b"Auto-Submitted: no", False), (b"Auto-Submitted: auto-generated", True),
        (b"Precedence: junk", True), (b"List-Unsubscribe: <x>", True), (b"Return-Path: <>", True),
        (b"Return-Path: <a@b.cn>", False),
    ],
)  # fmt: skip
def test_what_no_program_may_answer(block: bytes, automatic: bool) -> None:
    assert read_headers(block + b"\n\n").is_automatic is automatic


@pytest.mark.parametrize(
    ("block", "priority"),
    [
        (b"X-Priority: 2", "high"), (b"X-Priority: 3", "normal"), (b"X-Priority: 5", "low"),
        (b"Importance: High", "high"), (b"X-MSMail-Priority: Low", "low"), (b"Priority: urgent", "high"),
        (b"A: b", "normal"),
    ],
)  # fmt: skip
def test_priority_by_any_of_its_names(block: bytes, priority: str) -> None:
    assert read_headers(block + b"\n\n").priority == priority


@pytest.mark.parametrize(
    "date", [b"", b"yesterday", b"Tue, 99 Nov 2026 09:05:00", b"Fri, 31 Dec 9999 23:59:59 -2300", b"0" * 5000]
)
def test_a_date_that_is_none(date: bytes) -> None:
    assert read_headers(b"Date: " + date + b"\n\n").date is None


def test_lines_that_are_no_fields_are_passed_over() -> None:
    headers = read_headers(b"Subject: a\nthis was wrapped without indent\nX-Priority: 1\n\nbody")
    assert (headers.subject, headers.priority) == ("a", Priority.HIGH)
    assert read_headers(b"From: a@b.cn\nsome words and Subject: a\n\nbody").subject == ""
    assert read_mail(mixed(b"X: y\nand Content-Type: text/html\n\n<p>")).text == "<p>"


def mixed(*parts: bytes, kind: bytes = b"mixed", tail: bytes = b"--b--\n") -> bytes:
    body = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return b"Content-Type: multipart/" + kind + b'; boundary="b"\n\n' + body + tail


@pytest.mark.parametrize(
    ("mail", "shown"),
    [
        (mixed(b"\na", b"\nb"), "a\nb"),
        (mixed(b"\na", tail=b""), "a"),
        (mixed(b"\nplain", b"Content-Type: text/html\n\n<p>rich", kind=b"alternative"), "plain"),
        (mixed(b"\n", b"Content-Type: text/html\n\n<p>rich", kind=b"alternative"), "rich"),
        (mixed(b"\nUse an HTML reader", b"Content-Type: text/html\n\n<p>rich", kind=b"alternative"), "rich"),
        (mixed(b"Content-Type: text/html\n\n<p>one", b"\nfooter"), "one\nfooter"),
        (mixed(b"\ntext", b"Content-Disposition: attachment; filename=a.txt\n\nfile"), "text"),
        (b"Content-Type: multipart/mixed\n\nno boundary", "no boundary"),
        (b"Content-Type: multipart/mixed; boundary=x\n\nnever", "never"),
        (b"Content-Transfer-Encoding: quoted-printable\n\na=\nb =ZZ =41", "ab =ZZ A"),
        (b"Content-Transfer-Encoding: base64\n\nplain text in truth", "plain text in truth"),
        (b"Content-Transfer-Encoding: uuencode\n\nbegin 644 x\n#86)C\n`\nend\n", "abc"),
        (b"Content-Type: text/html\n\n<meta charset=gbk>" + "你好".encode("gbk"), "你好"),
        (b"\nonly a body", "only a body"),
        (b"", ""),
    ],
)
def test_the_text_a_reader_sees(mail: bytes, shown: str) -> None:
    content = read_mail(mail)
    assert content.text == shown
    assert not content.truncated


def test_attachments_are_counted_as_a_reader_would() -> None:
    content = read_mail(
        mixed(
            b"\ntext",
            b"Content-Type: image/png\nContent-ID: <logo>\n\npng",
            b"Content-Type: application/pgp-signature\n\nsig",
            b"Content-Type: text/plain; name=notes.txt\n\nnotes",
            b"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(b"x" * 1000),
        )
    )
    assert [(found.name, found.type, found.is_inline) for found in content.attachments] == [
        ("", "image/png", True),
        ("", "application/pgp-signature", True),
        ("notes.txt", "text/plain", False),
        ("a.pdf", "application/pdf", False),
    ]
    assert content.attachment_count == 2
    assert content.attachments[3].size_octets == 1000
    assert content.attachments[3].content() == b"x" * 1000


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p>\n\n<p>b\nc</p>", "a\nb c"),
        ("a &amp; b &lt;c&gt; &#20320;", "a & b <c> 你"),
        ("&#" + "1" * 5000 + ";&#" + "0" * 5000 + "65;&#00000000", "\ufffdA\ufffd"),
        ("&#x" + "1" * 5000 + ";&#55296;", "\ufffd\ufffd"),
        ("<style>x</style><script>if (a</b) {}</script>y", "y"),
        ("<head><title>t</title></head>y", "y"),
        ("<div style='display: none'>hidden<b>too</b></div>seen", "seen"),
        ('<span hidden>x</span><i class="preheader">y</i>z', "z"),
        ('<td style="font-size:0px"><div style="font-size:14px">seen</div>not</td>', "seen"),
        ('<img src="https://t.example/p.gif" width=1 height=1 alt="x">y', "y"),
        ('<a href="https://x.example/?a=1>2">click</a>', "click"),
        ("<pre>a\nb</pre>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<!-- a --><!DOCTYPE x><?xml?>b<![endif]-->", "b"),
        ("a<b", "a"),
        ("<p>a</p", "a"),
        ("a&zwnj;&nbsp;&#847;b", "a b"),
        ("<div>a<span>b</div>c", "ab\nc"),
    ],
)
def test_html_as_a_reader_sees_it(page: str, shown: str) -> None:
    found = html.html_to_text(page)
    assert found.text == shown
    assert not found.truncated


@pytest.mark.parametrize(
    "page",
    ["<div>" * 300, "<br>" * 30_000, "x" * (html.MAX_LENGTH + 1)],
)
def test_html_beyond_the_limits_says_so(page: str) -> None:
    assert html.html_to_text(page).truncated


BOMBS = {
    "levels": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(500)),
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000,
    "false boundaries": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n--bX" * 500_000,
    "fields": b"a: b\n" * 100_000,
    "one field": b"Subject: " + b"x" * 200_000 + b"\n\n",
    "words": b"Subject: " + b"=?x?q?" * 20_000 + b"\n\n",
    "commas": b"To: " + b"," * 60_000 + b"\n\n",
    "brackets": b"To: " + b"<" * 60_000 + b"\n\n",
    "parentheses": b"From: " + b"(" * 60_000 + b"\n\n",
    "parameters": b"Content-Type: a/b" + b';a*="\\' * 9_000 + b"\n\n",
    "uuencode": b"\n" + b"begin 644 a\n" * 50_000,
    "tags": b"Content-Type: text/html\n\n" + b"<a " * 300_000,
    "quotes": b"Content-Type: text/html\n\n" + (b"<a " + b'"x"' * 3000) * 100 + b">",
    "closing tag without end": b"Content-Type: text/html\n\n<p>" + b"x" * 20_000 + b"</b",
    "comments": b"Content-Type: text/html\n\n" + b"<!--" * 300_000,
    "text": b"\n" + b"x" * (5 << 20),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_read_in_bounded_time(bomb: bytes) -> None:
    started = time.process_time()
    read_mail(bomb)
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize("bomb", ["levels", "parts", "false boundaries", "fields", "one field", "text"])
def test_a_mail_beyond_the_limits_says_so(bomb: str) -> None:
    assert read_mail(BOMBS[bomb]).truncated


def check(data: bytes) -> None:
    content = read_mail(data)
    assert len(content.attachments) <= 2 * reader.MAX_PARTS
    for attachment in content.attachments:
        attachment.content()
    assert read_headers(data) == content.headers
    assert "\n" not in content.headers.subject


@given(data=st.binary(max_size=2000))
def test_any_octets_are_a_mail(data: bytes) -> None:
    check(data)


PIECES = st.sampled_from(
    [
        b"Content-Type: ", b"multipart/mixed", b"multipart/alternative", b"text/html", b"message/rfc822",
        b"; boundary=b",
        b"\n", b"\r\n", b"\n\n", b"--b", b"--b--", b"Subject: ", b"=?utf-8?B?", b"?=", b"5L2g", b"=?hz?Q?~{", b"From: ",
        b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"uuencode", b"=", b"begin 644 a\n", b"end\n",
        b"Content-Disposition: attachment; filename", b"*0*=", b"''%E4", b"; charset=", b"iso-2022-cn", b"utf-16",
        b"\x1b$)A\x0e", b"\xff\xfe", b"<p style='display:none'>", b"</p>", b"&#x110000;", b"<!--", b"\x00",
        b"a@b.cn", b"<", b">",
        b"Date: ", b"1 Jan 1 00:00 +9999",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(PIECES, max_size=40))
def test_any_heap_of_mail_pieces_is_a_mail(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from(MAILS), start=st.integers(0, 2000), length=st.integers(0, 60), noise=st.binary(max_size=20))
def test_any_damage_to_a_real_mail_is_survived(path: Path, start: int, length: int, noise: bytes) -> None:
    data = path.read_bytes()
    check(data[:start] + noise + data[start + length :])
