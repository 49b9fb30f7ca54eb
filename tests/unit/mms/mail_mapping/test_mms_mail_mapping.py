"""RFC 4356: what a mail asks for is asked of the MMS, and back; nothing goes in circles, nothing leaks."""

from __future__ import annotations

import datetime
import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import BadRequest, Refused
from gateway.mail.mime.headers import Mailbox, Priority, read_fields, read_headers
from gateway.mail.mime.writer import MailFile, build_mail
from mms.codec.mime_body import write_body
from mms.codec.mm4 import PreviouslySent
from mms.content import SMIL, Arrangement, Body, Part
from mms.letters import Letter
from mms.mail_mapping.fields import (
    DeliverBy,
    Envelope,
    check_may_enter,
    is_automatic,
    mail_envelope,
    mail_fields,
    mms_headers,
)
from mms.mail_mapping.history import History, Sending, history_of_mail, history_of_mms, resent_fields
from mms.mail_mapping.reading import LeftOut, mms_of_mail
from mms.mail_mapping.writing import mail_of_mms
from mms.terms import MessageClass, MmsHeaders

UTC = datetime.UTC
NOW = datetime.datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
HEAD = b"From: Anna <anna@x.example>\r\nSubject: hi\r\nMessage-ID: <1@x.example>\r\n"
FROM_ANNA = Envelope("anna@x.example", ("+8613800138000@hub.example",))
JPEG, GIF = b"\xff\xd8\xff\xe0" + bytes(90), b"GIF89a" + bytes(50)


def asked(fields: bytes, **envelope: object) -> MmsHeaders:
    return mms_headers(HEAD + fields + b"\r\nhello", replace(FROM_ANNA, **envelope), NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "priority"),
    [
        (b"", Priority.NORMAL),
        (b"Importance: High\r\n", Priority.HIGH),
        (b"Importance: low\r\nX-Priority: 1\r\n", Priority.LOW),  # Importance wins
        (b"Importance: normal\r\nX-Priority: 1\r\n", Priority.NORMAL),
        (b"X-Priority: 2 (High)\r\n", Priority.HIGH),
        (b"X-Priority: 3\r\n", Priority.NORMAL),
        (b"X-Priority: 5\r\n", Priority.LOW),
        (b"X-Priority: urgent\r\n", Priority.NORMAL),
    ],
)
def test_priority(fields: bytes, priority: Priority) -> None:
    assert asked(fields).priority is priority


def test_what_a_mail_asks_for() -> None:
    headers = asked(b"Disposition-Notification-To: <anna@x.example>\r\n", notify_success=True, deliver_by_s=60)
    assert headers == MmsHeaders(
        delivery_report=True, read_report=True, expires_ms=NOW_MS + 60_000, mms_id="1@x.example"
    )
    assert asked(b"", deliver_by_s=60, deliver_by=DeliverBy.NOTIFY).expires_ms == 0
    assert asked(b"", notify_success=False).delivery_report is False
    assert asked(b"Expires: Tue, 24 Nov 2026 10:05:00 +0000\r\n").expires_ms == NOW_MS + 3_600_000
    assert asked(b"Expires: soon\r\n").expires_ms == 0


@pytest.mark.parametrize(
    ("fields", "sender", "message_class"),
    [
        (b"", "anna@x.example", MessageClass.PERSONAL),
        (b"", "", MessageClass.AUTO),
        (b"Auto-Submitted: auto-replied\r\n", "anna@x.example", MessageClass.AUTO),
        (b"Auto-Submitted: no\r\n", "anna@x.example", MessageClass.PERSONAL),
        (b"Precedence: bulk\r\n", "anna@x.example", MessageClass.AUTO),
        (b"List-Id: <l.x.example>\r\n", "anna@x.example", MessageClass.AUTO),
    ],
)
def test_what_a_program_wrote_stays_automatic(fields: bytes, sender: str, message_class: MessageClass) -> None:
    headers = asked(fields, sender=sender)
    assert headers.message_class is message_class
    # And as a mail again it has the null path, so that nothing answers.
    envelope = mail_envelope(headers, "+86138@hub.example", ("anna@x.example",), NOW)
    assert (envelope.sender == "") is (message_class is MessageClass.AUTO)
    written = b"".join(f"{name}: {value}\r\n".encode() for name, value in mail_fields(headers, answer_to="a@b.example"))
    assert is_automatic(read_headers(written + b"\r\n"), envelope) is (message_class is MessageClass.AUTO)


def test_what_must_not_enter() -> None:
    check_may_enter(HEAD + b"Received: by a\r\n" * 99 + b"\r\n")
    with pytest.raises(Refused, match="circles"):
        check_may_enter(HEAD + b"Received: by a\r\n" * 100 + b"\r\n")
    with pytest.raises(Refused, match=r"5\.6\.0"):
        check_may_enter(HEAD + b"Sensitivity: Company-Confidential\r\n\r\n")


