"""A whole mail read: its best text, its HTML, its attachments, however broken the bytes are. Never raises.

Limits: 20 levels of parts, 1000 parts, 2 MB of text; beyond them what was read so far counts, and the mail is
marked truncated.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, replace
from typing import Final

from gateway.mail.mime.charsets import decode_text, guess_text
from gateway.mail.mime.headers import Fields, MailHeaders, headers_of, read_fields
from gateway.mail.mime.html import html_to_text
from gateway.mail.mime.words import decode_base64, file_name, read_parameters

MAX_LEVELS: Final = 20
MAX_PARTS: Final = 1000
MAX_TEXT: Final = 2 << 20  # characters of text, and octets of one text part, that are decoded
_MAX_BOUNDARY: Final = 200  # RFC 2046 allows 70
_MAX_FALSE_BOUNDARIES: Final = 10_000

_META_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w\-]{1,40})""", re.IGNORECASE)
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?$", re.MULTILINE)
_UU_END: Final = re.compile(rb"^end\r?$", re.MULTILINE)
# Text a client writes for readers without HTML, in place of the mail.
_EXCUSE: Final = re.compile(r"html", re.IGNORECASE)
_MAX_EXCUSE: Final = 200  # characters
_TEXT_TYPES: Final = frozenset(("text/plain", "text/html", "text/enriched", "text"))
_SIGNATURES: Final = frozenset(
    ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text of the mail; content() gives its octets."""

    name: str  # without folders; "" if the mail gives none
    type: str  # media type in lower case, as declared
    size_octets: int  # decoded
    encoding: str  # content transfer encoding, lower case
    is_inline: bool  # shown inside the HTML, or a signature: no attachment in a reader's eyes
    content_id: str  # without angle brackets
    raw: bytes  # still encoded

    def content(self) -> bytes:
        """The decoded octets."""
        return _decode_transfer(self.raw, self.encoding)


@dataclass(frozen=True, slots=True)
class MailContent:
    """A mail: its headers, its best text, its HTML as sent, its attachments in order."""

    headers: MailHeaders
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    truncated: bool

    @property
    def attachment_count(self) -> int:
        """How many attachments a reader would count."""
        return sum(not attachment.is_inline for attachment in self.attachments)


@dataclass(slots=True)
class _Budget:
    parts: int = 0
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """One node of the tree; a leaf has no children."""

    type: str
    parameters: dict[str, str]
    encoding: str
    disposition: str
    name: str
    content_id: str
    start: int  # of the body, in octets from the start of the mail
    end: int
    children: tuple[_Part, ...]


def read_mail(data: bytes) -> MailContent:
    """The mail in these octets."""
    fields = read_fields(data)
    headers = headers_of(fields)
    budget = _Budget(truncated=headers.truncated)
    root = _read_part(data, fields, len(data), 0, budget)
    attachments: list[Attachment] = []
    body = _Body(data, budget)
    text = body.text_of(root)
    body.attachments_of(root, attachments)
    if not text:
        text = body.text_of_nested_mail(root)
    return MailContent(
        headers=headers,
        text=text,
        html=body.html,
        attachments=tuple(attachments) + tuple(body.uuencoded),
        truncated=budget.truncated,
    )


def _read_part(data: bytes, fields: Fields, end: int, level: int, budget: _Budget) -> _Part:
    budget.parts += 1
    type_, parameters = read_parameters(fields.first(b"content-type"))
    disposition, more = read_parameters(fields.first(b"content-disposition"))
    part = _Part(
        type=type_ or "text/plain",
        parameters=parameters,
        encoding=fields.first(b"content-transfer-encoding").lower().strip(b'"; ').decode("latin-1")[:40],
        disposition=disposition,
        name=file_name(more.get("filename") or parameters.get("name") or ""),
        content_id=fields.first(b"content-id").strip(b"<> \t\r\n").decode("latin-1")[:255],
        start=fields.body_start,
        end=end,
        children=(),
    )
    if not part.type.startswith(("multipart/", "message/rfc822", "message/global")):
        return part
    if level >= MAX_LEVELS:
        budget.truncated = True
        return part
    if part.type.startswith("message/"):
        if part.encoding in ("base64", "quoted-printable"):
            return part  # forbidden by RFC 2046 5.2.1, so some attach a mail this way: it stays a file
        spans = [(part.start, end)]
    else:
        spans = _spans(data, part.start, end, parameters.get("boundary", ""), budget)
    children = []
    for start, stop in spans:
        if budget.parts >= MAX_PARTS:
            budget.truncated = True
            break
        children.append(_read_part(data, read_fields(data, start, stop), stop, level + 1, budget))
    if not children:
        return replace(part, type="text/plain")  # no boundary, or it never comes: what is there is the text
    return replace(part, children=tuple(children))


def _spans(data: bytes, start: int, end: int, boundary: str, budget: _Budget) -> list[tuple[int, int]]:
    """Where the parts of a multipart body begin and end; a missing last boundary ends with the body."""
    mark = b"--" + boundary.encode("latin-1", "replace")
    if not boundary or len(mark) > _MAX_BOUNDARY:
        return []
    spans: list[tuple[int, int]] = []
    opened = -1
    position = start
    misses = 0
    while len(spans) < MAX_PARTS:
        if position == start and data.startswith(mark, start):
            found = start
        else:
            newline = data.find(b"\n" + mark, position - 1 if position > start else start, end)
            if newline < 0:
                break
            found = newline + 1
        after = found + len(mark)
        line_end = data.find(b"\n", after, end)
        line_end = end if line_end < 0 else line_end
        tail = data[after : min(line_end, after + 80)].strip()
        position = after
        if tail and not tail.startswith(b"--"):
            misses += 1  # another, longer boundary
            if misses > _MAX_FALSE_BOUNDARIES:
                budget.truncated = True
                break
            continue
        if opened >= 0:
            stop = found - 1
            if stop > opened and data[stop - 1] == 13:
                stop -= 1
            spans.append((opened, max(opened, stop)))
        opened = -1
        if tail.startswith(b"--"):
            break
        opened = min(line_end + 1, end)
        position = max(after, line_end)
    if opened >= 0 and opened < end:
        spans.append((opened, end))
    return spans


class _Body:
    """Walks the tree for text and attachments; keeps the first HTML and uuencoded files met on the way."""

    def __init__(self, data: bytes, budget: _Budget) -> None:
        self._data = data
        self._budget = budget
        self._chosen: set[int] = set()  # starts of the leaves that are text
        self.html = ""
        self.uuencoded: list[Attachment] = []

    def text_of(self, part: _Part) -> str:
        """The text a reader sees of this part and those in it."""
        if not part.children:
            return self._text_of_leaf(part) if _is_text(part) else ""
        if part.type.startswith("message/"):
            return ""
        if part.type == "multipart/alternative":
            return self._best_alternative(part)
        children = part.children[:1] if part.type == "multipart/related" else part.children
        texts: list[str] = []
        for child in children:
            is_extra = bool(texts) and bool(child.name)
            text = "" if is_extra else self.text_of(child)
            if text:
                texts.append(text)
        return "\n".join(texts)[:MAX_TEXT]

    def text_of_nested_mail(self, part: _Part) -> str:
        """The text of the first mail attached inside, for a mail that has none of its own."""
        if part.type.startswith("message/") and part.children:
            return self.text_of(part.children[0])
        for child in part.children:
            text = self.text_of_nested_mail(child)
            if text:
                return text
        return ""

    def attachments_of(self, part: _Part, found: list[Attachment]) -> None:
        """Appends the leaves, and the mails attached as a whole, that are not text."""
        is_mail = part.type.startswith("message/rfc822") or part.type.startswith("message/global")
        if part.children and not is_mail:
            for child in part.children:
                is_rendering = part.type == "multipart/alternative" and child.type.startswith("text/")
                if is_rendering and not child.children:
                    continue
                self.attachments_of(child, found)
            return
        if part.start in self._chosen or part.type.startswith("multipart/"):
            return
        raw = self._data[part.start : part.end]
        if not raw.strip() and not part.name and not is_mail:
            return
        is_inline = part.type in _SIGNATURES or (bool(part.content_id) and part.disposition != "attachment")
        encoding = "7bit" if is_mail and part.children else part.encoding
        name = part.name or ("mail.eml" if is_mail else "")
        found.append(
            Attachment(name, part.type, _decoded_size(raw, encoding), encoding, is_inline, part.content_id, raw)
        )

    def _best_alternative(self, part: _Part) -> str:
        """Plain text if it says something, else what the richer alternatives say."""
        plain = ""
        for child in part.children:
            if child.type == "text/plain" and not plain:
                plain = self.text_of(child)
        rich_parts = [child for child in part.children if child.type != "text/plain"]
        if plain and not (len(plain) < _MAX_EXCUSE and _EXCUSE.search(plain)):
            for child in rich_parts:
                self._keep_html(child)
            return plain
        for child in reversed(rich_parts):
            text = self.text_of(child)
            if text:
                return text
        return plain

    def _keep_html(self, part: _Part) -> None:
        if part.children:
            for child in part.children:
                self._keep_html(child)
        elif part.type == "text/html" and not self.html and part.disposition != "attachment":
            self._chosen.add(part.start)
            self.html = self._decoded(part)

    def _text_of_leaf(self, part: _Part) -> str:
        self._chosen.add(part.start)
        text = self._decoded(part)
        if part.type != "text/html":
            return text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if not self.html:
            self.html = text
        seen = html_to_text(text)
        self._budget.truncated |= seen.truncated
        return seen.text

    def _decoded(self, part: _Part) -> str:
        raw = self._data[part.start : part.end]
        if len(raw) > 2 * MAX_TEXT:
            raw = raw[: 2 * MAX_TEXT]
            self._budget.truncated = True
        octets = _decode_transfer(raw, part.encoding)
        if len(octets) > MAX_TEXT:
            octets = octets[:MAX_TEXT]
            self._budget.truncated = True
        charset = part.parameters.get("charset")
        if part.type == "text/html":
            if charset is None:
                meta = _META_CHARSET.search(octets, 0, 4096)
                charset = meta[1].decode("ascii", "replace") if meta else None
        elif b"\nbegin " in octets or octets.startswith(b"begin "):
            octets = self._without_uuencoded(octets)
        return decode_text(octets, charset)

    def _without_uuencoded(self, octets: bytes) -> bytes:
        pieces = []
        position = 0
        while len(self.uuencoded) < MAX_PARTS and (begin := _UU_BEGIN.search(octets, position)):
            first = octets[begin.end() + 1 : begin.end() + 2]
            if not b"!" <= first <= b"M":  # a sentence that begins with "begin"
                pieces.append(octets[position : begin.end()])
                position = begin.end()
                continue
            end = _UU_END.search(octets, begin.end())
            raw = octets[begin.end() : end.start() if end else len(octets)]
            pieces.append(octets[position : begin.start()])
            position = end.end() if end else len(octets)
            name = file_name(guess_text(begin[1]))
            size = len(_decode_uu(raw))
            self.uuencoded.append(Attachment(name, "application/octet-stream", size, "x-uuencode", False, "", raw))
        pieces.append(octets[position:])
        return b"".join(pieces)


def _is_text(part: _Part) -> bool:
    return part.type in _TEXT_TYPES and part.disposition != "attachment"


def _decode_transfer(raw: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return decode_base64(raw) if _looks_like_base64(raw) else raw
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding in ("x-uuencode", "x-uue", "uuencode"):
        begin = _UU_BEGIN.search(raw)
        return _decode_uu(raw[begin.end() :] if begin else raw)
    return raw


def _looks_like_base64(raw: bytes) -> bool:
    """Is this what its encoding says? Some label plain text base64; that has spaces or 8-bit octets."""
    sample = raw[:400]
    return sample.isascii() and sample.strip().count(b" ") <= 2


def _decode_uu(raw: bytes) -> bytes:
    pieces = []
    for line in raw.splitlines():
        if line in (b"end", b"`", b""):
            continue
        try:
            pieces.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad lines beyond the length they state.
            octets = ((line[0] - 32) & 63) * 4 // 3 + 2
            try:
                pieces.append(binascii.a2b_uu(line[:octets]))
            except binascii.Error:
                continue
    return b"".join(pieces)


def _decoded_size(raw: bytes, encoding: str) -> int:
    if encoding == "base64":
        letters = len(raw) - raw.count(b"\n") - raw.count(b"\r") - raw.count(b"=") - raw.count(b" ")
        return letters * 3 // 4
    return len(raw) if encoding in ("", "7bit", "8bit", "binary") else len(_decode_transfer(raw, encoding))
