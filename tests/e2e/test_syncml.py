"""SyncML over the open web door, by a phone that does each step by itself - or leaves one out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from addressbook.syncml.auth import basic, md5
from addressbook.syncml.commands import (
    MD5,
    Alert,
    Credentials,
    Edit,
    Get,
    Item,
    Map,
    Meta,
    Other,
    Results,
    Status,
    Sync,
)
from addressbook.syncml.documents import Form
from addressbook.syncml.notification import TYPE_1_2, Notification, is_from
from addressbook.syncml.session import octets_of
from addressbook.syncml.tokens import Version
from gateway.core.errors import BadRequest
from gateway.store.desk import BooksOfStore
from gateway.store.schema import outbox
from gateway.web.phone_settings import PhonesConfig, ask_to_sync, set_up_by_sms
from mms.codec.provisioning import Application, Settings
from mms.codec.provisioning_mac import is_proved
from mms.codec.push import Push
from tests.fakes.dav_hub import PASSWORD, DavHub, dav_hub
from tests.fakes.syncml_phone import Phone, device, edits, nonce_of, statuses

MEMBERS = tuple(f"p{number}@example.cn" for number in range(60))
_numbers = count()

ZHANG = ("N:张;三", "FN:张三", "TEL;CELL:13800138000")
LI = ("N:李;四", "FN:李四", "TEL;CELL:13900139000")

Maker = Callable[..., Phone]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DavHub]:
    async with dav_hub(tmp_path_factory.mktemp("hub"), members=MEMBERS) as opened:
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Book:
    """The book of one member, from the server's side."""

    def __init__(self, hub: DavHub, user: str) -> None:
        self.hub, self.user = hub, user

    def make(self, **options: Any) -> Phone:
        """A phone of that member."""

        async def ask(url: str, octets: bytes, content_type: str) -> tuple[int, bytes]:
            async with self.hub.client.post(url, data=octets, headers={"Content-Type": content_type}) as answer:
                return answer.status, await answer.read()

        return Phone(ask, f"{self.hub.url}/syncml", self.user, **{"password": PASSWORD, **options})

    def cards(self) -> dict[str, str]:
        """By the names shown, unfolded."""

        def work(books: BooksOfStore) -> dict[str, str]:
            book = books.address_books.default(self.hub.accounts[self.user])
            hrefs = [one.href for one in books.contacts.entries(book.id)]
            found = [one.data.decode().replace("\r\n ", "") for one in books.contacts.get_many(book.id, hrefs).values()]
            return {text.split("\nFN:")[1].split("\r")[0]: text for text in found}

        return self.hub.desk.run_now(work)

    def put(self, href: str, *lines: str) -> None:
        """A card that came another way."""
        text = "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{href}", *lines, "END:VCARD", ""])

        def work(books: BooksOfStore) -> None:
            book = books.address_books.default(self.hub.accounts[self.user])
            books.contacts.put(book.id, href, text.encode(), by="test")

        self.hub.desk.run_now(work)

    def delete(self, href: str) -> None:
        def work(books: BooksOfStore) -> None:
            books.contacts.delete(books.address_books.default(self.hub.accounts[self.user]).id, href, by="test")

        self.hub.desk.run_now(work)


@pytest.fixture
def book(hub: DavHub) -> Book:
    return Book(hub, MEMBERS[next(_numbers)])


# --- who it is --------------------------------------------------------------------------------------------------------


async def test_strangers_are_asked_who_they_are(book: Book) -> None:
    phone = book.make()
    phone.begin()
    phone.target = phone.url  # no credentials
    answer = await phone.send(phone.alert())
    assert [one.code for one in answer.commands if isinstance(one, Status)] == [407, 407]
    assert not any(isinstance(one, Alert) for one in answer.commands)
    wrong = book.make(password="wrong")
    answer = await wrong.send(wrong.alert())
    assert [one.code for one in answer.commands if isinstance(one, Status)] == [401, 401]
    unreadable = book.make(credentials=Credentials("syncml:auth-basic", "%%%"))
    assert statuses(await unreadable.send(unreadable.alert())) == [401]
    assert await book.make().sync(201) == 201


