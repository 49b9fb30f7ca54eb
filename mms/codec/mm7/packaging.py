"""SOAP with attachments: the body of an HTTP request, XML alone or multipart/related with the content (RFC 2387). Pure.

Pictures are not copied more often than they must be: once when they are cut out, once when the body is joined.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from gateway.core.errors import MalformedPdu
from gateway.mail.mime.headers import read_fields
from gateway.mail.mime.words import decode_base64, read_parameters
from mms.codec import mime_body
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.envelope import Envelope, read_envelope, write_envelope
from mms.codec.mm7.markup import read_xml
from mms.codec.mm7.messages import DeliverReq, ReplaceReq, SubmitReq
from mms.codec.mm7.values import ContentReference
from mms.content import SMIL, Arrangement, Body, Part

#: Octets of a whole body; the largest MMS of any network is 5 MB, in base64 a third more.
MAX_OCTETS: Final = 12_000_000
#: Parts beside the XML.
MAX_PARTS: Final = 100

_XML_TYPES: Final = re.compile(r"(?:text|application)/(?:soap\+)?xml")
_HTTP_HEAD: Final = re.compile(rb"\A\s*(?:POST [^\r\n]{0,2000}|HTTP/1\.[01] [^\r\n]{0,200})\r?\n")
_FIRST_BOUNDARY: Final = re.compile(rb"^--([!-~][ -~]{0,198}?)[ \t]*\r?$", re.MULTILINE)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,80}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_UNSAFE: Final = re.compile(r"[^!#-;=?-\[\]-~]+")
_TAIL: Final = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
_INNER: Final = "mms-content"


@dataclass(frozen=True, slots=True)
class Packed:
    """What is sent: the fields of the head that MM7 knows, and the body."""

    head: tuple[tuple[str, str], ...]
    body: bytes


def pack(envelope: Envelope, dialect: Dialect) -> Packed:
    """The HTTP body of an envelope. Same envelope, same octets. Raises NotEncodable.

    What `Content` refers to is set here, as the dialect has it.
    """
    xml = write_envelope(_referring(envelope), dialect)
    xml_type = f'text/xml; charset="{dialect.charset}"'
    if envelope.body is None:
        return Packed((("Content-Type", xml_type), ("SOAPAction", '""')), xml)
    blank = " " if dialect.header_blank else ""
    content = _content(envelope.body, dialect, blank)
    seed = hashlib.blake2b(xml, digest_size=8)
    boundary = _boundary(dialect.boundary, seed.hexdigest(), content)
    root = f"<{dialect.root_id}>"
    preamble = f"{dialect.preamble}\r\n\r\n\r\n" if dialect.preamble else ""
    root_head = "".join(
        f"{name}:{blank}{value}\r\n"
        for name, value in (
            ("Content-Type", xml_type),
            ("Content-Transfer-Encoding", "8bit"),
            ("Content-ID", root if dialect.brackets else dialect.root_id),
        )
    )
    pieces = [f"{preamble}--{boundary}\r\n{root_head}\r\n".encode("ascii"), xml]
    pieces += [f"\r\n--{boundary}\r\n".encode("ascii"), *content, f"\r\n--{boundary}--\r\n".encode("ascii")]
    outer = f'multipart/related; type="text/xml"; start="{root}"; boundary="{boundary}"'
    head = [("Content-Type", outer), ("SOAPAction", '""'), ("MIME-Version", "1.0")]
    if dialect.root_fields_in_head:
        head += [("Content-ID", root), ("Content-Transfer-Encoding", "8bit")]
    return Packed(tuple(head), b"".join(pieces))


class Entity:
    """One part of the outer body, not copied."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self.start = start
        self.end = end
        self._fields = read_fields(data, start, end)
        self._kind, parameters = read_parameters(self._fields.first(b"content-type"))
        self.charset = parameters.get("charset", "")
        self.content_id = self._fields.first(b"content-id").strip(b"<> \t\r\n").decode("latin-1")[:400]

    @property
    def is_empty(self) -> bool:
        """Two boundaries with nothing between them."""
        return not self._data[self.start : self.end].strip() if self.end - self.start < 100 else False

    def is_named(self, reference: str) -> bool:
        """Whether that is its Content-ID: brackets, blanks and percent signs do not count (RFC 2392)."""
        name = reference.strip("<> \t\r\n")
        return bool(name) and (self.content_id == name or unquote(self.content_id) == unquote(name))

    @property
    def has_brackets(self) -> bool:
        """Whether its Content-ID stands in angle brackets."""
        return self._fields.first(b"content-id").startswith(b"<")

    @property
    def has_blanks(self) -> bool:
        """Whether a blank follows the colon of its fields."""
        return re.match(rb"[!-9;-~]+:[ \t]", self._data[self.start : self.start + 200]) is not None

    def raw(self) -> bytes:
        """All of it, fields and octets as they came."""
        return self._data[self.start : self.end]

    def content(self) -> bytes:
        """Its octets, without transfer encoding."""
        raw = self._data[self._fields.body_start : self.end]
        return decode_base64(raw) if b"base64" in self._fields.first(b"content-transfer-encoding").lower() else raw


