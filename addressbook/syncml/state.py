"""What a session of synchronisation remembers from one message to the next. It is kept with the device, as JSON.

So a session outlives the process that began it, its messages may come to any worker, and a phone that lost the line in
the middle goes on where it was.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

#: The revision, in a map, of a card that the device has let go of and does not want again.
NEVER: Final = 1 << 62


class Phase(StrEnum):
    """Where in the flow of packages a session is."""

    SETTING_UP = "setting-up"  # packages 1 and 2
    TAKING = "taking"  # package 3
    GIVING = "giving"  # package 4
    CLOSING = "closing"  # packages 5 and 6
    OVER = "over"
    SUSPENDED = "suspended"


@dataclass(slots=True)
class Counts:
    """What went over in one direction."""

    added: int = 0
    changed: int = 0
    deleted: int = 0
    refused: int = 0


@dataclass(slots=True)
class Pair:
    """A book of ours and the address book of the device."""

    book_id: int
    ours: str  # as the device calls it
    theirs: str
    kind: int
    writable: bool
    client_last: str
    client_next: str
    server_last: str
    server_next: str
    after: int  # the book's revision that the device knew
    upto: int = 0  # the one it is told of
    cursor: int = 0  # told up to here
    told: bool = False  # the first Sync has gone out
    unmapped: dict[str, int] = field(default_factory=dict)  # contacts that wait for the device's name, revisions
    retry_from: int = 0  # the lowest revision the device could not take; 0: it took all
    saved: bool = False
    merged: int = 0
    taken: Counts = field(default_factory=Counts)
    given: Counts = field(default_factory=Counts)

    def tell_from(self, revision: int) -> None:
        """What the device has of a contact is not what the book says: it is to be given that."""
        self.after = min(self.after, revision - 1)

    def missed(self, revision: int) -> None:
        """The device did not take a contact of that revision: it is told of it again next time."""
        self.retry_from = min(self.retry_from or revision, revision)


@dataclass(slots=True)
class Sent:
    """A command of ours that waits for its status."""

    pair: int
    name: str  # Add | Replace | Delete
    contact_id: int
    luid: str
    revision: int


@dataclass(slots=True)
class Incoming:
    """A large object of which a part is here."""

    pair: int
    name: str
    luid: str
    type: str
    format: str
    size: int | None
    data: bytes = b""


@dataclass(slots=True)
class Outgoing:
    """A large object of which a part is there."""

    pair: int
    contact_id: int
    offset: int


@dataclass(slots=True)
class Broken:
    """What is left of a session that did not end: a device may go on with it."""

    book_id: int
    kind: int
    client_next: str
    unmapped: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """A session. `token` is what its later messages show instead of a password."""

    session_id: str = ""
    token: str = ""
    phase: Phase = Phase.OVER
    seen_ms: int = 0
    digest: str = ""  # of the device's last message
    reply: bytes = b""  # what was answered to it
    message_id: int = 0  # of ours
    max_message: int = 0
    max_object: int = 0
    asked_device: bool = False
    pairs: list[Pair] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)  # by "message/command"
    incoming: Incoming | None = None
    outgoing: Outgoing | None = None
    broken: list[Broken] = field(default_factory=list)

    def begun(self, session_id: str, token: str, now_ms: int) -> State:
        """A new session of the same device."""
        broken = [one for one in self.broken if all(one.book_id != pair.book_id for pair in self.pairs)]
        broken += [Broken(one.book_id, one.kind, one.client_next, one.unmapped) for one in self.pairs if not one.saved]
        return State(session_id, token, Phase.SETTING_UP, now_ms, broken=broken)


def as_json(state: State) -> str:
    """The state as it is kept."""

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        raise TypeError(type(value).__name__)

    return json.dumps(dataclasses.asdict(state), default=plain, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> State:
    """A state that was kept; "" is that of a device that never had a session."""
    if not text:
        return State()
    found = json.loads(text)
    pairs = [
        Pair(**{**one, "taken": Counts(**one["taken"]), "given": Counts(**one["given"])}) for one in found.pop("pairs")
    ]
    incoming, outgoing = found.pop("incoming"), found.pop("outgoing")
    if incoming is not None:
        incoming = Incoming(**{**incoming, "data": base64.b64decode(incoming["data"])})
    return State(
        **{
            **found,
            "phase": Phase(found["phase"]),
            "reply": base64.b64decode(found["reply"]),
            "pairs": pairs,
            "sent": {name: Sent(**one) for name, one in found["sent"].items()},
            "incoming": incoming,
            "outgoing": None if outgoing is None else Outgoing(**outgoing),
            "broken": [Broken(**one) for one in found["broken"]],
        }
    )
