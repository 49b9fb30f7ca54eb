"""Processes that fit MMS to phones and draw them: media are strangers', and what reads them may hang, eat memory, die.

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

from mms.fitting import DrawingJob, Drawn, Fitted, FittingJob, MessageRefused, PlayingJob, Screen

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
        return _fitted(*await self._do(job))

    async def draw(self, job: DrawingJob) -> Drawn:
        """Draw one message or card. Raises MessageRefused with a reason, FittingDied when the process broke."""
        return _drawn(*await self._do(job))

    async def play(self, job: PlayingJob) -> bytes:
        """A sound as WAV. Raises MessageRefused with a reason, FittingDied when the process broke."""
        return (await self._do(job))[1]

    async def _do(self, job: FittingJob | DrawingJob | PlayingJob) -> tuple[dict[str, Any], bytes]:
        slot = await self._free.get()
        try:
            return await self._with(slot, job)
        finally:
            self._free.put_nowait(slot)

    async def _with(self, slot: _Slot, job: FittingJob | DrawingJob | PlayingJob) -> tuple[dict[str, Any], bytes]:
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
                made = await process.stdout.readexactly(body)
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
        if not isinstance(answer, dict):
            raise FittingDied("an answer that is none")
        if "refused" in answer:
            raise MessageRefused(str(answer["refused"])[:500])
        return answer, made

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


def _fitted(answer: dict[str, Any], made: bytes) -> Fitted:
    return Fitted(made, str(answer.get("receipt", "")), str(answer.get("story", ""))[:1000])


def _drawn(answer: dict[str, Any], made: bytes) -> Drawn:
    """The screens stand one after the other in the octets, and what moves behind them."""
    try:
        facts = [
            (int(octets), int(duration_ms), tuple(str(note) for note in notes))
            for octets, duration_ms, notes in answer["screens"]
        ]
        warnings = tuple(str(warning) for warning in answer["warnings"])
    except (KeyError, TypeError, ValueError) as error:
        raise FittingDied("an answer that is none") from error
    screens, at = [], 0
    for octets, duration_ms, notes in facts:
        if not 0 < octets <= len(made) - at:
            raise FittingDied("an answer that is none")
        screens.append(Screen(made[at : at + octets], duration_ms, notes))
        at += octets
    return Drawn(tuple(screens), made[at:], warnings)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Fit and draw what comes until the other end closes."""
    while len(header := source.read(_LENGTHS.size)) == _LENGTHS.size:
        length, _ = _LENGTHS.unpack(header)
        job: FittingJob | DrawingJob | PlayingJob = pickle.loads(source.read(length))  # noqa: S301  it comes from the hub itself
        made = b""
        words: dict[str, Any]
        try:
            words, made = _done(job)
        except MessageRefused as error:
            words = {"refused": str(error)}
        octets = json.dumps(words, ensure_ascii=False).encode()
        sink.write(_LENGTHS.pack(len(octets), len(made)) + octets)
        sink.write(made)
        sink.flush()


def _done(job: FittingJob | DrawingJob | PlayingJob) -> tuple[dict[str, Any], bytes]:
    # Here and not above: only these processes load media libraries.
    from mms.drawing import draw
    from mms.letter_fitting import fit_letter
    from mms.media.pictures import MediaRefused
    from mms.media.playing import playable

    if isinstance(job, PlayingJob):
        try:
            return {}, playable(job.data, job.media_type)
        except MediaRefused as error:
            raise MessageRefused(str(error)) from error
    if isinstance(job, DrawingJob):
        drawn = draw(job)
        screens = [[len(one.png), one.duration_ms, list(one.notes)] for one in drawn.screens]
        pictures = b"".join(one.png for one in drawn.screens)
        return {"screens": screens, "warnings": list(drawn.warnings)}, pictures + drawn.animated
    fitted = fit_letter(job)
    return {"receipt": fitted.receipt, "story": fitted.story}, fitted.pdu


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
