"""Binary XML (WBXML 1.1 to 1.3, WAP-192) by token tables: a document of elements to octets, and back. Pure.

A `Dialect` holds the tokens of one document type, with code pages. Tags and attributes have a current page each, which
stays until it is switched (section 5.8.4.7.2); a writer switches only when the current page has no token for a name.
Written documents are UTF-8. What they may hold is bounded where they are read: octets, depth, and what references to
the string table add up to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.core.errors import MalformedPdu, NotEncodable

MAX_OCTETS: Final = 4_194_304
MAX_DEPTH: Final = 64
#: An element may be one octet: without a limit a document would become a hundred times its size in memory.
MAX_ELEMENTS: Final = 200_000
#: References to the string table may add up to so many times the length of the document: a small one must not become
#: a large one.
MAX_GROWTH: Final = 8

_SWITCH_PAGE, _END, _ENTITY, _STR_I, _LITERAL, _PI = 0x00, 0x01, 0x02, 0x03, 0x04, 0x43
_STR_T, _OPAQUE = 0x83, 0xC3
_HAS_ATTRIBUTES, _HAS_CONTENT = 0x80, 0x40
_UTF_8 = 106
#: A public identifier that says nothing (section 7.2).
_UNKNOWN_TYPE: Final = 0x01
#: MIBenum -> codec; 0 is "unknown" (section 5.6), which everybody takes for UTF-8. In all of these NUL ends a string.
_CHARSETS: Final = {
    0: "utf-8", 3: "ascii", 4: "latin-1", 5: "iso8859-2", 17: "shift_jis", 106: "utf-8", 113: "gbk", 114: "gb18030",
    2025: "gb2312", 2026: "big5",
}  # fmt: skip

#: (page, token): the page is 0 where there is but one.
Token = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Element:
    """An element; what is octets in it travels as opaque data."""

    name: str
    attributes: tuple[tuple[str, str | bytes], ...] = ()
    content: tuple[Element | str | bytes, ...] = ()

    def get(self, name: str) -> str | bytes | None:
        """An attribute; None without it."""
        return next((value for key, value in self.attributes if key == name), None)

    def elements(self, name: str = "") -> Iterator[Element]:
        """The elements in it, all or those of a name."""
        return (one for one in self.content if isinstance(one, Element) and name in ("", one.name))

    @property
    def text(self) -> str:
        """The text directly in it."""
        return "".join(one for one in self.content if isinstance(one, str))


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read."""

    root: Element
    public_id: int  # 0: `public_name` says which
    version: int = 3  # the minor one: 1.3
    charset: str = "utf-8"
    public_name: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The tokens of one document type. Of several tokens for one name, the one on the current page is written."""

    public_id: int
    tags: Mapping[Token, str]
    #: Attribute and the beginning of its value ("" = none of it).
    attributes: Mapping[Token, tuple[str, str]] = field(default_factory=dict)
    values: Mapping[Token, str] = field(default_factory=dict)
    #: Whether values are written in pieces (beginnings and ends of addresses), or by token only as a whole.
    in_pieces: bool = False
    #: Whether names without a token are written out, in a string table; else they cannot be written.
    literals: bool = False
    _tags: dict[str, list[Token]] = field(init=False, repr=False, compare=False)
    _starts: dict[str, list[tuple[str, Token]]] = field(init=False, repr=False, compare=False)
    _pieces: list[tuple[str, Token]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tags: dict[str, list[Token]] = {}
        for token, name in sorted(self.tags.items()):
            tags.setdefault(name, []).append(token)
        starts: dict[str, list[tuple[str, Token]]] = {}
        for token, (name, beginning) in sorted(self.attributes.items()):
            starts.setdefault(name, []).append((beginning, token))
        object.__setattr__(self, "_tags", tags)
        object.__setattr__(self, "_starts", starts)
        object.__setattr__(self, "_pieces", [(text, token) for token, text in sorted(self.values.items())])

    def tag(self, name: str, page: int) -> Token | None:
        """The token of a tag, on the current page where it has one."""
        return _on_page(self._tags.get(name, []), page)

    def start(self, name: str, value: str, page: int) -> tuple[str, Token] | None:
        """The longest beginning of an attribute's value that has a token, and the token."""
        fitting = [
            (beginning, token)
            for beginning, token in self._starts.get(name, [])
            if (value.startswith(beginning) if self.in_pieces or not beginning else value == beginning)
        ]
        longest = max((len(beginning) for beginning, _ in fitting), default=0)
        token = _on_page([token for beginning, token in fitting if len(beginning) == longest], page)
        return None if token is None else (value[:longest], token)

    def pieces(self, value: str, page: int) -> Iterator[str | Token]:
        """A value as tokens and what has none."""
        while value:
            found = [
                (value.find(text), -len(text), token)
                for text, token in self._pieces
                if (text in value if self.in_pieces else text == value)
            ]
            if not found:
                yield value
                return
            at, length, _ = min(found)
            token = _on_page([token for where, size, token in found if (where, size) == (at, length)], page)
            assert token is not None
            if at:
                yield value[:at]
            yield token
            page, value = token[0], value[at - length :]


