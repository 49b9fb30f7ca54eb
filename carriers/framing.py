"""Cuts a byte stream into frames that begin with their own length (SMPP, CMPP)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from gateway.core.errors import MalformedPdu

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = struct.Struct(">I")


class FrameSplitter:
    """Whole frames out of chunks of any size; a frame opens with its whole length as big-endian uint32.

    `feed` keeps what came, iterating gives the frames that are whole by now and may be broken off and taken
    up again. Iterating raises MalformedPdu when a frame claims less than `minimum` or more than `maximum`
    octets, after all frames before it were given; the stream cannot be trusted from there on, and every
    further iteration raises again. At most `maximum` octets wait for their rest, plus what one `feed`
    brought.
    """

    __slots__ = ("_have", "_need", "_pieces", "maximum", "minimum")

    def __init__(self, *, minimum: int, maximum: int) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self._pieces: list[bytes] = []
        self._have = 0  # octets in the pieces
        self._need = 4  # octets without which no further frame is whole

    def feed(self, data: bytes) -> None:
        """Keep the next octets of the stream."""
        if data:
            # A list of pieces, joined once the frame is whole: joining at every chunk would copy a large
            # frame that comes octet by octet as often as it has octets.
            self._pieces.append(bytes(data))
            self._have += len(data)

    def __iter__(self) -> Iterator[bytes]:
        """The frames that are whole now, in order, each with its length field."""
        while self._have >= self._need:
            data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            size = len(data)
            at = 0
            need = 4
            try:
                while size - at >= 4:
                    (length,) = _LENGTH.unpack_from(data, at)
                    if not self.minimum <= length <= self.maximum:
                        raise MalformedPdu(f"frame length {length} is impossible", field="length")
                    if size - at < length:
                        need = length
                        break
                    end = at + length
                    frame = data[at:end]
                    at = end
                    yield frame
            finally:
                # Whatever was fed while the caller held a frame lies in further pieces and must stay.
                fed_meanwhile = self._pieces[1:] if self._pieces and self._pieces[0] is data else []
                rest = data[at:]
                self._pieces = [rest, *fed_meanwhile] if rest else fed_meanwhile
                self._have = sum(map(len, self._pieces))
                self._need = need
