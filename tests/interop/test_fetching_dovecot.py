"""Mail fetched from a Dovecot by POP3 and IMAP: once, whatever happens in between, and deleted there when asked."""

from __future__ import annotations

import dataclasses
import email.utils
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.core.errors import StoreUnavailable
from gateway.core.fetching import FetchFailed, Protocol, Security, Server, Trouble
from gateway.fetching.rounds import FetchingConfig, Rounds
from gateway.store.sealing import Seal
from tests.fakes.dovecot import PASSWORD, USER, Dovecot, dovecot
from tests.fakes.site import DOMAIN, SiteHub, site_hub
from tests.interop.need import need

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    need("dovecot")
    need("openssl")


@pytest.fixture
async def server() -> AsyncIterator[Dovecot]:
    async with dovecot() as running:
        yield running


@pytest.fixture
async def hub(tmp_path: Path, server: Dovecot) -> AsyncIterator[SiteHub]:
    fetching = {"allow_private": True, "ca_file": str(server.certificate), "timeout_s": 10.0}
    async with site_hub(tmp_path, fetching=fetching) as made:
        made.member("ann")
        yield made


def rounds(hub: SiteHub) -> Rounds:
    return Rounds(hub.app.desk, hub.app.config.fetching, Seal(Path(hub.app.config.store.data_dir)))


def mail(subject: str, age_s: float = 0, more: str = "") -> bytes:
    date = email.utils.formatdate(time.time() - age_s)
    long_line = "x" * 5000
    text = (
        f"From: Li <li@example.org>\nTo: me@example.org\nSubject: {subject}\nDate: {date}\n{more}\n.dot\n{long_line}\n"
    )
    return text.encode()


def place(server: Dovecot, protocol: str, security: str = "tls") -> Server:
    port = server.ports[protocol + ("s" if security == "tls" else "")]
    return Server(Protocol(protocol), "localhost", port, Security(security), USER)


def keep(hub: SiteHub, where: Server, **more: bool) -> None:
    def work(books: Any) -> None:
        account = books.accounts.by_address(f"ann@{DOMAIN}")
        secret = Seal(Path(hub.app.config.store.data_dir)).close(PASSWORD)
        books.fetching.add(account.id, where, secret, **{"is_deleted_there": False, "only_new": False} | more)

    hub.app.desk.run_now(work)


def subjects(hub: SiteHub) -> list[str]:
    def work(books: Any) -> list[str]:
        account = books.accounts.by_address(f"ann@{DOMAIN}")
        return sorted(row["subject"] for row in books.mails.in_folder(books.mails.mailbox_of(account.id), "INBOX"))

    return hub.app.desk.read_now(work)


async def visit(hub: SiteHub) -> Any:
    """Visit the one mailbox now; the source as it is afterwards."""

    def source(books: Any) -> Any:
        return books.fetching.of(books.accounts.by_address(f"ann@{DOMAIN}").id)[0]

    found = hub.app.desk.read_now(source)
    await rounds(hub).visit(dataclasses.replace(found))
    return hub.app.desk.read_now(source)


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("protocol", ["pop3", "imap"])
async def test_mail_comes_once(hub: SiteHub, server: Dovecot, protocol: str, security: str) -> None:
    server.deliver("1", mail("one"))
    server.deliver("2", mail("two", age_s=10 * 86_400))
    keep(hub, place(server, protocol, security))
    source = await visit(hub)
    assert (source.count, source.trouble) == (2, Trouble.NONE)
    server.deliver("3", mail("three"))
    assert (await visit(hub)).count == 3
    assert subjects(hub) == ["one", "three", "two"]
    assert len(server.mails) == 3
    row = hub.app.desk.read_now(lambda books: books.mails.in_folder(
        books.mails.mailbox_of(books.accounts.by_address(f"ann@{DOMAIN}").id), "INBOX")[0])  # fmt: skip
    stored = hub.app.desk.read_now(lambda books: books.stored(row["blob"]))
    assert b"\r\n.dot\r\n" + b"x" * 5000 in stored


@pytest.mark.parametrize("protocol", ["pop3", "imap"])
async def test_mail_is_deleted_there_only_once_it_is_here(
    hub: SiteHub, server: Dovecot, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver("1", mail("one"))
    keep(hub, place(server, protocol), is_deleted_there=True)

    async def full_disk(*_: object, **__: object) -> str:
        raise StoreUnavailable("no room")

    with monkeypatch.context() as patch:
        patch.setattr(hub.app.desk.blobs, "put", full_disk)
        with pytest.raises(StoreUnavailable):
            await visit(hub)
    assert len(server.mails) == 1
    await visit(hub)
    assert subjects(hub) == ["one"]
    assert server.mails == []


async def test_only_what_is_new(hub: SiteHub, server: Dovecot) -> None:
    server.deliver("1", mail("old"))
    keep(hub, place(server, "pop3"), only_new=True)
    assert (await visit(hub)).count == 0
    server.deliver("2", mail("new"))
    await visit(hub)
    assert subjects(hub) == ["new"]


async def test_what_goes_wrong_is_named(hub: SiteHub, server: Dovecot) -> None:
    here = rounds(hub)
    good = place(server, "imap")
    assert await here.try_out(good, PASSWORD) == 0
    strict = Rounds(hub.app.desk, FetchingConfig(ca_file=str(server.certificate)), Seal(Path("unused")))
    distrusting = Rounds(hub.app.desk, FetchingConfig(allow_private=True), Seal(Path("unused")))
    closed = dataclasses.replace(good, port=1)
    plain_port = dataclasses.replace(good, port=server.ports["imap"])
    for who, where, password, trouble in (
        (here, good, "wrong", Trouble.REFUSED),
        (here, place(server, "pop3"), "wrong", Trouble.REFUSED),
        (here, closed, PASSWORD, Trouble.UNREACHABLE),
        (here, plain_port, PASSWORD, Trouble.UNSAFE),
        (strict, good, PASSWORD, Trouble.PRIVATE),
        (distrusting, good, PASSWORD, Trouble.UNSAFE),
    ):
        with pytest.raises(FetchFailed) as caught:
            await who.try_out(where, password)
        assert caught.value.trouble is trouble, (where, caught.value)


async def test_the_page_signs_in_before_it_keeps_anything(hub: SiteHub, server: Dovecot) -> None:
    browser = hub.browser()
    await browser.sign_in("ann")
    await browser.get("/settings/fetching")
    fields = {
        "protocol": "imap",
        "host": "localhost",
        "port": str(server.ports["imaps"]),
        "security": "tls",
        "user": USER,
    }
    await browser.post("/settings/fetching/add", fields | {"password": "wrong"})
    assert browser.status == 422
    assert "refuses name or password" in browser.page
    await browser.post("/settings/fetching/add", fields | {"password": PASSWORD, "which": "all"})
    assert "It works: 0 mails" in browser.page
    server.deliver("1", mail("by the chore"))
    await rounds(hub).visit_due()
    await hub.until(lambda: subjects(hub) == ["by the chore"])
    kept = (Path(hub.app.config.store.data_dir) / "secret.key").stat()
    assert kept.st_mode & 0o077 == 0
