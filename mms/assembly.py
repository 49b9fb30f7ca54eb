"""What an MMS shows and the body it travels in, each made from the other. Pure.

`assemble` writes what every phone understands: a SMIL as root, parts in the order of the slides (some phones ignore the
SMIL), short ASCII names. `content_of` reads what real senders write: names in many forms, parts no page names, pages
that name parts which are not there, no SMIL at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from mms.codec import charsets, smil
from mms.content import SLIDE_MS, SMIL, Arrangement, Body, Content, Medium, Part, Slide

#: Characters of a name that is sent.
MAX_NAME: Final = 40

_EXTENSIONS: Final = {
    "text/plain": "txt", "text/html": "html", "image/jpeg": "jpg", "image/gif": "gif", "image/png": "png",
    "image/vnd.wap.wbmp": "wbmp", "image/webp": "webp", "image/bmp": "bmp", "audio/amr": "amr", "audio/midi": "mid",
    "audio/mid": "mid", "audio/sp-midi": "mid", "audio/imelody": "imy", "text/x-imelody": "imy", "audio/mpeg": "mp3",
    "audio/mp4": "m4a", "audio/aac": "aac", "audio/wav": "wav", "audio/x-wav": "wav", "video/3gpp": "3gp",
    "video/mp4": "mp4", "text/x-vcard": "vcf", "text/vcard": "vcf", "text/x-vcalendar": "vcs", "text/calendar": "ics",
    "application/vnd.oma.drm.message": "dm", SMIL: "smil",
}  # fmt: skip
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_SLIDE_TAGS: Final = {Medium.IMAGE: "img", Medium.VIDEO: "video", Medium.TEXT: "text", Medium.AUDIO: "audio"}
_SMIL_NAME: Final = "pres.smil"
_SMIL_ID: Final = "pres"
_CID: Final = "cid:"


# --- writing --------------------------------------------------------------------------------------------------------


def assemble(content: Content, *, screen: tuple[int, int], text_first: bool = False, charset: str = "utf-8") -> Body:
    """The body of a message for a screen of this size, its texts as they are or in `charset`.

    Parts come in the order of the slides, each once, with names every phone takes; those on no slide come last.
    """
    content = arranged(content)
    names = _short_names(content)
    order = list(dict.fromkeys([*_in_order(content.slides), *(part.name for part in content.parts)]))
    by_name = {part.name: part for part in content.parts}
    parts = [_sent(by_name[name], names[name], charset) for name in order if name in by_name]
    pages = [smil.Page(tuple(_media(slide, by_name, names)), slide.duration_ms or SLIDE_MS) for slide in content.slides]
    if not any(page.media for page in pages):
        return Body(tuple(parts), Arrangement.MIXED)
    first = text_first or any(slide.text_first for slide in content.slides)
    width, height = screen
    octets = smil.write([page for page in pages if page.media], width=width, height=height, text_first=first)
    root = Part(SMIL, octets, _SMIL_NAME, _SMIL_ID, "utf-8")
    return Body((root, *parts), Arrangement.RELATED, _SMIL_ID)


def _in_order(slides: Sequence[Slide]) -> Iterator[str]:
    for slide in slides:
        for name in (slide.text, slide.visual) if slide.text_first else (slide.visual, slide.text):
            if name:
                yield name
        if slide.audio:
            yield slide.audio


def _media(slide: Slide, parts: dict[str, Part], names: dict[str, str]) -> Iterator[smil.Medium]:
    for name in (slide.visual, slide.text, slide.audio):
        part = parts.get(name)
        if part is not None and (tag := _SLIDE_TAGS.get(part.medium)) is not None:
            yield smil.Medium(tag, names[name])


def _sent(part: Part, name: str, charset: str) -> Part:
    if part.medium is Medium.TEXT:
        text = text_of_part(part)
        try:
            data = text.encode(charset)
        except (UnicodeEncodeError, LookupError):
            data, charset = text.encode("utf-8"), "utf-8"
        return replace(part, data=data, charset=charset, name=name, content_id=name.partition(".")[0])
    return replace(part, name=name, content_id=name.partition(".")[0])


def _short_names(content: Content) -> dict[str, str]:
    """For each part a name of its own: ASCII, short, with the right extension; no two alike before the dot."""
    taken = {_SMIL_ID}
    names: dict[str, str] = {}
    for number, part in enumerate(content.parts, 1):
        plain = unicodedata.normalize("NFKD", part.name).encode("ascii", "ignore").decode()
        stem, _, given = plain.rpartition(".")
        extension = _EXTENSIONS.get(part.media_type) or _UNSAFE.sub("", given)[:5].lower() or "bin"
        stem = _UNSAFE.sub("_", (stem or plain).replace(".", "_")).strip("_-")[: MAX_NAME - 10]
        stem = stem or f"{part.medium.value}{number}"
        wanted, again = stem, 1
        while wanted.lower() in taken:
            again += 1
            wanted = f"{stem}-{again}"
        taken.add(wanted.lower())
        names[part.name] = f"{wanted}.{extension}"
    return names


# --- reading --------------------------------------------------------------------------------------------------------


def content_of(body: Body) -> Content:
    """What a body shows. Every part but the SMIL is there once, under a name of its own. Never raises.

    A part that no page names is shown on a page behind them when it is a picture, a text, a sound or a film, and is an
    attachment otherwise; a page that names what is not there goes without it.
    """
    media = [part for part in body.parts if part.media_type != SMIL]
    parts = tuple(_named(media))
    presentation = _presentation(body)
    index = _Index(parts, media)
    slides = [slide for page in presentation.pages if (slide := _slide(page, index, presentation)) is not None]
    shown = {name for slide in slides for name in (slide.visual, slide.text, slide.audio)}
    rest = [part for part in parts if part.name not in shown]
    return Content(parts, (*slides, *grouped(rest)))


def _presentation(body: Body) -> smil.Presentation:
    """Of the root, else of the first SMIL that says anything."""
    roots = sorted(
        (part for part in body.parts if part.media_type == SMIL),
        key=lambda part: not (body.start and part.content_id == body.start),
    )
    found = (smil.read(root.data) for root in roots)
    return next((one for one in found if one.pages), smil.Presentation())


def _named(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts, each with a name no other has."""
    taken: set[str] = set()
    for number, part in enumerate(parts, 1):
        name = part.name or part.content_id or f"{part.medium.value}{number}.{_EXTENSIONS.get(part.media_type, 'bin')}"
        if name in taken:
            stem, dot, extension = name.rpartition(".")
            name = f"{stem or extension}-{number}{dot if stem else ''}{extension if stem else ''}"
        while name in taken:
            name = f"{number}-{name}"
        taken.add(name)
        yield replace(part, name=name)


