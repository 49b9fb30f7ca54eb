"""Processes that fit MMS to phones: media come from strangers, and what reads them may hang, eat memory or die.

Each slot is one process that gets a job at a time over its standard input and answers on its standard output. What
goes out to it is ours (a pickle); what comes back is only JSON and octets, for a process that read hostile media may be
nobody's friend. One that takes too long is killed, one that died is started again with the next job.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import resource
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from mms.fitting import Fitted, FittingJob, MessageRefused

#: Jobs after which a process is started afresh, so that what a library leaks goes with it.
JOBS_PER_PROCESS: Final = 200
#: Address space of one process: a photo of 48 megapixels takes a quarter of it.
MAX_MEMORY: Final = 2 << 30
#: Longest answer.
MAX_ANSWER: Final = 64 << 20
#: What a process of the pool runs.
COMMAND: Final = (sys.executable, "-m", "gateway.fitting")
_LENGTHS: Final = struct.Struct(">II")


class FittingDied(Exception):
    """The process that fitted an MMS died, hung, or answered nonsense."""


@dataclass(slots=True)
class _Slot:
    process: asyncio.subprocess.Process | None = None
    jobs: int = 0


class FittingPool:
    """Some processes that fit MMS."""

    def __init__(self, size: int, timeout_s: float, command: Sequence[str] = COMMAND) -> None:
        self.size = size
        self._timeout_s = timeout_s
        self._command = command
        self._free: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()
        for _ in range(size):
            self._free.put_nowait(_Slot())

    async def fit(self, job: FittingJob) -> Fitted:
        """Fit one MMS. Raises MessageRefused with a reason for its sender, FittingDied when the process broke."""
        slot = await self._free.get()
        try:
            return await self._with(slot, job)
        finally:
            self._free.put_nowait(slot)

    async def _with(self, slot: _Slot, job: FittingJob) -> Fitted:
        process = await self._process(slot)
        assert process.stdin is not None
        assert process.stdout is not None
        octets = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
        try:
            async with asyncio.timeout(self._timeout_s):
                process.stdin.write(_LENGTHS.pack(len(octets), 0))
                process.stdin.write(octets)
                await process.stdin.drain()
                words, body = _LENGTHS.unpack(await process.stdout.readexactly(_LENGTHS.size))
                if words + body > MAX_ANSWER:
                    raise FittingDied("an answer longer than any MMS")
                answer = json.loads(await process.stdout.readexactly(words))
                pdu = await process.stdout.readexactly(body)
        except TimeoutError as error:
            await self._kill(slot)
            raise FittingDied(f"not done in {self._timeout_s:g} s") from error
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            await self._kill(slot)
            raise FittingDied("the process that fitted it died") from error
        except BaseException:
            await self._kill(slot)  # somebody else would get this answer
            raise
        slot.jobs += 1
        if slot.jobs >= JOBS_PER_PROCESS:
            await self._kill(slot)
        return _read(answer, pdu)

    async def _process(self, slot: _Slot) -> asyncio.subprocess.Process:
        if slot.process is None or slot.process.returncode is not None:
            slot.jobs = 0
            slot.process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1 << 20,
            )
        return slot.process

    async def _kill(self, slot: _Slot) -> None:
        process, slot.process = slot.process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def close(self) -> None:
        """End the processes that are idle. Jobs under way must have been waited for or cancelled before."""
        while not self._free.empty():
            await self._kill(self._free.get_nowait())


def _read(answer: Any, pdu: bytes) -> Fitted:
    if not isinstance(answer, dict):
        raise FittingDied("an answer that is none")
    if "refused" in answer:
        raise MessageRefused(str(answer["refused"])[:500])
    return Fitted(pdu, str(answer.get("receipt", "")), str(answer.get("story", ""))[:1000])


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Fit what comes until the other end closes."""
    from mms.letter_fitting import fit_letter  # here and not above: only these processes load media libraries

    while len(header := source.read(_LENGTHS.size)) == _LENGTHS.size:
        length, _ = _LENGTHS.unpack(header)
        job: FittingJob = pickle.loads(source.read(length))  # noqa: S301  it comes from the hub itself
        pdu = b""
        try:
            fitted = fit_letter(job)
            pdu = fitted.pdu
            words = {"receipt": fitted.receipt, "story": fitted.story}
        except MessageRefused as error:
            words = {"refused": str(error)}
        octets = json.dumps(words, ensure_ascii=False).encode()
        sink.write(_LENGTHS.pack(len(octets), len(pdu)) + octets)
        sink.write(pdu)
        sink.flush()


def main() -> None:
    """One process of the pool."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # messages that are ready go first
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
