"""The SIM of an emulated modem: its numbers, its PIN and PUK (TS 31.101 and what people know of it)."""

from __future__ import annotations

from dataclasses import dataclass

PIN_TRIES = 3


@dataclass(slots=True)
class Sim:
    """A SIM; without `pin` it is always open."""

    iccid: str = "89860012345678901234"
    imsi: str = "460001234567890"
    number: str = "+8613800138000"
    pin: str = ""
    puk: str = "12345678"
    is_inserted: bool = True
    tries_left: int = PIN_TRIES
    is_open: bool = False

    @property
    def state(self) -> str:
        """The word of +CPIN."""
        if not self.is_inserted:
            return "NOT INSERTED"
        if self.tries_left == 0:
            return "SIM PUK"
        return "READY" if self.is_open or not self.pin else "SIM PIN"

    def lock(self) -> None:
        """Power was off."""
        self.is_open = False

    def enter(self, pin: str) -> bool:
        """A PIN is tried; was it right?"""
        if self.state != "SIM PIN":
            return False
        if pin == self.pin:
            self.tries_left = PIN_TRIES
            self.is_open = True
            return True
        self.tries_left -= 1
        return False
