"""One SMTP or LMTP dialogue: the grammar of the commands, over aiosmtpd; what is allowed is asked of the door.

aiosmtpd gives the command loop, the time-out, STARTTLS and its RFC 3207 reset. Replaced here, because it matters:
reading (strict line ends, mails in large pieces instead of line by line), the syntax of paths and parameters,
enhanced status codes, AUTH that can wait for a thread, and replies that leave in one write.
"""

# ruff: noqa: N802 (aiosmtpd finds the methods of commands by their name)

from __future__ import annotations

import asyncio
import base64
import binascii
import collections
import contextlib
import weakref
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, cast

import aiosmtpd.smtp

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.errors import StoreUnavailable
from gateway.mail.recipients import Recipient
from gateway.mail.session import DoorSettings, Envelope, Session
from gateway.mail.stream import LINE_LIMIT, BareLineEnd, MailStream, MailTooLarge
from gateway.mail.syntax import printable, read_address, read_path, text_of

#: Octets of a command line: RFC 5321 says 512, SIZE, SMTPUTF8 and AUTH add to it.
MAX_COMMAND = 2048
#: Recipients refused before the client is sent away: it is guessing names.
MAX_REFUSED_RECIPIENTS = 50

STORE_FAILED = "451 4.3.0 The mail could not be stored, try again later"
TOO_LARGE = "552 5.3.4 The mail is larger than this server takes"
_NO_HELLO = "503 5.5.1 Say hello first"


class DoorPort(Protocol):
    """What a dialogue asks of its door. Every answer that is text is the reply for the client."""

    settings: DoorSettings

    def enter(self, dialogue: Dialogue, address: str) -> str | None:
        """None to let the client in."""

    def leave(self, dialogue: Dialogue, address: str) -> None:
        """The client is gone."""

    async def log_in(self, session: Session, name: str, password: str) -> Account | str:
        """The member who logged in."""

    async def check_sender(self, session: Session, envelope: Envelope, sender: Address | None) -> str | None:
        """None to take the envelope sender; a reply that begins with 421 ends the dialogue."""

    async def check_recipient(self, session: Session, envelope: Envelope, address: Address) -> Recipient | str:
        """The recipient to put on the envelope."""

    async def take(self, session: Session, envelope: Envelope, data: bytes) -> str:
        """Make the mail durable and say so."""

    def failed(self, error: Exception) -> None:
        """Something that should not happen did; the client is told 451."""


class _Faults:
    """Where aiosmtpd reports what a command raised."""

    def __init__(self, door: DoorPort) -> None:
        self._door = door

    async def handle_exception(self, error: Exception) -> str:
        """The reply for an exception."""
        if isinstance(error, BareLineEnd):
            return "500 5.5.2 A command ends with CRLF, and only there are CR and LF allowed"
        if not isinstance(error, aiosmtpd.smtp.TLSSetupException):
            self._door.failed(error)
        return "451 4.3.0 Something went wrong here, try again later"


