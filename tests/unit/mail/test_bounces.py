"""Reports about undelivered mail, read by the standard library."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from gateway.mail.bounces import Report, Undelivered, build_report
from gateway.mail.mime.headers import read_headers

ORIGINAL = (
    b"Received: from a by b; Tue, 24 Nov 2026 09:00:00 +0800\r\nFrom: Anna <anna@mail.example>\r\n"
    b"Subject: =?utf-8?B?5Lya6K6u?=\r\nMessage-ID: <7@mail.example>\r\n\r\nsecret body\r\n"
)


def report(**changes: object) -> bytes:
    fields: dict[str, object] = {
        "id": 42,
        "hostname": "mx.mail.example",
        "sender": "anna@mail.example",
        "undelivered": [Undelivered("x@far.example", "550 5.1.1 no such user", "mx.far.example")],
        "original": ORIGINAL,
        "arrived_ms": 1_795_564_800_000,
        "now_ms": 1_795_568_400_000,
    }
    return build_report(Report(**(fields | changes)))  # type: ignore[arg-type]


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def groups(message: EmailMessage) -> list[email.message.Message]:
    part = list(message.iter_parts())[1]
    assert part.get_content_type() == "message/delivery-status"
    return list(part.get_payload())  # type: ignore[arg-type]


def test_a_failure_is_a_multipart_report() -> None:
    data = report()
    message = parsed(data)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["To"] == "anna@mail.example"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<7@mail.example>"
    assert "邮件未送达" in message["Subject"]
    assert b"\n" not in data.replace(b"\r\n", b"")
    about, recipient = groups(message)
    assert about["Reporting-MTA"] == "dns; mx.mail.example"
    assert about["Arrival-Date"]
    assert recipient["Final-Recipient"] == "rfc822; x@far.example"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "5.1.1"
    assert recipient["Remote-MTA"] == "dns; mx.far.example"
    assert recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 no such user"


def test_the_text_names_recipient_answer_and_subject() -> None:
    text = next(iter(parsed(report()).iter_parts())).get_content()
    assert "x@far.example" in text
    assert "550 5.1.1 no such user" in text
    assert "会议" in text


def test_only_the_header_of_the_original_goes_back() -> None:
    part = list(parsed(report()).iter_parts())[2]
    assert part.get_content_type() == "text/rfc822-headers"
    content = part.get_content()
    assert "Message-ID: <7@mail.example>" in content
    assert "secret body" not in content


def test_a_delay_says_until_when() -> None:
    message = parsed(report(retry_until_ms=1_796_000_000_000))
    _, recipient = groups(message)
    assert recipient["Action"] == "delayed"
    assert recipient["Will-Retry-Until"]
    assert "Mail delayed" in message["Subject"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("550 5.7.26 unauthenticated", "5.7.26"),
        ("550-5.1.1 the account", "5.1.1"),
        ("550 no such user", "5.0.0"),
        ("450 later", "4.0.0"),
        ("", "5.0.0"),
        ("550 10.1.2.3 is listed", "5.0.0"),
    ],
)
def test_the_status_is_found_in_the_answer(answer: str, status: str) -> None:
    assert Undelivered("x@far.example", answer).status == status


def test_a_utf8_recipient_needs_the_global_form() -> None:
    data = report(undelivered=[Undelivered("用户@far.example", "553 5.6.7 no")])
    assert b"Final-Recipient: utf-8; " + "用户@far.example".encode() in data
    assert b"message/global-delivery-status" in data


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"no header",
        b"A: " + b"x" * 200_000 + b"\r\n\r\n",
        b"Message-ID: <a\r\n\r\nb>\r\n\r\n",
        b"Message-ID: <\xff\x00\r@x>\nSubject: \xff\0\r\n\r\nbody",
        b"Subject: a\r\n--=_caiyou_42--\r\nX: y\r\n\r\n",
        "Subject: 生的\r\n\r\n".encode(),
    ],
)
def test_any_original_gives_a_report_of_three_parts(original: bytes) -> None:
    data = report(original=original)
    assert len(data) < 50_000 + 10_000
    assert b"\0" not in data
    assert b"\n" not in data.replace(b"\r\n", b"")
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert [part.get_content_type() for part in message.iter_parts()][:2] == [  # type: ignore[attr-defined]
        "text/plain",
        "message/delivery-status",
    ]


def test_an_answer_with_line_ends_stays_one_line() -> None:
    answer = "550 5.1.1 no\r\nBcc: all@far.example\r\n\r\nx\x1b"
    data = report(undelivered=[Undelivered("x@far.example", answer, "mx")])
    assert b"\r\nBcc:" not in data


def test_nobody_answers_a_report() -> None:
    assert read_headers(report()).is_automatic
