"""SyncEvolution as a phone: cards in a folder, synchronised with the hub."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_SHIM = Path(__file__).parent / "syncml" / "curl_callbacks.c"
_ROW = re.compile(r"\|\s*addressbook \|" + r"\s*(\d+)\s*\|" * 9)
_NAMES = (
    "local_new", "local_changed", "local_gone", "local_errors", "new", "changed", "gone", "errors", "conflicts",
)  # fmt: skip


@functools.cache
def shim(folder: Path) -> Path:
    """What is loaded ahead of SyncEvolution."""
    made = folder / "curl_callbacks.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(made), str(_SHIM), "-ldl"], check=True)
    return made


@dataclass
class Report:
    """What SyncEvolution says after a run."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        return self.code == 0 and "Synchronization successful" in self.text

    @property
    def kind(self) -> str:
        """slow, two-way, …"""
        found = re.search(r"\|\s+([a-z-]+), \d+ KB sent by client", self.text)
        return found[1] if found else ""

    @property
    def counts(self) -> dict[str, int]:
        """What changed here (local_…) and on the server, what is 0 left out."""
        row = _ROW.search(self.text)
        assert row is not None, self.text
        return {name: int(row[at]) for at, name in enumerate(_NAMES, 1) if row[at] != "0"}

    def must_be(self, kind: str, **counts: int) -> None:
        """It went well, was of this kind, and these were the changes."""
        assert (self.is_good, self.kind, self.counts) == (True, kind, counts), self.text


@dataclass
class Phone:
    """One device: its settings and its cards."""

    folder: Path
    url: str
    user: str
    password: str
    settings: tuple[str, ...] = ()
    format: str = "text/vcard"
    shim: Path = field(default=Path())

    @property
    def cards(self) -> Path:
        return self.folder / "cards"

    async def set_up(self) -> None:
        self.cards.mkdir(parents=True, exist_ok=True)
        done = await self._run(
            "--configure", "--template", "SyncEvolution", f"syncURL={self.url}", f"username={self.user}",
            f"password={self.password}", "keyring=no", "backend=file", f"database=file://{self.cards}",
            "databaseFormat=text/vcard", "sync=two-way", "uri=card", "dumpData=0", "printChanges=0",
            "preventSlowSync=0", "loglevel=3", "retryDuration=20", "retryInterval=2", *self.settings, "hub@t",
            "addressbook",
        )  # fmt: skip
        assert done.code == 0, done.text

    async def sync(self, kind: str = "", *settings: str) -> Report:
        chosen = ("--sync", kind) if kind else ()
        return await self._run(*chosen, "--run", *settings, "hub@t", "addressbook")

    async def _run(self, *arguments: str) -> Report:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DBUS_"))},
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
        }
        preload = ("env", f"LD_PRELOAD={self.shim}")
        process = await asyncio.create_subprocess_exec(
            "dbus-run-session", "--", *preload, "syncevolution", "--daemon=no", *arguments, env=environment,
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(40):
            told, _ = await process.communicate()
        return Report(process.returncode or 0, told.decode("utf-8", "replace"))

    # --- its cards ----------------------------------------------------------------------------------------------

    def put(self, name: str, *lines: str, version: str = "3.0") -> None:
        """Write a card into the phone."""
        text = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])
        (self.cards / name).write_text(text, encoding="utf-8", newline="")

    def texts(self) -> dict[str, str]:
        """The cards in it, unfolded, by name."""
        return {
            one.name: re.sub(r"\r?\n[ \t]", "", one.read_text(encoding="utf-8"))
            for one in self.cards.iterdir()
            if one.is_file()
        }

    def found(self, word: str) -> list[str]:
        """The names of cards with a word in them."""
        return sorted(name for name, text in self.texts().items() if word in text)


class LosingProxy:
    """Passes requests on, and cuts the line in place of the answers from a certain one on (0: none)."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._seen = 0
        self._lose_after = 0
        self._server: asyncio.Server | None = None

    @classmethod
    async def open(cls, port: int) -> LosingProxy:
        made = cls(port)
        made._server = await asyncio.start_server(made._pass, "127.0.0.1", 0)
        return made

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def lose_after(self) -> int:
        return self._lose_after

    @lose_after.setter
    def lose_after(self, count: int) -> None:
        self._lose_after, self._seen = count, 0

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.findall(rb"(?i)content-length: (\d+)", head)[0])
                body = await reader.readexactly(length)
                there, here = await asyncio.open_connection("127.0.0.1", self._to)
                here.write(re.sub(rb"(?i)\r\nexpect:[^\r]*", b"\r\nConnection: close", head) + body)
                answer = await there.readuntil(b"\r\n\r\n")
                answer += await there.readexactly(int(re.findall(rb"(?i)content-length: (\d+)", answer)[0]))
                here.close()
                await here.wait_closed()
                self._seen += 1
                if self._lose_after and self._seen >= self._lose_after:
                    return
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
