"""Mails of a file go into a folder: those that are there already are passed over, and nothing rings."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.accounts import Account, ToMailbox
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.webmail.mbox import Boxed, unboxed

#: Mails of one commit.
AT_ONCE: Final = 50


@dataclass(slots=True)
class TakenIn:
    """What became of the mails of a file."""

    filed: int = 0
    known: int = 0  # were there already
    is_full: bool = False  # the mailbox had no more room


async def take_in(desk: Desk, account: Account, folder: str, data: bytes) -> TakenIn:
    """File the mails of a file, oldest first as they stand there."""
    done = TakenIn()
    mails = unboxed(data)
    while not done.is_full:
        batch = await asyncio.to_thread(lambda: list(itertools.islice(mails, AT_ONCE)))
        if not batch:
            break
        await _file(desk, account, folder, batch, done)
    return done


async def _file(desk: Desk, account: Account, folder: str, batch: Sequence[Boxed], done: TakenIn) -> None:
    facts = await asyncio.to_thread(lambda: [desk.read_facts(one.data, desk.now_ms()) for one in batch])
    message_ids = [fact.message_id for fact in facts if fact.message_id]

    def ask(books: BooksOfStore) -> tuple[int, set[str], int]:
        mailbox_id = books.mails.mailbox_of(account.id) or 0
        known = books.webmail.message_ids(mailbox_id, folder, message_ids)
        return mailbox_id, known, books.free_octets(account.id)

    mailbox_id, known, free = await desk.read(ask)
    new: list[tuple[Boxed, int]] = []
    for place, (one, fact) in enumerate(zip(batch, facts, strict=True)):
        if fact.message_id and fact.message_id in known:
            done.known += 1
        elif len(one.data) > free:
            done.is_full = True
            break
        else:
            known.add(fact.message_id)
            free -= len(one.data)
            new.append((one, place))
    blobs = await asyncio.gather(*(desk.blobs.put(desk.new_id(), one.data) for one, _ in new))

    def work(books: BooksOfStore) -> None:
        target = ToMailbox(account.id, mailbox_id, account.address, 0)
        for (one, place), blob in zip(new, blobs, strict=True):
            books.file_mail(
                target, blob=blob, data=one.data, facts=facts[place], folder=folder, flags=one.flags, announce=False
            )

    if new:
        await desk.commit(work)
    done.filed += len(new)
