"""The socket side of a peer's line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, cast

from gateway.downstream.line import Line
from gateway.mail.limits import Connections

#: Octets that may wait for a peer that does not read; then it is cut off.
MOST_UNREAD_OCTETS: Final = 4 * 1024 * 1024

MakeLine = Callable[[str, float], Line]  # (address, now)


class House(Protocol):
    """Who is told of connections."""

    def entered(self, line: Line, connection: Connection) -> None:
        """Somebody connected."""

    def left(self, line: Line, reason: str) -> None:
        """A connection is gone."""


class Connection(asyncio.Protocol):
    """The socket side of a line."""

    def __init__(self, house: House, make: MakeLine, limits: Connections) -> None:
        self._house = house
        self._make = make
        self._limits = limits
        self._transport: asyncio.Transport | None = None
        self._line: Line | None = None
        self._address = "?"
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        name = transport.get_extra_info("peername")
        self._address = name[0] if name else "?"
        if not self._limits.enter(self._address):
            self._transport.abort()
            self._transport = None
            return
        self._transport.set_write_buffer_limits(high=256 * 1024)
        self._line = self._make(self._address, asyncio.get_running_loop().time())
        self._house.entered(self._line, self)

    def data_received(self, data: bytes) -> None:
        if self._line is None:
            return
        self._line.receive(data, asyncio.get_running_loop().time())
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._line is not None:
            self._limits.leave(self._address)
            self._house.left(self._line, str(exc) if exc else "the peer closed the connection")

    def flush(self) -> None:
        """Write what the line has; hang up when it is over; read on when the peer may ask more."""
        transport, line = self._transport, self._line
        if transport is None or line is None or transport.is_closing():
            return
        data = line.data_to_send()
        if data:
            transport.write(data)
        if line.is_over:
            transport.close()
            return
        if transport.get_write_buffer_size() > MOST_UNREAD_OCTETS:
            line.reason = "it does not read what it is sent"
            transport.abort()
            return
        if line.is_full != self._is_paused:
            self._is_paused = line.is_full
            if self._is_paused:
                transport.pause_reading()
            else:
                transport.resume_reading()

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()
