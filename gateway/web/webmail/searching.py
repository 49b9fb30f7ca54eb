"""Searching a mailbox: words, where they stand, and which mails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.core.search_words import MAX_QUESTION, Field, wanted_of
from gateway.core.webmail import MailLine, Only
from gateway.store.gists import read_all_gists
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_
from gateway.web.webmail.frame import frame_of
from gateway.web.webmail.lists import FILTERS, PER_PAGE, naming, only_of

#: Mails without gist that a search waits for, the newest; the chore reads the others.
MAX_READ_NOW: Final = 100
#: Mails of the index that are looked at for one page, so many at once.
ROUND: Final = 200
ROUNDS: Final = 10
_NEWEST: Final = 2**63 - 1
WHERE: Final = (
    (Field.ANY, N_("Everywhere")),
    (Field.SENDER, N_("People")),
    (Field.SUBJECT, N_("Subject")),
    (Field.BODY, N_("Text")),
    (Field.FILES, N_("Names of files")),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found."""

    lines: tuple[MailLine, ...]
    older: int  # where the next page begins; 0 = there is none


async def search(visit: Visit) -> web.StreamResponse:
    """What a search finds, the newest first."""
    account_id = visit.member.id
    frame = await visit.desk.read(lambda books: frame_of(books, account_id))
    question, only = visit.query("q").strip()[:MAX_QUESTION], only_of(visit.query("only"))
    where = Field(visit.query("where")) if visit.query("where") in set(Field) else Field.ANY
    folder = visit.query("in") if visit.query("in") in {one.name for one in frame.folders} else ""
    before = visit.query("before")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 20 else _NEWEST
    found = Found((), 0)
    if question:
        if start == _NEWEST:
            await read_all_gists(visit.desk, frame.mailbox_id, MAX_READ_NOW)
        found = await _find(visit, frame.mailbox_id, question, where, only, folder, min(start, _NEWEST))
    return visit.page(
        "webmail/search.html", frame=frame, folder=folder, title=visit.say("Search"), q=question, found=found,
        only=only.value, where=where.value, is_first=start == _NEWEST,
        filters=[(one.value, visit.say(text)) for one, text in FILTERS],
        wheres=[(one.value, visit.say(text)) for one, text in WHERE],
        **naming(visit),
    )  # fmt: skip


async def _find(
    visit: Visit, mailbox_id: int, question: str, where: Field, only: Only, folder: str, before: int
) -> Found:
    wanted = wanted_of(question, where)
    lines: list[MailLine] = []
    limit = ROUND if folder or only is not Only.ALL else PER_PAGE
    for _ in range(ROUNDS):
        ids = await asyncio.to_thread(visit.desk.search.find, mailbox_id, wanted, before=before, limit=limit)
        if not ids:
            return Found(tuple(lines), 0)
        there = await visit.desk.read(lambda books, ids=ids: books.webmail.some(mailbox_id, ids))  # type: ignore[misc]
        by_id = {line.id: line for line in there}
        for mail_id in ids:
            line = by_id.get(mail_id)
            before = mail_id
            if line is not None and (not folder or line.folder == folder) and fits(line, only):
                lines.append(line)
                if len(lines) == PER_PAGE:
                    return Found(tuple(lines), before)
    return Found(tuple(lines), before)


def fits(line: MailLine, only: Only) -> bool:
    """Whether a mail passes a filter."""
    match only:
        case Only.UNREAD:
            return line.is_unread
        case Only.STARRED:
            return line.is_starred
        case Only.ATTACHMENTS:
            return line.attachment_count > 0
        case Only.PHONE:
            return line.kind != "mail"
        case Only.ALL:
            return True


ROUTES: Final = (Route("GET", "/mail/search", Access.MEMBER, search),)
