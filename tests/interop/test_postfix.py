"""Stock Postfix gives us mail by SMTP and LMTP, and takes what our relay sends."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import smtplib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.mail.doors import MailDoors
from gateway.mail.intake import LmtpConfig, SmtpConfig
from gateway.mail.relay import RelayConfig, RelayLoop
from tests.fakes.certificates import make_certificate
from tests.fakes.mail_hub import DOMAIN, Hub, in_thread, open_hub
from tests.fakes.mail_peer import open_name_server
from tests.fakes.postfix import Postfix, open_postfix
from tests.interop.need import need

pytestmark = pytest.mark.interop

BODY = ".dot\r\n..two\r\nФ 你好\r\n" + "x" * 900 + "\r\nend\r\n"
MAIL = f"From: s@far.example\r\nTo: all\r\nSubject: over Postfix\r\nMessage-ID: <9@far.example>\r\n\r\n{BODY}".encode()


@pytest.fixture(autouse=True)
def _needs() -> None:
    need("postfix")
    need("openssl")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts only as root")


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        yield opened


async def until(check: Callable[[], object], postfix: Postfix) -> None:
    try:
        async with asyncio.timeout(20):
            while not check():
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(postfix.log())


def hand_in(postfix: Postfix, sender: str, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=20) as client:
        client.sendmail(sender, recipients, MAIL, ["SMTPUTF8", "BODY=8BITMIME"])


@pytest.mark.parametrize("kind", ["smtp", "smtp with TLS", "lmtp"])
async def test_postfix_gives_us_mail(hub: Hub, tmp_path: Path, kind: str) -> None:
    anna, user = hub.add("anna"), hub.add("用户")
    smtp = SmtpConfig(port=0, hostname="hub.example")
    if kind == "smtp with TLS":
        made = make_certificate(tmp_path)
        smtp = dataclasses.replace(smtp, tls_certificate=made.certificate, tls_key=made.key)
    doors = MailDoors(hub.desk, smtp=smtp, lmtp=LmtpConfig(port=0))
    await doors.start()
    assert doors.smtp is not None
    assert doors.lmtp is not None
    port = doors.lmtp.port if kind == "lmtp" else doors.smtp.port
    transport = f"lmtp:inet:127.0.0.1:{port}" if kind == "lmtp" else f"smtp:[127.0.0.1]:{port}"
    try:
        async with open_postfix(transport) as postfix:
            recipients = [anna.address, user.address, f"nobody@{DOMAIN}"]
            await in_thread(lambda: hand_in(postfix, "a@far.example", *recipients))
            await until(lambda: hub.folder(anna) and hub.folder(user) and postfix.mails("a"), postfix)
            (bounce,) = postfix.mails("a")
    finally:
        await doors.stop()
    (row,) = hub.folder(anna)
    assert row["subject"] == "over Postfix"
    assert row["envelope_sender"] == "a@far.example"
    body = hub.body(row)
    assert body.endswith(MAIL.partition(b"\r\n\r\n")[2])
    assert body.startswith(b"Received: from mx.far.example")
    protocol = {"smtp": b"UTF8SMTP ", "smtp with TLS": b"UTF8SMTPS ", "lmtp": b"UTF8LMTP "}[kind]
    assert b"(caiyou) with " + protocol in body
    assert b"5.1.1" in bounce
    assert b"nobody@" in bounce


async def test_postfix_takes_what_we_relay(hub: Hub) -> None:
    anna = hub.add("anna")
    zone = {("far.example", "MX"): ["10 mx.far.example."], ("mx.far.example", "A"): ["127.0.0.1"]}
    async with open_postfix() as postfix, open_name_server(zone) as nameserver:
        config = RelayConfig(hostname="hub.example", port=postfix.port, nameservers=(nameserver,), allow_loopback=True)
        relay = RelayLoop(hub.desk, config, owner="test")
        await relay.start()
        try:
            recipients = ["a@far.example", "b@far.example", "用户@far.example", "nobody@far.example"]
            blob = await hub.desk.blobs.put(hub.desk.new_id(), MAIL)

            def work(books: Any) -> None:
                books.queue_relay(sender=anna.address, recipients=recipients, blob=blob)

            await hub.desk.commit(work)
            await until(lambda: all(postfix.mails(name) for name in "abu") and hub.folder(anna), postfix)
            mails = {name: postfix.mails(name) for name in "abu"}
        finally:
            await relay.stop()
    for name, found in mails.items():
        (mail,) = found
        assert mail.replace(b"\r\n", b"\n").endswith(MAIL.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n")), name
        assert b"from hub.example" in mail
        assert b"using TLS" in mail
        assert f"Return-Path: <{anna.address}>".encode() in mail
    (report,) = hub.folder(anna)
    body = hub.body(report)
    assert report["envelope_sender"] == ""
    assert b"Final-Recipient: rfc822; nobody@far.example" in body
    assert b"Status: 5.1.1" in body
