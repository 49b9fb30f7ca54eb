"""Delivery and read reports of MMS as notifications of mail, and back; those of stock servers are understood."""

from __future__ import annotations

import datetime
import email
import email.policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import BadRequest
from gateway.mail.bounces import Report, Undelivered, build_report
from gateway.mail.mime.headers import read_headers
from mms.codec.mm4 import MmStatus
from mms.incoming import ReadState
from mms.mail_mapping import delivery, disposition
from mms.mail_mapping.delivery import Delivery, deliveries_of
from mms.mail_mapping.disposition import Disposition, disposition_of

NOW = datetime.datetime(2026, 11, 24, 9, 5, tzinfo=datetime.UTC)
HOSTS = frozenset({"hub.example"})


@pytest.mark.parametrize(
    ("status", "action", "again"),
    [
        (MmStatus.RETRIEVED, "delivered", MmStatus.RETRIEVED),
        (MmStatus.REJECTED, "failed", MmStatus.UNRECOGNISED),
        (MmStatus.EXPIRED, "failed", MmStatus.EXPIRED),
        (MmStatus.UNRECOGNISED, "failed", MmStatus.UNRECOGNISED),
        (MmStatus.INDETERMINATE, "relayed", MmStatus.FORWARDED),
        (MmStatus.FORWARDED, "relayed", MmStatus.FORWARDED),
        (MmStatus.DEFERRED, "delayed", None),
    ],
)
def test_delivery_reports(status: MmStatus, action: str, again: MmStatus | None) -> None:
    told = Delivery("+8613800138000", status, "1@x.example", NOW, "the phone said so")
    mail = delivery.notification_of(told, to="anna@x.example", domain="hub.example", report_id="r1", now=NOW)
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert not [part.defects for part in message.walk() if part.defects]
    _, status_part = message.iter_parts()  # type: ignore[attr-defined]
    whole, one = status_part.get_payload()
    assert whole["DSN-Gateway"] == "dns; hub.example"
    assert one["Final-Recipient"] == "rfc822; +8613800138000@hub.example"
    assert one["Action"] == action
    headers = read_headers(mail)
    assert (headers.to[0].address, headers.in_reply_to) == ("anna@x.example", "<1@x.example>")
    assert headers.is_automatic
    found = deliveries_of(mail, HOSTS)
    expected = () if again is None else (Delivery("+8613800138000", again, "1@x.example", NOW, "the phone said so"),)
    assert found == expected


def test_notifications_of_our_own_server() -> None:
    original = b"From: a@b.example\r\nMessage-ID: <m1@b.example>\r\n\r\nhello"
    gone = [Undelivered("x@y.example", "550 5.1.1 no such user"), Undelivered("z@y.example", "550 5.4.7 too late")]
    report = Report(1, "hub.example", "a@b.example", gone, original, 0, 0)
    assert deliveries_of(build_report(report)) == (
        Delivery(
            "x@y.example", MmStatus.UNRECOGNISED, "m1@b.example", datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        ),
        Delivery("z@y.example", MmStatus.EXPIRED, "m1@b.example", datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)),
    )
    delayed = Report(1, "hub.example", "a@b.example", gone, original, 0, 0, retry_until_ms=5)
    assert deliveries_of(build_report(delayed)) == ()


def test_one_notification_for_many_recipients() -> None:
    """As Postfix words it; the original recipient is who was asked for."""
    mail = (
        b"From: MAILER-DAEMON@mx.example\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\n\r\nwords\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.example\r\nX-Postfix-Queue-ID: 1\r\nOriginal-Envelope-Id: ENV7\r\n\r\n"
        b"Final-Recipient: rfc822; real@mx.example\r\nOriginal-Recipient: rfc822;+8613800138000@hub.example\r\n"
        b"Action: delivered\r\nStatus: 2.0.0\r\nDiagnostic-Code: smtp; 250 OK\r\n\r\n"
        b"Final-Recipient: rfc822; b@mx.example\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n"
        b"Final-Recipient: rfc822; c@mx.example\r\nAction: delayed\r\nStatus: 4.0.0\r\n\r\n--b--\r\n"
    )
    assert deliveries_of(mail, HOSTS) == (
        Delivery("+8613800138000", MmStatus.RETRIEVED, "ENV7", None, "250 OK"),
        Delivery("b@mx.example", MmStatus.FORWARDED, "ENV7"),
    )


@pytest.mark.parametrize(("state", "word"), [(ReadState.READ, "displayed"), (ReadState.DELETED, "deleted")])
def test_read_reports(state: ReadState, word: str) -> None:
    told = Disposition("+8613800138000", state, "1@x.example")
    mail = disposition.notification_of(told, to="anna@x.example", domain="hub.example", report_id="r1", now=NOW)
    assert mail is not None
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert message.get_param("report-type") == "disposition-notification"
    assert f"MDN-sent-automatically; {word}\r\n".encode() in mail
    assert disposition_of(mail, HOSTS) == told


def test_a_read_report_that_says_nothing_makes_none() -> None:
    nothing = Disposition("+8613800138000", ReadState.UNKNOWN)
    assert disposition.notification_of(nothing, to="a@b.example", domain="h.example", report_id="r", now=NOW) is None


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("manual-action/MDN-sent-manually; displayed", ReadState.READ),
        ("automatic-action/MDN-sent-automatically; deleted", ReadState.DELETED),
        ("manual-action/MDN-sent-manually; deleted/error", ReadState.DELETED),
        ("automatic-action/MDN-sent-automatically; denied", ReadState.DELETED),
        ("manual-action/MDN-sent-manually; denied", None),
        ("automatic-action/MDN-sent-automatically; dispatched", None),
        ("", None),
    ],
)
def test_notifications_of_mail_programs(words: str, state: ReadState | None) -> None:
    mail = (
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
        "--b\r\n\r\nwords\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        "Reporting-UA: pc; Thunderbird\r\nFinal-Recipient: rfc822;anna@x.example\r\n"
        f"Original-Message-ID: <m1@hub.example>\r\nDisposition: {words}\r\n\r\n--b--\r\n"
    ).encode()
    found = disposition_of(mail)
    assert (found.state if found else None) is state
    assert found is None or (found.reader, found.message_id) == ("anna@x.example", "m1@hub.example")


def test_nothing_gets_into_a_header() -> None:
    evil = "x\r\nBcc: all@x.example"
    told = Delivery("+8613800138000", MmStatus.EXPIRED, evil, NOW, evil)
    mail = delivery.notification_of(
        told, to="a@x.example", domain="h.example", report_id="r1", now=NOW, envelope_id=evil
    )
    assert b"\r\nBcc" not in mail
    read = Disposition("+8613800138000", ReadState.READ, evil)
    assert b"\r\nBcc" not in (
        disposition.notification_of(read, to="a@x.example", domain="h.example", report_id="r1", now=NOW) or b""
    )
    for to in (evil, "用户@x.example", ""):
        with pytest.raises(BadRequest):
            delivery.notification_of(told, to=to, domain="h.example", report_id="r1", now=NOW)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_are_survived(data: bytes) -> None:
    head = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/"
    for kind in (b"delivery-status", b"disposition-notification"):
        deliveries_of(head + kind + b"\r\n\r\n" + data)
        disposition_of(head + kind + b"\r\n\r\n" + data)
    assert deliveries_of(data) == () or data.lower().count(b"multipart/report")
