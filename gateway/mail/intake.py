"""The doors mail comes in by from other servers: SMTP for the world, LMTP for a server of the same house.

What a door refuses, and with which reply, is decided here; the grammar is in `dialogue`, the filing in `filing`.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import shutil
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.errors import ConfigError
from gateway.mail.dialogue import Dialogue, LmtpDialogue
from gateway.mail.filing import file_arrived
from gateway.mail.limits import Connections, Rate, networks
from gateway.mail.mime.headers import MAX_BLOCK, read_fields
from gateway.mail.recipients import Directory, Recipient
from gateway.mail.session import DoorSettings, Envelope, Session
from gateway.store.desk import Desk

#: Seconds an answer about free disk space is believed.
DISK_LOOK_S = 1.0
#: Seconds a door that closes waits for mails that are just being made durable.
CLOSE_WAIT_S = 10.0

_BUSY = "421 4.7.0 Too many connections, try again later"
_DISK_LOW = "452 4.3.1 Short of disk space, try again later"


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """The door for mail from other servers."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 takes a free one.
    port: int = 2525
    #: Name this server gives itself.
    hostname: str = "localhost"
    #: Largest mail, octets.
    max_size_octets: int = 35_000_000
    #: Recipients of one mail.
    max_recipients: int = 100
    #: Received lines at which a mail is taken to go in circles (RFC 5321 6.3).
    loop_limit: int = 30
    #: Connections at the same time.
    connections: int = 500
    #: Connections at the same time from one address (an IPv6 /64 counts as one).
    connections_per_address: int = 20
    #: Mails a minute from one address; 0 for no limit.
    mails_per_minute_per_address: int = 0
    #: Seconds without a word from the client before it is sent away.
    timeout_s: float = 300.0
    #: PEM file with the certificate chain; with it STARTTLS is offered.
    tls_certificate: str = ""
    #: PEM file with the private key.
    tls_key: str = ""
    #: Who may write to phones by mail (13800138000@domain): "members", who submit and do not come by this door,
    #: or "anyone".
    phone_mail_from: str = "members"
    #: Octets of disk to leave free: below it no mail is taken.
    disk_reserve_octets: int = 200_000_000


@dataclass(frozen=True, slots=True)
class LmtpConfig:
    """The door for mail from a server of the same house, which has judged it already."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 takes a free one.
    port: int = 2424
    #: Name this server gives itself.
    hostname: str = "localhost"
    #: Largest mail, octets.
    max_size_octets: int = 35_000_000
    #: Recipients of one mail.
    max_recipients: int = 1000
    #: Received lines at which a mail is taken to go in circles.
    loop_limit: int = 30
    #: Connections at the same time.
    connections: int = 200
    #: Seconds without a word from the client before it is sent away.
    timeout_s: float = 300.0
    #: Who may write to phones by mail through this door: "members" (nobody here) or "anyone".
    phone_mail_from: str = "members"
    #: Octets of disk to leave free: below it no mail is taken.
    disk_reserve_octets: int = 200_000_000


class Disk:
    """How much room there is, asked at most once a second."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._until = 0.0
        self._free = 0

    def free_octets(self) -> int:
        """Octets free for us."""
        now = self._clock()
        if now >= self._until:
            self._until = now + DISK_LOOK_S
            self._free = shutil.disk_usage(self._path).free
        return self._free