async def test_a_session_goes_on_at_an_address_that_nobody_guesses(book: Book) -> None:
    phone = book.make()
    await phone.set_up()
    real = phone.target
    assert real.startswith(phone.url + "?s=")
    for wrong in (real[:-1], real + "x", phone.url + "?s=", phone.url + "?s=1.é"):
        thief = book.make()
        thief.session, thief.message, thief.target = phone.session, 1, wrong
        assert statuses(await thief.send(Get("", (Item(target="./devinf12"),)))) == [407]
    other = book.make(id="IMEI:2")
    other.session, other.message, other.target = phone.session, 1, real
    assert statuses(await other.send(Get("", (Item(target="./devinf12"),)))) == [407]


async def test_a_device_with_a_secret_shows_digests(book: Book, hub: DavHub) -> None:
    account_id = hub.accounts[book.user]
    secret = hub.desk.run_now(lambda books: books.sync_devices.add_secret(account_id, "phone")).secret
    phone = book.make()
    phone.begin()
    phone.credentials = md5(book.user, secret, b"", Version.V1_2)
    answer = await phone.send(phone.alert(201))
    # The first nonce is empty, so the first digest is right, and the next one needs the nonce it is told.
    assert statuses(answer, "SyncHdr") == [212]
    nonce = nonce_of(answer)
    phone.begin()
    phone.credentials = md5(book.user, secret, b"", Version.V1_2)
    answer = await phone.send(phone.alert(201))
    assert statuses(answer, "SyncHdr") == [401]
    assert nonce_of(answer) not in (b"", nonce)
    for inner in (Version.V1_2, Version.V1_0):
        phone.begin()
        phone.credentials = md5(book.user, secret, nonce_of(answer), inner)
        answer = await phone.send(phone.alert(201))
        assert statuses(answer, "SyncHdr") == [212]
    phone.begin()
    phone.credentials = basic(book.user, secret)
    assert statuses(await phone.send(phone.alert(201)), "SyncHdr") == [212]
    # It is this device's now.
    other = book.make(id="IMEI:other", credentials=basic(book.user, secret))
    assert statuses(await other.send(other.alert()), "SyncHdr") == [401]
    (known,) = hub.desk.run_now(lambda books: books.sync_devices.of(account_id))
    assert (known.device_id, known.secret) == ("IMEI:1", secret)


async def test_a_digest_of_a_device_without_secret_is_answered_with_a_wish_for_the_password(book: Book) -> None:
    for _ in range(30):  # it is no guess
        phone = book.make(credentials=Credentials(MD5, "JF+GsfiNxVbECPBJaGeFNw=="))
        answer = await phone.send(phone.alert())
        assert statuses(answer, "SyncHdr") == [401]
        assert [one.challenge.type for one in answer.commands if isinstance(one, Status) and one.challenge] == [
            "syncml:auth-basic"
        ]


async def test_what_is_no_message(book: Book) -> None:
    phone = book.make()
    assert (await phone.ask(phone.url, b"\x03\x01", Form.WBXML.content_type))[0] == 400
    assert (await phone.ask(phone.url, b"<SyncML/>", Form.XML.content_type))[0] == 400
    assert (await phone.ask(phone.url, b"{}", "application/json"))[0] == 415
    async with book.hub.client.get(phone.url) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_versions_that_nobody_knows(book: Book) -> None:
    phone = book.make()
    phone.begin()
    message = phone.composed(phone.alert())
    for version, protocol, code in (("1.2", "SyncML/2.0", 513), ("1.3", "SyncML/1.2", 505)):
        header = replace(message.header, version=version, protocol=protocol, message_id="1")
        octets = octets_of(replace(message, header=header), Form.XML, Version.V1_2)
        phone.form = Form.XML
        assert statuses(await phone.post(octets), "SyncHdr") == [code]


# --- the flow ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("form", list(Form))
async def test_slow_then_two_way(book: Book, version: Version, form: Form) -> None:
    book.put("li.vcf", "FN:李四", "N:李;四;;;", "TEL;TYPE=CELL:13900139000")
    phone = book.make(version=version, form=form, info=device())
    phone.write("1", *ZHANG)
    assert await phone.sync() == 201  # asked for two-way, never seen: slow
    assert book.cards().keys() == {"张三", "李四"}
    assert len(phone.cards) == 2
    assert "李四" in phone.texts()
    assert await phone.sync() == 200
    assert not list(edits(phone.heard[-2]))
    phone.write("1", "N:张;三", "FN:张三", "TEL;CELL:13800138001")
    phone.write("2", "N:王;五", "FN:王五")
    book.put("li.vcf", "FN:李四", "N:李;四;;;", "TEL;TYPE=CELL:13900139999")
    assert await phone.sync() == 200
    assert statuses(phone.heard[-2], "Replace") == [200]
    assert statuses(phone.heard[-2], "Add") == [201]
    assert book.cards().keys() == {"张三", "李四", "王五"}
    assert "13800138001" in book.cards()["张三"]
    assert "13900139999" in phone.texts()
    phone.erase("2")
    book.delete("li.vcf")
    assert await phone.sync() == 200
    assert book.cards().keys() == {"张三"}
    assert list(phone.cards) == ["1"]


