"""Alarms of a hub at work: told by SMS over the link that still works, by mail and by a signed call; and traces."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.web.signing import is_genuine
from tests.fakes.processes import MEMBER, HubProcess, Operator

OPERATOR_PHONE = "+8613900000001"
SECRET = "sixteen letters!"
WITHIN_S = 40.0

pytestmark = pytest.mark.slow

TABLES = """
[alarms]
sms = ["{phone}"]
mail = ["{mail}"]
webhook_url = "http://127.0.0.1:{port}/alarms"
webhook_secret = "{secret}"
language = "en"
link_down_s = 3
clear_after_s = 3
[[link]]
name = "b"
protocol = "smpp"
host = "127.0.0.1"
port = {smpp}
system_id = "caiyou"
password = "secret08"
"""


class Receiver:
    """The operators' program; it refuses the first call, which has to come again."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.refused: list[str] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert is_genuine(SECRET, body, self.headers["X-Caiyou-Signature"], int(time.time()))
                if receiver.refused:
                    receiver.calls.append(json.loads(body))
                    self.send_response(204)
                else:
                    receiver.refused.append(json.loads(body)["event_id"])
                    self.send_response(503)
                self.end_headers()

            def log_message(self, *words: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def told(self, kind: str) -> list[str]:
        return [call["word"] for call in self.calls if call["kind"] == kind]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def wait_for(true: Callable[[], Any], told: Callable[[], object] = str) -> float:
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < WITHIN_S, told()
        time.sleep(0.05)
    return time.monotonic() - begin


def test_a_link_that_dies_is_told_of_over_the_other_one(
    tmp_path: Path, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sick").mkdir()
    well, sick = Operator(tmp_path), Operator(tmp_path / "sick")
    tables = TABLES.format(phone=OPERATOR_PHONE, mail=MEMBER, port=receiver.port, secret=SECRET, smpp=well.smpp_port)
    hub = HubProcess(tmp_path, smpp_port=sick.smpp_port, more=tables)
    try:
        assert hub.start(), hub.said()
        wait_for(lambda: all((hub.link(name) or {"state": ""})["state"] == "up" for name in "ab"), hub.said)
        sick.close()
        seconds = wait_for(lambda: well.texts().get(OPERATOR_PHONE), hub.said)
        wait_for(lambda: receiver.told("link-down") == ["raised"], hub.said)
        wait_for(lambda: any(b"ALARM link a down" in body for body in hub.bodies()), hub.said)
        assert receiver.calls[0]["event_id"] in receiver.refused
        assert "link-down:a" in hub.command("alarm", "list")
        assert "b " in hub.command("link", "list")
        (row,) = [row for row in hub.messages().values() if row.purpose == "alarm"]
        assert (row.link, row.recipient) == ("b", OPERATOR_PHONE)
        assert row.text.startswith("[Caiyou] ALARM link a down")
        time.sleep(8.0)  # a look and a half: nothing is told again
        assert well.texts() == {OPERATOR_PHONE: 1}

        hub.command("alarm", "test")
        wait_for(lambda: receiver.told("test") == ["raised"], hub.said)
        wait_for(lambda: well.texts().get(OPERATOR_PHONE) == 2, hub.said)

        hub.command("link", "pause", "a")  # not wanted up: nothing is wrong with it
        wait_for(lambda: receiver.told("link-down") == ["raised", "cleared"], hub.said)
        assert hub.command("alarm", "list") == ""
        assert "link-down:a" in hub.command("alarm", "list", "--all")
        with capsys.disabled():
            print(f"\nan SMS about a dead link (link_down_s = 3) after {seconds:.1f} s")
    finally:
        hub.close()
        well.close()


def test_a_trace_is_taken_and_ended_by_command(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    hub = HubProcess(tmp_path, smpp_port=operator.smpp_port)
    try:
        assert hub.start(), hub.said()
        wait_for(lambda: (hub.link("a") or {"state": ""})["state"] == "up", hub.said)
        file = tmp_path / "a.pcap"
        hub.command("link", "trace", "a", "--file", str(file), "--seconds", "60", "--mask")
        wait_for(file.exists, hub.said)
        hub.command("link", "pause", "a")
        wait_for(lambda: hub.link("a")["state"] == "paused", hub.said)
        hub.command("link", "resume", "a")
        wait_for(lambda: hub.link("a")["state"] == "up", hub.said)
        assert str(file) in hub.command("link", "show", "a")
        hub.command("link", "trace", "a", "--stop")
        wait_for(lambda: str(file) not in hub.command("link", "show", "a"), hub.said)
        time.sleep(1.5)
        data = file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600
        assert b"caiyou\0********\0" in data  # the bind of the second line
        assert b"secret08" not in data
        size = len(data)
        hub.command("link", "pause", "a")
        wait_for(lambda: hub.link("a")["state"] == "paused", hub.said)
        assert file.stat().st_size == size
    finally:
        hub.close()
        operator.close()
