"""Emulated modems on pseudo-terminals: any program that opens a serial port can use them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from pathlib import Path
from typing import Final

from carriers.simulator.modem import EmulatedModem

_TICK_S: Final = 0.05
_CHUNK: Final = 4096
_MAX_UNWRITTEN: Final = 64 * 1024


class PtyModem:
    """One emulated modem behind a pseudo-terminal. Started and closed on a running loop."""

    def __init__(self, modem: EmulatedModem, link: Path | None = None) -> None:
        """`link`: a symbolic link to make to the device, which has a new name each time."""
        self.modem = modem
        self.path = ""
        self._link = link
        self._master = -1
        self._slave = -1
        self._ticker: asyncio.Task[None] | None = None
        self._unwritten = bytearray()

    def start(self) -> None:
        """Plug it in and switch it on."""
        self._master, self._slave = os.openpty()
        # Echo, line ends and signals are the modem's business, not the terminal's.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.path)
            self.path = str(self._link)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._master, self._read)
        self.modem.power_on(loop.time())
        self._ticker = asyncio.create_task(self._tick())

    async def close(self) -> None:
        """Pull the cable: whoever has it open reads the end of the file."""
        self.modem.vanish()
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
            self._ticker = None
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def touch(self) -> None:
        """Write what the modem has to say; call it after every use of `modem`."""
        self._unwritten += self.modem.data_to_send()
        # Nobody reads: a real modem has no endless memory either.
        del self._unwritten[:-_MAX_UNWRITTEN]
        if self._unwritten and self._master >= 0:
            with contextlib.suppress(BlockingIOError):
                del self._unwritten[: os.write(self._master, self._unwritten)]

    def _read(self) -> None:
        try:
            data = os.read(self._master, _CHUNK)
        except OSError:
            return
        self.modem.receive(data, asyncio.get_running_loop().time())
        self.touch()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_TICK_S)
            self.modem.tick(loop.time())
            self.touch()
