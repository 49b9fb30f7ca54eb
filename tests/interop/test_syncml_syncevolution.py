"""SyncEvolution as a SyncML client at the running hub: every version, both forms, both versions of cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.store.desk import BooksOfStore
from tests.fakes.dav_hub import PASSWORD, DavHub, dav_hub
from tests.interop.need import need
from tests.interop.syncml_peer import LosingProxy, Phone, shim

pytestmark = [pytest.mark.interop, pytest.mark.slow]

MEMBERS = tuple(f"m{number}@example.cn" for number in range(14))
ANN = MEMBERS[12]
VERSIONS = ("1.0", "1.1", "1.2")
FORMS = {"wbxml": "enableWBXML=1", "xml": "enableWBXML=0"}
CARDS = {"2.1": ("syncFormat=text/x-vcard:2.1", "forceSyncFormat=1"), "3.0": ("syncFormat=text/vcard:3.0",)}

Maker = Callable[..., Phone]


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for program in ("syncevolution", "dbus-run-session", "gcc"):
        need(program)
    return shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
async def hub(tmp_path: Path, preloaded: Path) -> AsyncIterator[DavHub]:
    async with dav_hub(tmp_path / "hub", members=MEMBERS) as opened:
        yield opened


@pytest.fixture
def make(hub: DavHub, tmp_path: Path, preloaded: Path) -> Maker:
    def phone(name: str, user: str = ANN, *settings: str) -> Phone:
        return Phone(tmp_path / name, f"{hub.url}/syncml", user, PASSWORD, settings, shim=preloaded)

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


async def test_what_can_happen_to_a_phone(hub: DavHub, make: Maker) -> None:
    """A large card, a conflict, a second device, a lost last message, a wiped phone, refresh and one way."""
    phone = make("phone", ANN, "maxMsgSize=20000")
    second = make("second")
    await asyncio.gather(phone.set_up(), second.set_up())
    note = "很长的备注。" * 4_500  # 81 000 octets
    phone.put("big", "FN:大卡", "N:大;卡;;;", f"NOTE:{note}")
    phone.put("zhang", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000")
    (await phone.sync()).must_be("slow", new=2)
    assert note in book(hub)["大卡"].replace("\r\n ", "")
    (await second.sync()).must_be("slow", local_new=2)
    assert note in second.texts()[second.found("大卡")[0]]

    # Both devices change the same card: one another field, then the same one.
    (name,) = second.found("张三")
    phone.put("zhang", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000", "EMAIL:phone@example.cn")
    second.put(name, "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000", "TITLE:工程师")
    (await phone.sync()).must_be("two-way", changed=1)
    assert (await second.sync()).is_good
    assert (await phone.sync()).is_good
    for each in (phone, second):
        (text,) = [text for text in each.texts().values() if "张三" in text]
        assert "phone@example.cn" in text
        assert "工程师" in text

    # The phone is wiped: it gets everything again, and nothing is doubled.
    for path in phone.cards.iterdir():
        path.unlink()
    (await phone.sync("slow")).must_be("slow", local_new=2)
    assert len(book(hub)) == len(phone.texts()) == 2
    (await phone.sync("slow")).must_be("slow", new=2)  # SyncEvolution counts what it said, matched or not
    assert len(book(hub)) == len(phone.texts()) == 2

    # What it says is all that counts, then what the book says.
    for path in second.cards.iterdir():
        path.unlink()
    second.put("li", "FN:李四", "N:李;四;;;")
    (await second.sync("refresh-from-local")).must_be("refresh-from-local", new=1)
    assert book(hub).keys() == {"李四"}
    assert (await phone.sync("refresh-from-remote", "enableRefreshSync=1")).is_good
    assert [*phone.found("李四")] == [*phone.texts()]
    phone.put("wang", "FN:王五", "N:王;五;;;")
    await put(hub, "zhao", "FN:赵六", "N:赵;六;;;")
    assert (await phone.sync("one-way-from-local")).is_good
    assert book(hub).keys() == {"李四", "王五", "赵六"}
    assert not phone.found("赵六")
    assert (await phone.sync()).is_good
    assert phone.found("赵六")


async def test_a_lost_last_message(hub: DavHub, make: Maker, tmp_path: Path) -> None:
    """The line goes while the answer to the phone's names comes; next time nothing is doubled."""
    phone = make("phone")
    proxy = await LosingProxy.open(hub.door.port)
    phone.url = phone.url.replace(str(hub.door.port), str(proxy.port))
    try:
        await phone.set_up()
        phone.put("1", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000")
        assert (await phone.sync()).is_good
        await put(hub, "li", "FN:李四", "N:李;四;;;")
        proxy.lose_after = 3
        assert not (await phone.sync("", "retryDuration=0")).is_good
        proxy.lose_after = 0
        assert (await phone.sync()).is_good
        assert (await phone.sync()).is_good
        assert len(phone.texts()) == len(book(hub)) == 2
    finally:
        await proxy.close()
