"""`caiyou mailbox`: what was opened for numbers, and what an operator of the hub can do about it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.commands.books import open_desk
from gateway.core.mms import NewMms
from gateway.core.outbox import Purpose
from mms.config import MmsConfig
from mms.pickup import Mailboxes, Waiting
from tests.fakes.commands import reply_of

Typed = Callable[..., str]
PHONE = "+8613800138000"
BODY = b"From: a@x.example\r\nTo: b@x.example\r\nSubject: a card\r\n\r\nhello\r\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A hub with the mailbox of one number, in which one MMS waits."""
    path = tmp_path / "caiyou.toml"
    path.write_text(f'[store]\ndata_dir = "{tmp_path}/data"\n')

    def work(books: object) -> None:
        books.accounts.add_domain("x.example")  # type: ignore[attr-defined]
        message_id = books.mms.add(NewMms(PHONE, blob, len(BODY), Purpose.CARD))  # type: ignore[attr-defined]
        waiting = Waiting(message_id, PHONE, blob, BODY, "Anna", "unknown", "no MMS")
        assert Mailboxes(MmsConfig(), lambda pin: pin).file(waiting, books) is None  # type: ignore[arg-type]

    with open_desk(path) as desk:
        blob = desk.blobs.put_now(desk.new_id(), BODY)
        desk.run_now(work)
    return path


@pytest.fixture
def typed(config: Path) -> Typed:
    """Types a command; gives what it prints, or the sentence with which it gives up."""

    return functools.partial(reply_of, config, "mailbox")


def test_it_is_listed_suspended_and_purged(typed: Typed, config: Path) -> None:
    assert typed("list").split()[:2] == [PHONE, "open"]
    assert typed("list", "--state", "active") == ""
    lines = typed("of", "13800138000").splitlines()
    assert "waiting" in lines[1]
    assert lines[1].endswith("told")
    assert typed("suspend", PHONE) == ""
    assert typed("list").split()[:2] == [PHONE, "suspended"]
    assert typed("suspend", PHONE).startswith("caiyou: the mailbox is suspended")
    with open_desk(config) as desk:
        (mail,) = desk.read_now(lambda books: [books.mail(one.mail_id) for one in books.pickups.waiting_of(PHONE)])
        assert mail is not None
        assert typed("purge", PHONE) == ""
        assert not desk.blobs.path(mail["blob"]).exists()
    assert typed("of", PHONE).startswith(f"caiyou: no mailbox was opened for {PHONE}")


def test_a_mailbox_whose_owner_has_come_is_not_purged(typed: Typed, config: Path) -> None:
    with open_desk(config) as desk:
        desk.run_now(lambda books: books.pickups.activate(books.pickups.of_number(PHONE).account_id))
    assert typed("purge", PHONE).startswith("caiyou: its owner has come")
    assert "its owner has come" in typed("list")


def test_a_new_pin_goes_out_once_in_ten_minutes(typed: Typed, config: Path) -> None:
    def sent(books: object) -> list[str]:
        ids = books.outbox.to_number(PHONE)  # type: ignore[attr-defined]
        return [books.outbox.get(one)["text"] for one in ids]  # type: ignore[attr-defined]

    assert typed("resend-pin", PHONE) == ""
    with open_desk(config) as desk:
        assert sum("密码" in text for text in desk.read_now(sent)) == 2
    assert typed("resend-pin", PHONE).startswith("caiyou: no PIN was sent")
    assert typed("resend-pin", "12").startswith("caiyou: number: '12' is no phone number")
