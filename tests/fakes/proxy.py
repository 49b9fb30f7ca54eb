"""A TCP proxy between a link and its carrier that breaks the line in every way lines break.

Octets are counted per connection and direction: `up` goes from the link to the carrier, `down` comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass


@dataclass
class Faults:
    """What goes wrong on connections from now on; the defaults are a good line. Can be changed at any time."""

    #: Seconds every piece is late.
    latency_s: float = 0.0
    #: The line is cut once exactly so many octets have passed upwards, or downwards; then this is None again.
    cut_up_at: int | None = None
    cut_down_at: int | None = None
    #: A cut is a reset, which may overtake octets under way; else both sides get what passed, then the end.
    reset: bool = False
    #: Connections are taken, and nothing is ever read or said.
    mute: bool = False
    #: Connections that stand lose every octet from now on, as when a cable was pulled.
    unplugged: bool = False
    #: So many octets at a time, with this pause after each; 0 = as they come.
    drip_octets: int = 0
    drip_pause_s: float = 0.001
    #: Every so many pieces one comes twice on the way down; 0 = never.
    twice_down_every_n: int = 0
    #: Octets that come before the next piece on the way down, once.
    noise_down: bytes = b""


@dataclass
class Line:
    """One connection: octets that passed."""

    up: int = 0
    down: int = 0


class Proxy:
    """Listens on `port` and passes on to the port that `target()` gives."""

    def __init__(self, target: Callable[[], int]) -> None:
        self.faults = Faults()
        self.port = 0
        self.connections = 0
        self.cuts = 0
        self.newest = Line()
        self._target = target
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._pieces = 0

    async def start(self) -> None:
        """Listen; the port stays the same when it is closed and opened again."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Listen no more: connections are refused by the system until `start()`."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def drop(self, *, reset: bool = False) -> None:
        """Break every connection that stands."""
        for writer in list(self._writers):
            _hang_up(writer, reset=reset)

    async def stop(self) -> None:
        """Break all and let go."""
        self.refuse()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        line = self.newest = Line()
        self._writers.add(writer)
        try:
            if self.faults.mute:
                await asyncio.Event().wait()
            async with self._carrier() as (back, out):
                await self._both_ways(line, reader, writer, back, out)
        except OSError:
            pass
        except asyncio.CancelledError:
            if not writer.is_closing():
                writer.transport.abort()
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    @contextlib.asynccontextmanager
    async def _carrier(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        back, out = await asyncio.open_connection("127.0.0.1", self._target())
        self._writers.add(out)
        try:
            yield back, out
        finally:
            self._writers.discard(out)
            out.close()
            with contextlib.suppress(OSError):
                await out.wait_closed()

    async def _both_ways(
        self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        back: asyncio.StreamReader, out: asyncio.StreamWriter,
    ) -> None:  # fmt: skip
        ways = [
            asyncio.create_task(self._pass(line, reader, out, "up")),
            asyncio.create_task(self._pass(line, back, writer, "down")),
        ]
        try:
            _, other = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if other:
                await asyncio.wait(other, timeout=0.05)  # what the other side says on the end of the one
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        faults = self.faults
        while data := await reader.read(65536):
            if faults.latency_s:
                await asyncio.sleep(faults.latency_s)
            if faults.unplugged:
                continue
            if way == "down":
                data = self._spoilt(data)
            size = faults.drip_octets or len(data)
            for start in range(0, len(data), size):
                if self._write(line, writer, data[start : start + size], way):
                    self.cuts += 1
                    await asyncio.sleep(0)
                    self.drop(reset=faults.reset)
                    return
                await writer.drain()
                if faults.drip_octets:
                    await asyncio.sleep(faults.drip_pause_s)

    def _spoilt(self, data: bytes) -> bytes:
        faults = self.faults
        self._pieces += 1
        if faults.twice_down_every_n and self._pieces % faults.twice_down_every_n == 0:
            data += data
        if faults.noise_down:
            data, faults.noise_down = faults.noise_down + data, b""
        return data

    def _write(self, line: Line, writer: asyncio.StreamWriter, data: bytes, way: str) -> bool:
        """Pass a piece on; True when the line is to be cut after it."""
        passed = getattr(line, way)
        at = getattr(self.faults, f"cut_{way}_at")
        is_last = at is not None and passed + len(data) >= at
        if at is not None and is_last:
            data = data[: max(0, at - passed)]
            setattr(self.faults, f"cut_{way}_at", None)
        setattr(line, way, passed + len(data))
        writer.write(data)
        return is_last


def _hang_up(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if not reset:
        writer.close()
        return
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        # Linger of no time: the kernel sends RST and forgets what it had.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
