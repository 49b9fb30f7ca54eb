"""Two servers of address books for benchmarks, the hub and Radicale, with the same accounts and cards on disk."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from bench.hub import CAIYOU
from bench.inside import open_desk
from gateway.store.desk import BooksOfStore
from tests.interop.carddav_judges import judge

#: Cards given to the store in one commit.
BATCH = 2_000
_CAIYOU = """
[store]
data_dir = "{data}"

[log]
level = "warning"

[smtp]
port = 0

[web]
port = {port}
connections_per_address = 5000
"""
_RADICALE = """
[server]
hosts = 127.0.0.1:{port}
max_connections = 5000

[auth]
type = htpasswd
htpasswd_filename = {users}
htpasswd_encryption = plain
delay = 0

[storage]
filesystem_folder = {folder}

[logging]
level = error
"""


def card(uid: str, number: int, note: str = "") -> bytes:
    """A card as a phone writes it; the same for the same arguments."""
    phone = number % 10**8
    lines = [
        "BEGIN:VCARD", "VERSION:3.0", "PRODID:-//bench//EN", f"UID:{uid}",
        f"FN:王{number:06d}", f"N:王;{number:06d};;;",
        f"TEL;TYPE=CELL:+86138{phone:08d}", f"TEL;TYPE=WORK:+8610{phone:08d}",
        f"EMAIL;TYPE=INTERNET:w{number}@example.cn", "ORG:彩邮科技;研发部",
        "ADR;TYPE=WORK:;;中关村大街1号;北京;;100080;中国", f"NOTE:{note or 'met in 2026'}",
        "REV:2026-11-25T08:00:00Z", "END:VCARD", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server(ABC):
    """A server on a port; `passwords` has what each account signs in with."""

    name: str

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.directory = directory
        self.port = free_port()
        self.passwords: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @abstractmethod
    def seed(self, accounts: dict[str, int]) -> None:
        """Open accounts with so many cards each in the book `contacts`; before the start."""

    @abstractmethod
    def user(self, account: str) -> str:
        """What an account is called when it signs in."""

    @abstractmethod
    def book(self, account: str) -> str:
        """The path of an account's book."""

    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ}
            )
        for _ in range(600):
            try:
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                link.request("GET", "/.well-known/carddav")
                link.getresponse()
                return
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
            finally:
                link.close()
        raise RuntimeError(f"{self.name} did not start: {(self.directory / 'log').read_text()[-500:]}")

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def memory_mib(self) -> float:
        """Its resident memory."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


class Caiyou(Server):
    """The hub on SQLite; accounts sign in with a device's password, as a phone does that was set up by link."""

    name = "caiyou"

    def seed(self, accounts: dict[str, int]) -> None:
        (self.directory / "caiyou.toml").write_text(_CAIYOU.format(data=self.directory / "data", port=self.port))
        self._run("domain", "add", "bench.example")  # makes the store with all its tables, too
        desk = open_desk(self.directory / "data")

        def open_accounts(books: BooksOfStore) -> dict[str, tuple[int, str]]:
            found = {}
            for account in accounts:
                account_id = books.accounts.add(f"{account}@bench.example").id
                secret = books.accounts.add_token(account_id, "phone", "dav")
                found[account] = books.address_books.default(account_id).id, secret
            return found

        opened = desk.run_now(open_accounts)
        for account, (book_id, secret) in opened.items():
            self.passwords[account] = secret
            for start in range(0, accounts[account], BATCH):
                numbers = range(start, min(start + BATCH, accounts[account]))
                cards = [(f"c{number}.vcf", card(f"c{number}", number)) for number in numbers]
                desk.run_now(lambda books, book_id=book_id, cards=cards: books.contacts.put_many(book_id, cards))
        asyncio.run(desk.close())

    def book(self, account: str) -> str:
        return f"/dav/addressbooks/{self.user(account)}/contacts/"

    def user(self, account: str) -> str:
        return f"{account}@bench.example"

    def command(self) -> list[str]:
        return [*CAIYOU, "--config", str(self.directory / "caiyou.toml"), "serve"]

    def _run(self, *words: str) -> None:
        command = [*CAIYOU, "--config", str(self.directory / "caiyou.toml"), *words]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


class Radicale(Server):
    """Radicale as its documentation sets it up, passwords in plain text so that none are hashed."""

    name = "radicale"

    def seed(self, accounts: dict[str, int]) -> None:
        folder, users = self.directory / "collections", self.directory / "users"
        config = _RADICALE.format(port=self.port, users=users, folder=folder)
        (self.directory / "config").write_text(config)
        self.passwords = dict.fromkeys(accounts, "secret")
        users.write_text("".join(f"{account}:secret\n" for account in accounts))
        for account, count in accounts.items():
            book = folder / "collection-root" / account / "contacts"
            book.mkdir(parents=True)
            (book / ".Radicale.props").write_text(json.dumps({"tag": "VADDRESSBOOK"}))
            for number in range(count):
                (book / f"c{number}.vcf").write_bytes(card(f"c{number}", number))

    def book(self, account: str) -> str:
        return f"/{account}/contacts/"

    def user(self, account: str) -> str:
        return account

    def command(self) -> list[str]:
        return [judge("radicale"), "--config", str(self.directory / "config")]
