"""Letters that are edited: a new version under the same row, the old name and body gone, the quota right."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.core.errors import NotFound
from tests.fakes.desk import Bench


def letter(subject: str, words: str) -> bytes:
    return (
        f"From: Anna <anna@mail.example>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@mail.example>\r\n"
        f"Content-Type: text/plain\r\n\r\n{words}\r\n"
    ).encode()


def names(bench: Bench, mailbox_id: int) -> list[str]:
    """Files of the folder Cards as part and flags, with what they hold."""
    base = bench.desk.blobs.maildir(mailbox_id, "Cards")
    return sorted(
        f"{path.parent.name}{path.name.partition(':')[2]} {path.read_text().splitlines()[1]}"
        for path in base.rglob("*,W=*")
    )


async def test_a_letter_is_replaced_and_removed(bench: Bench) -> None:
    desk = bench.desk

    def prepare(b: Any) -> tuple[int, int]:
        b.accounts.add_domain("mail.example")
        account = b.accounts.add("anna@mail.example")
        return account.id, b.mails.mailbox_of(account.id)

    account_id, mailbox_id = await desk.commit(prepare)

    async def kept(subject: str, words: str) -> int:
        data, mail_id = letter(subject, words), desk.new_id()
        blob = await desk.blobs.put(mail_id, data)
        made = await desk.commit(
            lambda b: b.file_letter(
                account_id, blob=blob, data=data, kind="card", folder="Cards", flags="FS", announce=False,
                mail_id=mail_id,
            )
        )  # fmt: skip
        assert made == mail_id
        return mail_id

    async def settled() -> None:
        while (task := desk._placing) is not None and not task.done():
            await asyncio.wait([task])
        if desk._forgetting is not None:
            await desk._forgetting

    def page(**options: Any) -> list[int]:
        rows = desk.read_now(lambda b: b.mails.page_of_kind(mailbox_id, "card", "Cards", limit=1, **options))
        return [row["id"] for row in rows]

    first, second = await kept("one", "x"), await kept("two", "y")
    assert page(before=None) == [second]
    assert page(before=second, is_starred=True) == [first]
    before = dict(desk.read_now(lambda b: b.mails.of_kind(mailbox_id, "card", first)) or {})
    data, version_id = letter("uno", "longer than before"), desk.new_id()
    blob = await desk.blobs.put(version_id, data)
    await desk.commit(lambda b: b.replace_letter(before, blob=blob, data=data, version_id=version_id))
    await settled()
    after = dict(desk.read_now(lambda b: b.mails.of_kind(mailbox_id, "card", first)) or {})
    assert (after["subject"], after["flags"], after["folder"], after["placed"]) == ("uno", "FS", "Cards", True)
    assert after["file_name"] != before["file_name"]
    assert names(bench, mailbox_id) == ["cur2,FS Subject: two", "cur2,FS Subject: uno"]
    assert desk.read_now(lambda b: b.mails.quota(mailbox_id))[0] == len(data) + len(letter("two", "y"))
    with pytest.raises(NotFound):
        desk.blobs.get(before["blob"])
    assert desk.read_now(lambda b: b.mails.of_kind(mailbox_id, "mms", first)) is None

    await desk.commit(lambda b: b.remove_letter(after))
    await settled()
    assert names(bench, mailbox_id) == ["cur2,FS Subject: two"]
    assert desk.read_now(lambda b: b.mails.quota(mailbox_id))[0] == len(letter("two", "y"))
    with pytest.raises(NotFound):
        desk.blobs.get(after["blob"])
