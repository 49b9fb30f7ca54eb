"""A modem on a serial port: the shell that gives `carriers.gsm.modem` its octets and its time.

`ModemPort.run()` opens the port, brings the modem up and drives it until it is lost; whatever happens to the port
becomes the modem's Lost event. Opening and closing may block for seconds in the kernel and are done in a thread;
reading and writing never block.

    port = ModemPort(PortOptions("/dev/ttyUSB2"), Modem(settings, pins), listener)
    task = asyncio.create_task(port.run())      # listener(events) is called on the event loop, in order
    port.modem.send(tpdu, port.now, tag); port.flush()
    await port.stop()                           # what is being sent gets its answer first
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

import serial

from carriers.gsm.events import ModemEvent

_TICK_S: Final = 0.25
_OPEN_TIMEOUT_S: Final = 10.0
#: A port that has not taken an octet for so long has nobody behind it.
_WRITE_TIMEOUT_S: Final = 10.0
_CHUNK: Final = 4096
_MAX_UNWRITTEN: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class PortOptions:
    """Which port, and how."""

    #: Device of the commands, such as /dev/ttyUSB2, or a link of /dev/serial/by-id.
    path: str
    #: Second device of the same modem, on which notices come; "" = none.
    notices_path: str = ""
    #: Bits a second on real serial lines; USB modems take any.
    baud: int = 115200
    #: Hardware flow control, for modems on serial lines that have the wires for it.
    rtscts: bool = False


class Driven(Protocol):
    """What a port drives: a `Modem`, or something that only says hello."""

    @property
    def is_lost(self) -> bool:
        """Is it over?"""

    @property
    def is_sending(self) -> bool:
        """Does something wait for its answer?"""

    def start(self, now: float) -> None:
        """The port is open."""

    def receive(self, data: bytes, now: float) -> None:
        """Take octets."""

    def receive_notices(self, data: bytes, now: float) -> None:
        """Take octets of the second port."""

    def tick(self, now: float) -> None:
        """Let time pass."""

    def data_to_send(self) -> bytes:
        """Octets to write now, taken out."""

    def events(self) -> list[ModemEvent]:
        """What happened, taken out."""

    def port_lost(self, reason: str) -> None:
        """The port is gone."""

    def close(self) -> None:
        """It is over."""


M = TypeVar("M", bound=Driven)


class ModemPort(Generic[M]):
    """One modem on its port or ports."""

    def __init__(self, options: PortOptions, modem: M, listener: Callable[[list[ModemEvent]], None]) -> None:
        self.options = options
        self.modem = modem
        self._listener = listener
        self._ports: list[serial.Serial] = []
        self._fd = -1
        self._unwritten = bytearray()
        self._unwritten_since = 0.0
        self._over: asyncio.Event | None = None
        self._stop_at: float | None = None

    @property
    def now(self) -> float:
        """The time the modem knows."""
        return asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Open, and drive the modem until it is lost or `stop` is called; never raises for what the port does."""
        loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        try:
            try:
                self._fd = await self._open(self.options.path)
                loop.add_reader(self._fd, self._read, self._fd, self.modem.receive)
                if self.options.notices_path:
                    second = await self._open(self.options.notices_path)
                    loop.add_reader(second, self._read, second, self.modem.receive_notices)
            except (OSError, ValueError, TimeoutError) as error:
                self._lose(_reason(self.options.path, error))
                return
            self.modem.start(self.now)
            self.flush()
            while not self._over.is_set():
                try:
                    async with asyncio.timeout(_TICK_S):
                        await self._over.wait()
                except TimeoutError:
                    self._tick()
        finally:
            self.modem.close()
            self._tell()
            await asyncio.shield(self._close())

    async def stop(self, patience_s: float = 5.0) -> None:
        """End `run` when what is being sent has its answer, at the latest after `patience_s`."""
        if self._over is None:
            self.modem.close()
            return
        self._stop_at = self.now + patience_s
        self._stop_if_quiet()
        await self._over.wait()

    def flush(self) -> None:
        """Write what the modem object has to say, and hand over what happened; call it after every use of `modem`."""
        data = self.modem.data_to_send()
        if data and self._fd >= 0:
            if not self._unwritten:
                self._unwritten_since = self.now
            self._unwritten += data
            self._write()
        self._tell()

    async def _open(self, path: str) -> int:
        opening = asyncio.create_task(asyncio.to_thread(_opened, path, self.options))
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                port = await asyncio.shield(opening)
        except (TimeoutError, asyncio.CancelledError):
            # The thread cannot be stopped; when the kernel lets go of it the port must not stay locked.
            opening.add_done_callback(_close_late)
            raise
        self._ports.append(port)
        return int(port.fileno())

    async def _close(self) -> None:
        loop = asyncio.get_running_loop()
        ports, self._ports = self._ports, []
        for port in ports:
            loop.remove_reader(port.fileno())
        if self._fd >= 0:
            loop.remove_writer(self._fd)
            self._fd = -1
        for port in ports:
            await asyncio.to_thread(_closed, port)

    def _read(self, fd: int, take: Callable[[bytes, float], None]) -> None:
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(_reason(self.options.path, error))
            return
        if not data:
            self._lose(f"{self.options.path} is gone")
            return
        take(data, self.now)
        self.flush()

    def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            written = os.write(self._fd, self._unwritten)
        except BlockingIOError:
            written = 0
        except OSError as error:
            self._lose(_reason(self.options.path, error))
            return
        if written:
            del self._unwritten[:written]
            self._unwritten_since = self.now
        if self._unwritten:
            loop.add_writer(self._fd, self._write)
        else:
            loop.remove_writer(self._fd)

    def _tick(self) -> None:
        stuck = self._unwritten and self.now > self._unwritten_since + _WRITE_TIMEOUT_S
        if stuck or len(self._unwritten) > _MAX_UNWRITTEN:
            self._lose(f"{self.options.path} takes no more octets")
            return
        self.modem.tick(self.now)
        self.flush()
        self._stop_if_quiet()

    def _stop_if_quiet(self) -> None:
        if self._stop_at is not None and (not self.modem.is_sending or self.now >= self._stop_at):
            self.modem.close()
            self._tell()

    def _lose(self, reason: str) -> None:
        self._unwritten.clear()
        if self._fd >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            loop.remove_writer(self._fd)
        self.modem.port_lost(reason)
        self._tell()

    def _tell(self) -> None:
        events = self.modem.events()
        if self.modem.is_lost and self._over is not None:
            self._over.set()
        if events:
            self._listener(events)


def _opened(path: str, options: PortOptions) -> serial.Serial:
    """The port, locked for this process. Raises OSError (as SerialException) or ValueError."""
    if not stat.S_ISCHR(Path(path).stat().st_mode):
        raise OSError(f"{path} is no serial port")
    return serial.Serial(path, options.baud, timeout=0, write_timeout=0, rtscts=options.rtscts, exclusive=True)


def _closed(port: serial.Serial) -> None:
    try:
        port.close()
    except OSError:
        return  # the device is gone, and its descriptor with it


def _close_late(opening: asyncio.Task[serial.Serial]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        _closed(opening.result())


def _reason(path: str, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"{path} does not open"
    if "lock" in str(error):
        return f"{path} is in use by another program"
    return str(error) if path in str(error) else f"{path}: {error}"
