"""What a session needs of whoever keeps the books: the store, or a stand-in in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from addressbook.contact import Contact


@dataclass(frozen=True, slots=True)
class ShelfBook:
    """A book that the device's member sees."""

    id: int
    writable: bool
    revision: int
    floor_revision: int  # deletions up to here are forgotten


@dataclass(frozen=True, slots=True)
class Anchors:
    """The marks of the last synchronisation that ended well, and the book's revision at that time."""

    client_next: str = ""
    server_next: str = ""
    server_revision: int = 0


@dataclass(frozen=True, slots=True)
class Mapped:
    """Under which name of its own a device keeps a contact, and in which revision; below 0: it is not sure any more."""

    luid: str
    contact_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A contact as the book has it."""

    contact_id: int
    href: str
    revision: int
    card: bytes


@dataclass(frozen=True, slots=True)
class Changed:
    """A contact that a device is to be told of: new to it (no luid), changed, or gone."""

    contact_id: int
    revision: int
    gone: bool
    luid: str


class Shelf(Protocol):
    """The books of one member as one device sees them."""

    def book(self, name: str) -> ShelfBook | None:
        """The book that a device means by a name."""

    def anchors(self, book_id: int) -> Anchors:
        """The marks that were kept; empty ones at first."""

    def save_anchors(self, book_id: int, anchors: Anchors) -> None:
        """Keep them."""

    def by_luid(self, book_id: int, luid: str) -> Mapped | None:
        """What a name of the device stands for."""

    def by_contact(self, book_id: int, contact_id: int) -> Mapped | None:
        """How the device calls a contact."""

    def put_map(self, book_id: int, luid: str, contact_id: int, revision: int) -> None:
        """Keep that the device has a contact under this name, and forget what either stood for."""

    def drop_map(self, book_id: int, luid: str) -> None:
        """The device has nothing of that name any more."""

    def let_go(self, book_id: int, luid: str) -> None:
        """The device has made room: it is not told of this contact again."""

    def doubt_maps(self, book_id: int) -> None:
        """Make every revision -1: the device is going to say what it has."""

    def drop_maps(self, book_id: int, *, doubtful_only: bool = False) -> None:
        """Forget the names, all or those that are still in doubt."""

    def card(self, contact_id: int) -> Kept | None:
        """A contact; None when it is gone."""

    def version(self, contact_id: int, revision: int) -> bytes | None:
        """The card as it was in that revision; None when that is not known any more."""

    def last(self, contact_id: int) -> bytes | None:
        """The card as it was before it was deleted; None when that is not known any more."""

    def put(self, book_id: int, href: str | None, card: bytes) -> Kept:
        """Keep a card, a new one or in place of another. Raises CaiyouError of `gateway.core.book`."""

    def delete(self, book_id: int, contact_id: int) -> None:
        """Delete a contact."""

    def alike(self, book_id: int, contact: Contact) -> Sequence[tuple[int, bytes]]:
        """Contacts that share UID, name, a number or a mail address: id and card."""

    def holds(self, book_id: int, contact_id: int) -> bool:
        """Is, or was, the contact in this book?"""

    def unmapped(self, book_id: int) -> Sequence[int]:
        """Contacts that the device has no name for."""

    def changes(self, book_id: int, after: int, upto: int, limit: int) -> Sequence[Changed]:
        """What the device is to be told of, oldest first: later than `after`, and later than what it has."""

    def count_changes(self, book_id: int, after: int, upto: int) -> int:
        """How many those are."""
