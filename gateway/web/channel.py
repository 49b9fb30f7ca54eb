"""The channel between the hub and its front workers: a Unix socket, frames of JSON, many messages to a frame.

A front worker takes HTTP off the hub's hands: it parses, authorises and checks requests in a process of its own, and
hands the messages over here; the hub puts them into the outbox with its own and answers when they are on disk. Every
frame is a big-endian uint32 length and a JSON object: to the hub `m` messages, `w` links that have work, `r` mail for
the relay, `h` webhook calls, `u` the door is open; to the worker `a` answers, `c` counters of the
hub, `p` figures of its process.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import orjson

from gateway.core.errors import StoreUnavailable
from gateway.core.outbox import NewSms, Priority, Purpose
from gateway.journal import Journal
from gateway.store.database import WriterFigures
from gateway.store.desk import Desk
from gateway.web.metrics import HubFigures
from gateway.web.problems import Problem
from gateway.web.pulse import Pulse
from gateway.web.submissions import Answer, Submissions, Taken

_LENGTH: Final = struct.Struct(">I")
#: A thousand messages of ten segments in UTF-8 and JSON escapes are below 8 MiB.
MAX_FRAME: Final = 16 << 20
#: Seconds between two pushes of the hub's counters to its workers.
PUSH_EVERY_S: Final = 1.0


class _Frames(asyncio.Protocol):
    """Frames both ways; what is put out in one turn of the loop goes out in one frame."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._came = bytearray()
        self._out: dict[str, Any] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        came = self._came
        came += data
        at = 0
        while len(came) - at >= 4:
            (length,) = _LENGTH.unpack_from(came, at)
            if length > MAX_FRAME:
                self.close()
                return
            if len(came) - at - 4 < length:
                break
            self.frame(orjson.loads(memoryview(came)[at + 4 : at + 4 + length]))
            at += 4 + length
        if at:
            del came[:at]

    def frame(self, found: dict[str, Any]) -> None:
        """A frame came."""
        raise NotImplementedError

    def send(self, key: str, value: Any) -> None:
        """Send a value, with all others that are sent in this turn of the loop."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.setdefault(key, []).append(value)

    def _flush(self) -> None:
        out, self._out = self._out, {}
        if out and self._transport is not None:
            data = orjson.dumps(out)
            self._transport.write(_LENGTH.pack(len(data)) + data)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()


# --- the hub's end ----------------------------------------------------------------------------------------------


class _Reply:
    """Takes the answer to one message of a worker; stands where a future stands for the hub's own."""

    __slots__ = ("_end", "_number")

    def __init__(self, end: _WorkerLine, number: int) -> None:
        self._end = end
        self._number = number

    def done(self) -> bool:
        return False

    def set_result(self, answer: Answer) -> None:
        if isinstance(answer, Taken):
            fields = answer.id, answer.state, answer.link, answer.segments, answer.alphabet, answer.repeated
            self._end.send("a", (self._number, 1, *fields))
        else:
            self._end.send("a", (self._number, 0, *_problem_to_json(answer)))

    def set_exception(self, error: BaseException) -> None:
        self._end.send("a", (self._number, 2, str(error)))


class _WorkerLine(_Frames):
    """The hub's end of the line to one worker."""

    def __init__(self, hub: HubEnd) -> None:
        super().__init__()
        self._hub = hub

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._hub.lines.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._hub.lines.discard(self)

    def frame(self, found: dict[str, Any]) -> None:
        submissions = self._hub.submissions
        for number, *fields in found.get("m", ()):
            submissions.put_for(_sms_from_json(fields), _Reply(self, number))
        desk = self._hub.desk
        for link in set(found.get("w", ())):
            desk.work_for_link(link)
        if "r" in found:
            desk.work_for_relay()
        if "h" in found:
            desk.work_for_webhooks()
        if "u" in found:
            self._hub.worker_is_up()


