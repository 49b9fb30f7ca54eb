"""Kannel, an SMS gateway of its own, as an ESME of the simulator: transceiver, and transmitter with receiver."""

from __future__ import annotations

import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.interop.need import need
from tests.interop.simulated import Simulated, eventually

pytestmark = [pytest.mark.interop, pytest.mark.slow]
PHONE = "8613800138000"

CONFIGURATION = """\
group = core
admin-port = {admin}
admin-password = admin
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {boxes}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "{folder}/bearerbox.log"
log-level = 0
dlr-storage = internal
sms-resend-freq = 1

{links}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-chars = "0123456789 +"
log-file = "{folder}/smsbox.log"
log-level = 0

group = sendsms-user
username = tester
password = tester
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{web}/mo?from=%p&to=%P&text=%b&coding=%c"
"""

# Of two binds each is a group of its own; with one smsc-id they share their delivery reports.
LINK = """\
group = smsc
smsc = smpp
smsc-id = simulator
host = 127.0.0.1
{ports}
smsc-username = caiyou
smsc-password = secret08
system-type = "VMA"
address-range = ""
source-addr-ton = 0
source-addr-npi = 1
dest-addr-ton = 1
dest-addr-npi = 1
reconnect-delay = 1
enquire-link-interval = 1
"""
PORTS = {
    "transceiver": ("port = {smpp}\ntransceiver-mode = 1",),
    "transmitter and receiver": ("port = {smpp}", "receive-port = {smpp}"),
}


class Listener:
    """Keeps every query string that Kannel asks for, by path."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urllib.parse.urlsplit(self.path)
                asked.append((url.path, urllib.parse.parse_qs(url.query, encoding="latin-1")))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def found(self, path: str) -> list[dict[str, list[str]]]:
        return [query for asked, query in self.asked if asked == path]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class Kannel:
    """Bearerbox and smsbox, bound to the simulator."""

    def __init__(self, sendsms: int, listener: Listener) -> None:
        self.sendsms = sendsms
        self.listener = listener

    def send(self, text: str, **options: str) -> str:
        given = {
            "username": "tester", "password": "tester", "from": "10657000", "to": PHONE, "text": text,
            "charset": "UTF-8", "coding": "2", "dlr-mask": "31",
            "dlr-url": f"http://127.0.0.1:{self.listener.port}/dlr?type=%d&reply=%A",
        } | options  # fmt: skip
        url = f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms?{urllib.parse.urlencode(given)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode())


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for it in sockets:
            it.bind(("127.0.0.1", 0))
        return [it.getsockname()[1] for it in sockets]


@contextmanager
def running(program: str, configuration: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [program, "-v", "4", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@pytest.fixture
def operator() -> Iterator[Simulated]:
    with Simulated(report_delay_s=0.2) as started:
        yield started


@pytest.fixture(params=list(PORTS))
def kannel(request: pytest.FixtureRequest, operator: Simulated, tmp_path: Path) -> Iterator[Kannel]:
    bearerbox, smsbox = need("bearerbox"), need("smsbox")
    listener = Listener()
    admin, boxes, sendsms = free_ports(3)
    smpp = operator.simulator.ports["smpp"]
    links = "\n".join(LINK.format(ports=it.format(smpp=smpp)) for it in PORTS[request.param])
    configuration = tmp_path / "kannel.conf"
    configuration.write_text(CONFIGURATION.format(
        admin=admin, boxes=boxes, sendsms=sendsms, links=links, web=listener.port, folder=tmp_path
    ))  # fmt: skip
    try:
        with running(bearerbox, configuration):
            eventually(lambda: listens(boxes), "bearerbox")
            with running(smsbox, configuration):
                eventually(lambda: listens(sendsms), "smsbox")
                operator.wait_for(lines=len(PORTS[request.param]))
                yield Kannel(sendsms, listener)
    finally:
        listener.close()


def test_both_ways(operator: Simulated, kannel: Kannel) -> None:
    text = "您好，这是一条测试短信"
    assert "Accepted" in kannel.send(text)
    eventually(lambda: [it for it in operator.texts(PHONE) if it.word], "the report on the phone")
    (shown,) = operator.texts(PHONE)
    assert (shown.text, shown.peer, shown.word) == (text, "10657000", "DELIVRD")
    # 8: the message centre took it; 1: delivered.
    eventually(lambda: len(kannel.listener.found("/dlr")) >= 2, "both delivery reports")
    assert [it["type"] for it in kannel.listener.found("/dlr")] == [["8"], ["1"]]

    operator.say("13800138000", "退订", None)
    (arrived,) = eventually(lambda: kannel.listener.found("/mo"), "the text of the phone")
    assert (arrived["from"], arrived["to"], arrived["coding"]) == (["+" + PHONE], ["10657000"], ["2"])
    assert arrived["text"][0].encode("latin-1").decode("utf-16-be") == "退订"
    tally = operator.wait_for(messages_acknowledged=1, open_reports=0)
    assert (tally["repeated"], tally["peer_errors"]) == (0, 0)


def test_long_text_and_failure(operator: Simulated, kannel: Kannel) -> None:
    operator.faults(report_state={"138": "UNDELIV"})
    text = "长" * 150
    assert "Accepted" in kannel.send(text)
    (shown,) = eventually(lambda: [it for it in operator.texts(PHONE) if it.is_whole and it.word], "the long text")
    assert (shown.text, shown.total, shown.word) == (text, 3, "UNDELIV")
    eventually(lambda: [it for it in kannel.listener.found("/dlr") if it["type"] == ["2"]], "the failure")


def test_too_fast_is_tried_again_by_kannel(operator: Simulated, kannel: Kannel) -> None:
    operator.faults(throttle_every_n=2)
    for number in range(2):
        assert "Accepted" in kannel.send(f"{number}")
    operator.wait_for(throttled=1)
    operator.faults(throttle_every_n=0)
    eventually(lambda: {it.text for it in operator.texts(PHONE)} == {"0", "1"}, "both texts", 30)
