"""A session of synchronisation from the server's side: a message of a device in, the answer out. Sans-IO.

    1  device: who it is, what it can, what kind of synchronisation it wants      SETTING_UP
    2  server: the same
    3  device: its changes                                                        TAKING
    4  server: what became of them, its own changes                               GIVING
    5  device: what became of those, its own names for the new ones (Map)         CLOSING
    6  server: that it knows them

A package may take several messages; the last is final. The marks of both sides are kept when a device has answered all
that it was given: what breaks off before that is done again, and what was done already is recognised by the map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from addressbook.syncml import documents
from addressbook.syncml.alerts import (
    BY_SERVER,
    DISPLAY,
    NEXT_MESSAGE,
    NO_END_OF_DATA,
    RESULT,
    RESUME,
    SUSPEND,
    Code,
    Kind,
)
from addressbook.syncml.commands import (
    Alert,
    Anchor,
    Challenge,
    Command,
    Edit,
    Get,
    Header,
    Item,
    Map,
    Message,
    Meta,
    Other,
    Place,
    Put,
    Results,
    Status,
    Sync,
)
from addressbook.syncml.devinf import Device, device_element, device_of
from addressbook.syncml.documents import Document, Form
from addressbook.syncml.giving import OVERHEAD, Giver, contact_id_of
from addressbook.syncml.holding import Holding, holding_of
from addressbook.syncml.ourselves import ourselves
from addressbook.syncml.shelf import Anchors, Shelf, ShelfBook
from addressbook.syncml.state import Broken, Incoming, Pair, Phase, State
from addressbook.syncml.taking import Given, Taker
from addressbook.syncml.tokens import Version
from addressbook.syncml.writing import anchor_element, element_of
from gateway.core.wbxml import Element

#: Octets of a message that we take, and of an object in parts.
MAX_MESSAGE: Final = 1 << 20
MAX_OBJECT: Final = 2 << 20
#: What a device is sent at most where it says nothing, and whatever it says.
_USUAL_MESSAGE: Final = 10_000
_LEAST_MESSAGE: Final = 2_000
_MOST_MESSAGE: Final = 150_000
#: What a header and the end of a message take.
_FRAME: Final = {Form.WBXML: 500, Form.XML: 1_500}
_DEVINF: Final = {Version.V1_0: "./devinf10", Version.V1_1: "./devinf11", Version.V1_2: "./devinf12"}


@dataclass(slots=True)
class Exchange:
    """One message of a session that is let in. `state` and `device` are changed; whoever calls keeps them."""

    state: State
    device: Device
    shelf: Shelf
    version: Version
    form: Form
    respond_to: str
    anchor: str  # the server's mark of this session
    by_password: bool = False  # the message showed who it is from
    challenge: Challenge | None = None  # the nonce for the next session
    maker_version: str = ""

    def answer(self, message: Message) -> Message:
        """What is answered."""
        return _Answering(self, message).run()


def refusal(message: Message, code: Code, challenge: Challenge | None = None) -> Message:
    """The answer to a message that is not let in: nothing of it is done."""
    header = message.header
    statuses = [_header_status(header, "1", code, challenge)]
    for command in message.commands:
        if isinstance(command, Status) or getattr(command, "no_response", False):
            continue
        name = command.name if isinstance(command, Edit | Other) else type(command).__name__
        statuses.append(Status(str(len(statuses) + 1), header.message_id, command.command_id, name, code))
    version = header.version if header.version in list(Version) else Version.V1_2.value
    return Message(
        Header(version, f"SyncML/{version}", header.session_id, "1", header.source, header.target),
        tuple(statuses),
    )


def octets_of(message: Message, form: Form, version: Version) -> bytes:
    """A message as it travels."""
    return documents.write(Document(element_of(message), form, version))


def _header_status(header: Header, command_id: str, code: Code, challenge: Challenge | None) -> Status:
    return Status(
        command_id, header.message_id, "0", "SyncHdr", code, (header.target.uri,), (header.source.uri,), challenge
    )


class _Answering:
    """The work on one message."""

    def __init__(self, exchange: Exchange, message: Message) -> None:
        self._exchange = exchange
        self._message = message
        self._state = exchange.state
        self._shelf = exchange.shelf
        self._out: list[Command] = []
        self._later: list[Command] = []  # what comes after all statuses
        self._last_id = 0
        self._holdings: dict[str, Holding] = {}
        self._seen = set(exchange.device.seen)
        self._alerted = False

    def run(self) -> Message:
        state, header = self._state, self._message.header
        state.message_id += 1
        if header.meta.max_message:
            state.max_message = header.meta.max_message
        if header.meta.max_object:
            state.max_object = header.meta.max_object
        code = Code.AUTHENTICATED if self._exchange.by_password else Code.OK
        self._out.append(_header_status(header, self._next_id(), code, self._exchange.challenge))
        for command in self._message.commands:
            self._do(command)
        if self._seen != set(self._exchange.device.seen):
            self._exchange.device = replace(self._exchange.device, seen=tuple(sorted(self._seen)))
        is_final = self._go_on()
        return self._made(is_final)

    def _next_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def _made(self, is_final: bool) -> Message:
        header = self._message.header
        version = self._exchange.version
        first = self._state.message_id == 1
        ours = Header(
            version.value,
            f"SyncML/{version}",
            header.session_id,
            str(self._state.message_id),
            header.source,
            Place(header.target.uri),
            respond_to=self._exchange.respond_to,
            meta=Meta(
                max_message=MAX_MESSAGE, max_object=MAX_OBJECT if version is not Version.V1_0 else None
            ) if first else Meta(),
        )  # fmt: skip
        return Message(ours, (*self._out, *self._later), is_final)

    def _status(
        self,
        command: Command,
        name: str,
        code: Code,
        targets: tuple[str, ...] = (),
        sources: tuple[str, ...] = (),
        items: tuple[Item, ...] = (),
    ) -> None:
        if getattr(command, "no_response", False) or self._message.header.no_response:
            return
        message_id = self._message.header.message_id
        self._out.append(
            Status(self._next_id(), message_id, command.command_id, name, code, targets, sources, items=items)
        )

    # --- what is done ------------------------------------------------------------------------------------------

    def _do(self, command: Command) -> None:
        match command:
            case Status():
                self._told(command)
            case Alert():
                self._alert(command)
            case Put() | Results():
                self._learn(command.items)
                if isinstance(command, Put):
                    self._status(command, "Put", Code.OK, sources=_sources(command.items))
                else:
                    self._status(command, "Results", Code.OK)
            case Get():
                self._get(command)
            case Sync():
                self._sync(command)
            case Map():
                self._map(command)
            case Edit():
                self._status(command, command.name, Code.BAD_REQUEST)  # of no book
            case Other():
                self._status(command, command.name, Code.NOT_SUPPORTED)

    def _learn(self, items: tuple[Item, ...]) -> None:
        for item in items:
            if isinstance(item.data, Element) and item.data.name == "DevInf":
                self._exchange.device = replace(device_of(item.data), seen=self._exchange.device.seen)
                self._holdings.clear()

    def _get(self, command: Get) -> None:
        version = self._exchange.version
        wanted = next((one.target for one in command.items), "")
        if not wanted.lower().removeprefix("./").startswith("devinf"):
            self._status(command, "Get", Code.NOT_FOUND, targets=(wanted,))
            return
        self._status(command, "Get", Code.OK, targets=(wanted,))
        element = device_element(ourselves(self._exchange.maker_version), version)
        item = Item(source=_DEVINF[version], data=element)
        meta = Meta(type=self._exchange.form.device_type)
        self._later.append(Results(self._next_id(), self._message.header.message_id, command.command_id, (item,), meta))

    # --- alerts ------------------------------------------------------------------------------------------------

    def _alert(self, command: Alert) -> None:
        code = command.code
        if code in list(Kind) or code == RESUME or BY_SERVER <= code <= BY_SERVER + 4:
            for item in command.items:
                self._wish(command, item)
            if not command.items:
                self._status(command, "Alert", Code.BAD_REQUEST)
        elif code == SUSPEND:
            self._state.phase = Phase.SUSPENDED
            self._state.incoming = self._state.outgoing = None
            self._status(command, "Alert", Code.OK)
        elif code in (DISPLAY, RESULT, NEXT_MESSAGE):
            self._status(command, "Alert", Code.OK)
        elif code == NO_END_OF_DATA:
            self._state.outgoing = None
            self._status(command, "Alert", Code.OK)
        else:
            self._status(command, "Alert", Code.NOT_SUPPORTED)

    def _wish(self, command: Alert, item: Item) -> None:
        """A device wants to synchronise a book."""
        anchor = item.meta.anchor
        book = self._shelf.book(item.target)
        targets, sources = (item.target,), (item.source,)
        if book is None or anchor is None:
            code = Code.NOT_FOUND if book is None else Code.INCOMPLETE
            self._status(command, "Alert", code, targets, sources)
            return
        marks = self._shelf.anchors(book.id)
        broken = next((one for one in self._state.broken if one.book_id == book.id), None)
        kind, is_resumed = self._kind(command.code, anchor, book, marks, broken)
        refused = kind is Kind.SLOW and command.code != Kind.SLOW and not is_resumed
        echo = Item(data=anchor_element(Anchor(anchor.next)))
        code = Code.REFRESH_REQUIRED if refused else Code.OK
        self._status(command, "Alert", code, targets, sources, (echo,))
        pair = Pair(
            book_id=book.id,
            ours=item.target,
            theirs=item.source,
            kind=kind,
            writable=book.writable,
            client_last=anchor.last,
            client_next=anchor.next,
            server_last=marks.server_next,
            server_next=self._exchange.anchor,
            after=0 if kind in (Kind.SLOW, Kind.REFRESH_FROM_SERVER) else marks.server_revision,
            unmapped={} if broken is None else dict(broken.unmapped),
        )
        known = any(one.book_id == book.id for one in self._state.pairs)
        self._state.pairs = [one for one in self._state.pairs if one.book_id != book.id] + [pair]
        self._state.broken = [one for one in self._state.broken if one.book_id != book.id]
        if kind.is_whole and not is_resumed:
            self._shelf.doubt_maps(book.id)
        elif kind is Kind.REFRESH_FROM_SERVER and not is_resumed:
            self._shelf.drop_maps(book.id)
        if known and command.code == Kind.SLOW:
            return  # the device insists, after our own Alert: it does not need another
        self._alerted = True
        ours = Item(item.source, item.target, Meta(anchor=Anchor(pair.server_next, pair.server_last)))
        self._later.append(Alert(self._next_id(), kind, (ours,)))

    def _kind(
        self, code: int, anchor: Anchor, book: ShelfBook, marks: Anchors, broken: Broken | None
    ) -> tuple[Kind, bool]:
        """The kind of synchronisation that is done, and whether it goes on where another broke off."""
        fits = bool(anchor.last) and anchor.last == marks.client_next
        if code == RESUME:
            if broken is not None and (fits or anchor.last == broken.client_next):
                return Kind(broken.kind), True
            return Kind.SLOW, False
        kind = Kind(code - BY_SERVER + Kind.TWO_WAY) if code == BY_SERVER else _asked(code)
        if kind.needs_anchors and (not fits or marks.server_revision < book.floor_revision):
            return Kind.SLOW, False
        return kind, False

    # --- the device's changes ----------------------------------------------------------------------------------

    def _sync(self, command: Sync) -> None:
        place = self._place(command.target)
        targets, sources = (command.target,), (command.source,)
        if place is None:
            self._status(command, "Sync", Code.NOT_FOUND, targets, sources)
            for edit in command.edits:
                self._status(edit, edit.name, Code.NOT_FOUND)
            return
        self._status(command, "Sync", Code.OK, targets, sources)
        for edit in command.edits:
            if isinstance(edit, Other):
                self._status(edit, edit.name, Code.NOT_SUPPORTED)
            else:
                self._edit(place, edit)

    def _place(self, uri: str) -> int | None:
        book = self._shelf.book(uri)
        return next(
            (at for at, one in enumerate(self._state.pairs) if book is not None and one.book_id == book.id), None
        )

    def _edit(self, place: int, edit: Edit) -> None:
        pair = self._state.pairs[place]
        taker = Taker(self._shelf, pair, self._holding(pair), self._seen)
        done: dict[Code, list[Item]] = {}
        for item in edit.items:
            code = self._item(place, taker, edit, item)
            done.setdefault(code, []).append(item)
        if not edit.items:
            self._status(edit, edit.name, Code.INCOMPLETE)
        for code, items in done.items():
            sources = tuple(one.source or one.target for one in items)
            self._status(edit, edit.name, code, sources=sources)

    def _item(self, place: int, taker: Taker, edit: Edit, item: Item) -> Code:
        luid = item.source or item.target
        type_, format_ = item.meta.type or edit.meta.type, item.meta.format or edit.meta.format
        size = item.meta.size if item.meta.size is not None else edit.meta.size
        data = item.octets
        half = self._state.incoming
        if half is not None and (half.pair, half.luid) != (place, luid):
            # Another came before the end of this one (OMA-TS-DS_Protocol 1.2, section 6.9).
            ours = Item(self._state.pairs[half.pair].theirs, half.luid)
            self._later.append(Alert(self._next_id(), NO_END_OF_DATA, (ours,)))
            half = self._state.incoming = None
        if half is not None:
            data, type_, format_, size = half.data + data, half.type or type_, half.format or format_, half.size
        if len(data) > MAX_OBJECT or (size or 0) > MAX_OBJECT:
            self._state.incoming = None
            return Code.TOO_LARGE
        if item.is_partial:
            self._state.incoming = Incoming(place, edit.name, luid, type_, format_, size, data)
            return Code.CHUNK_TAKEN
        if half is not None:
            self._state.incoming = None
            # XML makes one character of the two at the end of a line.
            if size is not None and size not in (len(data), len(data) + data.replace(b"\r\n", b"").count(b"\n")):
                return Code.WRONG_SIZE
        return taker.take(Given(edit.name, luid, data, type_, format_, edit.is_soft))

    def _holding(self, pair: Pair) -> Holding:
        found = self._holdings.get(pair.theirs)
        if found is None:
            device = self._exchange.device
            found = self._holdings[pair.theirs] = holding_of(device, pair.theirs, device.seen)
        return found

    # --- what became of ours -----------------------------------------------------------------------------------

    def _told(self, status: Status) -> None:
        sent = self._state.sent.get(f"{status.message_ref}/{status.command_ref}")
        if sent is None or status.code == Code.CHUNK_TAKEN or not sent.pair < len(self._state.pairs):
            return
        del self._state.sent[f"{status.message_ref}/{status.command_ref}"]
        pair = self._state.pairs[sent.pair]
        is_done = 200 <= status.code < 300
        if sent.name == "Delete":
            if is_done or status.code in (Code.NOT_FOUND, 410):
                self._shelf.drop_map(pair.book_id, sent.luid)
                pair.given.deleted += 1
            else:
                pair.given.refused += 1
                pair.missed(sent.revision)
        elif sent.name == "Replace":
            if is_done:
                self._shelf.put_map(pair.book_id, sent.luid, sent.contact_id, sent.revision)
                pair.given.changed += 1
            else:
                if status.code in (Code.NOT_FOUND, 410):
                    self._shelf.drop_map(pair.book_id, sent.luid)
                pair.given.refused += 1
                pair.missed(sent.revision)
        elif is_done or status.code == Code.EXISTS:
            pair.given.added += 1
        else:
            pair.unmapped.pop(str(sent.contact_id), None)
            pair.given.refused += 1
            pair.missed(sent.revision)

    def _map(self, command: Map) -> None:
        book = self._shelf.book(command.target)
        if book is None:
            self._status(command, "Map", Code.NOT_FOUND, (command.target,), (command.source,))
            return
        pair = next((one for one in self._state.pairs if one.book_id == book.id), None)
        half = next((one for one in self._state.broken if one.book_id == book.id), None)
        waiting = pair.unmapped if pair is not None else half.unmapped if half is not None else {}
        for ours, theirs in command.pairs:
            contact_id = contact_id_of(ours)
            if contact_id is None or not theirs or not self._shelf.holds(book.id, contact_id):
                continue
            self._shelf.put_map(book.id, theirs, contact_id, waiting.pop(str(contact_id), 0))
        self._status(command, "Map", Code.OK, (command.target,), (command.source,))

    # --- from package to package -------------------------------------------------------------------------------

    def _go_on(self) -> bool:
        """What comes next; whether the answer ends our package."""
        state, is_final = self._state, self._message.is_final
        if state.phase is Phase.SUSPENDED:
            self._leave()
            return True
        if state.phase is Phase.SETTING_UP:
            self._ask_for_device()
            if not is_final:
                self._ask_for_more()
                return False
            came = any(isinstance(one, Sync) for one in self._message.commands)
            if not came or (self._alerted and any(one.kind == Kind.SLOW for one in state.pairs)):
                state.phase = Phase.TAKING if state.pairs else Phase.OVER
                return True
            state.phase = Phase.TAKING  # everything in one package
        if state.phase is Phase.TAKING:
            if not is_final:
                self._ask_for_more()
                return False
            self._end_of_theirs()
            state.phase = Phase.GIVING
        if state.phase is Phase.GIVING:
            return self._give()
        if state.phase is Phase.CLOSING and is_final:
            self._close()
            state.phase = Phase.OVER
        return is_final or state.phase is Phase.OVER

    def _ask_for_device(self) -> None:
        device = self._exchange.device
        if device.man or device.mod or device.stores or self._state.asked_device:
            return
        self._state.asked_device = True
        version = self._exchange.version
        meta = Meta(type=self._exchange.form.device_type)
        self._later.append(Get(self._next_id(), (Item(target=_DEVINF[version]),), meta))

    def _ask_for_more(self) -> None:
        if not self._later and not any(isinstance(one, Alert) for one in self._message.commands if one):
            header = self._message.header
            item = Item(header.source.uri, header.target.uri)
            self._later.append(Alert(self._next_id(), NEXT_MESSAGE, (item,)))

    def _end_of_theirs(self) -> None:
        """The device has said all: what it did not name in a whole one it does not have."""
        for pair in self._state.pairs:
            if not Kind(pair.kind).is_whole:
                continue
            self._shelf.drop_maps(pair.book_id, doubtful_only=True)
            if pair.kind == Kind.REFRESH_FROM_DEVICE and pair.writable:
                for contact_id in self._shelf.unmapped(pair.book_id):
                    self._shelf.delete(pair.book_id, contact_id)
                    pair.taken.deleted += 1

    def _give(self) -> bool:
        exchange, state = self._exchange, self._state
        most = min(max(state.max_message or _USUAL_MESSAGE, _LEAST_MESSAGE), _MOST_MESSAGE)
        used = len(octets_of(self._made(is_final=False), exchange.form, exchange.version))
        whole = most - _FRAME[exchange.form]
        device = exchange.device
        giver = Giver(
            self._shelf,
            state,
            exchange.form,
            self._holding,
            self._next_id,
            room=min(most - used, whole),
            whole_room=whole - 3 * OVERHEAD[exchange.form],
            sends_parts=exchange.version is not Version.V1_0 and (device.large_objects or state.max_object > 0),
            tells_number=device.number_of_changes and exchange.version is not Version.V1_0,
        )
        syncs, is_all = giver.give()
        self._later += syncs
        state.sent |= {f"{state.message_id}/{command_id}": sent for command_id, sent in giver.sent}
        if not is_all:
            return False
        state.phase = Phase.CLOSING
        for pair in state.pairs:
            if not pair.unmapped and all(state.pairs[one.pair] is not pair for one in state.sent.values()):
                self._save(pair)
        return True

    def _close(self) -> None:
        """The device has answered all: what it did not answer it has not taken."""
        state = self._state
        for sent in state.sent.values():
            pair = state.pairs[sent.pair]
            if sent.name == "Replace" and self._holding(pair).quirks.no_item_status:
                self._shelf.put_map(pair.book_id, sent.luid, sent.contact_id, sent.revision)
            elif sent.name == "Delete" and self._holding(pair).quirks.no_item_status:
                self._shelf.drop_map(pair.book_id, sent.luid)
            else:
                pair.missed(sent.revision)
        state.sent.clear()
        for pair in state.pairs:
            for revision in pair.unmapped.values():
                pair.missed(revision)
            if not pair.saved:
                self._save(pair)
        state.broken = []

    def _save(self, pair: Pair) -> None:
        revision = pair.upto if Kind(pair.kind).gives else pair.after
        if pair.retry_from:
            revision = min(revision, pair.retry_from - 1)
        self._shelf.save_anchors(pair.book_id, Anchors(pair.client_next, pair.server_next, revision))
        pair.saved = True

    def _leave(self) -> None:
        """The device goes away in the middle; what it said is done."""
        state = self._state
        state.broken += [
            Broken(one.book_id, one.kind, one.client_next, one.unmapped) for one in state.pairs if not one.saved
        ]
        state.pairs, state.sent = [], {}


def _asked(code: int) -> Kind:
    return Kind(code) if code in list(Kind) else Kind.TWO_WAY


def _sources(items: tuple[Item, ...]) -> tuple[str, ...]:
    return tuple(one.source for one in items if one.source)
