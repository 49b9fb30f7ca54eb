"""Folders of a mailbox; mails out of them as a file, and into them from one."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from gateway.core.errors import CaiyouError, NotFound
from gateway.core.webmail import INBOX, MailLine
from gateway.store.desk import BooksOfStore
from gateway.web.site.routing import UPLOAD_OCTETS, Access, Route
from gateway.web.site.visit import Visit
from gateway.web.webmail.frame import folder_path, folder_title, frame_of, mailbox_of
from gateway.web.webmail.lists import naming
from gateway.web.webmail.mbox import boxed
from gateway.web.webmail.parts import POLICY, disposition
from gateway.web.webmail.taking_in import TakenIn, take_in

#: Mails read at once for a file that goes out.
AT_ONCE: Final = 50
#: Octets of a file that are taken in while its owner waits.
WHILE_WAITING: Final = 1 << 20


async def show(visit: Visit) -> web.StreamResponse:
    """The folders, to be changed."""
    account_id = visit.member.id
    frame = await visit.desk.read(lambda books: frame_of(books, account_id))
    return visit.page(
        "webmail/folders.html", frame=frame, folder="", title=visit.say("Folders and files"), only="", **naming(visit)
    )  # fmt: skip


async def export(visit: Visit) -> web.StreamResponse:
    """A folder as one file of mails, sent while it is read."""
    account_id, name = visit.member.id, visit.names["folder"]

    def ask(books: BooksOfStore, before: tuple[int, int] | None) -> tuple[list[MailLine], list[bytes]]:
        lines = books.webmail.page(mailbox_of(books, account_id), name, before=before, limit=AT_ONCE)
        pieces: list[bytes] = []
        for line in lines:
            try:
                data = books.stored(line.blob)
            except NotFound:
                continue  # what is lost cannot be given, but the others can
            pieces.append(boxed(data, sender=line.sender, at_ms=line.date_ms, flags=line.flags))
        return lines, pieces

    lines, pieces = await visit.desk.read(lambda books: ask(books, None))
    answer = web.StreamResponse()
    answer.headers["Content-Type"] = "application/mbox"
    answer.headers["Content-Disposition"] = disposition(f"{folder_title(visit, name)}.mbox")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    await answer.prepare(visit.request)
    while lines:
        for piece in pieces:
            await answer.write(piece)
        before = lines[-1].date_ms, lines[-1].id
        lines, pieces = await visit.desk.read(lambda books, before=before: ask(books, before))  # type: ignore[misc]
    await answer.write_eof()
    return answer


async def bring(visit: Visit) -> web.StreamResponse:
    """Take in the mails of a file; a large one while its owner goes on."""
    account, name = visit.member, visit.form.get("folder", INBOX)
    uploads = visit.form.files("file")
    if not uploads:
        return visit.move("/mail/folders", visit.say("Choose a file first."))
    account_id = account.id
    frame = await visit.desk.read(lambda books: frame_of(books, account_id))
    if name not in {one.name for one in frame.folders}:
        raise NotFound("There is no such folder.")
    data = uploads[0].data
    if len(data) <= WHILE_WAITING:
        return visit.move(folder_path(name), _told(visit, await take_in(visit.desk, account, name, data)))

    async def behind() -> None:
        try:
            await take_in(visit.desk, account, name, data)
        except (CaiyouError, OSError) as error:
            visit.desk.journal.task_failed("take-in-mails", str(error))

    task = asyncio.get_running_loop().create_task(behind(), name="take-in-mails")
    visit.services.errands.add(task)
    task.add_done_callback(visit.services.errands.discard)
    return visit.move(folder_path(name), visit.say("The mails are coming in; look again in a moment."))


def _told(visit: Visit, done: TakenIn) -> str:
    said = visit.words.ngettext("One mail came in.", "%(count)s mails came in.", done.filed) % {"count": done.filed}
    if done.known:
        said += " " + visit.say("%(count)s were there already.", count=done.known)
    if done.is_full:
        said += " " + visit.say("The mailbox is full; the others were left out.")
    return said


ROUTES: Final = (
    Route("GET", "/mail/folders", Access.MEMBER, show),
    Route("GET", "/mail/export/{folder}", Access.MEMBER, export),
    Route("POST", "/mail/import", Access.MEMBER, bring, UPLOAD_OCTETS),
)
