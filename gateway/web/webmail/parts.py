"""Files that came with a mail: listed, handed out, and looked into."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from gateway.core.errors import NotFound
from gateway.mail.mime.reader import Attachment, MailContent, read_mail
from gateway.store.desk import BooksOfStore
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.webmail.frame import mailbox_of

#: Octets of a picture that is shown in a page.
MAX_PICTURE: Final = 10 << 20
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_. -]")

#: What is handed out may do nothing, wherever it is opened.
POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a mail."""

    number: int  # among all parts of the mail that are no text
    name: str
    media_type: str
    size_octets: int
    is_picture: bool  # by what it says it is


def files_of(content: MailContent, *, shown_inline: bool) -> tuple[File, ...]:
    """The files a reader should see; those that stand in the page are left out where that is shown."""
    return tuple(
        File(number, one.name, one.type, one.size_octets, one.type in _PICTURES)
        for number, one in enumerate(content.attachments)
        if not (one.is_inline and (shown_inline or not one.name))
    )


_PICTURES: Final = frozenset(("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp"))


def octets_answer(octets: bytes, media_type: str, name: str = "") -> web.Response:
    """Octets that a stranger sent; with a name, as a file to keep."""
    answer = web.Response(body=octets)
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, no-store"
    if name:
        answer.headers["Content-Disposition"] = disposition(name)
    return answer


def disposition(name: str) -> str:
    """The header that makes a browser keep a file under a name (RFC 6266)."""
    plain = _NOT_PLAIN.sub("_", name)[:100] or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:200], safe='', errors='replace')}"


async def download(visit: Visit) -> web.StreamResponse:
    """A file of a mail, to keep."""
    one = await attachment_of(visit)
    octets = await asyncio.to_thread(one.content)
    return octets_answer(octets, "application/octet-stream", one.name or f"part-{visit.number('part')}")


async def whole(visit: Visit) -> web.StreamResponse:
    """A mail as it came, as a file."""
    account_id, mail_id = visit.member.id, visit.number("id")

    def ask(books: BooksOfStore) -> tuple[str, bytes]:
        line = books.webmail.one(mailbox_of(books, account_id), mail_id)
        return line.subject, books.stored(line.blob)

    subject, data = await visit.desk.read(ask)
    name = "".join("_" if letter in '\\/:*?"<>|' or not letter.isprintable() else letter for letter in subject[:80])
    return octets_answer(data, "application/octet-stream", f"{name.strip() or 'mail'}.eml")


async def attachment_of(visit: Visit) -> Attachment:
    """The file a path names. Raises NotFound."""
    account_id, mail_id, number = visit.member.id, visit.number("id"), visit.number("part")

    def ask(books: BooksOfStore) -> bytes:
        return books.stored(books.webmail.one(mailbox_of(books, account_id), mail_id).blob)

    data = await visit.desk.read(ask)
    attachments = (await asyncio.to_thread(read_mail, data)).attachments
    if number >= len(attachments):
        raise NotFound("There is no such file.")
    return attachments[number]


ROUTES: Final = (
    Route("GET", "/mail/part/{id}/{part}", Access.MEMBER, download),
    Route("GET", "/mail/whole/{id}", Access.MEMBER, whole),
)
