"""Which modems there are for a pool: ports by path or pattern, devices on USB; looked at every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from carriers.gsm.config import GsmConfig
from carriers.gsm.discovery import Device, PortInfo, devices, options_of
from carriers.gsm.port import PortOptions


class PortFinder:
    """Finds the modems of a pool; what two names lead to is found once."""

    def __init__(self, config: GsmConfig) -> None:
        self._config = config
        self._asked: dict[Device, PortOptions | None] = {}

    async def look(self, held: frozenset[str]) -> list[PortOptions]:
        """What is plugged in now, in the order of the configuration; ports in `held` are not asked anything.

        Ports of one device are one modem. Never raises for what the system does: what cannot be looked at is not there.
        """
        found: list[PortOptions] = []
        paths = await asyncio.to_thread(self._paths)
        plugged = await self._plugged()
        of_usb = {port.path: device for device in plugged for port in device.ports}
        grouped: dict[str, list[PortInfo]] = {}
        names: dict[str, str] = {}
        for name, real in paths:
            names.setdefault(real, name)
            device = of_usb.get(real)
            key = device.key if device is not None else real
            known = next((port for port in device.ports if port.path == real), None) if device is not None else None
            members = grouped.setdefault(key, [])
            if all(port.path != real for port in members):
                members.append(known or PortInfo(real, real))
        wanted = [Device(key, tuple(members)) for key, members in grouped.items()]
        wanted += [it for it in plugged if it.key not in grouped and self._config.wants_usb(it.ports[0].maker, it.key)]
        for device in wanted:
            options = await self._options(device, names, held)
            if options is not None:
                path = names.get(options.path, options.path)
                found.append(replace(options, path=path, baud=self._config.baud, rtscts=self._config.rtscts))
        self._asked = {device: options for device, options in self._asked.items() if device in wanted}
        return found

    async def _plugged(self) -> list[Device]:
        try:
            return await devices()
        except OSError:
            return []

    async def _options(self, device: Device, names: Mapping[str, str], held: frozenset[str]) -> PortOptions | None:
        if device not in self._asked:
            if any(held & {port.path, names.get(port.path, port.path)} for port in device.ports):
                return None
            options = await options_of(device)
            if options is None:
                return None  # it may be starting still
            self._asked[device] = options
        return self._asked[device]

    def _paths(self) -> list[tuple[str, str]]:
        """The ports that are configured and there: (name, device it leads to)."""
        found: dict[str, str] = {}
        for pattern in self._config.ports:
            for path in _matching(pattern):
                if path.exists():
                    found.setdefault(str(path), str(path.resolve()))
        return list(found.items())


def _matching(pattern: str) -> list[Path]:
    if not set(pattern) & set("*?["):
        return [Path(pattern)]
    try:
        return sorted(Path("/").glob(pattern.lstrip("/")))
    except (OSError, ValueError):  # a directory that went away meanwhile
        return []