async def test_the_server_says_who_it_is_and_asks_who_the_device_is(book: Book, hub: DavHub) -> None:
    phone = book.make()
    phone.begin()
    answer = await phone.send(phone.alert(), Get("", (Item(target="./devinf12"),)), Get("", (Item(target="x"),)))
    assert statuses(answer, "Get") == [200, 404]
    (results,) = [one for one in answer.commands if isinstance(one, Results)]
    assert results.items[0].source == "./devinf12"
    assert any(isinstance(one, Get) for one in answer.commands)
    phone.info = device(man="Nokia", mod="6230")
    await phone.send(*phone.put())
    (known,) = hub.desk.run_now(lambda books: books.sync_devices.of(hub.accounts[book.user]))
    assert known.shown == "Nokia 6230"
    assert not any(isinstance(one, Get) for one in (await phone.send()).commands)


async def test_names_of_the_book(book: Book) -> None:
    for name in ("card", "./card", "./Contacts", "addressbook", "pab", "./phonebook", "./contacts/"):
        assert await book.make(store=name, id=f"IMEI:{name}").sync() == 201
    phone = book.make(store="./calendar", id="IMEI:c")
    phone.begin()
    answer = await phone.send(phone.alert())
    assert statuses(answer) == [404]
    book.hub.desk.run_now(lambda books: books.address_books.create(book.hub.accounts[book.user], "work", "Work"))
    phone = book.make(store="./work", id="IMEI:w")
    phone.write("1", *ZHANG)
    assert await phone.sync() == 201
    assert not book.cards()


async def test_commands_that_are_not_carried_out(book: Book) -> None:
    phone = book.make(info=device())
    await phone.set_up(201)
    answer = await phone.send(
        Other("", "Exec"), Other("", "Search"), replace(phone.edit("Delete", "1"), command_id="7")
    )
    assert statuses(answer) == [406, 406, 400]
    answer = await phone.send(Sync("", "./nothing", "card", (phone.edit("Delete", "1"),)))
    assert statuses(answer) == [404, 404]


async def test_a_bad_card_stops_no_other(book: Book) -> None:
    phone = book.make(info=device())
    phone.cards = {
        "1": b"no card", "2": "BEGIN:VCARD\r\nVERSION:2.1\r\nN:张;三\r\nEND:VCARD\r\n".encode(),
        "3": b"BEGIN:VCARD\r\nVERSION:2.1\r\nEND:VCARD\r\n", "4": b"\xff" * 300,
    }  # fmt: skip
    await phone.set_up(201)
    answer = await phone.tell(201)
    assert statuses(answer, "Add") == [415, 201, 415, 415]
    calendar = Edit("", "Add", (Item(source="9", data=b"BEGIN:VCALENDAR"),), Meta(type="text/x-vcalendar"))
    await phone.set_up(201)
    assert statuses(await phone.send(phone.sync_command([calendar])), "Add") == [415]
    assert len(book.cards()) == 1


# --- matching instead of doubling -------------------------------------------------------------------------------------


async def test_a_wiped_phone_and_one_with_an_old_backup(book: Book) -> None:
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    phone.write("2", *LI)
    await phone.sync()
    backup, last = dict(phone.cards), phone.last
    phone.write("1", "N:张;三", "FN:张三", "TEL;CELL:13800138000", "EMAIL:zhang@example.cn")
    await phone.sync()
    phone.cards, phone.last, phone.pending = {}, "", {}
    assert await phone.sync() == 201
    assert len(phone.cards) == len(book.cards()) == 2
    assert "zhang@example.cn" in phone.texts()
    phone.cards, phone.last = backup, last
    assert await phone.sync() == 201
    assert len(phone.cards) == len(book.cards()) == 2
    assert "zhang@example.cn" in phone.texts()  # what the backup lacks is no deletion


