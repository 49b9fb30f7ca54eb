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
from typing import Final, Literal

from gateway.core import text as text_rules
from gateway.core.text import Alphabet
from gateway.mail.mime.html import html_to_text
from mms.codec import amr, charsets, smil
from mms.codec.errors import MmsFormatError
from mms.content import SLIDE_MS, SMIL, Arrangement, Body, Content, Medium, Part, Slide
from mms.handsets import media_types
from mms.references import References

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
Place = Literal["visual", "text", "audio"]
_PLACES: Final[dict[Medium, Place]] = {
    Medium.IMAGE: "visual",
    Medium.VIDEO: "visual",
    Medium.TEXT: "text",
    Medium.AUDIO: "audio",
}
#: For parts whose type says nothing (locked ones, "application/octet-stream"), the element that shows them.
_TAGGED: Final[dict[str, Place]] = {"img": "visual", "video": "visual", "text": "text", "audio": "audio"}
_ATTACHED: Final = frozenset((media_types.VCARD, media_types.VCALENDAR, "text/calendar"))
_SMIL_EXTENSIONS: Final = ("smil", "smi")
_SMILS: Final = frozenset((SMIL, "application/smil+xml"))
_SMIL_NAME: Final = "pres.smil"
_SMIL_ID: Final = "pres"


# --- writing --------------------------------------------------------------------------------------------------------


def assemble(content: Content, *, screen: tuple[int, int], text_first: bool = False, charset: str = "utf-8") -> Body:
    """The body of a message for a screen of this size, its texts in `charset`, or as they are ("").

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
    for name, tag in ((slide.visual, "img"), (slide.text, "text"), (slide.audio, "audio")):
        part = parts.get(name)
        if part is not None:
            yield smil.Medium("video" if part.medium is Medium.VIDEO else tag, names[name])


def _sent(part: Part, name: str, charset: str) -> Part:
    if charset and part.medium is Medium.TEXT:
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
        base = part.name.replace("\\", "/").rpartition("/")[2]  # some senders name their path
        plain = unicodedata.normalize("NFKD", base).encode("ascii", "ignore").decode()
        stem, dot, given = plain.rpartition(".")
        extension = _EXTENSIONS.get(part.media_type) or _UNSAFE.sub("", given)[:5].lower() or "bin"
        if extension in _SMIL_EXTENSIONS:
            extension = "bin"  # nothing but the SMIL is to be taken for it
        stem = _UNSAFE.sub("_", (stem if dot else plain).replace(".", "_")).strip("_-")[: MAX_NAME - 10]
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
    """What a body shows. Every part is there once, under a name of its own, but for the SMIL, texts without a sign, and
    HTML that says again what a plain text says. Never raises.

    A part that no page names is shown on a page behind them when it is a picture, a text, a sound or a film, and is an
    attachment otherwise; a page that names what is not there goes without it.
    """
    media = [part for part in body.parts if not _is_smil(part) and not _is_blank(part)]
    if body.arrangement is Arrangement.ALTERNATIVE and any(part.media_type == "text/plain" for part in media):
        media = [part for part in media if part.media_type != "text/html"]
    parts = tuple(_named(media))
    presentation = _presentation(body)
    references = References(parts, media)
    references.take_order(presentation)
    slides = [slide for page in presentation.pages if (slide := _slide(page, references, presentation)) is not None]
    shown = {name for slide in slides for name in (slide.visual, slide.text, slide.audio)}
    rest = [part for part in parts if part.name not in shown]
    return Content(parts, (*slides, *grouped(rest)))


def _presentation(body: Body) -> smil.Presentation:
    """Of the root, else of the first SMIL that says anything."""
    roots = sorted(
        (part for part in body.parts if _is_smil(part)),
        key=lambda part: not (body.start and part.content_id == body.start),
    )
    found = (smil.read(root.data) for root in roots)
    return next((one for one in found if one.pages), smil.Presentation())


def _is_smil(part: Part) -> bool:
    if part.media_type in _SMILS:
        return True
    return part.name.lower().rpartition(".")[2] in _SMIL_EXTENSIONS and b"<smil" in part.data[:1000].lower()


def _is_blank(part: Part) -> bool:
    return part.media_type == "text/plain" and not text_of_part(part).strip()


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


def _slide(page: smil.Page, references: References, presentation: smil.Presentation) -> Slide | None:
    """What is there of a page, sorted by what the parts are and not by what the page says they are."""
    places: dict[str, Part] = {}
    for element in page.media:
        part = references.find(element)
        if part is None:
            continue
        place = place_of(part)
        if not place and media_types.canonical(part.media_type) not in _ATTACHED:
            place = _TAGGED.get(element.tag, "visual" if part.is_locked else "")
        if place:
            places.setdefault(place, part)
    if not places:
        return None
    names = {place: part.name for place, part in places.items()}
    duration_ms = page.duration_ms or max(SLIDE_MS, _sound_ms(places.get("audio")))
    return Slide(**names, duration_ms=duration_ms, text_first=presentation.text_first)


def place_of(part: Part) -> Place | Literal[""]:
    """Where on a slide the part goes by its media type; "" for an attachment, or when the type does not say."""
    if media_types.canonical(part.media_type) == media_types.IMELODY:
        return "audio"  # even where it calls itself a text
    return _PLACES.get(part.medium, "")


def _sound_ms(part: Part | None) -> int:
    """How long a sound plays; 0 for one that does not say."""
    if part is None or media_types.canonical(part.media_type) != media_types.AMR:
        return 0
    try:
        return amr.read(part.data).duration_ms
    except MmsFormatError:
        return 0


# --- without a SMIL -------------------------------------------------------------------------------------------------


def grouped(parts: Sequence[Part]) -> tuple[Slide, ...]:
    """Slides for parts one after the other: a picture or film with its text and the sound behind it.

    The text of a picture is the one behind it; the one before it where texts come first and a picture or film last. A
    film has its own sound. What is neither is on none.
    """
    seen = [(part, place) for part in parts if part.name and (place := place_of(part))]
    order = [place for _, place in seen if place != "audio"]
    text_first = len(order) > 1 and order[0] == "text" and order[-1] == "visual"
    slides: list[Slide] = []
    films = {part.name for part in parts if part.medium is Medium.VIDEO}
    for part, place in seen:
        last = slides[-1] if slides else Slide()
        if place == "audio":
            joins = not last.audio and last.visual not in films
        elif place == "text":
            joins = not last.text and (not text_first or not last.visual)
        else:
            joins = not last.visual and (text_first or not last.text) and not (last.audio and part.name in films)
        if slides and joins:
            slides[-1] = _with(last, place, part.name)
        else:
            slides.append(_with(Slide(), place, part.name))
    sounds = {part.name: _sound_ms(part) for part, place in seen if place == "audio"}
    return tuple(
        replace(
            slide,
            duration_ms=max(slide.duration_ms, sounds.get(slide.audio, 0)),
            text_first=bool(text_first and slide.text and slide.visual),
        )
        for slide in slides
    )


def _with(slide: Slide, place: Place, name: str) -> Slide:
    match place:
        case "visual":
            return replace(slide, visual=name)
        case "text":
            return replace(slide, text=name)
        case "audio":
            return replace(slide, audio=name)


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


def words_of(part: Part) -> str:
    """What a text part says to people: of HTML its words, line feeds, no blanks around it."""
    text = text_of_part(part)
    if part.media_type == "text/html":
        text = html_to_text(text).text
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def text_of(content: Content, limit: int | None = None) -> str:
    """What an MMS says in words: its texts in the order of the slides, one below the other.

    `limit` in UTF-16 units, as an SMS counts them; no character is cut in two.
    """
    by_name = {part.name: part for part in content.parts}
    names = dict.fromkeys(slide.text for slide in arranged(content).slides if slide.text)
    texts = (words_of(by_name[name]) for name in names if name in by_name)
    said = "\n".join(text for text in texts if text)
    if limit is None or text_rules.units(said, Alphabet.UCS2) <= limit:
        return said
    return text_rules.cut(said, Alphabet.UCS2, limit - 1, "").rstrip() + text_rules.ELLIPSIS if limit > 0 else ""
