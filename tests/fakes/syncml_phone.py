"""A phone that speaks SyncML: its cards, what has changed in it since, and every step of a session by itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from addressbook.syncml import documents
from addressbook.syncml.auth import basic
from addressbook.syncml.commands import (
    Alert,
    Anchor,
    Command,
    Credentials,
    Edit,
    Get,
    Header,
    Item,
    Map,
    Message,
    Meta,
    Place,
    Put,
    Results,
    Status,
    Sync,
)
from addressbook.syncml.devinf import ContentType, DataStore, Device, Field, device_element
from addressbook.syncml.documents import Form
from addressbook.syncml.reading import message_of
from addressbook.syncml.session import octets_of
from addressbook.syncml.tokens import Version
from addressbook.vcard.conversion import converted

Ask = Callable[[str, bytes, str], Awaitable[tuple[int, bytes]]]

FIELDS = ("N", "FN", "TEL", "EMAIL", "ORG", "NOTE")


def device(*names: str, large_objects: bool = True, man: str = "Test", mod: str = "Phone") -> Device:
    """What a phone with these fields says of itself."""
    types = (ContentType("text/x-vcard", "2.1"),)
    store = DataStore("card", "Contacts", 16, types, types, tuple(Field(name) for name in names or FIELDS), (1, 2))
    return Device(
        man=man, mod=mod, device_id="IMEI:1", type="phone", large_objects=large_objects, number_of_changes=True,
        stores=(store,),
    )  # fmt: skip


def statuses(message: Message, command: str = "") -> list[int]:
    """The codes in an answer, of all commands or of one kind."""
    return [
        one.code
        for one in message.commands
        if isinstance(one, Status) and (command == one.command or (not command and one.command != "SyncHdr"))
    ]


def edits(message: Message) -> Iterator[Edit]:
    """The changes in an answer."""
    for command in message.commands:
        if isinstance(command, Sync):
            for one in command.edits:
                assert isinstance(one, Edit)
                yield one


@dataclass
class Phone:
    """A device. `ask` posts octets of a type to an address and gives status and body."""

    ask: Ask
    url: str
    user: str
    password: str
    id: str = "IMEI:1"
    version: Version = Version.V1_2
    form: Form = Form.WBXML
    max_message: int = 16_000
    max_object: int | None = 1_000_000
    store: str = "./contacts"
    info: Device | None = None
    credentials: Credentials | None = None
    cards: dict[str, bytes] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)  # luid -> Add | Replace | Delete
    last: str = ""
    next: str = ""
    session: int = 0
    message: int = 0
    target: str = ""
    heard: list[Message] = field(default_factory=list)
    maps: list[tuple[str, str]] = field(default_factory=list)
    answers: list[Command] = field(default_factory=list)  # to what came last
    refuses: dict[str, int] = field(default_factory=dict)  # Add, Replace, Delete: the status it gives
    _luid: int = 100
    _half: tuple[str, bytes] | None = None

    # --- its cards ----------------------------------------------------------------------------------------------

    def write(self, luid: str, *lines: str) -> None:
        """A new card, or a changed one."""
        self.pending[luid] = "Replace" if luid in self.cards and self.pending.get(luid) != "Add" else "Add"
        self.cards[luid] = "\r\n".join(["BEGIN:VCARD", "VERSION:2.1", *lines, "END:VCARD", ""]).encode()

    def erase(self, luid: str) -> None:
        """Take one away."""
        del self.cards[luid]
        self.pending[luid] = "Delete"

    def texts(self) -> str:
        """All cards, one after another, as vCard 3.0."""
        return "\n".join(re.sub(r"\r?\n ", "", converted(one, "3.0").decode()) for one in self.cards.values())

    # --- messages -----------------------------------------------------------------------------------------------

    def header(self) -> Header:
        return Header(
            self.version.value,
            f"SyncML/{self.version}",
            str(self.session),
            str(self.message),
            Place(self.target or self.url),
            Place(self.id, self.user),
            credentials=(self.credentials or basic(self.user, self.password)) if not self.target else None,
            meta=Meta(max_message=self.max_message, max_object=self.max_object),
        )

    def begin(self) -> None:
        """Begin a session."""
        self.session += 1
        self.message = 0
        self.target = ""
        self.answers = []
        self._half = None

    async def send(self, *commands: Command, is_final: bool = True) -> Message:
        """One message with its answer."""
        self.message += 1
        return await self.post(octets_of(self.composed(*commands, is_final=is_final), self.form, self.version))

    def composed(self, *commands: Command, is_final: bool = True) -> Message:
        numbered = []
        for at, one in enumerate([*self.answers, *commands], 1):
            numbered.append(replace(one, command_id=str(at)))
        self.answers = []
        return Message(self.header(), tuple(numbered), is_final)

    async def post(self, octets: bytes) -> Message:
        status, body = await self.ask(self.target or self.url, octets, self.form.content_type)
        assert status == 200, (status, body)
        answer = message_of(documents.read(body, self.form).root)
        assert len(body) <= self.max_message + 200, (len(body), self.max_message)
        self.heard.append(answer)
        if answer.header.respond_to:
            self.target = answer.header.respond_to
        self._answer_header(answer)
        return answer

    def _answer_header(self, message: Message) -> None:
        ref = message.header.message_id
        self.answers = [Status("", ref, "0", "SyncHdr", 200)]
        for one in message.commands:
            if isinstance(one, Alert | Results | Get | Sync):
                self.answers.append(Status("", ref, one.command_id, type(one).__name__, 200))

    # --- a whole session ----------------------------------------------------------------------------------------

    def alert(self, kind: int = 200) -> Alert:
        self.next = f"n{self.session}"
        anchor = Anchor(self.next, self.last)
        return Alert("", kind, (Item(self.store, "card", Meta(anchor=anchor)),))

    def put(self) -> list[Command]:
        if self.info is None:
            return []
        names = {Version.V1_0: "./devinf10", Version.V1_1: "./devinf11", Version.V1_2: "./devinf12"}
        item = Item(source=names[self.version], data=device_element(self.info, self.version))
        return [Put("", (item,), Meta(type=self.form.device_type))]

    async def set_up(self, kind: int = 200) -> int:
        """Packages 1 and 2; the kind that is done."""
        self.begin()
        answer = await self.send(*self.put(), self.alert(kind))
        return next((one.code for one in answer.commands if isinstance(one, Alert)), 0)

    def changes(self, kind: int) -> list[Edit]:
        """What it has to say."""
        if kind in (201, 203):
            todo = [(luid, "Add" if kind == 201 else "Replace") for luid in self.cards]
        elif kind in (204, 205):
            todo = []
        else:
            todo = list(self.pending.items())
        return [self.edit(name, luid) for luid, name in todo]

    def edit(self, name: str, luid: str) -> Edit:
        data = None if name == "Delete" else self.cards[luid]
        return Edit("", name, (Item(source=luid, data=data),), Meta(type="text/x-vcard"))

    def sync_command(self, changes: Sequence[Edit]) -> Sync:
        numbered = tuple(replace(one, command_id=f"9{at}") for at, one in enumerate(changes))
        return Sync("", self.store, "card", numbered)

    async def tell(self, kind: int) -> Message:
        """Package 3, and the first message of package 4."""
        return await self.send(self.sync_command(self.changes(kind)))

    async def hear(self, answer: Message) -> Message:
        """Do what package 4 says, to its end."""
        while True:
            self.take(answer)
            if answer.is_final:
                return answer
            answer = await self.send(Alert("", 222, (Item("x", "y"),)))

    def take(self, answer: Message) -> None:
        """Do what one message says."""
        ref = answer.header.message_id
        for edit in edits(answer):
            (item,) = edit.items
            code = self.refuses.get(edit.name, 0) or self._done(edit, item)
            self.answers.append(Status("", ref, edit.command_id, edit.name, code))

    def _done(self, edit: Edit, item: Item) -> int:
        if item.is_partial:
            start = self._half[1] if self._half is not None else b""
            self._half = (item.source or item.target, start + item.octets)
            return 213
        data = item.octets
        if self._half is not None:
            assert self._half[0] == (item.source or item.target)
            data, self._half = self._half[1] + data, None
        if edit.name == "Add":
            self._luid += 1
            self.cards[str(self._luid)] = data
            self.maps.append((item.source, str(self._luid)))
            return 201
        if item.target not in self.cards:
            return 404
        if edit.name == "Delete":
            del self.cards[item.target]
        else:
            self.cards[item.target] = data
        return 200

    async def close(self) -> Message:
        """Packages 5 and 6."""
        maps, self.maps = self.maps, []
        commands = [Map("", self.store, "card", tuple(maps))] if maps else []
        answer = await self.send(*commands)
        self.last = self.next
        self.pending.clear()
        return answer

    async def sync(self, kind: int = 200) -> int:
        """A whole session; the kind that was done."""
        done = await self.set_up(kind)
        if done == 205:
            self.cards.clear()
        await self.hear(await self.tell(done))
        await self.close()
        return done


def nonce_of(message: Message) -> bytes:
    """The nonce of the challenge in an answer."""
    challenge = next(one.challenge for one in message.commands if isinstance(one, Status) and one.challenge)
    return base64.b64decode(challenge.next_nonce)
