"""Mails of our own making, judged by the standard library's parser."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail2sms.letters import Letter, in_answer
from tests.fakes.mail2sms import read

NOW = datetime.datetime(2026, 1, 5, 12, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


def letter(**changes: object) -> Letter:
    values: dict[str, object] = {
        "from_address": "ann@hub.cn",
        "to_address": "wang@example.org",
        "subject": "Re: 合同评审",
        "text": "好的\n",
        "message_id": "<1.sms@hub.cn>",
        "date": NOW,
    }
    return Letter(**(values | changes))  # type: ignore[arg-type]


def test_every_field_is_as_it_was_meant() -> None:
    message = read(
        letter(
            from_name="安娜",
            to_name='Wang "the" Fifth',
            in_reply_to="<m2@example.org>",
            references=["<m1@example.org>", "<m2@example.org>"],
            marks={"Auto-Submitted": "auto-generated"},
        ).encode()
    )
    assert message["From"].addresses[0].display_name == "安娜"
    assert message["To"].addresses[0].display_name == 'Wang "the" Fifth'
    assert message["Subject"] == "Re: 合同评审"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<1.sms@hub.cn>"
    assert message["In-Reply-To"] == "<m2@example.org>"
    assert message["References"].split() == ["<m1@example.org>", "<m2@example.org>"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content() == "好的\r\n"


def test_long_ids_stay_whole_and_the_first_reference_is_kept() -> None:
    ids = [f"<{n}.{'x' * 200}@example.org>" for n in range(60)]
    data = letter(references=ids, in_reply_to=ids[-1]).encode()
    assert read(data)["References"].split() == [ids[0], *ids[-19:]]
    assert f"In-Reply-To: {ids[-1]}".encode() in data
    assert max(map(len, data.split(b"\r\n"))) <= 998


texts = st.text(max_size=120)


@given(texts, texts, texts, texts)
def test_nothing_breaks_out_of_its_field(name: str, subject: str, text: str, an_id: str) -> None:
    data = letter(
        from_name=name, to_name=name, subject=subject, text=text, in_reply_to=an_id, references=[an_id]
    ).encode()
    message = read(data)
    allowed = {"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"}
    assert set(message) <= allowed | {"Content-Type", "Content-Transfer-Encoding"}
    assert message["From"].addresses[0].addr_spec == "ann@hub.cn"
    assert message["To"].addresses[0].addr_spec == "wang@example.org"
    assert len(message["To"].addresses) == 1
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("subject", ["Tea", "x" * 500, "合同" * 300, "a\r\nBcc: evil@example.org", "=?utf-8?q?x?="])
def test_subjects_stay_one_field(subject: str) -> None:
    shown = str(read(letter(subject=subject).encode())["Subject"])
    assert shown == " ".join(subject[:200].split())


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Tea", "Re: Tea"),
        ("Re: Tea", "Re: Tea"),
        ("RE: re：回复：Tea", "Re: Tea"),
        ("Fwd: Tea", "Re: Fwd: Tea"),
        ("", "Re:"),
        ("Regarding tea", "Re: Regarding tea"),
    ],
)
def test_one_re(subject: str, answer: str) -> None:
    assert in_answer(subject) == answer
