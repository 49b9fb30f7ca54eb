"""The list of a folder."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

from aiohttp import web

from gateway.core.errors import StoreUnavailable
from gateway.core.webmail import INBOX, SEEN, MailLine, Only
from gateway.store.desk import BooksOfStore
from gateway.store.gists import MAX_NOW_OCTETS, read_gists
from gateway.store.maildir_changes import take_changes
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_
from gateway.web.webmail.frame import Frame, folder_path, folder_title, frame_of, mail_path, mailbox_of

PER_PAGE: Final = 40
#: Seconds that a list waits for what mail programs did.
CHANGES_WAIT_S: Final = 0.03
_PLACE: Final = re.compile(r"(\d{1,16})\.(\d{1,19})", re.ASCII)
FILTERS: Final = (
    (Only.ALL, N_("All")),
    (Only.UNREAD, N_("Unread")),
    (Only.STARRED, N_("Starred")),
    (Only.ATTACHMENTS, N_("With files")),
    (Only.PHONE, N_("From phones")),
)


async def inbox(visit: Visit) -> web.StreamResponse:
    """The inbox."""
    return await _list(visit, INBOX)


async def folder(visit: Visit) -> web.StreamResponse:
    """Any folder."""
    return await _list(visit, visit.names["folder"])


async def _list(visit: Visit, name: str) -> web.StreamResponse:
    only, before, account_id = only_of(visit.query("only")), place_of(visit.query("before")), visit.member.id

    mailbox_id = await visit.desk.read(lambda books: mailbox_of(books, account_id))
    await _take_changes(visit, mailbox_id, name)

    def ask(books: BooksOfStore) -> tuple[Frame, list[MailLine]]:
        frame = frame_of(books, account_id)
        return frame, books.webmail.page(frame.mailbox_id, name, before=before, limit=PER_PAGE + 1, only=only)

    frame, lines = await visit.desk.read(ask)
    has_older, lines = len(lines) > PER_PAGE, lines[:PER_PAGE]
    lines = await with_gists(visit, frame.mailbox_id, lines)
    older = f"{lines[-1].date_ms}.{lines[-1].id}" if has_older else ""
    return visit.page(
        "webmail/list.html", frame=frame, folder=name, title=folder_title(visit, name), lines=lines, only=only.value,
        filters=[(one.value, visit.say(text)) for one, text in FILTERS], older=older, is_first=before is None,
        **naming(visit),
    )  # fmt: skip


async def _take_changes(visit: Visit, mailbox_id: int, name: str) -> None:
    """What mail programs did; of a large folder it is seen at the next look, for nobody waits for it."""

    async def look() -> None:
        try:
            await take_changes(visit.desk, visit.services.maildirs, mailbox_id, name)
        except (OSError, StoreUnavailable) as error:
            visit.desk.journal.task_failed("take-changes", str(error))

    task = asyncio.get_running_loop().create_task(look(), name="take-changes")
    visit.services.errands.add(task)
    task.add_done_callback(visit.services.errands.discard)
    await asyncio.wait([task], timeout=CHANGES_WAIT_S)


async def with_gists(visit: Visit, mailbox_id: int, lines: list[MailLine]) -> list[MailLine]:
    """The lines with what lists show of their bodies, where nobody had looked at these yet."""
    waiting, octets = [], 0
    for line in lines:
        if line.attachment_count < 0 and octets + line.size_octets <= MAX_NOW_OCTETS:
            waiting.append((mailbox_id, line.id, line.blob))
            octets += line.size_octets
    if not await read_gists(visit.desk, waiting):
        return lines
    ids = [line.id for line in lines]
    return await visit.desk.read(lambda books: books.webmail.some(mailbox_id, ids))


def naming(visit: Visit) -> dict[str, Any]:
    """What templates need to name folders and mails, and to lead to them."""
    return {
        "folder_title": lambda name: folder_title(visit, name),
        "folder_path": folder_path,
        "mail_path": mail_path,
        "seen": SEEN,
    }


def only_of(text: str) -> Only:
    """The filter of a query; all for what is none."""
    return Only(text) if text in set(Only) else Only.ALL


def place_of(text: str) -> tuple[int, int] | None:
    """The place in a list that a query names."""
    match = _PLACE.fullmatch(text)
    return None if match is None else (int(match[1]), int(match[2]))


ROUTES: Final = (
    Route("GET", "/mail", Access.MEMBER, inbox),
    Route("GET", "/mail/{folder}", Access.MEMBER, folder),
)
