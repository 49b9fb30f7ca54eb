"""What mail programs did over IMAP, seen in the Maildir: marked, moved, copied, put there.

A folder is looked at when a page shows it, and only when the times of its directories say that something changed. A
mail is known by the name of its file, and one that was moved under another name by being the same file (inode) as its
body. A mail whose file is in no folder stays: Maildirs can be made anew from the rows, and a Maildir that was lost must
not look like a mailbox whose owner deleted everything.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from gateway.core.errors import NotFound, StoreUnavailable
from gateway.core.mails import NewMail
from gateway.core.webmail import INBOX, MaildirRow
from gateway.store.blobs import MaildirFile
from gateway.store.desk import BooksOfStore, Desk

#: Seconds between two looks at a folder, more where a look takes long; how long the time of a directory is not trusted.
EVERY_S: Final = 2.0
REST: Final = 20.0
SETTLE_S: Final = 2.0
MAX_FOLDERS: Final = 20_000
#: Mails that one look takes over of each kind of change.
AT_ONCE: Final = 500
#: Octets of a mail that was put there that are read for its header.
MAX_HEADER: Final = 1 << 20

_OURS: Final = re.compile(r"\d+\.M\d+Q(\d+)\.")
_WIRE: Final = re.compile(r",W=(\d{1,15})")
_Times = tuple[int, ...]


@dataclass(slots=True)
class MaildirMemory:
    """Which folders were looked at when, and what their times were; of one process."""

    seen: OrderedDict[tuple[int, str], tuple[float, _Times]] = field(default_factory=OrderedDict)

    def is_due(self, key: tuple[int, str], now_s: float) -> bool:
        """Whether a folder may be looked at again."""
        found = self.seen.get(key)
        return found is None or now_s >= found[0]

    def note(self, key: tuple[int, str], next_s: float, times: _Times) -> None:
        """A folder was looked at; not again before `next_s`."""
        self.seen[key] = next_s, times
        self.seen.move_to_end(key)
        if len(self.seen) > MAX_FOLDERS:
            self.seen.popitem(last=False)


@dataclass(slots=True)
class Changes:
    """What is to be taken over of one folder."""

    marked: list[tuple[MaildirRow, str]] = field(default_factory=list)  # with its new flags
    moved: list[tuple[MaildirRow, str, MaildirFile]] = field(default_factory=list)  # with its folder and file
    added: list[MaildirFile] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many mails have changed."""
        return len(self.marked) + len(self.moved) + len(self.added)


async def take_changes(desk: Desk, memory: MaildirMemory, mailbox_id: int, folder: str) -> int:
    """Take over what mail programs did in a folder; returns how many mails have changed."""
    key, start_s = (mailbox_id, folder), time.monotonic()
    if not memory.is_due(key, start_s):
        return 0
    times = await asyncio.to_thread(desk.blobs.times_of, mailbox_id, folder)
    before = memory.seen.get(key)
    if not any(times) or (before is not None and before[1] == times):
        memory.note(key, start_s + EVERY_S, times)
        return 0
    if folder == INBOX:
        names = await asyncio.to_thread(desk.blobs.folders_of, mailbox_id)
        known = {one.name for one in await desk.read(lambda books: books.webmail.folders(mailbox_id))}
        if set(names) - known:
            await desk.commit(lambda books: books.webmail.take_folders(mailbox_id, names))
    changes = await _changes(desk, mailbox_id, folder)
    if changes.count:
        await _take_over(desk, mailbox_id, folder, changes)
    took_s = time.monotonic() - start_s
    is_settled = time.time() - max(times) / 1e9 > SETTLE_S and changes.count < AT_ONCE
    memory.note(key, start_s + took_s + max(EVERY_S, REST * took_s), times if is_settled else ())
    return changes.count


async def _changes(desk: Desk, mailbox_id: int, folder: str) -> Changes:
    changes = Changes()
    rows = await desk.read(lambda books: books.webmail.maildir_rows(mailbox_id, folder))
    files = await asyncio.to_thread(desk.blobs.files_in, mailbox_id, folder)
    by_name = {row.file_name: row for row in rows}
    for row in rows:
        file = files.get(row.file_name)
        if file is not None and row.is_placed and file.is_seen and file.flags != row.flags:
            changes.marked.append((row, file.flags))
    missing = [row for row in rows if row.is_placed and row.file_name not in files][:AT_ONCE]
    unknown = [file for name, file in files.items() if name not in by_name][:AT_ONCE]
    del changes.marked[AT_ONCE:]
    if unknown:
        await _sort_unknown(desk, mailbox_id, folder, unknown, changes)
    if missing:
        gone = {row.id for row, *_ in changes.moved}
        await _sort_missing(desk, mailbox_id, [row for row in missing if row.id not in gone], changes)
    return changes


