"""What a mail program shows of an MMS: its text, and a page with its pictures. Pure."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from typing import Final

from gateway.mail.mime.html import html_to_text
from mms.assembly import content_of, linear, text_of_part
from mms.content import Body, Medium, Part

#: Pictures that every mail program shows inside a page; others are attached, for the reader's own programs.
SHOWN: Final = frozenset(
    ("image/jpeg", "image/jpg", "image/pjpeg", "image/gif", "image/png", "image/x-png", "image/webp", "image/bmp")
)
#: A text above this is attached like a picture: a page of more than about 100 kB is cut by some mail programs, and
#: nobody writes that much into an MMS. Octets.
MAX_SHOWN_TEXT: Final = 65_536
_ENDINGS: Final = {
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/gif": "gif", "image/png": "png", "image/webp": "webp",
    "image/vnd.wap.wbmp": "wbmp", "audio/amr": "amr", "audio/midi": "mid", "audio/imelody": "imy",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "video/3gpp": "3gp", "video/mp4": "mp4", "text/plain": "txt",
    "text/x-vcard": "vcf", "text/vcard": "vcf", "text/x-vcalendar": "vcs", "text/calendar": "ics",
}  # fmt: skip


def digest_of(data: bytes) -> str:
    """The name of some octets: 32 hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def seen(body: Body) -> tuple[Part, ...]:
    """The parts people see, in the order of the slides, attachments last: all but the SMIL. Each has a name."""
    return linear(content_of(body)).parts


def is_text(part: Part) -> bool:
    """Whether the words of the part stand in the page."""
    return part.medium is Medium.TEXT and len(part.data) <= MAX_SHOWN_TEXT


def is_picture(part: Part) -> bool:
    """Whether the part is a picture that stands in the page."""
    return part.media_type in SHOWN and bool(part.data)


def name_of(part: Part, number: int) -> str:
    """The file name of a part, with an ending that says what it is."""
    name = part.name.encode("utf-8", "replace").decode()
    if not name or "." not in name:
        ending = _ENDINGS.get(part.media_type, "bin")
        name = f"{name or f'part-{number}'}.{ending}"
    return name


def words_of(part: Part) -> str:
    """What a text part says, with line feeds."""
    text = text_of_part(part)
    if part.media_type == "text/html":
        text = html_to_text(text).text
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def text_of(body: Body) -> str:
    """The MMS for readers of plain text: texts, and the names of all else in brackets."""
    pieces = []
    for number, part in enumerate(seen(body), 1):
        piece = words_of(part) if is_text(part) else f"[{name_of(part, number)}]"
        if piece:
            pieces.append(piece)
    return "\n\n".join(pieces)


def page_of(body: Body, content_ids: Mapping[str, str], comment: str) -> str:
    """The MMS as a page; `content_ids` says for a picture's digest under which id the mail holds it.

    The comment comes first, so that a page that is cut keeps it.
    """
    pieces = []
    for number, part in enumerate(seen(body), 1):
        name = html.escape(name_of(part, number))
        content_id = content_ids.get(digest_of(part.data), "")
        if is_text(part):
            text = html.escape(words_of(part)).replace("\n", "<br>\n")
            pieces.append(f"<p>{text}</p>" if text else "")
        elif content_id:
            pieces.append(f'<div><img src="cid:{content_id}" alt="{name}" style="max-width:100%"></div>')
        else:
            pieces.append(f"<p>[{name}]</p>")
    inside = "\n".join(piece for piece in pieces if piece)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{comment}{inside}\n</body></html>\n'
