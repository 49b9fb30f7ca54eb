"""A look into a file of a mail without keeping it: texts, pictures, archives, visiting cards, mails in mails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from addressbook.contact import Contact
from addressbook.vcard.errors import BadCard
from addressbook.vcard.files import is_vcard_file, pieces
from addressbook.vcard.meaning import contact_of
from gateway.core.errors import NotFound
from gateway.core.webmail import MailLine
from gateway.fitting import FittingDied
from gateway.mail.mime.charsets import decode_text
from gateway.mail.mime.reader import Attachment, MailContent, read_mail
from gateway.store.desk import BooksOfStore
from gateway.web.picture_types import picture_type
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.webmail.archives import BadArchive, Listing, is_archive, listing
from gateway.web.webmail.frame import Frame, folder_title, frame_of, mailbox_of
from gateway.web.webmail.lists import naming
from gateway.web.webmail.parts import MAX_PICTURE, attachment_of, octets_answer
from gateway.web.webmail.slides import content_of_letter, shown_type
from mms.content import Part
from mms.fitting import MessageRefused, PlayingJob

#: Characters of a text, and octets that are looked at.
MAX_TEXT: Final = 200_000
MAX_OCTETS: Final = 32 << 20
MAX_CARDS: Final = 50
_TEXTS: Final = (
    ".txt", ".csv", ".md", ".log", ".json", ".xml", ".html", ".htm", ".svg", ".css", ".js", ".py", ".ini", ".yaml",
    ".yml", ".toml", ".ics", ".vcs", ".tsv", ".sql", ".sh", ".c", ".h", ".java", ".smil",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a file; `kind` says which field."""

    kind: str  # text | picture | archive | cards | mail | nothing
    text: str = ""
    is_cut: bool = False
    archive: Listing = field(default_factory=lambda: Listing((), False))
    cards: tuple[Contact, ...] = ()
    mail: MailContent | None = None


async def view(visit: Visit) -> web.StreamResponse:
    """The page of a file."""
    account_id, mail_id, number = visit.member.id, visit.number("id"), visit.number("part")
    one = await attachment_of(visit)

    def ask(books: BooksOfStore) -> tuple[Frame, MailLine]:
        frame = frame_of(books, account_id)
        return frame, books.webmail.one(frame.mailbox_id, mail_id)

    frame, line = await visit.desk.read(ask)
    look = await asyncio.to_thread(look_at, one)
    values: dict[str, Any] = naming(visit)
    return visit.page(
        "webmail/view.html", frame=frame, folder=line.folder, title=folder_title(visit, line.folder), line=line,
        one=one, number=number, look=look, only="", **values,
    )  # fmt: skip


async def picture(visit: Visit) -> web.StreamResponse:
    """A file that is a picture, to be shown in a page of ours."""
    one = await attachment_of(visit)
    octets = await asyncio.to_thread(one.content) if one.size_octets <= MAX_PICTURE else b""
    media_type = picture_type(octets)
    if not media_type:
        raise NotFound("There is no such picture.")
    return octets_answer(octets, media_type)


async def slide_part(visit: Visit) -> web.StreamResponse:
    """A part of an MMS: shown in the page where browsers can, else a file."""
    part = await _part(visit)
    media_type = shown_type(part)
    if media_type:
        return octets_answer(part.data, media_type)
    return octets_answer(part.data, "application/octet-stream", part.name or f"part-{visit.number('part')}")


async def sound(visit: Visit) -> web.StreamResponse:
    """A sound of an MMS that browsers do not play (AMR, ring tones), as one they do; made in a process of its own."""
    part = await _part(visit)
    try:
        octets = await visit.services.pool.play(PlayingJob(part.data, part.media_type))
    except (MessageRefused, FittingDied) as error:
        raise NotFound("This sound cannot be played.") from error
    answer = octets_answer(octets, "audio/wav")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


async def _part(visit: Visit) -> Part:
    """The part of an MMS that a path names. Raises NotFound, also for one that must not leave its phone."""
    account_id, mail_id, number = visit.member.id, visit.number("id"), visit.number("part")

    def ask(books: BooksOfStore) -> bytes:
        return books.stored(books.webmail.one(mailbox_of(books, account_id), mail_id).blob)

    content = await asyncio.to_thread(content_of_letter, await visit.desk.read(ask))
    if content is None or number >= len(content.parts) or content.parts[number].is_locked:
        raise NotFound("There is no such file.")
    return content.parts[number]


def look_at(one: Attachment) -> Look:
    """What is in a file."""
    if one.size_octets > MAX_OCTETS:
        return Look("nothing")
    octets, name = one.content(), one.name.lower()
    if picture_type(octets):
        return Look("picture") if len(octets) <= MAX_PICTURE else Look("nothing")
    if one.type.startswith("message/"):
        return Look("mail", mail=read_mail(octets))
    if is_archive(name, octets):
        try:
            return Look("archive", archive=listing(name, octets))
        except BadArchive:
            return Look("nothing")
    if is_vcard_file(octets[:4096]):
        return Look("cards", cards=_cards(octets[: 1 << 20]))
    if one.type.startswith("text/") or name.endswith(_TEXTS):
        text = decode_text(octets[: 4 * MAX_TEXT], None).replace("\r\n", "\n")
        if "\0" not in text[:1000]:
            return Look("text", text=text[:MAX_TEXT], is_cut=len(text) > MAX_TEXT or len(octets) > 4 * MAX_TEXT)
    return Look("nothing")


def _cards(octets: bytes) -> tuple[Contact, ...]:
    found: list[Contact] = []
    for piece in pieces(octets):
        if piece.error is None:
            try:
                found.append(contact_of(piece.octets))
            except BadCard:
                continue
        if len(found) == MAX_CARDS:
            break
    return tuple(found)


ROUTES: Final = (
    Route("GET", "/mail/view/{id}/{part}", Access.MEMBER, view),
    Route("GET", "/mail/shown/{id}/{part}", Access.MEMBER, picture),
    Route("GET", "/mail/sound/{id}/{part}", Access.MEMBER, sound),
    Route("GET", "/mail/slide/{id}/{part}", Access.MEMBER, slide_part),
)