class _Index:
    """Finds the part a SMIL means."""

    def __init__(self, parts: Sequence[Part], as_they_came: Sequence[Part]) -> None:
        self._by_id: dict[str, Part] = {}
        self._by_name: dict[str, Part] = {}
        for part, before in zip(parts, as_they_came, strict=True):
            self._note(self._by_id, before.content_id.strip("<> "), part)
            named = [value for name, value in before.parameters if name in ("name", "filename")]
            for key in (before.name, *named):
                self._note(self._by_name, key, part)

    @staticmethod
    def _note(table: dict[str, Part], key: str, part: Part) -> None:
        if key:
            table.setdefault(key, part)
            table.setdefault(key.lower(), part)

    def find(self, src: str) -> Part | None:
        """By Content-ID for what begins with cid:, else by name; then the other way round, unquoted, in any case."""
        is_id = src[:4].lower() == _CID
        bare = src[4:].strip("<> ") if is_id else src
        tables = (self._by_id, self._by_name) if is_id else (self._by_name, self._by_id)
        for key in dict.fromkeys((bare, unquote(bare), bare.lower(), unquote(bare).lower(), bare.rpartition("/")[2])):
            for table in tables:
                if key and (part := table.get(key)) is not None:
                    return part
        return None


def _slide(page: smil.Page, index: _Index, presentation: smil.Presentation) -> Slide | None:
    """What is there of a page, sorted by what the parts are and not by what the page says they are."""
    places: dict[str, str] = {}
    for medium in page.media:
        part = index.find(medium.src)
        if part is None:
            continue
        place = {Medium.IMAGE: "visual", Medium.VIDEO: "visual", Medium.TEXT: "text", Medium.AUDIO: "audio"}.get(
            part.medium
        )
        if place is None and part.is_locked:
            place = {"text": "text", "audio": "audio"}.get(medium.tag, "visual")  # its octets hide what it is
        if place is not None:
            places.setdefault(place, part.name)
    if not places:
        return None
    return Slide(
        places.get("visual", ""),
        places.get("text", ""),
        places.get("audio", ""),
        page.duration_ms or SLIDE_MS,
        presentation.text_first,
    )


# --- without a SMIL -------------------------------------------------------------------------------------------------


def grouped(parts: Sequence[Part]) -> tuple[Slide, ...]:
    """Slides for parts one after the other: a picture or film with the text and the sound behind it, or before it."""
    slides: list[Slide] = []
    open_slide: Slide | None = None
    for part in parts:
        place = {Medium.IMAGE: "visual", Medium.VIDEO: "visual", Medium.TEXT: "text", Medium.AUDIO: "audio"}.get(
            part.medium
        )
        if place is None:
            continue
        if open_slide is None or getattr(open_slide, place):
            if open_slide is not None:
                slides.append(open_slide)
            open_slide = Slide()
        given: dict[str, Any] = {place: part.name}
        open_slide = replace(open_slide, **given)
    if open_slide is not None:
        slides.append(open_slide)
    return tuple(slides)


def arranged(content: Content) -> Content:
    """The content with slides for all that can be shown: as it is, or grouped where it has none at all."""
    return content if content.slides else replace(content, slides=grouped(content.parts))


def linear(content: Content) -> Content:
    """The same as a plain sequence, for phones that ignore SMIL: parts in the order of the slides, attachments last."""
    content = arranged(content)
    order = {name: place for place, name in enumerate(dict.fromkeys(_in_order(content.slides)))}
    parts = tuple(sorted(content.parts, key=lambda part: order.get(part.name, len(order))))
    return replace(content, parts=parts)


def text_of_part(part: Part) -> str:
    """What a text part says, whatever its label says of its characters. Never raises."""
    return charsets.read_text(part.data, part.charset).text


def text_of(content: Content, limit: int | None = None) -> str:
    """What an MMS says in words: its texts in the order of the slides, one below the other."""
    by_name = {part.name: part for part in content.parts}
    names = dict.fromkeys(slide.text for slide in arranged(content).slides if slide.text)
    texts = (text_of_part(by_name[name]).strip() for name in names if name in by_name)
    said = "\n".join(text for text in texts if text)
    if limit is None or len(said) <= limit:
        return said
    return said[: max(0, limit - 1)].rstrip() + "…"
