"""Several emulated modems in one process, each with a SIM; what goes to the number of one of them arrives there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carriers.simulator.modem import EmulatedModem, ModemConfig
from carriers.simulator.modem_dialects import DIALECTS
from carriers.simulator.modem_network import Sent
from carriers.simulator.modem_pty import PtyModem
from carriers.simulator.modem_sim import Sim
from gateway.core.errors import ConfigError

MOST_MODEMS: Final = 64
_FIRST_NUMBER: Final = 13800138001


@dataclass(frozen=True, slots=True)
class RackConfig:
    """What stands in the rack."""

    count: int = 0
    #: Makes, taken in turn.
    dialects: tuple[str, ...] = ("simcom",)
    #: Seconds that a message takes.
    send_s: float = 3.0
    #: Directory for links modem1, modem2 … to the pseudo-terminals, whose own names are never the same; "" = none.
    links: str = ""

    def __post_init__(self) -> None:
        unknown = [name for name in self.dialects if name not in DIALECTS]
        if not 0 <= self.count <= MOST_MODEMS or unknown or not self.dialects:
            raise ConfigError(f"--modems: 0 to {MOST_MODEMS}; --modem-dialects: of {', '.join(DIALECTS)}")


class Rack:
    """The modems, each on its pseudo-terminal."""

    def __init__(self, config: RackConfig, told: Callable[[str], None] | None = None) -> None:
        """`told` is given a line about every message that goes out."""
        self.modems: list[PtyModem] = []
        self._told = told
        for place in range(config.count):
            dialect = config.dialects[place % len(config.dialects)]
            number = f"+86{_FIRST_NUMBER + place}"
            sim = Sim(iccid=f"8986001234567890{place:04}", imsi=f"46000123456{place:04}", number=number)
            imei = f"86123405{place:06}7"
            modem = EmulatedModem(ModemConfig(dialect=dialect, imei=imei, sim=sim, send_s=config.send_s))
            modem.on_sent = self._forwarder(modem)
            link = Path(config.links) / f"modem{place + 1}" if config.links else None
            self.modems.append(PtyModem(modem, link))

    def start(self) -> None:
        """Plug them all in."""
        for pty in self.modems:
            pty.start()

    async def stop(self) -> None:
        """Pull them all out."""
        for pty in self.modems:
            await pty.close()

    @property
    def paths(self) -> list[str]:
        """The device of each."""
        return [pty.path for pty in self.modems]

    def lines(self) -> list[str]:
        """What stands where, for people."""
        return [
            f"modem {pty.path} {pty.modem.dialect.manufacturer.strip()} {pty.modem.sim.number}" for pty in self.modems
        ]

    def _forwarder(self, sender: EmulatedModem) -> Callable[[Sent, float], None]:
        def forward(sent: Sent, now: float) -> None:
            if self._told is not None:
                self._told(f"{sender.sim.number} to {sent.recipient}: {sent.text}")
            for pty in self.modems:
                if pty.modem.sim.number == sent.recipient:
                    pty.modem.arrive(pty.modem.network.forwarded(sender.sim.number, sent, now), now)
                    asyncio.get_running_loop().call_soon(pty.touch)

        return forward
