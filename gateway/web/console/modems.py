"""Modems of a pool as they are drawn: signal in bars, allowance of the SIM as a meter. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Signal quality (TS 27.007 8.5, 0 to 31) from which a further bar is lit: about -109, -97, -89, -77 dBm.
_BARS: Final = (2, 8, 12, 18)


@dataclass(frozen=True, slots=True)
class ModemView:
    """One modem. -1 stands for what is not known, or knows no limit."""

    name: str
    is_up: bool
    is_warned: bool  # its SIM has little left
    bars: int  # of four
    dbm: int | None
    sent_today: int
    left: int | None  # None = without limit
    health_percent: int

    @property
    def cap(self) -> int:
        """What the SIM may send in the time its cap counts, as far as is known."""
        return self.sent_today + (self.left or 0)


def modem_view(name: str, values: Mapping[str, float]) -> ModemView:
    """A modem from the figures of its link."""
    signal, left = values.get("signal", -1), values.get("left", -1)
    return ModemView(
        name,
        bool(values.get("up")),
        bool(values.get("warned")),
        sum(signal >= least for least in _BARS),
        None if signal < 0 else int(-113 + 2 * signal),
        int(values.get("sent_today", 0)),
        None if left < 0 else int(left),
        int(100 * values.get("score", 0)),
    )
