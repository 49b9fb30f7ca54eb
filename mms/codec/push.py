"""What is pushed to a phone by a data SMS: the connectionless push of WSP (WAP-230, sections 8.2.4.1 and 8.4). Pure.

A push is a transaction number, 06, the length of its header, the header (content type first), and the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.core.errors import MalformedPdu, NotEncodable
from gateway.core.wbxml import read_number, write_number
from mms.codec.provisioning_mac import Proof, Security

#: Octets of a push that is read or written; 255 segments hold half of it.
MAX_OCTETS: Final = 65_536

_PUSH: Final = 0x06
_LENGTH_QUOTE: Final = 0x1F
_QUOTE: Final = 0x7F

#: Content types of pushes by their numbers (WSP assigned numbers).
CONTENT_TYPES: Final = {
    0x2D: "text/vnd.wap.si",
    0x2E: "application/vnd.wap.sic",
    0x2F: "text/vnd.wap.sl",
    0x30: "application/vnd.wap.slc",
    0x31: "text/vnd.wap.co",
    0x32: "application/vnd.wap.coc",
    0x33: "application/vnd.wap.multipart.related",
    0x34: "application/vnd.wap.sia",
    0x35: "text/vnd.wap.connectivity-xml",
    0x36: "application/vnd.wap.connectivity-wbxml",
    0x3E: "application/vnd.wap.mms-message",
    0x42: "application/vnd.syncml.dm+wbxml",
    0x44: "application/vnd.syncml.notification",
    0x4A: "application/vnd.oma.drm.rights+xml",
    0x4B: "application/vnd.oma.drm.rights+wbxml",
    0x4E: "application/vnd.syncml.ds.notification",
}
_CONTENT_CODES: Final = {name: code for code, name in CONTENT_TYPES.items()}

#: Programs of a phone by their numbers (X-Wap-Application-Id, behind "x-wap-application:").
APPLICATIONS: Final = {
    0x00: "*",
    0x01: "push.sia",
    0x02: "wml.ua",
    0x03: "wta.ua",
    0x04: "mms.ua",
    0x05: "push.syncml",
    0x06: "loc.ua",
    0x07: "syncml.dm",
    0x08: "drm.ua",
    0x09: "emn.ua",
    0x0A: "wv.ua",
}
_APPLICATION_CODES: Final = {name: code for code, name in APPLICATIONS.items()}
_APPLICATION_PREFIX: Final = "x-wap-application:"

_APPLICATION_ID: Final = 0x2F
_PUSH_FLAG: Final = 0x34
_CHARSET, _SEC, _MAC = 0x01, 0x11, 0x12

#: Bits of the push flag.
AUTHENTICATED: Final = 0x01
TRUSTED: Final = 0x02
LAST: Final = 0x04


class Header(NamedTuple):
    """A header that is only carried along."""

    name: str  # a number that stands for a name as "0A" (code page 1), else the name
    value: bytes  # as it is encoded, with its length or its end


@dataclass(frozen=True, slots=True)
class Push:
    """A push of any content."""

    content_type: str  # lower case
    data: bytes
    application: str = ""  # a name of APPLICATIONS, or a URI; "" = not said
    charset: int | None = None  # MIBenum
    proof: Proof | None = None  # of settings
    flags: int | None = None
    transaction: int = 1  # 0 to 255
    headers: tuple[Header, ...] = ()
    #: Parameters of the content type that are only carried along.
    parameters: tuple[bytes, ...] = ()
    #: Write the content type by its name though it has a number.
    by_name: bool = False

    def encode(self) -> bytes:
        """The octets; raises NotEncodable for names that are not ASCII and for more than MAX_OCTETS."""
        header = self._content_type()
        if self.application:
            header += bytes((0x80 | _APPLICATION_ID,)) + _application_octets(self.application)
        if self.flags is not None:
            header += bytes((0x80 | _PUSH_FLAG, 0x80 | self.flags & 0x7F))
        for name, value in self.headers:
            header += _header_name(name) + value
        if not 0 <= self.transaction <= 0xFF:
            raise NotEncodable(f"{self.transaction} is no transaction number: 0 to 255.")
        octets = bytes((self.transaction, _PUSH)) + write_number(len(header)) + header + self.data
        if len(octets) > MAX_OCTETS:
            raise NotEncodable(f"{len(octets)} octets are too many for a push, which has {MAX_OCTETS} at most.")
        return octets

    def _content_type(self) -> bytes:
        code = None if self.by_name else _CONTENT_CODES.get(self.content_type)
        media = _text_octets(self.content_type) if code is None else bytes((0x80 | code,))
        parameters = b"".join(self.parameters)
        if self.proof is not None:
            security = bytes((0x80 | _SEC, 0x80 | self.proof.security))
            parameters = security + bytes((0x80 | _MAC,)) + _text_octets(self.proof.mac) + parameters
        if self.charset is not None:
            parameters = bytes((0x80 | _CHARSET,)) + _integer_octets(self.charset) + parameters
        if not parameters:
            return media
        return _length_octets(len(media) + len(parameters)) + media + parameters

    @classmethod
    def decode(cls, octets: bytes) -> Push:
        """A push from its octets, to their end. Raises MalformedPdu with the place.

        Headers that are not known are carried along by the kind of their value, but those of other code pages are
        left out.
        """
        if len(octets) > MAX_OCTETS:
            raise MalformedPdu(f"{len(octets)} octets are more than a push may have")
        if len(octets) < 3:
            raise MalformedPdu("the push is cut off", offset=len(octets))
        if octets[1] != _PUSH:
            raise MalformedPdu(f"this is no push: its type is {octets[1]:02X}", offset=1, field="type")
        length, at = read_number(octets, 2)
        end = at + length
        if end > len(octets) or not length:
            raise MalformedPdu("the header has another length than it says", offset=at, field="headers length")
        reader = _Reader(octets, at, end)
        content_type, by_name, parameters = reader.content_type()
        found = _sorted(parameters)
        application, flags, headers = reader.headers()
        return cls(
            content_type.lower(),
            octets[end:],
            application,
            found.charset,
            found.proof,
            flags,
            octets[0],
            headers,
            found.others,
            by_name,
        )


# --- writing --------------------------------------------------------------------------------------------------------


def _text_octets(text: str) -> bytes:
    """A text string, quoted where its first octet could be taken for something else (section 8.4.2.1)."""
    if "\0" in text or not text.isascii() or not text:
        raise NotEncodable(f"{text[:40]!r} is no text of a header: ASCII without NUL.")
    octets = text.encode()
    return (b"\x7f" if octets[0] < 0x20 or octets[0] == _QUOTE else b"") + octets + b"\0"


def _integer_octets(value: int) -> bytes:
    """A short integer up to 127, else a long one."""
    if value < 0:
        raise NotEncodable(f"{value} is negative.")
    if value < 0x80:
        return bytes((0x80 | value,))
    size = (value.bit_length() + 7) // 8
    if size > 30:
        raise NotEncodable("A number has 30 octets at most.")
    return bytes((size,)) + value.to_bytes(size, "big")


def _length_octets(length: int) -> bytes:
    return bytes((length,)) if length < _LENGTH_QUOTE else bytes((_LENGTH_QUOTE,)) + write_number(length)


def _application_octets(application: str) -> bytes:
    code = _APPLICATION_CODES.get(application.removeprefix(_APPLICATION_PREFIX))
    return _text_octets(application) if code is None else bytes((0x80 | code,))


def _header_name(name: str) -> bytes:
    if len(name) == 2:
        try:
            return bytes((0x80 | int(name, 16),))
        except ValueError:
            pass
    return _text_octets(name)


# --- reading --------------------------------------------------------------------------------------------------------


class _Parameters(NamedTuple):
    charset: int | None
    proof: Proof | None
    others: tuple[bytes, ...]


class _Reader:
    """Reads the header between two places."""

    def __init__(self, octets: bytes, at: int, end: int) -> None:
        self._octets = octets
        self._at = at
        self._end = end

    def content_type(self) -> tuple[str, bool, list[tuple[int, bytes, bytes]]]:
        """The media type, whether it is written by name, and the parameters: (number or -1, value, whole)."""
        first = self._peek()
        if first > _LENGTH_QUOTE:
            return *self._media(), []
        length = self._value_length()
        end = self._at + length
        if end > self._end:
            raise MalformedPdu("the content type is longer than the header", offset=self._at, field="content type")
        inner = _Reader(self._octets, self._at, end)
        media, by_name = inner._media()
        parameters = []
        while inner._at < end:
            parameters.append(inner._parameter())
        self._at = end
        return media, by_name, parameters

    def headers(self) -> tuple[str, int | None, tuple[Header, ...]]:
        """The application, the push flag, and what is carried along."""
        application, flags = "", None
        others: list[Header] = []
        page = 1
        while self._at < self._end:
            first = self._peek()
            if first == _QUOTE:  # a shift to another code page, whose number follows
                self._at += 1
                page = self._octet()
            elif first <= _LENGTH_QUOTE:  # the same in one octet
                page = self._octet()
            elif first < 0x80:
                others.append(Header(self._text(), self._value()))
            else:
                self._at += 1
                value = self._value()
                if page == 1 and first & 0x7F == _APPLICATION_ID and not application:
                    application = _application_of(value)
                elif page == 1 and first & 0x7F == _PUSH_FLAG and flags is None and value[0] >= 0x80:
                    flags = value[0] & 0x7F
                elif page == 1:
                    others.append(Header(f"{first & 0x7F:02X}", value))
        return application, flags, tuple(others)

    def _media(self) -> tuple[str, bool]:
        first = self._peek()
        if _LENGTH_QUOTE < first < 0x80:
            return self._text(), True
        value = self._value()
        code = value[0] & 0x7F if first >= 0x80 else int.from_bytes(value[1:], "big")
        return CONTENT_TYPES.get(code, f"type-{code:02x}"), False

    def _parameter(self) -> tuple[int, bytes, bytes]:
        start = self._at
        first = self._peek()
        if _LENGTH_QUOTE < first < 0x80:
            self._text()
            code = -1
        else:
            value = self._value()
            code = value[0] & 0x7F if first >= 0x80 else int.from_bytes(value[1:9], "big")
        value = self._value()
        return code, value, self._octets[start : self._at]

    def _value(self) -> bytes:
        """A value by the kind that its first octet tells (section 8.4.1.2)."""
        start = self._at
        first = self._peek()
        if first >= 0x80:
            self._at += 1
        elif first > _LENGTH_QUOTE:
            self._text()
        else:
            length = self._value_length()
            if length > self._end - self._at:
                raise MalformedPdu("a value is longer than the header", offset=start)
            self._at += length
        return self._octets[start : self._at]

    def _value_length(self) -> int:
        length = self._octet()
        if length < _LENGTH_QUOTE:
            return length
        length, self._at = read_number(self._octets[: self._end], self._at)
        return length

    def _text(self) -> str:
        end = self._octets.find(b"\0", self._at, self._end)
        if end < 0:
            raise MalformedPdu("a text does not end within the header", offset=self._at)
        octets, self._at = self._octets[self._at : end], end + 1
        return octets.removeprefix(b"\x7f").decode("latin-1")

    def _peek(self) -> int:
        if self._at >= self._end:
            raise MalformedPdu("the header is cut off", offset=self._at)
        return self._octets[self._at]

    def _octet(self) -> int:
        value = self._peek()
        self._at += 1
        return value


def _sorted(parameters: list[tuple[int, bytes, bytes]]) -> _Parameters:
    """The parameters we know, and the octets of the others."""
    charset: int | None = None
    security: Security | None = None
    mac = ""
    others: list[bytes] = []
    for code, value, whole in parameters:
        number = _number_of(value)
        if code == _CHARSET and charset is None and number is not None:
            charset = number
        elif code == _SEC and security is None and number is not None and number in list(Security):
            security = Security(number)
        elif code == _MAC and not mac and value[-1:] == b"\0" and len(value) > 1:
            mac = value[:-1].lstrip(b'\x7f"').decode("latin-1")
        else:
            others.append(whole)
    proof = None if security is None else Proof(security, mac)
    return _Parameters(charset, proof, tuple(others))


def _number_of(value: bytes) -> int | None:
    if value[0] >= 0x80:
        return value[0] & 0x7F
    return int.from_bytes(value[1:], "big") if 0 < value[0] < _LENGTH_QUOTE else None


def _application_of(value: bytes) -> str:
    number = _number_of(value)
    if number is None:
        uri = value.rstrip(b"\0").decode("latin-1")
        name = uri.removeprefix(_APPLICATION_PREFIX)
        return name if name in _APPLICATION_CODES else uri
    return APPLICATIONS.get(number, f"application-{number:02x}")
