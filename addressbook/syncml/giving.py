"""What the book has that a device has not, as commands that fit into a message."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from addressbook.syncml.alerts import Kind
from addressbook.syncml.commands import Edit, Item, Meta, Sync
from addressbook.syncml.documents import Form
from addressbook.syncml.holding import Holding
from addressbook.syncml.shelf import Changed, Shelf
from addressbook.syncml.state import Outgoing, Pair, Sent, State
from addressbook.vcard.errors import BadCard
from addressbook.vcard.meaning import contact_of

#: Octets that a command takes around its data.
OVERHEAD: Final = {Form.WBXML: 110, Form.XML: 420}
#: The least that is worth a part of a large object.
_LEAST: Final = 512
_PAGE: Final = 200
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def name_of(contact_id: int) -> str:
    """A contact's name towards devices, short: some take eight characters, most sixteen."""
    text = ""
    while contact_id:
        contact_id, digit = divmod(contact_id, 36)
        text = _DIGITS[digit] + text
    return text or "0"


def contact_id_of(name: str) -> int | None:
    """The contact that such a name is of; None for what is no such name."""
    if not 0 < len(name) <= 13 or not name.isascii() or not name.isalnum():
        return None
    return int(name, 36)


@dataclass(slots=True)
class Giver:
    """Puts changes into one message. `next_id` gives the ids of commands."""

    shelf: Shelf
    state: State
    form: Form
    holding: Callable[[Pair], Holding]
    next_id: Callable[[], str]
    room: int  # octets that are left
    whole_room: int  # octets of a message with nothing else
    sends_parts: bool
    tells_number: bool
    sent: list[tuple[str, Sent]] = field(default_factory=list)  # command id, what it was

    def give(self) -> tuple[list[Sync], bool]:
        """The commands, and whether that was all."""
        syncs: list[Sync] = []
        for place, pair in enumerate(self.state.pairs):
            if not Kind(pair.kind).gives or (pair.told and pair.cursor >= pair.upto and not self._is_half(place)):
                continue
            if self.room < OVERHEAD[self.form]:
                return syncs, False
            changes = None
            if not pair.told:
                pair.upto = self._revision(pair)
                pair.cursor = pair.after
                changes = self.shelf.count_changes(pair.book_id, pair.after, pair.upto) if self.tells_number else None
            self.room -= OVERHEAD[self.form]
            edits, is_all = self._edits(place, pair)
            if edits or not pair.told:
                syncs.append(Sync(self.next_id(), pair.theirs, pair.ours, tuple(edits), changes))
            pair.told = True
            if not is_all:
                return syncs, False
            pair.cursor = pair.upto
        return syncs, True

    def _is_half(self, place: int) -> bool:
        return self.state.outgoing is not None and self.state.outgoing.pair == place

    def _revision(self, pair: Pair) -> int:
        book = self.shelf.book(pair.ours)
        return pair.after if book is None else book.revision

    def _edits(self, place: int, pair: Pair) -> tuple[list[Edit], bool]:
        edits: list[Edit] = []
        while True:
            page = self.shelf.changes(pair.book_id, pair.cursor, pair.upto, _PAGE)
            for one in page:
                edit = self._edit(place, pair, one)
                if edit is None:
                    return edits, False
                edits += edit
                if self.state.outgoing is not None:
                    return edits, False
                pair.cursor = one.revision
            if len(page) < _PAGE:
                return edits, True

    def _edit(self, place: int, pair: Pair, one: Changed) -> list[Edit] | None:
        """The command for one contact, or a part of it; None when there is no room. Nothing for what is gone again."""
        overhead = OVERHEAD[self.form]
        if one.gone:
            if self.room < overhead:
                return None
            return [self._made(place, "Delete", one, Item(target=one.luid))]
        data = self._data(pair, one.contact_id)
        if data is None:
            return []
        name = "Replace" if one.luid else "Add"
        source = "" if one.luid else name_of(one.contact_id)
        half = self.state.outgoing if self._is_half(place) else None
        offset = 0 if half is None or half.contact_id != one.contact_id else min(half.offset, len(data))
        self.state.outgoing = None
        rest = len(data) - offset
        type_ = self.holding(pair).content_type
        if rest + overhead > self.room:
            too_large = rest + overhead > self.whole_room
            if self.room < (overhead + _LEAST if too_large and self.sends_parts else self.whole_room):
                # In the next message, which is empty yet.
                self.state.outgoing = Outgoing(place, one.contact_id, offset) if offset else None
                return None
            if too_large and self.sends_parts:
                end = _character(data, offset + self.room - overhead)
                meta = Meta(type=type_, size=None if offset else len(data))
                item = Item(one.luid, source, Meta(), data[offset:end], is_partial=True)
                self.room = 0
                self.state.outgoing = Outgoing(place, one.contact_id, end)
                return [Edit(self.next_id(), name, (item,), meta)]
        return [self._made(place, name, one, Item(one.luid, source, Meta(), data[offset:]), Meta(type=type_))]

    def _made(self, place: int, name: str, one: Changed, item: Item, meta: Meta | None = None) -> Edit:
        command_id = self.next_id()
        self.room -= OVERHEAD[self.form] + len(item.octets)
        self.sent.append((command_id, Sent(place, name, one.contact_id, one.luid, one.revision)))
        if name == "Add":
            self.state.pairs[place].unmapped[str(one.contact_id)] = one.revision
        return Edit(command_id, name, (item,), meta or Meta())

    def _data(self, pair: Pair, contact_id: int) -> bytes | None:
        kept = self.shelf.card(contact_id)
        if kept is None:
            return None
        holding = self.holding(pair)
        try:
            contact = contact_of(kept.card)
        except BadCard:
            return None
        octets = holding.card(contact)
        most = min(self.state.max_object or math.inf, math.inf if self.sends_parts else self.whole_room)
        if len(octets) > most and contact.photo is not None:
            octets = holding.card(contact, with_photo=False)
        return octets


def _character(data: bytes, end: int) -> int:
    """The last place up to `end` where no character is broken, nor CR from LF."""
    while 0 < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end - 1 if 0 < end < len(data) and data[end - 1 : end] == b"\r" else end
