"""The lines of a card: physical lines joined, values decoded, parameters sorted. Pure.

What real phones write is read, not only what the three versions allow (2.1: versit, 3.0: RFC 2426, 4.0: RFC 6350):
quoted-printable that breaks inside a character, Base64 without the blank line after it or without the blank before
it, types without `TYPE=` in any version, texts in GBK with and without a label, a nested card in AGENT, lines that are
nothing. Every property keeps the octets it came from, so that what is not understood can be written back as it was.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from addressbook.charsets import decoded, recognised
from addressbook.vcard.errors import BadCard
from addressbook.vcard.names import STRUCTURED
from gateway.mail.mime.charsets import decode_text

#: Octets of a card that are read: a photo of a phone of today four times over.
MAX_OCTETS: Final = 8 << 20
#: Lines of a card that is a card: photos in Base64 with 60 characters a line make most of them.
MAX_LINES: Final = 150_000
#: Properties of a card, and parameters of a property.
MAX_PROPERTIES: Final = 10_000
MAX_PARAMETERS: Final = 200
_MAX_NESTED: Final = 8

_HEAD: Final = re.compile(rb'[ \t]*(?:([\w.-]+)\.)?([A-Za-z0-9_-]+)[ \t]*((?:;(?:"[^"]*"|[^":;])*)*):', re.ASCII)
_LOOSE_HEAD: Final = re.compile(rb"[ \t]*(?:([\w.-]+)\.)?([A-Za-z0-9_-]+)((?:;[^:;]*)*):", re.ASCII)
_VERSION: Final = re.compile(rb"^[ \t]*VERSION[^:\r\n]*:[ \t]*([0-9.]+)", re.MULTILINE | re.IGNORECASE)
_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_BEGIN: Final = re.compile(rb"[ \t]*BEGIN[ \t]*:[ \t]*VCARD[ \t]*$", re.IGNORECASE)
_END: Final = re.compile(rb"[ \t]*END[ \t]*:[ \t]*VCARD[ \t]*$", re.IGNORECASE)
_QP_REST: Final = re.compile(rb"=[0-9A-Fa-f]{2}")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/=\s]+$")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")
_PARAMETER: Final = re.compile(r';((?:"[^"]*"|[^";])*)')
_LISTED: Final = re.compile(r'(?:"([^"]*)"|([^,"]*))(?:,|$)')
_CARET: Final = re.compile(r"\^([n^'])")
_DATA_URI: Final = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),", re.IGNORECASE)
_OLD_SPECIAL: Final = re.compile(r"[\\,\r\n]")
_OLD_ESCAPE: Final = re.compile(r"\\([\\;:,])|(\r\n|\r|\n)|(,)|\\")

_ENCODINGS: Final = frozenset({"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B", "Q"})
_VALUES: Final = frozenset({"URL", "URI", "CONTENT-ID", "CID", "INLINE", "TEXT", "BINARY"})
#: Properties whose value may be octets.
BINARY: Final = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a card.

    `value` has the escapes of 3.0 and 4.0 whatever the version of the card; `data` are the octets of a binary value,
    and then `value` is "". A line that is no property has the name "".
    """

    name: str  # upper case
    value: str = ""
    types: tuple[str, ...] = ()  # lower case, each once; with "pref" for the preferred one
    params: tuple[tuple[str, str], ...] = ()  # names in upper case; without TYPE, ENCODING, CHARSET
    group: str = ""
    data: bytes | None = field(default=None, repr=False)
    media_type: str = ""  # of `data`: image/jpeg
    raw: bytes = field(default=b"", repr=False, compare=False)  # with its line ends
    spelling: str = field(default="", repr=False, compare=False)  # of the name; "" for the usual one

    def param(self, name: str) -> str:
        """The first value of a parameter; "" if there is none."""
        return next((value for key, value in self.params if key == name), "")


@dataclass(frozen=True, slots=True)
class Card:
    """A card as its properties; BEGIN, VERSION and END are not among them."""

    version: str  # 2.1 | 3.0 | 4.0
    properties: tuple[Property, ...]
    line_end: bytes = b"\r\n"

    def first(self, name: str) -> Property | None:
        """The first property of that name."""
        return next((one for one in self.properties if one.name == name), None)

    def all(self, *names: str) -> Iterator[Property]:
        """The properties of these names, in the order of the card."""
        return (one for one in self.properties if one.name in names)


