"""Phones: what each received and wrote, long texts put together again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.core import text as texts
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.user_data import Ports
    from gateway.core.messages import Concat


@dataclass(slots=True, eq=False)
class ReceivedSegment:
    """One short message as it reached the phone."""

    sender: str
    data: bytes  # behind the header
    alphabet: Alphabet
    concat: Concat | None
    account: str
    carrier_id: str
    at: datetime
    repeated: bool = False  # the same once more
    state: str = ""  # the word of its report, once it is decided
    ports: Ports | None = None  # of a data SMS


@dataclass(slots=True, eq=False)
class Text:
    """One bubble of a conversation."""

    peer: str  # the number or name it came from, or was written to
    at: datetime
    from_phone: bool = False
    total: int = 1
    segments: list[ReceivedSegment] = field(default_factory=list)
    written: str = ""  # what the phone wrote
    taken: int = 0  # segments of what the phone wrote that the account has

    @property
    def is_whole(self) -> bool:
        """Are all segments there?"""
        return self.from_phone or len(self._by_number()) >= self.total

    @property
    def text(self) -> str:
        """What the phone shows; binary messages as hexadecimal digits, missing segments as "…"."""
        if self.from_phone:
            return self.written
        found = self._by_number()
        parts = [found.get(number) for number in range(1, self.total + 1)]
        alphabets = {it.alphabet for it in parts if it is not None}
        if None not in parts and len(alphabets) == 1:
            # Together: some senders cut a character in two.
            return _shown(b"".join(it.data for it in parts if it is not None), alphabets.pop())
        return "".join("…" if it is None else _shown(it.data, it.alphabet) for it in parts)

    @property
    def ports(self) -> Ports | None:
        """Of a data SMS: which program it is for."""
        return next((it.ports for it in self.segments), None)

    @property
    def data(self) -> bytes | None:
        """What a program on the phone gets of a data SMS; None for a text, and while segments are missing."""
        found = self._by_number()
        if not self.segments or not self.is_whole or any(it.alphabet is not Alphabet.BINARY for it in self.segments):
            return None
        return b"".join(found[number].data for number in sorted(found))

    @property
    def word(self) -> str:
        """The state of the whole: the first that is not DELIVRD, or DELIVRD once all are; "taken" for what it wrote."""
        if self.from_phone:
            return "taken" if self.taken >= self.total else ""
        states = [it.state for it in self.segments]
        bad = next((it for it in states if it not in ("", "DELIVRD")), None)
        return bad or ("DELIVRD" if states and all(states) else "")

    def line(self) -> dict[str, Any]:
        """For the API."""
        return {
            "from_phone": self.from_phone,
            "peer": self.peer,
            "text": self.text,
            "at": self.at.isoformat(),
            "parts": self.total,
            "whole": self.is_whole,
            "state": self.word,
            "port": self.ports.destination if self.ports else None,
            "source_port": self.ports.source if self.ports else None,
            "data": None if (data := self.data) is None else data.hex(),
            "segments": [
                {
                    "number": it.concat.number if it.concat else 1,
                    "reference": it.concat.reference if it.concat else None,
                    "hex": it.data.hex(),
                    "alphabet": str(it.alphabet),
                    "account": it.account,
                    "id": it.carrier_id,
                    "repeated": it.repeated,
                    "state": it.state,
                    "at": it.at.isoformat(),
                }
                for it in self.segments
            ],
        }

    def _by_number(self) -> dict[int, ReceivedSegment]:
        return {(it.concat.number if it.concat else 1): it for it in reversed(self.segments)}


class Handset:
    """One phone and its conversation, oldest first."""

    def __init__(self, number: str, keep: int = 500) -> None:
        self.number = number
        self.texts: deque[Text] = deque(maxlen=keep)
        self._open: dict[tuple[str, int, int], Text] = {}  # sender, reference, total -> not whole yet
        self._keep = keep

    def receive(self, segment: ReceivedSegment) -> Text:
        """Put the segment where it belongs."""
        place = segment.concat
        if place is None or place.total == 1:
            text = Text(segment.sender, segment.at, segments=[segment])
            self.texts.append(text)
            return text
        key = (segment.sender, place.reference, place.total)
        waiting = self._open.get(key)
        if waiting is None or self._is_other_text(waiting, segment):
            if len(self._open) >= self._keep:
                del self._open[next(iter(self._open))]
            waiting = self._open[key] = Text(segment.sender, segment.at, total=place.total)
            self.texts.append(waiting)
        waiting.segments.append(segment)
        if waiting.is_whole:
            del self._open[key]
        return waiting

    def write(self, to: str, text: str, total: int, at: datetime) -> Text:
        """Keep what the phone wrote, in so many segments."""
        written = Text(to, at, from_phone=True, total=total, written=text)
        self.texts.append(written)
        return written

    @property
    def last_sender(self) -> str | None:
        """Who wrote to the phone last: that is whom it answers."""
        return next((it.peer for it in reversed(self.texts) if not it.from_phone), None)

    def line(self) -> dict[str, Any]:
        """For the API."""
        return {"number": self.number, "texts": [it.line() for it in self.texts]}

    @staticmethod
    def _is_other_text(waiting: Text, segment: ReceivedSegment) -> bool:
        """References are few and come again: another content under a number that is taken begins a new text."""
        assert segment.concat is not None
        number = segment.concat.number
        return any(
            it.concat is not None and it.concat.number == number and it.data != segment.data for it in waiting.segments
        )


def _shown(data: bytes, alphabet: Alphabet) -> str:
    return data.hex(" ") if alphabet is Alphabet.BINARY else texts.decode(data, alphabet)
