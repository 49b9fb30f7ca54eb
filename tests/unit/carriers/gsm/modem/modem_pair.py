"""A modem object and an emulated modem on a wire of their own, with a clock that only the test moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from carriers.gsm.events import (
    Blocked,
    Lost,
    Misbehaved,
    ModemEvent,
    ModemSettings,
    PduArrived,
    Ready,
    SendAnswered,
)
from carriers.gsm.modem import Modem
from carriers.gsm.startup import PinMemory
from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.coding import octet_of
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.user_data import UserData
from carriers.simulator.modem import EmulatedModem, ModemConfig
from gateway.core.text import choose

PHONE = "+8613900139000"
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Octets that went over the wire in one go."""

    at: float
    is_ours: bool
    octets: bytes


def submit(text: str = "hello", recipient: str = PHONE, *, wants_report: bool = False) -> bytes:
    """An SMS-SUBMIT."""
    alphabet = choose(text)
    return Submit(
        Address.of(recipient), UserData.of_text(text, alphabet), octet_of(alphabet), wants_report=wants_report
    ).encode()


def text_of(arrived: PduArrived) -> str:
    """What a phone wrote."""
    deliver = Deliver.decode(arrived.tpdu)
    return deliver.user_data.content(deliver.dcs).text


class Pair:
    """Both ends. `run` moves the clock in steps of 0.25 s and carries octets, `piece` of them at a time."""

    def __init__(
        self,
        config: ModemConfig | None = None,
        settings: ModemSettings | None = None,
        *,
        pins: PinMemory | None = None,
        piece: int = 0,
        emulator: EmulatedModem | None = None,
        now: float = 100.0,
    ) -> None:
        self.pins = pins or PinMemory()
        self.emulator = emulator or EmulatedModem(config)
        self.modem = Modem(settings, self.pins)
        self.now = now
        self.log: list[Spoken] = []
        self.events: list[ModemEvent] = []
        self.piece = piece

    @property
    def faults(self) -> Any:
        return self.emulator.faults

    def power_on(self) -> Pair:
        self.emulator.power_on(self.now)
        return self

    def start(self, seconds: float = 8.0) -> Pair:
        """Power on, start and run until it should be ready."""
        self.power_on()
        self.modem.start(self.now)
        return self.run(seconds)

    def ready(self) -> Pair:
        """Started and ready; what happened by then is forgotten."""
        self.start()
        assert self.the(Ready), self.events
        self.forget()
        return self

    def forget(self) -> None:
        self.events.clear()
        self.log.clear()
        self.emulator.heard.clear()

    def run(self, seconds: float) -> Pair:
        """Let so much time pass."""
        end = self.now + seconds
        self.pump()
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            self.emulator.tick(self.now)
            self.modem.tick(self.now)
            self.pump()
        return self

    def pump(self) -> None:
        """Carry octets until both have said all they have to say now."""
        while True:
            ours = self.modem.data_to_send()
            if ours:
                self.log.append(Spoken(self.now, True, ours))
                self.emulator.receive(ours, self.now)
            theirs = self.emulator.data_to_send()
            if theirs:
                self.log.append(Spoken(self.now, False, theirs))
                for piece in self._pieces(theirs):
                    self.modem.receive(piece, self.now)
            self.events += self.modem.events()
            if not ours and not theirs:
                return

    def _pieces(self, data: bytes) -> list[bytes]:
        size = self.piece or len(data)
        return [data[at : at + size] for at in range(0, len(data), size)]

    def send(self, text: str = "hello", *, tag: object = 1, seconds: float = 5.0, **options: Any) -> SendAnswered:
        """Send and wait; the one answer."""
        self.modem.send(submit(text, **options), self.now, tag)
        self.run(seconds)
        return self.one(SendAnswered)

    def the(self, kind: type[E]) -> list[E]:
        """The events of a kind so far."""
        return [it for it in self.events if isinstance(it, kind)]

    def one(self, kind: type[E]) -> E:
        """The only event of a kind."""
        found = self.the(kind)
        assert len(found) == 1, self.events
        return found[0]

    def texts(self) -> list[str]:
        """What phones wrote, in the order it was given."""
        return [text_of(it) for it in self.the(PduArrived) if it.tpdu[0] & 3 == 0]

    def reports(self) -> list[PduArrived]:
        """What the network said of what we sent."""
        return [it for it in self.the(PduArrived) if it.tpdu[0] & 3 == 2]

    def confirm_all(self) -> None:
        """Everything given is on disk."""
        self.modem.confirm(*(it.receipt for it in self.the(PduArrived)), now=self.now)
        self.run(1)

    def commands(self, beginning: str) -> list[str]:
        """The commands the modem heard that begin so."""
        return [it for it in self.emulator.heard if it.startswith(beginning)]

    @property
    def was_lost(self) -> bool:
        return bool(self.the(Lost))

    def complaints(self) -> list[str]:
        return [it.reason for it in self.the(Misbehaved)]

    def blocked(self) -> list[str]:
        return [it.cause.value for it in self.the(Blocked)]