def read(octets: bytes, codec: str | None = None) -> Card:
    """The one card of these octets; `codec` is of texts that name no charset (None: to be recognised).

    Raises BadCard if there is no card, more than one, or one beyond the limits of this module.
    """
    if len(octets) > MAX_OCTETS:
        raise BadCard(f"a card of more than {MAX_OCTETS >> 20} MiB")
    codec = codec or codec_of(octets)
    if codec.startswith(("utf-16", "utf-32")):
        octets, codec = decoded(octets, codec).encode("utf-8", "replace"), "utf-8"
    octets = octets.removeprefix(b"\xef\xbb\xbf")
    version = version_of(octets)
    reader = _Reader(octets, version, codec)
    properties = tuple(reader.properties())
    return Card(version, properties, b"\r\n" if b"\r\n" in octets else b"\n")


def codec_of(octets: bytes) -> str:
    """The codec of texts in cards that name no charset; folds within characters do not mislead it."""
    codec = recognised(octets)
    if codec.startswith("utf") or not _FOLD.search(octets):
        return codec
    return recognised(_FOLD.sub(b"", octets))


def is_utf8(octets: bytes) -> bool:
    """Are these lines UTF-8, once unfolded?"""
    try:
        _FOLD.sub(b"", octets).decode()
    except UnicodeDecodeError:
        return False
    return True


def version_of(octets: bytes) -> str:
    """The version of a card: 2.1, 3.0 or 4.0; what says nothing is taken for 2.1 if it looks like it, else for 3.0."""
    found = _VERSION.search(octets)
    said = found[1] if found else b""
    if said.startswith(b"2") or (not said and b"QUOTED-PRINTABLE" in octets.upper()):
        return "2.1"
    return "4.0" if said.startswith(b"4") else "3.0"


