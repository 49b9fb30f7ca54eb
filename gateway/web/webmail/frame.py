"""What stands around every page of mail: folders, room, the search box."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from gateway.core.errors import NotFound
from gateway.core.webmail import DRAFTS, INBOX, SENT, SPAM, TRASH, Folder
from gateway.store.desk import BooksOfStore
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_

#: What the fixed folders and those the hub makes are called.
_NAMES = {
    INBOX: N_("Inbox"),
    DRAFTS: N_("Drafts"),
    SENT: N_("Sent"),
    SPAM: N_("Spam"),
    TRASH: N_("Trash"),
    "SMS": N_("SMS"),
    "MMS": N_("MMS"),
    "Cards": N_("Cards"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A member's mailbox around a page."""

    mailbox_id: int
    folders: tuple[Folder, ...]
    used_octets: int
    quota_octets: int

    @property
    def full_percent(self) -> int:
        """How full the mailbox is."""
        return min(100, round(100 * self.used_octets / self.quota_octets)) if self.quota_octets else 0


def mailbox_of(books: BooksOfStore, account_id: int) -> int:
    """The mailbox of an account. Raises NotFound."""
    mailbox_id = books.mails.mailbox_of(account_id)
    if mailbox_id is None:
        raise NotFound("This account has no mailbox.")
    return mailbox_id


def frame_of(books: BooksOfStore, account_id: int) -> Frame:
    """The frame for an account. Raises NotFound where it has no mailbox."""
    mailbox_id = mailbox_of(books, account_id)
    used, quota = books.mails.quota(mailbox_id)
    return Frame(mailbox_id, tuple(books.webmail.folders(mailbox_id)), used, quota)


def folder_title(visit: Visit, name: str) -> str:
    """What a folder is called on a page."""
    return visit.say(_NAMES[name]) if name in _NAMES else name


def folder_path(name: str) -> str:
    """Where a folder is shown."""
    if name == INBOX:
        return "/mail"
    return "/drafts" if name == DRAFTS else f"/mail/{quote(name, safe='')}"


def mail_path(folder: str, mail_id: int) -> str:
    """Where a mail is shown."""
    return f"/mail/{quote(folder, safe='')}/{mail_id}"
