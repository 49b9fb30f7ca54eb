"""The picture of a card: its artwork with the words set on it, at any size and any phase of what moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from mms.cards import wording
from mms.cards.canvas import Canvas, rgb
from mms.cards.card import Card
from mms.cards.catalogue import CardTemplate, Genre, Place
from mms.cards.scenery import PLATES, SCENES
from mms.preview.fonts import Face, set_in
from mms.preview.lettering import Align, Lettering, fit, shorten

#: Pixels below which letters of Chinese, and of Latin alone, cannot be told apart.
LEGIBLE: Final = 11
LEGIBLE_LATIN: Final = 9
#: Width from which a picture also says what stands in the text below it.
_ROOMY: Final = 160
_PHOTO_FROM: Final = 200


def face(
    card: Card, look: CardTemplate, size: tuple[int, int], *, phase: float = 0.0, photo: Image.Image | None = None
) -> Image.Image:
    """The card's picture (mode RGB) of that width and height; `phase` from 0 to 1 is a moment of what moves.

    The photo stands on it where the template has a place for one and the picture is large enough.
    """
    canvas = Canvas(*size)
    if look.genre is Genre.BUSINESS:
        PLATES[look.scene](canvas, "" if photo and size[0] >= _PHOTO_FROM else card.value("name")[:1])
    else:
        SCENES[look.scene](canvas, phase)
    place = look.places.get("photo")
    if photo is not None and place is not None and size[0] >= _PHOTO_FROM:
        box = _square(place.within(*size))
        rim = canvas.u * 1.2
        canvas.rectangle((box[0] - rim, box[1] - rim, box[2] + rim, box[3] + rim), "#ffffff", radius=canvas.u * 4)
        canvas.paste(photo, box, radius=canvas.u * 3)
    picture = canvas.finish()
    if look.genre is Genre.BUSINESS:
        beside = size[0] >= _PHOTO_FROM and (photo is not None or look.marked)
        _contact(picture, card, look, beside=beside)
    else:
        _greeting(picture, card, look)
    return picture


def engraving(card: Card, look: CardTemplate, size: tuple[int, int]) -> Image.Image:
    """The card's picture for a screen of black and white: artwork without words, words on plain ground below it.

    On artwork made of dots no letter can be read.
    """
    wide, high = size
    picture = Image.new("RGB", size, (255, 255, 255))
    if look.genre is Genre.BUSINESS:
        place = Place((0.06, 0.06, 0.94, 0.94), ("#000000",), accent="#000000", face=Face.BOLD)
        ImageDraw.Draw(picture).rectangle((0, 0, wide - 1, high - 1), outline=(0, 0, 0))
        _contact(picture, card, replace(look, places={**look.places, "text": place}), beside=False)
        return picture
    words = wording.headline(card, look)
    title = fit(words, wide - 4, high * 0.45, face=Face.BOLD, largest=min(high * 0.3, 28), smallest=_legible(words),
                max_lines=2, balanced=True)  # fmt: skip
    above = max(16, high - title.height - 1)
    canvas = Canvas(wide, above)
    SCENES[look.scene](canvas, 0.0)
    picture.paste(ImageOps.autocontrast(canvas.finish().convert("L"), cutoff=3), (0, 0))
    title.draw(picture, (2, above, wide - 2, high), (0, 0, 0), Align.CENTRE)
    return picture


def has_room_for_photo(look: CardTemplate, width: int) -> bool:
    """Whether a picture of that width shows the photo itself."""
    return "photo" in look.places and width >= _PHOTO_FROM


def _square(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    side = min(right - left, bottom - top)
    return right - side, top, right, top + side


def _greeting(picture: Image.Image, card: Card, look: CardTemplate) -> None:
    letter = _letter(picture, card, look) if picture.width >= _ROOMY else None
    place = look.places["headline"]
    if letter is None:
        place = _spread(place, look.places["words"])
    left, top, right, bottom = place.within(*picture.size)
    words = wording.headline(card, look)
    title = fit(
        words,
        right - left,
        bottom - top,
        face=place.face,
        largest=min(bottom - top, picture.width * (0.2 if letter is not None else 0.27)) * 0.72,
        smallest=_legible(words),
        max_lines=3,
        balanced=True,
    )
    _stamp(picture, title, place)
    if letter is not None:
        below = look.places["words"]
        _stamp(picture, letter, below, at_top=below.align is Align.LEFT)


def _letter(picture: Image.Image, card: Card, look: CardTemplate) -> Lettering | None:
    """What is said under the headline, as much of it as there is room for; None when that is too little."""
    place = look.places["words"]
    left, top, right, bottom = place.within(*picture.size)
    found = None
    for words in (wording.letter(card, look), wording.body(card, look)):
        found = fit(
            words,
            right - left,
            bottom - top,
            face=place.face,
            largest=max(LEGIBLE, min(picture.size) * 0.06),
            smallest=_legible(words),
            balanced=place.align is Align.CENTRE,
        )
        if not found.is_cut:
            return found
    # A scrap of a sentence says less than none.
    return found if found is not None and len(found.lines) > 2 else None


def _spread(place: Place, below: Place) -> Place:
    """The place of a headline that has nothing below it: wider, and some way down."""
    left, top, right, bottom = place.box
    return replace(place, box=(max(0.04, left - 0.05), top, min(0.96, right + 0.05), (bottom + below.box[3]) / 2))


def _legible(text: str) -> int:
    return LEGIBLE_LATIN if text.isascii() else LEGIBLE


def _stamp(picture: Image.Image, lettering: Lettering, place: Place, *, at_top: bool = False) -> None:
    """Letters in one colour or two, with a soft edge of another around them."""
    left, top, right, bottom = place.within(*picture.size)
    if not at_top:
        top += max(0.0, (bottom - top - lettering.height) / 2)
    mask = Image.new("L", picture.size)
    lettering.draw(mask, (left, top, right, bottom), 255, place.align)
    if place.edge:
        halo = mask.filter(ImageFilter.GaussianBlur(max(0.8, lettering.type.size * 0.06)))
        halo = halo.point([min(255, value * 4) for value in range(256)])
        picture.paste(rgb(place.edge), (0, 0), halo)
    if len(place.ink) == 1:
        picture.paste(rgb(place.ink[0]), (0, 0), mask)
        return
    high = max(2, lettering.height)
    ramp = Image.linear_gradient("L").resize((picture.width, high))
    ink = Image.composite(
        Image.new("RGB", ramp.size, rgb(place.ink[1])), Image.new("RGB", ramp.size, rgb(place.ink[0])), ramp
    )
    strip = mask.crop((0, round(top), picture.width, round(top) + high))
    picture.paste(ink, (0, round(top)), strip)


def _contact(picture: Image.Image, card: Card, look: CardTemplate, *, beside: bool) -> None:
    """Name, title and company above, how to reach the person below; what finds no room is left out.

    `beside`: a photo or a mark stands to the right of the name.
    """
    place = look.places["text"]
    left, top, right, bottom = place.within(*picture.size)
    wide, high = right - left, bottom - top
    upper = min(wide, look.places["photo"].box[0] * picture.width - left - high * 0.03) if beside else wide
    ink, accent = rgb(place.ink[0]), rgb(place.accent)
    name = fit(card.value("name"), upper, high * 0.3, face=place.face, largest=max(high * 0.19, LEGIBLE + 5),
               smallest=LEGIBLE + 3, max_lines=1)  # fmt: skip
    small = max(LEGIBLE, high * 0.078)
    blocks: list[tuple[Lettering, tuple[int, int, int]]] = [(name, ink)]
    for key, colour in (("title", accent), ("company", ink)):
        if card.value(key):
            blocks.append((_line(card.value(key), upper, small * 1.12, Face.SANS), colour))
    lines = _lines(wording.contact_lines(card), wide, small)
    gap = high * 0.03
    taken = sum(block.height for block, _ in blocks)
    while len(blocks) > 1 and taken + (lines[0].height if lines else 0) > high:
        taken -= blocks.pop()[0].height
    room = high - taken - gap
    kept: list[Lettering] = []
    for line in lines:
        if line.height <= room:
            kept.append(line)
            room -= line.height
    y = top
    for block, colour in blocks:
        block.draw(picture, (left, y, right, bottom), colour)
        y += block.height
    y = bottom - sum(line.height for line in kept)
    if kept and picture.width >= _ROOMY and room > gap * 2:
        picture.paste(accent, (round(left), round(y - gap * 1.4), round(left + wide * 0.12), round(y - gap * 0.8)))
    for line in kept:
        line.draw(picture, (left, y, right, bottom), ink)
        y += line.height


def _line(text: str, width: float, size: float, kind: Face) -> Lettering:
    return fit(text, width, size * 1.4, face=kind, largest=size, smallest=max(_legible(text), size * 0.8),
               max_lines=1)  # fmt: skip


def _lines(texts: list[str], width: float, size: float) -> list[Lettering]:
    """Lines of one size: the one the longest of them needs, down to four fifths; what is still longer is cut."""
    kind = set_in(Face.SANS, size)
    while kind.size > max(_legible("".join(texts)), size * 0.8) and any(kind.length(text) > width for text in texts):
        kind = set_in(Face.SANS, kind.size - 1)
    return [Lettering((shorten(text, width, kind),), kind) for text in texts]
