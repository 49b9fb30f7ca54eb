"""Mail comes in: every refusal, every door, on real sockets and a real store."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import smtplib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.core.accounts import Account
from gateway.core.errors import ConfigError, StoreUnavailable
from gateway.core.events import MailArrived, MailSubmitted, PhoneMailArrived
from gateway.mail.doors import MailDoors
from gateway.mail.intake import LmtpConfig, SmtpConfig
from gateway.mail.submission import SubmissionConfig
from tests.fakes.certificates import Certificate, make_certificate
from tests.fakes.mail_hub import DOMAIN, PASSWORD, Hub, in_thread, open_hub

MAIL = b"From: x@far.example\r\nSubject: hello\r\nDate: Tue, 24 Nov 2026 09:00:00 +0800\r\n\r\nHello\r\n"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@contextlib.asynccontextmanager
async def doors(hub: Hub, **configs: Any) -> AsyncIterator[MailDoors]:
    opened = MailDoors(hub.desk, **configs)
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


class Client:
    """An SMTP client that says exactly what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    @contextlib.asynccontextmanager
    async def connect(cls, port: int, hello: str | None = "EHLO client.example") -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        client = cls(reader, writer)
        try:
            if hello is not None:
                assert (await client.reply()).startswith("220")
                assert (await client.say(hello)).startswith("250")
            yield client
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def reply(self) -> str:
        lines = []
        async with asyncio.timeout(10):
            while True:
                line = (await self.reader.readline()).decode()
                lines.append(line.rstrip("\r\n"))
                if line[3:4] != "-":
                    return "\n".join(lines)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def say(self, line: str) -> str:
        await self.send(line.encode() + b"\r\n")
        return await self.reply()

    async def envelope(self, *recipients: str, sender: str = "x@far.example", more: str = "") -> None:
        assert (await self.say(f"MAIL FROM:<{sender}>{more}")).startswith("250 2.1.0")
        for recipient in recipients:
            assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250 2.1.5")
        assert (await self.say("DATA")).startswith("354")

    async def ended(self) -> bool:
        async with asyncio.timeout(10):
            return await self.reader.read() == b""


SMTP = SmtpConfig(port=0, hostname="mx.mail.example")
ANNA = f"anna@{DOMAIN}"
BERT = f"bert@{DOMAIN}"


# --- what is taken ------------------------------------------------------------------------------------------------


async def test_a_mail_is_filed_as_it_came_behind_one_received_line(hub: Hub) -> None:
    anna = hub.add("anna")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(ANNA)
        await client.send(MAIL + b".\r\n")
        reply = await client.reply()
    assert reply.startswith("250 2.0.0 Stored as ")
    (row,) = hub.folder(anna)
    assert reply.endswith(str(row["id"]))
    assert (row["subject"], row["envelope_sender"], row["envelope_recipient"]) == ("hello", "x@far.example", ANNA)
    body = hub.body(row)
    assert body.endswith(MAIL)
    trace = body[: -len(MAIL)].decode()
    assert trace.startswith("Received: from client.example ([127.0.0.1])\r\n\tby mx.mail.example (caiyou) with ESMTP")
    assert trace.count("\n") == 4
    assert f"for <{ANNA}>;" in trace
    (event,) = hub.events
    assert isinstance(event, MailArrived)
    assert event.content == body
    assert hub.desk.read_now(lambda books: books.mails.quota(row["mailbox_id"]))[0] == len(body)


