"""The multipart body of an MMS in the binary form of WSP (WAP-230, section 8.5).

A count of parts, then for each: octets of its headers, octets of its content, headers (the content type first, without
its number), content. Multiparts inside one another are laid out in their order.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mms.codec import content_types, wsp
from mms.codec.content_types import ALTERNATIVE, MIXED, RELATED, ContentType, octets, read_unquoted
from mms.codec.errors import MmsFormatError
from mms.content import SMIL, Arrangement, Body, Part

#: Parts of all multiparts of a message together.
MAX_PARTS: Final = 500
#: Multiparts inside one another.
MAX_DEPTH: Final = 4
#: Octets of the headers of one part.
MAX_HEAD: Final = 8192
#: Characters of a name or Content-ID.
MAX_NAME: Final = 255

_LOCATION, _ID, _ENCODING = 0x8E, 0xC0, 0xC8
_DISPOSITIONS: Final = (0xAE, 0xC5)  # as version 1.1 and 1.4 of WSP number it
_TEXTUAL: Final = {"content-location": _LOCATION, "content-id": _ID, "content-transfer-encoding": _ENCODING}
_NAMES: Final = ("name", "filename")
#: What cannot stand in a Content-ID (RFC 5322, section 3.6.4).
_NOT_IN_ID: Final = re.compile(r"[^!-;=?-~]+")
_MEDIA: Final = {
    Arrangement.MIXED: MIXED,
    Arrangement.ALTERNATIVE: ALTERNATIVE,
    Arrangement.RELATED: RELATED,
}
_ARRANGEMENTS: Final = {name: arrangement for arrangement, name in _MEDIA.items()}


def encode_body(body: Body) -> tuple[bytes, bytes]:
    """The value of the Content-Type header, and the body behind it; always a multipart.

    Raises MmsFormatError for what no phone could read: too many parts, control characters in names, no media type.
    """
    pieces = [_count(body)]
    for part in body.parts:
        head = _head(part)
        pieces += (wsp.uintvar(len(head)), wsp.uintvar(len(part.data)), head, part.data)
    return _type_of(body).encode(), b"".join(pieces)


def encoded_size(body: Body) -> int:
    """Octets of both that `encode_body` gives, without copying any content."""
    size = len(_type_of(body).encode()) + len(_count(body))
    for part in body.parts:
        head, content = len(_head(part)), len(part.data)
        size += len(wsp.uintvar(head)) + len(wsp.uintvar(content)) + head + content
    return size


def decode_body(content_type: bytes, body: bytes) -> Body:
    """The body, from the value of its Content-Type header and its octets. Raises MmsFormatError."""
    reader = wsp.Reader(content_type)
    kind = content_types.read(reader)
    if reader.left:
        raise MmsFormatError("octets behind the media type", offset=reader.at, field="Content-Type")
    return read_body(kind, wsp.Reader(body))


def read_body(kind: ContentType, reader: wsp.Reader) -> Body:
    """The body up to the end of the reader; what is no multipart is a body of one part. Raises MmsFormatError.

    Octets behind the last part are ignored.
    """
    found: list[_Found] = []
    if kind.is_multipart:
        _read_parts(reader, 1, found)
    else:
        found.append(_Found(kind, _Head(), reader.take(reader.left, "body")))
    presentation = next((it.data for it in found if it.kind.media_type == SMIL), b"")
    parts = tuple(_part(it.kind, it.head, it.data, presentation) for it in found)
    arrangement = _ARRANGEMENTS.get(kind.media_type, Arrangement.MIXED)
    if any(part.media_type == SMIL for part in parts):
        # Some senders call it mixed though a SMIL is there.
        arrangement = Arrangement.RELATED
    return Body(parts, arrangement, _start_of(kind, parts) if arrangement is Arrangement.RELATED else "")


# --- reading --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Head:
    """Headers of a part."""

    location: str = ""
    content_id: str = ""
    filename: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A part as it stands there."""

    kind: ContentType
    head: _Head
    data: bytes


def _read_parts(reader: wsp.Reader, depth: int, found: list[_Found]) -> None:
    if depth > MAX_DEPTH:
        raise MmsFormatError(f"multiparts inside one another, more than {MAX_DEPTH}", offset=reader.at, field="body")
    count = reader.uintvar("number of parts")
    if count > MAX_PARTS:
        raise MmsFormatError(f"{count} parts are more than {MAX_PARTS}", offset=reader.at, field="number of parts")
    for number in range(1, count + 1):
        field = f"part {number}"
        head_size, size = reader.uintvar(field), reader.uintvar(field)
        if head_size > MAX_HEAD:
            raise MmsFormatError(f"headers of {head_size} octets", offset=reader.at, field=field)
        head = reader.part(head_size, field)
        content = reader.part(size, field)
        kind = content_types.read(head, field)
        if kind.is_multipart:
            _read_parts(content, depth + 1, found)
        elif len(found) >= MAX_PARTS:
            raise MmsFormatError(f"more than {MAX_PARTS} parts", offset=content.at, field=field)
        else:
            headers = _read_head(head, field)
            found.append(_Found(kind, headers, _decoded(content.take(size, field), headers.encoding)))