def _on_page(tokens: list[Token], page: int) -> Token | None:
    return next((token for token in tokens if token[0] == page), tokens[0] if tokens else None)


# --- numbers --------------------------------------------------------------------------------------------------------


def write_number(value: int) -> bytes:
    """A multi-byte integer (mb_u_int32; WSP calls it uintvar): seven bits an octet, the last one without bit 80."""
    if not 0 <= value <= 0xFFFFFFFF:
        raise NotEncodable(f"{value} does not fit into 32 bits.")
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """A multi-byte integer and where it ends. Raises MalformedPdu beyond five octets, 32 bits or the data."""
    value = 0
    for place in range(at, at + 5):
        if place >= len(data):
            raise MalformedPdu("a number is cut off", offset=at)
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            if value > 0xFFFFFFFF:
                break
            return value, place + 1
    raise MalformedPdu("a number has more than 32 bits", offset=at)


# --- writing --------------------------------------------------------------------------------------------------------


def write(root: Element, dialect: Dialect, *, version: int = 3) -> bytes:
    """The octets of a document; `version` is the minor one, 1 to 3.

    Raises NotEncodable for a name without a token where the dialect has no literals, and for NUL in a text.
    """
    writer = _Writer(dialect)
    writer.element(root, 0)
    table = bytes(writer.table)
    return b"".join(
        (
            bytes((version,)),
            write_number(dialect.public_id),
            write_number(_UTF_8),
            write_number(len(table)),
            table,
            bytes(writer.body),
        )
    )


