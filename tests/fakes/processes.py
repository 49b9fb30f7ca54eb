"""The hub and the simulated operator as processes of their own, to be killed and started again."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway import clock
from gateway.core.ids import IdSource
from gateway.core.routing import Router
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, open_store
from gateway.store.desk import Desk
from gateway.store.schema import links, mails, outbox, timeline
from gateway.store.upgrade import upgrade
from tests.fakes.commands import typed
from tests.fakes.simulator import NO_PORTS

DOMAIN = "mail.example"
MEMBER = f"anna@{DOMAIN}"
START_TIMEOUT_S = 60.0

CONFIG = """
[store]
data_dir = "{data_dir}"
url = "{url}"
node = {node}
[log]
level = "warning"
[smtp]
port = 0
connections_per_address = 100
[submission]
port = 0
[web]
port = 0
recipient_daily_cap = 0
[relay]
hostname = "mail.example"
"""
LINK = """
[[link]]
name = "a"
protocol = "smpp"
host = "127.0.0.1"
port = {port}
system_id = "caiyou"
password = "secret08"
window = 16
uncertain = "resend"
uncertain_wait_s = 1
"""


class Operator:
    """`caiyou simulate` with SMPP."""

    def __init__(self, directory: Path, *options: str) -> None:
        ports = directory / "operator.json"
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "carriers.simulator", *NO_PORTS, "--smpp-port", "0", "--web-port", "0",
                "--listen-file", str(ports), "--quiet", *options,
            ],
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        _wait(ports.exists, "the operator does not listen")
        self.ports: dict[str, int] = json.loads(ports.read_text())
        self.smpp_port = self.ports["smpp"]

    def ask(self, path: str) -> Any:
        """An answer of its JSON interface."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["web"], timeout=20)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def texts(self) -> dict[str, int]:
        """How many SMS each phone got."""
        return {phone["number"]: phone["texts"] for phone in self.ask("/api/handsets")}

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)


@dataclass
class HubProcess:
    """`caiyou serve`, with one member who has a mailbox and a token; with `token` given it has them already."""

    directory: Path
    url: str = ""
    smpp_port: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    token: str = ""
    node: int = 0  # of the processes that share a store
    more: str = ""  # further tables of the configuration
    data_dir: str = ""

    def __post_init__(self) -> None:
        self.config = StoreConfig(url=self.url, data_dir=self.data_dir or str(self.directory / "data"))
        self._file = self.directory / f"hub{self.node}.toml"
        text = CONFIG.format(data_dir=self.config.data_dir, url=self.url, node=self.node) + self.more
        self._file.write_text(text + (LINK.format(port=self.smpp_port) if self.smpp_port else ""))
        self._said = self.directory / f"hub{self.node}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.store = open_store(self.config)
        upgrade(self.store)
        self.desk = Desk(
            self.store,
            Blobs(Path(self.config.data_dir)),
            Router(),
            Journal(),
            new_id=IdSource(clock.now_ms, 900 + self.node),
            now_ms=clock.now_ms,
            read_facts=read_facts,
            reactions={},
        )

        def add(books: Any) -> str:
            if books.accounts.by_address(MEMBER) is not None:
                return ""
            books.accounts.add_domain(DOMAIN)
            return str(books.accounts.add_token(books.accounts.add(MEMBER).id, "driver", "send read"))

        self.token = self.token or self.desk.run_now(add)

    # --- life and death -------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Start it; True once its doors are open, False when it died before."""
        self._said.write_bytes(b"")
        self.ports.clear()
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "--config", str(self._file), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        _wait(lambda: self._ready() or not self.is_alive(), "the hub does not get ready: ", self.said)
        return bool(self.ports)

    @property
    def pid(self) -> int:
        """Of the hub itself."""
        assert self._process is not None
        return self._process.pid

    def said(self) -> str:
        return self._said.read_text(errors="replace")

    def _ready(self) -> bool:
        for line in self.said().splitlines():
            if line.startswith("caiyou is ready: "):
                for place in line.removeprefix("caiyou is ready: ").split(", "):
                    name, _, address = place.partition(" ")
                    self.ports[name] = int(address.rpartition(":")[2])
                return True
        return False

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL for everything it has started."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)

    def stop(self) -> None:
        """SIGTERM; it ends in order, or is killed after a while."""
        assert self._process is not None
        try:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(30)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            self.kill()

    def close(self) -> None:
        if self.is_alive():
            self.kill()
        self.desk.blobs.close()
        self.store.engine.dispose()

    # --- what it has ------------------------------------------------------------------------------------------

    def command(self, *words: str) -> str:
        """What a command of `caiyou` prints; raises when it fails."""
        return typed(self._file, *words)

    def link(self, name: str) -> Any:
        """The row of a link; None when there is none."""
        rows = self.desk.read_now(lambda books: books.links.all())
        return next((row for row in rows if row["name"] == name), None)

    def free_leases(self) -> None:
        """The process is known to be dead: another need not find out by itself."""
        self.store.run_now(lambda tx: tx.execute(sa.update(links).values(lease_by="", lease_until_ms=0)))

    def bodies(self) -> list[bytes]:
        """Everything a mail client would be shown."""
        mailboxes = Path(self.config.data_dir) / "mailbox"
        return [path.read_bytes() for part in ("new", "cur") for path in mailboxes.rglob(f"{part}/*")]

    def mail_subjects(self) -> list[str]:
        """Subjects of every row."""
        return self.store.read_now(lambda tx: list(tx.read(sa.select(mails.c.subject)).scalars()))

    def messages(self) -> dict[int, Any]:
        """Rows of the outbox."""
        return {row.id: row for row in self.store.read_now(lambda tx: tx.read(sa.select(outbox)).all())}

    def doubtful(self) -> set[int]:
        """Messages of which it was unknown at some time whether they had gone out."""
        doubt = sa.select(timeline.c.subject_id).where(timeline.c.step.in_(("uncertain", "resend")))
        return self.store.read_now(lambda tx: set(tx.read(doubt).scalars()))


def _wait(true: Any, complaint: str, detail: Any = str) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(complaint + detail())
        time.sleep(0.02)


def post_sms(port: int, token: str, number: str, text: str, timeout_s: float = 10.0) -> tuple[int, str]:
    """Status and message id of a message put in over the API."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        body = json.dumps({"to": number, "text": text})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/messages", body, headers)
        answer = connection.getresponse()
        document = json.loads(answer.read())
        return answer.status, str(document.get("id", ""))
    finally:
        connection.close()
