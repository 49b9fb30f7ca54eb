"""What the pages for mail show: lines of lists, folders, conversations. Pure."""

from __future__ import annotations

import base64
import enum
import re
from dataclasses import dataclass
from typing import Final

from gateway.core.search_words import SearchText

INBOX: Final = "INBOX"
DRAFTS: Final = "Drafts"
SENT: Final = "Sent"
TRASH: Final = "Trash"
SPAM: Final = "Spam"
#: Folders that every mailbox shows, in this order, and that are neither renamed nor deleted.
FIXED: Final = (INBOX, DRAFTS, SENT, SPAM, TRASH)
#: First words of addresses below /mail that are no folders.
RESERVED: Final = frozenset(
    {"body", "part", "picture", "search", "folders", "act", "export", "import", "source", "new"}
)
MAX_FOLDER: Final = 60
MAX_FOLDERS: Final = 200
MAX_SNIPPET: Final = 160
MAX_RECIPIENTS: Final = 255
#: Counts in lists end here: nobody reads the difference.
MAX_COUNT: Final = 1000

#: Letters of a Maildir name: draft, flagged, passed on, answered, seen, trashed.
FLAGS: Final = "DFPRST"
SEEN: Final = "S"
STARRED: Final = "F"

_FOLDER_NAME: Final = re.compile(r"[^\x00-\x1f\x7f/.%*\\&~\ud800-\udfff]+")


class Only(enum.StrEnum):
    """Which mails of a folder."""

    ALL = ""
    UNREAD = "unread"
    STARRED = "starred"
    ATTACHMENTS = "attachments"
    PHONE = "phone"  # SMS, MMS and cards


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail as a list shows it."""

    id: int
    folder: str
    kind: str  # mail | sms | mms | card
    flags: str
    sender: str
    sender_name: str
    recipients: str  # shown names, divided by commas
    subject: str
    snippet: str
    date_ms: int
    size_octets: int
    attachment_count: int  # -1 = nobody has looked yet
    thread_id: int
    blob: str
    file_name: str

    @property
    def is_unread(self) -> bool:
        """Whether nobody has looked at it."""
        return SEEN not in self.flags

    @property
    def is_starred(self) -> bool:
        """Whether its owner has marked it."""
        return STARRED in self.flags


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and how many unread mails are in it (at most MAX_COUNT)."""

    name: str
    unread: int
    id: int = 0  # 0 = it will be made when something is put in it

    @property
    def is_fixed(self) -> bool:
        """Whether it can neither be renamed nor deleted."""
        return self.name in FIXED


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """An SMS or MMS that went out about a mail of a conversation."""

    id: int
    mail_id: int
    kind: str  # sms | mms | data
    purpose: str
    recipient: str
    text: str
    state: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class FileMove:
    """What is to become of the name of a mail in its Maildir."""

    mail_id: int
    mailbox_id: int
    file_name: str
    blob: str
    folder: str
    flags: str
    to_folder: str  # "" = the name goes
    to_flags: str


@dataclass(frozen=True, slots=True)
class MaildirRow:
    """What the row of a mail says of its file."""

    id: int
    folder: str
    file_name: str
    flags: str
    is_placed: bool  # its name in the Maildir is what the row says
    blob: str


@dataclass(frozen=True, slots=True)
class FolderMove:
    """A folder gets another name, or goes with what is left in it."""

    mailbox_id: int
    name: str
    to_name: str  # "" = it goes


@dataclass(frozen=True, slots=True)
class Gist:
    """What lists show and searches find of a mail, read from its body."""

    snippet: str
    recipients: str
    attachment_count: int
    text: SearchText


def folder_name(text: str) -> str:
    """A name that a folder of a member may have; "" for one it may not.

    Without what divides folders for mail clients (`.` and `/`), and what their protocol gives a meaning.
    """
    name = " ".join(text.split())
    is_taken = name in RESERVED or name.upper() == INBOX
    if is_taken or not 1 <= len(name) <= MAX_FOLDER or not _FOLDER_NAME.fullmatch(name):
        return ""
    return name


def in_utf7(name: str) -> str:
    """The name of a folder as mail clients and Maildirs write it: modified UTF-7 (RFC 3501, 5.1.3)."""
    pieces: list[str] = []
    for run in re.findall(r"[ -~]+|[^ -~]+", name):
        if run.isascii() and run.isprintable():
            pieces.append(run.replace("&", "&-"))
        else:
            coded = base64.b64encode(run.encode("utf-16-be", "surrogatepass")).decode().rstrip("=").replace("/", ",")
            pieces.append(f"&{coded}-")
    return "".join(pieces)


def from_utf7(name: str) -> str:
    """The name of a folder that is written so; as it is where it cannot be read."""

    def decoded(match: re.Match[str]) -> str:
        coded = match[1]
        if not coded:
            return "&"
        octets = base64.b64decode(coded.replace(",", "/") + "=" * (-len(coded) % 4))
        return octets.decode("utf-16-be")

    try:
        return re.sub(r"&([A-Za-z0-9+,]*)-", decoded, name)
    except ValueError:
        return name


def with_flags(flags: str, add: str, remove: str) -> str:
    """Flags after a change, in the order of the alphabet."""
    return "".join(sorted((set(flags) | set(add)) - set(remove)))