class Dialogue(aiosmtpd.smtp.SMTP):  # type: ignore[misc, unused-ignore]
    """An SMTP dialogue."""

    is_lmtp = False
    command_size_limits: ClassVar[dict[str, int]] = collections.defaultdict(  # type: ignore[misc]
        lambda: MAX_COMMAND
    )
    command_size_limit = MAX_COMMAND
    session: Session
    envelope: Envelope

    def __init__(self, door: DoorPort, loop: asyncio.AbstractEventLoop) -> None:
        settings = door.settings
        super().__init__(
            _Faults(door),
            data_size_limit=settings.max_size_octets,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident="caiyou",
            tls_context=settings.tls,
            timeout=settings.timeout_s,
            auth_require_tls=False,  # judged in smtp_AUTH below
            loop=loop,
        )
        self._door = door
        self._address = ""
        self._is_inside = False
        self.is_taking = False  # a mail is being made durable: the door waits for its reply when it closes
        self.ends_after_reply = False
        # The base class takes no reader from us; its own reads with a limit of one text line, which halts the
        # peer every 2 KB.
        self._mail_stream = MailStream(limit=LINE_LIMIT, loop=loop)
        self._stream_reader_wr = weakref.ref(self._mail_stream)
        self._strong_reader = self._mail_stream

    # --- the connection ---------------------------------------------------------------------------------------

    def _create_session(self) -> Session:
        session = Session(self.loop)
        session.address = self._address
        session.is_encrypted = self._tls_protocol is not None
        return session

    def _create_envelope(self) -> Envelope:
        return Envelope()

    def _forget_mail(self) -> None:
        self.envelope = Envelope()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came, or (the second time) its TLS is up."""
        if not self._is_inside:
            peer = transport.get_extra_info("peername")
            self._address = str(peer[0]) if isinstance(peer, tuple) and peer else "local"
            refusal = self._door.enter(self, self._address)
            if refusal is not None:
                cast("asyncio.Transport", transport).write(refusal.encode() + b"\r\n")
                transport.close()
                return
            self._is_inside = True
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """More from the client; one that was not let in is not heard."""
        if self._is_inside:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The client will send no more."""
        return bool(super().eof_received()) if self._is_inside else False

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone; after a failed TLS handshake this comes twice."""
        if self._is_inside:
            self._is_inside = False
            self._door.leave(self, self._address)
            super().connection_lost(error)

    async def _handle_client(self) -> None:
        # A reply to a client that has gone is nobody's error.
        with contextlib.suppress(ConnectionError):
            await super()._handle_client()

    def _timeout_cb(self) -> None:
        if self.is_taking:
            self._reset_timeout()  # the client waits for us, not we for it
            return
        self.say_goodbye("421 4.4.2 Nothing heard for too long, goodbye")

    def say_goodbye(self, reply: str) -> None:
        """End the dialogue from our side."""
        transport = self.transport
        # A TLS transport that was closed twice breaks when it is written to.
        if transport is not None and not transport.is_closing():
            cast("asyncio.Transport", transport).write(reply.encode() + b"\r\n")
            transport.close()

    async def _push_or_end(self, reply: str) -> None:
        if reply.startswith("421"):
            self.say_goodbye(reply)
        else:
            await self.push(reply)

    # --- commands ---------------------------------------------------------------------------------------------

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """EHLO, and LHLO through the subclass: what this door offers, in one write."""
        if not hostname:
            await self.push("501 5.5.4 Name yourself")
            return
        self._forget_mail()
        session, settings = self.session, self._door.settings
        session.extended_smtp = True
        session.host_name = hostname
        offers = [settings.hostname, "PIPELINING", f"SIZE {settings.max_size_octets}", "8BITMIME", "SMTPUTF8"]
        offers.append("ENHANCEDSTATUSCODES")
        if settings.tls is not None and not session.is_encrypted:
            offers.append("STARTTLS")
        if settings.takes_logins and (session.is_encrypted or not settings.logins_need_tls):
            offers.append("AUTH PLAIN LOGIN")
        await self.push("\r\n".join([f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]))

    async def smtp_HELO(self, hostname: str | None) -> None:
        """HELO: no extensions."""
        if not hostname:
            await self.push("501 5.5.4 Name yourself")
            return
        self._forget_mail()
        self.session.extended_smtp = False
        self.session.host_name = hostname
        await self.push(f"250 {self._door.settings.hostname}")

    async def smtp_MAIL(self, arg: str | None) -> None:
        """MAIL FROM:<path> [SIZE=n] [BODY=…] [SMTPUTF8] [AUTH=…]."""
        session, settings = self.session, self._door.settings
        if not session.host_name:
            await self.push(_NO_HELLO)
            return
        if settings.takes_logins and session.member is None:
            await self.push("530 5.7.0 Log in first")
            return
        if self.envelope.sender is not None:
            await self.push("503 5.5.1 One mail at a time: RSET first")
            return
        path = read_path("FROM:", arg)
        if path is None:
            await self.push("501 5.5.4 Syntax: MAIL FROM:<address> [parameters]")
            return
        text, parameters = path
        refusal = self._read_parameters(parameters)
        if refusal is None and self.envelope.size_octets > settings.max_size_octets:
            refusal = TOO_LARGE
        sender: Address | None = None
        if refusal is None and text:
            sender = read_address(text)
            if sender is None:
                refusal = "553 5.1.7 This is no sender address"
            elif sender.needs_smtputf8 and not self.envelope.smtp_utf8:
                refusal = "553 5.6.7 An address beyond ASCII needs SMTPUTF8"
        if refusal is None:
            try:
                refusal = await self._door.check_sender(session, self.envelope, sender)
            except StoreUnavailable:
                refusal = STORE_FAILED
        if refusal is not None:
            self._forget_mail()
            await self._push_or_end(refusal)
            return
        self.envelope.sender = "" if sender is None else str(sender)
        await self.push("250 2.1.0 OK")

    def _read_parameters(self, parameters: Sequence[str]) -> str | None:
        """Note what MAIL says besides the address; returns the refusal of what is not understood."""
        if parameters and not self.session.extended_smtp:
            return "555 5.5.4 Parameters need EHLO"
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            name = name.upper()
            if name == "SIZE" and value.isascii() and value.isdigit() and len(value) <= 20:
                self.envelope.size_octets = int(value)
            elif name == "SMTPUTF8" and parameter.upper() == "SMTPUTF8":
                self.envelope.smtp_utf8 = True
            elif (name == "BODY" and value.upper() in ("7BIT", "8BITMIME")) or (
                name == "AUTH" and value and self._door.settings.takes_logins
            ):
                pass  # every door takes 8 bits; who submitted elsewhere (RFC 4954 5) is not believed
            else:
                return f"555 5.5.4 {printable(name)[:40]} is not understood here"
        return None

    async def smtp_RCPT(self, arg: str | None) -> None:
        """RCPT TO:<path>."""
        envelope, session = self.envelope, self.session
        if envelope.sender is None:
            await self.push("503 5.5.1 MAIL comes before RCPT" if session.host_name else _NO_HELLO)
            return
        path = read_path("TO:", arg)
        if path is None or not path[0]:
            await self.push("501 5.5.4 Syntax: RCPT TO:<address>")
            return
        text, parameters = path
        if parameters:
            await self.push(f"555 5.5.4 {printable(parameters[0])[:40]} is not understood here")
            return
        if len(envelope.recipients) >= self._door.settings.max_recipients:
            await self.push("452 4.5.3 Too many recipients for one mail")
            return
        if text.lower() == "postmaster":
            text = f"postmaster@{self._door.settings.hostname}"
        address = read_address(text)
        if address is None:
            await self.push("553 5.1.3 This is no address")
            return
        if address.needs_smtputf8 and not envelope.smtp_utf8:
            await self.push("553 5.6.7 An address beyond ASCII needs SMTPUTF8")
            return
        try:
            found = await self._door.check_recipient(session, envelope, address)
        except StoreUnavailable:
            found = STORE_FAILED
        if isinstance(found, str):
            session.refused_recipients += 1
            if session.refused_recipients > MAX_REFUSED_RECIPIENTS:
                found = "421 4.7.0 Too many recipients were refused, goodbye"
            await self._push_or_end(found)
            return
        envelope.recipients.append(found)
        await self.push("250 2.1.5 OK")

    async def smtp_DATA(self, arg: str | None) -> None:
        """DATA: reads the mail and has it made durable before the reply."""
        envelope = self.envelope
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        if not envelope.recipients:
            nobody = "503 5.5.1 RCPT comes before DATA" if envelope.sender is None else "554 5.5.1 No recipients"
            await self.push(nobody)
            return
        await self.push("354 End with <CR><LF>.<CR><LF>")
        try:
            data = await self._mail_stream.read_mail(self._door.settings.max_size_octets, self._reset_timeout)
        except MailTooLarge:
            reply = TOO_LARGE
        else:
            self.is_taking = True
            try:
                reply = await self._door.take(self.session, envelope, data)
            except StoreUnavailable:
                reply = STORE_FAILED
            except Exception as error:  # noqa: BLE001, RUF100 (whatever it was, nothing was promised)
                self._door.failed(error)
                reply = STORE_FAILED
            finally:
                self.is_taking = False
        # LMTP answers once per recipient (RFC 2033 4.2); one transaction files all, so all answers are the same.
        replies = [reply] * len(envelope.recipients) if self.is_lmtp else [reply]
        self._forget_mail()
        await self._push_or_end("\r\n".join(replies))
        if self.ends_after_reply:
            self.say_goodbye("421 4.3.2 This server is closing")

    async def smtp_RSET(self, arg: str | None) -> None:
        """RSET: forget the mail begun."""
        self._forget_mail()
        await self.push("250 2.0.0 OK")

    async def smtp_NOOP(self, arg: str | None) -> None:
        """NOOP."""
        await self.push("250 2.0.0 OK")

    async def smtp_VRFY(self, arg: str | None) -> None:
        """VRFY: nobody is told who has a mailbox here."""
        await self.push("252 2.5.0 Send the mail and see")

    async def smtp_EXPN(self, arg: str | None) -> None:
        """EXPN: nor who is on a list."""
        await self.push("502 5.5.1 EXPN is not offered")

    async def smtp_HELP(self, arg: str | None) -> None:
        """HELP."""
        await self.push("214 2.0.0 See RFC 5321")

    async def smtp_AUTH(self, arg: str | None) -> None:
        """AUTH PLAIN or LOGIN (RFC 4954, RFC 4616)."""
        session, settings = self.session, self._door.settings
        words = (arg or "").split()
        refusal = None
        if not settings.takes_logins:
            refusal = "502 5.5.1 AUTH is not offered here"
        elif not session.extended_smtp:
            refusal = "503 5.5.1 Say EHLO first"
        elif settings.logins_need_tls and not session.is_encrypted:
            refusal = "538 5.7.11 STARTTLS comes before AUTH"
        elif session.member is not None or self.envelope.sender is not None:
            refusal = "503 5.5.1 Not now"
        elif len(words) not in (1, 2):
            refusal = "501 5.5.4 Syntax: AUTH mechanism [response]"
        elif words[0].upper() not in ("PLAIN", "LOGIN"):
            refusal = "504 5.5.4 Only PLAIN and LOGIN"
        if refusal is not None:
            await self.push(refusal)
            return
        first = words[1] if len(words) == 2 else None
        credentials = await (self._plain(first) if words[0].upper() == "PLAIN" else self._login(first))
        if credentials is None:
            return  # the client was told
        try:
            outcome = await self._door.log_in(session, *credentials)
        except StoreUnavailable:
            outcome = "454 4.7.0 Logins cannot be checked now, try again later"
        if isinstance(outcome, str):
            await self._push_or_end(outcome)
            return
        session.member = outcome
        session.authenticated = True
        await self.push("235 2.7.0 Welcome")

    async def _plain(self, first: str | None) -> tuple[str, str] | None:
        answer = await self._answer("") if first is None else await self._decode(first.encode())
        if answer is None:
            return None
        parts = answer.split(b"\0")
        if len(parts) != 3 or (parts[0] and parts[0] != parts[1]):
            await self.push("535 5.7.8 Nobody may log in for somebody else")
            return None
        return text_of(parts[1]), text_of(parts[2])

    async def _login(self, first: str | None) -> tuple[str, str] | None:
        name = await self._answer("Username:") if first is None else await self._decode(first.encode())
        password = None if name is None else await self._answer("Password:")
        return None if name is None or password is None else (text_of(name), text_of(password))

    async def _answer(self, prompt: str) -> bytes | None:
        answer: Any = await self.challenge_auth(prompt)
        return answer if isinstance(answer, bytes) else None

    async def _decode(self, text: bytes) -> bytes | None:
        if text == b"=":  # an empty initial response, RFC 4954 4
            return b""
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            await self.push("501 5.5.2 This is no base64")
            return None


class LmtpDialogue(Dialogue):
    """An LMTP dialogue (RFC 2033)."""

    is_lmtp = True

    async def smtp_LHLO(self, hostname: str | None) -> None:
        """LHLO."""
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """EHLO is SMTP's."""
        await self.push("500 5.5.1 This is LMTP: say LHLO")

    async def smtp_HELO(self, hostname: str | None) -> None:
        """HELO is SMTP's."""
        await self.push("500 5.5.1 This is LMTP: say LHLO")