class HubEnd:
    """The hub's end of the channel."""

    def __init__(self, desk: Desk, daily_cap: int) -> None:
        self.desk = desk
        self.submissions = Submissions(desk, daily_cap)
        self.lines: set[_WorkerLine] = set()
        self._server: asyncio.Server | None = None
        self._pushing: asyncio.Task[None] | None = None
        self._pulse = Pulse()
        self._up = 0
        self._one_more_up = asyncio.Event()

    async def start(self, path: Path) -> None:
        """Listen for workers on a socket in a directory that only this user may enter."""
        _make_way(path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _WorkerLine(self), str(path))
        self._pulse.start()
        self._pushing = loop.create_task(self._push(), name="push-counters")

    async def wait_for(self, workers: int) -> None:
        """Wait until so many workers answer HTTP."""
        while self._up < workers:
            self._one_more_up.clear()
            await self._one_more_up.wait()

    def worker_is_up(self) -> None:
        """A worker has opened its door."""
        self._up += 1
        self._one_more_up.set()

    async def _push(self) -> None:
        while True:
            counts = [(*key, count) for key, count in self.desk.journal.counts.items()]
            writer = self.desk.store.figures
            process = (writer.commits, writer.works, writer.replays, writer.failures, self._pulse.lag_s, os.getpid())
            for line in self.lines:
                line.send("c", counts)
                line.send("p", process)
            await asyncio.sleep(PUSH_EVERY_S)

    async def stop(self) -> None:
        """Answer what is under way, then let the workers go."""
        await self.submissions.drain()
        if self._pushing is not None:
            self._pushing.cancel()
            await self._pulse.stop()
        await asyncio.sleep(0)  # answers put in this turn go out first
        if self._server is not None:
            self._server.close()
        for line in list(self.lines):
            line.close()


# --- the worker's end -------------------------------------------------------------------------------------------


class WorkerEnd(_Frames):
    """A worker's end of the channel; takes the place of `Submissions` in its web door."""

    def __init__(self, journal: Journal, lost: Callable[[], None]) -> None:
        super().__init__()
        self._journal = journal
        self._lost = lost
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._hub_counts: Counter[tuple[str, str]] = Counter()
        self._hub = HubFigures(WriterFigures(), 0.0, os.getppid())

    def hub(self) -> HubFigures:
        """What the hub's process has said of itself last."""
        return self._hub

    def put(self, sms: NewSms) -> asyncio.Future[Answer]:
        """Hand a message to the hub; the future holds what became of it, or StoreUnavailable."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._number += 1
        self._waiting[self._number] = future
        self.send("m", (self._number, *_sms_to_json(sms)))
        return future

    async def drain(self) -> None:
        """Wait until everything handed over is answered."""
        while self._waiting:
            await asyncio.wait(set(self._waiting.values()))

    def frame(self, found: dict[str, Any]) -> None:
        for number, kind, *fields in found.get("a", ()):
            future = self._waiting.pop(number, None)
            if future is None or future.done():
                continue
            if kind == 1:
                future.set_result(Taken(*fields))
            elif kind == 0:
                future.set_result(_problem_from_json(fields))
            else:
                future.set_exception(StoreUnavailable(fields[0]))
        for counts in found.get("c", ()):
            self._take_counts(counts)
        for *writer, lag_s, pid in found.get("p", ()):
            self._hub = HubFigures(WriterFigures(*writer), lag_s, pid)

    def _take_counts(self, counts: list[tuple[str, str, int]]) -> None:
        """Show the hub's counters beside the worker's own: what was added since the last push is added here."""
        new = Counter({(fact, where): count for fact, where, count in counts})
        for key, count in new.items():
            self._journal.counts[key] += count - self._hub_counts[key]
        self._hub_counts = new

    def connection_lost(self, exc: Exception | None) -> None:
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(StoreUnavailable("the hub went away; nobody knows whether it took this"))
        self._lost()


def _make_way(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def _sms_to_json(sms: NewSms) -> tuple[Any, ...]:
    return (
        sms.recipient,
        sms.text,
        sms.purpose,
        sms.account_id,
        sms.sender,
        sms.priority,
        sms.not_before_ms,
        sms.validity_s,
        sms.want_report,
        sms.key,
        sms.tag,
        sms.link,
        *((sms.data.hex(), sms.port, sms.source_port) if sms.data else ()),
    )


def _sms_from_json(fields: list[Any]) -> NewSms:
    recipient, text, purpose, account_id, sender, priority, not_before_ms, validity_s, report, key, tag, link, *load = (
        fields
    )
    data, port, source_port = load or ("", None, None)
    return NewSms(
        recipient,
        text,
        Purpose(purpose),
        account_id,
        sender,
        Priority(priority),
        not_before_ms,
        validity_s,
        report,
        key,
        None,
        tag,
        link,
        bytes.fromhex(data),
        port,
        source_port,
    )


def _problem_to_json(problem: Problem) -> tuple[Any, ...]:
    return problem.status, problem.code, str(problem), problem.remedy, problem.retry_after_s


def _problem_from_json(fields: list[Any]) -> Problem:
    status, code, detail, remedy, retry_after_s = fields
    return Problem(status, code, detail, remedy, retry_after_s=retry_after_s)
