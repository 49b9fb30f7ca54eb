"""Which modems there are for a pool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from carriers.gsm import pool_ports
from carriers.gsm.config import GsmConfig
from carriers.gsm.discovery import Device, PortInfo
from carriers.gsm.pool_ports import PortFinder
from carriers.gsm.port import PortOptions

NONE: frozenset[str] = frozenset()


class Machine:
    """What is plugged in, and which ports answer; what was asked is noted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.devices: list[Device] = []
        self.silent: set[str] = set()
        self.asked: list[str] = []
        monkeypatch.setattr(pool_ports, "devices", self._devices)
        monkeypatch.setattr(pool_ports, "options_of", self._options)

    def plug(self, key: str, *paths: Path | str, maker: str = "12d1:1506") -> None:
        ports = tuple(PortInfo(str(path), key, f"1.{n}", maker) for n, path in enumerate(paths))
        self.devices.append(Device(key, ports))

    async def _devices(self) -> list[Device]:
        return list(self.devices)

    async def _options(self, device: Device) -> PortOptions | None:
        self.asked.append(device.key)
        answering = [port.path for port in device.ports if port.path not in self.silent]
        return PortOptions(answering[-1], answering[-2] if len(answering) > 1 else "") if answering else None


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def paths(found: Sequence[PortOptions]) -> list[str]:
    return [it.path for it in found]


async def test_paths_and_patterns(machine: Machine, tmp_path: Path) -> None:
    for name in ("ttyUSB1", "ttyUSB0", "other"):
        (tmp_path / name).touch()
    finder = PortFinder(GsmConfig(ports=(f"{tmp_path}/other", f"{tmp_path}/ttyUSB*", f"{tmp_path}/gone"), baud=9600))
    found = await finder.look(NONE)
    assert paths(found) == [f"{tmp_path}/{name}" for name in ("other", "ttyUSB0", "ttyUSB1")]
    assert {it.baud for it in found} == {9600}
    (tmp_path / "ttyUSB0").unlink()
    (tmp_path / "ttyUSB2").touch()
    assert paths(await finder.look(NONE)) == [f"{tmp_path}/{name}" for name in ("other", "ttyUSB1", "ttyUSB2")]


async def test_two_names_of_one_port_are_one_modem(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    finder = PortFinder(GsmConfig(ports=(f"{tmp_path}/by-id", f"{tmp_path}/ttyUSB*")))
    assert paths(await finder.look(NONE)) == [f"{tmp_path}/by-id"]


async def test_ports_of_one_device_are_one_modem(machine: Machine, tmp_path: Path) -> None:
    ports = [tmp_path / f"ttyUSB{n}" for n in range(4)]
    for port in ports:
        port.touch()
    machine.plug("1-1/", *ports[:3])
    finder = PortFinder(GsmConfig(ports=(f"{tmp_path}/ttyUSB*",)))
    found = await finder.look(NONE)
    assert [(it.path, it.notices_path) for it in found] == [(str(ports[2]), str(ports[1])), (str(ports[3]), "")]
    assert await finder.look(frozenset({str(ports[2])})) == found
    assert machine.asked.count("1-1/") == 1  # a modem in use is not asked again
    assert await finder.look(NONE) == found
    assert machine.asked.count("1-1/") == 1
    machine.devices[0] = Device("1-1/", machine.devices[0].ports[:2])
    ports[2].unlink()
    await finder.look(frozenset({str(ports[1])}))
    assert machine.asked.count("1-1/") == 1  # nor when its ports have changed, while one is in use


async def test_devices_on_usb_come_and_go(machine: Machine) -> None:
    finder = PortFinder(GsmConfig(usb=("12d1:*",)))
    assert await finder.look(NONE) == []
    machine.plug("1-1/", "/dev/ttyUSB0", "/dev/ttyUSB1")
    machine.plug("1-2/", "/dev/ttyUSB2", maker="2c7c:0125")
    assert paths(await finder.look(NONE)) == ["/dev/ttyUSB1"]
    machine.devices.clear()
    assert await finder.look(NONE) == []
    machine.plug("1-1/", "/dev/ttyUSB7", "/dev/ttyUSB8")  # another number after replugging
    assert paths(await finder.look(NONE)) == ["/dev/ttyUSB8"]


async def test_a_device_that_does_not_answer_is_asked_again(machine: Machine) -> None:
    machine.plug("1-1/", "/dev/ttyUSB0", "/dev/ttyUSB1")
    machine.silent = {"/dev/ttyUSB0", "/dev/ttyUSB1"}
    finder = PortFinder(GsmConfig(usb=("*",)))
    assert await finder.look(NONE) == []
    machine.silent = {"/dev/ttyUSB0"}
    assert paths(await finder.look(NONE)) == ["/dev/ttyUSB1"]


async def test_a_pattern_that_means_nothing(machine: Machine) -> None:
    assert await PortFinder(GsmConfig(ports=("/dev/**x[",))).look(NONE) == []
