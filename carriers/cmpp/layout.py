"""How one PDU lies on the wire: a row of fields that encodes, decodes and names the place of an error."""

from __future__ import annotations

import struct
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from gateway.core.errors import LocalProtocolError, MalformedPdu

if TYPE_CHECKING:
    from collections.abc import Callable

    from carriers.cmpp.pdu import Pdu

_HEADER = struct.Struct(">LLL")
_OCTETS = {"B": 1, "H": 2, "L": 4, "Q": 8}


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table in the specification."""

    name: str  # as the specification writes it
    attribute: str
    code: str  # B, L, Q for integers of 1, 4, 8 octets; "21s" for text of 21 octets
    raw: bool = False  # octets that mean what they are: a digest may end in NUL and must not be trimmed

    @property
    def octets(self) -> int:
        return _OCTETS.get(self.code) or int(self.code[:-1])

    @property
    def is_text(self) -> bool:
        return self.code.endswith("s") and not self.raw


@dataclass(frozen=True, slots=True)
class Content:
    """The part of a message PDU whose size varies: destinations, fields, counted octets, a tail."""

    between: tuple[Field, ...]  # behind the destinations, before Msg_Length
    tail: Field
    destinations: Field | None = None  # counted by the octet before them


class Layout:
    """One PDU class in one version.

    `decode` and `encode` are exact inverses. Decoding takes a whole frame whose header has been checked and
    raises MalformedPdu when its length and the lengths inside it do not agree; encoding raises
    LocalProtocolError for a value that does not fit its field.
    """

    def __init__(
        self,
        command_id: int,
        kind: type[Pdu],
        name: str,
        head: tuple[Field, ...],
        content: Content | None = None,
    ) -> None:
        self.command_id = command_id
        self.kind = kind
        self.name = name
        self.head = head
        self.content = content
        # With destinations their number closes the head, else Msg_Length does.
        codes = "".join(field.code for field in head) + ("B" if content is not None else "")
        self._body = struct.Struct(">" + codes)
        self.head_octets = _HEADER.size + self._body.size
        self.octets = self.head_octets  # of the shortest PDU of this layout
        self._between = struct.Struct(">B")
        if content is not None:
            self.octets += content.tail.octets
            if content.destinations is not None:
                self._between = struct.Struct(">" + "".join(field.code for field in content.between) + "B")
                self.octets += self._between.size
        # Straight-line functions made from the table, as dataclasses does with __init__: a loop over the
        # fields takes three times as long, and SUBMIT is what a busy link does all day.
        names: dict[str, Any] = {
            "layout": self,
            "pack": struct.Struct(">LLL" + codes).pack,
            "unpack": self._body.unpack_from,
            "pack_between": self._between.pack,
            "unpack_between": self._between.unpack_from,
            "error": struct.error,
            # A frozen dataclass takes its fields through object.__setattr__, which would be most of the cost
            # of decoding. A plain class with the same slots takes them directly and then gets its real class.
            "Unfinished": type(f"Unfinished{kind.__name__}", (), {"__slots__": kind.__slots__}),
            "kind": kind,
        }
        exec("\n".join((*self._encoder(), *self._decoder())), names)  # noqa: S102 (made from our own tables only)
        self.encode: Callable[[Pdu, int], bytes] = names["encode"]
        self.decode: Callable[[bytes], Pdu] = names["decode"]

    def texts(self) -> list[Field]:
        """The fields of fixed width that hold octets, in wire order."""
        content = self.content
        rest = () if content is None else (*content.between, content.tail)
        return [field for field in (*self.head, *rest) if field.code.endswith("s")]

    def _encoder(self) -> list[str]:
        values = [
            "{octets}",
            str(self.command_id),
            "sequence_id",
            *(f"pdu.{field.attribute}" for field in self.head),
        ]
        lines = ["def encode(pdu, sequence_id):"]
        checks = [f"len(pdu.{field.attribute}) > {field.octets}" for field in self.texts()]
        if checks:
            lines += [f"    if {' or '.join(checks)}:", "        raise layout.too_long(pdu)"]
        lines.append("    try:")
        content = self.content
        if content is None:
            return [
                *lines,
                f"        return pack({', '.join(values).format(octets=self.octets)})",
                "    except error as why:",
                "        raise layout.unfit(why) from None",
            ]
        lines += ["        text = pdu.msg_content"]
        octets = f"{self.octets} + len(text)"
        tail = f"text + pdu.{content.tail.attribute}.ljust({content.tail.octets}, b'\\0')"
        if content.destinations is not None:
            width = content.destinations.octets
            between = ", ".join([*(f"pdu.{field.attribute}" for field in content.between), "len(text)"])
            lines += [
                f"        numbers = pdu.{content.destinations.attribute}",
                f"        packed = b''.join([number.ljust({width}, b'\\0') for number in numbers])",
                f"        if len(packed) != {width} * len(numbers):",
                "            raise layout.too_long(pdu)",
            ]
            octets += " + len(packed)"
            tail = f"packed + pack_between({between}) + {tail}"
        values.append("len(text)" if content.destinations is None else "len(numbers)")
        return [
            *lines,
            f"        return pack({', '.join(values).format(octets=octets)}) + {tail}",
            "    except error as why:",
            "        raise layout.unfit(why) from None",
        ]

    def _decoder(self) -> list[str]:
        content = self.content
        counter = [] if content is None else ["length" if content.destinations is None else "count"]
        targets = [f"v{index}" for index in range(len(self.head))]
        lines = [
            "def decode(frame):",
            "    size = len(frame)",
            f"    if size {'!=' if content is None else '<'} {self.octets}:",
            "        raise layout.wrong_length(size)",
            "    pdu = Unfinished()",
        ]
        if targets or counter:
            lines.append(f"    {', '.join([*targets, *counter])}, = unpack(frame, {_HEADER.size})")
        lines += [_assignment(field, target) for field, target in zip(self.head, targets, strict=True)]
        given = {field.attribute for field in self.head}
        if content is not None:
            lines.append(f"    at = {self.head_octets}")
            if content.destinations is not None:
                lines += self._destinations_decoder(content, content.destinations)
                given.add(content.destinations.attribute)
            lines += [
                "    end = at + length",
                f"    if end + {content.tail.octets} != size:",
                "        raise layout.wrong_content(size, at, length)",
                "    pdu.msg_content = frame[at:end]",
                _assignment(content.tail, "frame[end:]"),
            ]
            given |= {"msg_content", content.tail.attribute, *(field.attribute for field in content.between)}
        for field in fields(self.kind):
            if field.name not in given:
                assert field.default is not MISSING, f"{self.name} lacks {field.name}"
                lines.append(f"    pdu.{field.name} = {field.default!r}")
        return [*lines, "    pdu.__class__ = kind", "    return pdu"]

    def _destinations_decoder(self, content: Content, numbers: Field) -> list[str]:
        targets = [f"w{index}" for index in range(len(content.between))]
        width = numbers.octets
        return [
            f"    end = at + {width} * count",
            f"    if end + {self.octets - self.head_octets} > size:",
            "        raise layout.too_many(count)",
            f"    numbers = [frame[i : i + {width}].rstrip(b'\\0') for i in range(at, end, {width})]",
            f"    pdu.{numbers.attribute} = tuple(numbers)",
            f"    {', '.join([*targets, 'length'])}, = unpack_between(frame, end)",
            *(_assignment(field, target) for field, target in zip(content.between, targets, strict=True)),
            f"    at = end + {self._between.size}",
        ]

    def wrong_length(self, size: int) -> MalformedPdu:
        """Why a frame of that size is no such PDU."""
        at = _HEADER.size
        for field in self.head:
            if size < at + field.octets:
                return MalformedPdu(f"{self.name} of {size} octets ends inside", offset=at, field=field.name)
            at += field.octets
        least = "at least " if self.content else ""
        return MalformedPdu(f"{self.name} has {size} octets instead of {least}{self.octets}", field="Total_Length")

    def wrong_content(self, size: int, at: int, length: int) -> MalformedPdu:
        """Why Msg_Length cannot be true."""
        assert self.content is not None
        return MalformedPdu(
            f"{self.name} says {length} octets of content, has {size - at - self.content.tail.octets}",
            offset=at - 1,
            field="Msg_Length",
        )

    def too_many(self, count: int) -> MalformedPdu:
        """Why DestUsr_tl cannot be true."""
        return MalformedPdu(
            f"{self.name} says {count} destinations and is too short for them",
            offset=self.head_octets - 1,
            field="DestUsr_tl",
        )

    def too_long(self, pdu: Pdu) -> LocalProtocolError:
        """Which value is wider than its field."""
        for field in self.texts():
            if len(getattr(pdu, field.attribute)) > field.octets:
                return LocalProtocolError(f"{field.name} of {self.name} has more than {field.octets} octets")
        return LocalProtocolError(f"a destination of {self.name} is longer than its field")

    def unfit(self, why: struct.error) -> LocalProtocolError:
        """That some number is beyond its field."""
        return LocalProtocolError(f"a value of {self.name} does not fit its field: {why}")


def _assignment(field: Field, value: str) -> str:
    trim = ".rstrip(b'\\0')" if field.is_text else ""
    return f"    pdu.{field.attribute} = {value}{trim}"