async def test_the_reply_comes_after_the_row_and_the_fsync(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("anna")
    order: list[str] = []
    put, commit = hub.desk.blobs.put, hub.desk.commit

    async def noting_put(*args: Any) -> str:
        ref = await put(*args)
        order.append("body")
        return ref

    async def noting_commit(work: Any) -> Any:
        result = await commit(work)
        order.append("row")
        return result

    monkeypatch.setattr(hub.desk.blobs, "put", noting_put)
    monkeypatch.setattr(hub.desk, "commit", noting_commit)
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(ANNA)
        assert order == []
        await client.send(MAIL + b".\r\n")
        await client.reply()
        assert order[:2] == ["body", "row"]


ODD_BODIES = {
    "empty": b"",
    "no header": b"just text\r\n",
    "nul": b"Subject: a\0b\r\n\r\n\0\0\0\r\n",
    "eight bit": b"Subject: \xc4\xe3\xba\xc3\r\n\r\n" + bytes(range(14, 256)) + b"\r\n",
    "bare cr and lf": b"Subject: a\n\nb\rc\n\rd\r\n",
    "long line": b"Subject: " + b"x" * 100_000 + b"\r\n\r\n" + b"y" * 100_000 + b"\r\n",
    "header only": b"Subject: a\r\n",
    "mbox line": b"From x Tue Nov 24 2026\r\nSubject: a\r\n\r\n",
    "wrong date": b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\n",
    "many headers": b"X: y\r\n" * 20_000 + b"\r\n",
    "surrogates": b"Subject: \xed\xa0\x80\r\nFrom: \xed\xa0\x80@x\r\n\r\n",
    "empty boundary": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n',
}


@pytest.mark.parametrize("name", ODD_BODIES)
async def test_any_bytes_are_kept_as_they_came(hub: Hub, name: str) -> None:
    anna, sent = hub.add("anna"), ODD_BODIES[name]
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(ANNA)
        await client.send(sent.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        assert (await client.reply()).startswith("250 2.0.0")
        assert (await client.say("NOOP")).startswith("250")
    (row,) = hub.folder(anna)
    received, body = hub.body(row).split(b"\r\n", 4)[:4], hub.body(row)
    assert body == b"\r\n".join(received) + b"\r\n" + sent


SMUGGLED = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n\r.\r\n"]
SMUGGLED += [b"\r\n\0.\r\n", b"\r\n.\0\r\n"]


@pytest.mark.parametrize("end", SMUGGLED)
async def test_no_second_mail_is_smuggled_inside_the_first(hub: Hub, end: bytes) -> None:
    anna, bert = hub.add("anna"), hub.add("bert")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(ANNA)
        inner = f"MAIL FROM:<boss@{DOMAIN}>\r\nRCPT TO:<{BERT}>\r\nDATA\r\nSubject: fake\r\n\r\nx"
        await client.send(MAIL + end + inner.encode() + b"\r\n.\r\n")
        assert (await client.reply()).startswith("250 2.0.0")
        assert (await client.say("NOOP")).startswith("250")
    assert len(hub.folder(anna)) == 1
    assert hub.folder(bert) == []


async def test_a_command_with_a_bare_line_feed_is_refused(hub: Hub) -> None:
    hub.add("anna")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.send(b"MAIL FROM:<x@far.example>\n")
        assert (await client.reply()).startswith("500 5.5.2")
        assert (await client.say(f"RCPT TO:<{ANNA}>")).startswith("503 5.5.1")


async def test_one_body_and_one_transaction_for_many_recipients(hub: Hub) -> None:
    members = [hub.add(f"m{number}") for number in range(5)]
    hub.desk.run_now(lambda books: books.accounts.add_alias(f"all@{DOMAIN}", f"m0@{DOMAIN}"))
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        before = hub.desk.store.figures.works
        await client.envelope(*(member.address for member in members), f"all@{DOMAIN}")
        await client.send(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")
        assert hub.desk.store.figures.works - before <= 2  # one files, one may have noted the Maildir links since
    rows = [row for member in members for row in hub.folder(member)]
    assert len(rows) == 5
    assert len({row["blob"] for row in rows}) == 1
    assert len({row["id"] for row in rows}) == 5
    assert len(hub.blobs()) == 1
    assert b"\tfor <" not in hub.body(rows[0])


async def test_pipelined_commands_are_answered_in_order(hub: Hub) -> None:
    anna = hub.add("anna")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        for _ in range(2):
            await client.send(f"MAIL FROM:<>\r\nRCPT TO:<nobody@{DOMAIN}>\r\nRCPT TO:<{ANNA}>\r\nDATA\r\n".encode())
            replies = [(await client.reply())[:9] for _ in range(4)]
            assert replies == ["250 2.1.0", "550 5.1.1", "250 2.1.5", "354 End w"]
            await client.send(MAIL + b".\r\nNOOP\r\n")
            assert [(await client.reply())[:9] for _ in range(2)] == ["250 2.0.0", "250 2.0.0"]
        assert (await client.say("QUIT")).startswith("221")
        assert await client.ended()
    assert [row["envelope_sender"] for row in hub.folder(anna)] == ["", ""]


async def test_what_is_offered(hub: Hub) -> None:
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port, None) as client:
        assert (await client.reply()).startswith("220 mx.mail.example")
        offers = [line[4:] for line in (await client.say("EHLO c.example")).splitlines()]
        assert offers[:3] == ["mx.mail.example", "PIPELINING", "SIZE 35000000"]
        assert offers[3:] == ["8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        assert (await client.say("HELO c.example")) == "250 mx.mail.example"
        assert (await client.say("MAIL FROM:<a@b.example> SIZE=1")).startswith("555 5.5.4")


async def test_utf8_addresses(hub: Hub) -> None:
    member = hub.add("用户")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        assert (await client.say("MAIL FROM:<用@far.example>")).startswith("553 5.6.7")
        await client.say("MAIL FROM:<a@far.example>")
        assert (await client.say(f"RCPT TO:<用户@{DOMAIN}>")).startswith("553 5.6.7")
        await client.say("RSET")
        await client.envelope(f"用户@{DOMAIN}", sender="用@far.example", more=" SMTPUTF8 BODY=8BITMIME SIZE=100")
        await client.send(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")
    (row,) = hub.folder(member)
    assert row["envelope_sender"] == "用@far.example"
    assert b"with UTF8SMTP id" in hub.body(row)


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        ("<x@far.example>", "550 5.7.1"),
        (f"<nobody@{DOMAIN}>", "550 5.1.1"),
        (f"<susan@{DOMAIN}>", "550 5.2.1"),
        (f"<full@{DOMAIN}>", "452 4.2.2"),
        (f"<13800138000@{DOMAIN}>", "550 5.7.1"),
        ("<x%far.example@far.example>", "550 5.7.1"),
        (f"<@{DOMAIN}:x@far.example>", "550 5.7.1"),
        (f'<"x@far.example"@{DOMAIN}>', "550 5.1.1"),
        (f"<x!y@{DOMAIN}>", "550 5.1.1"),
        ("<postmaster>", "550 5.7.1"),
        ("<x@[127.0.0.1]>", "550 5.7.1"),
        ("<>", "501 5.5.4"),
        ("x@far.example", "501 5.5.4"),
        ("<x>", "553 5.1.3"),
        ("<a..b@far.example>", "553 5.1.3"),
        (f"<{ANNA}> NOTIFY=NEVER", "555 5.5.4"),
    ],
)
async def test_recipients_that_are_refused(hub: Hub, recipient: str, reply: str) -> None:
    hub.add("anna")
    susan = hub.add("susan")
    hub.add("full", quota_octets=0)
    hub.desk.run_now(lambda books: books.accounts.set_state(susan.id, "suspended"))
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.say("MAIL FROM:<x@far.example>")
        assert (await client.say(f"RCPT TO:{recipient}")).startswith(reply)
        assert (await client.say("DATA")).startswith("554 5.5.1")
    assert hub.blobs() == []


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("MAIL FROM:<a@b.example> SIZE=35000001", "552 5.3.4"),
        ("MAIL FROM:<a@b.example> SIZE=many", "555 5.5.4"),
        ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "555 5.5.4"),
        ("MAIL FROM:<a@b.example> AUTH=<>", "555 5.5.4"),
        ("MAIL FROM:a@b.example", "501 5.5.4"),
        ("MAIL FROM:<a b@b.example>", "553 5.1.7"),
        ("MAIL", "501 5.5.4"),
        ("RCPT TO:<a@b.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("DATA x", "501 5.5.4"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("VRFY anna", "252 2.5.0"),
        ("EXPN all", "502 5.5.1"),
        ("STARTTLS", "454"),
        ("BDAT 10", "500"),
        ("HELP", "214"),
        ("NOOP " + "x" * 3000, "500"),
        ("NOOP " + "x" * 300_000, "500"),
    ],
)
async def test_commands_that_are_refused(hub: Hub, line: str, reply: str) -> None:
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        assert (await client.say(line)).startswith(reply)
        assert (await client.say("NOOP")).startswith("250")


