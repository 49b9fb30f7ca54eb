"""Phones that keep a book as iPhones and DAVx5 do: upload what changed here, ask what changed there, fetch that.

Where both sides have changed a card the server is right (412, and the card comes with the answer to the sync).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes import dav_requests as asked
from tests.fakes.dav_hub import DavHub


@dataclass
class Phone:
    """One book on one phone: cards by their paths, as text, with the tags they had."""

    hub: DavHub
    headers: dict[str, str]
    ask_changes: str
    multiget: str
    href: str
    batch: int
    cards: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    token: str = ""

    async def sync(self) -> None:
        """Bring phone and book in step."""
        for path in self.deleted:
            await self.hub.ask("DELETE", path, If_Match=self.tags.pop(path), **self.headers)
        for path in self.changed:
            await self._upload(path)
        self.changed, self.deleted = set(), set()
        body = self.ask_changes.format(self.token)
        answer = await self.hub.ask("REPORT", self.hub.book(), body, Depth="0", **self.headers)
        gone = answer.gone()
        for path in gone:
            self.cards.pop(path, None)
            self.tags.pop(path, None)
        told = {path: answer.found(path)["getetag"].text for path in answer.responses() if path not in gone}
        await self._fetch([path for path, tag in told.items() if self.tags.get(path) != tag])
        self.token = answer.token

    async def _upload(self, path: str) -> None:
        condition = {"If_Match": self.tags[path]} if path in self.tags else {"If_None_Match": "*"}
        headers = {**self.headers, "Content_Type": "text/vcard; charset=utf-8", **condition}
        answer = await self.hub.put(path, self.cards[path].encode(), **headers)
        assert answer.status in (201, 204, 412), (answer, self.cards[path])
        if answer.status == 412 and path not in self.tags:
            del self.cards[path]
        elif answer.status != 412:
            self.tags[path] = answer.headers.get("etag", "")

    async def _fetch(self, paths: list[str]) -> None:
        for start in range(0, len(paths), self.batch):
            some = paths[start : start + self.batch]
            body = self.multiget.format("".join(self.href.format(path) for path in some))
            answer = await self.hub.ask("REPORT", self.hub.book(), body, **self.headers)
            for path in some:
                found = answer.found(path)
                self.cards[path] = found["address-data"].text or ""
                self.tags[path] = found["getetag"].text or ""


def iphone(hub: DavHub) -> Phone:
    """One that reads and writes 3.0."""
    return Phone(hub, asked.IOS, asked.APPLE_SYNC, asked.APPLE_MULTIGET, asked.APPLE_HREF, 50)


def davx5(hub: DavHub) -> Phone:
    """One that reads and writes 4.0, ten cards at a time."""
    return Phone(hub, asked.DAVX5, asked.DAVX5_SYNC, asked.DAVX5_MULTIGET, "<href>{}</href>", 10)
