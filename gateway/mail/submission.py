"""The door members hand in their mail by (RFC 6409): logged in, under their own address, at a bounded rate."""

from __future__ import annotations

import asyncio
import email.utils
import time
from dataclasses import dataclass

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.mail.filing import file_submitted
from gateway.mail.intake import Door, tls_context
from gateway.mail.limits import Connections, FailedLogins, LoginLimits, Rate
from gateway.mail.mime.headers import Fields, read_fields, read_mailboxes
from gateway.mail.recipients import Directory, Recipient
from gateway.mail.session import DoorSettings, Envelope, Session
from gateway.passwords import check_password
from gateway.store.desk import Desk

_NOT_YOURS = "550 5.7.1 This is not your address"
_WRONG = "535 5.7.8 Name or password is wrong"
_BARRED = "421 4.7.0 Too many failed logins from your network, try again later"

#: How many times the usual delay a try waits for whose account was tried too often.
SLOWED = 5


@dataclass(frozen=True, slots=True)
class SubmissionConfig:
    """The door for mail from members."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 takes a free one.
    port: int = 2587
    #: Name this server gives itself.
    hostname: str = "localhost"
    #: Largest mail, octets.
    max_size_octets: int = 35_000_000
    #: Recipients of one mail.
    max_recipients: int = 100
    #: Received lines at which a mail is taken to go in circles.
    loop_limit: int = 30
    #: Connections at the same time.
    connections: int = 500
    #: Connections at the same time from one address.
    connections_per_address: int = 20
    #: Mails an hour from one member; 0 for no limit.
    mails_per_hour_per_member: int = 500
    #: Seconds without a word from the client before it is sent away.
    timeout_s: float = 300.0
    #: PEM file with the certificate chain; without it nobody can log in unless allow_plain_auth is set.
    tls_certificate: str = ""
    #: PEM file with the private key.
    tls_key: str = ""
    #: Take passwords without TLS: only for a try on localhost.
    allow_plain_auth: bool = False
    #: Seconds a failed login waits for its answer.
    login_delay_s: float = 1.0
    #: Failed logins a minute from one address; the networks around it get three and nine times as many.
    login_failures_per_minute: int = 10
    #: Failed logins a day from one address.
    login_failures_per_day: int = 50
    #: Keep a copy of what is sent in the member's folder Sent.
    keep_sent: bool = True
    #: Octets of disk to leave free: below it no mail is taken.
    disk_reserve_octets: int = 200_000_000


class SubmissionDoor(Door):
    """Mail from members, for anybody."""

    name = "submission"

    def __init__(self, desk: Desk, directory: Directory, config: SubmissionConfig) -> None:
        settings = DoorSettings(
            hostname=config.hostname,
            max_size_octets=config.max_size_octets,
            max_recipients=config.max_recipients,
            timeout_s=config.timeout_s,
            tls=tls_context(config.tls_certificate, config.tls_key),
            takes_logins=True,
            logins_need_tls=not config.allow_plain_auth,
        )
        super().__init__(
            desk,
            directory,
            settings,
            Connections(config.connections, config.connections_per_address),
            loop_limit=config.loop_limit,
            disk_reserve_octets=config.disk_reserve_octets,
        )
        self._config = config
        self._rate = Rate(config.mails_per_hour_per_member, 3600.0)
        self._failures = FailedLogins(LoginLimits(config.login_failures_per_minute, config.login_failures_per_day))

    async def log_in(self, session: Session, name: str, password: str) -> Account | str:
        """See DoorPort. A wrong name takes as long as a wrong password, and both wait."""
        now, address = time.monotonic(), session.address
        if self._failures.is_barred(address, now):
            return self._refuse(_BARRED, address)
        if self._failures.is_slowed(name, now):
            await asyncio.sleep(self._config.login_delay_s * SLOWED)
        found = await self._desk.read(lambda books: books.accounts.login(name)) if _is_storable(name) else None
        checked = await check_password(None if found is None else found[1], password)
        if found is None or not checked.ok:
            self._failures.failed(address, name, now)
            self._desk.journal.login_failed(self.name, address)
            await asyncio.sleep(self._config.login_delay_s)
            return _WRONG
        member = found[0]
        if checked.new_hash:
            await self._desk.commit(lambda books: books.accounts.set_password(member.id, checked.new_hash))
        return member

    async def check_sender(self, session: Session, envelope: Envelope, sender: Address | None) -> str | None:
        """See DoorPort. The null path is allowed (a mail program's receipt); the From line is judged all the same."""
        refusal = await super().check_sender(session, envelope, sender)
        if refusal is not None:
            return refusal
        assert session.member is not None
        if sender is not None and not await self._is_own(sender, session.member):
            return self._refuse(_NOT_YOURS, session.address)
        if not self._rate.take(str(session.member.id), time.monotonic()):
            return self._refuse("450 4.7.1 You have sent too many mails, try again later", session.address)
        return None

    def _judge(self, session: Session, envelope: Envelope, recipient: Recipient) -> str | None:
        return None if recipient.targets is None else super()._judge(session, envelope, recipient)

    async def take(self, session: Session, envelope: Envelope, data: bytes) -> str:
        """See DoorPort."""
        member = session.member
        assert member is not None
        if self.is_looping(data):
            return self._refuse("554 5.4.6 The mail goes in circles", session.address)
        fields = read_fields(data)
        if not await self._may_write_as(fields, member):
            return self._refuse("550 5.7.1 The From line is not your address", session.address)
        mail_id = self._desk.new_id()
        await file_submitted(
            self._desk,
            self.received_line(session, envelope, mail_id) + self._missing_lines(fields, mail_id) + data,
            member=member,
            sender=envelope.sender or "",
            recipients=envelope.recipients,
            mail_id=mail_id,
            keep_sent=self._config.keep_sent,
        )
        self._desk.journal.mail_filed(mail_id, len(data))
        return f"250 2.0.0 Stored as {mail_id}"

    async def _may_write_as(self, fields: Fields, member: Account) -> bool:
        """Whether the From field, of which there is exactly one, names only addresses of the member."""
        lines = fields.values.get(b"from", [])
        if len(lines) != 1:
            return False
        mailboxes = read_mailboxes(lines[0])
        if not mailboxes:
            return False
        for mailbox in mailboxes:
            try:
                address = Address.parse(mailbox.address)
            except BadRequest:
                return False
            if not await self._is_own(address, member):
                return False
        return True

    async def _is_own(self, address: Address, member: Account) -> bool:
        return address.key == member.address or (await self._directory.look_up(address)).belongs_to(member.id)

    def _missing_lines(self, fields: Fields, mail_id: int) -> bytes:
        """Date and Message-ID where the mail program left them to us (RFC 6409 8)."""
        lines = ""
        if b"date" not in fields.values:
            lines += f"Date: {email.utils.formatdate(self._desk.now_ms() / 1000)}\r\n"
        if b"message-id" not in fields.values:
            lines += f"Message-ID: <{mail_id}@{self.settings.hostname}>\r\n"
        return lines.encode()


def _is_storable(name: str) -> bool:
    """Whether a name can be asked of a database at all."""
    return len(name) <= 320 and "\0" not in name
