"""What a phone gets that fetches: the message as it was fitted, or fitted anew where the phone turns out to be another.

Fitting anew is done once for a telling, and kept under the id of its push: the same address gives the same octets
however often it is asked, and by whomever.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from gateway.core.errors import NotFound
from gateway.fitting import FittingDied
from gateway.mmsc.pushes import version_of
from gateway.store.blobs import reference
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.mm1 import Notification
from mms.codec.codes import Version
from mms.codec.errors import MmsFormatError
from mms.codec.pdu import RetrieveConf, decode
from mms.config import MmsConfig
from mms.fitting import Fitted, FittingJob, MessageRefused
from mms.handsets.evidence import Seen, conclude, learn
from mms.handsets.handset import Handset
from mms.handsets.media_types import canonical

#: Seconds a phone is left waiting while its MMS is fitted anew; then it gets what there is.
PATIENCE_S: Final = 8.0


class Fitting(Protocol):
    """Who fits MMS to phones."""

    async def fit(self, job: FittingJob) -> Fitted: ...


class _Found(NamedTuple):
    """What is kept for a phone, and what is known of it."""

    message: RetrieveConf
    size: int
    handset: Handset
    fitted_to: str  # key of a handset
    row: Mapping[Any, Any]
    letter: str


class Retrieval:
    """Gives phones their MMS."""

    def __init__(self, desk: Desk, config: MmsConfig, pool: Fitting) -> None:
        self._desk = desk
        self._config = config
        self._pool = pool
        self._under_way: dict[str, asyncio.Lock] = {}  # token -> who fits it anew

    async def octets(self, one: Notification, seen: Seen | None) -> bytes:
        """The m-retrieve.conf for a phone. Raises NotFound where what is sent is gone, MmsFormatError where broken."""
        found = await self._desk.read(lambda books: _find(books, one, seen))
        if not _needs_other(found, one):
            return _named(found.message, one, version_of(found.handset))
        lock = self._under_way.setdefault(one.token, asyncio.Lock())
        try:
            async with lock:
                found = await self._desk.read(lambda books: _find(books, one, seen))
                if _needs_other(found, one):
                    await self._fit(found, one)
                    found = await self._desk.read(lambda books: _find(books, one, seen))
        finally:
            self._under_way.pop(one.token, None)
        return _named(found.message, one, version_of(found.handset))

    async def _fit(self, found: _Found, one: Notification) -> None:
        """Fit the letter to the phone that is there now; leaves everything as it is where that cannot be done."""
        handset = found.handset
        try:
            letter = await asyncio.to_thread(self._desk.blobs.get, found.letter)
            job = FittingJob(
                letter=letter,
                handset=handset,
                max_octets=min(handset.max_octets, self._config.max_octets),
                sender=found.row["sender"],
                recipient=one.number,
                date_ms=found.row["created_ms"],
            )
            async with asyncio.timeout(PATIENCE_S):
                fitted = await self._pool.fit(job)
        except (NotFound, MessageRefused, FittingDied, TimeoutError) as error:
            self._desk.journal.count("mm1_not_fitted_anew", type(error).__name__)
            return
        assert one.push_id is not None  # _needs_other
        blob = await self._desk.blobs.put(one.push_id, fitted.pdu, anew=True)

        def note(books: BooksOfStore) -> None:
            books.mm1.refitted(one, blob, handset.key, fitted.receipt)
            books.timeline.step(one.message_id, "fitted", f"anew, for {handset.key}: {fitted.story}")

        await self._desk.commit(note)


def _find(books: BooksOfStore, one: Notification, seen: Seen | None) -> _Found:
    row = books.outbox.get(one.message_id)
    facts = books.mms.facts([one.message_id]).get(one.message_id)
    if row is None or facts is None or not row["blob"]:
        raise NotFound("what is sent is gone")
    octets = books.stored(row["blob"])
    message = decode(octets)
    if not isinstance(message, RetrieveConf):
        raise MmsFormatError("what is kept for the phone is no message")
    memory = books.handsets.memory(one.number)
    if seen is not None:
        memory = learn(memory, seen)
    profile = books.handsets.profile(memory.profile_url) if memory.profile_url else None
    known = conclude(memory, None if profile is None else profile.profile)
    return _Found(message, len(octets), known.handset, facts["handset"], row, facts["letter"])


def _needs_other(found: _Found, one: Notification) -> bool:
    """Whether what is kept was made for another phone, or is more than this one takes."""
    if not one.push_id or found.row["blob"] == reference(one.push_id):
        return False
    handset = found.handset
    if handset.key != found.fitted_to or found.size > handset.max_octets:
        return True
    shown = handset.images | handset.sounds | handset.videos
    parts = found.message.body.parts if found.message.body is not None else ()
    kinds = {canonical(part.media_type) for part in parts if not part.is_locked}
    return any(kind not in shown for kind in kinds if kind.partition("/")[0] in ("image", "audio", "video"))


def _named(message: RetrieveConf, one: Notification, version: Version) -> bytes:
    """The message with the ids of this notification."""
    return dataclasses.replace(message, version=version, transaction_id=one.token, message_id=one.token).encode()
