"""Bodies of mails that their owners deleted for good: deleted after some days, but those that other mails have."""

from __future__ import annotations

import asyncio

from gateway.store.blobs import reference
from gateway.store.desk import Desk


async def sweep_erased(desk: Desk) -> int:
    """Delete bodies whose time of grace is over and that lie in no Maildir any more; returns how many."""
    gone = 0
    while names := await asyncio.to_thread(desk.blobs.erased, desk.now_ms()):
        bodies = [reference(int(name.name)) for name in names]
        needed = await desk.read(lambda books, bodies=bodies: books.webmail.unplaced(bodies))  # type: ignore[misc]
        gone += await asyncio.to_thread(desk.blobs.forget_erased, names, needed)
    return gone
