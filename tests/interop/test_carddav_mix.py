"""Every client on one account in random order: in the end all hold the same book, and nothing of a card was lost.

`CAIYOU_ROUNDS=200` for a long one (`make books`), `CAIYOU_SEED=…` for another order.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import uuid
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from addressbook.contact import Contact
from addressbook.vcard.meaning import contact_of
from tests.fakes.dav_hub import ANN, PASSWORD, DavHub, dav_hub
from tests.interop.carddav_judges import judge
from tests.interop.carddav_phones import Phone, davx5, iphone
from tests.interop.carddav_programs import Evolution, Folder, Thunderbird, thunderbird
from tests.interop.need import need
from tests.interop.syncml_peer import Phone as OldPhone
from tests.interop.syncml_peer import shim

pytestmark = [pytest.mark.interop, pytest.mark.slow]
ROUNDS = int(os.environ.get("CAIYOU_ROUNDS", "4"))
SEED = int(os.environ.get("CAIYOU_SEED", "5"))
#: Phones over SyncML, and their settings.
OLD_PHONES = {
    "SyncML 1.2": ("SyncMLVersion=1.2", "enableWBXML=1", "syncFormat=text/vcard:3.0"),
    "SyncML 1.1": ("SyncMLVersion=1.1", "enableWBXML=0", "syncFormat=text/x-vcard:2.1", "forceSyncFormat=1"),
}
#: Cards that a book does not fall below, so that there is something to change.
LEAST = 6
_PHOTO = "".join(f"{n:02d}AbCdEfGhIjKlMnOpQrStUvWxYz+/01" for n in range(10)) + "AAAA"


def new_card(number: int, version: str) -> tuple[str, str]:
    """A card with something of everything, and its UID; what nobody knows is marked with the UID."""
    uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"mix {number}"))
    photo = f"PHOTO:data:image/jpeg;base64,{_PHOTO}" if version == "4.0" else f"PHOTO;ENCODING=b;TYPE=JPEG:{_PHOTO}"
    lines = [
        "BEGIN:VCARD", f"VERSION:{version}", f"UID:{uid}", f"FN:人{number:04d}", f"N:人;{number:04d};;;",
        f"TEL;TYPE=CELL:138{number:08d}", f"TEL;TYPE=WORK:010{number:08d}", f"EMAIL;TYPE=HOME:p{number}@example.cn",
        "ORG:彩邮;研发", "ADR;TYPE=WORK:;;中关村大街1号;北京;;100080;中国", f"NOTE:note {number}",
        "BDAY:19900415" if version == "4.0" else "BDAY:1990-04-15", "CATEGORIES:同事,朋友", photo,
        f"item1.TEL:400{number:08d}", "item1.X-ABLabel:Boat", f"X-UNKNOWN;X-A=b:{uid}", "END:VCARD", "",
    ]  # fmt: skip
    return uid, "\r\n".join(lines)


def said(cards: Iterable[str]) -> list[tuple[object, ...]]:
    """What cards say, field by field, in an order of its own."""
    return sorted(map(_said, cards))


def _said(card: str) -> tuple[object, ...]:
    contact: Contact = contact_of(card.encode())
    unknown = re.search(r"^X-UNKNOWN;X-A=\"?b\"?:(.*?)\r?$", card, re.MULTILINE | re.IGNORECASE)
    return (
        contact.shown,
        contact.name.family,
        contact.name.given,
        sorted((one.value, one.types, one.label) for one in contact.numbers if one.value),
        sorted((one.value, one.types) for one in contact.mails if one.value),
        (contact.organisation.name, *contact.organisation.units),
        [one.parts for one in contact.addresses if any(one.parts)],
        contact.note,
        contact.birthday,
        sorted(contact.categories),
        hashlib.sha256(contact.photo.data).hexdigest() if contact.photo is not None and contact.photo.data else "",
        unknown[1] if unknown else "",
    )


def as_old_phones_hold(card: tuple[object, ...]) -> tuple[object, ...]:
    """Without labels of numbers and what nobody knows: over SyncML neither goes to them, and both must be kept here."""
    numbers = cast("list[tuple[str, tuple[str, ...], str]]", card[3])
    return (*card[:3], sorted((value, types, "") for value, types, _ in numbers), *card[4:-1], "")


class Client:
    """One of the clients: what it has, and how its user changes that."""

    name: str
    holds_all = True

    async def sync(self) -> None:
        raise NotImplementedError

    async def cards(self) -> list[str]:
        raise NotImplementedError

    async def add(self, number: int) -> None:
        raise NotImplementedError

    async def change(self, rng: random.Random, words: str) -> None:
        raise NotImplementedError

    async def remove(self, rng: random.Random) -> None:
        raise NotImplementedError


def noted(card: str, words: str) -> str:
    """A card with another note."""
    return re.sub(r"^NOTE(?:;[^:\r\n]*)?:[^\r\n]*", f"NOTE:{words}", card, count=1, flags=re.MULTILINE)


def _as_evolution_has_it(card: str) -> str:
    """In its files SyncEvolution has labels as parameters."""
    return card.replace("item1.TEL:", "TEL;X-ABLabel=Boat:").replace("item1.X-ABLabel:Boat\r\n", "")


def _as_cards_have_it(card: str) -> str:
    return re.sub(r"^TEL;X-ABLabel=Boat:([^\r\n]*)", r"item1.TEL:\1\r\nitem1.X-ABLabel:Boat", card, flags=re.MULTILINE)


class Files(Client):
    """A folder of files, kept by vdirsyncer, or by SyncEvolution over CardDAV or SyncML."""

    def __init__(self, name: str, keeper: Folder | Evolution | OldPhone) -> None:
        self.name = name
        self.holds_all = not isinstance(keeper, OldPhone)
        self._keeper = keeper

    def _files(self) -> list[Path]:
        return sorted(self._keeper.cards.iterdir())

    async def sync(self) -> None:
        if isinstance(self._keeper, Folder):
            await self._keeper.ask("sync")
        elif isinstance(self._keeper, OldPhone):
            told = await self._keeper.sync()
            assert told.is_good, told.text
        else:
            await self._keeper.sync()

    async def cards(self) -> list[str]:
        return [_as_cards_have_it(path.read_bytes().decode()) for path in self._files()]

    async def add(self, number: int) -> None:
        uid, card = new_card(number, "3.0")
        if not isinstance(self._keeper, Folder):
            card = _as_evolution_has_it(card)
        (self._keeper.cards / f"{uid}.vcf").write_bytes(card.encode())

    async def change(self, rng: random.Random, words: str) -> None:
        path = rng.choice(self._files())
        path.write_bytes(noted(path.read_bytes().decode(), words).encode())

    async def remove(self, rng: random.Random) -> None:
        rng.choice(self._files()).unlink()


class OnPhone(Client):
    """A phone that works by itself and syncs later."""

    def __init__(self, name: str, phone: Phone, version: str) -> None:
        self.name, self._phone, self._version = name, phone, version

    async def sync(self) -> None:
        await self._phone.sync()

    async def cards(self) -> list[str]:
        return list(self._phone.cards.values())

    async def add(self, number: int) -> None:
        uid, card = new_card(number, self._version)
        path = f"{self._phone.hub.book()}{uid}.vcf"
        self._phone.cards[path] = card
        self._phone.changed.add(path)

    async def change(self, rng: random.Random, words: str) -> None:
        path = rng.choice(sorted(self._phone.cards))
        self._phone.cards[path] = noted(self._phone.cards[path], words)
        self._phone.changed.add(path)

    async def remove(self, rng: random.Random) -> None:
        path = rng.choice(sorted(set(self._phone.tags) & set(self._phone.cards)))
        del self._phone.cards[path]
        self._phone.changed.discard(path)
        self._phone.deleted.add(path)


class Bird(Client):
    """Thunderbird, which writes at once."""

    name = "Thunderbird"

    def __init__(self, bird: Thunderbird) -> None:
        self._bird = bird

    async def sync(self) -> None:
        await self._bird.do("sync")

    async def cards(self) -> list[str]:
        return [card for _, card in await self._bird.do("cards")]

    async def add(self, number: int) -> None:
        await self._bird.do("add", new_card(number, "4.0")[1])

    async def change(self, rng: random.Random, words: str) -> None:
        await self._bird.do("note", rng.choice(await self._bird.names()), words)

    async def remove(self, rng: random.Random) -> None:
        await self._bird.do("remove", rng.choice(await self._bird.names()))


async def clients_of(hub: DavHub, here: Path, stack: AsyncExitStack) -> list[Client]:
    """All of them, after their first sync."""
    folder = Folder(hub, here / "folder")
    await folder.ask("discover")
    evolution = Evolution(hub, here / "evolution")
    await evolution.prepare()
    bird = await stack.enter_async_context(thunderbird())
    await bird.do("detect", ANN, PASSWORD, hub.url + "/")
    old_phones = [
        OldPhone(here / name, f"{hub.url}/syncml", ANN, PASSWORD, settings, shim=shim(here))
        for name, settings in OLD_PHONES.items()
    ]
    for old_phone in old_phones:
        await old_phone.set_up()
    old = [Files(name, old_phone) for name, old_phone in zip(OLD_PHONES, old_phones, strict=True)]
    phones = OnPhone("iPhone", iphone(hub), "3.0"), OnPhone("DAVx5", davx5(hub), "4.0")
    clients: list[Client] = [Files("vdirsyncer", folder), Files("SyncEvolution", evolution), Bird(bird), *phones, *old]
    for client in clients:
        await client.sync()
    return clients


async def test_all_clients_hold_the_same_book(tmp_path: Path) -> None:
    need("syncevolution")
    judge("vdirsyncer")
    rng = random.Random(SEED)
    async with dav_hub(tmp_path / "data") as hub, AsyncExitStack() as stack:
        for number in range(2 * LEAST):
            uid, card = new_card(number, "3.0")
            await hub.put(f"{hub.book()}{uid}.vcf", card.encode())
        clients = await clients_of(hub, tmp_path, stack)
        number = 2 * LEAST
        for round_ in range(ROUNDS):
            client = rng.choice(clients)
            for turn in range(rng.randint(1, 3)):
                kind = rng.choice(("add", "change", "change", "remove"))
                if kind == "add" or len(await client.cards()) <= LEAST:
                    await client.add(number)
                    number += 1
                elif kind == "change":
                    await client.change(rng, f"round {round_}.{turn} by {client.name}")
                else:
                    await client.remove(rng)
            await client.sync()
        # What one of them still had to upload, the others get in the second turn.
        for _ in range(2):
            for client in clients:
                await client.sync()
        book = said(await OnPhoneOnly(hub).all_cards())
        for client in clients:
            held, wanted = said(await client.cards()), book
            if not client.holds_all:
                held, wanted = sorted(map(as_old_phones_hold, held)), sorted(map(as_old_phones_hold, book))
            assert (client.name, held) == (client.name, wanted)
        poor = [card for card in book if not card[-1] or not card[-2]]
        assert not poor, "what nobody knows, or the photo, is gone"
        assert len(book) >= LEAST


class OnPhoneOnly:
    """What the server holds, read anew."""

    def __init__(self, hub: DavHub) -> None:
        self._phone = iphone(hub)

    async def all_cards(self) -> list[str]:
        await self._phone.sync()
        return list(self._phone.cards.values())
