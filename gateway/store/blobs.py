"""Mail bodies as files: written once, durable before the row, then linked into each owner's Maildir++.

`blob/<yyyy>/<mm>/<dd>/<hh>/<id>` holds the bytes; `mailbox/<nn>/<mailbox id>/Maildir/new/<name>` is a hard link to
them, named so that a stock Dovecot serves it without a stat (`,S=` size, `,W=` size with CRLF). Rows are the truth:
a missing link is made again from its row, so the link step needs no durability of its own. What was deleted for good
lies in `erased/<yyyymmdd>/<id>` for some days.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.core.errors import NotFound, StoreUnavailable
from gateway.core.ids import made_at_ms
from gateway.core.mails import Placement
from gateway.core.webmail import FLAGS, FileMove, FolderMove, from_utf7, in_utf7
from gateway.store import durable

#: Files in one round of the writer; more would make the first wait too long for the last.
MAX_BATCH = 64

#: Rounds at the same time: while one waits for its fsyncs the next one writes.
WRITERS = 4

#: Days that the body of a mail is kept that was deleted for good. What else may need it - another server that does not
#: answer, a reaction that is tried again - is over by then.
GRACE_DAYS = 7

#: Characters of the name of a file that a row can hold.
MAX_FILE_NAME = 128
_SAFE_REF = re.compile(r"\d{4}/\d\d/\d\d/\d\d/\d+")


@dataclass(frozen=True, slots=True)
class MaildirFile:
    """A file in a folder of a Maildir."""

    name: str  # without flags
    flags: str
    is_seen: bool  # a mail program, or we, have marked it: it lies in `cur`
    inode: int
    path: Path


class Blobs:
    """The blob directory of one process."""

    def __init__(self, data_dir: Path, host: str = "caiyou") -> None:
        self.root = data_dir / "blob"
        self.mailboxes = data_dir / "mailbox"
        self._host = host
        self._waiting: deque[tuple[Path, bytes, bool, asyncio.Future[None]]] = deque()
        self._active = 0
        self._threads = ThreadPoolExecutor(WRITERS, thread_name_prefix="blob-writer")

    async def put(self, blob_id: int, data: bytes, *, anew: bool = False) -> str:
        """Store the bytes and return their reference once they are on disk. Raises StoreUnavailable.

        `anew` is for what is made of something else and may be made again, by a run that was killed before it could say
        so among others: it takes the place of what is there.
        """
        ref = reference(blob_id)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self.root / ref, data, anew, future))
        if self._active < WRITERS:
            self._active += 1
            asyncio.get_running_loop().create_task(self._write_rounds())
        await future
        return ref

    async def _write_rounds(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
                files = [(path, data) for path, data, _, _ in batch]
                anew = {path for path, _, is_anew, _ in batch if is_anew}
                error: Exception | None = None
                try:
                    await loop.run_in_executor(self._threads, durable.write_all, files, anew)
                except Exception as caught:
                    error = caught  # whatever it is, those who wait must hear of it
                for *_, future in batch:
                    if future.done():
                        continue
                    if error is None:
                        future.set_result(None)
                    else:
                        future.set_exception(StoreUnavailable(f"the mail body could not be stored: {error}"))
        finally:
            self._active -= 1

    def put_now(self, blob_id: int, data: bytes) -> str:
        """As `put`, in this thread."""
        ref = reference(blob_id)
        try:
            durable.write_all([(self.root / ref, data)])
        except OSError as error:
            raise StoreUnavailable(f"the mail body could not be stored: {error}") from error
        return ref

    def get(self, ref: str) -> bytes:
        """The bytes under a reference. Raises NotFound."""
        try:
            return self.path(ref).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"no body is stored under {ref}") from error

    def path(self, ref: str) -> Path:
        """Where the bytes are. Raises NotFound for anything that is not one of our references."""
        if not _SAFE_REF.fullmatch(ref):
            raise NotFound(f"{ref!r} is no reference to a body")
        return self.root / ref

    def maildir(self, mailbox_id: int, folder: str) -> Path:
        """The Maildir++ directory of a folder, by mailbox number: phone numbers are recycled, numbers of ours not."""
        base = self.mailboxes / f"{mailbox_id % 100:02d}" / str(mailbox_id) / "Maildir"
        return base if folder == "INBOX" else base / f".{in_utf7(folder)}"

    def file_name(self, mail_id: int, size: int, wire_size: int) -> str:
        """The base name of a mail in its Maildir; sizes in octets, `wire_size` with CRLF line ends."""
        seconds, milliseconds = divmod(made_at_ms(mail_id), 1000)
        return f"{seconds}.M{milliseconds * 1000}Q{mail_id}.{self._host},S={size},W={wire_size}"

    def place(self, placements: Sequence[Placement], *, forgotten: bool = False) -> list[bool]:
        """Link bodies into Maildirs. False where the body is gone.

        `forgotten` ones may have been linked by an earlier run that did not come to noting it: they are looked for in
        all folders, and in `cur` too, where a mail client may have seen them since.
        """
        done: list[bool] = []
        known: dict[int, dict[str, Path]] = {}
        for one in placements:
            target = self._target(one.mailbox_id, one.folder, one.file_name, one.flags)
            if forgotten:
                if one.mailbox_id not in known:
                    known[one.mailbox_id] = self._files_of(one.mailbox_id)
                there = known[one.mailbox_id].get(one.file_name)
                if there is not None:
                    is_seen = not one.flags and there.parent == target.parent.parent / "cur"
                    if not is_seen:
                        durable.give_name(there, target)
                    done.append(True)
                    continue
            try:
                durable.link(self.path(one.blob), target)
            except FileNotFoundError:
                done.append(False)
            else:
                done.append(True)
        return done

    def move(self, moves: Sequence[FileMove | FolderMove], now_ms: int = 0) -> list[int]:
        """Change names in Maildirs; the mails that have theirs now. What is not where it should be is looked for.

        The name of a mail that is deleted for good goes to `erased/<day>` for some days.
        """
        done: list[int] = []
        for move in moves:
            if isinstance(move, FolderMove):
                self._move_folder(move)
                continue
            there = self._file_of(move)
            if not move.to_folder:
                self._erase(there, move.blob, now_ms)
                continue
            target = self._target(move.mailbox_id, move.to_folder, move.file_name, move.to_flags)
            if there is not None:
                durable.give_name(there, _with_keywords(target, there))
            else:
                try:
                    durable.link(self.path(move.blob), target)
                except FileNotFoundError:
                    continue
            done.append(move.mail_id)
        return done

    def times_of(self, mailbox_id: int, folder: str) -> tuple[int, ...]:
        """When names in a folder changed last, nanoseconds: in `new`, in `cur`, of INBOX among the folders as well."""
        directory = self.maildir(mailbox_id, folder)
        parts = [directory / "new", directory / "cur", *([directory] if folder == "INBOX" else ())]
        return tuple(part.stat().st_mtime_ns if part.is_dir() else 0 for part in parts)

    def files_in(self, mailbox_id: int, folder: str) -> dict[str, MaildirFile]:
        """The files of a folder by their base names; without those whose names no row can hold."""
        directory = self.maildir(mailbox_id, folder)
        found: dict[str, MaildirFile] = {}
        for part in (directory / "new", directory / "cur"):
            if not part.is_dir():
                continue
            with os.scandir(part) as entries:
                for entry in entries:
                    name, _, marks = entry.name.partition(":2,")
                    flags = "".join(sorted(set(marks) & set(FLAGS)))
                    if len(name) <= MAX_FILE_NAME and name.isascii() and not name.startswith("."):
                        found[name] = MaildirFile(name, flags, part.name == "cur", entry.inode(), Path(entry.path))
        return found

    def folders_of(self, mailbox_id: int) -> list[str]:
        """The folders that the Maildir of a mailbox has."""
        base = self.maildir(mailbox_id, "INBOX")
        if not base.is_dir():
            return []
        names = sorted(entry.name[1:] for entry in os.scandir(base) if entry.name.startswith(".") and entry.is_dir())
        return ["INBOX", *(from_utf7(name) for name in names if name and in_utf7(from_utf7(name)) == name)]

    def inode_of(self, ref: str) -> int:
        """Which file a body is; 0 when it is gone."""
        try:
            return self.path(ref).stat().st_ino
        except FileNotFoundError:
            return 0

    def name_anew(self, file: MaildirFile, name: str) -> MaildirFile:
        """Give a file another base name where it is."""
        target = file.path.with_name(file.path.name.replace(file.name, name, 1))
        durable.give_name(file.path, target)
        return replace(file, name=name, path=target)

    def adopt(self, path: Path, blob_id: int) -> tuple[str, int]:
        """Make a file that a mail program wrote a body of ours; its reference and size. Raises OSError."""
        ref = reference(blob_id)
        durable.ensure_directory((self.root / ref).parent)
        durable.link(path, self.root / ref)
        durable.sync_directories([(self.root / ref).parent])
        return ref, path.stat().st_size

    def _move_folder(self, move: FolderMove) -> None:
        there = self.maildir(move.mailbox_id, move.name)
        if not move.to_name:
            durable.remove_tree(there)
        elif there.is_dir():
            durable.give_name(there, self.maildir(move.mailbox_id, move.to_name))

    def _target(self, mailbox_id: int, folder: str, name: str, flags: str) -> Path:
        directory = self.maildir(mailbox_id, folder)
        self._make_maildir(directory, folder)
        return directory / "cur" / f"{name}:2,{flags}" if flags else directory / "new" / name

    def _file_of(self, move: FileMove) -> Path | None:
        """Where a mail lies: where we put it, or where a mail client has put it since."""
        directory = self.maildir(move.mailbox_id, move.folder)
        for path in (directory / "new" / move.file_name, directory / "cur" / f"{move.file_name}:2,{move.flags}"):
            if path.exists():
                return path
        return self._files_of(move.mailbox_id).get(move.file_name)

    def _files_of(self, mailbox_id: int) -> dict[str, Path]:
        """Every file of a mailbox by its base name."""
        found: dict[str, Path] = {}
        base = self.maildir(mailbox_id, "INBOX")
        if not base.is_dir():
            return found
        folders = [base, *(Path(entry.path) for entry in os.scandir(base) if entry.name.startswith("."))]
        for directory in folders:
            for part in (directory / "new", directory / "cur"):
                if part.is_dir():
                    found |= {entry.name.partition(":")[0]: Path(entry.path) for entry in os.scandir(part)}
        return found

    def _make_maildir(self, directory: Path, folder: str) -> None:
        if (directory / "new").is_dir():
            return
        for part in ("tmp", "cur", "new"):
            durable.ensure_directory(directory / part)
        if folder != "INBOX":
            (directory / "maildirfolder").touch()

    def forget(self, references: Sequence[str], mailbox_ids: Sequence[int]) -> None:
        """Delete bodies, and the Maildirs of mailboxes that are gone. What is not there is no harm."""
        for mailbox_id in mailbox_ids:
            durable.remove_tree(self.maildir(mailbox_id, "INBOX").parent)
        for ref in references:
            durable.remove(self.path(ref))

    def _erase(self, there: Path | None, ref: str, now_ms: int) -> None:
        day = self.root.parent / "erased" / f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%d}"
        kept = day / ref.rpartition("/")[2]
        if there is not None and not kept.exists():
            durable.give_name(there, kept)
        elif there is not None:
            durable.remove(there)
        elif self.path(ref).exists():
            durable.link(self.path(ref), kept)

    def erased(self, now_ms: int, limit: int = 1000) -> list[Path]:
        """Names of mails that were deleted for good more than GRACE_DAYS ago; directories that are empty go."""
        found: list[Path] = []
        last = f"{datetime.fromtimestamp(now_ms / 1000, UTC) - timedelta(days=GRACE_DAYS):%Y%m%d}"
        directory = self.root.parent / "erased"
        for day in sorted(directory.iterdir()) if directory.is_dir() else ():
            if day.name >= last:
                break
            ours = (path for path in day.iterdir() if path.name.isdigit())
            names = list(itertools.islice(ours, limit - len(found)))
            found += names
            if not names:
                durable.remove_tree(day)
            if len(found) == limit:
                break
        return found

    def forget_erased(self, names: Sequence[Path], needed: Collection[str]) -> int:
        """Let go of these names, and of their bodies where nothing else has them; returns how many bodies went."""
        gone = 0
        for name in names:
            durable.remove(name)
            path = self.path(reference(int(name.name)))
            if path.relative_to(self.root).as_posix() not in needed and path.exists() and path.stat().st_nlink == 1:
                durable.remove(path)
                gone += 1
        return gone

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown()


def _with_keywords(target: Path, there: Path) -> Path:
    """The new name with the keywords of a mail program, which are its lower-case letters (Dovecot), kept."""
    keywords = "".join(letter for letter in there.name.partition(":2,")[2] if letter.islower())
    if not keywords:
        return target
    name, _, flags = target.name.partition(":2,")
    return target.parent.parent / "cur" / f"{name}:2,{flags}{keywords}"


def reference(blob_id: int) -> str:
    """Where the blob of this id goes, below the blob directory: one directory an hour."""
    made = datetime.fromtimestamp(made_at_ms(blob_id) / 1000, UTC)
    return f"{made:%Y/%m/%d/%H}/{blob_id}"