@dataclass(frozen=True, slots=True)
class Package:
    """An HTTP body taken apart."""

    xml: bytes
    #: The charset that its Content-Type names, or "".
    label: str
    root: Entity | None = None
    others: tuple[Entity, ...] = ()
    boundary: bytes = b""


def open_package(content_type: str, data: bytes) -> Package:
    """The parts of an HTTP body with that Content-Type. Raises MalformedPdu."""
    if len(data) > MAX_OCTETS:
        raise MalformedPdu(f"{len(data)} octets, more than {MAX_OCTETS}")
    kind, parameters = read_parameters(content_type.encode("utf-8", "replace"))
    if kind.startswith("multipart/"):
        boundary = parameters.get("boundary", "").encode("latin-1", "replace") or _sniffed(data)
    else:
        is_xml = _XML_TYPES.fullmatch(kind) is not None or data.lstrip()[:1] == b"<"
        boundary = b"" if is_xml else _sniffed(data)
        if not boundary:
            return Package(data, parameters.get("charset", ""))
    entities = [Entity(data, start, end) for start, end in _spans(data, boundary)]
    if not entities:
        raise MalformedPdu("the parts of multipart/related are missing", field="Content-Type")
    wanted = parameters.get("start", "")
    root = next((it for it in entities if wanted and it.is_named(wanted)), entities[0])
    others = tuple(it for it in entities if it is not root and not it.is_empty)
    return Package(root.content(), root.charset, root, others, boundary)


def unpack(content_type: str, data: bytes, dialect: Dialect) -> Envelope:
    """The envelope in an HTTP body with that Content-Type. Raises MalformedPdu.

    The dialect says only in which zone times are that name none.
    """
    package = open_package(content_type, data)
    envelope = read_envelope(read_xml(package.xml, package.label), dialect)
    if not package.others:
        return envelope
    body = _body(data, package.others, getattr(envelope.message, "content", None))
    return Envelope(envelope.transaction_id, envelope.message, body, envelope.namespace)


def unpack_document(data: bytes, dialect: Dialect) -> Envelope:
    """The envelope in a file: a whole HTTP message with its head, or its body, or XML. Raises MalformedPdu."""
    content_type, body = split_document(data)
    return unpack(content_type, body, dialect)


def split_document(data: bytes) -> tuple[str, bytes]:
    """Content-Type ("" = not said) and body of a file that may begin with the head of an HTTP message."""
    if head := _HTTP_HEAD.match(data[:4000]):
        data = data[head.end() :]
    elif not re.match(
        rb"(?i)(?:[a-z][a-z0-9-]{0,60}[ \t]*:[^\r\n]{0,4000}\r?\n[ \t]?)*?content-type[ \t]*:", data[:20_000]
    ):
        return "", data
    fields = read_fields(data)
    content_type = b" ".join(fields.first(b"content-type").split()).decode("latin-1")
    return content_type, data[fields.body_start :]


# --- reading ---------------------------------------------------------------------------------------------------


def _body(data: bytes, others: Sequence[Entity], reference: object) -> Body:
    """The content: the part `Content` names; else, as some name none and some another, what there is."""
    href = str(getattr(reference, "href", ""))
    name = re.sub(r"\A\s*cid:\s*", "", href, flags=re.IGNORECASE)
    named = next((it for it in others if name and it.is_named(name)), None)
    bodies = [mime_body.read_body(data, it.start, it.end) for it in ([named] if named is not None else others)]
    if len(bodies) == 1:
        return bodies[0]
    parts = tuple(part for body in bodies for part in body.parts)
    smil = next((part for part in parts if part.media_type == SMIL), None)
    return Body(parts, Arrangement.RELATED, smil.content_id) if smil else Body(parts)


def _sniffed(data: bytes) -> bytes:
    found = _FIRST_BOUNDARY.search(data[:4000])
    return found[1] if found else b""


