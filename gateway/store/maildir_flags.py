"""What mail programs marked over IMAP, seen in the names of files: read, starred, answered.

A folder is looked at when a page shows it, and only when the times of its directories say that something changed. Mails
that a program moved, deleted or put there itself are not noticed.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from gateway.core.errors import StoreUnavailable
from gateway.store.desk import BooksOfStore, Desk

#: Seconds between two looks at a folder, and how long after a change its time is not yet trusted.
EVERY_S: Final = 2.0
SETTLE_S: Final = 2.0
MAX_FOLDERS: Final = 20_000
AT_ONCE: Final = 500


@dataclass(slots=True)
class MaildirMemory:
    """Which folders were looked at when, and what their times were; of one process."""

    seen: OrderedDict[tuple[int, str], tuple[float, tuple[int, int]]] = field(default_factory=OrderedDict)

    def is_due(self, key: tuple[int, str], now_s: float) -> bool:
        """Whether a folder was not looked at just now."""
        found = self.seen.get(key)
        return found is None or now_s - found[0] >= EVERY_S

    def note(self, key: tuple[int, str], now_s: float, times: tuple[int, int]) -> None:
        """A folder was looked at."""
        self.seen[key] = now_s, times
        self.seen.move_to_end(key)
        if len(self.seen) > MAX_FOLDERS:
            self.seen.popitem(last=False)


async def read_flags(desk: Desk, memory: MaildirMemory, mailbox_id: int, folder: str) -> int:
    """Take over what mail programs marked in a folder; returns how many mails have changed."""
    key, now_s = (mailbox_id, folder), time.monotonic()
    if not memory.is_due(key, now_s):
        return 0
    times = await asyncio.to_thread(desk.blobs.times_of, mailbox_id, folder)
    before = memory.seen.get(key)
    is_settled = time.time() - max(times) / 1e9 > SETTLE_S
    memory.note(key, now_s, times if is_settled else (0, 0))
    if before is not None and before[1] == times:
        return 0
    marked = await asyncio.to_thread(desk.blobs.flags_in, mailbox_id, folder)
    known = await desk.read(lambda books: books.webmail.flags_in(mailbox_id, folder)) if marked else {}
    changed = [
        (mail_id, known[mail_id], flags) for mail_id, flags in marked.items() if known.get(mail_id, flags) != flags
    ]
    for start in range(0, len(changed), AT_ONCE):
        some = changed[start : start + AT_ONCE]

        def work(books: BooksOfStore, some: list[tuple[int, str, str]] = some) -> None:
            for mail_id, old, flags in some:
                books.webmail.take_flags(mailbox_id, mail_id, old, flags)

        try:
            await desk.commit(work)
        except StoreUnavailable:
            memory.note(key, now_s, (0, 0))
            raise
    return len(changed)
