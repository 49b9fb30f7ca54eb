"""The vocabulary of address books: books, who may do what with them, cards as they are kept, what changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.core.errors import CaiyouError, Conflict, NotFound

#: Octets of one card, its photo included: a photo of a phone of today, as base64.
MAX_CARD_OCTETS: Final = 2 << 20
#: Characters of a card's name in addresses, and of its UID.
MAX_HREF: Final = 255
#: Cards a device is told of in one answer.
MAX_CHANGES: Final = 5_000
#: Earlier versions of a contact that are kept: a program that writes a card again and again must not fill the disk.
MAX_VERSIONS: Final = 100
#: The book that every member has from the start.
DEFAULT_SLUG: Final = "contacts"
#: How long deletions are remembered: a device that was away longer starts anew.
TOMBSTONE_MS: Final = 365 * 86_400_000


class Scope(StrEnum):
    """Whose book it is."""

    PERSONAL = "personal"
    DOMAIN = "domain"
    SYSTEM = "system"


class Right(StrEnum):
    """What an account may do with a book."""

    READ = "read"
    WRITE = "write"
    OWN = "own"  # also share, change and delete the book itself


class Action(StrEnum):
    """What made a version of a card."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    RESTORED = "restored"
    MERGED = "merged"
    IMPORTED = "imported"
    UNDONE = "undone"


class Precondition(Conflict):
    """The card is not as the client believes: it has changed, exists already, or is gone."""


class UidTaken(Conflict):
    """Another card of this book has the same UID."""

    def __init__(self, href: str) -> None:
        super().__init__(f"the UID belongs to {href}")
        self.href = href


class SlugTaken(Conflict):
    """A book has that name already."""


class BookFull(CaiyouError):
    """The quota of the book is used up: delete cards, or ask for a larger one."""


class CardTooLarge(CaiyouError):
    """A card may have at most 2 MiB; a smaller photo helps."""


class TokenDead(CaiyouError):
    """Deletions of that time are forgotten: the device must read the book anew."""


class NotAllowed(CaiyouError):
    """The account may read this book, but not change it."""


class NoBook(NotFound):
    """There is no such book, or the account may not see it."""


@dataclass(frozen=True, slots=True)
class Book:
    """An address book, as one account sees it."""

    id: int
    scope: Scope
    account_id: int | None  # whose it is, for a personal one
    domain_id: int | None
    slug: str  # its name in the addresses of this account; a shared book's is made of its id
    name: str
    description: str
    colour: str
    properties: str  # what clients keep with it, JSON
    revision: int
    floor_revision: int
    quota_cards: int
    quota_octets: int
    used_cards: int
    used_octets: int
    created_ms: int
    right: Right

    @property
    def is_writable(self) -> bool:
        """May this account change cards?"""
        return self.right is not Right.READ

    @property
    def is_own(self) -> bool:
        """Is it the account's own?"""
        return self.right is Right.OWN


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a card that was put."""

    etag: str
    created: bool
    changed: bool  # False: the same octets were there already
    revision: int
    contact_id: int


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it is kept."""

    contact_id: int
    href: str
    uid: str
    etag: str
    version: str  # of vCard
    revision: int
    changed_ms: int
    changed_by: str
    data: bytes  # as it was given


@dataclass(frozen=True, slots=True)
class Entry:
    """A card in a list, without its octets."""

    contact_id: int
    href: str
    uid: str
    etag: str
    revision: int
    size_octets: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """A card that is new or different, or (no etag) gone."""

    contact_id: int
    href: str
    etag: str | None
    revision: int
    changed_by: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a book since a revision."""

    revision: int  # ask from here next time
    changes: tuple[Change, ...]  # oldest first
    more: bool  # True: the limit was reached; ask again from `revision`


@dataclass(frozen=True, slots=True)
class Person:
    """What a list shows of a contact."""

    id: int
    book_id: int
    is_group: bool
    name: str
    organisation: str
    sort_key: str
    mails: tuple[str, ...]
    numbers: tuple[str, ...]
    mobiles: tuple[str, ...]  # those of its numbers that take SMS


@dataclass(frozen=True, slots=True)
class Version:
    """What a contact is, or was."""

    contact_id: int
    revision: int
    card: bytes  # empty: it was deleted
    changed_ms: int
    changed_by: str
    action: Action
    batch_id: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking back did to some contacts of a batch."""

    removed: int
    restored: int
    kept: int
    last: int | None  # go on behind this contact; None: that was all


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of contacts that were made one."""

    batch_id: int  # by which it is taken back
    contact_id: int  # the one that stays
    left_out: tuple[tuple[str, str], ...]  # attribute and value that had no place: another birthday


class NoGroup(NotFound):
    """There is no such group."""


class GroupTaken(Conflict):
    """A group has that name already."""


@dataclass(frozen=True, slots=True)
class Group:
    """A name that several contacts of a book share."""

    name: str
    book_id: int
    contact_id: int | None  # its own card; None: it is a word in the cards of its members
    count: int