class _Reader:
    """Goes through the physical lines of one card."""

    def __init__(self, octets: bytes, version: str, codec: str) -> None:
        if b"\n" not in octets:
            octets = octets.replace(b"\r", b"\n")
        self._lines = _split_at_lf(octets)
        if len(self._lines) > MAX_LINES:
            raise BadCard(f"a card of more than {MAX_LINES} lines")
        self._version = version
        self._codec = codec
        self._at = 0

    def properties(self) -> Iterator[Property]:
        self._skip_blank()
        if self._at == len(self._lines) or not _BEGIN.match(self._peek()):
            raise BadCard("no BEGIN:VCARD", line=self._at + 1)
        self._at += 1
        count = 0
        while self._at < len(self._lines):
            line = self._peek()
            if _END.match(line):
                self._at += 1
                self._skip_blank()
                if self._at < len(self._lines):
                    raise BadCard("more after END:VCARD", line=self._at + 1)
                return
            if _BEGIN.match(line):
                raise BadCard("a card within a card", line=self._at + 1)
            count += 1
            if count > MAX_PROPERTIES:
                raise BadCard(f"more than {MAX_PROPERTIES} properties", line=self._at + 1)
            found = self._property()
            if found is not None and found.name != "VERSION":
                yield found
        raise BadCard("no END:VCARD", line=len(self._lines))

    def _peek(self) -> bytes:
        return self._lines[self._at].rstrip(b"\r\n")

    def _skip_blank(self) -> None:
        while self._at < len(self._lines) and not self._lines[self._at].strip():
            self._at += 1

    def _property(self) -> Property | None:
        start = self._at
        line = self._peek()
        self._at += 1
        if not line.strip():
            return None
        head = _HEAD.match(line) or _LOOSE_HEAD.match(line)
        if head is None and b":" not in line:  # the head itself may be folded, in the middle of its parameters
            line = self._folded(line, keep_blank=False)
            head = _HEAD.match(line) or _LOOSE_HEAD.match(line)
        if head is None:
            return Property("", raw=b"".join(self._lines[start : self._at]))
        params = head[3].upper()
        if head[2].upper() == b"AGENT" and self._nested(line[head.end() :]):
            raw = b"".join(self._lines[start : self._at])
            nested = decode_text(raw.partition(b":")[2].strip(), self._codec)
            return Property("AGENT", nested.replace("\r\n", "\n").replace("\\", "\\\\").replace("\n", "\\n"), raw=raw)
        if b"QUOTED-PRINTABLE" in params:
            line = self._soft_broken(line)
        elif b"BASE64" in params or b"ENCODING=B" in params:
            line = self._base64(line)
        else:
            line = self._folded(line, keep_blank=self._version == "2.1")
        head = _HEAD.match(line) or _LOOSE_HEAD.match(line)
        if head is None:
            return Property("", raw=b"".join(self._lines[start : self._at]))
        return self._read(head, line[head.end() :], b"".join(self._lines[start : self._at]))

    def _folded(self, line: bytes, *, keep_blank: bool) -> bytes:
        # 2.1 folds where a blank is and keeps it (RFC 822); 3.0 and 4.0 fold anywhere, and the blank is the fold's.
        pieces = [line]
        while self._at < len(self._lines) and self._lines[self._at][:1] in (b" ", b"\t"):
            following = self._peek()
            if not following.strip():
                break
            pieces.append(following if keep_blank else following[1:])
            self._at += 1
        return b"".join(pieces)

    def _soft_broken(self, line: bytes) -> bytes:
        pieces = [line]
        while self._at < len(self._lines):
            following = self._peek()
            last = pieces[-1].rstrip(b" \t")
            if last.endswith(b"=") and not _END.match(following):
                pieces[-1] = last[:-1]
            elif not (_QP_REST.match(following.lstrip()) and b":" not in following):  # the "=" before it is missing
                break
            pieces.append(following)
            self._at += 1
        return b"".join(pieces)

    def _base64(self, line: bytes) -> bytes:
        pieces = [line]
        while self._at < len(self._lines):
            following = self._peek()
            if not following.strip() or b":" in following or not _BASE64.match(following):
                break
            pieces.append(following.strip())
            self._at += 1
        if self._at < len(self._lines) and not self._peek().strip():
            self._at += 1  # the blank line that ends it belongs to it
        return b"".join(pieces)

    def _nested(self, value: bytes) -> bool:
        """Whether a card begins here; then its lines are passed over."""
        at = self._at
        if not value.strip():
            while at < len(self._lines) and not self._lines[at].strip():
                at += 1
            if at == len(self._lines) or not _BEGIN.match(self._lines[at].rstrip(b"\r\n")):
                return False
        elif not _BEGIN.match(value):
            return False
        else:
            at -= 1
        depth = 0
        for number in range(at, len(self._lines)):
            line = self._lines[number].rstrip(b"\r\n")
            if number < self._at:
                line = value
            if _BEGIN.match(line):
                depth += 1
                if depth > _MAX_NESTED:
                    raise BadCard("cards within cards within cards", line=number + 1)
            elif _END.match(line):
                depth -= 1
                if depth == 0:
                    self._at = number + 1
                    return True
        raise BadCard("a card in AGENT without END:VCARD", line=self._at)

    def _read(self, head: re.Match[bytes], value: bytes, raw: bytes) -> Property:
        spelling = head[2].decode()
        name = spelling.upper()
        group = (head[1] or b"").decode("latin-1")
        types: dict[str, None] = {}
        params: list[tuple[str, str]] = []
        encoding = charset = ""
        text_head = head[3].decode("utf-8", "replace") if head[3] else ""
        for number, found in enumerate(_PARAMETER.finditer(text_head)):
            if number >= MAX_PARAMETERS:
                raise BadCard(f"more than {MAX_PARAMETERS} parameters", line=self._at)
            for key, one in _parameter(found[1]):
                if key == "TYPE":
                    types.update(dict.fromkeys(kind for kind in one.lower().split(",") if kind.strip()))
                elif key == "ENCODING":
                    encoding = one.upper()
                elif key == "CHARSET":
                    charset = one
                elif key == "PREF" and one == "1":
                    types["pref"] = None
                else:
                    params.append((key, one))
        kinds = tuple(kind.strip() for kind in types)
        if encoding in ("BASE64", "B"):
            data = base64_octets(value)
            if data is not None:
                media, kinds = _media(name, kinds, params)
                return Property(name, "", kinds, tuple(params), group, data, media, raw, spelling)
        is_quoted = encoding in ("QUOTED-PRINTABLE", "Q")
        if is_quoted:
            value = quopri.decodestring(value)
        if value.isascii() and b"\x1b" not in value and not charset:
            text = value.decode("ascii")
        else:
            text = decode_text(value, charset or self._codec)
        text = text.replace("\0", "")
        if self._version == "2.1" or is_quoted:
            text = _modern(text, name, is_quoted=is_quoted) if self._version == "2.1" else _with_line_ends(text)
        elif name != "NOTE":
            text = text.strip()
        if name in BINARY and text[:5].lower() == "data:":
            found_data = data_uri(text)
            if found_data is not None:
                data, media = found_data
                kept = tuple((key, one) for key, one in params if key not in ("VALUE", "MEDIATYPE"))
                return Property(name, "", kinds, kept, group, data, media, raw, spelling)
        return Property(name, text, kinds, tuple(params), group, None, "", raw, spelling)


