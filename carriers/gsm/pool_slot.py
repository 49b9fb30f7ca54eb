"""One place of a pool: a port with whatever modem is behind it, opened again whenever it is lost. A shell.

The slot drives the port and keeps what the modem last said of itself; what follows from it the pool decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from carriers.gsm.answers import Identity
from carriers.gsm.config import with_pin
from carriers.gsm.events import (
    Blocked,
    Cause,
    Health,
    HealthChanged,
    Lost,
    ModemEvent,
    ModemSettings,
    Ready,
    SendAnswered,
)
from carriers.gsm.modem import Modem
from carriers.gsm.pool_parcels import Parcel
from carriers.gsm.port import ModemPort, PortOptions
from carriers.gsm.startup import PinMemory

#: Pauses before a port is opened again, seconds: the first, twice that, and so on to the longest.
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
#: A second port of a modem is not needed before the first is gone, and setting it up disturbs the first.
TWIN_PAUSE_S: Final = 600.0
#: A modem that was there for so long begins with the first pause again.
STEADY_S: Final = 60.0

Heard = Callable[["Slot", list[ModemEvent]], None]


class Slot:
    """A port of the pool with its modem."""

    def __init__(self, options: PortOptions, settings: ModemSettings, pins: PinMemory, heard: Heard) -> None:
        self.options = options
        self.serial = 0  # of the modem object; receipts of an earlier one mean nothing
        self.state = "starting"  # starting | ready | blocked | lost | twin
        self.reason = ""  # why it is not ready
        self.identity = Identity()
        self.health = Health()
        self.is_known = False  # the book of its SIM is here
        self.parcel: Parcel | None = None  # being sent
        self.late: dict[int, tuple[Parcel, SendAnswered, float]] = {}  # sent without an answer, and told of then
        self.rests_until = 0.0
        self.asks_balance = False
        self.is_ended = False
        self._settings = settings
        self._pins = pins
        self._heard = heard
        self._pause_s = FIRST_PAUSE_S
        self._wakes = asyncio.Event()
        self._port = self._make_port()
        self._task: asyncio.Task[None] | None = None

    @property
    def key(self) -> str:
        """The modem with its SIM; the port while that is not known."""
        return self.identity.key if self.identity.imei or self.sim else self.options.path

    @property
    def sim(self) -> str:
        """The number of the SIM card, or of its owner's line where the modem does not tell it; "" = not known."""
        return self.identity.iccid or self.identity.imsi or self.identity.imei

    @property
    def modem(self) -> Modem:
        """The modem object of now."""
        return self._port.modem

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return asyncio.get_running_loop().time()

    def start(self) -> None:
        """Open the port, and again whenever it is lost."""
        self._task = asyncio.create_task(self._run(), name=f"modem-{self.options.path}")

    def flush(self) -> None:
        """Write what the modem object has to say; after every use of `modem`."""
        self._port.flush()

    def use_pin(self, pin: str) -> bool:
        """Start anew with the PIN of this modem; False when it was given that one already."""
        if self._settings.pin == pin:
            return False
        self._settings = with_pin(self._settings, pin)
        self.reopen("its PIN is known now")
        return True

    def holds(self, key: str) -> bool:
        """Is this modem here, and in use?"""
        return self.state == "ready" and self.key == key

    def reopen(self, reason: str) -> None:
        """Close the port and open it again."""
        self.reason = reason
        self._pause_s = FIRST_PAUSE_S
        self._port.modem.port_lost(reason)
        self._port.flush()

    def stand_by(self, reason: str) -> None:
        """It is a second port of a modem that the pool has: let go of it until `wake`."""
        self.state, self.reason = "twin", reason
        self._port.modem.close()
        self._port.flush()

    def wake(self) -> None:
        """Try the port again now."""
        self._wakes.set()

    async def stop(self, patience_s: float) -> None:
        """Let what is being sent have its answer, close, and end."""
        self.is_ended = True
        self._wakes.set()
        if self._task is not None:
            await self._port.stop(patience_s)
            await asyncio.gather(self._task, return_exceptions=True)

    def cancel(self) -> None:
        """End at once."""
        self.is_ended = True
        if self._task is not None:
            self._task.cancel()

    def _make_port(self) -> ModemPort[Modem]:
        self.serial += 1
        return ModemPort(self.options, Modem(self._settings, self._pins), self._hear)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.is_ended:
            begun = loop.time()
            try:
                await self._port.run()
            except Exception as error:
                # The modem would be missed until a restart.
                self._hear([Lost(f"{type(error).__name__}: {error}")])
            if self.is_ended:
                return
            if loop.time() - begun > STEADY_S:
                self._pause_s = FIRST_PAUSE_S
            pause_s, self._pause_s = self._pause_s, min(self._pause_s * 2, LONGEST_PAUSE_S)
            if self.state == "twin":
                pause_s = TWIN_PAUSE_S
            self._wakes.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await self._wakes.wait()
            except TimeoutError:
                pass
            if not self.is_ended:
                self.state = "starting"
                self._port = self._make_port()

    def _hear(self, events: list[ModemEvent]) -> None:
        for event in events:
            if isinstance(event, Ready):
                self.state, self.reason, self.identity = "ready", "", event.identity
            elif isinstance(event, Blocked):
                self.state, self.reason, self.identity = "blocked", event.reason, event.identity
                self.is_known = False
            elif isinstance(event, HealthChanged):
                self.health = event.health
            elif isinstance(event, Lost):
                self.health = Health()
                self.is_known = False
                if self.state != "twin":
                    self.state, self.reason = "lost", event.reason
        self._heard(self, events)


def lacks_pin(events: list[ModemEvent]) -> bool:
    """Is a modem blocked because it was given no PIN?"""
    return any(isinstance(event, Blocked) and event.cause is Cause.PIN_NEEDED for event in events)
