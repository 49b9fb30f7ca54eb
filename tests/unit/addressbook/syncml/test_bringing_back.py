"""A contact that was deleted here while a phone changed it: it comes back with what the phone cannot hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from addressbook.contact import Contact
from addressbook.syncml.alerts import Code, Kind
from addressbook.syncml.devinf import Device
from addressbook.syncml.holding import holding_of
from addressbook.syncml.shelf import Kept, Mapped
from addressbook.syncml.state import Pair
from addressbook.syncml.taking import Given, Taker

WAS = (
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u1\r\nFN:\xe5\xbc\xa0\xe4\xb8\x89\r\nN:\xe5\xbc\xa0;\xe4\xb8\x89;;;\r\n"
    b"TEL;TYPE=CELL:138\r\nX-UNKNOWN;X-A=b:1\r\nEND:VCARD\r\n"
)
CHANGED = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8:\xe5\xbc\xa0;\xe4\xb8\x89;;;\r\nTEL;CELL:139\r\nEND:VCARD\r\n"


@dataclass
class Emptied:
    """A book whose one contact was deleted; the device still has it under the name 1."""

    was: bytes | None
    revision: int = 3
    kept: list[bytes] = field(default_factory=list)
    maps: dict[str, tuple[int, int]] = field(default_factory=dict)

    def by_luid(self, book_id: int, luid: str) -> Mapped | None:
        return Mapped(luid, 7, self.revision) if luid == "1" else None

    def card(self, contact_id: int) -> Kept | None:
        return None

    def last(self, contact_id: int) -> bytes | None:
        return self.was

    def alike(self, book_id: int, contact: Contact) -> list[tuple[int, bytes]]:
        return []

    def put(self, book_id: int, href: str | None, card: bytes) -> Kept:
        self.kept.append(card)
        return Kept(8, "8.vcf", 9, card)

    def put_map(self, book_id: int, luid: str, contact_id: int, revision: int) -> None:
        self.maps[luid] = contact_id, revision


def taker(shelf: Emptied, *, writable: bool = True) -> Taker:
    pair = Pair(1, "card", "addressbook", Kind.TWO_WAY, writable, "", "", "", "", 0)
    return Taker(shelf, pair, holding_of(Device(), "addressbook"), set())  # type: ignore[arg-type]


def test_what_the_device_cannot_hold_is_there_again() -> None:
    shelf = Emptied(WAS)
    assert taker(shelf).take(Given("Replace", "1", CHANGED)) is Code.DEVICE_WON
    (card,) = shelf.kept
    assert b"X-UNKNOWN;X-A=b:1\r\n" in card
    assert b"UID:u1\r\n" in card
    assert b":139\r\n" in card
    assert b":138\r\n" not in card
    assert shelf.maps == {"1": (8, 9)}


def test_without_the_old_card_the_device_s_is_what_there_is() -> None:
    shelf = Emptied(None)
    assert taker(shelf).take(Given("Replace", "1", CHANGED)) is Code.DEVICE_WON
    assert b":139\r\n" in shelf.kept[0]


def test_a_book_that_can_only_be_read_gets_nothing_back() -> None:
    shelf = Emptied(WAS)
    assert taker(shelf, writable=False).take(Given("Replace", "1", CHANGED)) is Code.FORBIDDEN
    assert not shelf.kept
