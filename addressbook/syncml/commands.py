"""The commands of a message, as values (OMA-TS-SyncML-RepPro 1.2, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.wbxml import Element

BASIC: Final = "syncml:auth-basic"
MD5: Final = "syncml:auth-md5"


@dataclass(frozen=True, slots=True)
class Place:
    """An address: of a device, a server, a database, an item."""

    uri: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Marks of synchronisations: of the last one ("" at first) and of this one. Opaque to the other side."""

    next: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class Meta:
    """What is said of a command or an item."""

    format: str = ""
    type: str = ""
    size: int | None = None
    anchor: Anchor | None = None
    next_nonce: str = ""
    max_message: int | None = None
    max_object: int | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who it is: `data` is Base64 as it travels."""

    type: str
    data: str
    format: str = "b64"


@dataclass(frozen=True, slots=True)
class Challenge:
    """How the other side is to say who it is; `next_nonce` is Base64, for MD5."""

    type: str
    next_nonce: str = ""
    format: str = "b64"


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a command: a card, device information, a pair of databases."""

    target: str = ""
    source: str = ""
    meta: Meta = Meta()
    data: bytes | str | Element | None = None
    is_partial: bool = False  # more of it comes in the next message

    @property
    def octets(self) -> bytes:
        """The data as octets."""
        if isinstance(self.data, bytes):
            return self.data
        return self.data.encode("utf-8", "replace") if isinstance(self.data, str) else b""

    @property
    def text(self) -> str:
        """The data as text."""
        if isinstance(self.data, str):
            return self.data
        return self.data.decode("utf-8", "replace") if isinstance(self.data, bytes) else ""


@dataclass(frozen=True, slots=True)
class Header:
    """Who writes to whom, and in which session."""

    version: str  # of the document: 1.2
    protocol: str  # SyncML/1.2
    session_id: str
    message_id: str
    target: Place
    source: Place
    respond_to: str = ""
    no_response: bool = False
    credentials: Credentials | None = None
    meta: Meta = Meta()


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a command; `command_ref` "0" is the header."""

    command_id: str
    message_ref: str
    command_ref: str
    command: str
    code: int
    targets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    challenge: Challenge | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A wish: a kind of synchronisation, the next message, an end before its time."""

    command_id: str
    code: int
    items: tuple[Item, ...] = ()
    no_response: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """Something that the other side is to know: device information."""

    command_id: str
    items: tuple[Item, ...]
    meta: Meta = Meta()
    no_response: bool = False


@dataclass(frozen=True, slots=True)
class Get:
    """A question for something by its address."""

    command_id: str
    items: tuple[Item, ...]
    meta: Meta = Meta()
    no_response: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a Get."""

    command_id: str
    message_ref: str
    command_ref: str
    items: tuple[Item, ...]
    meta: Meta = Meta()


@dataclass(frozen=True, slots=True)
class Edit:
    """Add, Replace or Delete, of one item or several."""

    command_id: str
    name: str
    items: tuple[Item, ...]
    meta: Meta = Meta()
    no_response: bool = False
    is_soft: bool = False  # a Delete that leaves the item on the other side


@dataclass(frozen=True, slots=True)
class Other:
    """A command that a server of address books does not carry out: Atomic, Copy, Exec, Move, Search, Sequence …"""

    command_id: str
    name: str
    no_response: bool = False


@dataclass(frozen=True, slots=True)
class Sync:
    """The changes of a pair of databases."""

    command_id: str
    target: str
    source: str
    edits: tuple[Edit | Other, ...] = ()
    changes: int | None = None  # how many come in all
    no_response: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """Under which names of its own the client keeps our items: (ours, its own)."""

    command_id: str
    target: str
    source: str
    pairs: tuple[tuple[str, str], ...]


Command = Status | Alert | Put | Get | Results | Edit | Sync | Map | Other


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a session; the last of a package is final."""

    header: Header
    commands: tuple[Command, ...] = ()
    is_final: bool = True