async def _sort_unknown(desk: Desk, mailbox_id: int, folder: str, unknown: list[MaildirFile], changes: Changes) -> None:
    """Files that no mail of the folder has: moved here, copied here, put here; or on their way."""
    ours = [int(match[1]) for file in unknown if (match := _OURS.match(file.name))]
    by_id = {row.id: row for row in await desk.read(lambda books: books.webmail.maildir_rows_of(mailbox_id, ours))}
    for file in unknown:
        match = _OURS.match(file.name)
        if match is not None:
            row = by_id.get(int(match[1]))
            # Without a row it is being deleted, and unplaced it is under way: nothing was done by a mail program.
            if row is not None and row.is_placed and row.folder != folder and row.file_name == file.name:
                there = await asyncio.to_thread(desk.blobs.files_in, mailbox_id, row.folder)
                if file.name in there:
                    changes.added.append(file)  # Dovecot gives a copy the name of what it copied
                else:
                    changes.moved.append((row, folder, file))
            continue
        message_id = await asyncio.to_thread(_message_id, desk, file)
        same = await desk.read(lambda books, wanted=message_id: books.webmail.same_mails(mailbox_id, wanted))  # type: ignore[misc]
        for row in same:
            if await asyncio.to_thread(desk.blobs.inode_of, row.blob) != file.inode:
                continue
            if not row.is_placed:
                break
            there = await asyncio.to_thread(desk.blobs.files_in, mailbox_id, row.folder)
            if row.file_name not in there:
                changes.moved.append((row, folder, file))
                break
        else:
            changes.added.append(file)


async def _sort_missing(desk: Desk, mailbox_id: int, missing: list[MaildirRow], changes: Changes) -> None:
    """Mails whose files are not in their folder, but in another one."""
    names = await asyncio.to_thread(desk.blobs.folders_of, mailbox_id)
    everywhere = {name: await asyncio.to_thread(desk.blobs.files_in, mailbox_id, name) for name in names}
    by_name = {name: (folder, file) for folder, files in everywhere.items() for name, file in files.items()}
    # Under a name of ours lies a mail with a row of its own, whatever body it shares.
    by_inode = {file.inode: (folder, file) for folder, file in by_name.values() if not _OURS.match(file.name)}
    for row in missing:
        inode = await asyncio.to_thread(desk.blobs.inode_of, row.blob)
        elsewhere = by_name.get(row.file_name) or by_inode.get(inode)
        if elsewhere is not None and elsewhere[0] != row.folder:
            changes.moved.append((row, *elsewhere))


def _message_id(desk: Desk, file: MaildirFile) -> str:
    try:
        with file.path.open("rb") as stream:
            return desk.read_facts(stream.read(MAX_HEADER), desk.now_ms()).message_id
    except OSError:
        return ""


async def _take_over(desk: Desk, mailbox_id: int, folder: str, changes: Changes) -> None:
    added: list[tuple[MaildirFile, NewMail, int]] = []
    for file in changes.added:
        new = await asyncio.to_thread(_new_mail, desk, mailbox_id, folder, file)
        if new is not None:
            added.append(new)

    def work(books: BooksOfStore) -> None:
        for row, flags in changes.marked:
            books.webmail.take_flags(mailbox_id, row, flags)
        for row, where, file in changes.moved:
            books.webmail.take_move(mailbox_id, row, where, file.name, file.flags if file.is_seen else row.flags)
        for file, mail, mail_id in added:
            books.mails.file(mail, mail_id)
            books.webmail.take_name(mailbox_id, mail_id, file.name)

    await desk.commit(work)


def _new_mail(desk: Desk, mailbox_id: int, folder: str, file: MaildirFile) -> tuple[MaildirFile, NewMail, int] | None:
    """What a mail program put into a folder, as a mail whose body is that file; None when it is gone again."""
    mail_id, wire = desk.new_id(), _WIRE.search(file.name)
    try:
        with file.path.open("rb") as stream:
            facts = desk.read_facts(stream.read(MAX_HEADER), desk.now_ms())
        blob, size = desk.blobs.adopt(file.path, mail_id)
        if _OURS.match(file.name):
            file = desk.blobs.name_anew(file, desk.blobs.file_name(mail_id, size, int(wire[1]) if wire else size))
    except (OSError, NotFound, StoreUnavailable):
        return None
    mail = NewMail(
        mailbox_id=mailbox_id, blob=blob, size_octets=size, wire_octets=int(wire[1]) if wire else size,
        sender=facts.sender, sender_name=facts.sender_name, subject=facts.subject, date_ms=facts.date_ms,
        message_id=facts.message_id, references=facts.references, folder=folder, kind=facts.kind, flags=file.flags,
    )  # fmt: skip
    return file, mail, mail_id
