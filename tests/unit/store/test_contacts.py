"""Cards in books: what is put comes back, every change has its revision, and preconditions hold; on both databases."""

from __future__ import annotations

import pytest

from gateway.core.book import (
    BookFull,
    CardTooLarge,
    NoBook,
    Precondition,
    TokenDead,
    UidTaken,
)
from gateway.core.errors import BadRequest, NotFound
from tests.fakes.desk import Bench


def card(uid: str = "u1", name: str = "张三", *lines: str) -> bytes:
    body = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", f"N:{name};;;;", *lines, "END:VCARD", ""]
    return "\r\n".join(body).encode()


@pytest.fixture
def account(bench: Bench) -> int:
    bench.run(lambda b: b.accounts.add_domain("mail.example"))
    return bench.run(lambda b: b.accounts.add("anna@mail.example").id)


@pytest.fixture
def book(bench: Bench, account: int) -> int:
    return bench.run(lambda b: b.address_books.default(account).id)


def test_a_card_comes_back_octet_for_octet(bench: Bench, book: int) -> None:
    given = card(
        "u1", "张三", "X-ODD;FOO=bar: kept ", "NOTE:\udcff".encode("utf-8", "surrogateescape").decode("latin-1")
    )
    stored = bench.run(lambda b: b.contacts.put(book, "a.vcf", given, by="dav"))
    assert (stored.created, stored.changed, stored.revision) == (True, True, 1)
    found = bench.ask(lambda b: b.contacts.get(book, "a.vcf"))
    assert (found.data, found.etag, found.uid, found.changed_by) == (given, stored.etag, "u1", "dav")
    again = bench.run(lambda b: b.contacts.put(book, "a.vcf", given))
    assert (again.etag, again.created, again.changed, again.revision) == (stored.etag, False, False, 1)


def test_every_change_is_told_once_and_the_last_one_counts(bench: Bench, book: int) -> None:
    first = bench.run(lambda b: b.contacts.put(book, "a.vcf", card("a")))
    bench.run(lambda b: b.contacts.put(book, "b.vcf", card("b")))
    assert [c.href for c in bench.ask(lambda b: b.contacts.changes(book)).changes] == ["a.vcf", "b.vcf"]
    second = bench.run(lambda b: b.contacts.put(book, "a.vcf", card("a", "李四"), if_match=first.etag))
    bench.run(lambda b: b.contacts.delete(book, "b.vcf"))
    told = bench.ask(lambda b: b.contacts.changes(book, 1))
    assert [(c.href, c.etag) for c in told.changes] == [("a.vcf", second.etag), ("b.vcf", None)]
    assert (told.revision, told.more) == (4, False)
    assert bench.ask(lambda b: b.contacts.changes(book, 4)).changes == ()
    assert [c.href for c in bench.ask(lambda b: b.contacts.changes(book)).changes] == ["a.vcf"]
    bench.run(lambda b: b.contacts.put(book, "b.vcf", card("b", "back"), if_none_match=True))
    assert [(c.href, c.etag is None) for c in bench.ask(lambda b: b.contacts.changes(book, 3)).changes] == [
        ("b.vcf", False)
    ]


def test_changes_come_in_pieces(bench: Bench, book: int) -> None:
    for n in range(5):
        bench.run(lambda b, n=n: b.contacts.put(book, f"{n}.vcf", card(str(n))))
    since, seen = 0, []
    for _ in range(10):
        told = bench.ask(lambda b, since=since: b.contacts.changes(book, since, limit=2))
        seen += [change.href for change in told.changes]
        since = told.revision
        if not told.more:
            break
    assert seen == [f"{n}.vcf" for n in range(5)]
    assert since == 5


