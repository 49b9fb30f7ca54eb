"""Which modems are plugged in: the ports of this machine, grouped by device, looked at every few seconds.

A modem on USB has several ports: one or two take commands, others carry data or diagnostics and answer nothing. Port
names change with every replugging; who a modem is its `Identity.key` says, once it is up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from serial.tools import list_ports

from carriers.gsm.greeting import Greeting
from carriers.gsm.port import ModemPort, PortOptions


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One serial port as the system knows it."""

    path: str
    device: str  # where it is plugged in: USB location and serial number; the path for a port of its own
    interface: str = ""  # which of the device's functions it is
    maker: str = ""  # vendor and product number, like 12d1:1506
    description: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One thing that is plugged in, with its ports in the order of their functions."""

    key: str
    ports: tuple[PortInfo, ...]

    @property
    def title(self) -> str:
        """What it calls itself."""
        return self.ports[0].description or self.ports[0].path


class SystemPort(Protocol):
    """What pyserial tells of a port."""

    device: str
    location: str | None
    serial_number: str | None
    vid: int | None
    pid: int | None
    product: str | None
    hwid: str


def port_of(found: SystemPort) -> PortInfo:
    """A port of the system; those on USB are known by the socket they are in, for serial numbers may all be alike."""
    if found.vid is None:
        return PortInfo(found.device, found.device, description=found.product or "")
    location, _, interface = (found.location or found.device).partition(":")
    return PortInfo(
        found.device,
        f"{location}/{found.serial_number or ''}",
        interface,
        f"{found.vid:04x}:{found.pid or 0:04x}",
        found.product or "",
    )


def grouped(ports: Iterable[PortInfo]) -> list[Device]:
    """The devices behind the ports."""
    ordered = sorted(ports, key=lambda port: (port.device, port.interface, port.path))
    return [Device(key, tuple(members)) for key, members in groupby(ordered, key=lambda port: port.device)]


async def devices() -> list[Device]:
    """What is plugged in now. The ports the board itself has, mostly with nothing behind them, are left out."""
    found = await asyncio.to_thread(list_ports.comports)
    return grouped(port_of(it) for it in found if it.vid is not None)


async def answers_at(path: str) -> bool:
    """Is there a modem behind the port? Says AT and no more."""
    greeting = Greeting()
    await ModemPort(PortOptions(path), greeting, lambda _: None).run()
    return greeting.answered


async def options_of(device: Device) -> PortOptions | None:
    """Which ports of a device to use; None when none of them answers.

    The last one that answers takes the commands: with Huawei it is the one that carries the notices too. Another that
    answers is listened to for notices.
    """
    if len(device.ports) == 1:
        return PortOptions(device.ports[0].path)
    answering = [port.path for port in device.ports if await answers_at(port.path)]
    if not answering:
        return None
    return PortOptions(answering[-1], answering[-2] if len(answering) > 1 else "")


class Watcher:
    """Tells of devices that come and go."""

    def __init__(
        self,
        appeared: Callable[[Device], None],
        vanished: Callable[[Device], None],
        *,
        every_s: float = 3.0,
    ) -> None:
        self._appeared = appeared
        self._vanished = vanished
        self._every_s = every_s
        self._known: dict[str, Device] = {}

    async def run(self) -> None:
        """Look every few seconds, until it is cancelled."""
        while True:
            self.compare(await devices())
            await asyncio.sleep(self._every_s)

    def compare(self, found: list[Device]) -> None:
        """Tell of what has changed: a device whose ports are others now has gone and come."""
        now = {device.key: device for device in found}
        for key, device in list(self._known.items()):
            if now.get(key) != device:
                del self._known[key]
                self._vanished(device)
        for key, device in now.items():
            if key not in self._known:
                self._known[key] = device
                self._appeared(device)
