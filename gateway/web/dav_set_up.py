"""A phone's way to the member's address book: a password of its own, and the link, code and profile that carry it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import segno

from addressbook.dav.set_up import Access, apple_profile, davx5_link
from gateway.core.errors import NotFound
from gateway.store.desk import BooksOfStore

#: What the account is called on an iPhone.
TITLE: Final = "caiyou"


@dataclass(frozen=True, slots=True)
class SetUp:
    """Everything a phone needs, made once: the password is kept nowhere."""

    password_id: int
    name: str  # of the device
    access: Access

    @property
    def link(self) -> str:
        """What DAVx5 opens."""
        return davx5_link(self.access)

    @property
    def profile(self) -> bytes:
        """What iPhones and Macs install (`addressbook.dav.set_up.PROFILE_TYPE`)."""
        return apple_profile(self.access, TITLE)

    def code(self) -> str:
        """The link as a QR code, SVG."""
        drawn = io.BytesIO()
        segno.make_qr(self.link, error="m").save(drawn, kind="svg", xmldecl=False, svgns=True, scale=4, border=4)
        return drawn.getvalue().decode()

    def code_for_terminal(self) -> str:
        """The same in the characters of a terminal."""
        drawn = io.StringIO()
        segno.make_qr(self.link, error="l").terminal(out=drawn, compact=True)
        return drawn.getvalue()


def set_up(books: BooksOfStore, account_id: int, name: str, page_url: str) -> SetUp:
    """Make a password for a device. `page_url` is how phones reach the web door. Raises NotFound, Conflict."""
    account = books.accounts.by_id(account_id)
    if account is None:
        raise NotFound("there is no such account")
    password_id, password = books.dav_clients.add_password(account_id, name)
    books.address_books.default(account_id)
    return SetUp(password_id, name, Access.at(page_url, account.address, password))