def test_preconditions(bench: Bench, book: int) -> None:
    first = bench.run(lambda b: b.contacts.put(book, "a.vcf", card()))
    with pytest.raises(Precondition):
        bench.run(lambda b: b.contacts.put(book, "a.vcf", card(name="x"), if_none_match=True))
    with pytest.raises(Precondition):
        bench.run(lambda b: b.contacts.put(book, "a.vcf", card(name="x"), if_match="older"))
    with pytest.raises(Precondition):
        bench.run(lambda b: b.contacts.put(book, "none.vcf", card("u9"), if_match="*"))
    with pytest.raises(Precondition):
        bench.run(lambda b: b.contacts.delete(book, "a.vcf", if_match="older"))
    with pytest.raises(NotFound):
        bench.run(lambda b: b.contacts.delete(book, "none.vcf"))
    with pytest.raises(UidTaken) as caught:
        bench.run(lambda b: b.contacts.put(book, "other.vcf", card()))
    assert caught.value.href == "a.vcf"
    with pytest.raises(BadRequest):
        bench.run(lambda b: b.contacts.put(book, "b.vcf", b"no card"))
    with pytest.raises(CardTooLarge):
        bench.run(lambda b: b.contacts.put(book, "b.vcf", b" " * (2 << 20) + b"x"))
    with pytest.raises(NoBook):
        bench.run(lambda b: b.contacts.put(book + 1, "b.vcf", card()))
    assert bench.ask(lambda b: b.contacts.get(book, "a.vcf")).etag == first.etag
    assert bench.ask(lambda b: b.contacts.changes(book)).revision == 1


def test_a_uid_may_move_to_another_name_once_the_first_is_gone(bench: Bench, book: int) -> None:
    bench.run(lambda b: b.contacts.put(book, "a.vcf", card()))
    bench.run(lambda b: b.contacts.delete(book, "a.vcf"))
    assert bench.run(lambda b: b.contacts.put(book, "b.vcf", card())).created
    assert bench.ask(lambda b: b.contacts.href_of_uid(book, "u1")) == "b.vcf"


def test_two_changes_in_one_batch_both_count(bench: Bench, book: int) -> None:
    def work(b):  # type: ignore[no-untyped-def]
        b.contacts.put(book, "a.vcf", card("a", "one", "TEL:13800138000", "EMAIL:a@x.example"))
        b.contacts.put(book, "a.vcf", card("a", "two", "TEL:13900139000", "EMAIL:a@x.example"))
        b.contacts.put(book, "b.vcf", card("b", "three", "TEL:13800138000"))
        b.contacts.delete(book, "b.vcf")

    bench.run(work)
    assert bench.ask(lambda b: b.contacts.changes(book)).revision == 4
    assert [c.etag is None for c in bench.ask(lambda b: b.contacts.changes(book, 1)).changes] == [False, True]


def test_the_quota_counts_cards_and_octets(bench: Bench, account: int, book: int) -> None:
    bench.run(lambda b: b.address_books.change(book, quota_cards=2))
    for name in "ab":
        bench.run(lambda b, name=name: b.contacts.put(book, f"{name}.vcf", card(name)))
    with pytest.raises(BookFull):
        bench.run(lambda b: b.contacts.put(book, "c.vcf", card("c")))
    bench.run(lambda b: b.contacts.delete(book, "a.vcf"))
    bench.run(lambda b: b.contacts.put(book, "c.vcf", card("c")))
    seen = bench.ask(lambda b: b.address_books.get(account, book))
    assert (seen.used_cards, seen.used_octets) == (2, 2 * len(card("c")))
    bench.run(lambda b: b.address_books.change(book, quota_octets=seen.used_octets))
    with pytest.raises(BookFull):
        bench.run(lambda b: b.contacts.put(book, "c.vcf", card("c", "a much longer name")))
    bench.run(lambda b: b.contacts.put(book, "c.vcf", card("c", "x")))


def test_a_token_from_the_future_is_dead(bench: Bench, book: int) -> None:
    with pytest.raises(TokenDead):
        bench.ask(lambda b: b.contacts.changes(book, 7))
