"""Fitting that is shared: a letter to a thousand phones that show the same is fitted once.

What differs between their messages is whom they are addressed to and when they were made, which is written anew.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple, Protocol

from gateway.core.errors import MalformedPdu
from gateway.fitting import FittingDied
from mms.fitting import Fitted, FittingJob
from mms.handsets.handset import Handset
from mms.readdressing import for_phone

#: Octets of what was made that are kept for phones that come later.
KEPT_OCTETS: Final = 16 << 20


class Fitting(Protocol):
    """Who fits MMS to phones."""

    async def fit(self, job: FittingJob) -> Fitted:
        """Fit one MMS. Raises MessageRefused, FittingDied."""

    async def close(self) -> None:
        """End it."""


class _Sight(NamedTuple):
    """All that what is made of a letter depends on."""

    letter: str
    handset: Handset
    max_octets: int
    sender: str
    as_letter: bool


class _Made(NamedTuple):
    """What is made, or being made, and for whom it was made first."""

    task: asyncio.Task[Fitted]
    recipient: str
    date_ms: int


class SharedFitting:
    """Fits letters by their reference, `at_once` at the same time: those alone are in memory."""

    def __init__(
        self, pool: Fitting, read: Callable[[str], bytes], at_once: int, kept_octets: int = KEPT_OCTETS
    ) -> None:
        self._pool = pool
        self._read = read  # the octets of a reference, in any thread; raises NotFound
        self._room = asyncio.Semaphore(at_once)
        self._made: OrderedDict[_Sight, _Made] = OrderedDict()
        self._kept = 0
        self._kept_octets = kept_octets

    async def fit(self, letter: str, job: FittingJob) -> Fitted:
        """The message for the job, whose own letter is left empty. Raises NotFound, MessageRefused, FittingDied."""
        sight = _Sight(letter, job.handset, job.max_octets, job.sender, job.as_letter)
        made = self._made.get(sight)
        if made is None:
            task = asyncio.create_task(self._fit(letter, job), name=f"fit-{letter}")
            made = self._made[sight] = _Made(task, job.recipient, job.date_ms)
            task.add_done_callback(partial(self._ended, sight))
        else:
            self._made.move_to_end(sight)
        # Others may wait for it too: who is cancelled here must not end it for them.
        fitted = await asyncio.shield(made.task)
        if job.as_letter or (job.recipient, job.date_ms) == (made.recipient, made.date_ms):
            return fitted
        try:
            return replace(fitted, pdu=for_phone(fitted.pdu, job.recipient, job.date_ms))
        except MalformedPdu as error:
            raise FittingDied(f"an answer that is none: {error.reason}") from error

    async def close(self) -> None:
        """End what is under way, and the pool."""
        tasks = [made.task for made in self._made.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pool.close()

    async def _fit(self, letter: str, job: FittingJob) -> Fitted:
        async with self._room:
            octets = await asyncio.to_thread(self._read, letter)
            return await self._pool.fit(replace(job, letter=octets))

    def _ended(self, sight: _Sight, task: asyncio.Task[Fitted]) -> None:
        if task.cancelled() or task.exception() is not None:
            del self._made[sight]  # those who wait hear of it; who comes later tries again
            return
        self._kept += len(task.result().pdu)
        for other, made in list(self._made.items()):
            if self._kept <= self._kept_octets:
                break
            if made.task.done() and not made.task.cancelled():
                self._kept -= len(made.task.result().pdu)
                del self._made[other]
