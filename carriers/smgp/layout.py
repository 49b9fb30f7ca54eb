"""How one PDU lies on the wire: a row of fields that encodes, decodes and names the place of an error."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carriers.smgp.tlv import read_tlvs, write_tlvs
from gateway.core.errors import LocalProtocolError, MalformedPdu

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER = struct.Struct(">LLL")
_NUMBERS = {"B": 1, "H": 2, "L": 4}


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table in the specification."""

    name: str  # as the specification writes it
    attribute: str
    code: str  # B, H, L for integers of 1, 2, 4 octets; "21s" for text of 21 octets
    raw: bool = False  # octets that mean what they are: a digest or an id may end in NUL and must not be trimmed

    @property
    def octets(self) -> int:
        return _NUMBERS.get(self.code) or int(self.code[:-1])

    @property
    def is_text(self) -> bool:
        return self.code.endswith("s") and not self.raw

    def misfit(self, value: Any) -> str:
        """Why the value cannot stand in this field; "" when it can."""
        if self.code in _NUMBERS:
            fits = isinstance(value, int) and 0 <= value < 256**self.octets
            return "" if fits else f"{self.name} must be 0 to {256**self.octets - 1}"
        size = len(value)
        if self.raw:
            return "" if size == self.octets else f"{self.name} must have {self.octets} octets"
        return "" if size <= self.octets else f"{self.name} has more than {self.octets} octets"


@dataclass(frozen=True, slots=True)
class Content:
    """The part of a message PDU whose size varies: destinations, counted octets, a reserve."""

    reserve: Field
    destinations: Field | None = None  # counted by the octet before them


class Layout:
    """One PDU.

    `decode` and `encode` are exact inverses. Decoding takes a whole frame whose header has been checked and
    raises MalformedPdu when its length and the lengths inside it do not agree; encoding raises
    LocalProtocolError for a value that does not fit its field. Values stand in wire order: the fields, then of a
    message the destinations (a tuple), MsgContent and Reserve, then the optional parameters where there are any.
    """

    def __init__(
        self,
        request_id: int,
        name: str,
        fields: tuple[Field, ...],
        content: Content | None = None,
        *,
        has_tlvs: bool = False,
    ) -> None:
        self.request_id = request_id
        self.name = name
        self.fields = fields
        self.content = content
        self.has_tlvs = has_tlvs
        counted = "" if content is None else "B"  # DestTermIDCount where there are destinations, else MsgLength
        self._head = struct.Struct(">" + "".join(field.code for field in fields) + counted)
        self.octets = _HEADER.size + self._head.size  # of the shortest PDU of this layout
        if content is not None:
            self.octets += content.reserve.octets + (content.destinations is not None)
        names = [field.attribute for field in fields]
        if content is not None:
            names += [] if content.destinations is None else [content.destinations.attribute]
            names += ["msg_content", content.reserve.attribute]
        self.attributes = (*names, "tlvs") if has_tlvs else tuple(names)  # of the values, in their order
        self._texts = [(index, field) for index, field in enumerate(fields) if field.code not in _NUMBERS]

    def encode(self, values: Sequence[Any], sequence_id: int) -> bytes:
        """The whole frame."""
        count = len(self.fields)
        for index, field in self._texts:
            size = len(values[index])
            if size > field.octets or (field.raw and size != field.octets):
                raise LocalProtocolError(f"{self.name}: {field.misfit(values[index])}")
        rest = b""
        counted: tuple[int, ...] = ()
        try:
            if self.content is not None:
                rest, counted = self._encode_content(self.content, values, count)
            if self.has_tlvs:
                rest += write_tlvs(values[-1])
            head = self._head.pack(*values[:count], *counted)
            return _HEADER.pack(_HEADER.size + len(head) + len(rest), self.request_id, sequence_id) + head + rest
        except struct.error as why:
            raise self._unfit(values, sequence_id, why) from None

    def _encode_content(self, content: Content, values: Sequence[Any], at: int) -> tuple[bytes, tuple[int]]:
        numbers = content.destinations
        packed = b""
        if numbers is not None:
            for number in values[at]:
                if len(number) > numbers.octets:
                    raise LocalProtocolError(f"{self.name}: {numbers.misfit(number)}")
                packed += number.ljust(numbers.octets, b"\0")
            at += 1
        text, reserve = values[at], values[at + 1]
        if len(text) > 255 or len(reserve) > content.reserve.octets:
            raise LocalProtocolError(f"{self.name}: MsgContent or {content.reserve.name} is too long")
        tail = text + reserve.ljust(content.reserve.octets, b"\0")
        if numbers is None:
            return tail, (len(text),)
        return packed + bytes((len(text),)) + tail, (len(values[at - 1]),)

    def decode(self, frame: bytes) -> list[Any]:
        """The values of a whole frame."""
        size = len(frame)
        varies = self.content is not None or self.has_tlvs
        if size < self.octets or (size > self.octets and not varies):
            raise self._wrong_length(size)
        values = list(self._head.unpack_from(frame, _HEADER.size))
        at = _HEADER.size + self._head.size
        for index, field in self._texts:
            if not field.raw:
                values[index] = values[index].rstrip(b"\0")
        if self.content is not None:
            counted = values.pop()
            at = self._decode_content(self.content, frame, at, counted, values)
        if self.has_tlvs:
            values.append(read_tlvs(frame, at))
        return values

    def _decode_content(self, content: Content, frame: bytes, at: int, counted: int, values: list[Any]) -> int:
        size = len(frame)
        numbers = content.destinations
        length = counted
        if numbers is not None:
            end = at + numbers.octets * counted
            if end + 1 + content.reserve.octets > size:
                raise MalformedPdu(
                    f"{self.name} says {counted} destinations and is too short for them",
                    offset=at - 1,
                    field="DestTermIDCount",
                )
            values.append(
                tuple(frame[i : i + numbers.octets].rstrip(b"\0") for i in range(at, end, numbers.octets)),
            )
            length = frame[end]
            at = end + 1
        end = at + length
        behind = end + content.reserve.octets
        if behind > size:
            raise MalformedPdu(
                f"{self.name} says {length} octets of content, has {max(0, size - at - content.reserve.octets)}",
                offset=at - 1,
                field="MsgLength",
            )
        values += [frame[at:end], frame[end:behind].rstrip(b"\0")]
        return behind

    def _wrong_length(self, size: int) -> MalformedPdu:
        at = _HEADER.size
        for field in self.fields:
            if size < at + field.octets:
                return MalformedPdu(f"{self.name} of {size} octets ends inside", offset=at, field=field.name)
            at += field.octets
        least = "at least " if self.content or self.has_tlvs else ""
        return MalformedPdu(f"{self.name} has {size} octets instead of {least}{self.octets}", field="PacketLength")

    def _unfit(self, values: Sequence[Any], sequence_id: int, why: struct.error) -> LocalProtocolError:
        if not 0 <= sequence_id <= 0xFFFFFFFF:
            return LocalProtocolError(f"{self.name}: SequenceID must be 0 to 4294967295")
        misfits = [field.misfit(value) for field, value in zip(self.fields, values, strict=False)]
        return LocalProtocolError(f"{self.name}: {next(filter(None, misfits), f'too many destinations: {why}')}")
