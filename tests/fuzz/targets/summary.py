"""Mails told in short messages: never more segments than allowed, in an alphabet that holds them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from gateway.core import text
from gateway.mail.mime.reader import read_mail
from mail2sms.summary import DigestEntry, Notice, NoticeFacts, NoticeOptions, compose_digest, compose_notice
from templates.engine import sms_texts
from tests.fuzz.target import Target, at_most, mails

_ZONE = datetime.timezone(datetime.timedelta(hours=8))
_NOW = datetime.datetime(2026, 11, 24, 9, 6, tzinfo=_ZONE)
_SIGNATURES = (None, "", "【彩邮】", "[C]", "【" + "彩" * 100 + "】", "x" * 200, "🇨🇳" * 40)
_TIME_S = 2.0
_HEAD = 3  # octets of the input that choose the options


def check(data: bytes) -> None:
    if len(data) < _HEAD:
        return
    options = NoticeOptions(
        now=_NOW,
        zone=_ZONE,
        language="en" if data[0] & 1 else "zh",
        segments=1 + data[1] % 10,
        signature=_SIGNATURES[data[2] % len(_SIGNATURES)],
        route_signs=bool(data[0] & 2),
        show_codes=bool(data[0] & 4),
    )
    mail = read_mail(data[_HEAD:])
    headers = mail.headers
    facts = NoticeFacts(
        received=headers.date or _NOW,
        address=headers.from_.address,
        name=headers.from_.name,
        subject=headers.subject,
        body=mail.text,
        attachments=mail.attachment_count,
    )
    with at_most(_TIME_S):
        _check_notice(compose_notice(facts, options), options)
    if options.signature is None:
        entries = [DigestEntry(it.name or it.address, 1 + data[1] % 3, headers.subject) for it in headers.to[:40]]
        with at_most(_TIME_S):
            _check_notice(compose_digest(entries, options), options)


def _check_notice(notice: Notice, options: NoticeOptions) -> None:
    assert 1 <= notice.segments <= options.segments
    signature = options.signature
    if signature is None:
        signature = sms_texts(options.language).render("signature")
    message = signature + notice.text if options.route_signs and len(signature) < 20 else notice.text
    assert len(text.split(message, notice.alphabet)) <= options.segments
    assert text.units(message, notice.alphabet) <= text.capacity(notice.alphabet, options.segments)
    text.encode(notice.text, notice.alphabet)


def seeds() -> Iterator[bytes]:
    for number, mail in enumerate(mails()):
        yield bytes((number % 8, number % 10, number % len(_SIGNATURES))) + mail[:8192]
    yield b"\0\1\0" + "From: a@b.cn\nSubject: 🇨🇳🇨🇳\n\n".encode() + "🇨🇳👨‍👩‍👧e\u0301".encode() * 40
    yield b"\1\0\0" + b"From: a@b.cn\nTo: x@y.cn, z@y.cn\nSubject: your code\n\nYour code is 123456, password: abc123"


TARGET = Target(
    check,
    seeds,
    max_len=8192,
    words=tuple(
        word.encode()
        for word in (
            "Subject: ", "From: ", "To: a@b.cn, ", "Date: ", "\n\n", "Re: ", "回复：", "[list] ", "验证码", "123456",
            "密码：", "password: ", "4111 1111 1111 1111", "写道：", "wrote:", "-----", "发件人：", "http://a.b/",
            "🇨🇳", "👨‍👩‍👧", "\u0301", "€",
            "…", "[image:", "退订", "\ue000", "𠮷",
        )
    ),
)  # fmt: skip
