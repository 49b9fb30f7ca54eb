"""Mails to the other centre's mail server, over a few connections that are used again."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Sequence
from typing import Final, NamedTuple

import aiosmtplib

from carriers.mm4.config import Mm4Config

#: Seconds an unused connection is kept; mail servers hang up after minutes.
KEEP_S: Final = 30.0
MAX_REASON: Final = 300


class Unreachable(Exception):
    """Nothing was handed over."""


class Lost(Exception):
    """The connection ended while the mail was handed over: nobody knows whether it was taken."""


class Reply(NamedTuple):
    """The last word of the mail server."""

    code: int
    text: str


class Courier:
    """Hands mails over; who calls sees to it that not too many are under way."""

    def __init__(self, config: Mm4Config) -> None:
        self._config = config
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []

    async def carry(self, sender: str, recipients: Sequence[str], mail: bytes, now: float) -> Reply:
        """Hand one mail over; `now` is of the event loop. Raises Unreachable or Lost."""
        while self._idle:
            kept_at, client = self._idle.pop()
            if now - kept_at > KEEP_S or not client.is_connected:
                client.close()
                continue
            # The server may just have hung up; a mail that is not on its way yet may take another connection.
            with contextlib.suppress(Unreachable):
                return await self._hand_over(client, sender, recipients, mail, now)
        return await self._hand_over(await self._connect(), sender, recipients, mail, now)

    async def probe(self) -> str:
        """See whether the server lets us in; what it calls itself. Raises Unreachable."""
        client = await self._connect()
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=5)
        client.close()
        return self._config.server

    def close(self) -> None:
        """Let go of connections nobody uses."""
        idle, self._idle = self._idle, []
        for _, client in idle:
            client.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        config = self._config
        client = aiosmtplib.SMTP(
            hostname=config.server,
            port=config.port,
            local_hostname=config.own_domain,
            timeout=config.connect_timeout_s,
            use_tls=config.tls == "tls",
            start_tls=False,
            tls_context=self._tls() if config.tls == "tls" else None,
        )
        try:
            await client.connect()
            client.timeout = config.command_timeout_s
            await client.ehlo(hostname=config.own_domain)
            if config.tls == "starttls" or (config.tls == "may" and client.supports_extension("starttls")):
                await client.starttls(server_hostname=config.server, tls_context=self._tls())
                await client.ehlo(hostname=config.own_domain)
            if config.user:
                await client.login(config.user, config.password)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise Unreachable(_one_line(str(error) or type(error).__name__)) from error
        except BaseException:
            client.close()
            raise
        return client

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._config.tls_ca or None)
        if self._config.tls == "may":  # against those who only listen (RFC 7435)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _hand_over(
        self, client: aiosmtplib.SMTP, sender: str, recipients: Sequence[str], mail: bytes, now: float
    ) -> Reply:
        try:
            reply = await self._envelope(client, sender, recipients, len(mail))
            if reply.code // 100 == 2:
                reply = await self._content(client, mail)
            elif client.is_connected:
                await client.execute_command(b"RSET")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise Unreachable(_one_line(str(error) or type(error).__name__)) from error
        except BaseException:
            client.close()
            raise
        self._idle.append((now, client))
        return reply

    async def _envelope(self, client: aiosmtplib.SMTP, sender: str, recipients: Sequence[str], size: int) -> Reply:
        parameters = f" SIZE={size}" if client.supports_extension("size") else ""
        reply = await client.execute_command(f"MAIL FROM:<{sender}>{parameters}".encode("ascii"))
        for recipient in recipients:
            if reply.code // 100 == 2:
                reply = await client.execute_command(f"RCPT TO:<{recipient}>".encode("ascii"))
        return Reply(reply.code, _one_line(reply.message))

    async def _content(self, client: aiosmtplib.SMTP, mail: bytes) -> Reply:
        try:
            reply = await client.data(mail)
        except aiosmtplib.SMTPDataError as error:
            if error.code >= 400:
                return Reply(error.code, _one_line(error.message))
            raise Lost(_one_line(str(error))) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise Lost(_one_line(str(error) or type(error).__name__)) from error
        return Reply(reply.code, _one_line(reply.message))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MAX_REASON]
