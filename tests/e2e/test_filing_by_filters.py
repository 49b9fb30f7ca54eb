"""Filters, sending on and the answer of who is away, on mail that comes in by SMTP or from members."""

from __future__ import annotations

import asyncio
import email
import email.policy
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.core.away import Away, write_away
from tests.fakes.site import DOMAIN, SiteHub, site_hub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SiteHub]:
    async with site_hub(tmp_path) as made:
        for name in ("ann", "bob", "carol"):
            made.member(name)
        yield made


def keep(hub: SiteHub, name: str, kind: str, *settings: dict[str, Any]) -> None:
    def work(books: Any) -> None:
        account_id = books.accounts.by_address(f"{name}@{DOMAIN}").id
        books.rules.replace(account_id, kind, [(one, True) for one in settings])

    hub.app.desk.run_now(work)


def rows(hub: SiteHub, name: str, folder: str = "INBOX") -> list[Any]:
    def work(books: Any) -> list[Any]:
        account = books.accounts.by_address(f"{name}@{DOMAIN}")
        return list(books.mails.in_folder(books.mails.mailbox_of(account.id), folder))

    return hub.app.desk.read_now(work)


def read(hub: SiteHub, row: Any) -> email.message.EmailMessage:
    data = hub.app.desk.read_now(lambda books: books.stored(row["blob"]))
    return email.message_from_bytes(data, policy=email.policy.default)  # type: ignore[return-value]


async def send(hub: SiteHub, to: str, sender: str = "li@example.org", subject: str = "Tea", more: str = "") -> None:
    """Hand a mail in as another server does."""

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", hub.app.mail.smtp.port) as smtp:  # type: ignore[union-attr]
            address = f"{to}@{DOMAIN}"
            text = f"From: <{sender or 'a@b.example'}>\r\nTo: <{address}>\r\nSubject: {subject}\r\n{more}\r\nWords.\r\n"
            smtp.sendmail(sender, [address], text)

    await asyncio.to_thread(work)


async def test_a_filter_files_stars_and_silences(hub: SiteHub) -> None:
    condition = {"field": "subject", "how": "contains", "value": "tea"}
    keep(
        hub, "ann", "filter", {"name": "Tea", "conditions": [condition], "folder": "Trade", "star": True, "read": True}
    )
    await send(hub, "ann")
    await send(hub, "ann", subject="Coffee")
    (row,) = rows(hub, "ann", "Trade")
    assert row["flags"] == "FS"
    assert [one["subject"] for one in rows(hub, "ann")] == ["Coffee"]


async def test_mail_is_sent_on_to_proved_addresses_alone_and_never_in_circles(hub: SiteHub) -> None:
    for name, target in (("ann", "bob"), ("bob", "carol"), ("carol", "ann")):
        keep(hub, name, "filter", {"name": "on", "forward": f"{target}@{DOMAIN}"})
        keep(hub, name, "forward", {"address": f"{target}@{DOMAIN}"})
    keep(hub, "carol", "filter", {"name": "on", "forward": f"ann@{DOMAIN}"}, {"forward": "other@example.org"})
    await send(hub, "ann")
    assert [len(rows(hub, name)) for name in ("ann", "bob", "carol")] == [2, 1, 1]
    (last,) = rows(hub, "carol")
    assert read(hub, last).get_all("X-Caiyou-Forwarded") == [f"bob@{DOMAIN}", f"ann@{DOMAIN}"]
    assert last["envelope_sender"] == f"bob@{DOMAIN}"
    queued = hub.app.desk.read_now(lambda books: books.relay.about_mail(last["id"]))
    assert not queued


async def test_who_is_away_answers_people_once_a_week(hub: SiteHub) -> None:
    keep(hub, "ann", "away", write_away(Away("I am on the lake.", until_ms=1 << 50)))
    await send(hub, "ann", sender=f"bob@{DOMAIN}")
    await send(hub, "ann", sender=f"bob@{DOMAIN}")
    (row,) = rows(hub, "bob")
    answer = read(hub, row)
    assert answer["Subject"] == "Re: Tea"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert "on the lake" in answer.get_content()
    assert row["envelope_sender"] == ""


@pytest.mark.parametrize(
    ("sender", "more"),
    [
        ("", ""),
        (f"carol@{DOMAIN}", "Auto-Submitted: auto-generated\r\n"),
        (f"carol@{DOMAIN}", "List-Id: <tea.example.org>\r\n"),
        (f"carol@{DOMAIN}", "Precedence: bulk\r\n"),
        (f"carol@{DOMAIN}", "X-Spam-Flag: YES\r\n"),
        (f"carol@{DOMAIN}", "X-Caiyou-Loop: bounce\r\n"),
    ],
)
async def test_who_is_away_answers_no_program(hub: SiteHub, sender: str, more: str) -> None:
    keep(hub, "ann", "away", write_away(Away("I am on the lake.")))
    await send(hub, "ann", sender=sender, more=more)
    assert len(rows(hub, "ann")) == 1
    assert not rows(hub, "carol")


async def test_two_who_are_away_do_not_answer_one_another_for_ever(hub: SiteHub) -> None:
    for name in ("ann", "bob"):
        keep(hub, name, "away", write_away(Away(f"{name} is away")))
    await send(hub, "ann", sender=f"bob@{DOMAIN}")
    assert len(rows(hub, "bob")) == 1
    assert len(rows(hub, "ann")) == 1
