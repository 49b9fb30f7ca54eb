"""A mail as what an MMS shows: its words and pictures in the order a reader sees them (RFC 4356 section 2.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from gateway.core.errors import MalformedPdu
from gateway.mail.mime.charsets import decode_text
from gateway.mail.mime.html import html_to_text
from gateway.mail.mime.reader import Attachment, MailContent, read_mail
from mms.assembly import content_of, grouped
from mms.carrier_decorations.decorations import decorations_of
from mms.codec.mime_body import read_body
from mms.content import SMIL, Content, Medium, Part
from mms.handsets import media_types
from mms.letter_view import digest_of

#: Characters of the text that are taken; the fitting cuts it to what a phone takes.
MAX_TEXT: Final = 20_000
#: Parts that are taken.
MAX_MEDIA: Final = 100
#: What phones of all generations may be sent; the fitting makes the rest into these or leaves them out.
TAKEN: Final = frozenset(("image", "audio", "video"))
TAKEN_TYPES: Final = frozenset(
    ("text/x-vcard", "text/vcard", "text/directory", "text/x-vcalendar", "text/calendar", "text/plain")
)
#: Without "<" inside, so that a page of nothing but openings is looked at once.
_IMG: Final = re.compile(r"<img\b([^<>]{1,4000})>", re.IGNORECASE)
_SRC: Final = re.compile(r"""\bsrc\s*+=\s*+["']?cid:([^"'\s]{1,255})""", re.IGNORECASE)
#: Marks of pictures while HTML becomes text: they stand in no text that is meant for people.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARK: Final = re.compile(f"{_OPEN}([0-9]{{1,4}}){_CLOSE}")
#: Texts that centres attach, with nothing in the mail itself.
_TEXT_FILE: Final = re.compile(r"text[_-]?\d*\.txt|\d*\.txt|message\.txt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An attachment no MMS carries; who answers for the mail may offer it on a page."""

    name: str
    media_type: str
    size_octets: int


@dataclass(frozen=True, slots=True)
class MailAsMms:
    """What of a mail goes into an MMS."""

    subject: str
    content: Content
    left_out: tuple[LeftOut, ...]
    #: More was there than the limits let us read.
    truncated: bool


def mms_of_mail(data: bytes) -> MailAsMms:
    """The MMS a mail makes. Never raises.

    A mail that is an MMS already (it has a SMIL) keeps its slides. Else pictures stand where the page shows them, and
    attachments behind the words. What carriers and phones put around a photo is left out (`mms.carrier_decorations`).
    """
    mail = read_mail(data)
    if any(attachment.type == SMIL for attachment in mail.attachments):
        try:
            return MailAsMms(mail.headers.subject, content_of(read_body(data)), (), mail.truncated)
        except MalformedPdu:
            pass  # too many parts for an MMS; as a mail it has its limits
    decorations = decorations_of(mail)
    parts, left_out = _media(mail, decorations.digests)
    pieces = [decorations.words(one) if isinstance(one, str) else one for one in _pieces(mail, parts)]
    texts = [one for one in pieces if isinstance(one, str)]
    if not any(text.strip() for text in texts):
        pieces = [one.words if one.is_stray_text else one for one in pieces if not isinstance(one, str)]
    subject = decorations.subject(mail.headers.subject)
    return MailAsMms(subject, _content(pieces), tuple(left_out), mail.truncated)


@dataclass(frozen=True, slots=True)
class _Media:
    part: Part
    content_id: str
    is_stray_text: bool

    @property
    def words(self) -> str:
        """Of a text that was attached."""
        return decode_text(self.part.data, self.part.charset or None)


def _media(mail: MailContent, dropped: Collection[str]) -> tuple[list[_Media], list[LeftOut]]:
    found: list[_Media] = []
    left_out: list[LeftOut] = []
    for attachment in mail.attachments:
        kind = kind_of(attachment)
        content = attachment.content()
        if digest_of(content) in dropped:
            continue
        if len(found) < MAX_MEDIA and (kind.partition("/")[0] in TAKEN or kind in TAKEN_TYPES):
            is_stray = kind == "text/plain" and (
                not attachment.name or _TEXT_FILE.fullmatch(attachment.name) is not None
            )
            found.append(_Media(Part(kind, content, attachment.name), attachment.content_id, is_stray))
        elif not kind.startswith(("text/html", "application/pkcs7", "application/pgp")):
            left_out.append(LeftOut(attachment.name, kind, attachment.size_octets))
    return found, left_out


def kind_of(attachment: Attachment) -> str:
    """The media type of an attachment; by its name where the mail does not say."""
    kind = media_types.of_file(attachment.type, attachment.name)
    return {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}.get(kind, kind)


def _pieces(mail: MailContent, media: list[_Media]) -> list[str | _Media]:
    """Words and media in the order a reader meets them."""
    by_id = {one.content_id: number for number, one in enumerate(media) if one.content_id}
    shown: set[int] = set()
    pieces: list[str | _Media] = []
    if mail.html and by_id:

        def mark(match: re.Match[str]) -> str:
            src = _SRC.search(match[1])
            number = by_id.get(unquote(src[1])) if src else None
            return match[0] if number is None else f"<br>{_OPEN}{number}{_CLOSE}<br>"

        text = html_to_text(_IMG.sub(mark, mail.html)).text
        if _MARK.search(text):
            for place, piece in enumerate(_MARK.split(text)):
                if place % 2 == 0:
                    pieces.append(piece.strip())
                elif int(piece) not in shown:
                    shown.add(int(piece))
                    pieces.append(media[int(piece)])
    if not shown:
        pieces = [mail.text]
    return [*(piece for piece in pieces if piece), *(one for n, one in enumerate(media) if n not in shown)]


def _content(pieces: list[str | _Media]) -> Content:
    parts: list[Part] = []
    room = MAX_TEXT
    for number, piece in enumerate(pieces, 1):
        if isinstance(piece, str):
            text = piece[:room]
            room -= len(text)
            if text.strip():
                parts.append(Part("text/plain", text.encode("utf-8", "replace"), f"text{number}.txt", "", "utf-8"))
        else:
            parts.append(piece.part)
    named = _with_names(parts)
    return Content(named, grouped([part for part in named if part.medium is not Medium.OTHER]))


def _with_names(parts: list[Part]) -> tuple[Part, ...]:
    taken: set[str] = set()
    named = []
    for number, part in enumerate(parts, 1):
        name = part.name or f"part{number}"
        if name in taken:
            name = f"{number}-{name}"
        taken.add(name)
        named.append(Part(part.media_type, part.data, name, "", part.charset))
    return tuple(named)
