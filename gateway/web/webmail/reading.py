"""One mail with its conversation, its header, and its story."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.core.errors import NotFound
from gateway.core.stories import Step
from gateway.core.webmail import INBOX, SEEN, MailLine, PhoneMessage
from gateway.mail.mime.reader import MailContent, read_mail
from gateway.store.desk import BooksOfStore
from gateway.store.stories import Stories
from gateway.web.answers import moved_answer
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_
from gateway.web.webmail.bodies import remote_pictures
from gateway.web.webmail.frame import Frame, folder_title, frame_of, mail_path, mailbox_of
from gateway.web.webmail.lists import naming
from gateway.web.webmail.parts import File, files_of
from gateway.web.webmail.plain_text import MAX_SHOWN, Block, blocks_of
from gateway.web.webmail.slides import SlideView, content_of_letter, slides_of

#: Octets of a header that are shown.
MAX_HEADER: Final = 65_536

#: What the steps of a story are called on a page.
STEPS: Final = {
    "filed": N_("Filed"),
    "filter": N_("A filter was applied"),
    "notice": N_("Telling a phone"),
    "told": N_("Told by SMS"),
    "forward": N_("Handed on"),
    "answer": N_("Answered from a phone"),
    "relay": N_("Waits for another server"),
    "relayed": N_("Given to another server"),
    "bounced": N_("Came back"),
    "queued": N_("Waits to be sent"),
    "routed": N_("Its way was chosen"),
    "sending": N_("Is being sent"),
    "accepted": N_("The carrier took it"),
    "outcome": N_("What became of it"),
    "receipt": N_("Report of the carrier"),
    "report": N_("Report of the carrier"),
    "retry": N_("Is tried again"),
    "waits": N_("Waits"),
    "deferred": N_("Waits"),
    "failed": N_("Failed"),
    "expired": N_("Its time ran out"),
    "uncertain": N_("Nobody knows whether it was sent"),
    "cancelled": N_("Taken back"),
    "fitted": N_("Made fit for the phone"),
    "fetched": N_("The phone fetched it"),
    "read": N_("Was read"),
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as its page shows it."""

    content: MailContent
    files: tuple[File, ...]
    blocks: tuple[Block, ...]  # of its text, where that is shown
    is_html: bool  # its HTML is shown, in a frame
    remote: int  # pictures elsewhere that it asks for
    slides: tuple[SlideView, ...]  # of an MMS that is shown as such
    is_cut: bool  # more was in it than is shown

    @property
    def size_word(self) -> str:
        """How high its frame should be."""
        length = len(self.content.text)
        return "short" if length < 400 else "middle" if length < 2000 else "long"


async def message(visit: Visit) -> web.StreamResponse:
    """A mail; it counts as read from now on."""
    account_id, mail_id, name = visit.member.id, visit.number("id"), visit.names["folder"]

    def ask(
        books: BooksOfStore,
    ) -> tuple[Frame, MailLine, list[MailLine | PhoneMessage], tuple[int | None, int | None], bytes]:
        frame = frame_of(books, account_id)
        line = books.webmail.one(frame.mailbox_id, mail_id)
        thread = books.webmail.thread(frame.mailbox_id, line.thread_id)
        return frame, line, thread, books.webmail.beside(frame.mailbox_id, line), _body(books, line)

    frame, line, thread, (newer, older), data = await visit.desk.read(ask)
    if line.folder != name:
        return moved_answer(mail_path(line.folder, mail_id))
    if line.is_unread and visit.request.method == "GET":
        await visit.desk.commit(lambda books: books.webmail.set_flags(frame.mailbox_id, [mail_id], add=SEEN))
    letter = await asyncio.to_thread(_letter, data, visit.query("as"))
    return visit.page(
        "webmail/message.html", frame=frame, folder=line.folder, title=folder_title(visit, line.folder), line=line,
        letter=letter, headers=letter.content.headers, thread=thread, newer=newer, older=older,
        pictures=visit.query("pictures") == "1", only="", **naming(visit),
    )  # fmt: skip


async def header(visit: Visit) -> web.StreamResponse:
    """The header of a mail as it came."""
    account_id, mail_id = visit.member.id, visit.number("id")

    def ask(books: BooksOfStore) -> tuple[Frame, MailLine, bytes]:
        frame = frame_of(books, account_id)
        line = books.webmail.one(frame.mailbox_id, mail_id)
        return frame, line, _body(books, line)

    frame, line, data = await visit.desk.read(ask)
    end = read_mail(data[: MAX_HEADER * 16]).headers.body_start if data else 0
    text = data[: min(end or len(data), MAX_HEADER)].decode("utf-8", "replace").replace("\r\n", "\n")
    return visit.page(
        "webmail/header.html", frame=frame, folder=line.folder, title=folder_title(visit, line.folder), line=line,
        text=text, only="", **naming(visit),
    )  # fmt: skip


async def story(visit: Visit) -> web.StreamResponse:
    """What the hub did with a mail: why a phone rang, or did not."""
    account_id, mail_id = visit.member.id, visit.number("id")

    def ask(books: BooksOfStore) -> tuple[Frame, MailLine, tuple[Step, ...]]:
        frame = frame_of(books, account_id)
        line = books.webmail.one(frame.mailbox_id, mail_id)
        stories = Stories(books.tx)
        own = stories.of_mail(mail_id)
        steps = list(own.steps) if own is not None else []
        for related in own.related if own is not None else ():
            told = stories.of_sms(related)
            steps += told.steps if told is not None else ()
        return frame, line, tuple(sorted(steps, key=lambda step: step.at_ms))

    frame, line, steps = await visit.desk.read(ask)
    return visit.page(
        "webmail/story.html", frame=frame, folder=line.folder, title=folder_title(visit, line.folder), line=line,
        steps=[(step, visit.say(STEPS.get(step.step, step.step))) for step in steps], only="", **naming(visit),
    )  # fmt: skip


async def find(visit: Visit) -> web.StreamResponse:
    """Where a mail lies now: for links that know no folder."""
    account_id, mail_id = visit.member.id, visit.number("id")
    line = await visit.desk.read(lambda books: books.webmail.one(mailbox_of(books, account_id), mail_id))
    return moved_answer(mail_path(line.folder or INBOX, mail_id))


def _body(books: BooksOfStore, line: MailLine) -> bytes:
    """The octets of a mail; none when they are lost."""
    try:
        return books.stored(line.blob)
    except NotFound:
        return b""


def _letter(data: bytes, wanted: str) -> Letter:
    """A mail as it is shown: an MMS as slides, unless it is wanted as "mail"; HTML, unless it is wanted as "text"."""
    content = read_mail(data)
    shown = None if wanted in ("text", "mail") else content_of_letter(data)
    slides = tuple(slides_of(shown)) if shown is not None else ()
    remote = None if slides or wanted == "text" or not content.html else remote_pictures(content.html)
    is_html = remote is not None
    return Letter(
        content=content,
        files=files_of(content, shown_inline=is_html or bool(slides)),
        blocks=() if is_html else tuple(blocks_of(content.text)),
        is_html=is_html,
        remote=remote or 0,
        slides=slides,
        is_cut=content.truncated or (not is_html and len(content.text) > MAX_SHOWN),
    )


ROUTES: Final = (
    Route("GET", "/mail/{folder}/{id}", Access.MEMBER, message),
    Route("GET", "/mail/header/{id}", Access.MEMBER, header),
    Route("GET", "/mail/story/{id}", Access.MEMBER, story),
    Route("GET", "/mail/find/{id}", Access.MEMBER, find),
)
