"""Groups in both conventions, duplicates and merging, and what administrators may write; on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.book import Group, GroupTaken, NoGroup, NotAllowed, Right
from gateway.core.errors import BadRequest, NotFound
from gateway.store.schema import accounts
from tests.fakes.desk import Bench
from tests.unit.store.test_contacts import card


@pytest.fixture
def anna(bench: Bench) -> int:
    bench.run(lambda b: b.accounts.add_domain("mail.example"))
    return bench.run(lambda b: b.accounts.add("anna@mail.example").id)


@pytest.fixture
def book(bench: Bench, anna: int) -> int:
    return bench.run(lambda b: b.address_books.default(anna).id)


def put(bench: Bench, book: int, uid: str, name: str, *lines: str) -> int:
    return bench.run(lambda b: b.contacts.put(book, f"{uid}.vcf", card(uid, name, *lines)).contact_id)


def names(bench: Bench, book: int, group: str) -> list[str]:
    return [one.name for one in bench.ask(lambda b: b.contact_groups.members(book, group))]


def apple_group(bench: Bench, book: int, uid: str, name: str, *members: str) -> int:
    lines = ["X-ADDRESSBOOKSERVER-KIND:group"]
    lines += [f"X-ADDRESSBOOKSERVER-MEMBER:{one if ':' in one else f'urn:uuid:{one}'}" for one in members]
    return put(bench, book, uid, name, *lines)


def test_a_group_is_its_card_and_its_category(bench: Bench, anna: int, book: int) -> None:
    zhang, li = put(bench, book, "z", "张三", "CATEGORIES:朋友"), put(bench, book, "l", "李四", "EMAIL:li@x.example")
    wang = put(bench, book, "w", "王五", "CATEGORIES:同事,朋友")
    group = apple_group(bench, book, "g", "朋友", "l", "z", "nobody", "mailto:New@x.example", "mailto:li@x.example")
    apple_group(bench, book, "all", "所有人", "g", "w")
    assert names(bench, book, "朋友") == ["李四", "new@x.example", "王五", "张三"]
    assert set(names(bench, book, "所有人")) == {"李四", "new@x.example", "王五", "张三"}
    assert bench.ask(lambda b: b.contact_groups.of_book(book)) == [
        Group("同事", book, None, 1),
        Group("所有人", book, bench.ask(lambda b: b.contacts.get(book, "all.vcf")).contact_id, 2),
        Group("朋友", book, group, 5),
    ]
    assert [one.name for one in bench.ask(lambda b: b.contact_groups.find(anna, "同事"))] == ["王五"]
    bench.run(lambda b: b.contact_groups.remove(book, "朋友", [li, wang, zhang]))
    assert names(bench, book, "朋友") == ["li@x.example", "new@x.example"]
    assert b"CATEGORIES:\xe5\x90\x8c\xe4\xba\x8b\r\n" in bench.ask(lambda b: b.contacts.get(book, "w.vcf")).data
    bench.run(lambda b: b.contact_groups.add(book, "同事", [li]))
    assert names(bench, book, "同事") == ["李四", "王五"]
    bench.run(lambda b: b.contact_groups.give_name(book, "同事", "公司"))
    assert names(bench, book, "公司") == ["李四", "王五"]
    with pytest.raises(NoGroup):
        bench.ask(lambda b: b.contact_groups.members(book, "同事"))
    with pytest.raises(GroupTaken):
        bench.run(lambda b: b.contact_groups.give_name(book, "公司", "朋友"))
    bench.run(lambda b: b.contact_groups.delete(book, "公司"))
    bench.run(lambda b: b.contact_groups.delete(book, "朋友"))
    assert [one.name for one in bench.ask(lambda b: b.contact_groups.of_book(book))] == ["所有人"]
    assert bench.ask(lambda b: b.contacts.get(book, "w.vcf")).uid == "w"


def test_a_new_group_has_a_card_and_takes_only_contacts_of_its_book(bench: Bench, anna: int, book: int) -> None:
    zhang = put(bench, book, "z", "张三")
    other = bench.run(lambda b: b.address_books.create(anna, "other").id)
    li = put(bench, other, "l", "李四")
    bench.run(lambda b: b.contact_groups.create(book, "家人", [zhang]))
    assert names(bench, book, "家人") == ["张三"]
    with pytest.raises(GroupTaken):
        bench.run(lambda b: b.contact_groups.create(book, "家人"))
    with pytest.raises(NotFound):
        bench.run(lambda b: b.contact_groups.add(book, "家人", [li]))
    with pytest.raises(BadRequest):
        bench.run(lambda b: b.contact_groups.create(book, " "))


def test_who_may_be_one_person_is_merged_and_taken_apart_again(bench: Bench, book: int) -> None:
    one = put(bench, book, "a", "张三", "TEL:13800138000")
    two = put(bench, book, "b", "张三", "TEL:+86 138 0013 8000", "EMAIL:z@x.example")
    put(bench, book, "c", "章散", "TEL:010-12345678")
    wife = put(bench, book, "d", "李四", "TEL:13800138000")
    apple_group(bench, book, "g", "朋友", "b", "d")
    before = {c.href: c.etag for c in bench.ask(lambda b: b.contacts.changes(book)).changes}
    told = bench.ask(lambda b: b.contact_merging.clusters(book))
    assert [(cluster.ids, cluster.certain) for cluster in told] == [((one, two, wife), False)]
    bench.run(lambda b: b.contact_merging.set_apart(book, wife, one))
    bench.run(lambda b: b.contact_merging.set_apart(book, wife, two))
    told = bench.ask(lambda b: b.contact_merging.clusters(book))
    assert [(cluster.ids, cluster.certain) for cluster in told] == [((one, two), True)]
    done = bench.run(lambda b: b.contact_merging.merge(book, [one, two], by="web"))
    assert bench.ask(lambda b: b.contact_merging.clusters(book)) == []
    assert bench.ask(lambda b: b.contacts.people([one]))[0].mails == ("z@x.example",)
    assert names(bench, book, "朋友") == ["李四", "张三"]
    undone = bench.run(lambda b: b.contact_history.undo(done.batch_id))
    assert (undone.removed, undone.restored, undone.last) == (0, 3, None)
    assert {c.href: c.etag for c in bench.ask(lambda b: b.contacts.changes(book)).changes} == before
    with pytest.raises(BadRequest):
        bench.run(lambda b: b.contact_merging.merge(book, [one]))
    with pytest.raises(NotFound):
        bench.run(lambda b: b.contact_merging.merge(book, [one, 7]))


def test_administrators_write_the_books_of_their_domain_and_of_the_system(bench: Bench, anna: int) -> None:
    def books(b):  # type: ignore[no-untyped-def]
        domain = b.accounts.domain_id("mail.example")
        return b.address_books.create_shared(domain, "staff", "Staff"), b.address_books.create_shared(None, "help")

    staff, system = bench.run(books)

    def rights(role: str) -> list[Right]:
        bench.run(lambda b: b.tx.execute(sa.update(accounts).where(accounts.c.id == anna).values(role=role)))
        return [bench.ask(lambda b, one=one: b.address_books.get(anna, one).right) for one in (staff, system)]

    assert rights("member") == [Right.READ, Right.READ]
    assert rights("domain") == [Right.WRITE, Right.READ]
    assert bench.ask(lambda b: b.address_books.managed(anna, staff)).name == "Staff"
    with pytest.raises(NotAllowed):
        bench.ask(lambda b: b.address_books.managed(anna, system))
    assert rights("system") == [Right.WRITE, Right.WRITE]


def test_mail_from_the_address_of_a_phone_is_its_owners(bench: Bench, anna: int, book: int) -> None:
    put(bench, book, "z", "张三", "TEL:138 0013 8000", "EMAIL:z@x.example")
    asked = ("13800138000@mail.example", "+8613800138000@mail.example", "Z@x.example", "1380013@x.y", "z@y.example")
    found = [bench.ask(lambda b, one=one: b.contacts.name_of_mail(anna, one)) for one in asked]
    assert found == ["张三", "张三", "张三", None, None]
