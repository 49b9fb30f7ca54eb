"""Mailboxes elsewhere whose mail is fetched."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import BadRequest, CaiyouError

MAX_HOST: Final = 253
MAX_NAME: Final = 255
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class Protocol(enum.StrEnum):
    """How a mailbox is asked."""

    POP3 = "pop3"
    IMAP = "imap"


class Security(enum.StrEnum):
    """How the line is protected."""

    TLS = "tls"
    STARTTLS = "starttls"


PORTS: Final = {
    (Protocol.POP3, Security.TLS): 995,
    (Protocol.POP3, Security.STARTTLS): 110,
    (Protocol.IMAP, Security.TLS): 993,
    (Protocol.IMAP, Security.STARTTLS): 143,
}


class Trouble(enum.StrEnum):
    """Why nothing was fetched."""

    NONE = ""
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # name or password is wrong
    UNSAFE = "unsafe"  # the certificate is not good, or there is no TLS
    PRIVATE = "private"  # the host lies in a private network
    FULL = "full"  # the mailbox here is
    BROKEN = "broken"  # the server says what nobody understands


class FetchFailed(CaiyouError):
    """Why a mailbox cannot be read."""

    def __init__(self, trouble: Trouble, words: str) -> None:
        super().__init__(words)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Server:
    """Where a mailbox is."""

    protocol: Protocol
    host: str
    port: int
    security: Security
    user: str

    def __post_init__(self) -> None:
        if len(self.host) > MAX_HOST or not _HOST.fullmatch(self.host):
            raise BadRequest("This is no name of a server.")
        if not 1 <= self.port <= 65_535:
            raise BadRequest("A port is a number from 1 to 65535.")
        if not 1 <= len(self.user) <= MAX_NAME or not self.user.isprintable():
            raise BadRequest("Say the name you sign in with there.")


@dataclass(frozen=True, slots=True)
class Source:
    """A mailbox of a member elsewhere."""

    id: int
    account_id: int
    server: Server
    secret: str  # its password, sealed
    is_deleted_there: bool  # mail is deleted there once it is here
    only_new: bool  # what was there at the beginning stays there
    is_on: bool
    next_ms: int
    fetched_ms: int  # when it was last asked with success; 0 for never
    count: int  # mails that came
    failures: int  # in a row
    trouble: Trouble
