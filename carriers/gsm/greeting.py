"""AT and no more: whether a modem is behind a port, without changing anything in it. Pure."""

from __future__ import annotations

from carriers.gsm.at import Notice
from carriers.gsm.dialogue import Dialogue, Steps, synchronise
from carriers.gsm.events import Lost, ModemEvent

_TRIES = 2


class Greeting:
    """What a `ModemPort` drives to find out; over when `answered` is decided."""

    def __init__(self) -> None:
        self.answered = False
        self.is_lost = False
        self._events: list[ModemEvent] = []
        self._dialogue = Dialogue(_ignore_notice, _ignore, _ignore_complaint, lambda _: self._end("no answer to AT"))

    @property
    def is_sending(self) -> bool:
        """Nothing is ever sent."""
        return False

    def start(self, now: float) -> None:
        """The port is open."""
        self._dialogue.run(self._greet(), now)

    def receive(self, data: bytes, now: float) -> None:
        """Take octets."""
        self._dialogue.receive(data, now)

    def receive_notices(self, data: bytes, now: float) -> None:
        """There is no second port."""

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._dialogue.tick(now)

    def data_to_send(self) -> bytes:
        """Octets to write now, taken out."""
        return self._dialogue.data_to_send()

    def events(self) -> list[ModemEvent]:
        """Lost, at the end."""
        events, self._events = self._events, []
        return events

    def port_lost(self, reason: str) -> None:
        """The port is gone."""
        self._end(reason)

    def close(self) -> None:
        """Enough."""
        self._end("closed")

    def _greet(self) -> Steps:
        yield from synchronise(_TRIES, is_set_up=False)
        self.answered = True
        self._end("it answers")

    def _end(self, reason: str) -> None:
        if not self.is_lost:
            self.is_lost = True
            self._events.append(Lost(reason))


def _ignore_notice(notice: Notice, line: str, body: str | None) -> None:
    """Whatever it says."""


def _ignore(line: str) -> None:
    """Whatever it says."""


def _ignore_complaint(reason: str, line: str) -> None:
    """Whatever is wrong with it."""
