"""A Dovecot serves our Maildir: what its clients do is seen in the rows, and what we do is seen by its clients."""

from __future__ import annotations

import asyncio
import imaplib
import os
import pwd
import shutil
import ssl
from pathlib import Path

import pytest

from tests.fakes.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.fakes.maildir import Box, maildir_box
from tests.interop.need import need

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    need("dovecot")
    need("openssl")


def sign_in(server: Dovecot) -> imaplib.IMAP4_SSL:
    context = ssl.create_default_context(cafile=str(server.certificate))
    context.check_hostname = False
    client = imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=context)
    client.login(USER, PASSWORD)
    client.select("INBOX")
    return client


def hand_over(directory: Path) -> None:
    """Let the Dovecot of the test, which is nobody, write there."""
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (directory, *directory.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)


def use(server: Dovecot) -> None:
    client = sign_in(server)
    client.store("1", "+FLAGS", r"(\Seen \Flagged)")
    client.create("&mHl27g-")
    client.xatom("UID", "MOVE", "2", "&mHl27g-")
    client.copy("1", "&mHl27g-")
    client.append("&mHl27g-", r"\Seen", None, b"Subject: put there\r\nFrom: a@b.example\r\n\r\nx\r\n")  # type: ignore[arg-type]
    client.logout()


def flags(server: Dovecot) -> list[str]:
    client = sign_in(server)
    found = [bytes(line).decode() for line in client.fetch("1:*", "(FLAGS)")[1]]  # type: ignore[arg-type]
    client.logout()
    return found


def shown(box: Box, folder: str) -> list[tuple[str, str]]:
    lines = box.bench.ask(lambda books: books.webmail.page(box.mailbox_id, folder))
    return sorted((line.subject, line.flags) for line in lines)


async def test_both_see_what_the_other_did() -> None:
    async with dovecot() as server:
        with maildir_box(server.directory / "data") as box:
            ids = [box.file(subject) for subject in ("one", "two", "three")]
            shutil.rmtree(server.directory / "mail")
            os.symlink(box.base, server.directory / "mail")
            hand_over(server.directory / "data")
            await asyncio.to_thread(use, server)
            await box.look()
            await box.look("项目")
            assert shown(box, "INBOX") == [("one", "FS"), ("three", "")]
            assert shown(box, "项目") == [("one", "FS"), ("put there", "S"), ("two", "")]
            assert box.line(ids[1]).folder == "项目"
            box.change(lambda books: books.webmail.set_flags(box.mailbox_id, [ids[0]], remove="F"))
            box.change(lambda books: books.webmail.move(box.mailbox_id, [ids[1]], "INBOX"))
            hand_over(server.directory / "data")
            seen = await asyncio.to_thread(flags, server)
            assert len(seen) == 3
            assert [r"\Seen" in line for line in seen] == [True, False, False]
            assert not any(r"\Flagged" in line for line in seen)
