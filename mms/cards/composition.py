"""A card made into what an MMS shows on one handset: slides of picture and words, a tune, a contact to keep."""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from gateway.core.errors import NotFound, Refused
from mms.cards import vcard, wording
from mms.cards.card import SILENT, Card
from mms.cards.catalogue import CardTemplate, Genre, template
from mms.cards.code import code
from mms.cards.face import engraving, face, has_room_for_photo
from mms.cards.fields import CardIncomplete, Problem
from mms.cards.pictures import picture, picture_size
from mms.cards.texts import card_texts
from mms.cards.tunes import tune
from mms.content import Content, Part, Slide
from mms.handsets.handset import Handset
from mms.handsets.media_types import VCARD
from mms.preview.opening import PictureRefused, open_picture
from mms.preview.pages import line_count, room_for_picture

#: Octets kept back for headers and SMIL, and for the headers of each part.
_FRAME: Final = 1_536
_PART: Final = 96
_SHORTEST_MS: Final = 6_000
_READING_MS: Final = 250  # a character
_LONGEST_MS: Final = 20_000
_ENGRAVED: Final = 2  # colours of the screens on which dots would swallow the letters
_CODE_SIDE: Final = 480  # pixels; larger only makes it larger
_SPOKEN_FROM: Final = 160  # height of the screens on which a line of text finds room under the code
_NEW_VCARD_FROM: Final = 2008  # the year from which phones were made that read vCard 3.0


@dataclass(slots=True)
class _Draft:
    """A content while it is put together, and the octets that are left."""

    room: int
    parts: list[Part] = field(default_factory=list)
    slides: list[Slide] = field(default_factory=list)

    def add(self, part: Part | None) -> str:
        """The name of the part where it found room, else ""."""
        if part is None or len(part.data) + _PART > self.room:
            return ""
        self.parts.append(part)
        self.room -= len(part.data) + _PART
        return part.name


def compose(card: Card, handset: Handset, max_octets: int | None = None, *, media: Sequence[Part] = ()) -> Content:
    """What the card is on that handset, within its size and within `max_octets`; `media` has the card's photo.

    Words and the contact come first, the picture gets what they leave; a tune, a code and a photo slide only come
    along when they fit. Raises NotFound for its template, CardIncomplete with sentences for people, Refused where not
    even the words find room.
    """
    look = template(card.template)
    look.check(card)
    photo = photo_of(card, media)
    draft = _Draft(min(handset.max_octets, max_octets or handset.max_octets) - _FRAME)
    spoken = _words(card, look, pictured=bool(handset.images))
    words = draft.add(_text(spoken, handset, "words.txt"))
    if not words:
        raise Refused("mms_too_small", f"{draft.room + _FRAME} octets are too few for the words of a card")
    contact = _contact(card, look, handset)
    kept = len(contact.data) + _PART if contact is not None else 0
    sound = _sound(card, look, handset)
    if sound is not None and len(sound.data) * 8 > draft.room:
        sound = None
    size = picture_size(handset, look.genre, line_count(spoken, handset))

    def draw(at: tuple[int, int], phase: float) -> Image.Image:
        if handset.colours <= _ENGRAVED:
            return engraving(card, look, at)
        return face(card, look, at, phase=phase, photo=photo)

    room = draft.room - kept - _PART - (len(sound.data) + _PART if sound is not None else 0)
    visual = draft.add(picture(draw, size, handset, room, "card", moves=look.moves))
    audio = draft.add(sound)
    draft.slides.append(Slide(visual, words, audio, _duration_ms(spoken)))
    contact_name = draft.add(contact)
    if photo is not None and not (visual and has_room_for_photo(look, size[0])):
        _photo_slide(draft, photo, size, handset)
    if look.genre is Genre.BUSINESS:
        _code_slide(draft, card, handset, attached=bool(contact_name))
    return Content(tuple(draft.parts), tuple(slide for slide in draft.slides if slide.visual or slide.text))


def _words(card: Card, look: CardTemplate, *, pictured: bool) -> str:
    if look.genre is not Genre.BUSINESS:
        title, letter = wording.headline(card, look), wording.letter(card, look)
        return letter if pictured or title in letter else f"{title}\n{letter}"
    head = [card.value(key) for key in ("name", "title", "company") if card.value(key)]
    return "\n".join([*head, *wording.contact_lines(card)])


def _text(words: str, handset: Handset, name: str) -> Part:
    if words.isascii():
        return Part("text/plain", words.encode(), name, charset="us-ascii")
    if "utf-16" in handset.charsets and "utf-8" not in handset.charsets:
        return Part("text/plain", codecs.BOM_UTF16_BE + words.encode("utf-16-be"), name, charset="utf-16")
    return Part("text/plain", words.encode(), name, charset="utf-8")


def _contact(card: Card, look: CardTemplate, handset: Handset) -> Part | None:
    if look.genre is not Genre.BUSINESS:
        return None
    if VCARD not in handset.others:
        return None
    version = vcard.Version.NEW if handset.year >= _NEW_VCARD_FROM else vcard.Version.OLD
    return Part(VCARD, vcard.vcard(card, version), "contact.vcf", charset="utf-8")


def _sound(card: Card, look: CardTemplate, handset: Handset) -> Part | None:
    key = "" if card.tune == SILENT else card.tune or look.tune
    try:
        return tune(key, handset) if key else None
    except NotFound as error:
        said = card_texts(card.language).render("no_tune", name=key)
        raise CardIncomplete([Problem("tune", said)]) from error


def photo_of(card: Card, media: Sequence[Part]) -> Image.Image | None:
    """The card's photo among its media; None where it names none. Raises CardIncomplete where it cannot be had."""
    if not card.photo:
        return None
    texts = card_texts(card.language)
    part = next((one for one in media if one.name == card.photo), None)
    if part is None:
        raise CardIncomplete([Problem("photo", texts.render("no_photo", name=card.photo))])
    try:
        return open_picture(part.data).frames[0].convert("RGB")
    except PictureRefused as error:
        raise CardIncomplete([Problem("photo", texts.render("bad_photo", reason=error))]) from error


def _photo_slide(draft: _Draft, photo: Image.Image, size: tuple[int, int], handset: Handset) -> None:
    def draw(at: tuple[int, int], phase: float) -> Image.Image:
        small = photo.copy()
        small.thumbnail(at, Image.Resampling.LANCZOS)
        return small

    visual = draft.add(picture(draw, size, handset, draft.room - _PART, "photo"))
    if visual:
        draft.slides.append(Slide(visual, duration_ms=_SHORTEST_MS))


def _code_slide(draft: _Draft, card: Card, handset: Handset, *, attached: bool) -> None:
    # Two colours and no loss: JPEG would blur the modules into one another.
    form = next((one for one in ("png", "gif") if f"image/{one}" in handset.images), "")
    saying = card_texts(card.language).render("attached" if attached else "scan")
    lines = line_count(saying, handset) if handset.screen[1] >= _SPOKEN_FROM else 0
    side = min(*room_for_picture(handset, lines), *handset.max_image, _CODE_SIDE)
    drawn = code(card, side) if form else None
    if drawn is None:
        return
    data = io.BytesIO()
    drawn.save(data, form.upper(), optimize=True)
    visual = draft.add(Part(f"image/{form}", data.getvalue(), f"code.{form}"))
    if visual:
        words = draft.add(_text(saying, handset, "code.txt")) if lines else ""
        draft.slides.append(Slide(visual, words, duration_ms=_SHORTEST_MS))


def _duration_ms(words: str) -> int:
    return min(max(_SHORTEST_MS, len(words) * _READING_MS), _LONGEST_MS)
