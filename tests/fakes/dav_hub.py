"""A hub with members and their address books behind an open web door, and a client that speaks WebDAV to it."""

from __future__ import annotations

import functools
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import aiohttp

from gateway import clock
from gateway.core.ids import IdSource
from gateway.core.routing import Router
from gateway.fitting import FittingPool
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.passwords import hash_password_now
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.asking import Media
from gateway.web.dav import DavRoom
from gateway.web.server import Room, WebConfig, WebDoor
from gateway.web.syncml import SyncmlRoom
from gateway.web.viewing import Client
from mms.config import MmsConfig

ANN, BEN = "ann@example.cn", "ben@example.cn"
PASSWORD = "correct horse"
NAMES = {
    "D": "DAV:",
    "C": "urn:ietf:params:xml:ns:carddav",
    "CS": "http://calendarserver.org/ns/",
    "INF": "http://inf-it.com/ns/ab/",
}


def card(uid: str, name: str = "张三", *lines: str, version: str = "3.0") -> bytes:
    """A card."""
    return "\r\n".join(
        ["BEGIN:VCARD", f"VERSION:{version}", f"UID:{uid}", f"FN:{name}", f"N:{name};;;;", *lines, "END:VCARD", ""]
    ).encode()


@dataclass
class DavAnswer:
    """What came back."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def root(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def condition(self) -> str:
        """The local name of the condition in an error body; "" without one."""
        if not self.body or "xml" not in self.headers.get("content-type", ""):
            return ""
        found = self.root.find("*") if self.root.tag == "{DAV:}error" else None
        return "" if found is None else found.tag.rpartition("}")[2]

    def responses(self) -> dict[str, ElementTree.Element]:
        """The responses of a multistatus by their paths."""
        assert self.status == 207, (self.status, self.body)
        return {it.findtext("D:href", "", NAMES): it for it in self.root.findall("D:response", NAMES)}

    def found(self, path: str) -> dict[str, ElementTree.Element]:
        """The properties of a resource that were found, by name without namespace."""
        it = self.responses()[path]
        return {
            prop.tag.rpartition("}")[2]: prop
            for stat in it.findall("D:propstat", NAMES)
            if stat.findtext("D:status", "", NAMES) == "HTTP/1.1 200 OK"
            for prop in stat.findall("D:prop/*", NAMES)
        }

    def missing(self, path: str) -> set[str]:
        """The properties of a resource that were not."""
        return {
            prop.tag.rpartition("}")[2]
            for stat in self.responses()[path].findall("D:propstat", NAMES)
            if " 404 " in stat.findtext("D:status", "", NAMES)
            for prop in stat.findall("D:prop/*", NAMES)
        }

    def gone(self) -> set[str]:
        """The paths of responses that say 404."""
        return {
            path
            for path, it in self.responses().items()
            if (it.findtext("D:status", "", NAMES) or "").startswith("HTTP/1.1 404")
        }

    @property
    def token(self) -> str:
        """The sync-token of a sync-collection."""
        return self.root.findtext("D:sync-token", "", NAMES)


@dataclass
class DavHub:
    """The hub, and who asks it."""

    desk: Desk
    door: WebDoor
    client: aiohttp.ClientSession
    accounts: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door.port}"

    def home(self, user: str = ANN) -> str:
        return f"/dav/addressbooks/{user}/"

    def book(self, user: str = ANN, slug: str = "contacts") -> str:
        return f"{self.home(user)}{slug}/"

    async def ask(
        self,
        method: str,
        path: str,
        body: str | bytes = b"",
        *,
        user: str = ANN,
        password: str = PASSWORD,
        **headers: str,
    ) -> DavAnswer:
        """One request; `If_Match` stands for the header If-Match. No user: no login."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if user:
            given["Authorization"] = aiohttp.encode_basic_auth(user, password)
        data = body.encode() if isinstance(body, str) else body
        async with self.client.request(
            method, self.url + path, data=io.BytesIO(data) if data else None, headers=given, allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        ) as answer:  # fmt: skip
            seen = {name.lower(): value for name, value in answer.headers.items()}
            return DavAnswer(answer.status, seen, await answer.read())

    async def put(self, path: str, data: bytes, **options: str) -> DavAnswer:
        options.setdefault("Content_Type", "text/vcard; charset=utf-8")
        return await self.ask("PUT", path, data, **options)

    async def sync(self, book: str, token: str, prop: str = "<D:getetag/>", **options: str) -> DavAnswer:
        body = (
            f'<D:sync-collection xmlns:D="DAV:" xmlns:C="{NAMES["C"]}"><D:sync-token>{token}</D:sync-token>'
            f"<D:sync-level>1</D:sync-level><D:prop>{prop}</D:prop></D:sync-collection>"
        )
        return await self.ask("REPORT", book, body, **options)


@functools.cache
def _hash() -> str:
    return hash_password_now(PASSWORD)


@asynccontextmanager
async def dav_hub(data_dir: Path, *, members: tuple[str, ...] = (ANN, BEN), port: int = 0) -> AsyncIterator[DavHub]:
    """A hub that is open while it is used."""
    store = open_store(StoreConfig(data_dir=str(data_dir)))
    create_tables(store)
    desk = Desk(
        store, Blobs(data_dir), Router(), Journal(), new_id=IdSource(clock.now_ms), now_ms=clock.now_ms,
        read_facts=read_facts, reactions={},
    )  # fmt: skip
    password_hash = _hash()

    def open_accounts(books: BooksOfStore) -> dict[str, int]:
        for domain in sorted({member.partition("@")[2] for member in members}):
            books.accounts.add_domain(domain)
        return {it: books.accounts.add(it, password_hash=password_hash, display_name=it[:3]).id for it in members}

    accounts = desk.run_now(open_accounts)

    def rooms(client: Client) -> dict[str, Room]:
        room = DavRoom(desk, address_of=client.address_of, clock=time.monotonic)
        syncml = SyncmlRoom(desk, address_of=client.address_of, clock=time.monotonic)
        return {"dav": room, ".well-known": room, "principals": room, "syncml": syncml}

    pool = FittingPool(1, 60)
    config = WebConfig(port=port, connections_per_address=5000)
    door = WebDoor(desk, config, Media(MmsConfig(page_url="https://mail.example.cn"), pool), rooms=rooms)
    await door.start()
    try:
        async with aiohttp.ClientSession() as client:
            yield DavHub(desk, door, client, accounts)
    finally:
        await door.stop()
        await pool.close()
        await desk.close()
