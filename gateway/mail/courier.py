"""One trip to another server: connect, make it private where it can be, hand over the letters, note every answer."""

from __future__ import annotations

import contextlib
import enum
import functools
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import aiosmtplib

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.mail.routes import Host
from gateway.store.relay import RelayEntry


class Result(enum.Enum):
    """What became of a letter for one recipient."""

    DELIVERED = "delivered"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail for the recipients of one route: one transaction."""

    sender: str
    entries: tuple[RelayEntry, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one recipient."""

    entry: RelayEntry
    result: Result
    answer: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class CourierConfig:
    """How a courier behaves; the relay makes it from its own configuration."""

    hostname: str
    tls: str = "may"  # none | may | starttls | tls
    user: str = ""
    password: str = ""
    connect_timeout_s: float = 30.0
    command_timeout_s: float = 300.0


class _Unreachable(Exception):
    """No server of the route would talk to us."""


class Courier:
    """Carries letters to the servers of one route."""

    def __init__(self, config: CourierConfig) -> None:
        self._config = config

    async def carry(self, hosts: Sequence[Host], letters: Sequence[Letter], done: list[Outcome]) -> None:
        """Hand over the letters over one connection, one after the other.

        Every entry gets an outcome in `done` as soon as it is known, so that whoever cancels this knows what had
        been delivered by then.
        """
        try:
            client, server = await self._reach(hosts)
        except _Unreachable as error:
            done += [Outcome(entry, Result.LATER, str(error)) for letter in letters for entry in letter.entries]
            return
        try:
            for letter in letters:
                await self._hand_over(client, server, letter, done)
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                if client.is_connected:
                    await client.quit(timeout=5)
        finally:
            client.close()

    # --- connecting -------------------------------------------------------------------------------------------

    async def _reach(self, hosts: Sequence[Host]) -> tuple[aiosmtplib.SMTP, str]:
        last = "no address"
        for host in hosts:
            for address in host.addresses:
                try:
                    return await self._connect(host, address), host.name
                except (aiosmtplib.SMTPException, OSError) as error:
                    last = f"{host.name}: {_one_line(str(error))}"
        raise _Unreachable(f"450 4.4.1 No server could be reached ({last})")

    async def _connect(self, host: Host, address: str) -> aiosmtplib.SMTP:
        config = self._config
        client = await self._open(host, address, use_tls=config.tls == "tls")
        try:
            if config.tls == "starttls" or (config.tls == "may" and client.supports_extension("starttls")):
                try:
                    await client.starttls(server_hostname=host.name, tls_context=self._tls_context)
                    await client.ehlo(hostname=config.hostname)
                except (aiosmtplib.SMTPException, OSError):
                    if config.tls != "may":
                        raise
                    # Its certificate or its TLS is broken: in clear is how it would have been without the offer.
                    client.close()
                    client = await self._open(host, address, use_tls=False)
            if config.user:
                await client.login(config.user, config.password)
        except BaseException:
            client.close()
            raise
        return client

    async def _open(self, host: Host, address: str, *, use_tls: bool) -> aiosmtplib.SMTP:
        config = self._config
        client = aiosmtplib.SMTP(
            hostname=address,
            port=host.port,
            local_hostname=config.hostname,
            timeout=config.connect_timeout_s,
            use_tls=use_tls,
            start_tls=False,
            tls_context=self._tls_context if use_tls else None,
        )
        await client.connect()
        client.timeout = config.command_timeout_s
        try:
            await client.ehlo(hostname=config.hostname)
        except aiosmtplib.SMTPHeloError:
            await client.helo(hostname=config.hostname)
        return client

    @functools.cached_property
    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._config.tls == "may":  # opportunistic: against those who only listen (RFC 7435)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    # --- one transaction --------------------------------------------------------------------------------------

    async def _hand_over(self, client: aiosmtplib.SMTP, server: str, letter: Letter, done: list[Outcome]) -> None:
        open_entries = list(letter.entries)

        def close(entries: Sequence[RelayEntry], answer: str) -> None:
            for entry in list(entries):
                open_entries.remove(entry)
                done.append(Outcome(entry, _result(answer), answer, server))

        try:
            parameters = self._parameters(client, letter)
            if parameters is None:
                close(open_entries, "553 5.6.7 The other server does not take addresses beyond ASCII")
                return
            reply = await client.execute_command(f"MAIL FROM:<{letter.sender}>{parameters}".encode())
            if reply.code // 100 != 2:
                close(open_entries, _answer(reply))
                await client.execute_command(b"RSET")
                return
            accepted = []
            for entry in letter.entries:
                reply = await client.execute_command(f"RCPT TO:<{entry.recipient}>".encode())
                if reply.code // 100 == 2:
                    accepted.append(entry)
                else:
                    close([entry], _answer(reply))
            if accepted:
                try:
                    close(accepted, _answer(await client.data(letter.data)))
                except aiosmtplib.SMTPDataError as error:
                    if error.code < 400:  # the answer to something else: no telling what the next one answers
                        client.close()
                        raise
                    close(accepted, f"{error.code} {_one_line(error.message)}")
                    await client.execute_command(b"RSET")
            else:
                await client.execute_command(b"RSET")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # After the final dot this may mean a mail that arrives twice: the answer was lost, not the mail.
            close(open_entries, f"450 4.4.2 The connection was lost ({_one_line(str(error))})")

    def _parameters(self, client: aiosmtplib.SMTP, letter: Letter) -> str | None:
        """What follows the sender in MAIL; None when the server cannot take these addresses."""
        text = f" SIZE={len(letter.data)}" if client.supports_extension("size") else ""
        if not letter.data.isascii() and client.supports_extension("8bitmime"):
            text += " BODY=8BITMIME"
        if _needs_smtputf8(letter.sender) or any(_needs_smtputf8(entry.recipient) for entry in letter.entries):
            if not client.supports_extension("smtputf8"):
                return None
            text += " SMTPUTF8"
        return text


def _result(answer: str) -> Result:
    if answer.startswith("2"):
        return Result.DELIVERED
    return Result.NEVER if answer.startswith("5") else Result.LATER


def _answer(reply: aiosmtplib.SMTPResponse) -> str:
    return f"{reply.code} {_one_line(reply.message)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:400]


def _needs_smtputf8(text: str) -> bool:
    try:
        return bool(text) and Address.parse(text).needs_smtputf8
    except BadRequest:
        return not text.isascii()
