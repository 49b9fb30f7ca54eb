"""Where things are: the paths of principals, homes, books and cards, read and written. Pure.

    /dav/                                    everything
    /dav/principals/<user>/                  a member
    /dav/addressbooks/<user>/                the member's home
    /dav/addressbooks/<user>/<book>/         a book
    /dav/addressbooks/<user>/<book>/<card>   a card

A user is the member's address. Paths are written the same way every time: only letters, digits and `-._~@` stand for
themselves, for some clients take two spellings of a name for two cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

from addressbook.dav.errors import DavError

ROOT_PATH: Final = "/dav/"
PRINCIPALS_PATH: Final = "/dav/principals/"
HOMES_PATH: Final = "/dav/addressbooks/"
#: Characters of one name in a path: what file systems of clients take.
MAX_NAME: Final = 255
#: Paths beside ours that clients fall back to; they answer as the root does, under their own names.
_FALL_BACKS: Final = frozenset({"principals"})


class Kind(Enum):
    """What can be at a path."""

    ROOT = "root"
    PRINCIPALS = "principals"
    PRINCIPAL = "principal"
    HOMES = "homes"
    HOME = "home"
    BOOK = "book"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Place:
    """What a path names; it need not be there."""

    kind: Kind
    user: str = ""  # in lower case
    book: str = ""
    card: str = ""
    as_collection: bool = True  # whether the path ended with a slash
    fall_back: str = ""  # the path of a root that is not at ours

    @property
    def path(self) -> str:
        """The one spelling of its path."""
        match self.kind:
            case Kind.ROOT:
                return self.fall_back or ROOT_PATH
            case Kind.PRINCIPALS:
                return PRINCIPALS_PATH
            case Kind.PRINCIPAL:
                return principal_path(self.user)
            case Kind.HOMES:
                return HOMES_PATH
            case Kind.HOME:
                return home_path(self.user)
            case Kind.BOOK:
                return book_path(self.user, self.book)
            case Kind.CARD:
                return book_path(self.user, self.book) + name_in_path(self.card)


def name_in_path(name: str) -> str:
    """A name as it stands in a path."""
    return quote(name, safe="@")


def principal_path(user: str) -> str:
    """The path of a member."""
    return f"{PRINCIPALS_PATH}{name_in_path(user)}/"


def home_path(user: str) -> str:
    """The path of a member's home."""
    return f"{HOMES_PATH}{name_in_path(user)}/"


def book_path(user: str, book: str) -> str:
    """The path of a book in a member's home."""
    return f"{home_path(user)}{name_in_path(book)}/"


def read_path(path: str) -> Place:
    """What a path names, percent-encoded as it came. Raises DavError 404 for one that cannot name anything."""
    names = [_read_name(one) for one in path.split("?", 1)[0].split("/")[1:]]
    as_collection = names[-1:] == [""]
    if as_collection:
        names.pop()
    match names:
        case ["dav"]:
            return Place(Kind.ROOT)
        case []:
            return Place(Kind.ROOT, fall_back="/")
        case [first] if first in _FALL_BACKS:
            return Place(Kind.ROOT, fall_back=f"/{first}/")
        case ["dav", "principals"]:
            return Place(Kind.PRINCIPALS)
        case ["dav", "principals", user] if user:
            return Place(Kind.PRINCIPAL, user.lower())
        case ["dav", "addressbooks"]:
            return Place(Kind.HOMES)
        case ["dav", "addressbooks", user] if user:
            return Place(Kind.HOME, user.lower())
        case ["dav", "addressbooks", user, book] if user and book:
            return Place(Kind.BOOK, user.lower(), book)
        case ["dav", "addressbooks", user, book, card] if user and book and card:
            return Place(Kind.CARD, user.lower(), book, card, as_collection)
    raise DavError(404, "there is nothing at this path")


def read_href(text: str) -> Place | None:
    """What a DAV:href names, a path or a whole URL; None when it is nothing of ours."""
    text = text.strip()
    try:
        return read_path(urlsplit(text).path if "://" in text[:16] else text)
    except (DavError, ValueError):
        return None


def _read_name(text: str) -> str:
    if "%" not in text:
        name = text
    else:
        try:
            name = unquote_to_bytes(text).decode()
        except UnicodeDecodeError:
            raise DavError(404, "the path is not UTF-8") from None
    if len(name) > MAX_NAME or not name.isprintable() or "/" in name or name in (".", ".."):
        raise DavError(404, "there is nothing at this path")
    return name
