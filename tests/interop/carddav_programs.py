"""Clients that keep a book in step with files or a profile of their own: vdirsyncer, SyncEvolution, Thunderbird."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.fakes.dav_hub import ANN, PASSWORD, DavHub
from tests.interop.carddav_judges import FOLDER, judge, run
from tests.interop.need import need

VDIRSYNCER = """\
[general]
status_path = "{here}/status"

[pair books]
a = "local"
b = "remote"
collections = ["from a", "from b"]
metadata = ["displayname", "description"]
conflict_resolution = {conflicts}

[storage local]
type = "filesystem"
path = "{here}/cards"
fileext = ".vcf"

[storage remote]
type = "carddav"
url = "{url}/"
username = "{user}"
password = "{password}"
"""


class Folder:
    """A folder of cards that vdirsyncer keeps, as a program on somebody's desk."""

    def __init__(self, hub: DavHub, here: Path, conflicts: str = '"b wins"') -> None:
        self.hub = hub
        self.cards = here / "cards" / "contacts"
        self.config = here / "config"
        here.mkdir(exist_ok=True)
        self.cards.mkdir(parents=True)
        told = VDIRSYNCER.format(here=here, url=hub.url, user=ANN, password=PASSWORD, conflicts=conflicts)
        self.config.write_text(told)

    async def ask(self, command: str, *, fails: bool = False) -> str:
        return await run(judge("vdirsyncer"), "-c", str(self.config), command, fails=fails)

    def names(self) -> set[str]:
        return {path.read_bytes().split(b"FN:")[1].split(b"\r\n")[0].decode() for path in self.cards.glob("*.vcf")}


#: What SyncEvolution's templates call a store of contacts.
STORE = "addressbook"


class Evolution:
    """SyncEvolution: asks the book by itself, or keeps a folder of cards in step with it."""

    def __init__(self, hub: DavHub, here: Path) -> None:
        self._hub = hub
        self._here = here
        self.cards = here / "cards"
        self.cards.mkdir(parents=True)

    @property
    def _access(self) -> tuple[str, ...]:
        return f"syncURL={self._hub.url}/", f"username={ANN}", f"password={PASSWORD}", "keyring=no"

    @property
    def _book(self) -> str:
        return f"database={self._hub.url}{self._hub.book()}"

    async def ask(self, *words: str) -> str:
        """What a command says of the book."""
        return await self._run(*words, "backend=CardDAV", *self._access, self._book)

    async def books(self) -> str:
        """What it finds by itself."""
        return await self._run("--print-databases", "backend=CardDAV", *self._access)

    async def configure(self) -> None:
        """Write where the book is into its settings."""
        await self._run("--configure", "--template", "webdav", *self._access, self._book, "target-config@hub", STORE)

    async def change(self, *words: str, card: str) -> str:
        """A command for one card, by the name it gives it; the book is configured."""
        return await self._run(*words, "--", "target-config@hub", STORE, card)

    async def prepare(self) -> None:
        """Write its settings, and sync for the first time."""
        await self.configure()
        await self._run(
            "--configure", "--template", "SyncEvolution_Client", "syncURL=local://@hub", "username=", "password=",
            "keyring=no", "backend=file", f"database=file://{self.cards}", "databaseFormat=text/vcard", "sync=two-way",
            f"uri={STORE}", "printChanges=0", "dumpData=0", "hub@folder", STORE,
        )  # fmt: skip
        await self._run("--sync", "slow", "hub@folder", STORE)

    async def sync(self) -> None:
        """Bring folder and book in step."""
        await self._run("hub@folder", STORE)

    async def _run(self, *words: str) -> str:
        folders = {f"XDG_{name}_HOME": str(self._here / name.lower()) for name in ("CONFIG", "CACHE", "DATA")}
        command = need("dbus-run-session"), "--", need("syncevolution"), "--daemon=no", *words
        return await run(*command, HOME=str(self._here), LC_ALL="C.UTF-8", **folders)


class Thunderbird:
    """The program without a screen, told step by step."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, name: str, *given: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": name, "with": given}).encode() + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert line, "Thunderbird is gone"
        told = json.loads(line)
        assert "error" not in told, told["error"]
        return told["ok"]

    async def names(self) -> list[str]:
        return [name for name, _ in await self.do("cards")]


@asynccontextmanager
async def thunderbird() -> AsyncIterator[Thunderbird]:
    """A Thunderbird with a new profile."""
    process = await asyncio.create_subprocess_exec(
        judge("python"), str(FOLDER / "thunderbird.py"), need("thunderbird"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 22,
    )  # fmt: skip
    try:
        yield Thunderbird(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 30)