def _split_at_lf(octets: bytes) -> list[bytes]:
    pieces = octets.split(b"\n")
    last = pieces.pop()
    return [piece + b"\n" for piece in pieces] + ([last] if last else [])


def _parameter(piece: str) -> Iterator[tuple[str, str]]:
    """The values of a parameter, one by one; a bare word is an encoding, a kind of value, or a type."""
    key, equals, rest = piece.partition("=")
    key = key.strip().upper()
    if not equals:
        if not key:
            return
        name = "ENCODING" if key in _ENCODINGS else "VALUE" if key in _VALUES else "TYPE"
        yield name, piece.strip()
        return
    if "," not in rest and '"' not in rest and "^" not in rest:
        yield key, rest.strip()
        return
    for found in _LISTED.finditer(rest.strip()):
        one = found[1] if found[1] is not None else found[2].strip()
        if one:
            yield key, _CARET.sub(lambda caret: {"n": "\n", "^": "^", "'": '"'}[caret[1]], one)


def _media(name: str, types: tuple[str, ...], params: list[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    """The media type that TYPE=JPEG (or 4.0's MEDIATYPE) says, and the other types."""
    top = {"SOUND": "audio", "KEY": "application"}.get(name, "image")
    said = [kind for kind in types if kind not in ("pref", "home", "work")]
    media = next((value for key, value in params if key == "MEDIATYPE"), "")
    if not media and said:
        media = said[0] if "/" in said[0] else f"{top}/{said[0]}"
    return media.lower().replace("image/jpg", "image/jpeg"), tuple(kind for kind in types if kind not in said[:1])


def base64_octets(value: bytes) -> bytes | None:
    """The octets of Base64 with anything between its characters; None if there is no octet in it."""
    clean = _NOT_BASE64.sub(b"", value)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4)) or None
    except binascii.Error:
        return None


def data_uri(uri: str) -> tuple[bytes, str] | None:
    """The octets and the media type of a data: URI (RFC 2397) in Base64."""
    found = _DATA_URI.match(uri.replace("\\,", ",").replace("\\;", ";"))
    if found is None or "base64" not in found[2].lower():
        return None
    data = base64_octets(uri.partition("base64")[2].encode("ascii", "ignore").lstrip(b"\\,"))
    return None if data is None else (data, found[1].lower())


def _with_line_ends(text: str) -> str:
    """A value of 3.0 or 4.0 that was quoted-printable, which neither has, with its line ends as escapes."""
    return text.replace("\r\n", "\\n").replace("\r", "\\n").replace("\n", "\\n")


def _modern(text: str, name: str, *, is_quoted: bool) -> str:
    """A value of 2.1 with the escapes of 3.0.

    2.1 escapes a semicolon, and writes line ends as =0D=0A. Phones escape backslash, comma and colon too; and outside
    of quoted-printable a `\\n` was meant as a line end, whatever the specification says. A comma is no separator in the
    parts of a name there.
    """
    if not _OLD_SPECIAL.search(text):
        return text
    is_structured = name in STRUCTURED

    def meant(found: re.Match[str]) -> str:
        if found[1] is not None:
            return ":" if found[1] == ":" else found[0]
        if found[2] is not None:
            return "\\n"
        if found[3] is not None:
            return "\\," if is_structured else ","
        return "\\" if not is_quoted and text[found.end() : found.end() + 1] in ("n", "N") else "\\\\"

    return _OLD_ESCAPE.sub(meant, text)
