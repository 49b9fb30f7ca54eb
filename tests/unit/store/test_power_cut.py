"""Power cuts: whatever was promised is there afterwards, whole, and nothing half is to be seen."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from gateway.core.accounts import ToMailbox
from gateway.core.mails import MailFacts, Placement
from gateway.store import durable
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from tests.fakes.desk import START_MS, Bench, StoppedClock
from tests.fakes.power import Recorder, Remains, crashes

HOUR_MS = 3_600_000


def mail(n: int) -> bytes:
    return f"From: a@b.example\r\nSubject: {n}\r\n\r\n".encode() + f"{n}:".encode() * 2000


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """A directory as a fresh process finds it."""
    root = tmp_path / "data"
    root.mkdir()
    monkeypatch.setattr(durable, "_safe_directories", {root, *root.parents})
    return Recorder(root)


class Mails:
    """What is written in a test, by reference."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.bodies: dict[str, bytes] = {}

    def write(self, *numbers: int, hour: int = 0, acknowledge: bool = True) -> None:
        """Store mails in one round, and acknowledge them."""
        files = []
        for n in numbers:
            ref = f"blob/2026/03/01/{hour:02}/{n}"
            self.bodies[ref] = mail(n)
            files.append((self.recorder.root / ref, mail(n)))
        durable.write_all(files)
        if acknowledge:
            for path, _ in files:
                self.recorder.ack(f"{path.relative_to(self.recorder.root)}")

    def check(self, remains: Remains, promised: list[str]) -> None:
        for ref in promised:
            assert remains.files.get(ref) == self.bodies[ref], f"lost: {ref}"
        for name, data in remains.files.items():
            if not name.rpartition("/")[2].startswith("."):
                assert data == self.bodies[name], f"half: {name}"


def survive(recorder: Recorder, mails: Mails) -> int:
    states = 0
    for remains, promised in crashes(recorder.steps, random.Random(7)):
        mails.check(remains, promised)
        states += 1
    return states


def test_mails_one_by_one_over_an_hour(recorder: Recorder) -> None:
    mails = Mails(recorder)
    with recorder.recording():
        mails.write(1)
        mails.write(2)
        mails.write(3, hour=1)
    assert survive(recorder, mails) > 60


def test_mails_in_rounds(recorder: Recorder) -> None:
    mails = Mails(recorder)
    with recorder.recording():
        mails.write(1, 2, 3, 4)
        mails.write(5, 6)
    assert survive(recorder, mails) > 500


def test_a_directory_another_thread_has_just_made_is_not_taken_for_durable(recorder: Recorder) -> None:
    """One thread has made the directory of the hour and not yet synced its parent; another stores a mail in it."""
    mails = Mails(recorder)
    real, first = durable.sync_directories, threading.Event()

    def slow(paths: object) -> None:
        if threading.current_thread().name == "slow" and not first.is_set():
            first.set()
            other.start()
            other.join()
        real(paths)  # type: ignore[arg-type]

    with recorder.recording(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "sync_directories", slow)
        durable.ensure_directory(recorder.root / "blob/2026/03/01")
        first.clear()
        other = threading.Thread(target=mails.write, args=(2,))
        slow_one = threading.Thread(target=mails.write, args=(1,), name="slow")
        slow_one.start()
        slow_one.join()
    assert survive(recorder, mails) > 50


