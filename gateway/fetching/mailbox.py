"""One visit to a mailbox elsewhere, by POP3 (RFC 1939) or IMAP (RFC 3501). Blocks: runs in a thread.

The addresses of the host are looked up once, by us, and struck out where they lie in private networks; the connection
goes to what is left. So a name that points elsewhere a moment later gains nothing.
"""

from __future__ import annotations

import contextlib
import imaplib
import poplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from gateway.core import fetching
from gateway.core.fetching import FetchFailed, Security, Server, Trouble
from gateway.web.egress import is_public

#: Octets of one line a POP3 server may send; mails have lines far beyond what the standard allows.
_MAX_LINE: Final = 1 << 20
#: Mails of a mailbox that are looked at.
MAX_LISTED: Final = 100_000
_UID: Final = re.compile(rb"UID (\d{1,20})")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,20})")


class Mailbox(Protocol):
    """A mailbox that is open."""

    def list(self) -> Sequence[tuple[str, int]]: ...  # (lasting id, octets), oldest first
    def get(self, mail_id: str) -> bytes: ...
    def delete(self, mail_id: str) -> None: ...


@contextlib.contextmanager
def opened(
    server: Server, password: str, context: ssl.SSLContext, timeout_s: float, *, private: bool
) -> Iterator[Mailbox]:
    """A mailbox, signed in to; what was deleted is gone when this ends without error. Raises FetchFailed."""
    try:
        address = _address(server, allow_private=private)
        kind = _Pop if server.protocol is fetching.Protocol.POP3 else _Imap
        mailbox = kind(server, address, context, timeout_s)
        try:
            mailbox.sign_in(password)
            yield mailbox
        finally:
            mailbox.leave()
    except ssl.SSLError as error:
        raise FetchFailed(Trouble.UNSAFE, str(error)) from error
    except OSError as error:
        raise FetchFailed(Trouble.UNREACHABLE, str(error)) from error
    except (poplib.error_proto, imaplib.IMAP4.error, ValueError, IndexError) as error:
        raise FetchFailed(Trouble.BROKEN, str(error)[:200]) from error


def _address(server: Server, *, allow_private: bool) -> str:
    found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    addresses = [str(entry[4][0]) for entry in found]
    allowed = [address for address in addresses if allow_private or is_public(address)]
    if not allowed:
        raise FetchFailed(Trouble.PRIVATE, f"{server.host} has no public address")
    return allowed[0]


def _connected(server: Server, address: str, tls: ssl.SSLContext, timeout: float | None) -> socket.socket:
    line = socket.create_connection((address, server.port), timeout)
    return tls.wrap_socket(line, server_hostname=server.host) if server.security is Security.TLS else line


class _PopLine(poplib.POP3):
    """A line to the address that was looked up; the library would look the name up again."""

    def __init__(self, server: Server, address: str, context: ssl.SSLContext, timeout_s: float) -> None:
        self._server, self._address, self._tls = server, address, context
        super().__init__(server.host, server.port, timeout_s)

    def _create_socket(self, timeout: float) -> socket.socket:
        return _connected(self._server, self._address, self._tls, timeout)

    def _getline(self) -> tuple[bytes, int]:
        line = self.file.readline(_MAX_LINE + 1)
        if len(line) > _MAX_LINE:
            raise poplib.error_proto("a line is too long")
        if not line:
            raise poplib.error_proto("the server hung up")
        return line.rstrip(b"\r\n"), len(line)


class _Pop:
    """POP3: ids are those of UIDL, which last."""

    def __init__(self, server: Server, address: str, context: ssl.SSLContext, timeout_s: float) -> None:
        self._server = server
        self._context = context
        self._line = _PopLine(server, address, context, timeout_s)
        self._numbers: dict[str, int] = {}

    def sign_in(self, password: str) -> None:
        if self._server.security is Security.STARTTLS:
            try:
                self._line.stls(self._context)
            except poplib.error_proto as error:
                raise FetchFailed(Trouble.UNSAFE, str(error)) from error
        try:
            self._line.user(self._server.user)
            self._line.pass_(password)
        except poplib.error_proto as error:
            raise FetchFailed(Trouble.REFUSED, str(error)) from error

    def list(self) -> Sequence[tuple[str, int]]:
        sizes = {}
        for line in self._line.list()[1][:MAX_LISTED]:
            number, size = line.split()[:2]
            sizes[int(number)] = int(size)
        found = []
        for line in self._line.uidl()[1][:MAX_LISTED]:
            number, uid = line.split(None, 1)
            self._numbers[uid.decode("ascii")] = int(number)
            found.append((uid.decode("ascii"), sizes.get(int(number), 0)))
        return found

    def get(self, mail_id: str) -> bytes:
        return b"".join(line + b"\r\n" for line in self._line.retr(self._numbers[mail_id])[1])

    def delete(self, mail_id: str) -> None:
        self._line.dele(self._numbers[mail_id])

    def leave(self) -> None:
        with contextlib.suppress(OSError, poplib.error_proto):
            self._line.quit()


class _ImapLine(imaplib.IMAP4):
    """A line to the address that was looked up; the library would look the name up again."""

    def __init__(self, server: Server, address: str, context: ssl.SSLContext, timeout_s: float) -> None:
        self._server, self._address, self._tls = server, address, context
        super().__init__(server.host, server.port, timeout_s)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return _connected(self._server, self._address, self._tls, timeout)


class _Imap:
    """IMAP: ids are UIDVALIDITY and UID."""

    def __init__(self, server: Server, address: str, context: ssl.SSLContext, timeout_s: float) -> None:
        self._server = server
        self._context = context
        self._line = _ImapLine(server, address, context, timeout_s)
        self._has_deleted = False

    def sign_in(self, password: str) -> None:
        if self._server.security is Security.STARTTLS:
            try:
                self._line.starttls(self._context)
            except imaplib.IMAP4.error as error:
                raise FetchFailed(Trouble.UNSAFE, str(error)) from error
        try:
            self._line.login(self._server.user, password)
        except imaplib.IMAP4.error as error:
            raise FetchFailed(Trouble.REFUSED, str(error)) from error

    def list(self) -> Sequence[tuple[str, int]]:
        state, answer = self._line.select("INBOX")
        if state != "OK":
            raise FetchFailed(Trouble.BROKEN, "there is no INBOX")
        if not int(answer[0] or b"0"):
            return []
        validity = self._line.response("UIDVALIDITY")[1][0] or b"0"
        state, lines = self._line.fetch("1:*", "(UID RFC822.SIZE)")
        return [
            (f"{int(validity)}.{int(uid[1])}", int(size[1]))
            for line in lines[:MAX_LISTED]
            if isinstance(line, bytes) and (uid := _UID.search(line)) and (size := _SIZE.search(line))
        ]

    def get(self, mail_id: str) -> bytes:
        state, parts = self._line.uid("FETCH", mail_id.partition(".")[2], "(BODY.PEEK[])")
        for part in parts:
            if state == "OK" and isinstance(part, tuple):
                return bytes(part[1])
        raise FetchFailed(Trouble.BROKEN, "a mail of the list is not there")

    def delete(self, mail_id: str) -> None:
        self._line.uid("STORE", mail_id.partition(".")[2], "+FLAGS.SILENT", r"(\Deleted)")
        self._has_deleted = True

    def leave(self) -> None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            if self._has_deleted:
                self._line.expunge()
            self._line.logout()
