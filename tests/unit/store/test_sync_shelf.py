"""Devices and what they have, on both databases: sessions of a phone, without a line between."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from addressbook.syncml import documents
from addressbook.syncml.alerts import Kind
from addressbook.syncml.documents import Form
from addressbook.syncml.reading import message_of
from addressbook.syncml.session import Exchange, octets_of
from addressbook.syncml.shelf import Anchors
from addressbook.syncml.state import NEVER
from addressbook.syncml.tokens import Version
from gateway.core.errors import NotFound
from gateway.store.desk import BooksOfStore
from gateway.store.sync_devices import MAX_DEVICES, SyncDevice
from tests.fakes.desk import Bench
from tests.fakes.syncml_phone import Phone, device, statuses
from tests.unit.store.test_contacts import card

URL = "http://here/syncml"


@dataclass
class Line:
    """What is between phone and store."""

    bench: Bench
    account: int

    async def __call__(self, url: str, octets: bytes, content_type: str) -> tuple[int, bytes]:
        message = message_of(documents.read(octets, Form.WBXML).root)

        def work(books: BooksOfStore) -> bytes:
            device = books.sync_devices.come(self.account, message.header.source.uri)
            _, abilities, state = books.sync_devices.get(device.id)
            if message.header.message_id == "1":
                state = state.begun(message.header.session_id, "t", books.now_ms)
            exchange = Exchange(
                state, abilities, books.shelf(device), Version.V1_2, Form.WBXML, URL + "?s=t", str(books.now_ms)
            )
            answer = octets_of(exchange.answer(message), Form.WBXML, Version.V1_2)
            books.sync_devices.keep(device.id, exchange.device, state)
            return answer

        return 200, self.bench.run(work)


@pytest.fixture
def account(bench: Bench) -> int:
    bench.run(lambda b: b.accounts.add_domain("mail.example"))
    made: int = bench.run(lambda b: b.accounts.add("anna@mail.example").id)
    return made


@pytest.fixture
def book(bench: Bench, account: int) -> int:
    made: int = bench.run(lambda b: b.address_books.default(account).id)
    return made


def phone_of(bench: Bench, account: int, **options: object) -> Phone:
    return Phone(Line(bench, account), URL, "anna@mail.example", "", info=device(), **options)  # type: ignore[arg-type]


async def test_a_phone_and_the_book(bench: Bench, account: int, book: int) -> None:
    bench.run(lambda b: b.contacts.put(book, "a.vcf", card("a", "李四")))
    phone = phone_of(bench, account)
    phone.write("1", "N:张;三", "TEL:13800138000")
    assert await phone.sync() == Kind.SLOW
    assert len(phone.cards) == 2
    bench.run(lambda b: b.contacts.put(book, "a.vcf", card("a", "李四光")))
    phone.write("1", "N:张;三", "TEL:13800138001")
    assert await phone.sync() == Kind.TWO_WAY
    assert "李四光" in phone.texts()
    bench.run(lambda b: b.contacts.delete(book, "a.vcf"))
    phone.erase("1")
    assert await phone.sync() == Kind.TWO_WAY
    assert not phone.cards
    assert not bench.ask(lambda b: list(b.contacts.entries(book)))
    phone.write("2", "N:王;五")
    await phone.set_up(Kind.REFRESH_FROM_DEVICE)
    await phone.hear(await phone.tell(Kind.REFRESH_FROM_DEVICE))
    await phone.close()
    assert len(bench.ask(lambda b: list(b.contacts.entries(book)))) == 1
    assert await phone.sync(Kind.REFRESH_FROM_SERVER) == Kind.REFRESH_FROM_SERVER
    assert len(phone.cards) == 1


async def test_what_a_phone_was_told_is_asked_for_by_revision(bench: Bench, account: int, book: int) -> None:
    phone = phone_of(bench, account)
    for number in range(30):
        bench.run(lambda b, n=number: b.contacts.put(book, f"{n}.vcf", card(f"{n}", f"名{n}")))
    await phone.sync()
    assert len(phone.cards) == 30
    found = bench.run(lambda b: b.sync_devices.come(account, "IMEI:1"))
    revision = bench.ask(lambda b: b.shelf(found).book("card")).revision
    assert bench.ask(lambda b: b.shelf(found).anchors(book)).server_revision == revision
    assert bench.ask(lambda b: b.shelf(found).count_changes(book, 0, revision)) == 0
    bench.run(lambda b: b.sync_devices.forget(found.id))
    again = bench.run(lambda b: b.sync_devices.come(account, "IMEI:1"))
    assert bench.ask(lambda b: b.shelf(again).count_changes(book, 0, revision)) == 30
    assert len(bench.ask(lambda b: b.shelf(again).changes(book, 10, 20, 100))) == 10


async def test_deletions_that_are_forgotten_make_it_slow(bench: Bench, account: int, book: int) -> None:
    phone = phone_of(bench, account)
    phone.write("1", "N:张;三")
    await phone.sync()
    found: SyncDevice = bench.run(lambda b: b.sync_devices.come(account, "IMEI:1"))
    marks = bench.ask(lambda b: b.shelf(found).anchors(book))
    old = Anchors(marks.client_next, marks.server_next, 0)
    bench.run(lambda b: b.shelf(found).save_anchors(book, old))
    assert await phone.set_up() == Kind.TWO_WAY
    bench.run(lambda b: b.shelf(found).save_anchors(book, old))
    bench.run(lambda b: _floor(b, book))
    assert await phone.set_up() == Kind.SLOW
    assert 508 in statuses(phone.heard[-1])


def _floor(books: BooksOfStore, book: int) -> None:
    import sqlalchemy as sa

    from gateway.store.schema import address_books

    books.tx.execute(sa.update(address_books).where(address_books.c.id == book).values(floor_revision=1))


def test_names_of_the_device(bench: Bench, account: int, book: int) -> None:
    ids = [bench.run(lambda b, n=n: b.contacts.put(book, f"{n}.vcf", card(f"{n}"))).contact_id for n in range(2)]
    found = bench.run(lambda b: b.sync_devices.come(account, "IMEI:1"))

    def work(books: BooksOfStore) -> None:
        shelf = books.shelf(found)
        shelf.put_map(book, "1", ids[0], 1)
        shelf.put_map(book, "1", ids[1], 2)  # the name stands for another now
        assert shelf.by_contact(book, ids[0]) is None
        shelf.put_map(book, "2", ids[1], 3)  # and this one is called otherwise
        assert shelf.by_luid(book, "1") is None
        shelf.let_go(book, "2")
        mapped = shelf.by_luid(book, "2")
        assert mapped is not None
        assert mapped.revision == NEVER
        shelf.doubt_maps(book)
        shelf.put_map(book, "3", ids[0], 1)
        shelf.drop_maps(book, doubtful_only=True)
        assert shelf.by_luid(book, "2") is None
        assert shelf.unmapped(book) == [ids[1]]
        shelf.drop_maps(book)
        assert sorted(shelf.unmapped(book)) == sorted(ids)

    bench.run(work)


def test_secrets_and_devices(bench: Bench, account: int) -> None:
    made = bench.run(lambda b: b.sync_devices.add_secret(account, "phone", "+8613800138000"))
    assert (made.device_id, len(made.secret), made.shown) == ("", 12, "phone")
    bench.run(lambda b: b.sync_devices.come(account, "IMEI:1"))
    claimed = bench.run(lambda b: b.sync_devices.claim(made.id, "IMEI:1"))
    assert (claimed.secret, claimed.number) == (made.secret, "+8613800138000")
    assert len(bench.ask(lambda b: b.sync_devices.of(account))) == 1
    other = bench.run(lambda b: b.sync_devices.add_secret(account))
    assert bench.run(lambda b: b.sync_devices.claim(other.id, "IMEI:2")).device_id == "IMEI:2"
    assert bench.run(lambda b: b.sync_devices.renew_secret(other.id)) != other.secret
    for number in range(MAX_DEVICES):
        bench.run(lambda b, n=number: b.sync_devices.come(account, f"x{n}"))
    assert len(bench.ask(lambda b: b.sync_devices.of(account))) == MAX_DEVICES
    with pytest.raises(NotFound):
        bench.run(lambda b: b.sync_devices.renew_secret(7))
    bench.run(lambda b: b.accounts.forget(account))
    assert not bench.ask(lambda b: b.sync_devices.of(account))
