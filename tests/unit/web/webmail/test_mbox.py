"""Mails go into one file and come out of it as they were."""

from __future__ import annotations

import random

import pytest

from gateway.web.webmail.mbox import Boxed, boxed, is_mbox, unboxed

MAILS = (
    b"Subject: a\r\n\r\nFrom here\r\n>From there\r\n>>From\r\n\r\nFrom x\r\n",
    b"Subject: b\r\n\r\n",
    b"Subject: c\r\n\r\nno line end",
    b"From: d@e.example\r\n\r\n\r\nFrom: not a beginning\r\n\r\n\r\n",
)


def test_there_and_back() -> None:
    flags = ("S", "", "FRS", "F")
    data = b"".join(
        boxed(mail, sender="a@b.example", at_ms=0, flags=flag) for mail, flag in zip(MAILS, flags, strict=True)
    )
    assert is_mbox(data)
    found = list(unboxed(data))
    assert [one.flags for one in found] == list(flags)
    assert [one.data.rstrip() for one in found] == [mail.rstrip() for mail in MAILS]


@pytest.mark.parametrize("sender", ["", "a b", "x\nFrom y", "数@b.example", "a" * 500])
def test_no_sender_makes_a_line_of_its_own(sender: str) -> None:
    assert boxed(b"S: x\n\n", sender=sender, at_ms=0, flags="").startswith(b"From MAILER-DAEMON ")


def test_a_single_mail_is_itself() -> None:
    assert list(unboxed(MAILS[0])) == [Boxed(MAILS[0], "S")]
    assert list(unboxed(MAILS[3])) == [Boxed(MAILS[3], "S")]
    assert list(unboxed(b"  \n")) == []


def test_other_programs_write_it_otherwise() -> None:
    data = b"From - Mon Jan  1 00:00:00 2026\r\nSubject: a\r\n\r\nx\r\n\r\nFrom z\r\nSubject: b\r\n\r\ny"
    assert [one.data for one in unboxed(data)] == [b"Subject: a\r\n\r\nx\r\n", b"Subject: b\r\n\r\ny"]


def test_anything_can_be_read() -> None:
    chance = random.Random(3)
    for _ in range(300):
        data = b"".join(chance.choice((b"From ", b"\n", b"\r\n", b">", b"x", b"Status: R", b":")) for _ in range(60))
        list(unboxed(data))
