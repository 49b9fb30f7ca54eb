"""Where an emulated modem keeps messages: storages with numbered places (TS 27.005 3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Stored:
    """One message in its place."""

    status: int  # 0 unread, 1 read, 2 to be sent, 3 sent
    pdu: bytes


class Storages:
    """All storages of a modem."""

    def __init__(self, capacity: dict[str, int]) -> None:
        self.capacity = capacity
        self.places: dict[str, dict[int, Stored]] = {name: {} for name in capacity}
        self.reading = self.writing = self.receiving = next(iter(capacity))

    def select_first(self) -> None:
        """Power was off."""
        self.reading = self.writing = self.receiving = next(iter(self.capacity))

    def put(self, name: str, message: Stored) -> int | None:
        """The index a message was stored at; None when the storage is full."""
        places = self.places[name]
        free = next((index for index in range(1, self.capacity[name] + 1) if index not in places), None)
        if free is not None:
            places[free] = message
        return free

    def filling(self, *names: str) -> str:
        """Used and total of each, as +CPMS tells it."""
        return ",".join(f"{len(self.places[name])},{self.capacity[name]}" for name in names)

    @property
    def open(self) -> dict[int, Stored]:
        """The places of the storage that is read."""
        return self.places[self.reading]