def test_what_an_mms_asks_of_mail() -> None:
    headers = MmsHeaders(priority=Priority.HIGH, read_report=True, delivery_report=True, expires_ms=NOW_MS + 90_500)
    assert mail_fields(headers, answer_to="+86138@hub.example") == [
        ("Importance", "High"), ("Disposition-Notification-To", "<+86138@hub.example>"),
    ]  # fmt: skip
    envelope = mail_envelope(headers, "+86138@hub.example", ("anna@x.example",), NOW)
    assert (envelope.deliver_by_s, envelope.deliver_by, envelope.notify_success) == (90, DeliverBy.RETURN, True)
    with pytest.raises(Refused, match="hidden"):
        mail_fields(MmsHeaders(sender_visible=False), answer_to="a@b.example")
    with pytest.raises(Refused, match="over"):
        mail_envelope(MmsHeaders(expires_ms=NOW_MS - 1), "a@b.example", (), NOW)


def test_the_history_of_rfc_4356() -> None:
    """Section 2.1.3.2: two who sent it on; the newest block stands on top, times are converted and not relabelled."""
    first = datetime.datetime(2005, 4, 1, 6, 2, 3, tzinfo=UTC)
    second = datetime.datetime(2005, 4, 1, 14, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=-8)))
    last = datetime.datetime(2005, 4, 2, 1, 0, tzinfo=UTC)
    before = (PreviouslySent(1, "b@x.example", second), PreviouslySent(0, "l.eva@x.example", first))
    history = history_of_mms("c@x.example", last, before)
    fields = resent_fields(history, ("d@x.example",), "<9@x.example>")
    assert fields == (
        "Resent-From: c@x.example\r\nResent-To: d@x.example\r\nResent-Date: Sat, 02 Apr 2005 01:00:00 +0000\r\n"
        "Resent-Message-ID: <9@x.example>\r\n"
        "Resent-From: b@x.example\r\nResent-Date: Fri, 01 Apr 2005 14:02:03 -0800\r\n"
    )
    mail = f"{fields}From: l.eva@x.example\r\nDate: Fri, 1 Apr 2005 06:02:03 +0000\r\n\r\n".encode()
    again = history_of_mail(read_fields(mail))
    assert again == history
    assert again.previously_sent() == tuple(sorted(before, key=lambda one: one.number))
    assert again.forward_counter == 2
    assert again.previously_sent()[1].date.astimezone(UTC).hour == 22  # type: ignore[union-attr]


def test_nobody_sent_it_on() -> None:
    history = history_of_mail(read_fields(HEAD + b"\r\n"))
    assert history == History((Sending("anna@x.example"),))
    assert resent_fields(history, (), "<1@x.example>") == ""
    with pytest.raises(BadRequest):
        resent_fields(History((Sending("a@b.example"), Sending("x\r\nBcc: y"))), (), "<1@x.example>")


def mail(text: str = "", html: str = "", *files: MailFile) -> bytes:
    return build_mail(
        from_=Mailbox("", "anna@x.example"), to=[Mailbox("", "1@hub.example")], subject="生日", text=text, html=html,
        date=NOW, message_id="<1@x.example>", files=files,
    )  # fmt: skip


def told(data: bytes) -> list[str | bytes]:
    """Words and octets of an MMS in their order."""
    content = mms_of_mail(data).content
    return [part.data.decode() if part.media_type == "text/plain" else part.data for part in content.parts]


def test_pictures_stand_where_the_page_has_them() -> None:
    page = '<html><body><p>before</p><img alt="a b" src="cid:one"><p>between</p><IMG SRC=cid:two><p>after</p></body>'
    data = mail(
        "plain words", page, MailFile("2.gif", "image/gif", GIF, "two"), MailFile("1.jpg", "image/jpeg", JPEG, "one")
    )
    assert told(data) == ["before", JPEG, "between", GIF, "after"]
    content = mms_of_mail(data).content
    shown = {name for slide in content.slides for name in (slide.text, slide.visual) if name}
    assert shown == {part.name for part in content.parts}


def test_attachments_come_behind_the_words() -> None:
    data = mail(
        "hello", "", MailFile("1.jpg", "image/jpeg", JPEG), MailFile("x.amr", "application/octet-stream", b"#!AMR\n")
    )
    made = mms_of_mail(data)
    assert told(data) == ["hello", JPEG, b"#!AMR\n"]
    assert [part.media_type for part in made.content.parts] == ["text/plain", "image/jpeg", "audio/amr"]
    assert made.subject == "生日"


