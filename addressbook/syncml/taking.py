"""What a device says of a contact, done to the book: new, changed, gone - matched, merged, in conflict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from addressbook.contact import Contact
from addressbook.syncml.alerts import Code, Kind
from addressbook.syncml.auth import decoded
from addressbook.syncml.holding import Holding, taken
from addressbook.syncml.matching import SURE, best
from addressbook.syncml.shelf import Kept, Mapped, Shelf
from addressbook.syncml.state import Pair
from addressbook.vcard.conversion import converted_properties
from addressbook.vcard.errors import BadCard
from addressbook.vcard.lines import Property, read
from addressbook.vcard.meaning import contact_of, meant
from addressbook.vcard.merging import merged
from addressbook.vcard.text import escaped
from addressbook.vcard.written import card_octets
from gateway.core.book import BookFull, CardTooLarge
from gateway.core.errors import BadRequest, CaiyouError

#: Types under which a card may come; some devices name none.
_TYPES: Final = ("", "text/x-vcard", "text/vcard", "text/directory", "text/plain")
_STORED: Final = "3.0"
_UID: Final = re.compile(rb"(?mi)^(?:[A-Za-z0-9-]+\.)?UID[:;]")


@dataclass(frozen=True, slots=True)
class Given:
    """One item of a device."""

    name: str  # Add | Replace | Delete
    luid: str
    data: bytes = b""
    type: str = ""
    format: str = ""
    soft: bool = False


class Taker:
    """Takes the items of one device into one book."""

    def __init__(self, shelf: Shelf, pair: Pair, holding: Holding, seen: set[str]) -> None:
        self._shelf = shelf
        self._pair = pair
        self._holding = holding
        self._seen = seen  # names of properties that its cards have had

    def take(self, item: Given) -> Code:
        """Do what an item says. One that cannot be done stops no other."""
        if not item.luid:
            return Code.BAD_REQUEST
        if not Kind(self._pair.kind).takes:
            return Code.FORBIDDEN
        try:
            code = self._delete(item) if item.name == "Delete" else self._put(item)
        except BookFull:
            code = Code.FULL
        except CardTooLarge:
            code = Code.TOO_LARGE
        except BadRequest:
            code = Code.UNKNOWN_TYPE
        except CaiyouError:
            code = Code.FAILED
        self._count(item, code)
        return code

    def _count(self, item: Given, code: Code) -> None:
        counts = self._pair.taken
        if not code.is_good:
            counts.refused += 1
        elif code in (Code.MERGED, Code.DEVICE_WON):
            self._pair.merged += 1
            counts.changed += 1
        elif item.name == "Delete":
            counts.deleted += 1
        elif code is Code.ADDED:
            counts.added += 1
        else:
            counts.changed += 1

    # --- gone ---------------------------------------------------------------------------------------------------

    def _delete(self, item: Given) -> Code:
        pair, shelf = self._pair, self._shelf
        mapped = shelf.by_luid(pair.book_id, item.luid)
        if mapped is None:
            return Code.NOT_DELETED
        if item.soft:
            # The device makes room. The contact stays, and does not go there again.
            shelf.let_go(pair.book_id, item.luid)
            return Code.OK
        if not pair.writable:
            return Code.FORBIDDEN
        kept = shelf.card(mapped.contact_id)
        shelf.drop_map(pair.book_id, item.luid)
        if kept is None:
            return Code.OK
        if 0 <= mapped.revision < kept.revision:
            return Code.SERVER_WON  # it was changed here since: it goes to the device again
        shelf.delete(pair.book_id, kept.contact_id)
        return Code.OK

    # --- new, changed -------------------------------------------------------------------------------------------

    def _put(self, item: Given) -> Code:
        if item.type.partition(";")[0].strip().lower() not in _TYPES:
            return Code.UNKNOWN_TYPE
        octets = item.data
        if item.format.lower() == "b64":
            plain = decoded(b"".join(octets.split()).decode("ascii", "replace"))
            if plain is None:
                return Code.BAD_REQUEST
            octets = plain
        card = read(octets, self._holding.codec_of(octets))
        self._seen.update(one.name for one in card.properties if one.value or one.data)
        came = meant(card)
        if not any((came.name, came.shown, came.numbers, came.mails, came.organisation)):
            raise BadCard("the card says nothing")
        mapped = self._shelf.by_luid(self._pair.book_id, item.luid)
        kept = self._kept(came, mapped)
        if kept is not None:
            return self._merge(item, came, kept, mapped)
        if mapped is not None and mapped.revision >= 0 and self._pair.writable:
            was = self._shelf.last(mapped.contact_id)
            if was is not None:
                return self._bring_back(item, came, was)
        if not self._pair.writable:
            return Code.FORBIDDEN
        properties = converted_properties(card, _STORED)
        if not any(one.name == "FN" for one in properties):
            properties.insert(0, Property("FN", escaped(came.call_name)))  # vCard 3.0 has one always
        new = card_octets(_STORED, properties)
        stored = self._shelf.put(self._pair.book_id, None, new)
        self._shelf.put_map(self._pair.book_id, item.luid, stored.contact_id, stored.revision)
        was_there = mapped is not None and mapped.revision >= 0
        return Code.DEVICE_WON if was_there else Code.ADDED

    def _bring_back(self, item: Given, came: Contact, was: bytes) -> Code:
        """A contact that was deleted here and changed there is here again, with all that the device cannot hold."""
        base = contact_of(was)
        octets = merged(was, taken(self._holding, came, base, base).contact)
        stored = self._shelf.put(self._pair.book_id, None, octets)
        self._shelf.put_map(self._pair.book_id, item.luid, stored.contact_id, stored.revision)
        return Code.DEVICE_WON

    def _kept(self, came: Contact, mapped: Mapped | None) -> Kept | None:
        """The contact that a card is of: by the device's name for it, else by what it says."""
        shelf, pair = self._shelf, self._pair
        was = -1
        if mapped is not None:
            kept = shelf.card(mapped.contact_id)
            if mapped.revision >= 0:
                return kept
            was = mapped.contact_id if kept is not None else -1
        rivals = []
        for contact_id, octets in shelf.alike(pair.book_id, came):
            other = shelf.by_contact(pair.book_id, contact_id)
            if other is not None and other.revision >= 0:
                continue  # it is another one of the device's
            rivals.append((contact_id, contact_of(octets), contact_id == was))
        if was >= 0 and all(contact_id != was for contact_id, _, _ in rivals):
            kept = shelf.card(was)
            if kept is not None:
                rivals.append((was, contact_of(kept.card), True))
        found = best(came, rivals, least=1 if Kind(pair.kind).is_whole else SURE)
        return None if found is None else shelf.card(found)

    def _merge(self, item: Given, came: Contact, kept: Kept, mapped: Mapped | None) -> Code:
        shelf, pair = self._shelf, self._pair
        now = contact_of(kept.card)
        known = mapped is not None and mapped.contact_id == kept.contact_id and mapped.revision >= 0
        base: Contact | None = None
        if pair.kind == Kind.REFRESH_FROM_DEVICE:
            base = now  # the device's word is all that counts
        elif known and mapped is not None:
            octets = kept.card if mapped.revision >= kept.revision else shelf.version(kept.contact_id, mapped.revision)
            base = None if octets is None else contact_of(octets)
        result = taken(self._holding, came, now, base)
        octets = merged(kept.card, result.contact)
        changed = octets != kept.card
        if changed and not pair.writable:
            shelf.put_map(pair.book_id, item.luid, kept.contact_id, 0)
            pair.tell_from(kept.revision)
            return Code.FORBIDDEN
        stored = shelf.put(pair.book_id, kept.href, octets) if changed else kept
        fits = self._holding.says_all(came, contact_of(stored.card))
        had = mapped.revision if known and mapped is not None else 0
        revision = stored.revision if fits else min(had, stored.revision - 1)
        if not fits:
            pair.tell_from(stored.revision)
        shelf.put_map(pair.book_id, item.luid, kept.contact_id, revision)
        if changed and had < kept.revision:
            return Code.DEVICE_WON if known and result.conflict else Code.MERGED
        return Code.OK


def has_uid(card: bytes) -> bool:
    """Does a card say who it is?"""
    return _UID.search(card) is not None


def with_uid(card: bytes, uid: str) -> bytes:
    """The card under another UID."""
    lines = re.sub(rb"(?mi)^(?:[A-Za-z0-9-]+\.)?UID[:;][^\n]*\n(?:[ \t][^\n]*\n)*", b"", card)
    head, version, rest = lines.partition(b"VERSION:" + _STORED.encode())
    return head + version + b"\r\nUID:" + uid.encode() + rest
