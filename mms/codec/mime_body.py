"""The body of an MMS in MIME, as mails of MM3 and MM4 carry it. Pure.

Written: multipart/related or multipart/mixed with every part in base64, so that no mail server on the way changes an
octet. Read: whatever senders make of RFC 2045 to 2047, 2231 and 2387.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, unquote

from gateway.core.errors import MalformedPdu
from gateway.mail.mime.headers import Fields, read_fields
from gateway.mail.mime.words import decode_base64, decode_words, read_parameters
from mms.content import SMIL, Arrangement, Body, Part

#: Levels of multipart inside one another: an MMS has one, some centres put a related into a mixed.
MAX_LEVELS: Final = 8
MAX_PARTS: Final = 500
#: RFC 2046 section 5.1.1 allows 70.
MAX_BOUNDARY: Final = 200
#: Lines that begin like the boundary and are none.
_MAX_FALSE: Final = 10_000

_WAP: Final = "application/vnd.wap."
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,80}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_NOT_IN_ID: Final = re.compile(r"[^!-;=?-~]+")
#: What stands in a Content-Location as it is.
_PLAIN: Final = "!#$&'()*+,-./:;@[]^_`{|}~"
#: Longest value of a parameter that is written, characters; a line of a mail has 998 octets.
_MAX_VALUE: Final = 100
_NAMES: Final = frozenset(("name", "charset", "boundary", "type", "start", "start-info"))


def read_body(data: bytes, start: int = 0, end: int | None = None) -> Body:
    """The body in the MIME entity of these octets: its header block, an empty line, its content.

    Parts inside parts are laid out in their order. Raises MalformedPdu for more than MAX_PARTS parts or MAX_LEVELS.
    """
    end = len(data) if end is None else end
    fields = read_fields(data, start, end)
    kind, parameters = _type_of(fields)
    parts: list[Part] = []
    _read(data, fields, end, 0, parts)
    root = parameters.get("start", "").strip("<> \t")
    arrangement = Arrangement.MIXED
    if kind == "multipart/related" or any(part.media_type == SMIL for part in parts):
        arrangement = Arrangement.RELATED
    elif kind == "multipart/alternative":
        arrangement = Arrangement.ALTERNATIVE
    if arrangement is Arrangement.RELATED and not any(part.content_id == root for part in parts if root):
        # The first part is the root when nobody says another (RFC 2387 section 3.2); senders who say one that is not
        # there mean the SMIL.
        found = next((part for part in parts if part.media_type == SMIL), parts[0] if parts else None)
        root = found.content_id if found is not None else ""
    return Body(tuple(parts), arrangement, root if arrangement is Arrangement.RELATED else "")


def write_body(body: Body) -> bytes:
    """The body as a MIME entity: Content-Type, an empty line, the parts; CRLF, ASCII. Same body, same octets."""
    parts = [_written(part) for part in body.parts]
    digest = hashlib.blake2b(b"\0".join(parts), digest_size=12).hexdigest()
    boundary = f"=_{digest}"  # "=_" can stand in no base64
    parameters = f'boundary="{boundary}"'
    if body.arrangement is Arrangement.RELATED and body.parts:
        root = next((part for part in body.parts if part.content_id == body.start), body.parts[0])
        kind = root.media_type if _MEDIA_TYPE.fullmatch(root.media_type) else "application/octet-stream"
        parameters = f'type="{kind}";\r\n {parameters}'
        if identifier := _identifier(root.content_id):
            parameters = f'start="<{identifier}>"; {parameters}'
    head = f"Content-Type: multipart/{body.arrangement.value}; {parameters}\r\n\r\n".encode("ascii")
    mark = f"--{boundary}".encode("ascii")
    return head + b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"


def _type_of(fields: Fields) -> tuple[str, dict[str, str]]:
    kind, parameters = read_parameters(fields.first(b"content-type"))
    if kind.startswith(f"{_WAP}multipart."):
        kind = "multipart/" + kind.removeprefix(f"{_WAP}multipart.")
    return kind or "text/plain", parameters


def _read(data: bytes, fields: Fields, end: int, level: int, parts: list[Part]) -> None:
    kind, parameters = _type_of(fields)
    if kind.startswith("multipart/"):
        if level >= MAX_LEVELS:
            raise MalformedPdu(f"parts inside parts, {MAX_LEVELS} deep", offset=fields.body_start, field="Content-Type")
        mark = b"--" + parameters.get("boundary", "").encode("latin-1", "replace")
        if not 2 < len(mark) <= MAX_BOUNDARY:
            raise MalformedPdu("the boundary is missing or too long", offset=fields.body_start, field="Content-Type")
        for start, stop in _spans(data, fields.body_start, end, mark):
            _read(data, read_fields(data, start, stop), stop, level + 1, parts)
        return
    if len(parts) >= MAX_PARTS:
        raise MalformedPdu(f"more than {MAX_PARTS} parts", offset=fields.body_start, field="Content-Type")
    content = data[fields.body_start : end]
    encoding = fields.first(b"content-transfer-encoding").lower().strip(b'"; ')
    if encoding == b"base64":
        content = decode_base64(content)
    elif encoding == b"quoted-printable":
        content = binascii.a2b_qp(content)
    if not content and not fields.values:
        return  # two boundaries with nothing between them
    parts.append(_part(fields, kind, parameters, content))


def _part(fields: Fields, kind: str, parameters: dict[str, str], content: bytes) -> Part:
    _, disposition = read_parameters(fields.first(b"content-disposition"))
    given = parameters.get("name") or disposition.get("filename") or disposition.get("name") or ""
    location = decode_words(fields.first(b"content-location"))
    return Part(
        media_type=kind,
        data=content,
        name=given if not location or unquote(location) == given else location,
        content_id=fields.first(b"content-id").strip(b"<> \t\r\n").decode("latin-1")[:255],
        charset=parameters.get("charset", "").lower()[:60],
        parameters=tuple((name, value) for name, value in parameters.items() if name not in _NAMES),
    )


def _spans(data: bytes, start: int, end: int, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts between the boundary lines begin and end; a missing last boundary ends with the body."""
    opened = -1
    position = start
    for _ in range(_MAX_FALSE):
        found = position if data.startswith(mark, position, end) and (position == start) else -1
        if found < 0:
            newline = data.find(b"\n" + mark, max(start, position - 1), end)
            if newline < 0:
                break
            found = newline + 1
        line_end = data.find(b"\n", found, end)
        line_end = end if line_end < 0 else line_end
        tail = data[found + len(mark) : line_end].strip()
        position = line_end + 1
        if tail not in (b"", b"--"):
            position = found + len(mark)
            continue  # another boundary that begins alike, or a line of text
        if opened >= 0:
            stop = found - 1
            yield opened, max(opened, stop - 1 if data[stop - 1 : stop] == b"\r" else stop)
        opened = -1
        if tail == b"--":
            return
        opened = min(position, end)
    if 0 <= opened < end:
        yield opened, end


