"""SyncEvolution as a SyncML client at the running hub: every version, both forms, both versions of cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.store.desk import BooksOfStore
from tests.fakes.dav_hub import PASSWORD, DavHub, dav_hub
from tests.interop.need import need
from tests.interop.syncml_peer import Phone, shim

pytestmark = [pytest.mark.interop, pytest.mark.slow]

MEMBERS = tuple(f"m{number}@example.cn" for number in range(14))
ANN = MEMBERS[12]
VERSIONS = ("1.0", "1.1", "1.2")
FORMS = {"wbxml": "enableWBXML=1", "xml": "enableWBXML=0"}
CARDS = {"2.1": ("syncFormat=text/x-vcard:2.1", "forceSyncFormat=1"), "3.0": ("syncFormat=text/vcard:3.0",)}

Maker = Callable[..., Phone]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for program in ("syncevolution", "dbus-run-session", "gcc"):
        need(program)
    return shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
async def hub(tmp_path: Path, library: Path) -> AsyncIterator[DavHub]:
    async with dav_hub(tmp_path / "hub", members=MEMBERS) as opened:
        yield opened


@pytest.fixture
def make(hub: DavHub, tmp_path: Path, library: Path) -> Maker:
    def phone(name: str, user: str = ANN, *settings: str) -> Phone:
        return Phone(tmp_path / name, f"{hub.url}/syncml", user, PASSWORD, settings, library=library)

    return phone


def book(hub: DavHub, user: str = ANN) -> dict[str, str]:
    """The cards of a member's book by their names."""
    account_id = hub.accounts[user]

    def ask(books: BooksOfStore) -> dict[str, str]:
        mine = books.address_books.default(account_id)
        hrefs = [one.href for one in books.contacts.entries(mine.id)]
        cards = books.contacts.get_many(mine.id, hrefs).values()
        return {one.data.decode().split("\nFN:")[1].split("\r")[0]: one.data.decode() for one in cards}

    return hub.desk.run_now(ask)


async def put(hub: DavHub, name: str, *lines: str, user: str = ANN) -> None:
    """A card written by another program."""
    text = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{name}", *lines, "END:VCARD", ""]
    answer = await hub.put(f"{hub.book(user)}{name}.vcf", "\r\n".join(text).encode(), user=user)
    assert answer.status in (201, 204)


async def test_every_version_form_and_kind_of_card(hub: DavHub, make: Maker) -> None:
    """Slow, then two-way with changes of both sides, twelve times over."""

    at_once = asyncio.Semaphore(3)

    async def one(number: int, version: str, form: str, cards: str) -> None:
        async with at_once:
            await session(number, version, form, cards)

    async def session(number: int, version: str, form: str, cards: str) -> None:
        user = MEMBERS[number]
        phone = make(f"phone{number}", user, f"SyncMLVersion={version}", FORMS[form], *CARDS[cards])
        await phone.set_up()
        await put(hub, "li", "FN:李四", "N:李;四;;;", "TEL;TYPE=CELL:13900139000", "X-CAR:red", user=user)
        phone.put("1", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000", "EMAIL;TYPE=HOME:zhang@example.cn")
        (await phone.sync()).must_be("slow", local_new=1, new=1)
        (li,) = phone.found("李四")
        phone.put("1", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138001", "EMAIL;TYPE=HOME:zhang@example.cn")
        phone.put("wang", "FN:王五", "N:王;五;;;", "NOTE:第一行\\n第二行")
        await put(hub, "li", "FN:李四", "N:李;四;;;", "TEL;TYPE=CELL:13900139999", "X-CAR:red", user=user)
        (await phone.sync()).must_be("two-way", local_changed=1, new=1, changed=1)
        assert "13900139999" in phone.texts()[li]
        kept = book(hub, user)
        assert kept.keys() == {"张三", "李四", "王五"}
        assert "13800138001" in kept["张三"]
        assert "13800138000" not in kept["张三"]
        assert "X-CAR:red" in kept["李四"]
        (phone.cards / "wang").unlink()
        (await phone.sync()).must_be("two-way", gone=1)
        assert book(hub, user).keys() == {"张三", "李四"}

    every = [(version, form, cards) for version in VERSIONS for form in FORMS for cards in CARDS]
    async with asyncio.TaskGroup() as group:
        for number, each in enumerate(every):
            group.create_task(one(number, *each))
