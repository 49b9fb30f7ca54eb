"""Bodies of MMS in MIME: ours read back and read by the standard library, those of others in all their spellings."""

from __future__ import annotations

import contextlib
import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import MalformedPdu
from mms.codec.mime_body import MAX_LEVELS, MAX_PARTS, read_body, write_body
from mms.content import SMIL, Arrangement, Body, Part

JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 3
BODY = Body(
    (
        Part(SMIL, b"<smil/>", "p.smil", "AAAA", "utf-8"),
        Part("image/jpeg", JPEG, "1.jpg", "1.jpg"),
        Part("text/plain", "你好".encode(), "文字.txt", "t@x", "utf-8", (("format", "flowed"),)),
        Part("image/gif", b"", 'quo"te\\ 100% =?a?=.gif'),
    ),
    Arrangement.RELATED,
    "AAAA",
)


def test_a_body_comes_back_as_it_was() -> None:
    assert read_body(write_body(BODY)) == BODY
    assert write_body(BODY) == write_body(BODY)
    single = Body((Part("text/plain", b"hi", charset="us-ascii"),))
    assert read_body(write_body(single)) == single


def test_the_standard_library_reads_the_same() -> None:
    message = email.message_from_bytes(write_body(BODY), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert (message.get_content_type(), message.get_param("type"), message.get_param("start")) == (
        "multipart/related", "application/smil", "<AAAA>",
    )  # fmt: skip
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == [part.media_type for part in BODY.parts]
    assert [part.get_payload(decode=True) for part in parts] == [part.data for part in BODY.parts]
    assert [part.get_filename() for part in parts] == [part.name for part in BODY.parts]
    assert [str(part["Content-ID"]) for part in parts[:3]] == ["<AAAA>", "<1.jpg>", "<t@x>"]
    assert not [part.defects for part in message.walk() if part.defects]


def entity(head: str, *parts: str, boundary: str = "b") -> bytes:
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"{head}\r\n\r\n{body}--{boundary}--\r\n".encode()


SMIL_PART = "Content-Type: application/smil; Name=main.smil; Charset=UTF-8\r\nContent-Id: <AAAA>\r\n\r\n<smil/>"
GIF_PART = (
    "Content-Type: image/gif; Name=Bomb.gif\r\nContent-Transfer-Encoding: base64\r\n"
    "Content-Location: Bomb.gif\r\n\r\nR0lGODlh"
)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("parameters wrongly cased", entity(
            'Content-Type: multipart/related;Type="application/smil";Start="<AAAA>"; boundary=b', SMIL_PART, GIF_PART)),
        ("the binary multipart of WAP", entity(
            "Content-Type: application/vnd.wap.multipart.related; start=AAAA; boundary=b", SMIL_PART, GIF_PART)),
        ("a start that is not there", entity(
            'Content-Type: multipart/related; start="<nobody>"; boundary=b', SMIL_PART, GIF_PART)),
        ("mixed in name only", entity("Content-Type: multipart/mixed; boundary=b", SMIL_PART, GIF_PART)),
        ("blanks behind the boundary", entity(
            "Content-Type: multipart/related; boundary=b", SMIL_PART, GIF_PART).replace(b"--b\r\n", b"--b \t\r\n")),
        ("a preamble and an epilogue", entity(
            "Content-Type: multipart/related; boundary=b\r\n\r\nmulti-part\r\n", SMIL_PART, GIF_PART) + b"bye"),
        ("line feeds alone", entity(
            "Content-Type: multipart/related; boundary=b", SMIL_PART, GIF_PART).replace(b"\r\n", b"\n")),
        ("no last boundary", entity(
            "Content-Type: multipart/related; boundary=b", SMIL_PART, GIF_PART).replace(b"--b--\r\n", b"")),
        ("blanks and commas in the boundary", entity(
            'Content-Type: multipart/related; boundary="Story 74, 5"', SMIL_PART, GIF_PART, boundary="Story 74, 5")),
        ("one multipart in another", entity(
            "Content-Type: multipart/mixed; boundary=out",
            entity("Content-Type: multipart/related; boundary=out-in", SMIL_PART, GIF_PART, boundary="out-in").decode(),
            boundary="out")),
        ("an empty part", entity("Content-Type: multipart/related; boundary=b", SMIL_PART, "", GIF_PART)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_others_send_is_read(what: str, data: bytes) -> None:
    body = read_body(data)
    assert [(part.media_type, part.name, part.content_id, part.data.rstrip()) for part in body.parts] == [
        (SMIL, "main.smil", "AAAA", b"<smil/>"),
        ("image/gif", "Bomb.gif", "", b"GIF89a"),
    ]
    assert body.parts[0].charset == "utf-8"
    assert (body.arrangement, body.start) == (Arrangement.RELATED, "AAAA")


def test_encodings_are_undone() -> None:
    quoted = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4=BD=A0=\r\n!"
    assert read_body(quoted).parts[0].data == "你!".encode()
    raw = b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: binary\r\n\r\n" + JPEG
    assert read_body(raw) == Body((Part("image/jpeg", JPEG),))


def nested(levels: int) -> bytes:
    data = b"Content-Type: text/plain\r\n\r\nx\r\n"
    for level in range(levels):
        data = f"Content-Type: multipart/mixed; boundary={level}\r\n\r\n--{level}\r\n".encode() + data
    return data


@pytest.mark.parametrize(
    "data",
    [
        nested(MAX_LEVELS + 1),
        nested(5000),
        entity("Content-Type: multipart/mixed; boundary=b", *["Content-Type: image/gif\r\n\r\nx"] * (MAX_PARTS + 1)),
        b"Content-Type: multipart/mixed\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=" + b"x" * 300 + b"\r\n\r\nx",
    ],
    ids=["deep", "very deep", "many", "no boundary", "a long boundary"],
)
def test_bounds(data: bytes) -> None:
    with pytest.raises(MalformedPdu):
        read_body(data)


def test_a_million_false_boundaries_end_soon() -> None:
    body = read_body(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + b"\n--bad" * 200_000)
    assert len(body.parts) == 1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2000), st.binary(max_size=30), st.integers(0, 2000))
def test_any_octets_give_a_body_or_the_one_error(at: int, put: bytes, end: int) -> None:
    data = write_body(BODY)
    with contextlib.suppress(MalformedPdu):
        read_body((data[:at] + put + data[at + len(put) :])[:end])
