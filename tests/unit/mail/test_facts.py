"""What the row of a mail says."""

from __future__ import annotations

import pytest

from gateway.mail.facts import read_facts

NOW = 1_800_000_000_000


def test_the_facts_of_a_whole_mail() -> None:
    facts = read_facts(
        b"From: =?utf-8?B?5byg5LiJ?= <zhang@elsewhere.example>\r\nSubject: =?utf-8?B?5Lya6K6u?=\r\n"
        b"Date: Tue, 24 Nov 2026 09:00:00 +0800\r\nMessage-ID: <3@elsewhere.example>\r\n"
        b"In-Reply-To: <2@mail.example>\r\nReferences: <1@mail.example>\r\n\r\nbody\nline\r\n",
        NOW,
    )
    assert (facts.sender, facts.sender_name, facts.subject) == ("zhang@elsewhere.example", "张三", "会议")
    assert facts.date_ms == 1_795_482_000_000
    assert facts.message_id == "<3@elsewhere.example>"
    assert facts.references == ("<1@mail.example>", "<2@mail.example>")


def test_the_wire_size_counts_a_bare_lf_as_two() -> None:
    assert read_facts(b"A: b\n\nline\r\nline\n", NOW).wire_octets == len(b"A: b\r\n\r\nline\r\nline\r\n")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (b"Fri, 15 Jan 2027 08:00:00 +0000", 1_800_000_000_000),
        (b"Fri, 15 Jan 2038 08:00:00 +0000", NOW),
        (b"Fri, 15 Jan 1904 08:00:00 +0000", NOW),
        (b"yesterday", NOW),
        (b"", NOW),
    ],
)
def test_a_date_that_is_absurd_is_the_time_of_arrival(date: bytes, expected: int) -> None:
    assert read_facts(b"Date: " + date + b"\r\n\r\n", NOW).date_ms == expected


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\0", b"\xff" * 1000, b"no header at all", b"From: \0a@b\0.c\r\n\r\n"])
def test_nothing_unstorable_comes_out(data: bytes) -> None:
    facts = read_facts(data + b"\r\nSubject: a\0b\xed\xa0\x80\r\nMessage-ID: <\0@x>\r\n\r\n", NOW)
    for text in (facts.sender, facts.sender_name, facts.subject, facts.message_id, *facts.references):
        assert "\0" not in text
        text.encode()
