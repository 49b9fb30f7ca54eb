"""A mailbox with its Maildir, for tests of what happens between the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.core.webmail import FileMove, FolderMove, MailLine, in_utf7
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore
from gateway.store.maildir_changes import MaildirMemory, take_changes
from tests.fakes.desk import Bench


class Box:
    """A mailbox and the files in it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.account_id, self.mailbox_id = bench.run(_open)
        self.base = bench.desk.blobs.maildir(self.mailbox_id, "INBOX")

    def file(self, text: str) -> int:
        """A mail filed, with its link made."""
        data = f"From: li@else.example\r\nSubject: {text}\r\nMessage-ID: <{text}@else.example>\r\n\r\nx\r\n".encode()

        def work(books: BooksOfStore) -> int:
            made = (
                books.file_letter(self.account_id, blob=books.keep(data), data=data, kind="mail", announce=False) or 0
            )
            books.tx.flush()
            assert all(self.bench.desk.blobs.place(books.mails.unplaced()))
            books.mails.placed([made])
            return made

        return self.bench.run(work)

    def path(self, mail_id: int) -> Path:
        """Where the file of a mail lies."""
        (found,) = (path for path in self.base.rglob("*") if f"Q{mail_id}." in path.name)
        return found

    def change(self, work: Callable[[BooksOfStore], object]) -> None:
        """Change something, and let the names follow."""

        def run(books: BooksOfStore) -> list[FileMove | FolderMove]:
            work(books)
            return books.aftermath.moves

        done = self.bench.desk.blobs.move(self.bench.run(run))
        self.bench.run(lambda books: books.mails.placed(done))

    async def look(self, folder: str = "INBOX") -> int:
        """Look at a folder as if for the first time."""
        return await take_changes(self.bench.desk, MaildirMemory(), self.mailbox_id, folder)

    def line(self, mail_id: int) -> MailLine:
        return self.bench.ask(lambda books: books.webmail.one(self.mailbox_id, mail_id))

    def list(self, folder: str = "INBOX") -> list[str]:
        """Subjects of a folder."""
        return [line.subject for line in self.bench.ask(lambda books: books.webmail.page(self.mailbox_id, folder))]

    def folder(self, name: str) -> Path:
        """A folder that a mail program makes."""
        for part in ("cur", "new", "tmp"):
            (self.base / f".{in_utf7(name)}" / part).mkdir(parents=True)
        return self.base / f".{in_utf7(name)}" / "cur"


def _open(books: BooksOfStore) -> tuple[int, int]:
    books.accounts.add_domain("mail.example")
    account_id = books.accounts.add("anna@mail.example").id
    return account_id, books.mails.mailbox_of(account_id) or 0


@contextmanager
def maildir_box(directory: Path) -> Iterator[Box]:
    """One in a store of its own."""
    store = open_store(StoreConfig(data_dir=str(directory)))
    create_tables(store)
    bench = Bench(store)
    yield Box(bench)
    bench.close()
    store.engine.dispose()