async def test_commands_out_of_order(hub: Hub) -> None:
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port, None) as client:
        await client.reply()
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("503 5.5.1")
        assert (await client.say("RCPT TO:<a@b.example>")).startswith("503 5.5.1")
        assert (await client.say("EHLO")).startswith("501 5.5.4")
        await client.say("EHLO x")
        await client.say("MAIL FROM:<a@b.example>")
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("503 5.5.1")


async def test_size_against_the_quota(hub: Hub) -> None:
    hub.add("small", quota_octets=1000)
    anna = hub.add("anna", quota_octets=1000)
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.say("MAIL FROM:<x@far.example> SIZE=2000")
        assert (await client.say(f"RCPT TO:<{ANNA}>")).startswith("552 5.2.2")
        await client.say("RSET")
        await client.envelope(ANNA, more=" SIZE=600")
        await client.send(b"x" * 600 + b"\r\n.\r\n")
        assert (await client.reply()).startswith("250")
    assert len(hub.folder(anna)) == 1
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.say("MAIL FROM:<x@far.example> SIZE=600")
        assert (await client.say(f"RCPT TO:<{ANNA}>")).startswith("452 4.2.2")


async def test_a_mail_that_is_too_large(hub: Hub) -> None:
    anna = hub.add("anna")
    async with (
        doors(hub, smtp=dataclasses.replace(SMTP, max_size_octets=10_000)) as opened,
        Client.connect(opened.smtp.port) as client,
    ):
        await client.envelope(ANNA)
        await client.send(b"x" * 500_000 + b"\r\n.\r\n")
        assert (await client.reply()).startswith("552 5.3.4")
        await client.envelope(ANNA)
        await client.send(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert len(hub.folder(anna)) == 1
    assert len(hub.blobs()) == 1


async def test_too_many_recipients(hub: Hub) -> None:
    members = [hub.add(f"m{number}") for number in range(3)]
    async with (
        doors(hub, smtp=dataclasses.replace(SMTP, max_recipients=2)) as opened,
        Client.connect(opened.smtp.port) as client,
    ):
        await client.say("MAIL FROM:<x@far.example>")
        replies = [await client.say(f"RCPT TO:<{member.address}>") for member in members]
        assert [reply[:9] for reply in replies] == ["250 2.1.5", "250 2.1.5", "452 4.5.3"]


async def test_who_guesses_names_is_sent_away(hub: Hub) -> None:
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.say("MAIL FROM:<x@far.example>")
        for number in range(50):
            assert (await client.say(f"RCPT TO:<n{number}@{DOMAIN}>")).startswith("550 5.1.1")
        assert (await client.say(f"RCPT TO:<n51@{DOMAIN}>")).startswith("421 4.7.0")
        assert await client.ended()


async def test_a_mail_in_circles(hub: Hub) -> None:
    hub.add("anna")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(ANNA)
        await client.send(b"Received: x\r\n" * 29 + MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")
        await client.envelope(ANNA)
        await client.send(b"Received: x\r\n" * 30 + MAIL + b".\r\n")
        assert (await client.reply()).startswith("554 5.4.6")


@pytest.mark.parametrize("part", ["body", "row", "look"])
async def test_a_store_that_fails_is_451_and_nothing_is_kept(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    anna = hub.add("anna")

    async def fail(*_: object) -> Any:
        raise StoreUnavailable

    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.say("MAIL FROM:<x@far.example>")
        with monkeypatch.context() as patch:
            if part == "look":
                patch.setattr(hub.desk, "read", fail)
                assert (await client.say(f"RCPT TO:<{ANNA}>")).startswith("451 4.3.0")
                return
            await client.say(f"RCPT TO:<{ANNA}>")
            await client.say("DATA")
            patch.setattr(hub.desk if part == "row" else hub.desk.blobs, "commit" if part == "row" else "put", fail)
            await client.send(MAIL + b".\r\n")
            assert (await client.reply()).startswith("451 4.3.0")
        assert hub.folder(anna) == []
        await client.envelope(ANNA)
        await client.send(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert len(hub.folder(anna)) == 1


async def test_a_fault_of_ours_is_451_and_noted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("anna")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(ANNA)

        def fail(*_: object) -> Any:
            raise RuntimeError("a bug")

        monkeypatch.setattr(hub.desk, "read_facts", fail)
        await client.send(MAIL + b".\r\n")
        assert (await client.reply()).startswith("451 4.3.0")
    assert hub.desk.journal.counts["task_failed", "smtp-door"] == 1


async def test_low_disk(hub: Hub) -> None:
    hub.add("anna")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        opened.smtp.disk.free_octets = lambda: SMTP.disk_reserve_octets + 1000  # type: ignore[method-assign]
        assert (await client.say("MAIL FROM:<x@far.example> SIZE=1001")).startswith("452 4.3.1")
        assert (await client.say("MAIL FROM:<x@far.example> SIZE=1000")).startswith("250")


async def test_too_many_connections(hub: Hub) -> None:
    async with (
        doors(hub, smtp=dataclasses.replace(SMTP, connections_per_address=1)) as opened,
        Client.connect(opened.smtp.port),
        Client.connect(opened.smtp.port, None) as second,
    ):
        assert (await second.reply()).startswith("421 4.7.0")
        assert await second.ended()


async def test_a_connection_that_ends_makes_room(hub: Hub) -> None:
    async with doors(hub, smtp=dataclasses.replace(SMTP, connections_per_address=1)) as opened:
        for _ in range(3):
            async with Client.connect(opened.smtp.port) as client:
                await client.say("QUIT")
                assert await client.ended()


async def test_too_many_mails_from_one_address(hub: Hub) -> None:
    config = dataclasses.replace(SMTP, mails_per_minute_per_address=2)
    async with doors(hub, smtp=config) as opened, Client.connect(opened.smtp.port) as client:
        for _ in range(2):
            assert (await client.say("MAIL FROM:<x@far.example>")).startswith("250")
            await client.say("RSET")
        assert (await client.say("MAIL FROM:<x@far.example>")).startswith("421 4.7.0")
        assert await client.ended()


async def test_a_silent_client_is_sent_away(hub: Hub) -> None:
    async with (
        doors(hub, smtp=dataclasses.replace(SMTP, timeout_s=0.1)) as opened,
        Client.connect(opened.smtp.port) as client,
    ):
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.ended()


async def test_a_client_that_goes_away_inside_a_mail_leaves_nothing(hub: Hub) -> None:
    anna = hub.add("anna")
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(ANNA)
        await client.send(MAIL)
    assert hub.folder(anna) == []
    assert hub.blobs() == []


async def test_closing_waits_for_the_mail_in_hand(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = hub.add("anna")
    put, gate = hub.desk.blobs.put, asyncio.Event()

    async def slow_put(*args: Any) -> str:
        await gate.wait()
        return await put(*args)

    monkeypatch.setattr(hub.desk.blobs, "put", slow_put)
    opened = MailDoors(hub.desk, smtp=SMTP)
    await opened.start()
    assert opened.smtp is not None
    async with Client.connect(opened.smtp.port) as busy, Client.connect(opened.smtp.port) as idle:
        await busy.envelope(ANNA)
        await busy.send(MAIL + b".\r\n")
        while not opened.smtp._inside or not any(d.is_taking for d in opened.smtp._inside):
            await asyncio.sleep(0)
        closing = asyncio.ensure_future(opened.stop())
        assert (await idle.reply()).startswith("421 4.3.2")
        assert not closing.done()
        gate.set()
        assert (await busy.reply()).startswith("250 2.0.0")
        assert (await busy.reply()).startswith("421 4.3.2")
        await closing
    assert len(hub.folder(anna)) == 1


async def test_a_port_that_is_taken_is_a_config_error(hub: Hub) -> None:
    async with doors(hub, smtp=SMTP) as opened:
        second = MailDoors(hub.desk, smtp=dataclasses.replace(SMTP, port=opened.smtp.port))
        with pytest.raises(ConfigError, match="smtp door cannot listen"):
            await second.start()


async def test_a_wrong_setting_is_a_config_error(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="phone_mail_from"):
        MailDoors(hub.desk, smtp=dataclasses.replace(SMTP, phone_mail_from="all"))
    with pytest.raises(ConfigError, match="certificate"):
        MailDoors(hub.desk, smtp=dataclasses.replace(SMTP, tls_certificate=str(tmp_path / "none")))


# --- phones and other servers -------------------------------------------------------------------------------------


async def test_anyone_may_write_to_phones_when_the_site_says_so(hub: Hub) -> None:
    config = dataclasses.replace(SMTP, phone_mail_from="anyone")
    async with doors(hub, smtp=config) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(f"13800138000@{DOMAIN}")
        await client.send(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")
    (event,) = hub.events
    assert isinstance(event, PhoneMailArrived)
    assert (event.number, event.account_id, event.envelope_sender) == ("+8613800138000", None, "x@far.example")
    # The bytes can be asked for again: a reaction that failed is tried later, with the mail.
    assert hub.desk.read_now(lambda books: books.body(event.mail_id)) == event.content
    assert hub.desk.commit is not None
    assert await hub.desk.commit(lambda books: books.relay.claim("me", 10)) == []


async def test_an_alias_to_another_server_keeps_the_sender(hub: Hub) -> None:
    anna = hub.add("anna")

    def aliases(books: Any) -> None:
        books.accounts.add_alias(f"both@{DOMAIN}", ANNA)
        books.accounts.add_alias(f"both@{DOMAIN}", "away@far.example")

    hub.desk.run_now(aliases)
    woken: list[int] = []
    hub.desk.work_for_relay = lambda: woken.append(1)
    async with doors(hub, smtp=SMTP) as opened, Client.connect(opened.smtp.port) as client:
        await client.envelope(f"both@{DOMAIN}")
        await client.send(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert len(hub.folder(anna)) == 1
    (entry,) = await hub.desk.commit(lambda books: books.relay.claim("me", 10))
    assert (entry.sender, entry.recipient) == ("x@far.example", "away@far.example")
    assert woken


# --- LMTP ---------------------------------------------------------------------------------------------------------


async def test_lmtp_answers_for_each_recipient(hub: Hub) -> None:
    anna, bert = hub.add("anna"), hub.add("bert")
    async with (
        doors(hub, lmtp=LmtpConfig(port=0)) as opened,
        Client.connect(opened.lmtp.port, "LHLO client.example") as client,
    ):
        assert (await client.say("EHLO x")).startswith("500 5.5.1")
        assert (await client.say("HELO x")).startswith("500 5.5.1")
        await client.say("MAIL FROM:<x@far.example>")
        replies = [await client.say(f"RCPT TO:<{name}@{DOMAIN}>") for name in ("anna", "nobody", "bert")]
        assert [reply[:3] for reply in replies] == ["250", "550", "250"]
        await client.say("DATA")
        await client.send(MAIL + b".\r\n")
        assert [(await client.reply())[:9] for _ in range(2)] == ["250 2.0.0"] * 2
        assert (await client.say("NOOP")).startswith("250")
    assert len(hub.folder(anna)) == len(hub.folder(bert)) == 1
    assert b"with LMTP id" in hub.body(hub.folder(anna)[0])


# --- submission ---------------------------------------------------------------------------------------------------

SUBMISSION = SubmissionConfig(port=0, hostname="mx.mail.example", allow_plain_auth=True, login_delay_s=0.01)


def own_mail(sender: str = ANNA) -> bytes:
    return f"From: Anna <{sender}>\r\nSubject: out\r\n\r\nbody\r\n".encode()


def plain(name: str, password: str = PASSWORD) -> str:
    return "AUTH PLAIN " + base64.b64encode(f"\0{name}\0{password}".encode()).decode()


async def test_login_needs_tls_unless_allowed(hub: Hub, certificate: Certificate) -> None:
    hub.add("anna")
    config = dataclasses.replace(
        SUBMISSION, allow_plain_auth=False, tls_certificate=certificate.certificate, tls_key=certificate.key
    )
    async with doors(hub, submission=config) as opened:
        port = opened.submission.port

        def talk() -> list[tuple[int, bytes]]:
            with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                client.ehlo()
                assert not client.has_extn("auth")
                replies = [client.docmd(plain(ANNA)), client.docmd(f"MAIL FROM:<{ANNA}>")]
                client.starttls(context=ssl.create_default_context(cafile=certificate.certificate))
                client.ehlo()
                assert client.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
                assert not client.has_extn("starttls")
                replies.append(client.docmd(f"MAIL FROM:<{ANNA}>"))
                assert client.docmd(plain(ANNA))[0] == 235
                client.sendmail(ANNA, [ANNA], own_mail())
                return replies

        replies = await in_thread(talk)
    assert [(code, text[:6].rstrip()) for code, text in replies] == [
        (538, b"5.7.11"),
        (530, b"5.7.0"),
        (530, b"5.7.0"),
    ]
    assert hub.events


async def test_commands_sent_before_tls_are_not_carried_over_it(hub: Hub, certificate: Certificate) -> None:
    config = dataclasses.replace(SMTP, tls_certificate=certificate.certificate, tls_key=certificate.key)
    async with doors(hub, smtp=config) as opened, Client.connect(opened.smtp.port) as client:
        await client.send(b"STARTTLS\r\nMAIL FROM:<evil@far.example>\r\n")
        assert (await client.reply()).startswith("220")
        context = ssl.create_default_context(cafile=certificate.certificate)
        await client.writer.start_tls(context, server_hostname="localhost")
        assert (await client.say(f"RCPT TO:<{ANNA}>")).startswith("503 5.5.1")


async def test_auth_login_and_its_mistakes(hub: Hub) -> None:
    hub.add("anna")
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        assert (await client.say("AUTH")).startswith("501 5.5.4")
        assert (await client.say("AUTH CRAM-MD5")).startswith("504 5.5.4")
        assert (await client.say("AUTH PLAIN !!!")).startswith("501 5.5.2")
        assert (await client.say("AUTH PLAIN =")).startswith("535 5.7.8")
        assert (await client.say("AUTH PLAIN")).startswith("334")
        assert (await client.say("*")).startswith("501 5.7.0")
        other = base64.b64encode(f"{BERT}\0{ANNA}\0{PASSWORD}".encode()).decode()
        assert (await client.say(f"AUTH PLAIN {other}")).startswith("535 5.7.8")
        assert base64.b64decode((await client.say("auth login")).removeprefix("334 ")) == b"Username:"
        assert (await client.say(base64.b64encode(ANNA.encode()).decode())).startswith("334")
        assert (await client.say(base64.b64encode(PASSWORD.encode()).decode())).startswith("235 2.7.0")
        assert (await client.say(plain(ANNA))).startswith("503 5.5.1")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (ANNA, "wrong"),
        (f"nobody@{DOMAIN}", PASSWORD),
        (f"susan@{DOMAIN}", PASSWORD),
        ("anna", PASSWORD),
        ("", ""),
        ("x" * 400, "x"),
    ],
)
async def test_wrong_logins(hub: Hub, name: str, password: str) -> None:
    hub.add("anna")
    susan = hub.add("susan")
    hub.desk.run_now(lambda books: books.accounts.set_state(susan.id, "suspended"))
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        assert (await client.say(plain(name, password))).startswith("535 5.7.8")
        assert (await client.say(f"MAIL FROM:<{ANNA}>")).startswith("530 5.7.0")
    assert hub.desk.journal.counts["login_failed", "submission"] == 1


async def test_too_many_wrong_logins_bar_the_address(hub: Hub) -> None:
    hub.add("anna")
    config = dataclasses.replace(SUBMISSION, login_failures_per_minute=2)
    async with doors(hub, submission=config) as opened, Client.connect(opened.submission.port) as client:
        for _ in range(2):
            assert (await client.say(plain(ANNA, "wrong"))).startswith("535 5.7.8")
        assert (await client.say(plain(ANNA))).startswith("421 4.7.0")
        assert await client.ended()


async def test_a_failed_login_waits(hub: Hub) -> None:
    config = dataclasses.replace(SUBMISSION, login_delay_s=0.3)
    async with doors(hub, submission=config) as opened, Client.connect(opened.submission.port) as client:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await client.say(plain(ANNA, "wrong"))
        assert loop.time() - began >= 0.3


async def logged_in(client: Client, name: str = ANNA) -> None:
    assert (await client.say(plain(name))).startswith("235 2.7.0")


async def test_a_member_writes_to_members_phones_and_others(hub: Hub) -> None:
    anna, bert = hub.add("anna"), hub.add("bert")
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        await logged_in(client)
        await client.envelope(BERT, f"13800138000@{DOMAIN}", "x@far.example", "y@near.example", sender=ANNA)
        await client.send(own_mail() + b".\r\n")
        assert (await client.reply()).startswith("250")
    (sent,), (arrived,) = hub.folder(anna, "Sent"), hub.folder(bert)
    assert sent["flags"] == "S"
    assert sent["blob"] == arrived["blob"]
    assert len(hub.blobs()) == 1
    body = hub.body(sent)
    assert body.endswith(own_mail())
    assert b"with ESMTPA id" in body
    assert f"\r\nMessage-ID: <{sent['id']}@mx.mail.example>\r\n".encode() in body
    assert b"\r\nDate: " in body
    assert sent["message_id"] == f"<{sent['id']}@mx.mail.example>"
    arrived_event, phone, submitted = hub.events
    assert isinstance(arrived_event, MailArrived)
    assert isinstance(phone, PhoneMailArrived)
    assert (phone.mail_id, phone.account_id) == (sent["id"], anna.id)
    assert isinstance(submitted, MailSubmitted)
    assert submitted.mail_id == sent["id"]
    assert submitted.account_id == anna.id
    assert submitted.recipients == (BERT, f"13800138000@{DOMAIN}", "x@far.example", "y@near.example")
    entries = await hub.desk.commit(lambda books: books.relay.claim("me", 10))
    assert {(e.sender, e.recipient, e.account_id, e.mail_id) for e in entries} == {
        (ANNA, "x@far.example", anna.id, sent["id"]),
        (ANNA, "y@near.example", anna.id, sent["id"]),
    }


async def test_date_and_message_id_of_the_member_stay(hub: Hub) -> None:
    anna = hub.add("anna")
    mail = b"Message-ID: <own@x>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0800\r\n" + own_mail()
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        await logged_in(client)
        await client.envelope(ANNA, sender=ANNA)
        await client.send(mail + b".\r\n")
        assert (await client.reply()).startswith("250")
    body = hub.body(hub.folder(anna)[0])
    assert body.count(b"Message-ID:") == 1
    assert body.count(b"Date:") == 1


@pytest.mark.parametrize("sender", [BERT, "anna@far.example", f"nobody@{DOMAIN}"])
async def test_the_envelope_sender_must_be_the_members_own(hub: Hub, sender: str) -> None:
    hub.add("anna")
    hub.add("bert")
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        await logged_in(client)
        assert (await client.say(f"MAIL FROM:<{sender}>")).startswith("550 5.7.1")


@pytest.mark.parametrize(
    "header",
    [
        f"From: {BERT}\r\n",
        f"From: {ANNA}, {BERT}\r\n",
        f"From: {ANNA}\r\nFrom: {BERT}\r\n",
        f"From: {BERT} <{ANNA}>, x <x@far.example>\r\n",
        "From: nobody\r\n",
        "Subject: none\r\n",
        "",
    ],
)
async def test_the_from_line_must_be_the_members_own(hub: Hub, header: str) -> None:
    hub.add("anna")
    hub.add("bert")
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        await logged_in(client)
        await client.envelope(BERT, sender=ANNA)
        await client.send(header.encode() + b"\r\nbody\r\n.\r\n")
        assert (await client.reply()).startswith("550 5.7.1")
    assert hub.events == []


async def test_an_alias_is_an_own_address(hub: Hub) -> None:
    hub.add("anna")
    alias = f"sales@{DOMAIN}"
    hub.desk.run_now(lambda books: books.accounts.add_alias(alias, ANNA))
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        await logged_in(client)
        await client.envelope(ANNA, sender=alias)
        await client.send(own_mail(alias) + b".\r\n")
        assert (await client.reply()).startswith("250")


async def test_a_member_sends_at_a_bounded_rate(hub: Hub) -> None:
    hub.add("anna")
    config = dataclasses.replace(SUBMISSION, mails_per_hour_per_member=1)
    async with doors(hub, submission=config) as opened, Client.connect(opened.submission.port) as client:
        await logged_in(client)
        await client.envelope(ANNA, sender=ANNA)
        await client.send(own_mail() + b".\r\n")
        await client.reply()
        assert (await client.say(f"MAIL FROM:<{ANNA}>")).startswith("450 4.7.1")


async def test_an_old_hash_is_renewed_at_login(hub: Hub) -> None:
    from argon2 import PasswordHasher

    anna: Account = hub.add("anna")
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    hub.desk.run_now(lambda books: books.accounts.set_password(anna.id, old))
    async with doors(hub, submission=SUBMISSION) as opened, Client.connect(opened.submission.port) as client:
        await logged_in(client)
    found = hub.desk.read_now(lambda books: books.accounts.login(ANNA))
    assert found is not None
    assert "m=19456" in found[1]
