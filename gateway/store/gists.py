"""Reading the gist of mails that were filed: what lists show of a body, read some time after it came.

Taking a mail must be quick, so its body is not read then; a chore does it soon after, and a list for what it shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from gateway.core.errors import NotFound
from gateway.core.webmail import Gist
from gateway.mail.mime.gist import gist_of
from gateway.store.desk import BooksOfStore, Desk

#: Mails in one round.
ROUND: Final = 50
#: Pause between two turns of the chore, and works of the store in it from which mail has precedence.
EVERY_S: Final = 2.0
BUSY_WORKS: Final = 200
#: Octets of bodies that a list waits for.
MAX_NOW_OCTETS: Final = 4 << 20


async def read_gists(desk: Desk, mails: Sequence[tuple[int, int, str]]) -> int:
    """Read the gists of (mailbox, mail, body), let the mails be found by them, and note them; returns how many."""
    if not mails:
        return 0
    gists = await asyncio.to_thread(_gists, desk, mails)

    def note(books: BooksOfStore) -> None:
        for mail_id, gist in gists:
            books.webmail.set_gist(mail_id, gist)

    await desk.commit(note)
    return len(gists)


async def read_all_gists(desk: Desk, mailbox_id: int = 0, limit: int = 1000) -> int:
    """Read the gists that nobody has read yet, of one mailbox or of all; returns how many, at most `limit`."""
    done = 0
    while done < limit:
        waiting = await desk.read(lambda books: books.webmail.without_gist(ROUND, mailbox_id))
        if not await read_gists(desk, waiting):
            break
        done += len(waiting)
    return done


class GistReading:
    """The chore: reads the gists of what came, less of them at once while much comes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._is_known = False
        self._works = 0

    async def go_on(self) -> None:
        """One turn."""
        if not self._is_known:
            await read_again(self._desk)
            self._is_known = True
        works, self._works = self._works, self._desk.store.figures.works
        is_busy = self._works - works > BUSY_WORKS
        await read_all_gists(self._desk, limit=ROUND if is_busy else 20 * ROUND)


async def read_again(desk: Desk) -> None:
    """Where the index of words is new or was lost, let every mail be read again."""
    if not await asyncio.to_thread(lambda: desk.search.is_empty):
        return
    after: int | None = 0
    while after is not None:
        after = await desk.commit(lambda books, start=after: books.webmail.forget_gists(start))  # type: ignore[misc]


def _gists(desk: Desk, mails: Sequence[tuple[int, int, str]]) -> list[tuple[int, Gist]]:
    found: list[tuple[int, Gist]] = []
    for _, mail_id, blob in mails:
        try:
            data = desk.blobs.get(blob)
        except NotFound:
            data = b""  # its row is all that is left; it must not be asked for again and again
        found.append((mail_id, gist_of(data)))
    desk.search.add(
        [(mail_id, mailbox_id, gist.text) for (mailbox_id, *_), (mail_id, gist) in zip(mails, found, strict=True)]
    )
    return found