def test_what_no_phone_takes_is_named() -> None:
    pdf, card = MailFile("a.pdf", "application/pdf", b"%PDF" * 10), MailFile("a.vcf", "text/x-vcard", b"BEGIN:VCARD")
    made = mms_of_mail(mail("hello", "", pdf, card))
    assert made.left_out == (LeftOut("a.pdf", "application/pdf", 40),)
    assert [part.media_type for part in made.content.parts] == ["text/plain", "text/x-vcard"]


def test_a_page_without_pictures_is_words() -> None:
    data = HEAD + b"Content-Type: text/html; charset=gb2312\r\n\r\n<p>" + "你好".encode("gbk") + b"</p><p>b &amp; c</p>"
    assert told(data) == ["你好\nb & c"]


def test_an_empty_mail_with_a_text_file_is_not_empty() -> None:
    data = mail("", "", MailFile("text_0.txt", "text/plain", "你好".encode()), MailFile("p.jpg", "image/jpeg", JPEG))
    assert told(data) == ["你好", JPEG]
    notes = mail("see notes", "", MailFile("text_0.txt", "text/plain", b"the notes"))
    assert told(notes) == ["see notes", "the notes"]


def test_a_mail_that_is_an_mms_keeps_its_slides() -> None:
    smil = b'<smil><body><par dur="3s"><img src="1.jpg"/><text src="t.txt"/></par></body></smil>'
    body = Body(
        (Part(SMIL, smil, "p.smil", "s"), Part("text/plain", b"hi", "t.txt"), Part("image/jpeg", JPEG, "1.jpg")),
        Arrangement.RELATED, "s",
    )  # fmt: skip
    content = mms_of_mail(HEAD + b"MIME-Version: 1.0\r\n" + write_body(body)).content
    (slide,) = content.slides
    assert (slide.visual, slide.text, slide.duration_ms) == ("1.jpg", "t.txt", 3000)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_make_an_mms(data: bytes) -> None:
    mms_of_mail(data)
    mms_of_mail(HEAD + b"Content-Type: text/html\r\n\r\n" + data)


LETTER = Letter(
    "生日\r\n快乐", "+8613800138000", ("anna@x.example",),
    Body(
        (
            Part(SMIL, b'<smil><body><par><img src="1.jpg"/><text src="t.txt"/></par></body></smil>', "p.smil", "s"),
            Part("image/jpeg", JPEG, "1.jpg"), Part("text/plain", "\ufeff你好".encode("utf-16"), "t.txt", "", "utf-16"),
            Part("audio/amr", b"#!AMR\n", "a.amr"),
        ),
        Arrangement.RELATED, "s",
    ),
    NOW_MS, "<9@hub.example>", MmsHeaders(priority=Priority.HIGH, read_report=True, mms_id="M1"), cc=("10086",),
)  # fmt: skip


def test_an_mms_as_a_mail() -> None:
    made = mail_of_mms(LETTER, domain="hub.example", recipients=("anna@x.example",), now=NOW)
    message = email.message_from_bytes(made.data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert made.envelope.sender == message["From"].addresses[0].addr_spec == "+8613800138000@hub.example"
    assert message["Cc"].addresses[0].addr_spec == "10086@hub.example"
    assert message["Subject"] == "生日 快乐"
    assert message["Received"].endswith("with MMS; Tue, 24 Nov 2026 09:05:00 +0000")
    assert message["Disposition-Notification-To"] == "<+8613800138000@hub.example>"
    assert not [name for name in message if name.lower().startswith("x-")]
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/jpeg", "audio/amr"]
    assert b"caiyou-mms" not in made.data
    # And as an MMS again it shows the same.
    again = mms_of_mail(made.data).content
    assert [part.data for part in again.parts if part.media_type in ("image/jpeg", "audio/amr")] == [JPEG, b"#!AMR\n"]
    assert any(part.data.decode() == "你好\n[a.amr]" for part in again.parts if part.media_type == "text/plain")


def test_one_that_was_sent_on_shows_who_wrote_it() -> None:
    history = history_of_mms("+8613800138000", NOW, (PreviouslySent(0, "+8613700137000", NOW),))
    made = mail_of_mms(LETTER, domain="hub.example", recipients=("anna@x.example",), now=NOW, history=history)
    headers = read_headers(made.data)
    assert headers.from_.address == "+8613700137000@hub.example"
    assert read_fields(made.data).first(b"resent-from") == b"+8613800138000@hub.example"
    assert made.envelope.sender == "+8613800138000@hub.example"


def test_nobody_is_disclosed_who_was_not_named() -> None:
    letter = replace(LETTER, recipients=(), cc=())
    made = mail_of_mms(letter, domain="hub.example", recipients=("secret@x.example",), now=NOW)
    assert b"secret" not in made.data
    assert b"To: undisclosed-recipients:;\r\n" in made.data
    with pytest.raises(BadRequest):
        mail_of_mms(replace(LETTER, sender="China Mobile"), domain="hub.example", recipients=(), now=NOW)
