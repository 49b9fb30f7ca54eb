"""The operator's side of what brings reports and messages to accounts: a CMPP or SMGP connection, an SGIP call."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from carriers.connection_events import RequestExpired
from carriers.connection_session import AskingConnection
from carriers.simulator.line import SimulatedLine

if TYPE_CHECKING:
    from carriers.connection_events import Ended, PeerMisbehaved
    from carriers.simulator.operator import Operator
    from carriers.simulator.traffic import Delivery

E_co = TypeVar("E_co", covariant=True)
E = TypeVar("E")

#: `status.OK` of all three protocols.
_OK = 0


class DeliveringConnection(AskingConnection[E_co], Protocol[E_co]):
    """What the line needs of its connection."""

    @property
    def is_closed(self) -> bool:
        """Is the connection over?"""


class DeliveringLine(SimulatedLine, Generic[E]):
    """One connection that deliveries go out on; they are the tags of its requests."""

    def __init__(self, operator: Operator, peer: str, connection: DeliveringConnection[E]) -> None:
        super().__init__(operator, peer)
        self._connection = connection
        self._lost: list[Delivery] = []

    @property
    def room(self) -> int:
        return 0 if self.is_over or self.is_deaf else self._connection.free_window

    def leave(self, now: float) -> None:
        self._connection.leave(now)
        self._follow(now)

    def _receive(self, data: bytes, now: float) -> None:
        self._connection.receive(data, now)
        self._follow(now)

    def _tick(self, now: float) -> None:
        self._connection.tick(now)
        self._follow(now)

    def _protocol_data(self) -> bytes:
        return self._connection.data_to_send()

    def _lose(self) -> list[Delivery]:
        self._connection.connection_lost()
        for event in self._connection.events():
            if isinstance(event, RequestExpired):
                self._lost.append(cast("Delivery", event.tag))
        lost, self._lost = self._lost, []
        return lost

    def _follow(self, now: float) -> None:
        for event in self._connection.events():
            if isinstance(event, RequestExpired):
                self._expire(cast("Delivery", event.tag))
            elif not self.is_over:
                self._note(event, now)

    def _expire(self, delivery: Delivery) -> None:
        if self._connection.is_closed:
            self._lost.append(delivery)
        else:
            self.operator.given_up(delivery)

    def _answered(self, delivery: Any, code: int, now: float) -> None:
        """The account's answer to a delivery, which is the tag of its request."""
        if code == _OK:
            self.operator.acknowledged(delivery, now)
        else:
            self.operator.refused(delivery, code, now)

    @abc.abstractmethod
    def _note(self, event: E | PeerMisbehaved | Ended, now: float) -> None:
        """Something happened on the connection."""
