"""An MMS at rest: every mail program shows pictures and text, and the MMS comes back octet for octet."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import email
import email.policy
import tracemalloc
import zlib
from email.message import EmailMessage, Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Priority
from gateway.mail.mime.reader import read_mail
from mms.content import FORWARD_LOCKED, SMIL, Arrangement, Body, Part
from mms.letter_manifest import Manifest
from mms.letters import Letter, is_letter, read_letter, write_letter
from mms.terms import MessageClass, MmsHeaders

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
GIF = b"GIF89a" + bytes(300)
AMR = b"#!AMR\n" + b"\x3c" * 32
BODY = Body(
    parts=(
        Part(
            SMIL,
            b"<smil><body><par><img src='1.jpg'/><text src='text_0.txt'/></par>"
            b"<par><img src='cid:2'/><text src='text_1.txt'/><audio src='tune.amr'/></par></body></smil>",
            "p.smil",
            "smil",
            "utf-8",
        ),
        Part("image/jpeg", JPEG, "1.jpg", "1"),
        Part("text/plain", "\ufeff你好，<b>世界</b>\r\n第二行".encode("utf-16"), "text_0.txt", "t0", "utf-16"),
        Part("image/gif", GIF, "圖.gif", "2"),
        Part("text/plain", b"Hello --> & goodbye", "text_1.txt", "t1", "us-ascii"),
        Part("audio/amr", AMR, "tune.amr", "3", parameters=(("q", "1"),)),
        Part("image/gif", GIF, "again.gif", "4"),
    ),
    arrangement=Arrangement.RELATED,
    start="smil",
)
LETTER = Letter(
    subject="生日快乐 — happy birthday",
    sender="+8613800138000",
    recipients=("anna@caiyou.example", "10086"),
    body=BODY,
    date_ms=1_795_000_000_123,
    message_id="<1.mms@caiyou.example>",
    mms=MmsHeaders(
        MessageClass.INFORMATIONAL, Priority.HIGH, True, True, False, 1_795_600_000_000, 1_795_000_100_000, "MSG-7788"
    ),
    source=b'{"template": "birthday"}',
    cc=("+8613900139000",),
    in_reply_to="<0@caiyou.example>",
    references=("<00@caiyou.example>", "<0@caiyou.example>"),
)


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def leaves(message: Message) -> list[Message]:
    return [part for part in message.walk() if not part.is_multipart()]


def test_the_mms_comes_back_as_it_was() -> None:
    data = write_letter(LETTER, domain="caiyou.example")
    assert is_letter(data)
    assert read_letter(data) == LETTER
    assert data == write_letter(LETTER, domain="caiyou.example")


def test_no_program_finds_a_smil_or_a_stray_text() -> None:
    found = leaves(parsed(write_letter(LETTER)))
    assert [part.get_content_type() for part in found] == [
        "text/plain", "text/html", "image/jpeg", "image/gif", "audio/amr",
    ]  # fmt: skip
    assert [part.get_filename() for part in found] == [None, None, "1.jpg", "圖.gif", "tune.amr"]
    assert [part.get_content_disposition() for part in found] == [None, None, "inline", "inline", "attachment"]


def test_the_standard_library_shows_the_page_with_its_pictures() -> None:
    message = parsed(write_letter(LETTER, domain="caiyou.example"))
    page = message.get_body(("html",))
    assert page is not None
    shown = page.get_content()
    ids = [str(part["Content-ID"]).strip("<>") for part in message.walk() if part["Content-ID"]]
    assert len(ids) == 2
    order = [shown.index(f'src="cid:{ids[0]}"'), shown.index("&lt;b&gt;世界"), shown.index(f'src="cid:{ids[1]}"')]
    assert order == sorted(order)
    assert shown.index("Hello --&gt; &amp; goodbye") < shown.index("[tune.amr]")
    assert shown.count(f"cid:{ids[1]}") == 2  # one GIF on two slides, carried once
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines()[:4] == ["[1.jpg]", "", "你好，<b>世界</b>", "第二行"]


def test_the_page_is_in_the_order_of_the_slides() -> None:
    """However the parts lie in the body."""
    smil = (
        b'<smil><body><par><text src="b.txt"/><img src="cid:two"/></par>'
        b'<par><text src="a.txt"/><img src="one.jpg"/></par></body></smil>'
    )
    parts = (
        Part("text/plain", b"second text", "a.txt"),
        Part("image/jpeg", JPEG, "one.jpg"),
        Part("text/plain", b"first text", "b.txt"),
        Part("image/gif", GIF, "two.gif", "two"),
        Part(SMIL, smil, "p.smil", "s"),
    )
    letter = Letter("", "1234", (), Body(parts, Arrangement.RELATED, "s"), 0, "<1@x.example>")
    plain = parsed(write_letter(letter)).get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split() == ["first", "text", "[two.gif]", "second", "text", "[one.jpg]"]
    assert read_letter(write_letter(letter)) == letter


def test_headers_say_what_rules_and_people_want_to_know() -> None:
    message = parsed(write_letter(LETTER, domain="caiyou.example"))
    assert message["From"].addresses[0].addr_spec == "+8613800138000@caiyou.example"
    assert [one.addr_spec for one in message["To"].addresses] == ["anna@caiyou.example", "10086@caiyou.example"]
    assert message["Cc"].addresses[0].display_name == "+8613900139000"
    assert message["Importance"] == "high"
    assert message["X-Mms-Message-ID"] == "MSG-7788"
    assert "Auto-Submitted" not in message
    auto = dataclasses.replace(LETTER, mms=MmsHeaders(MessageClass.AUTO))
    assert b"Auto-Submitted: auto-generated" in write_letter(auto)


def test_our_own_reader_counts_the_sound_as_the_only_attachment() -> None:
    content = read_mail(write_letter(LETTER))
    assert content.attachment_count == 1
    assert content.text.startswith("[1.jpg]\n\n你好")


@pytest.mark.parametrize(
    "part",
    [
        Part(FORWARD_LOCKED, b"--x\r\n", "locked.dm"),
        Part("text/plain", b"x" * 70_000, "long.txt"),
        Part("application/octet-stream", b""),
        Part("message/rfc822", b"Subject: no\r\n\r\nmail", "mail.eml"),
        Part("multipart/mixed", b"--a\r\n\r\nb\r\n--a--", "m"),
        Part("garbage", b"\0\1\2", "../../etc/\r\npasswd"),
        Part("image/vnd.wap.wbmp", b"\0\0\x08\x01\xff", "bad\ud800name.wbmp"),
        Part("text/html", b"<p>a<script>b</script></p>", "p.html", "x>y\r\n", "utf-8"),
        Part("text/plain", b"\xff\xfe\x00", "", "", "utf-16"),
    ],
    ids=lambda part: part.media_type,
)
def test_odd_parts_come_back_too(part: Part) -> None:
    letter = Letter("", "China Mobile", (), Body((part,)), 0, "<1@x.example>")
    data = write_letter(letter)
    parsed(data)
    assert read_letter(data) == letter


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Part,
            st.sampled_from(["image/jpeg", "text/plain", SMIL, "audio/amr", "text/x-vcard", "x", "image/gif"]),
            st.binary(max_size=200),
            st.text(max_size=20),
            st.text(max_size=20),
            st.sampled_from(["", "utf-8", "gb18030", "utf-16", "no-such"]),
        ),
        max_size=6,
    ),
    st.text(max_size=80),
    st.text(max_size=40),
)
def test_any_letter_comes_back(parts: list[Part], subject: str, sender: str) -> None:
    letter = Letter(subject, sender, (sender,), Body(tuple(parts)), 5, "<1@x.example>")
    assert read_letter(write_letter(letter)) == letter


def test_what_is_no_letter_is_refused() -> None:
    data = write_letter(LETTER)
    with pytest.raises(BadRequest, match="no MMS"):
        read_letter(b"Subject: a mail\r\n\r\nhello")
    start = data.index(b"image/jpeg")
    with pytest.raises(BadRequest, match="missing"):
        read_letter(data[:start] + data[start:].replace(b"/9j/", b"/9j0", 1))
    with pytest.raises(BadRequest, match="parts"):
        write_letter(LETTER_OF_MANY)


def test_a_manifest_that_unpacks_without_end_is_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(b" " * 100_000_000)).decode()
    tracemalloc.start()
    try:
        with pytest.raises(BadRequest, match="too large"):
            Manifest.decode(f"<!-- caiyou-mms 1\n{bomb}\n-->")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


LETTER_OF_MANY = Letter("", "1", (), Body((Part("image/gif", b"x"),) * 501), 0, "<1@x.example>")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_letters_give_the_one_error(data: st.DataObject) -> None:
    octets = bytearray(write_letter(LETTER))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    del octets[data.draw(st.integers(len(octets) // 2, len(octets))) :]
    with contextlib.suppress(BadRequest):
        read_letter(bytes(octets))