def _read_head(reader: wsp.Reader, field: str) -> _Head:
    """The headers behind the content type, as far as they can be read: the content can be shown without them."""
    head = _Head()
    try:
        while reader.left:
            code = reader.octet(field)
            if code < 0x20 or code == wsp.QUOTE:
                break  # another code page, or rubbish
            if code < 0x80:
                reader.at -= 1
                name = reader.text(field).decode("latin-1").lower()
                code = _TEXTUAL.get(name, 0)
            _read_header(code, reader.value(field), head, field)
    except MmsFormatError:
        pass
    return head


def _read_header(code: int, value: wsp.Reader, head: _Head, field: str) -> None:
    if code in _DISPOSITIONS:
        inner = value.part(value.value_length(field), field)
        if inner.peek(field) >= 0x80:
            inner.octet(field)
        else:
            inner.text(field)
        given = content_types.parameters(inner, field)
        head.filename = given.get("filename") or given.get("name") or ""
    elif code in (_LOCATION, _ID, _ENCODING):
        text = read_unquoted(value, field)[:MAX_NAME]
        if code == _LOCATION:
            head.location = head.location or text
        elif code == _ID:
            head.content_id = head.content_id or text.strip("<> ")
        else:
            head.encoding = text.lower()


def _decoded(content: bytes, encoding: str) -> bytes:
    """Without the transfer encoding that some phones copy out of mails, though a binary body needs none."""
    if encoding == "base64":
        try:
            return base64.b64decode(b"".join(content.split()), validate=True)
        except ValueError:
            return content
    return binascii.a2b_qp(content) if encoding == "quoted-printable" else content


def _part(kind: ContentType, head: _Head, data: bytes, presentation: bytes) -> Part:
    given = (head.location, *(kind.get(key) for key in _NAMES), head.filename)
    names = list(dict.fromkeys(name for name in given if name))
    # The name by which the SMIL calls it, when that is another than the location.
    called = (name for name in names if len(names) > 1 and octets(name) in presentation)
    return Part(
        media_type=kind.media_type,
        data=data,
        name=(next(called, names[0]) if names else "")[:MAX_NAME],
        content_id=head.content_id,
        charset=kind.charset,
        parameters=tuple((key, value) for key, value in kind.parameters if key not in _NAMES),
    )


def _start_of(kind: ContentType, parts: tuple[Part, ...]) -> str:
    start = kind.get("start").strip("<> ")
    if any(part.content_id == start for part in parts if start):
        return start
    by_name = next((part.content_id for part in parts if start and part.name == start), "")
    # A start that is not there means the SMIL; without one the first part is the root (RFC 2387, section 3.2).
    return by_name or next((part.content_id for part in parts if part.media_type == SMIL), "") or _first_id(parts)


def _first_id(parts: tuple[Part, ...]) -> str:
    return parts[0].content_id if parts else ""


# --- writing --------------------------------------------------------------------------------------------------------


def _count(body: Body) -> bytes:
    if len(body.parts) > MAX_PARTS:
        raise MmsFormatError(f"{len(body.parts)} parts are more than {MAX_PARTS}", field="number of parts")
    return wsp.uintvar(len(body.parts))


def _type_of(body: Body) -> ContentType:
    root = next(_roots(body), None) if body.arrangement is Arrangement.RELATED else None
    if root is None:
        return ContentType(_MEDIA[body.arrangement])
    identifier = _identifier(root.content_id)
    start = (("start", f"<{identifier}>"),) if identifier else ()
    return ContentType(RELATED, (*start, ("type", root.media_type)))


def _roots(body: Body) -> Iterator[Part]:
    """Parts that may be the root, the likeliest first."""
    yield from (part for part in body.parts if body.start and part.content_id == body.start)
    yield from (part for part in body.parts if part.media_type == SMIL)
    yield from body.parts[:1]


def _head(part: Part) -> bytes:
    names = (("name", _name(part.name)),) if part.name else ()
    others = tuple((key, value) for key, value in part.parameters if key not in _NAMES)
    head = ContentType(part.media_type, names + others, part.charset).encode()
    if identifier := _identifier(part.content_id):
        head += b"\xc0" + wsp.quoted_string(f"<{identifier}>".encode())
    if part.name:
        head += b"\x8e" + wsp.text_string(octets(_name(part.name)))
    return head


def _name(name: str) -> str:
    if len(name) > MAX_NAME:
        raise MmsFormatError(f"a name has {MAX_NAME} characters at most", field="Content-Location")
    return name


def _identifier(content_id: str) -> str:
    """The Content-ID without what cannot stand in one."""
    return _NOT_IN_ID.sub("", content_id)[:MAX_NAME]
