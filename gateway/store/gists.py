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
from gateway.store.blobs import Blobs
from gateway.store.desk import BooksOfStore, Desk

#: Mails in one round.
ROUND: Final = 50
#: Octets of bodies that a list waits for.
MAX_NOW_OCTETS: Final = 4 << 20


async def read_gists(desk: Desk, mails: Sequence[tuple[int, int, str]]) -> int:
    """Read and note the gists of (mailbox, mail, body); returns how many."""
    if not mails:
        return 0
    gists = await asyncio.to_thread(_gists, desk.blobs, mails)

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


def _gists(blobs: Blobs, mails: Sequence[tuple[int, int, str]]) -> list[tuple[int, Gist]]:
    found: list[tuple[int, Gist]] = []
    for _, mail_id, blob in mails:
        try:
            data = blobs.get(blob)
        except NotFound:
            data = b""  # its row is all that is left; it must not be asked for again and again
        found.append((mail_id, gist_of(data)))
    return found