class Door:
    """What all doors have in common: who is inside, and the refusals that hold everywhere."""

    name = "door"
    dialogue: type[Dialogue] = Dialogue

    def __init__(
        self,
        desk: Desk,
        directory: Directory,
        settings: DoorSettings,
        connections: Connections,
        *,
        loop_limit: int,
        disk_reserve_octets: int,
    ) -> None:
        self.settings = settings
        self._desk = desk
        self._directory = directory
        self._connections = connections
        self._loop_limit = loop_limit
        self._disk_reserve_octets = disk_reserve_octets
        self.disk = Disk(Path(desk.store.data_dir))
        self._inside: set[Dialogue] = set()
        self._left = asyncio.Event()
        self._server: asyncio.Server | None = None

    # --- open and close -----------------------------------------------------------------------------------------

    async def open(self, host: str, port: int) -> None:
        """Begin to listen. Raises ConfigError when the port is taken."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: self.dialogue(self, loop), host, port, backlog=512)
        except OSError as error:
            raise ConfigError(f"the {self.name} door cannot listen on {host}:{port}: {error.strerror}") from error

    @property
    def port(self) -> int:
        """The port listened on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Let nobody in, say goodbye, wait for mails that are just being made durable."""
        if self._server is None:
            return
        self._server.close()
        for dialogue in list(self._inside):
            if dialogue.is_taking:
                dialogue.ends_after_reply = True
            else:
                dialogue.say_goodbye("421 4.3.2 This server is closing")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WAIT_S):
                while self._inside:
                    self._left.clear()
                    await self._left.wait()
        self._server = None

    def enter(self, dialogue: Dialogue, address: str) -> str | None:
        """See DoorPort."""
        if not self._connections.enter(address):
            return self._refuse(_BUSY, address)
        self._inside.add(dialogue)
        return None

    def leave(self, dialogue: Dialogue, address: str) -> None:
        """See DoorPort."""
        self._inside.discard(dialogue)
        self._left.set()
        self._connections.leave(address)

    # --- refusals -------------------------------------------------------------------------------------------------

    async def log_in(self, session: Session, name: str, password: str) -> Account | str:
        """See DoorPort."""
        return "502 5.5.1 AUTH is not offered here"

    async def check_sender(self, session: Session, envelope: Envelope, sender: Address | None) -> str | None:
        """See DoorPort."""
        if self.disk.free_octets() < self._disk_reserve_octets + envelope.size_octets:
            return self._refuse(_DISK_LOW, session.address)
        return None

    async def check_recipient(self, session: Session, envelope: Envelope, address: Address) -> Recipient | str:
        """See DoorPort."""
        recipient = await self._directory.look_up(address)
        refusal = self._judge(session, envelope, recipient)
        return recipient if refusal is None else self._refuse(refusal, session.address)

    def _judge(self, session: Session, envelope: Envelope, recipient: Recipient) -> str | None:
        """The refusal of a recipient by what the books say."""
        if recipient.targets is None:
            return "550 5.7.1 Relaying denied"
        if not recipient.targets:
            if recipient.is_suspended:
                return "550 5.2.1 This mailbox is suspended"
            return "550 5.1.1 Nobody here has this address"
        if recipient.free_octets is None or recipient.quota_octets is None:
            return None
        if envelope.size_octets > recipient.quota_octets:
            return "552 5.2.2 The mail is larger than this mailbox can ever hold"
        # A mail of unknown size may overstep the quota once; the next one is refused.
        if recipient.free_octets <= 0 or envelope.size_octets > recipient.free_octets:
            return "452 4.2.2 This mailbox is full"
        return None

    def is_looping(self, data: bytes) -> bool:
        """Whether the mail has come through too many servers."""
        if data[:MAX_BLOCK].lower().count(b"received:") < self._loop_limit:
            return False  # which spares most mails the reading of their header
        return len(read_fields(data).values.get(b"received", ())) >= self._loop_limit

    async def take(self, session: Session, envelope: Envelope, data: bytes) -> str:
        """See DoorPort."""
        if self.is_looping(data):
            return self._refuse("554 5.4.6 The mail goes in circles", session.address)
        mail_id = self._desk.new_id()
        await file_arrived(
            self._desk,
            self.received_line(session, envelope, mail_id) + data,
            sender=envelope.sender or "",
            recipients=envelope.recipients,
            mail_id=mail_id,
        )
        self._desk.journal.mail_filed(mail_id, len(data))
        return f"250 2.0.0 Stored as {mail_id}"

    def received_line(self, session: Session, envelope: Envelope, mail_id: int) -> bytes:
        """The trace line we put before a mail (RFC 5321 4.4); all else stays as it came."""
        protocol = "LMTP" if self.dialogue.is_lmtp else "ESMTP" if session.extended_smtp else "SMTP"
        if envelope.smtp_utf8:
            protocol = "UTF8LMTP" if self.dialogue.is_lmtp else "UTF8SMTP"
        if session.extended_smtp:
            protocol += ("S" if session.is_encrypted else "") + ("A" if session.member is not None else "")
        hello = "".join(letter for letter in session.host_name or "" if letter.isalnum() or letter in ".-_:[]")
        address = f"IPv6:{session.address}" if ":" in session.address else session.address
        recipients = envelope.recipients
        for_whom = f"\r\n\tfor <{recipients[0].address}>" if len(recipients) == 1 else ""
        return (
            f"Received: from {_ascii(hello)[:255] or 'unknown'} ([{address}])\r\n"
            f"\tby {self.settings.hostname} (caiyou) with {protocol} id {mail_id}{for_whom};\r\n"
            f"\t{email.utils.formatdate(self._desk.now_ms() / 1000)}\r\n"
        ).encode()

    def failed(self, error: Exception) -> None:
        """See DoorPort."""
        self._desk.journal.task_failed(f"{self.name}-door", f"{type(error).__name__}: {error}")

    def _refuse(self, reply: str, address: str) -> str:
        self._desk.journal.mail_refused(reply[:9], address)
        return reply


class SmtpDoor(Door):
    """Mail from other servers: only for our own recipients, within the limits of the sender's address."""

    name = "smtp"

    def __init__(self, desk: Desk, directory: Directory, config: SmtpConfig) -> None:
        settings = DoorSettings(
            hostname=config.hostname,
            max_size_octets=config.max_size_octets,
            max_recipients=config.max_recipients,
            timeout_s=config.timeout_s,
            tls=tls_context(config.tls_certificate, config.tls_key),
        )
        super().__init__(
            desk,
            directory,
            settings,
            Connections(config.connections, config.connections_per_address),
            loop_limit=config.loop_limit,
            disk_reserve_octets=config.disk_reserve_octets,
        )
        self._takes_phone_mail = takes_phone_mail(config.phone_mail_from)
        self._rate = Rate(config.mails_per_minute_per_address, 60.0)

    async def check_sender(self, session: Session, envelope: Envelope, sender: Address | None) -> str | None:
        """See DoorPort."""
        refusal = await super().check_sender(session, envelope, sender)
        if refusal is None and not self._rate.take(networks(session.address)[0], time.monotonic()):
            refusal = self._refuse("421 4.7.0 Too many mails from your address, try again later", session.address)
        return refusal

    def _judge(self, session: Session, envelope: Envelope, recipient: Recipient) -> str | None:
        if recipient.phones and not self._takes_phone_mail:
            return "550 5.7.1 Only members may write to phones"
        return super()._judge(session, envelope, recipient)


