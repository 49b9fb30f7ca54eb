"""What is done to mails: read, starred, moved, deleted; and to folders."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.core.errors import BadRequest
from gateway.core.webmail import SEEN, STARRED, TRASH
from gateway.store.desk import BooksOfStore
from gateway.store.webmail import MAX_CHANGED
from gateway.web.answers import json_answer
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.webmail.frame import folder_path, mailbox_of

_FLAGS: Final = {"read": (SEEN, ""), "unread": ("", SEEN), "star": (STARRED, ""), "unstar": ("", STARRED)}


async def act(visit: Visit) -> web.StreamResponse:
    """Do something to the mails that were ticked."""
    wanted, to, account_id = visit.form.get("act"), visit.form.get("to"), visit.member.id
    mail_ids = [int(text) for text in visit.form.all("mail")[:MAX_CHANGED] if _is_id(text)]
    if wanted not in (*_FLAGS, "delete", "move") or (wanted == "move" and not to):
        raise BadRequest("This cannot be done to mails.")

    def work(books: BooksOfStore) -> int:
        mailbox_id = mailbox_of(books, account_id)
        if wanted == "delete":
            return books.webmail.delete(mailbox_id, mail_ids)
        if wanted == "move":
            return books.webmail.move(mailbox_id, mail_ids, to)
        add, remove = _FLAGS[wanted]
        return books.webmail.set_flags(mailbox_id, mail_ids, add=add, remove=remove)

    count = await visit.desk.commit(work)
    if "application/json" in visit.request.headers.get("Accept", ""):
        return json_answer({"changed": count})
    said = "" if mail_ids else visit.say("Tick some mails first.")
    if wanted == "move" and count:
        said = visit.words.ngettext("One mail was moved.", "%(count)s mails were moved.", count) % {"count": count}
    elif wanted == "delete" and count:
        said = visit.words.ngettext("One mail was deleted.", "%(count)s mails were deleted.", count) % {"count": count}
    return visit.move(_back(visit), said)


async def read_all(visit: Visit) -> web.StreamResponse:
    """Every mail of a folder counts as read."""
    account_id, name = visit.member.id, visit.form.get("folder")

    def work(books: BooksOfStore) -> int:
        mailbox_id = mailbox_of(books, account_id)
        ids = books.webmail.ids_in(mailbox_id, name, unread=True)
        return books.webmail.set_flags(mailbox_id, ids, add=SEEN)

    while await visit.desk.commit(work) >= MAX_CHANGED:
        pass
    return visit.move(folder_path(name))


async def empty(visit: Visit) -> web.StreamResponse:
    """Everything in the trash goes for good."""
    account_id = visit.member.id

    def work(books: BooksOfStore) -> int:
        mailbox_id = mailbox_of(books, account_id)
        return books.webmail.erase(mailbox_id, books.webmail.ids_in(mailbox_id, TRASH))

    while await visit.desk.commit(work) >= MAX_CHANGED:
        pass
    return visit.move(folder_path(TRASH), visit.say("The trash is empty."))


async def change_folders(visit: Visit) -> web.StreamResponse:
    """Make, rename or remove a folder."""
    account_id, wanted = visit.member.id, visit.form.get("act")
    name, new = visit.form.get("folder"), visit.form.get("name")

    def work(books: BooksOfStore) -> str:
        mailbox_id = mailbox_of(books, account_id)
        if wanted == "add":
            return books.webmail.add_folder(mailbox_id, new)
        if wanted == "rename":
            return books.webmail.rename_folder(mailbox_id, name, new)
        if wanted == "remove":
            books.webmail.remove_folder(mailbox_id, name)
            return ""
        raise BadRequest("This cannot be done to a folder.")

    kept = await visit.desk.commit(work)
    return visit.move(folder_path(kept) if kept else "/mail", visit.say("Saved."))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19


def _back(visit: Visit) -> str:
    """The page a form stood on."""
    back = visit.form.get("back")
    return back if back.startswith("/mail") and back.isprintable() and "\\" not in back else "/mail"


ROUTES: Final = (
    Route("POST", "/mail/act", Access.MEMBER, act),
    Route("POST", "/mail/read", Access.MEMBER, read_all),
    Route("POST", "/mail/empty", Access.MEMBER, empty),
    Route("POST", "/mail/folders", Access.MEMBER, change_folders),
)
