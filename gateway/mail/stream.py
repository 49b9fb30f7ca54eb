"""Reading from an SMTP client: strict command lines, and the mail itself in large pieces.

Only CRLF ends a line and only CRLF.CRLF ends a mail (RFC 5321 2.3.8, 4.1.1.4). Servers that also took LF.LF, or
CR.CR, let a second mail be smuggled inside the first past a server that did not (CVE-2023-51764 and its family).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: Octets of one command line that are read at all; also how much is buffered before the peer is made to wait (twice).
LINE_LIMIT = 65_536

_END = b"\r\n.\r\n"
_EVERYTHING = 1 << 30


class BareLineEnd(Exception):
    """A command line had a CR or LF that is not part of CRLF."""


class MailTooLarge(Exception):
    """The mail was larger than allowed; all of it was read and dropped."""


class MailStream(asyncio.StreamReader):
    """What an SMTP client sends."""

    async def readuntil(self, separator: bytes = b"\n") -> bytes:  # type: ignore[override]
        """One command line with its CRLF. Raises BareLineEnd, and what asyncio raises (the line is then consumed)."""
        line = await super().readuntil(separator)
        if separator == b"\n" and (not line.endswith(b"\r\n") or line.count(b"\r") > 1):
            raise BareLineEnd
        return line

    async def read_mail(self, limit: int, progress: Callable[[], None] = lambda: None) -> bytes:
        """The mail up to CRLF.CRLF, its stuffed dots taken out; `progress` is called for each piece that comes.

        `limit` is in octets after unstuffing, roughly: the stuffed size may be a little larger. Raises
        MailTooLarge at the end of a larger one, ConnectionResetError when the client goes away before the end.
        """
        # A mail that begins with a dot line, or with a stuffed dot, is like any other once a CRLF stands before it.
        data = bytearray(b"\r\n")
        seen = 0  # octets in which the end is not
        is_too_large = False
        while True:
            found = data.find(_END, seen)
            if found >= 0:
                break
            seen = max(0, len(data) - len(_END) + 1)
            if len(data) > limit + 2 + limit // 64:
                is_too_large = True
            if is_too_large:
                del data[:seen]
                seen = 0
            piece = await self.read(_EVERYTHING)
            if not piece:
                raise ConnectionResetError("the client went away inside a mail")
            progress()
            data += piece
        rest = data[found + len(_END) :]
        if rest:
            self.feed_data(bytes(rest))  # `read` has emptied the buffer: the next command stays first
        if is_too_large:
            raise MailTooLarge
        del data[found + 2 :]
        mail = bytes(data.replace(b"\r\n.", b"\r\n"))[2:] if b"\r\n." in data else bytes(memoryview(data)[2:])
        if len(mail) > limit:
            raise MailTooLarge
        return mail
