"""gammu and its daemon drive our emulated modem over a pseudo-terminal."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from emulated_modems import Emulated, emulated_modems
from need import need

from carriers.simulator.modem_dialects import DIALECTS

pytestmark = pytest.mark.interop

PHONE = "+8613900139000"


@pytest.fixture(params=DIALECTS)
def modems(request: pytest.FixtureRequest) -> Iterator[Emulated]:
    with emulated_modems(request.param) as found:
        yield found


def gammu(modems: Emulated, directory: Path, *words: str) -> str:
    settings = directory / "gammurc"
    settings.write_text(f"[gammu]\ndevice = {modems.path}\nconnection = at115200\n")
    run = subprocess.run(
        [need("gammu"), "-c", str(settings), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=40,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_gammu_knows_the_modem(modems: Emulated, tmp_path: Path) -> None:
    said = gammu(modems, tmp_path, "identify")
    assert "861234050000007" in said
    assert "460001234560000" in said


def test_gammu_sends(modems: Emulated, tmp_path: Path) -> None:
    gammu(modems, tmp_path, "sendsms", "TEXT", PHONE, "-text", "from gammu")
    assert modems.texts() == [(PHONE, "from gammu")]


def test_gammu_reads(modems: Emulated, tmp_path: Path) -> None:
    modems.call(lambda modem, now: modem.say(PHONE, "to gammu", now))
    assert "to gammu" in gammu(modems, tmp_path, "getallsms")


def test_the_daemon_sends_and_receives(tmp_path: Path) -> None:
    daemon = need("gammu-smsd")
    inbox, outbox = tmp_path / "inbox", tmp_path / "outbox"
    for name in ("inbox", "outbox", "sent", "error"):
        (tmp_path / name).mkdir()
    with emulated_modems("quectel") as modems:
        settings = tmp_path / "smsdrc"
        settings.write_text(
            f"[gammu]\ndevice = {modems.path}\nconnection = at115200\n"
            f"[smsd]\nservice = files\nlogfile = {tmp_path}/log\nCommTimeout = 1\nReceiveFrequency = 1\n"
            f"CheckSecurity = 0\ninboxpath = {inbox}/\noutboxpath = {outbox}/\n"
            f"sentsmspath = {tmp_path}/sent/\nerrorsmspath = {tmp_path}/error/\ninboxformat = unicode\n"
        )
        running = subprocess.Popen([daemon, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            (outbox / f"OUT{PHONE}.txt").write_text("from the daemon")
            _eventually(lambda: modems.texts() == [(PHONE, "from the daemon")], tmp_path)
            modems.call(lambda modem, now: modem.say(PHONE, "to the daemon", now))
            _eventually(lambda: any(inbox.iterdir()), tmp_path)
            assert not modems.call(lambda modem, _: modem.storages.places["ME"])
        finally:
            running.terminate()
            running.wait(20)


def _eventually(look: Callable[[], bool], directory: Path) -> None:
    deadline = time.monotonic() + 40
    while not look():
        assert time.monotonic() < deadline, (directory / "log").read_text()[-2000:]
        time.sleep(0.1)
