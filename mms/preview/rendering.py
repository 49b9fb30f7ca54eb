"""What the owner of a handset will see: the screens of one message, made from the very octets that are sent."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image

from mms.assembly import content_of
from mms.codec.errors import MmsFormatError
from mms.codec.multipart import decode_body, encode_body
from mms.codec.pdu import RetrieveConf, SendReq, decode
from mms.content import SLIDE_MS, SMIL, Body, Content, Part, Slide
from mms.handsets.handset import Handset, Smil
from mms.preview.pages import PAPER, Row, bar, bar_height, paginate, room_for_picture, rows
from mms.preview.reading import Block, Reader
from mms.preview.texts import preview_texts

MAX_PARTS: Final = 60
MAX_SCREENS: Final = 40
#: Pictures of what moves in one preview, over all its screens.
MAX_MOMENTS: Final = 80
_MOMENTS: Final = 16  # of one screen


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen, as large as the handset's."""

    png: bytes
    duration_ms: int
    #: What is to be said about it, in the language asked for.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """The screens of a message on one handset, in the order they are seen."""

    handset: Handset
    screens: tuple[Screen, ...]
    #: All screens one after the other with what moves on them: APNG, for ever.
    animated: bytes
    #: What the sender should know before it goes out.
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    strips: list[Row]
    duration_ms: int
    notes: tuple[str, ...]


def render(
    message: bytes | Body, handset: Handset, *, sender: str = "", subject: str = "", language: str = "en"
) -> Preview:
    """The preview of an encoded PDU (m-send-req or m-retrieve-conf) or of a multipart body.

    Sender and subject of a PDU are its own unless given. Raises MmsFormatError for octets that are no such PDU; a part
    that cannot be shown stands as a sign with the reason. Bounded in parts, screens, pixels and frames.
    """
    if isinstance(message, Body):
        head, octets = encode_body(message)
        size = len(head) + len(octets)
        body = decode_body(head, octets)
    else:
        size = len(message)
        body, sender, subject = _opened(message, sender, subject)
    texts = preview_texts(language)
    reader = Reader(handset, texts)
    if not handset.mms:
        reader.warnings.append(texts.render("no_mms"))
    if size > handset.max_octets:
        reader.warnings.append(texts.render("too_large", octets=size, limit=handset.max_octets))
    content = content_of(body)
    if len(content.parts) > MAX_PARTS:
        reader.warnings.append(texts.render("many_parts", count=MAX_PARTS))
        content = Content(content.parts[:MAX_PARTS], content.slides)
    pages = _pages(content, reader)
    if len(pages) > MAX_SCREENS:
        reader.warnings.append(texts.render("many_screens", count=MAX_SCREENS))
        pages = pages[:MAX_SCREENS]
    moments: list[tuple[Image.Image, int]] = []
    screens: list[Screen] = []
    for number, page in enumerate(pages, 1):
        place = texts.render("page", number=number, count=len(pages)) if len(pages) > 1 else ""
        top = bar(handset, sender, subject or texts.render("no_subject"), place)
        seen = _moments(page, handset, top)
        screens.append(Screen(_png(seen[0][0]), page.duration_ms, page.notes))
        moments += seen if len(moments) + len(seen) <= MAX_MOMENTS else [(seen[0][0], page.duration_ms)]
    return Preview(handset, tuple(screens), _apng(moments), tuple(dict.fromkeys(reader.warnings)))


def _opened(message: bytes, sender: str, subject: str) -> tuple[Body, str, str]:
    pdu = decode(message)
    if not isinstance(pdu, RetrieveConf | SendReq) or pdu.body is None:
        raise MmsFormatError("This PDU carries no message.")
    return pdu.body, sender or pdu.sender, subject or pdu.subject


def _pages(content: Content, reader: Reader) -> list[_Page]:
    handset = reader.handset
    high = handset.screen[1] - bar_height(handset)
    slides = content.slides
    shown = {name for slide in slides for name in (slide.visual, slide.text, slide.audio) if name}
    rest = [part for part in content.parts if part.name not in shown and part.media_type != SMIL]
    found: list[_Page] = []
    if handset.smil is Smil.PARTS or not slides:
        parts = [part for part in content.parts if part.media_type != SMIL]
        strips = rows([reader.read(part, (handset.screen[0], high)) for part in parts], handset)
        return _paged(strips, high, SLIDE_MS, reader.take_notes())
    if handset.smil is Smil.SCROLL:
        blocks = [block for slide in slides for block in _slide(slide, content, reader, high)]
        blocks += [reader.attached(part) for part in rest]
        return _paged(rows(blocks, handset), high, SLIDE_MS, reader.take_notes())
    for slide in slides[:MAX_SCREENS]:
        strips = rows(_slide(slide, content, reader, high), handset)
        found += _paged(strips, high, slide.duration_ms, reader.take_notes())
    if rest:
        strips = rows([reader.attached(part) for part in rest], handset)
        found += _paged(strips, high, SLIDE_MS, reader.take_notes())
    return found


def _slide(slide: Slide, content: Content, reader: Reader, high: int) -> list[Block]:
    """The blocks of a slide; the picture leaves room for lines of its text."""
    handset = reader.handset

    def part(name: str) -> Part | None:
        return content.part(name) if name else None

    visual, text, audio = part(slide.visual), part(slide.text), part(slide.audio)
    room = handset.screen[0], high
    words = reader.read(text, room) if text is not None else None
    if words is not None and handset.smil is Smil.SLIDES:
        room = room_for_picture(handset, len(rows([words], handset)))
    blocks = [reader.read(visual, room)] if visual is not None else []
    if words is not None:
        blocks.insert(0 if slide.text_first or handset.text_first else len(blocks), words)
    if audio is not None:
        blocks.append(reader.read(audio, room))
    return blocks


def _paged(strips: Sequence[Row], high: int, duration_ms: int, notes: tuple[str, ...]) -> list[_Page]:
    pages = paginate(strips, high)
    share = max(1_000, duration_ms // len(pages))
    return [_Page(page, share, notes if not number else ()) for number, page in enumerate(pages)]


def _moments(page: _Page, handset: Handset, top: Image.Image) -> list[tuple[Image.Image, int]]:
    """What the screen shows from the first moment on, each with its duration; one when nothing moves."""
    moving = next((strip for strip in page.strips if len(strip.frames) > 1), None)
    if moving is None:
        return [(_screen(page.strips, handset, top, 0), page.duration_ms)]
    found: list[tuple[Image.Image, int]] = []
    left = page.duration_ms
    number = 0
    while left > 0 and number < _MOMENTS:
        stands = min(moving.durations_ms[number % len(moving.durations_ms)], left)
        found.append((_screen(page.strips, handset, top, number), stands))
        left -= stands
        number += 1
    return found


def _screen(strips: Sequence[Row], handset: Handset, top: Image.Image, moment: int) -> Image.Image:
    image = Image.new("RGB", handset.screen, PAPER)
    image.paste(top, (0, 0))
    below = top.height
    for strip in strips:
        image.paste(strip.frames[moment % len(strip.frames)], (0, below))
        below += strip.height
    return image


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _apng(moments: Sequence[tuple[Image.Image, int]]) -> bytes:
    if len(moments) == 1:
        return _png(moments[0][0])
    out = io.BytesIO()
    images = [image for image, _ in moments]
    images[0].save(
        out, "PNG", save_all=True, append_images=images[1:], duration=[stands for _, stands in moments], loop=0
    )
    return out.getvalue()