class _Writer:
    def __init__(self, dialect: Dialect) -> None:
        self.body = bytearray()
        self.table = bytearray()
        self._dialect = dialect
        self._tag_page = 0
        self._attribute_page = 0
        self._places: dict[str, int] = {}

    def element(self, element: Element, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise NotEncodable(f"Elements are nested more than {MAX_DEPTH} deep.")
        flags = (_HAS_ATTRIBUTES if element.attributes else 0) | (_HAS_CONTENT if element.content else 0)
        token = self._dialect.tag(element.name, self._tag_page)
        if token is None:
            self.body += bytes((_LITERAL | flags,)) + self._literal(element.name)
        else:
            self._tag_page = self._switch(self._tag_page, token[0])
            self.body.append(token[1] | flags)
        if element.attributes:
            for name, value in element.attributes:
                self._attribute(name, value)
            self.body.append(_END)
        if element.content:
            for one in element.content:
                if isinstance(one, Element):
                    self.element(one, depth + 1)
                else:
                    self.body += _opaque(one) if isinstance(one, bytes) else _inline(one)
            self.body.append(_END)

    def _attribute(self, name: str, value: str | bytes) -> None:
        text = "" if isinstance(value, bytes) else value
        found = self._dialect.start(name, text, self._attribute_page)
        if found is None:
            self.body += bytes((_LITERAL,)) + self._literal(name)
            rest = text
        else:
            beginning, token = found
            self._attribute_token(token)
            rest = text[len(beginning) :]
        if isinstance(value, bytes):
            self.body += _opaque(value)
        for piece in self._dialect.pieces(rest, self._attribute_page):
            if isinstance(piece, str):
                self.body += _inline(piece)
            else:
                self._attribute_token(piece)

    def _attribute_token(self, token: Token) -> None:
        self._attribute_page = self._switch(self._attribute_page, token[0])
        self.body.append(token[1])

    def _switch(self, page: int, wanted: int) -> int:
        if page != wanted:
            self.body += bytes((_SWITCH_PAGE, wanted))
        return wanted

    def _literal(self, name: str) -> bytes:
        if not self._dialect.literals:
            raise NotEncodable(f"There is no token for {name[:40]}.")
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = len(self.table)
            self.table += _terminated(name)
        return write_number(place)


def _terminated(text: str) -> bytes:
    if "\0" in text:
        raise NotEncodable("NUL ends a string and cannot be in one.")
    try:
        return text.encode() + b"\0"
    except UnicodeEncodeError as error:
        raise NotEncodable("Half a surrogate pair is no character.") from error


def _inline(text: str) -> bytes:
    return bytes((_STR_I,)) + _terminated(text)


def _opaque(data: bytes) -> bytes:
    return bytes((_OPAQUE,)) + write_number(len(data)) + data


# --- reading --------------------------------------------------------------------------------------------------------


def read(data: bytes, dialect: Dialect) -> Document:
    """The document in these octets, to their end. Raises MalformedPdu with the place, also for another type.

    Tokens that the dialect has no name for are read as names like "tag-1:2A": what is not known must not hide what is.
    Text that does not fit its character set is shown as U+FFFD.
    """
    if len(data) > MAX_OCTETS:
        raise MalformedPdu(f"{len(data)} octets are more than a document may have")
    return _Reader(data, dialect).document()


def _joined(content: list[Element | str | bytes]) -> Iterator[Element | str | bytes]:
    """The content with texts that follow one another made one."""
    for is_text, run in itertools.groupby(content, key=lambda one: isinstance(one, str)):
        if is_text:
            yield "".join(one for one in run if isinstance(one, str))
        else:
            yield from run


class _Reader:
    def __init__(self, data: bytes, dialect: Dialect) -> None:
        self._data = data
        self._dialect = dialect
        self._at = 0
        self._tag_page = 0
        self._attribute_page = 0
        self._table = b""
        self._codec = "utf-8"
        self._growth = MAX_GROWTH * len(data)
        self._elements = 0

    def document(self) -> Document:
        version = self._octet()
        if not 1 <= version <= 3:
            raise MalformedPdu(f"this is no version of WBXML: {version:02X}", offset=0)
        public_id = self._number()
        if public_id not in (0, _UNKNOWN_TYPE, self._dialect.public_id):
            raise MalformedPdu(f"a document of another type: {public_id:02X}", offset=1)
        name_at = self._number() if public_id == 0 else None
        charset_at = self._at
        charset = self._number()
        codec = _CHARSETS.get(charset)
        if codec is None:
            raise MalformedPdu(f"character set {charset} is not known", offset=charset_at)
        self._codec = codec
        self._table = self._take(self._number())
        public_name = "" if name_at is None else self._from_table(name_at)
        while self._peek() == _PI:
            self._at += 1
            self._attribute_of(self._octet())
            if self._octet() != _END:
                raise MalformedPdu("a processing instruction does not end", offset=self._at - 1)
        root = self._element(self._octet(), 0)
        if self._at != len(self._data):
            raise MalformedPdu("something follows the document", offset=self._at)
        return Document(root, public_id, version, codec, public_name)

    def _element(self, token: int, depth: int) -> Element:
        if depth >= MAX_DEPTH:
            raise MalformedPdu(f"elements are nested more than {MAX_DEPTH} deep", offset=self._at - 1)
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise MalformedPdu(f"more than {MAX_ELEMENTS} elements", offset=self._at - 1)
        while token == _SWITCH_PAGE:
            self._tag_page = self._octet()
            token = self._octet()
        code = token & 0x3F
        if code < _LITERAL:
            raise MalformedPdu(f"this is no tag: {token:02X}", offset=self._at - 1)
        if code == _LITERAL:
            name = self._from_table(self._number())
        else:
            name = self._dialect.tags.get((self._tag_page, code)) or f"tag-{self._tag_page}:{code:02X}"
        attributes: list[tuple[str, str | bytes]] = []
        if token & _HAS_ATTRIBUTES:
            while (start := self._octet()) != _END:
                if start == _SWITCH_PAGE:
                    self._attribute_page = self._octet()
                else:
                    attributes.append(self._attribute_of(start))
        content: list[Element | str | bytes] = []
        if token & _HAS_CONTENT:
            while (inner := self._octet()) != _END:
                self._content(inner, content, depth)
        return Element(name, tuple(attributes), tuple(_joined(content)))

    def _content(self, token: int, content: list[Element | str | bytes], depth: int) -> None:
        if token == _OPAQUE:
            content.append(self._take(self._number()))
            return
        text = self._string(token)
        if text is None:
            if token == _PI:
                raise MalformedPdu("a processing instruction within the document", offset=self._at - 1)
            if token == _SWITCH_PAGE:
                self._tag_page = self._octet()  # one before the end of an element, too
                return
            content.append(self._element(token, depth + 1))
        else:
            content.append(text)

    def _attribute_of(self, token: int) -> tuple[str, str | bytes]:
        """An attribute of which the start has been read."""
        if token == _LITERAL:
            name, beginning = self._from_table(self._number()), ""
        elif _LITERAL < token < 0x40 or 0x44 < token < 0x80:
            page = self._attribute_page
            name, beginning = self._dialect.attributes.get((page, token), (f"attribute-{page}:{token:02X}", ""))
        else:
            raise MalformedPdu(f"this begins no attribute: {token:02X}", offset=self._at - 1)
        pieces = [beginning]
        opaque: list[bytes] = []
        while True:
            token = self._peek()
            if token == _SWITCH_PAGE:
                self._attribute_page = self._take(2)[1]
                continue
            if token == _OPAQUE:
                self._at += 1
                opaque.append(self._take(self._number()))
                continue
            if token in (_STR_I, _STR_T, _ENTITY):
                self._at += 1
                pieces.append(self._string(token) or "")
                continue
            if token <= 0x84 or 0xC0 <= token <= 0xC4:
                break  # the end, another attribute, or what is neither
            self._at += 1
            page = self._attribute_page
            pieces.append(self._dialect.values.get((page, token), f"{{value-{page}:{token:02X}}}"))
        if opaque and not any(pieces):
            return name, b"".join(opaque)
        return name, "".join(pieces) + "".join(one.hex() for one in opaque)

    def _string(self, token: int) -> str | None:
        """The text that a token stands for; None for one that is no text."""
        if token == _STR_I:
            end = self._data.find(b"\0", self._at)
            if end < 0:
                raise MalformedPdu("a string does not end", offset=self._at)
            octets, self._at = self._data[self._at : end], end + 1
            return octets.decode(self._codec, "replace")
        if token == _STR_T:
            return self._from_table(self._number())
        if token == _ENTITY:
            number = self._number()
            if not 0 < number < 0x110000 or 0xD800 <= number < 0xE000:
                raise MalformedPdu(f"{number} is no character", offset=self._at - 1)
            return chr(number)
        return None

    def _from_table(self, place: int) -> str:
        end = self._table.find(b"\0", place)
        if end < 0:
            end = len(self._table)  # the last string may go without its NUL
        if place >= len(self._table):
            raise MalformedPdu(f"the string table has no place {place}", offset=self._at)
        self._growth -= end - place
        if self._growth < 0:
            raise MalformedPdu("references to the string table make too much text", offset=self._at)
        return self._table[place:end].decode(self._codec, "replace")

    def _number(self) -> int:
        value, self._at = read_number(self._data, self._at)
        return value

    def _peek(self) -> int:
        if self._at >= len(self._data):
            raise MalformedPdu("the document is cut off", offset=self._at)
        return self._data[self._at]

    def _octet(self) -> int:
        value = self._peek()
        self._at += 1
        return value

    def _take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise MalformedPdu("the document is cut off", offset=self._at)
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken
