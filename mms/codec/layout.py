"""What all MMS PDUs have in common: how headers become fields of a value, and fields headers.

Every PDU says which headers it has, in the order they are written in; here they are read in any order. A header of
another PDU or another time, a second one where one is meant, and an optional one that cannot be read are passed over
and kept in `unknown`, for traces.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple, Self

from mms.codec import content_types, headers, multipart, wsp
from mms.codec.codes import V1_2, PduType, Version
from mms.codec.content_types import ContentType
from mms.codec.errors import MmsFormatError
from mms.codec.headers import Header
from mms.content import Body

#: Octets of a PDU; centres take from 30 KB to some megabytes.
MAX_OCTETS: Final = 16 * 1024 * 1024
#: Headers of a PDU; each recipient has one.
MAX_HEADERS: Final = 1000


class Place(NamedTuple):
    """A header of a PDU and the field that holds its value."""

    header: Header
    attribute: str
    needed: bool = False
    many: bool = False


class Unknown(NamedTuple):
    """A header that was passed over."""

    name: str  # of one without a name here: its number, "0xC8"
    value: bytes  # as it was encoded


@dataclass(frozen=True, slots=True)
class Scan:
    """The headers of a PDU as they stand there."""

    values: tuple[tuple[int, wsp.Reader], ...]
    unknown: tuple[Unknown, ...]  # those with a name in text
    content_type: ContentType | None


def scan(reader: wsp.Reader) -> Scan:
    """The headers, up to the content type or the end. Raises MmsFormatError."""
    values: list[tuple[int, wsp.Reader]] = []
    unknown: list[Unknown] = []
    while reader.left:
        if len(values) + len(unknown) >= MAX_HEADERS:
            raise MmsFormatError(f"more than {MAX_HEADERS} headers", offset=reader.at)
        start = reader.at
        code = reader.octet("header")
        if code == headers.CONTENT_TYPE_CODE:
            return Scan(tuple(values), tuple(unknown), content_types.read(reader))
        if code >= 0x80:
            values.append((code, _value(reader, code)))
        elif code > wsp.LENGTH_QUOTE:
            reader.at = start
            name = content_types.plain(reader.text("header").decode("latin-1"))
            inner = reader.value(name[:60])
            unknown.append(Unknown(name[:60], inner.data[inner.at : inner.end]))
        else:
            raise MmsFormatError(f"{code:02X} begins no header", offset=start, field="header")
    return Scan(tuple(values), tuple(unknown), None)


def _value(reader: wsp.Reader, code: int) -> wsp.Reader:
    name = headers.name_of(code)
    if code in headers.TEXTS and reader.left and reader.data[reader.at] >= 0x80:
        start = reader.at
        reader.text(name)
        return wsp.Reader(reader.data, start, reader.at)
    return reader.value(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """A PDU: what all of them have."""

    TYPE: ClassVar[PduType]
    LAYOUT: ClassVar[tuple[Place, ...]]
    HAS_BODY: ClassVar[bool] = False
    NEEDS_BODY: ClassVar[bool] = False

    version: Version = V1_2
    unknown: tuple[Unknown, ...] = field(default=(), compare=False)

    def encode(self) -> bytes:
        """The octets. Raises MmsFormatError for a field that is missing or has a value no header can have.

        Response statuses are those that a client of `version` understands; `unknown` is not written.
        """
        head = self._head()
        body: Body | None = getattr(self, "body", None)
        if body is None:
            return head
        kind, content = multipart.encode_body(body)
        if len(head) + len(kind) + len(content) >= MAX_OCTETS:
            raise MmsFormatError(f"a PDU has {MAX_OCTETS} octets at most")
        return b"".join((head, bytes((headers.CONTENT_TYPE_CODE,)), kind, content))

    def encoded_size(self) -> int:
        """Octets that `encode` gives, without copying any content."""
        body: Body | None = getattr(self, "body", None)
        return len(self._head()) + (0 if body is None else 1 + multipart.encoded_size(body))

    def _head(self) -> bytes:
        pieces = [bytes((headers.MESSAGE_TYPE_CODE, self.TYPE))]
        for header, attribute, needed, many in self.LAYOUT:
            value = getattr(self, attribute)
            if value is None or value == "" or value == ():
                if needed:
                    raise MmsFormatError("it is missing", field=header.name)
                if header is not headers.FROM_PHONE:
                    continue
            code = bytes((header.code,))
            pieces.extend(code + self._written(header, one) for one in (value if many else (value,)))
        self._check()
        return b"".join(pieces)

    def _written(self, header: Header, value: Any) -> bytes:
        if header is headers.RESPONSE_STATUS:
            value = value.for_version(self.version)
        try:
            return header.form.write(value)
        except MmsFormatError as error:
            raise MmsFormatError(error.reason, field=error.field or header.name) from error
        except ValueError as error:
            raise MmsFormatError(str(error), field=header.name) from error

    def _check(self) -> None:
        """Raises MmsFormatError for fields that do not go together."""

    @classmethod
    def read(cls, found: Scan, reader: wsp.Reader) -> Self:
        """The PDU of these headers and the body behind them. Raises MmsFormatError."""
        values: dict[str, Any] = {}
        unknown = list(found.unknown)
        places = {place.header.code: place for place in cls.LAYOUT}
        for code, value in found.values:
            place = places.get(code)
            start = value.at
            if place is not None and (place.many or place.attribute not in values):
                try:
                    read = place.header.form.read(value, place.header.name)
                except MmsFormatError:
                    if place.needed:
                        raise
                else:
                    if not place.many:
                        values[place.attribute] = read
                    elif read:
                        values[place.attribute] = (*values.get(place.attribute, ()), read)
                    continue
            if code != headers.MESSAGE_TYPE_CODE:
                unknown.append(Unknown(headers.name_of(code), value.data[start : value.end]))
        for place in cls.LAYOUT:
            if place.needed and values.get(place.attribute) in (None, "", ()):
                raise MmsFormatError("it is missing", offset=reader.at, field=place.header.name)
        if found.content_type is None:
            if cls.NEEDS_BODY:
                raise MmsFormatError("it is missing", offset=reader.at, field="Content-Type")
        elif cls.HAS_BODY:
            values["body"] = multipart.read_body(found.content_type, reader)
        pdu = cls(unknown=tuple(unknown), **values)
        pdu._check()
        return pdu
