"""How one PDU lies on the wire: rows of fields that encode, decode and name the place of an error."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from carriers.sgip.pdu import HEADER_OCTETS, Pdu
from gateway.core.errors import LocalProtocolError, MalformedPdu

_OCTETS = {"B": 1, "L": 4}
_HEADER = struct.Struct(">LL12s")
_NUMBER_OCTETS = 21
_TAIL_OCTETS = 8


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table in the specification."""

    name: str  # as the specification writes it
    attribute: str
    code: str  # B, L for integers of 1, 4 octets; "21s" for text of 21 octets
    raw: bool = False  # octets that mean what they are: a sequence number may end in NUL and must not be trimmed

    @property
    def octets(self) -> int:
        return _OCTETS.get(self.code) or int(self.code[:-1])

    @property
    def is_text(self) -> bool:
        return self.code.endswith("s") and not self.raw


RESERVE = Field("Reserve", "reserve", "8s")


class Fields:
    """Fields of fixed width, one after the other."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self._struct = struct.Struct(">" + "".join(field.code for field in fields))
        self.octets = self._struct.size
        self._widths = [(index, field) for index, field in enumerate(fields) if field.code.endswith("s")]
        self._texts = [index for index, field in enumerate(fields) if field.is_text]
        self._attributes = tuple(field.attribute for field in fields)

    def pack(self, value: object, *more: int) -> bytes:
        """The octets of the attributes; `more` are values for last fields that are none.

        Raises LocalProtocolError for a value that does not fit its field.
        """
        given = self._attributes[: len(self._attributes) - len(more)]
        values = [getattr(value, attribute) for attribute in given]
        values += more
        for index, field in self._widths:
            size = len(values[index])
            if size > field.octets or (field.raw and size != field.octets):
                raise LocalProtocolError(f"{field.name} has {size} octets, its field {field.octets}")
        try:
            return self._struct.pack(*values)
        except struct.error as error:
            raise LocalProtocolError(f"a value does not fit its field: {error}") from None

    def unpack(self, frame: bytes, at: int) -> list[Any]:
        """The values that begin at an octet of the frame, texts without what fills them up."""
        values = list(self._struct.unpack_from(frame, at))
        for index in self._texts:
            values[index] = values[index].rstrip(b"\0")
        return values

    def field_at(self, octets: int) -> Field:
        """The field in which so many octets end."""
        for field in self.fields:
            octets -= field.octets
            if octets < 0:
                return field
        return self.fields[-1]


class Layout:
    """A PDU whose fields are all of fixed width.

    `decode` and `encode` are exact inverses. Decoding takes a whole frame whose header has been checked and raises
    MalformedPdu when its length and the lengths inside it do not agree; encoding raises LocalProtocolError for a value
    that does not fit its field.
    """

    def __init__(self, command_id: int, kind: type[Any], name: str, *fields: Field) -> None:
        self.command_id = command_id
        self.kind = kind
        self.name = name
        self.head = Fields(*fields)

    def encode(self, pdu: Pdu, sequence: bytes) -> bytes:
        """The whole frame."""
        return self._frame(sequence, self.head.pack(pdu))

    def decode(self, frame: bytes) -> Pdu:
        """The PDU of a whole frame."""
        self._check_head(frame)
        if len(frame) > HEADER_OCTETS + self.head.octets:
            raise self._wrong_length(frame, HEADER_OCTETS + self.head.octets)
        pdu: Pdu = self.kind(*self.head.unpack(frame, HEADER_OCTETS))
        return pdu

    def _frame(self, sequence: bytes, *pieces: bytes) -> bytes:
        body = b"".join(pieces)
        if len(sequence) != 12:
            raise LocalProtocolError("a sequence number has 12 octets")
        return _HEADER.pack(HEADER_OCTETS + len(body), self.command_id, sequence) + body

    def _check_head(self, frame: bytes) -> None:
        have = len(frame) - HEADER_OCTETS
        if have < self.head.octets:
            raise MalformedPdu(
                f"{self.name} of {len(frame)} octets ends inside",
                offset=len(frame),
                field=self.head.field_at(have).name,
            )

    def _wrong_length(self, frame: bytes, octets: int) -> MalformedPdu:
        return MalformedPdu(f"{self.name} has {len(frame)} octets instead of {octets}", field="Message Length")


class MessageLayout(Layout):
    """A PDU with a message content: fields, numbers where there are some, fields, counted octets, Reserve."""

    def __init__(
        self, command_id: int, kind: type[Any], name: str, *fields: Field, between: tuple[Field, ...] = ()
    ) -> None:
        """`between` are the fields behind the numbers; without them there are no numbers."""
        length = Field("MessageLength", "message_content", "L")
        self.has_numbers = bool(between)
        closing = Field("UserCount", "user_numbers", "B") if between else length
        super().__init__(command_id, kind, name, *fields, closing)
        self.between = Fields(*between, length) if between else Fields()

    def encode(self, pdu: Any, sequence: bytes) -> bytes:
        """The whole frame."""
        content: bytes = pdu.message_content
        if len(pdu.reserve) > _TAIL_OCTETS:
            raise LocalProtocolError(f"Reserve has {len(pdu.reserve)} octets, its field {_TAIL_OCTETS}")
        tail = content + pdu.reserve.ljust(_TAIL_OCTETS, b"\0")
        if not self.has_numbers:
            return self._frame(sequence, self.head.pack(pdu, len(content)), tail)
        numbers: tuple[bytes, ...] = pdu.user_numbers
        packed = b"".join([number.ljust(_NUMBER_OCTETS, b"\0") for number in numbers])
        if len(packed) != _NUMBER_OCTETS * len(numbers):
            raise LocalProtocolError(f"a UserNumber has more than {_NUMBER_OCTETS} octets")
        return self._frame(
            sequence, self.head.pack(pdu, len(numbers)), packed, self.between.pack(pdu, len(content)), tail
        )

    def decode(self, frame: bytes) -> Pdu:
        """The PDU of a whole frame."""
        self._check_head(frame)
        *values, count = self.head.unpack(frame, HEADER_OCTETS)
        at = HEADER_OCTETS + self.head.octets
        if self.has_numbers:
            end = at + _NUMBER_OCTETS * count
            if end + self.between.octets + _TAIL_OCTETS > len(frame):
                raise MalformedPdu(
                    f"{self.name} says {count} numbers and is too short for them", offset=at - 1, field="UserCount"
                )
            values.append(tuple([frame[i : i + _NUMBER_OCTETS].rstrip(b"\0") for i in range(at, end, _NUMBER_OCTETS)]))
            *more, count = self.between.unpack(frame, end)
            values += more
            at = end + self.between.octets
        have = len(frame) - at - _TAIL_OCTETS
        if count != have:
            raise MalformedPdu(
                f"{self.name} says {count} octets of content, has {have}", offset=at - 4, field="MessageLength"
            )
        pdu: Pdu = self.kind(*values, frame[at : at + count], frame[at + count :].rstrip(b"\0"))
        return pdu


class RowsLayout(Layout):
    """A PDU that is a counted list of rows."""

    def __init__(
        self, command_id: int, kind: type[Any], name: str, count: str, attribute: str, row: type[Any], *fields: Field
    ) -> None:
        super().__init__(command_id, kind, name, Field(count, attribute, "B"))
        self.attribute = attribute
        self.row = row
        self.rows = Fields(*fields)

    def encode(self, pdu: Pdu, sequence: bytes) -> bytes:
        """The whole frame."""
        rows = getattr(pdu, self.attribute)
        return self._frame(sequence, self.head.pack(pdu, len(rows)), *(self.rows.pack(row) for row in rows))

    def decode(self, frame: bytes) -> Pdu:
        """The PDU of a whole frame."""
        self._check_head(frame)
        (count,) = self.head.unpack(frame, HEADER_OCTETS)
        at = HEADER_OCTETS + self.head.octets
        if at + count * self.rows.octets != len(frame):
            raise MalformedPdu(
                f"{self.name} says {count} rows, which are {count * self.rows.octets} octets and not {len(frame) - at}",
                offset=at - 1,
                field=self.head.fields[0].name,
            )
        rows = tuple(self.row(*self.rows.unpack(frame, i)) for i in range(at, len(frame), self.rows.octets))
        pdu: Pdu = self.kind(rows)
        return pdu
