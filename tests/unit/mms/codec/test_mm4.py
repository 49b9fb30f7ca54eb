"""MM4: what other centres write is read, what we write is read by us and by the standard library."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import BadRequest, MalformedPdu
from mms.codec.mm4 import (
    DeliveryReport,
    Forward,
    Message,
    MmStatus,
    PreviouslySent,
    ReadReport,
    ReadStatus,
    Request,
    RequestStatus,
    Topic,
    response_to,
)
from mms.codec.mm4_mail import MAX_MAIL, is_mm4, read_mm4, write_mm4
from mms.content import SMIL, Arrangement, Body, Part
from mms.terms import MessageClass, Priority
from tests.unit.mms.codec.mm4_mails import A_DATE, MBUNI_FORWARD, VECTORS, as_sent

BODY = Body(
    (
        Part(SMIL, b"<smil/>", "p.smil", "s"),
        Part("image/jpeg", b"\xff\xd8" + bytes(range(256)), "1.jpg", "1"),
        Part("text/plain", "你好".encode(), "t.txt", "t", "utf-8"),
    ),
    Arrangement.RELATED,
    "s",
)
FORWARD = Forward(
    "T-1",
    "M-1@a.example",
    "+8613800138000",
    ("+8613900139000", "anna@b.example"),
    A_DATE,
    "system@mms.a.example",
    body=BODY,
    cc=("10086",),
    subject="生日快乐" * 20,
    message_class=MessageClass.ADVERTISEMENT,
    priority=Priority.LOW,
    expiry=A_DATE + datetime.timedelta(days=3),
    delivery_report=True,
    read_reply=True,
    sender_visible=False,
    centre_report=True,
    forward_counter=2,
    previously_sent=(PreviouslySent(0, "+8613700137000", A_DATE), PreviouslySent(1, "anna@b.example")),
    message_id="<mail.1@a.example>",
    others=(("x-mms-content-class", "image-basic"), ("vasp-id", "v1")),
)
REQUESTS: list[Message] = [
    FORWARD,
    dataclasses.replace(FORWARD, expiry=datetime.timedelta(seconds=600), subject="", others=(), ack_request=False),
    DeliveryReport(
        "T-2", "M-1", "+8613900139000", ("+8613800138000",), A_DATE, "s@b.example", True, "6.10.0",
        MmStatus.REJECTED, "Rejection-by-other-RS", "the phone said no", False,
    ),
    ReadReport("T-3", "M-1", "+8613900139000", ("+8613800138000",), A_DATE, "s@b.example", status=ReadStatus.DELETED),
]  # fmt: skip


def written(message: Message) -> bytes:
    return write_mm4(message, own_host="mms.a.example", peer_host="mms.b.example")


@pytest.mark.parametrize("name", VECTORS)
def test_what_other_centres_write_is_read(name: str) -> None:
    mail, meant = VECTORS[name]
    assert read_mm4(as_sent(mail)) == meant
    if name != "a sloppy gateway forwards":  # its body ends with the line end that is there
        assert read_mm4(mail) == meant


@pytest.mark.parametrize("name", VECTORS)
def test_it_is_written_again_with_the_same_meaning(name: str) -> None:
    _, meant = VECTORS[name]
    again = read_mm4(written(meant))
    if isinstance(meant, Forward):
        assert isinstance(again, Forward)
        again = dataclasses.replace(again, message_id=meant.message_id)
    assert again == meant


@pytest.mark.parametrize("message", REQUESTS, ids=lambda message: type(message).__name__)
def test_every_message_comes_back(message: Message) -> None:
    mail = written(message)
    assert mail.isascii()
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert read_mm4(mail) == message


def test_the_standard_library_reads_the_fields() -> None:
    message = email.message_from_bytes(written(FORWARD), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message["X-Mms-Message-Type"] == "MM4_forward.REQ"
    assert message["X-Mms-Transaction-ID"] == '"T-1"'
    assert message["Subject"] == FORWARD.subject
    assert message["From"].addresses[0].addr_spec == "+8613800138000/TYPE=PLMN@mms.a.example"
    assert [one.addr_spec for one in message["To"].addresses] == [
        "+8613900139000/TYPE=PLMN@mms.b.example", "anna@b.example",
    ]  # fmt: skip
    assert message["Cc"].addresses[0].addr_spec == "10086/TYPE=PLMN@mms.b.example"
    assert message["Date"].datetime == A_DATE
    assert [part.get_content_type() for part in message.iter_parts()] == [SMIL, "image/jpeg", "text/plain"]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda message: type(message).__name__)
def test_an_answer_names_what_it_answers(request_: Request) -> None:
    answer = response_to(request_, RequestStatus.SERVICE_DENIED, "system@mms.b.example", "not today")
    again = read_mm4(written(answer))
    assert again == answer
    assert (answer.transaction_id, answer.recipient) == (request_.transaction_id, request_.originator_system)
    assert not answer.is_ok
    assert response_to(request_, RequestStatus.OK, "s@b.example").is_ok


def test_what_is_no_mm4_is_refused() -> None:
    mail = b"From: a@b.example\r\nContent-Type: text/plain\r\n\r\nhello"
    assert not is_mm4(mail)
    assert is_mm4(MBUNI_FORWARD)
    for data in (mail, b"", b"\0" * 100, b"x" * (MAX_MAIL + 1)):
        with pytest.raises(MalformedPdu):
            read_mm4(data)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"transaction_id": " "}, "transaction_id"),
        ({"sender": "Anna\r\nBcc: x@y.example"}, "no address"),
        ({"recipients": ("用户@b.example",)}, "ASCII"),
    ],
)
def test_what_cannot_be_written_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        written(dataclasses.replace(FORWARD, **changes))  # type: ignore[arg-type]


def test_no_value_makes_a_field_of_its_own() -> None:
    evil = "x\r\nBcc: all@b.example\r\n\r\nbody"
    message = dataclasses.replace(
        FORWARD, subject=evil, transaction_id=evil, mms_id=evil, version=evil, others=(("x-mms-a", evil),)
    )
    parsed = email.message_from_bytes(written(message), policy=email.policy.default)
    assert "Bcc" not in parsed
    assert parsed.get_content_type() == "multipart/related"


@pytest.mark.parametrize("name", VECTORS)
def test_cut_anywhere_it_gives_a_message_or_the_one_error(name: str) -> None:
    mail = as_sent(VECTORS[name][0])
    for end in range(len(mail)):
        with contextlib.suppress(MalformedPdu):
            read_mm4(mail[:end])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(VECTORS)), st.integers(0, 1500), st.binary(max_size=20))
def test_any_octets_give_a_message_or_the_one_error(name: str, at: int, put: bytes) -> None:
    mail = as_sent(VECTORS[name][0])
    with contextlib.suppress(MalformedPdu):
        message = read_mm4(mail[:at] + put + mail[at + len(put) :])
        assert isinstance(message, Forward | DeliveryReport | ReadReport) or message.topic in Topic
