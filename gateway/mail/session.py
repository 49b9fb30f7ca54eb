"""What a dialogue remembers: of its door, of the connection, of the mail on its way in."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

import aiosmtpd.smtp

from gateway.core.accounts import Account
from gateway.mail.recipients import Recipient


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What a dialogue must know of its door."""

    hostname: str
    max_size_octets: int
    max_recipients: int
    timeout_s: float
    tls: ssl.SSLContext | None = None
    takes_logins: bool = False
    logins_need_tls: bool = True


class Session(aiosmtpd.smtp.Session):  # type: ignore[misc, unused-ignore]
    """What lasts as long as the connection, or until STARTTLS."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.address = ""
        self.is_encrypted = False
        self.member: Account | None = None
        self.refused_recipients = 0


class Envelope(aiosmtpd.smtp.Envelope):  # type: ignore[misc, unused-ignore]
    """One mail on its way in."""

    def __init__(self) -> None:
        super().__init__()
        self.sender: str | None = None  # "" for the null path
        self.size_octets = 0  # as declared
        self.recipients: list[Recipient] = []