def _spans(data: bytes, boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts begin and end; blanks behind a boundary do not matter, and the last may be missing."""
    if not boundary or len(boundary) > mime_body.MAX_BOUNDARY:
        raise MalformedPdu("the boundary is missing or too long", field="Content-Type")
    mark = b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened = -1
    at = data.find(mark)
    while at >= 0:
        tail = _TAIL.match(data, at + len(mark)) if at == 0 or data[at - 1] == 10 else None
        if tail is not None:
            if opened >= 0:
                end = at - 2 if data[at - 2 : at - 1] == b"\r" else at - 1
                spans.append((opened, max(opened, end)))
            opened = -1 if tail[1] else tail.end()
            if tail[1]:
                break
            if len(spans) > MAX_PARTS:
                raise MalformedPdu(f"more than {MAX_PARTS} parts", field="Content-Type")
        at = data.find(mark, at + len(mark))
    if 0 <= opened < len(data):
        spans.append((opened, len(data)))
    return spans


# --- writing ---------------------------------------------------------------------------------------------------


def _referring(envelope: Envelope) -> Envelope:
    message = envelope.message
    if not isinstance(message, SubmitReq | DeliverReq | ReplaceReq):
        return envelope
    allowed = message.content.allow_adaptations if message.content is not None else None
    reference = ContentReference(f"cid:{_INNER}", allow_adaptations=allowed) if envelope.body is not None else None
    return replace(envelope, message=replace(message, content=reference))


def _content(body: Body, dialect: Dialect, blank: str) -> list[bytes]:
    """The part with the content, in pieces."""
    parts = [_part(part, dialect, blank) for part in body.parts]
    inner = _boundary("=_mms_", hashlib.blake2b(repr([len(it.data) for it in body.parts]).encode()).hexdigest()[:16],
                      [piece for part in parts for piece in part])  # fmt: skip
    parameters = f'boundary="{inner}"'
    kind = "mixed"
    if body.arrangement is Arrangement.RELATED and body.parts:
        kind = "related"
        root = next((it for it in body.parts if it.content_id == body.start and body.start), body.parts[0])
        media_type = root.media_type if _MEDIA_TYPE.fullmatch(root.media_type) else "application/octet-stream"
        start = f' start="<{_safe(root.content_id)}>";' if root.content_id else ""
        parameters = f'type="{media_type}";{start} {parameters}'
    elif body.arrangement is Arrangement.ALTERNATIVE:
        kind = "alternative"
    identifier = f"<{_INNER}>" if dialect.brackets else _INNER
    pieces = [
        f"Content-Type:{blank}multipart/{kind}; {parameters}\r\nContent-ID:{blank}{identifier}\r\n\r\n".encode("ascii")
    ]
    for part in parts:
        pieces += [f"--{inner}\r\n".encode("ascii"), *part, b"\r\n"]
    pieces.append(f"--{inner}--\r\n".encode("ascii"))
    return pieces


def _part(part: Part, dialect: Dialect, blank: str) -> list[bytes]:
    kind = part.media_type if _MEDIA_TYPE.fullmatch(part.media_type) else "application/octet-stream"
    is_text = kind.startswith("text/") or kind == SMIL
    encoding = "8bit" if is_text and dialect.encoding != "base64" else dialect.encoding
    if encoding == "8bit" and b"\0" in part.data:
        encoding = "binary"  # RFC 2045 section 2.8 has no NUL in 8bit
    parameters = list(part.parameters)
    if part.charset:
        parameters.insert(0, ("charset", part.charset))
    name = _safe(part.name)
    if name:
        parameters.append(("name", name))
    told = "".join(f'; {key}="{_quoted(value)}"' for key, value in parameters if _TOKEN.fullmatch(key))
    head = f"Content-Type:{blank}{kind}{told}\r\nContent-Transfer-Encoding:{blank}{encoding}\r\n"
    if identifier := _safe(part.content_id):
        head += f"Content-ID:{blank}<{identifier}>\r\n" if dialect.brackets else f"Content-ID:{blank}{identifier}\r\n"
    if name:
        head += f"Content-Location:{blank}{name}\r\n"
    data = part.data
    if encoding == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    return [head.encode("ascii") + b"\r\n", data]


def _boundary(prefix: str, seed: str, pieces: list[bytes]) -> str:
    """A boundary that stands in none of the pieces."""
    boundary = prefix + seed
    while any(boundary.encode("ascii") in piece for piece in pieces):
        seed = hashlib.blake2b(seed.encode("ascii"), digest_size=8).hexdigest()
        boundary = prefix + seed
    return boundary


def _safe(text: str) -> str:
    """A name or an id in ASCII without blanks, quotes and angle brackets."""
    return _UNSAFE.sub("_", text)[:200]


def _quoted(value: str) -> str:
    return re.sub(r"[^ !#-\[\]-~]+", "_", value)[:200]
