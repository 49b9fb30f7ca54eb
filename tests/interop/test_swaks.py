"""swaks at every door: in clear, with STARTTLS, logged in, by LMTP."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.mail.doors import MailDoors
from gateway.mail.intake import LmtpConfig, SmtpConfig
from gateway.mail.submission import SubmissionConfig
from tests.fakes.certificates import make_certificate
from tests.fakes.mail_hub import DOMAIN, PASSWORD, Hub, open_hub
from tests.interop.need import need

pytestmark = pytest.mark.interop

ANNA = f"anna@{DOMAIN}"


@pytest.fixture(autouse=True)
def _needs() -> None:
    need("swaks")
    need("openssl")


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path / "data") as opened:
        opened.add("anna")
        opened.add("bert")
        yield opened


@pytest.fixture
async def doors(hub: Hub, tmp_path: Path) -> AsyncIterator[MailDoors]:
    made = make_certificate(tmp_path)
    smtp = SmtpConfig(port=0, tls_certificate=made.certificate, tls_key=made.key)
    submission = SubmissionConfig(
        port=0, tls_certificate=made.certificate, tls_key=made.key, login_delay_s=0.01, login_failures_per_minute=3
    )
    opened = MailDoors(hub.desk, smtp=smtp, lmtp=LmtpConfig(port=0), submission=submission)
    await opened.start()
    yield opened
    await opened.stop()


async def swaks(port: int, *arguments: str) -> tuple[int, str]:
    """Its exit status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        "swaks", "--server", "127.0.0.1", "--port", str(port), "--helo", "client.example", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--tls",),
        ("--protocol", "SMTP"),
        ("--pipeline",),
        ("--tls", "--pipeline"),
        ("--attach", "@/etc/hostname"),
        ("--from", "<>"),
    ],
)
async def test_a_mail_from_outside(hub: Hub, doors: MailDoors, arguments: tuple[str, ...]) -> None:
    assert doors.smtp is not None
    status, output = await swaks(doors.smtp.port, "--from", "x@far.example", "--to", ANNA, *arguments)
    assert status == 0, output
    assert "250 2.0.0 Stored as" in output
    assert len(hub.events) == 1


async def test_no_open_relay(hub: Hub, doors: MailDoors) -> None:
    assert doors.smtp is not None
    status, output = await swaks(doors.smtp.port, "--from", ANNA, "--to", "x@far.example")
    assert status == 24, output  # no recipient was taken
    assert "550 5.7.1" in output


async def test_beyond_ascii(hub: Hub, doors: MailDoors) -> None:
    """The text may be anything; an address only after SMTPUTF8, which swaks cannot say."""
    assert doors.smtp is not None
    status, output = await swaks(doors.smtp.port, "--from", "x@far.example", "--to", ANNA, "--body", "你好")
    assert status == 0, output
    assert "你好".encode() in hub.events[0].content
    status, output = await swaks(doors.smtp.port, "--from", "用@far.example", "--to", ANNA)
    assert status == 23, output
    assert "553 5.6.7" in output


async def test_lmtp(hub: Hub, doors: MailDoors) -> None:
    assert doors.lmtp is not None
    recipients = f"{ANNA},nobody@{DOMAIN},bert@{DOMAIN}"
    status, output = await swaks(doors.lmtp.port, "--protocol", "LMTP", "--from", "x@far.example", "--to", recipients)
    assert status == 0, output
    assert output.count("250 2.0.0 Stored as") == 2
    assert "550 5.1.1" in output


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_a_member_logs_in_after_starttls(hub: Hub, doors: MailDoors, mechanism: str) -> None:
    assert doors.submission is not None
    status, output = await swaks(
        doors.submission.port, "--tls", "--auth", mechanism, "--auth-user", ANNA, "--auth-password", PASSWORD,
        "--from", ANNA, "--to", f"{ANNA},x@far.example",
    )  # fmt: skip
    assert status == 0, output
    assert "235 2.7.0" in output
    (entry,) = await hub.desk.commit(lambda books: books.relay.claim("me", 10))
    assert entry.recipient == "x@far.example"


async def test_no_login_in_clear(hub: Hub, doors: MailDoors) -> None:
    assert doors.submission is not None
    status, output = await swaks(
        doors.submission.port, "--auth", "PLAIN", "--auth-user", ANNA, "--auth-password", PASSWORD,
        "--from", ANNA, "--to", ANNA,
    )  # fmt: skip
    assert status == 28, output  # AUTH is not offered
    assert PASSWORD not in output


async def test_a_wrong_password_and_a_borrowed_name(hub: Hub, doors: MailDoors) -> None:
    assert doors.submission is not None
    common = ("--tls", "--auth", "PLAIN", "--auth-user", ANNA, "--to", ANNA)
    status, output = await swaks(doors.submission.port, *common, "--auth-password", "wrong", "--from", ANNA)
    assert status == 28, output
    assert "535 5.7.8" in output
    status, output = await swaks(doors.submission.port, *common, "--auth-password", PASSWORD, "--from", "x@far.example")
    assert status == 23, output  # the sender was refused
    assert "550 5.7.1" in output


async def test_a_mail_that_is_too_large(hub: Hub, tmp_path: Path) -> None:
    opened = MailDoors(hub.desk, smtp=dataclasses.replace(SmtpConfig(port=0), max_size_octets=5000))
    await opened.start()
    assert opened.smtp is not None
    status, output = await swaks(opened.smtp.port, "--from", "x@far.example", "--to", ANNA, "--body", "x" * 6000)
    await opened.stop()
    assert status == 26, output
    assert "552 5.3.4" in output
