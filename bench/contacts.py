"""What a change and a question cost in address books of 1 000 to 100 000 contacts: `python -m bench.contacts`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from addressbook.new_card import new_card
from gateway.commands.books import open_desk
from gateway.store.desk import BooksOfStore, Desk

SIZES = (1_000, 10_000, 100_000)
BATCH = 1_000
TIMES = 20
_FAMILIES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Print one line for each size, in milliseconds (the middle of 20)."""
    print("contacts    put one  changes  complete  who is")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "caiyou.toml"
            path.write_text(f'[store]\ndata_dir = "{folder}/data"\n')
            with open_desk(path) as desk:
                print(f"{size:8}  {'  '.join(f'{one:7.2f}' for one in measure(desk, size))}")


def measure(desk: Desk, size: int) -> list[float]:
    """Milliseconds of putting one card, asking for the last change, completing a name, and naming a number."""
    account, book = desk.run_now(_open)
    for start in range(0, size, BATCH):
        cards = [(f"{n}.vcf", card(n)) for n in range(start, start + BATCH)]
        desk.run_now(lambda books, cards=cards: books.contacts.put_many(book, cards))  # type: ignore[misc]
    works: list[Callable[[int], object]] = [
        lambda n: desk.run_now(lambda books: books.contacts.put(book, f"{n}.vcf", card(n, "改"))),
        lambda n: desk.read_now(lambda books: books.contacts.changes(book, size + TIMES - 1)),
        lambda n: desk.read_now(lambda books: books.contacts.complete(account, "wangw")),
        lambda n: desk.read_now(lambda books: books.contacts.name_of_number(account, f"+861380000{n:04}")),
    ]
    return [middle(work) for work in works]


def middle(work: Callable[[int], object]) -> float:
    """The middle time of some runs in milliseconds."""
    times = []
    for n in range(TIMES):
        begun = time.perf_counter()
        work(n)
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)[TIMES // 2]


def card(n: int, more: str = "") -> bytes:
    """One of many Chinese names with a number."""
    name = _FAMILIES[n % 20] + _GIVEN[n // 20 % 20] + _GIVEN[n // 400 % 20] + more
    return new_card(f"u{n}", name, [f"user{n}@example.org"], [f"+861380{n:07}"])


def _open(books: BooksOfStore) -> tuple[int, int]:
    books.accounts.add_domain("example.org")
    account_id = books.accounts.add("ann@example.org").id
    return account_id, books.address_books.default(account_id).id


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or SIZES)
