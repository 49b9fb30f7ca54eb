"""Mails of MMS: letters, MM4, MM3 and reports. Any octets give a value or the one error; what is read is written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gateway.core.errors import BadRequest, MalformedPdu
from mms.codec.mime_body import read_body, write_body
from mms.codec.mm4_mail import read_mm4, write_mm4
from mms.letters import Letter, read_letter, write_letter
from mms.mail_mapping.delivery import deliveries_of
from mms.mail_mapping.disposition import disposition_of
from mms.mail_mapping.reading import mms_of_mail
from tests.fuzz.target import Target, assert_storable, at_most, mails
from tests.unit.mms.codec.mm4_mails import FRAMES, VECTORS, as_sent
from tests.unit.mms.test_mms_letters import LETTER

_TIME_S = 2.0


def check(data: bytes) -> None:
    with at_most(_TIME_S):
        with contextlib.suppress(MalformedPdu):
            body = read_body(data)
            again = read_body(write_body(body))
            assert [part.data for part in again.parts] == [part.data for part in body.parts]
            letter = Letter("", "1234", (), body, 0, "<1@x.example>")
            assert read_letter(write_letter(letter)) == letter
        with contextlib.suppress(MalformedPdu, BadRequest):
            message = read_mm4(data)
            mail = write_mm4(message, own_host="a.example", peer_host="b.example")
            assert mail.isascii()
            assert type(read_mm4(mail)) is type(message)
        with contextlib.suppress(BadRequest):
            read_letter(data)
        deliveries_of(data)
        disposition_of(data)
    with at_most(_TIME_S):
        made = mms_of_mail(data)
    assert_storable(made.subject, *(part.name for part in made.content.parts))
    names = [part.name for part in made.content.parts]
    assert len(names) == len(set(names))


def seeds() -> Iterator[bytes]:
    yield from (as_sent(mail) for mail, _ in VECTORS.values())
    yield from FRAMES
    yield write_letter(LETTER)
    yield from mails()


TARGET = Target(
    check,
    seeds,
    max_len=1 << 14,
    words=(
        b"X-Mms-Message-Type: MM4_", b"/TYPE=PLMN", b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n",
        b"application/smil", b"<!-- caiyou-mms 1\n", b"Content-ID: <1>", b'<img src="cid:1">',
        b"message/delivery-status", b"message/disposition-notification",
    ),
)  # fmt: skip
