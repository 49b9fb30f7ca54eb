"""Mails that members wrote in the pages leave when their time has come: filed in the transaction that lets them go.

A mail whose recipients are gone meanwhile, or whose files are, comes back as a draft that says so.
"""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.drafts import Draft
from gateway.core.errors import BadRequest, NotFound
from gateway.mail.filing import Submitted, file_within
from gateway.mail.mime.composing import envelope_of, written
from gateway.mail.mime.headers import MailHeaders, headers_of, read_fields
from gateway.mail.mime.writer import MailFile
from gateway.mail.recipients import ask
from gateway.store.desk import BooksOfStore, Desk

#: Why a mail came back.
NOBODY: Final = "nobody"  # a recipient is gone
FULL: Final = "full"  # the mailbox of a recipient is
UNREADABLE: Final = "unreadable"  # something of it cannot be read, or written into a mail


class Departures:
    """Lets mails leave."""

    def __init__(self, desk: Desk, *, keep_sent: bool) -> None:
        self._desk = desk
        self._keep_sent = keep_sent

    async def send_due(self) -> int:
        """Send everything whose time has come; returns how many left. Raises StoreUnavailable."""
        left = 0
        while due := await self._desk.read(lambda books: books.drafts.due()):
            for draft in due:
                left += await self._send(draft)
        return left

    async def _send(self, draft: Draft) -> bool:
        account, answered = await self._desk.read(lambda books: _behind(draft, books))
        if account is None:
            return await self._come_back(draft, NOBODY)
        mail_id = self._desk.new_id()
        try:
            data = await asyncio.to_thread(self._write, draft, account, answered, mail_id)
        except (BadRequest, NotFound):
            return await self._come_back(draft, UNREADABLE)
        blob = await self._desk.blobs.put(mail_id, data)
        facts = self._desk.read_facts(data, self._desk.now_ms())
        addresses, _ = envelope_of(draft.content, account.domain)

        def work(books: BooksOfStore) -> bool:
            recipients = [ask(books, Address.parse(address)) for address in addresses]
            if not recipients or any(one.targets is not None and not one.targets for one in recipients):
                books.drafts.come_back(draft.id, NOBODY)
                return False
            if any(one.free_octets is not None and one.free_octets < len(data) for one in recipients):
                books.drafts.come_back(draft.id, FULL)
                return False
            if not books.drafts.leave(draft.id):
                return False
            file_within(
                books,
                Submitted(data, blob, facts, account, account.address, recipients, mail_id, self._keep_sent),
            )
            return True

        left = await self._desk.commit(work)
        if left:
            self._desk.journal.mail_filed(mail_id, len(data))
        return left

    def _write(self, draft: Draft, account: Account, answered: MailHeaders | None, mail_id: int) -> bytes:
        files = [MailFile(file.name, file.media_type, self._desk.blobs.get(file.blob)) for file in draft.files]
        return written(draft.content, account, mail_id, self._desk.now_ms(), answered=answered, files=files)

    async def _come_back(self, draft: Draft, trouble: str) -> bool:
        await self._desk.commit(lambda books: books.drafts.come_back(draft.id, trouble))
        return False


def _behind(draft: Draft, books: BooksOfStore) -> tuple[Account | None, MailHeaders | None]:
    """Who wrote it, and the header of the mail it answers if that is the writer's and still there."""
    account = books.accounts.by_id(draft.account_id)
    row = books.mail(draft.content.answers) if draft.content.answers else None
    if row is None or row["mailbox_id"] != books.mails.mailbox_of(draft.account_id):
        return account, None
    try:
        return account, headers_of(read_fields(books.stored(row["blob"])))
    except NotFound:
        return account, None
