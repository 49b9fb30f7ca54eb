"""Pictures of cards for a handset: at its size, in a format and with the colours it shows, within the room there is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Final

from PIL import Image

from mms.cards.catalogue import Genre, template
from mms.cards.face import face
from mms.cards.palettes import gif, jpeg, moving_gif, png, wbmp
from mms.content import Part
from mms.handsets.handset import Handset
from mms.preview.pages import room_for_picture

#: Draws a card at a size and a phase of what moves.
Draw = Callable[[tuple[int, int], float], Image.Image]

#: Above this width a GIF that moves is larger than messages may be, and its 256 colours show.
MOVING_WIDTH: Final = 480
FRAME_MS: Final = 150
#: Pictures are drawn for screens up to this one; larger screens enlarge them and nobody sees it.
MAX_WIDTH: Final = 1080
_TINY: Final = 64  # pixels high: so little that the headline needs the width
_MIN_WIDTH: Final = 64
_SHARP_WIDTH: Final = 240  # up to here letters need the whole resolution JPEG gives to brightness alone
_MANY_COLOURS: Final = 65_536
_QUALITIES: Final = (90, 84, 76, 66, 55)
_PALETTES: Final = (256, 128, 64, 32)
_FRAMES: Final = ((8, 256), (6, 128), (4, 64))
_SMALLER: Final = 0.75


def picture_size(handset: Handset, genre: Genre, lines: int) -> tuple[int, int]:
    """Width and height of a card's picture on that handset: as large as its screen shows it with so many lines."""
    wide, high = room_for_picture(handset, lines)
    wide, high = min(wide, handset.max_image[0], MAX_WIDTH), min(high, handset.max_image[1])
    tallest = (0.75 if wide < 200 else 0.64) if genre is Genre.BUSINESS else 4 / 3
    high = min(high, round(wide * tallest))
    wide = min(wide, round(high * (1.6 if high >= _TINY else 2.1)))
    return max(16, wide // 2 * 2), max(16, high // 2 * 2)


def picture(
    draw: Draw, size: tuple[int, int], handset: Handset, room: int, name: str, *, moves: bool = False
) -> Part | None:
    """The best picture of at most `room` octets; None when the handset shows none or nothing fits."""
    if moves and handset.animation and "image/gif" in handset.images and size[0] <= MOVING_WIDTH:
        for data in _moving(draw, size, handset):
            if len(data) <= room:
                return Part("image/gif", data, f"{name}.gif")
    while size[0] >= _MIN_WIDTH or size[0] >= handset.screen[0]:
        for media_type, suffix, data in _still(draw(size, 0.0), handset):
            if len(data) <= room:
                return Part(media_type, data, f"{name}.{suffix}")
        size = round(size[0] * _SMALLER), round(size[1] * _SMALLER)
        if min(size) < 16:
            break
    return None


def thumbnail(key: str, language: str, width: int = 160) -> bytes:
    """A template's picture with its example, as PNG, for lists to choose from. Raises NotFound.

    `width` 64 to 480 pixels, the height four fifths of it.
    """
    look = template(key)
    width = min(max(width, 64), 480)
    out = io.BytesIO()
    face(look.example(language), look, (width, width * 4 // 5)).save(out, "PNG", optimize=True)
    return out.getvalue()


def _moving(draw: Draw, size: tuple[int, int], handset: Handset) -> Iterator[bytes]:
    for count, colours in _FRAMES:
        frames = [draw(size, (number + 0.5) / count) for number in range(count)]
        yield moving_gif(frames, min(colours, handset.colours), FRAME_MS * 8 // count, grey=handset.grey)


def _still(drawn: Image.Image, handset: Handset) -> Iterator[tuple[str, str, bytes]]:
    """Encodings of a picture, the best first, each smaller than the one before of its format."""
    takes = handset.images
    if handset.colours >= _MANY_COLOURS and drawn.width > _SHARP_WIDTH and "image/jpeg" in takes:
        for quality in _QUALITIES:
            yield "image/jpeg", "jpg", jpeg(drawn, quality)
        return
    for colours in _PALETTES:
        shades = min(colours, handset.colours)
        if "image/png" in takes and not handset.grey:
            yield "image/png", "png", png(drawn, shades)
        elif "image/gif" in takes:
            yield "image/gif", "gif", gif(drawn, shades, grey=handset.grey)
    if "image/jpeg" in takes:
        for quality in _QUALITIES:
            yield "image/jpeg", "jpg", jpeg(drawn, quality)
    if "image/vnd.wap.wbmp" in takes:
        yield "image/vnd.wap.wbmp", "wbmp", wbmp(drawn)
