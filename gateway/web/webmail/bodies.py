"""The HTML of a mail in a frame of its own, and the pictures in it.

The frame has no scripts, no origin and no cookies; its pictures come by tickets. Pictures elsewhere are loaded only
when the reader asks for them, and then by the hub, so that nobody learns who has read what, and from where.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import quote

from aiohttp import web

from gateway.core.errors import NotFound, Refused
from gateway.core.sessions import Session
from gateway.mail.mime.reader import MailContent, read_mail
from gateway.store.desk import BooksOfStore
from gateway.web.answers import page_answer
from gateway.web.picture_types import picture_type
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.webmail.frame import mailbox_of
from gateway.web.webmail.parts import MAX_PICTURE, octets_answer
from gateway.web.webmail.safe_html import MAX_LINK, SafePage, safe_page
from gateway.web.webmail.tickets import holder, is_good, ticket

POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

_LOOK: Final = (
    "<!doctype html><html><head><meta charset=utf-8><title>mail</title><style>"
    "html{color-scheme:light}body{margin:12px;background:#fff;color:#18211d;font:16px/1.5 system-ui,sans-serif;"
    "overflow-wrap:break-word}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}"
    "blockquote{margin:0 0 0 8px;padding-left:8px;border-left:3px solid #d9deda}"
    "</style></head><body>"
)


def remote_pictures(html: str) -> int | None:
    """How many pictures a page wants from elsewhere; None for a page that is not to be shown at all."""
    made = safe_page(html, lambda name: None, lambda address: None)
    return None if made is None else len(made.remote)


async def body(visit: Visit) -> web.StreamResponse:
    """The HTML of a mail, for its frame."""
    account_id, mail_id, session = visit.member.id, visit.number("id"), visit.session
    assert session is not None

    def ask(books: BooksOfStore) -> bytes:
        return books.stored(books.webmail.one(mailbox_of(books, account_id), mail_id).blob)

    data = await visit.desk.read(ask)
    made = await asyncio.to_thread(_made, data, mail_id, session, visit.query("pictures") == "1")
    if made is None:
        raise NotFound("This mail has no page that can be shown.")
    answer = page_answer(f"{_LOOK}{made.html}</body></html>")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


async def inline(visit: Visit) -> web.StreamResponse:
    """A picture that came with a mail, by ticket."""
    mail_id, number = visit.number("id"), visit.number("part")
    session = await by_ticket(visit, f"inline/{mail_id}/{number}")

    def ask(books: BooksOfStore) -> bytes:
        return books.stored(books.webmail.one(mailbox_of(books, session.account_id), mail_id).blob)

    data = await visit.desk.read(ask)
    octets, media_type = await asyncio.to_thread(_picture, data, number)
    return _picture_answer(octets, media_type)


async def picture(visit: Visit) -> web.StreamResponse:
    """A picture that a mail wants from elsewhere, by ticket: so nobody can have the hub fetch what is in no mail."""
    mail_id, address = visit.number("id"), visit.request.query.get("u", "")[:MAX_LINK]
    session = await by_ticket(visit, f"picture/{mail_id}/{address}")
    await visit.desk.read(lambda books: books.webmail.one(mailbox_of(books, session.account_id), mail_id))
    try:
        octets, media_type = await visit.services.pictures.fetch(address)
    except Refused as error:
        raise NotFound("There is no such picture.") from error
    return _picture_answer(octets, media_type)


def _picture_answer(octets: bytes, media_type: str) -> web.Response:
    answer = octets_answer(octets, media_type)
    # The frame it stands in has an origin of its own kind.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


async def by_ticket(visit: Visit, what: str) -> Session:
    """The session whose ticket the address carries. Raises NotFound for a ticket that is not good, or not any more."""
    text, now_ms = visit.names["ticket"], visit.desk.now_ms()
    named = holder(text)
    if named is None:
        raise NotFound("There is no such picture.")
    account_id, session_id = named
    sessions = await visit.desk.read(lambda books: books.sessions.of_account(account_id))
    for session in sessions:
        if session.id == session_id and session.is_whole and not session.is_over(now_ms):
            if is_good(text, session, what):
                return session
            break
    raise NotFound("There is no such picture.")


def inline_path(session: Session, mail_id: int, number: int) -> str:
    """Where a picture of a mail is."""
    return f"/mail/inline/{ticket(session, f'inline/{mail_id}/{number}')}/{mail_id}/{number}"


def picture_path(session: Session, mail_id: int, address: str) -> str:
    """Where a picture that a mail wants from elsewhere is."""
    signed = ticket(session, f"picture/{mail_id}/{address}")
    return f"/mail/picture/{signed}/{mail_id}?u={quote(address, safe='')}"


def _made(data: bytes, mail_id: int, session: Session, shows_pictures: bool) -> SafePage | None:
    content = read_mail(data)
    if not content.html:
        return None
    places = _places(content)

    def inside(name: str) -> str | None:
        number = places.get(name.strip("<> "))
        return None if number is None else inline_path(session, mail_id, number)

    def elsewhere(address: str) -> str | None:
        return picture_path(session, mail_id, address) if shows_pictures else None

    return safe_page(content.html, inside, elsewhere)


def _places(content: MailContent) -> dict[str, int]:
    return {one.content_id: number for number, one in enumerate(content.attachments) if one.content_id}


def _picture(data: bytes, number: int) -> tuple[bytes, str]:
    attachments = read_mail(data).attachments
    if number >= len(attachments) or attachments[number].size_octets > MAX_PICTURE:
        raise NotFound("There is no such picture.")
    octets = attachments[number].content()
    media_type = picture_type(octets)
    if not media_type:
        raise NotFound("There is no such picture.")
    return octets, media_type


ROUTES: Final = (
    Route("GET", "/mail/body/{id}", Access.MEMBER, body),
    Route("GET", "/mail/picture/{ticket}/{id}", Access.OPEN, picture),
    Route("GET", "/mail/inline/{ticket}/{id}/{part}", Access.OPEN, inline),
)
