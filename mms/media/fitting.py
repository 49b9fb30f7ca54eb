"""An MMS made to fit a handset: one budget for the encoded whole, shared by its parts, and a plan of what was done.

What a phone cannot take is made into something it can, or left out with a reason. Small parts are left alone; the
others share what is left, and what one of them does not need goes to the rest.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mms.assembly import arranged, assemble, text_of_part
from mms.codec.multipart import encoded_size
from mms.content import Body, Content, Medium, Part, Slide
from mms.handsets.handset import Handset, Smil
from mms.handsets.media_types import VCARD, canonical
from mms.media.film import Film, NoFilm
from mms.media.kinds import kind_of
from mms.media.pictures import Made, MediaRefused, Picture, TooLarge
from mms.media.plan import Plan, Step, What, octets_words
from mms.media.sound import Sound

#: Octets for the headers of the PDU around the body: subject, addresses, ids.
HEADERS: Final = 700
#: Share of the phone's limit that is not used: phones count in their own ways.
HEADROOM: Final = 0.03
#: A part is not made smaller than this for the sake of others.
_LEAST: Final = 1_500
#: Share of the room that is not worth making anything anew for.
_LEFT_OVER: Final = 0.04
#: A text of fewer octets is not worth sending in place of a longer one.
_LEAST_TEXT: Final = 40
#: Pages one text is spread over; octets each costs around its text.
_MAX_PIECES, _PIECE_OCTETS = 40, 110
#: Parts of an MMS whose texts are still split.
_MAX_SPLIT: Final = 200
#: Octets of all media as they come in.
MAX_OCTETS: Final = 64 << 20
MAX_PARTS: Final = 100
#: Characters of a text that a slide holds, in screens full.
_SCREENS: Final = 3

Resizable = Picture | Sound | Film


@dataclass(frozen=True, slots=True)
class Fitted:
    """An MMS that fits."""

    content: Content
    body: Body
    #: Of the body with the headers around it.
    octets: int
    plan: Plan


@dataclass(slots=True)
class _Item:
    """A part that can be made larger or smaller."""

    part: Part
    medium: Resizable
    made: Made | None = None
    #: Why nothing was made of it: a key of REASONS.
    refused: str = "no-room"
    share: int = 0


def fit(content: Content, handset: Handset, *, max_octets: int | None = None) -> Fitted:
    """The content as this handset takes it, never of more octets than it or `max_octets` allows.

    Raises MediaRefused when nothing at all can be sent of it, or it is more than anybody should send.
    """
    content = arranged(content)
    if sum(len(part.data) for part in content.parts) > MAX_OCTETS or len(content.parts) > MAX_PARTS:
        raise TooLarge(f"more than {octets_words(MAX_OCTETS)}, or more than {MAX_PARTS} files")
    limit = min(handset.max_octets, max_octets or handset.max_octets)
    room = int(limit * (1 - HEADROOM)) - HEADERS
    steps: dict[str, Step] = {}
    fixed, items = _sorted(content, handset, steps)
    _shorten(content, fixed, items, handset, steps, room)
    content, fixed = _split(replace(content, parts=tuple(fixed)), handset, steps, [item.part for item in items])
    _share(items, room - _size(content, fixed, items, handset))
    while True:
        for item in items:
            steps[item.part.name] = _step(item)
        sent = _sent(content, items)
        body = _assembled(sent, handset)
        octets = encoded_size(body)
        if octets <= room:
            break
        _drop(content, items, fixed, steps, octets - room)
        content = replace(content, parts=tuple(fixed))
    if not sent.parts:
        raise MediaRefused("nothing of it can be shown on this phone")
    order = {part.name: place for place, part in enumerate(content.parts)}
    plan = Plan(
        tuple(sorted(steps.values(), key=lambda step: order.get(step.part, len(order)))),
        octets + HEADERS, limit, handset.key,
    )  # fmt: skip
    return Fitted(sent, body, octets + HEADERS, plan)


# --- what each part is ----------------------------------------------------------------------------------------------


def _sorted(content: Content, handset: Handset, steps: dict[str, Step]) -> tuple[list[Part], list[_Item]]:
    """Parts that stay as they are (texts in the phone's characters), and those that can be made to fit."""
    fixed: list[Part] = []
    items: list[_Item] = []
    for part in content.parts:
        before = _told(part)
        if part.is_locked:
            steps[part.name] = Step(part.name, What.KEPT, before, before, ("locked",))
            fixed.append(part)
        elif part.medium is Medium.TEXT and not _is_media(part.data):
            text = _text(part, handset)
            reasons = ("charset",) if text.charset != (part.charset or "utf-8") else ()
            steps[part.name] = Step(part.name, What.KEPT, before, f"{octets_words(len(text.data))}", reasons)
            fixed.append(text)
        elif part.medium is Medium.OTHER and not kind_of(part.data):
            kind = canonical(part.media_type)
            if kind in handset.others or (kind == VCARD and any("vcard" in other for other in handset.others)):
                steps[part.name] = Step(part.name, What.KEPT, before, before)
                fixed.append(part)
            else:
                steps[part.name] = Step(part.name, What.LOST, before, "", ("unsupported",))
        else:
            _open(part, handset, items, steps, before)
    return fixed, items


def _is_media(data: bytes) -> bool:
    """Whether it is no text, whatever it is called; a text may well begin with "BM" or the mark of UTF-16."""
    return (
        bool(kind_of(data)) and b"\0" in data[:256] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    )


def _open(part: Part, handset: Handset, items: list[_Item], steps: dict[str, Step], before: str) -> None:
    kind = kind_of(part.data) or canonical(part.media_type)
    try:
        medium: Resizable
        if kind.startswith("image/"):
            medium = Picture(part.data, handset)
        elif kind.startswith("video/"):
            medium = _film_or_sound(part, handset)
        elif kind.startswith("audio/"):
            medium = Sound(part.data, canonical(part.media_type), handset)
        else:
            steps[part.name] = Step(part.name, What.LOST, before, "", ("unsupported",))
            return
    except TooLarge:
        raise
    except MediaRefused as error:
        steps[part.name] = Step(part.name, What.LOST, before, "", (error.reason,))
        return
    items.append(_Item(part, medium))


def _film_or_sound(part: Part, handset: Handset) -> Film | Sound:
    """Recorders put sound alone into files that begin like films."""
    try:
        return Film(part.data, handset)
    except NoFilm:
        return Sound(part.data, "audio/3gpp", handset)


def _text(part: Part, handset: Handset) -> Part:
    """The text in characters the phone shows: ASCII where that is enough, else UTF-8, else UTF-16."""
    text = text_of_part(part)
    if text.isascii() and "us-ascii" in handset.charsets:
        return replace(part, media_type="text/plain", data=text.encode("ascii"), charset="us-ascii")
    if "utf-8" in handset.charsets or "utf-16" not in handset.charsets:
        return replace(part, media_type="text/plain", data=text.encode(), charset="utf-8")
    return replace(part, media_type="text/plain", data=text.encode("utf-16"), charset="utf-16")


# --- long texts -----------------------------------------------------------------------------------------------------


def _shorten(
    content: Content, fixed: list[Part], items: Sequence[_Item], handset: Handset, steps: dict[str, Step], room: int
) -> None:
    """Cut texts, the longest first, that would not fit were they alone."""
    texts = [part for part in fixed if part.medium is Medium.TEXT and not part.is_locked]
    for part in sorted(texts, key=lambda part: -len(part.data)):
        over = _size(content, fixed, items, handset) - room
        if over <= 0:
            return
        over += _PIECE_OCTETS * _MAX_PIECES if handset.smil is Smil.SLIDES else 0
        shorter = _beginning(part, len(part.data) - over)
        if shorter is not None:
            fixed[fixed.index(part)] = shorter
            step = steps[part.name]
            after = octets_words(len(shorter.data))
            steps[part.name] = replace(step, what=What.MADE, after=after, reasons=(*step.reasons, "cut"))


def _beginning(part: Part, octets: int) -> Part | None:
    """A text in at most so many octets, with a sign that there was more; None where that says nothing."""
    sign = ("..." if part.charset == "us-ascii" else "…").encode(part.charset).removeprefix(codecs.BOM_UTF16)
    data = part.data[: max(0, octets - len(sign))].decode(part.charset, "ignore").rstrip().encode(part.charset)
    return replace(part, data=data + sign) if len(data) >= _LEAST_TEXT else None


def _split(
    content: Content, handset: Handset, steps: dict[str, Step], others: Sequence[Part]
) -> tuple[Content, list[Part]]:
    """Long texts on several slides, for phones that show one slide after the other."""
    parts, slides = list(content.parts), list(content.slides)
    if handset.smil is not Smil.SLIDES:
        return content, parts
    wide, high = handset.screen
    most = max(60, _SCREENS * (wide // max(6, handset.text_height * 2 // 3)) * (high // handset.text_height))
    taken = {part.name for part in (*parts, *others)}
    for part in list(parts):
        if part.medium is not Medium.TEXT or part.is_locked:
            continue
        pieces = _pieces(text_of_part(part), most)
        place = next((number for number, slide in enumerate(slides) if slide.text == part.name), None)
        if len(pieces) < 2 or place is None or len(parts) + len(pieces) > _MAX_SPLIT:
            continue
        at = parts.index(part)
        made = [replace(part, data=pieces[0].encode(part.charset), name=part.name)]
        more: list[Slide] = []
        for number, piece in enumerate(pieces[1:], 2):
            name = f"{part.name.rpartition('.')[0] or part.name}-{number}.txt"
            while name in taken:
                name = "_" + name
            taken.add(name)
            made.append(replace(part, data=piece.encode(part.charset), name=name, content_id=""))
            more.append(Slide(text=name, duration_ms=slides[place].duration_ms, text_first=slides[place].text_first))
        parts[at : at + 1] = made
        slides[place + 1 : place + 1] = more
        step = steps[part.name]
        steps[part.name] = replace(step, what=What.MADE, reasons=(*step.reasons, "split"))
    return Content(tuple(parts), tuple(slides)), parts


def _pieces(text: str, most: int) -> list[str]:
    """The text in pieces of at most so many characters, cut at paragraphs, sentences or words where there are any.

    Nobody turns hundreds of pages: pieces of very long texts are larger.
    """
    most = max(most, 2 * len(text) // _MAX_PIECES)  # a piece may be cut at half its length
    pieces = []
    while len(text) > most:
        window = text[:most]
        cut = max((window.rfind(mark) + len(mark) for mark in ("\n", "。", "！", "？", ". ", "! ", "? ")), default=0)
        if cut < most // 2:
            cut = max(window.rfind(" ") + 1, window.rfind("，") + 1)
        if cut < most // 2:
            cut = most
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [piece for piece in (*pieces, text) if piece]


def _told(part: Part) -> str:
    return f"{part.media_type}, {octets_words(len(part.data))}"


# --- the budget -----------------------------------------------------------------------------------------------------


def _size(content: Content, fixed: Sequence[Part], items: Sequence[_Item], handset: Handset) -> int:
    """Octets of everything but the media that share the rest: as if those were empty."""
    empty = [replace(item.part, data=b"") for item in items]
    return encoded_size(_assembled(replace(content, parts=(*fixed, *empty)), handset)) + 8 * len(items)


def _share(items: Sequence[_Item], room: int) -> None:
    """Give each part its share and make it so; what some leave goes to those that could use it.

    Parts that come in steps (what moves, sounds, films) are asked first, and pictures, which fill any room, last.
    """
    if not items or room < _LEAST // 2:
        return
    _divide(items, room)
    for item in items:
        _make(item)
    last = sorted(items, key=lambda item: isinstance(item.medium, Picture) and not item.medium.is_moving)
    for number, item in enumerate(last):
        left = room - sum(len(one.made.data) for one in items if one.made is not None)
        if left <= max(_LEAST // 2, room * _LEFT_OVER):
            return
        if item.made is None:
            item.share = left
        elif _wants_more(item.made):
            among = sum(one.made is not None and _wants_more(one.made) for one in last[number:])
            item.share = len(item.made.data) + left // among
        else:
            continue
        _make(item)


def _divide(items: Sequence[_Item], room: int) -> None:
    """Equal shares, but nobody gets more than there is to send of it."""
    waiting = sorted(items, key=lambda item: len(item.part.data))
    for number, item in enumerate(waiting):
        # Nothing becomes larger than it came, but for formats that say the same in more octets.
        item.share = min(room // (len(waiting) - number), max(len(item.part.data) * 2, 8_192))
        room -= item.share


def _make(item: _Item) -> None:
    try:
        made = item.medium.fit(item.share)
    except MediaRefused as error:
        if item.made is None:
            item.refused = error.reason
        return
    item.made = made


def _wants_more(made: Made) -> bool:
    return bool({"budget", "colours", "frames", "cut", "still"} & set(made.reasons))


def _step(item: _Item) -> Step:
    before = item.medium.before
    if item.made is None:
        return Step(item.part.name, What.LOST, before, "", (item.refused,))
    same = item.made.data == item.part.data
    return Step(item.part.name, What.KEPT if same else What.MADE, before, item.made.after, item.made.reasons)


def _sent(content: Content, items: Sequence[_Item]) -> Content:
    """The content with what was made; slides without what is lost, and no empty ones."""
    made = {
        item.part.name: replace(item.part, data=item.made.data, media_type=item.made.media_type, parameters=())
        for item in items
        if item.made is not None
    }
    by_name = {part.name: part for part in content.parts} | made
    slides = []
    for slide in content.slides:
        shown = replace(
            slide,
            visual=slide.visual if slide.visual in by_name else "",
            text=slide.text if slide.text in by_name else "",
            audio=slide.audio if slide.audio in by_name else "",
        )
        if shown.visual or shown.text or shown.audio:
            slides.append(shown)
    return Content(tuple(by_name.values()), tuple(slides))


def _assembled(content: Content, handset: Handset) -> Body:
    return assemble(content, screen=handset.screen, text_first=handset.text_first, charset="")


def _drop(content: Content, items: list[_Item], fixed: list[Part], steps: dict[str, Step], over: int) -> None:
    """Make room: first the largest medium smaller, then without it, then without attachments; texts go last."""
    largest = max((item for item in items if item.made is not None), key=lambda item: item.share, default=None)
    if largest is not None and largest.made is not None:
        share = len(largest.made.data) - over - 64
        if share >= _LEAST // 2:
            largest.share, largest.made = share, None
            _make(largest)
        else:
            largest.made, largest.refused = None, "no-room"
        return
    if not fixed:
        raise MediaRefused("not even its headers fit", "no-room")
    shown = {slide.text for slide in content.slides}
    attached = [part for part in fixed if part.name not in shown]
    # Of what is read in order, the end goes first.
    part = max(attached, key=lambda one: len(one.data)) if attached else fixed[-1]
    fixed.remove(part)
    steps[part.name] = Step(part.name, What.LOST, _told(part), "", ("no-room",))