class LmtpDoor(Door):
    """Mail that another server of the house has taken in: per-recipient replies, no limits by address."""

    name = "lmtp"
    dialogue = LmtpDialogue

    def __init__(self, desk: Desk, directory: Directory, config: LmtpConfig) -> None:
        settings = DoorSettings(
            hostname=config.hostname,
            max_size_octets=config.max_size_octets,
            max_recipients=config.max_recipients,
            timeout_s=config.timeout_s,
        )
        super().__init__(
            desk,
            directory,
            settings,
            Connections(config.connections, config.connections),
            loop_limit=config.loop_limit,
            disk_reserve_octets=config.disk_reserve_octets,
        )
        self._takes_phone_mail = takes_phone_mail(config.phone_mail_from)

    def _judge(self, session: Session, envelope: Envelope, recipient: Recipient) -> str | None:
        if recipient.phones and not self._takes_phone_mail:
            return "550 5.7.1 Only members may write to phones"
        return super()._judge(session, envelope, recipient)


def takes_phone_mail(phone_mail_from: str) -> bool:
    """Whether outsiders may write to phones. Raises ConfigError."""
    if phone_mail_from not in ("members", "anyone"):
        raise ConfigError(f'phone_mail_from is "members" or "anyone", not "{phone_mail_from}"')
    return phone_mail_from == "anyone"


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """What STARTTLS needs; None when no certificate is configured. Raises ConfigError."""
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key or None)
    except OSError as error:
        raise ConfigError(f"the certificate {certificate} or its key cannot be used: {error}") from error
    return context


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode("ascii")