async def test_slow_again_and_again_doubles_nothing(book: Book) -> None:
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    phone.write("2", "N:张;三", "FN:张三", "TEL;CELL:13700137000")  # another one of that name
    phone.write("3", "N:张;三")
    for _ in range(3):
        await phone.sync(201)
        assert len(phone.cards) == 3
    second = book.make(id="IMEI:2", info=device())
    await second.sync()
    assert len(second.cards) == 3
    await second.sync(201)
    await phone.sync()
    assert (len(phone.cards), len(second.cards)) == (3, 3)


async def test_the_same_person_written_on_two_sides_is_one(book: Book) -> None:
    phone = book.make(info=device())
    await phone.sync()
    phone.write("1", "N:张;三", "FN:张三", "TEL;CELL:+86 138-0013-8000", "NOTE:phone")
    book.put("z.vcf", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000", "EMAIL:zhang@example.cn")
    await phone.sync()
    assert statuses(phone.heard[-2], "Add") == [207]
    assert len(book.cards()) == len(phone.cards) == 1
    assert "zhang@example.cn" in phone.texts()
    assert "NOTE:phone" in book.cards()["张三"]


# --- both sides changed -----------------------------------------------------------------------------------------------


async def test_changes_of_two_sides_are_merged(book: Book) -> None:
    phone = book.make(info=device())
    book.put("z.vcf", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000", "BDAY:1980-01-01", "X-CAR:red")
    await phone.sync()
    (luid,) = phone.cards
    phone.write(luid, *ZHANG, "ORG:Acme")
    book.put(
        "z.vcf", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000", "EMAIL:z@example.cn", "BDAY:1980-01-01",
        "X-CAR:red",
    )  # fmt: skip
    await phone.sync()
    assert statuses(phone.heard[-2], "Replace") == [207]
    card = book.cards()["张三"]
    for line in ("ORG:Acme", "z@example.cn", "BDAY:1980-01-01", "X-CAR:red"):
        assert line in card
    assert "z@example.cn" in phone.texts()
    assert "Acme" in phone.texts()


async def test_the_same_field_changed_on_two_sides(book: Book, hub: DavHub) -> None:
    phone = book.make(info=device())
    book.put("z.vcf", "FN:张三", "N:张;三;;;", "NOTE:old")
    await phone.sync()
    (luid,) = phone.cards
    phone.write(luid, "N:张;三", "FN:张三", "NOTE:phone")
    book.put("z.vcf", "FN:张三", "N:张;三;;;", "NOTE:page")
    await phone.sync()
    assert statuses(phone.heard[-2], "Replace") == [208]
    assert "NOTE:phone" in book.cards()["张三"]


async def test_deleted_on_one_side_changed_on_the_other(book: Book) -> None:
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    phone.write("2", *LI)
    await phone.sync()
    phone.erase("1")
    book.put(*_changed(book, "张三", "NOTE:page"))
    phone.write("2", *LI, "NOTE:phone")
    book.delete(_href(book, "李四"))
    await phone.sync()
    answer = phone.heard[-2]
    assert (statuses(answer, "Delete"), statuses(answer, "Replace")) == ([419], [208])
    assert book.cards().keys() == {"张三", "李四"}
    assert len(phone.cards) == 2
    assert "NOTE:page" in phone.texts()
    phone.erase("2")
    book.delete(_href(book, "李四"))
    await phone.sync()
    assert statuses(phone.heard[-2], "Delete") == [200]
    phone.pending["77"] = "Delete"
    await phone.sync()
    assert statuses(phone.heard[-2], "Delete") == [211]


def _href(book: Book, name: str) -> str:
    def work(books: BooksOfStore) -> str:
        mine = books.address_books.default(book.hub.accounts[book.user])
        hrefs = [one.href for one in books.contacts.entries(mine.id)]
        cards = books.contacts.get_many(mine.id, hrefs)
        return next(href for href, one in cards.items() if f"FN:{name}" in one.data.decode())

    return book.hub.desk.run_now(work)


def _changed(book: Book, name: str, line: str) -> tuple[str, ...]:
    """The arguments that put a card again with a line more."""
    lines = book.cards()[name].split("\r\n")
    kept = [one for one in lines if not one.startswith(("BEGIN", "VERSION", "END", "UID")) and one]
    return (_href(book, name), *kept, line)


# --- what a phone cannot hold -----------------------------------------------------------------------------------------


async def test_a_phone_that_knows_names_and_numbers_takes_nothing_else_away(book: Book) -> None:
    phone = book.make(info=device("N", "TEL"))
    book.put(
        "z.vcf", "FN:张三", "N:张;三;;;", "TEL;TYPE=CELL:13800138000", "EMAIL:z@example.cn", "ORG:Acme;研发",
        "NOTE:long", "ADR;TYPE=HOME:;;长安街 1;北京;;100000;中国", "X-CAR:red", "CATEGORIES:friends",
    )  # fmt: skip
    await phone.sync()
    (luid,) = phone.cards
    assert "EMAIL" not in phone.texts()
    phone.write(luid, "N:张;三", "TEL;CELL:13800138000", "TEL;HOME:01012345678")
    await phone.sync()
    assert statuses(phone.heard[-2], "Replace") == [200]
    card = book.cards()["张三"]
    for line in ("01012345678", "z@example.cn", "ORG:Acme;研发", "NOTE:long", "长安街 1", "X-CAR:red", "friends"):
        assert line in card
    phone.write(luid, "N:张;三", "TEL;HOME:01012345678")
    await phone.sync()
    assert "13800138000" not in book.cards()["张三"]


async def test_old_charsets_by_rule(book: Book) -> None:
    phone = book.make(info=device(man="Sony Ericsson", mod="K700i"))
    phone.cards["1"] = "BEGIN:VCARD\r\nVERSION:2.1\r\nN:Müller;Jörg\r\nTEL:123456\r\nEND:VCARD\r\n".encode("latin-1")
    await phone.sync(201)
    assert "Jörg" in str(book.cards())


# --- refresh, one way -------------------------------------------------------------------------------------------------


async def test_refresh_from_the_device(book: Book) -> None:
    phone = book.make(info=device("N", "TEL", "NOTE"))
    phone.write("1", *ZHANG, "NOTE:old")
    phone.write("2", *LI)
    await phone.sync()
    book.put(*_changed(book, "张三", "X-CAR:red"))
    phone.write("1", *ZHANG)
    del phone.cards["2"]
    assert await phone.sync(203) == 203
    assert book.cards().keys() == {"张三"}
    assert "NOTE" not in book.cards()["张三"]
    assert "X-CAR:red" in book.cards()["张三"]
    assert await phone.sync() == 200
    assert len(phone.cards) == 1


async def test_refresh_from_the_server(book: Book) -> None:
    book.put("z.vcf", "FN:张三", "N:张;三;;;")
    phone = book.make(info=device())
    phone.write("1", *LI)
    phone.pending.clear()
    assert await phone.sync(205) == 205
    assert len(phone.cards) == 1
    assert "张三" in phone.texts()
    assert book.cards().keys() == {"张三"}
    assert await phone.sync() == 200


async def test_one_way(book: Book) -> None:
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    await phone.sync()
    book.put("l.vcf", "FN:李四", "N:李;四;;;")
    phone.write("1", *ZHANG, "NOTE:phone")
    assert await phone.sync(202) == 202
    assert "NOTE:phone" in book.cards()["张三"]
    assert len(phone.cards) == 1
    book.put(*_changed(book, "张三", "EMAIL:z@example.cn"))
    phone.write("9", "N:王;五")
    phone.pending.clear()
    assert await phone.sync(204) == 204
    assert "z@example.cn" in phone.texts()
    assert "李四" in phone.texts()
    assert "王五" not in book.cards()
    await phone.set_up(204)
    assert statuses(await phone.send(phone.sync_command([phone.edit("Add", "9")])), "Add") == [403]


async def test_a_book_that_may_only_be_read(hub: DavHub, book: Book) -> None:
    owner = Book(hub, MEMBERS[next(_numbers)])
    owner.put("z.vcf", "FN:张三", "N:张;三;;;", "TEL:13800138000")

    def share(books: BooksOfStore) -> str:
        shared = books.address_books.default(hub.accounts[owner.user])
        books.address_books.share(shared.id, hub.accounts[book.user], writable=False)
        return books.address_books.get(hub.accounts[book.user], shared.id).slug

    phone = book.make(store=f"./{hub.desk.run_now(share)}", info=device())
    phone.write("1", *LI)
    await phone.sync()
    assert statuses(phone.heard[-2], "Add") == [403]
    assert "张三" in phone.texts()
    (luid,) = [name for name, card in phone.cards.items() if "=E5=BC=A0" in card.decode()]
    phone.write(luid, "N:张;三", "TEL:1")
    await phone.sync()
    assert statuses(phone.heard[-2], "Replace") == [403]
    assert "13800138000" in phone.cards[luid].decode()
    assert owner.cards().keys() == {"张三"}


# --- what gets lost ---------------------------------------------------------------------------------------------------


async def test_a_message_sent_again_gets_the_same_answer(book: Book) -> None:
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    await phone.set_up(201)
    phone.message += 1
    octets = octets_of(phone.composed(phone.sync_command(phone.changes(201))), phone.form, phone.version)
    first = await phone.ask(phone.target, octets, phone.form.content_type)
    assert await phone.ask(phone.target, octets, phone.form.content_type) == first
    assert len(book.cards()) == 1
    phone.begin()
    phone.message = 1
    octets = octets_of(phone.composed(phone.alert(201)), phone.form, phone.version)
    first = await phone.ask(phone.url, octets, phone.form.content_type)
    assert await phone.ask(phone.url, octets, phone.form.content_type) == first


async def test_broken_off_after_its_own_changes(book: Book) -> None:
    book.put("l.vcf", "FN:李四", "N:李;四;;;")
    phone = book.make(info=device())
    await phone.sync()
    phone.write("1", *ZHANG)
    await phone.set_up()
    await phone.tell(200)  # the answer is lost: the phone does not know
    assert await phone.sync() == 201
    assert book.cards().keys() == {"张三", "李四"}
    assert len(phone.cards) == 2


async def test_its_names_are_lost_and_come_in_the_next_session(book: Book) -> None:
    phone = book.make(info=device())
    await phone.sync()
    book.put("l.vcf", "FN:李四", "N:李;四;;;")
    await phone.set_up()
    await phone.hear(await phone.tell(200))
    assert len(phone.cards) == 1
    maps, phone.maps = phone.maps, []
    await phone.set_up()
    await phone.send(Map("", phone.store, "card", tuple(maps)), phone.sync_command([]))
    await phone.close()
    assert len(phone.cards) == 1
    await phone.sync()
    assert len(phone.cards) == 1
    assert not list(edits(phone.heard[-2]))


async def test_the_last_answer_is_lost(book: Book) -> None:
    """The phone believes that the session failed, and keeps its old mark: nothing is done twice."""
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    await phone.sync()
    before = phone.last
    phone.write("2", *LI)
    book.put("w.vcf", "FN:王五", "N:王;五;;;")
    await phone.sync()
    phone.last = before
    phone.pending = {"2": "Add"}
    assert await phone.sync() == 201
    assert len(phone.cards) == len(book.cards()) == 3


async def test_suspended_and_resumed(book: Book) -> None:
    phone = book.make(info=device())
    for number in range(6):
        phone.write(str(number), f"N:姓;名{number}", f"TEL:1380013800{number}")
    kind = await phone.set_up()
    changes = phone.changes(kind)
    answer = await phone.send(phone.sync_command(changes[:3]), is_final=False)
    assert not answer.is_final
    answer = await phone.send(Alert("", 224, (Item(phone.store, "card"),)))
    assert statuses(answer) == [200]
    suspended = phone.next
    phone.last = suspended
    assert await phone.set_up(225) == 201
    answer = await phone.send(phone.sync_command(changes[3:]))
    assert not list(edits(answer))
    await phone.close()
    assert len(book.cards()) == 6
    assert await phone.sync() == 200
    phone.last = "never"
    assert await phone.set_up(225) == 201
    assert 508 in statuses(phone.heard[-1])


async def test_a_device_that_has_no_room(book: Book) -> None:
    phone = book.make(info=device())
    await phone.sync()
    book.put("l.vcf", "FN:李四", "N:李;四;;;")
    phone.refuses = {"Add": 420}
    await phone.sync()
    assert not phone.cards
    phone.refuses = {}
    await phone.sync()
    assert len(phone.cards) == 1
    book.put("l.vcf", "FN:李四", "N:李;四;;;", "NOTE:x")
    phone.refuses = {"Replace": 500}
    await phone.sync()
    phone.refuses = {}
    await phone.sync()
    assert "NOTE:x" in phone.texts()


async def test_a_card_that_the_device_lost_comes_again(book: Book) -> None:
    phone = book.make(info=device())
    book.put("l.vcf", "FN:李四", "N:李;四;;;")
    await phone.sync()
    phone.cards.clear()
    book.put("l.vcf", "FN:李四", "N:李;四;;;", "NOTE:x")
    await phone.sync()
    assert not phone.cards
    await phone.sync()
    assert "NOTE:x" in phone.texts()


async def test_a_card_that_the_device_lets_go_of_stays(book: Book) -> None:
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    await phone.sync()
    await phone.set_up()
    soft = replace(phone.edit("Delete", "1"), is_soft=True)
    await phone.hear(await phone.send(phone.sync_command([soft])))
    await phone.close()
    phone.cards.clear()
    book.put(*_changed(book, "张三", "NOTE:x"))
    await phone.sync()
    assert not phone.cards
    assert len(book.cards()) == 1


# --- large, many ------------------------------------------------------------------------------------------------------


async def test_many_cards_come_in_messages_that_the_phone_can_hold(book: Book) -> None:
    for number in range(40):
        book.put(
            f"{number}.vcf", f"FN:名{number}", f"N:姓;名{number};;;", f"TEL:1380013{number:04}", f"NOTE:{'长' * 60}"
        )
    phone = book.make(info=device(), max_message=5_000)
    assert await phone.sync() == 201
    assert len(phone.cards) == 40
    assert sum(1 for one in phone.heard if list(edits(one))) > 5
    assert next(one.changes for message in phone.heard for one in message.commands if isinstance(one, Sync)) == 40
    assert await phone.sync() == 200
    assert not list(edits(phone.heard[-2]))


async def test_many_messages_in_one_package_of_the_device(book: Book) -> None:
    phone = book.make(info=device())
    for number in range(20):
        phone.write(str(number), f"N:姓;名{number}", f"TEL:1380013800{number}")
    kind = await phone.set_up()
    changes = phone.changes(kind)
    for start in (0, 5, 10):
        answer = await phone.send(phone.sync_command(changes[start : start + 5]), is_final=False)
        assert statuses(answer, "Add") == [201] * 5
        assert [one.code for one in answer.commands if isinstance(one, Alert)] == [222]
        assert not answer.is_final
    await phone.hear(await phone.send(phone.sync_command(changes[15:])))
    await phone.close()
    assert len(book.cards()) == 20


@pytest.mark.parametrize("form", list(Form))
async def test_a_large_card_goes_in_parts_both_ways(book: Book, form: Form) -> None:
    note = "很长的备注，" * 2_000
    book.put("z.vcf", "FN:张三", "N:张;三;;;", f"NOTE:{note}")
    phone = book.make(info=device(), max_message=10_000, form=form)
    assert await phone.sync() == 201
    card = next(iter(phone.cards.values()))
    assert len(card) > 30_000
    text = f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:B;A\r\nNOTE:{note}\r\nEND:VCARD\r\n"
    await phone.set_up()
    for start in range(0, len(text), 5_000):
        meta = Meta(type="text/vcard", size=len(text.encode()) if start == 0 else None)
        part, more = text[start : start + 5_000], start + 5_000 < len(text)
        item = Item(source="big", data=part.encode(), is_partial=more)
        answer = await phone.send(phone.sync_command([Edit("", "Add", (item,), meta)]), is_final=not more)
        assert statuses(answer, "Add") == [213 if more else 201]
    await phone.hear(answer)
    await phone.close()
    assert note in book.cards()["A B"]


async def test_parts_that_do_not_fit(book: Book) -> None:
    phone = book.make(info=device())
    await phone.set_up(201)

    async def part(luid: str, data: bytes, size: int | None, *, more: bool) -> tuple[list[int], list[int]]:
        edit = Edit("", "Add", (Item(source=luid, data=data, is_partial=more),), Meta(type="text/x-vcard", size=size))
        answer = await phone.send(phone.sync_command([edit]), is_final=False)
        return statuses(answer, "Add"), [one.code for one in answer.commands if isinstance(one, Alert)]

    assert (await part("1", b"BEGIN", 500, more=True))[0] == [213]
    assert (await part("1", b"END", None, more=False))[0] == [424]
    assert (await part("1", b"BEGIN", 5_000_000, more=True))[0] == [413]
    assert (await part("1", b"BEGIN", 10, more=True))[0] == [213]
    codes, alerts = await part("2", "BEGIN:VCARD\r\nN:张;三\r\nEND:VCARD\r\n".encode(), None, more=False)
    assert (codes, alerts) == ([201], [223])


async def test_several_items_in_a_command(book: Book) -> None:
    phone = book.make(info=device())
    await phone.set_up(201)
    items = tuple(
        Item(source=str(at), data=f"BEGIN:VCARD\r\nN:姓;名{at}\r\nTEL:1380013800{at}\r\nEND:VCARD\r\n")
        for at in range(3)
    )
    answer = await phone.send(phone.sync_command([Edit("", "Add", (*items, Item(source="x", data="?")), Meta())]))
    given = [(one.code, one.sources) for one in answer.commands if isinstance(one, Status) and one.command == "Add"]
    assert given == [(201, ("0", "1", "2")), (415, ("x",))]


async def test_everything_in_one_package(book: Book) -> None:
    phone = book.make(info=device())
    phone.write("1", *ZHANG)
    phone.begin()
    answer = await phone.send(*phone.put(), phone.alert(201), phone.sync_command(phone.changes(201)))
    assert statuses(answer, "Add") == [201]
    assert answer.is_final
    await phone.hear(answer)
    await phone.close()
    assert await phone.sync() == 200


async def test_fields_that_a_silent_phone_has_shown(book: Book) -> None:
    phone = book.make()
    book.put("z.vcf", "FN:张三", "N:张;三;;;", "BDAY:1980-01-01")
    await phone.sync()
    assert "BDAY" not in phone.texts()
    phone.write("1", *LI, "BDAY:1970-01-01")
    await phone.sync()
    book.put("z.vcf", "FN:张三", "N:张;三;;;", "BDAY:1980-01-01", "NOTE:x")
    await phone.sync()
    assert "BDAY" in phone.texts().split("李四")[0]


# --- by SMS -----------------------------------------------------------------------------------------------------------


async def test_a_phone_set_up_by_sms_comes_with_what_it_was_told(book: Book, hub: DavHub) -> None:
    """Settings with a PIN, the first session, then the wish to synchronise: each as the phone reads it."""
    account_id = hub.accounts[book.user]
    sent = hub.desk.run_now(
        lambda books: set_up_by_sms(books, account_id, "+8613800138000", "phone", PhonesConfig(), hub.url)
    )
    push = Push.decode(_data(hub, sent.message_id))
    assert push.proof is not None
    assert is_proved(push.data, push.proof, pin=sent.pin)
    (told,) = Settings.decode(push.data).applications(Application.SYNCML)
    parts = {one.type: one for one in told.inner}
    phone = book.make(store=parts["RESOURCE"].get("URI"), info=device())
    phone.url = parts["APPADDR"].get("ADDR") or ""
    secret = parts["APPAUTH"].get("AAUTHSECRET") or ""
    phone.credentials = md5(parts["APPAUTH"].get("AAUTHNAME") or "", secret, b"", Version.V1_2)
    phone.write("1", *ZHANG)
    assert await phone.sync() == 201
    assert book.cards().keys() == {"张三"}
    nonce = nonce_of(phone.heard[0])
    (known,) = hub.desk.run_now(lambda books: books.sync_devices.of(account_id))
    push = Push.decode(_data(hub, hub.desk.run_now(lambda books: ask_to_sync(books, known))))
    assert (push.content_type, push.application) == (TYPE_1_2, "push.syncml")
    assert is_from(push.data, secret, nonce)
    assert Notification.decode(push.data).kinds == ((206, "./contacts"),)
    phone.credentials = md5(book.user, secret, nonce, Version.V1_2)
    assert await phone.set_up(206) == 200
    with pytest.raises(BadRequest):
        hub.desk.run_now(lambda books: ask_to_sync(books, replace(known, number=None)))


def _data(hub: DavHub, message_id: int) -> bytes:
    """What a data SMS carries."""
    statement = sa.select(outbox.c.data).where(outbox.c.id == message_id)
    return bytes(hub.desk.run_now(lambda books: books.tx.read(statement).scalar_one()))