def test_a_directory_left_by_a_process_that_was_killed_is_not_taken_for_durable(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = Mails(recorder)
    known = set(durable._safe_directories)
    with recorder.recording():
        (recorder.root / "blob").mkdir()
        (recorder.root / "blob/2026").mkdir()
        monkeypatch.setattr(durable, "_safe_directories", known)
        mails.write(1)
    survive(recorder, mails)


def test_a_round_that_fails_leaves_nothing_under_a_name(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = Mails(recorder)
    with recorder.recording():
        mails.write(1)
        real = durable._write_synced

        def broken(path: Path, data: bytes) -> None:
            real(path, data)
            if path.name == ".3.tmp":
                raise OSError(5, "Input/output error")

        monkeypatch.setattr(durable, "_write_synced", broken)
        with pytest.raises(OSError):
            mails.write(2, 3, 4)
    survive(recorder, mails)
    assert sorted(path.name for path in recorder.root.rglob("*") if path.is_file()) == ["1"]


def test_a_name_that_is_taken_is_not_written_over(recorder: Recorder) -> None:
    """After the clock was set back an id may come again."""
    mails = Mails(recorder)
    mails.write(1)
    with pytest.raises(FileExistsError):
        durable.write_all([(recorder.root / "blob/2026/03/01/00/1", b"another")])
    assert (recorder.root / "blob/2026/03/01/00/1").read_bytes() == mail(1)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("no fsync of the file", "half"),
        ("no fsync of the directory", "lost"),
        ("no fsync of a new directory's parent", "lost"),
    ],
)
def test_the_recorder_finds_what_is_left_out(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, fault: str, why: str
) -> None:
    mails = Mails(recorder)
    sync = durable.sync_directories
    if fault == "no fsync of the file":
        monkeypatch.setattr(durable, "_write_synced", lambda path, data: _write_only(path, data))
    elif fault == "no fsync of the directory":
        monkeypatch.setattr(durable, "sync_directories", lambda paths: sync([p for p in paths if p.name != "00"]))
    else:
        monkeypatch.setattr(durable, "ensure_directory", lambda path: path.mkdir(parents=True, exist_ok=True))
    with recorder.recording():
        mails.write(1)
    with pytest.raises(AssertionError, match=why):
        survive(recorder, mails)


def _write_only(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o640)
    os.write(descriptor, data)
    os.close(descriptor)


async def test_after_a_power_cut_the_maildirs_are_made_again_from_the_rows(recorder: Recorder, tmp_path: Path) -> None:
    """Bodies and links are cut, rows are kept by the database; every row gets its mail, and nothing else is shown."""
    blobs = Blobs(recorder.root)
    refs: dict[str, bytes] = {}
    clock = StoppedClock(START_MS)
    with recorder.recording():
        for n in range(3):
            ref = blobs.put_now((START_MS + n * HOUR_MS - 1_704_067_200_000) << 22 | n, mail(n))
            refs[f"blob/{ref}"] = mail(n)
            recorder.ack(f"blob/{ref}")
            blobs.place([Placement(n, ref, 42, folder, f"{n}.example", n) for folder in ("INBOX", "Work")])
    blobs.close()
    dice = random.Random(8)
    states = list(crashes(recorder.steps, dice, tries=2))
    for number, (remains, promised) in enumerate(dice.sample(states, 40)):
        place = tmp_path / f"after{number}"
        place.mkdir()
        remains.write(place)
        store = open_store(StoreConfig(data_dir=str(place)))
        create_tables(store)
        bench = Bench(store, clock=clock)

        def rows(books, promised=promised) -> int:
            books.accounts.add_domain("mail.example")
            account = books.accounts.add("anna@mail.example")
            mailbox_id = books.mails.mailbox_of(account.id)
            target = ToMailbox(account.id, mailbox_id, account.address, 0)
            for ref in promised:
                facts = MailFacts("a@b.example", "", "s", 0)
                books.file_mail(target, blob=ref.removeprefix("blob/"), data=refs[ref], facts=facts)
            return mailbox_id

        mailbox_id = bench.run(rows)
        await bench.desk.place_forgotten()
        shown = bench.desk.blobs.maildir(mailbox_id, "INBOX")
        bodies = [path.read_bytes() for part in ("new", "cur") for path in (shown / part).glob("*")]
        assert sorted(bodies) == sorted(refs[ref] for ref in promised)
        assert bench.ask(lambda b: b.mails.unplaced()) == []
        await bench.desk.close()