def _written(part: Part) -> bytes:
    kind = part.media_type if _MEDIA_TYPE.fullmatch(part.media_type) else "application/octet-stream"
    lines = [f"Content-Type: {kind}"]
    parameters = list(part.parameters)
    if part.charset:
        parameters.insert(0, ("charset", part.charset))
    if part.name:
        parameters.append(("name", part.name))
    for name, value in parameters:
        if _TOKEN.fullmatch(name) and "*" not in name:
            lines[-1] += ";"
            lines.append(f" {_parameter(name, value)}")
    lines.append("Content-Transfer-Encoding: base64")
    if identifier := _identifier(part.content_id):
        lines.append(f"Content-ID: <{identifier}>")
    if part.name:
        lines.append(f"Content-Location: {quote(_octets(part.name), safe=_PLAIN)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("ascii") + base64.encodebytes(part.data).replace(b"\n", b"\r\n")


def _parameter(name: str, value: str) -> str:
    if value.isascii() and value.isprintable() and "=?" not in value:
        value = value[:_MAX_VALUE]
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'
    return f"{name}*=utf-8''{quote(_octets(value), safe='')}"


def _octets(text: str) -> bytes:
    return text[:_MAX_VALUE].encode("utf-8", "replace")


def _identifier(content_id: str) -> str:
    return _NOT_IN_ID.sub("", content_id)[:255]
