"""Mails of our own: read back by us and by the standard library, and no header can be smuggled in."""

import datetime
import email
import email.policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Mailbox
from gateway.mail.mime.reader import read_mail
from gateway.mail.mime.writer import MailFile, build_mail

DATE = datetime.datetime(2026, 11, 24, 9, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


def build(**changes: object) -> bytes:
    arguments: dict[str, object] = {
        "from_": Mailbox("李四", "13800138000@caiyou.example"),
        "to": [Mailbox("Zhang, San", "zhang@example.cn")],
        "subject": "回复：关于明天下午三点合同评审会议的通知以及需要大家提前准备的材料清单",
        "text": "好的，准时到。\n李四",
        "date": DATE,
        "message_id": "<2@caiyou.example>",
    }
    return build_mail(**(arguments | changes))  # type: ignore[arg-type]


def test_a_reply_reads_back_as_it_was_meant() -> None:
    mail = build(in_reply_to="<1@example.cn>", references=["<0@example.cn>", "<1@example.cn>"])
    content = read_mail(mail)
    headers = content.headers
    assert headers.from_ == Mailbox("李四", "13800138000@caiyou.example")
    assert headers.to == (Mailbox("Zhang, San", "zhang@example.cn"),)
    assert headers.subject == "回复：关于明天下午三点合同评审会议的通知以及需要大家提前准备的材料清单"
    assert (headers.message_id, headers.in_reply_to) == ("<2@caiyou.example>", "<1@example.cn>")
    assert headers.references == ("<0@example.cn>", "<1@example.cn>")
    assert headers.date == DATE
    assert content.text == "好的，准时到。\n李四"
    assert mail.isascii()
    assert all(len(line) <= 78 for line in mail.split(b"\r\n"))
    assert b"\n" not in mail.replace(b"\r\n", b"")


def test_the_standard_library_reads_it_too() -> None:
    files = [
        MailFile("合同 第三版 终稿 请盖章后寄回海淀区中关村大街一号.pdf", "application/pdf", b"%PDF"),
        MailFile("logo.png", "image/png", b"png", content_id="logo"),
    ]
    mail = email.message_from_bytes(build(html="<p>好</p>", files=files), policy=email.policy.default)
    assert mail["subject"] == "回复：关于明天下午三点合同评审会议的通知以及需要大家提前准备的材料清单"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip
    attached = next(iter(mail.iter_attachments()))
    assert attached.get_filename() == files[0].name
    assert attached.get_content() == b"%PDF"


def test_files_read_back() -> None:
    names = ["照片.jpg", "a.txt", 'q"uote.txt', "很长" * 60 + ".doc"]
    content = read_mail(build(files=[MailFile(name, "application/x-thing", name.encode()) for name in names]))
    assert [found.name for found in content.attachments] == names
    assert [found.content() for found in content.attachments] == [name.encode() for name in names]


def test_the_same_arguments_give_the_same_bytes() -> None:
    file = MailFile("a", "a/b", b"x")
    assert build(files=[file]) == build(files=[file])


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "a\r\nBcc: x@y.cn"},
        {"subject": "a\nb"},
        {"from_": Mailbox("a\r\nb", "a@b.cn")},
        {"to": [Mailbox("", "a@b.cn\r\nBcc: x@y.cn")]},
        {"to": [Mailbox("", "no address")]},
        {"to": [Mailbox("", "张三@b.cn")]},
        {"message_id": "1@b.cn"},
        {"message_id": "<1@b.cn>\r\nX: y"},
        {"in_reply_to": "<1 2@b.cn>"},
        {"references": ["<1@b.cn>", "x"]},
        {"headers": [("X-A", "b\r\nc")]},
        {"headers": [("X A", "b")]},
        {"headers": [("Subject", "twice")]},
        {"files": [MailFile("a\nb", "a/b", b"")]},
        {"files": [MailFile("a", "a/b\r\nX: y", b"")]},
        {"files": [MailFile("a", "a/b", b"", content_id="x\r\ny@z")]},
        {"date": datetime.datetime(2026, 11, 24)},  # noqa: DTZ001 - the missing zone is the point
    ],
)
def test_nothing_can_be_smuggled_in(changes: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        build(**changes)


@settings(max_examples=100, deadline=None)
@given(subject=st.text(max_size=200), text=st.text(max_size=300))
def test_any_subject_and_text_survive(subject: str, text: str) -> None:
    try:
        mail = build(subject=subject, text=text)
    except BadRequest:
        return
    read = email.message_from_bytes(mail, policy=email.policy.default)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    assert read.get_content().replace("\r\n", "\n").rstrip("\n") == lines
    assert read["subject"].replace("\t", " ").strip() == subject.replace("\t", " ").strip() or not subject.isascii()
    assert read_mail(mail).headers.subject.split() == subject.split()
