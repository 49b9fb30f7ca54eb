"""What both sides of an SGIP connection do."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from carriers.connection import Connection
from carriers.framing import FrameSplitter
from carriers.sgip.codec import decode, encode
from carriers.sgip.events import Event
from carriers.sgip.pdu import HEADER_OCTETS, MAX_OCTETS, RESPONSE, Pdu

if TYPE_CHECKING:
    from carriers.sgip.rules import LoginType


class SgipConnection(Connection[bytes, Pdu, Event], abc.ABC):
    """One connection without socket and clock."""

    def __init__(self) -> None:
        super().__init__(FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS))
        self.login_type: LoginType | None = None
        self._last_heard = 0.0

    def _heard(self, now: float) -> None:
        self._last_heard = now

    def _encode(self, pdu: Pdu, sequence_id: bytes) -> bytes:
        return encode(pdu, sequence_id)

    def _decode(self, frame: bytes) -> tuple[bytes, Pdu]:
        return decode(frame)


def is_response(frame: bytes) -> bool:
    """Does a whole frame answer something?"""
    return int.from_bytes(frame[4:8], "big") & RESPONSE != 0
