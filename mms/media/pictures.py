"""Pictures made to fit: opened with care, upright, without metadata, never larger than they were, in a format the phone
shows, in as many octets as there are.
"""

from __future__ import annotations

import io
import itertools
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageCms

from gateway.core.errors import CaiyouError
from mms.codec import wbmp
from mms.codec.errors import MmsFormatError
from mms.handsets.handset import Handset
from mms.media import heif, moving
from mms.media.encodings import BEST, greys, jpeg, jpeg_within, missed, on_white, palette
from mms.media.kinds import kind_of
from mms.media.metadata import bare
from mms.media.plan import octets_words

#: What is opened; other formats Pillow could read have more traps than use.
_FORMATS: Final = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP", "image/bmp": "BMP",
    "image/tiff": "TIFF", "image/avif": "AVIF",
}  # fmt: skip
#: Pixels of a JPEG, which is decoded at a fraction; of a HEIC, decoded in bands; and of anything else, which is there
#: whole. WebP's reader keeps four copies.
MAX_PIXELS: Final = {"image/jpeg": 64_000_000, "image/heic": 50_000_000, "image/webp": 24_000_000}
MAX_PIXELS_WHOLE: Final = 40_000_000
_SMALLEST: Final = 48  # pixels of the longer side
#: Colours of a palette; of a drawing as it comes, whose lines have soft edges; those it is tried with.
_FEW, _SOFT = 256, 1024
_DRAWN_COLOURS: Final = (256, 64, 16)
#: Phones made from this year on let one look into a picture larger than the screen.
_LOOKS_INTO_SINCE: Final = 2006
_SMALL, _FINER = 400, 3  # pixels of a small picture; how much larger it is decoded
_ORIENTATION: Final = 0x0112
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
#: How pixels are kept in files any phone shows: no CMYK, nothing of 16 bits.
_PLAIN: Final = frozenset({"1", "L", "P", "RGB", "RGBA", "LA"})
_SRGB: Final = ImageCms.createProfile("sRGB")
# Pillow's readers raise far more than they document when octets lie.
LIES: Final = (
    OSError, ValueError, TypeError, ArithmeticError, LookupError, EOFError, SyntaxError, MemoryError, AttributeError,
    RuntimeError, struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning, ImageCms.PyCMSError,
)  # fmt: skip


class MediaRefused(CaiyouError):
    """This file is no medium that can be sent; the message says why, for who wants to send it."""

    def __init__(self, message: str, reason: str = "broken") -> None:
        super().__init__(message)
        #: A key of `mms.media.plan.REASONS`.
        self.reason = reason


class TooLarge(MediaRefused):
    """A file that nobody should send, or that was made to do harm: the whole MMS is refused, not only its part."""


@dataclass(frozen=True, slots=True)
class Made:
    """A medium as it will be sent."""

    data: bytes
    media_type: str
    #: What it is now: "640x480, quality 71".
    after: str
    reasons: tuple[str, ...] = ()


class Picture:
    """One picture, decoded once; `fit` makes it as large as a phone and the room allow."""

    def __init__(self, data: bytes, handset: Handset) -> None:
        """Raises MediaRefused for what is no picture, is damaged, or is too large to be looked at."""
        self._data = data
        self._handset = handset
        self.kind = kind_of(data)
        self.is_moving = False
        self._frames: moving.Frames | None = None
        self._is_drawing = False
        if self.kind == "image/vnd.wap.wbmp":
            self._picture = _bitmap(data)
            self.size = self._picture.size
            self._has_metadata, self._is_progressive, self._is_plain = False, False, True
        else:
            self._open()
        self.before = f"{self.size[0]}x{self.size[1]} {self.kind}, {octets_words(len(data))}"
        self._cache: dict[tuple[int, int], Image.Image] = {}

    def _open(self) -> None:
        form = _FORMATS.get(self.kind)
        try:
            if self.kind == "image/heic":
                self._open_heif()
            elif form is None:
                raise MediaRefused("this is no picture that can be sent")
            else:
                self._open_file(form)
        except MediaRefused:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise TooLarge("a picture of so many pixels is too large to be sent") from error
        except LIES as error:
            raise MediaRefused("this picture is damaged") from error

    def _open_file(self, form: str) -> None:
        with Image.open(io.BytesIO(self._data), formats=(form,)) as opened:
            self._check(opened.size)
            orientation = int(opened.getexif().get(_ORIENTATION, 1) or 1)
            self._is_plain = orientation == 1 and opened.mode in _PLAIN and _is_srgb(opened)
            self._has_metadata = any(key in opened.info for key in ("exif", "xmp", "icc_profile", "photoshop"))
            self._is_progressive = bool(opened.info.get("progressive"))
            wide, high = opened.size
            self.size = (high, wide) if orientation in _SIDEWAYS else (wide, high)
            box = self._box()
            if getattr(opened, "is_animated", False) and form != "TIFF":
                self._frames = moving.read(opened, box)
                self.is_moving = len(self._frames.pictures) > 1
                self._picture = self._frames.pictures[0]
            else:
                self._picture, self._is_drawing = _decoded(opened, box, orientation)

    def _open_heif(self) -> None:
        opened = heif.opened(self._data)
        self._check(opened.size)
        self._is_plain, self._is_progressive = False, False
        self._has_metadata = any(opened.info.get(key) for key in ("exif", "xmp", "metadata", "icc_profile"))
        self.size = opened.size
        box = self._box()
        self._picture = _smaller(heif.decoded(opened, box), box)
        profile = opened.info.get("icc_profile")
        if isinstance(profile, bytes) and profile:
            self._picture = _in_srgb(self._picture, profile)

    def _check(self, size: tuple[int, int]) -> None:
        limit = MAX_PIXELS.get(self.kind, MAX_PIXELS_WHOLE)
        if size[0] * size[1] > limit:
            raise TooLarge(f"a picture of {size[0]}x{size[1]} pixels is too large; the most is {limit // 10**6} Mpx")

    def _box(self) -> tuple[int, int]:
        """The largest picture that makes sense on the phone, turned as the picture is; never larger than it was."""
        wide, high = self._handset.max_image
        screen = self._handset.screen
        # Newer phones look into a picture; older ones show it whole, and throw away what is more than their screen.
        most = max(screen) * (2 if self._handset.year >= _LOOKS_INTO_SINCE else 1)
        longer, shorter = min(max(wide, high), most), min(min(wide, high), most)
        box = (longer, shorter) if self.size[0] >= self.size[1] else (shorter, longer)
        return min(box[0], self.size[0]), min(box[1], self.size[1])

    def fit(self, room: int) -> Made:
        """The picture in at most so many octets. Raises MediaRefused when nothing worth showing fits."""
        kept = self._as_it_is(room)
        if kept is not None:
            return kept
        try:
            if self.is_moving and self._frames is not None and self._shows("image/gif") and self._handset.animation:
                made = moving.fit(self._frames, room, self._colours())
                if made is not None:
                    return Made(made.data, "image/gif", made.after, made.reasons)
            made_still = self._still(room)
        except LIES as error:
            raise MediaRefused("this picture is damaged") from error
        if made_still is None:
            raise MediaRefused(
                f"there are {octets_words(room)} for it, and no picture worth showing is so small", "no-room"
            )
        if self.is_moving:
            return Made(made_still.data, made_still.media_type, made_still.after, ("still", *made_still.reasons))
        return made_still

    # --- as it is -------------------------------------------------------------------------------------------

    def _shows(self, kind: str) -> bool:
        return kind in self._handset.images

    def _colours(self) -> int:
        return max(2, min(256, self._handset.colours))

    def _as_it_is(self, room: int) -> Made | None:
        """The same octets, or the same picture without its metadata, when the phone shows it so."""
        if (
            not self._shows(self.kind)
            or not self._is_plain
            or not self._is_small()
            or (self._is_progressive and not self._handset.progressive)
            or (self.is_moving and (not self._handset.animation or self.kind != "image/gif"))
            or (self._handset.grey and self.kind != "image/vnd.wap.wbmp")
        ):
            return None
        data = bare(self._data, self.kind)
        if data is None or len(data) > room:
            return None
        reasons = () if data is self._data else ("metadata",)
        return Made(data, self.kind, f"{self.size[0]}x{self.size[1]}, {octets_words(len(data))}", reasons)

    def _is_small(self) -> bool:
        longer, shorter = max(self._handset.max_image), min(self._handset.max_image)
        return max(self.size) <= longer and min(self.size) <= shorter

    # --- made anew ------------------------------------------------------------------------------------------

    def _still(self, room: int) -> Made | None:
        """The best still picture: a drawing as such where it fits, else a photograph, else what the phone has."""
        handset = self._handset
        if handset.grey or handset.colours <= 16:
            return self._few_shades(room)
        drawing = self._drawing(room) if self._is_drawing else None
        if drawing is not None:
            return drawing
        if self._shows("image/jpeg"):
            return self._photograph(room)
        if self._shows("image/gif"):
            return self._palette(room, "image/gif")
        if self._shows("image/png"):
            return self._palette(room, "image/png")
        return self._black_and_white(room) if self._shows("image/vnd.wap.wbmp") else None

    def _reasons(self, size: tuple[int, int], kind: str) -> list[str]:
        reasons = []
        if self._has_metadata:
            reasons.append("metadata")
        if size != self.size:
            reasons.append("screen" if size == self._picture.size else "budget")
        if kind != self.kind:
            reasons.append("format")
        return reasons

    def _sized(self, factor: float) -> Image.Image:
        """The picture brought down further; each size is made once."""
        wide, high = self._picture.size
        size = max(1, round(wide * factor)), max(1, round(high * factor))
        if size == self._picture.size:
            return self._picture
        if size not in self._cache:
            self._cache[size] = self._picture.resize(size, Image.Resampling.LANCZOS)
        return self._cache[size]

    def _photograph(self, room: int) -> Made | None:
        """A baseline JPEG: the best quality that fits, smaller where that would be too bad to look at."""
        factor = 1.0
        while True:
            picture = self._sized(factor)
            flat, was_clear = on_white(picture)
            data, quality = jpeg_within(flat, room)
            if data is not None:
                size = flat.size
                reasons = self._reasons(size, "image/jpeg") + (["transparent"] if was_clear else [])
                if size == self._picture.size and quality < BEST:
                    reasons.append("budget")
                after = f"{size[0]}x{size[1]}, quality {quality}, {octets_words(len(data))}"
                return Made(data, "image/jpeg", after, tuple(dict.fromkeys(reasons)))
            smallest = len(jpeg(flat, 60))
            step = min(0.9, math.sqrt(room / smallest))
            factor *= step
            if max(self._picture.size) * factor < _SMALLEST:
                return None

    def _drawing(self, room: int) -> Made | None:
        """A drawing of few colours at its whole size, sharp; or as a photograph, where that comes nearer to it."""
        picture = self._picture
        kinds = [kind for kind in ("image/png", "image/gif") if self._shows(kind)]
        found = picture.getcolors(_FEW)
        for colours, kind in itertools.product(_DRAWN_COLOURS, kinds):
            if colours > self._colours():
                continue
            data = palette(picture, kind, colours)
            if len(data) > room:
                continue
            reasons = self._reasons(picture.size, kind)
            if found is None or len(found) > colours:
                if picture.mode == "RGB" and self._shows("image/jpeg"):
                    photograph = self._photograph(room)
                    if photograph is not None and _nearer(picture, photograph.data, data):
                        return photograph
                reasons.append("colours")
            after = f"{picture.width}x{picture.height}, {octets_words(len(data))}"
            return Made(data, kind, after, tuple(reasons))
        return None

    def _palette(self, room: int, kind: str) -> Made | None:
        for factor in _factors():
            picture = self._sized(factor)
            for colours in (256, 128, 64, 32, 16):
                if colours > self._colours():
                    continue
                data = palette(picture, kind, colours)
                if len(data) <= room:
                    after = f"{picture.width}x{picture.height}, {colours} colours, {octets_words(len(data))}"
                    return Made(data, kind, after, (*self._reasons(picture.size, kind), "colours"))
            if max(self._picture.size) * factor < _SMALLEST:
                return None
        return None

    def _few_shades(self, room: int) -> Made | None:
        """For screens of few shades: their own grey, scattered; else black and white."""
        shades = max(2, min(16, self._handset.colours))
        for kind in ("image/gif", "image/png"):
            if self._shows(kind) and shades > 2:
                for factor in _factors():
                    picture = self._sized(factor)
                    flat, _ = on_white(picture)
                    data = greys(flat, shades, kind)
                    if len(data) <= room:
                        after = f"{flat.width}x{flat.height}, {shades} greys, {octets_words(len(data))}"
                        return Made(data, kind, after, (*self._reasons(flat.size, kind), "colours"))
        if self._shows("image/vnd.wap.wbmp"):
            return self._black_and_white(room)
        return self._photograph(room) if self._shows("image/jpeg") else None

    def _black_and_white(self, room: int) -> Made | None:
        for factor in _factors():
            flat, _ = on_white(self._sized(factor))
            bits = flat.convert("L").convert("1", dither=Image.Dither.FLOYDSTEINBERG)
            data = wbmp.encode(wbmp.Bitmap(bits.width, bits.height, bits.tobytes()))
            if len(data) <= room:
                after = f"{bits.width}x{bits.height}, black and white, {octets_words(len(data))}"
                reasons = (*self._reasons(bits.size, "image/vnd.wap.wbmp"), "colours")
                return Made(data, "image/vnd.wap.wbmp", after, reasons)
        return None


# --- reading --------------------------------------------------------------------------------------------------------


def _decoded(opened: Image.Image, box: tuple[int, int], orientation: int) -> tuple[Image.Image, bool]:
    """Upright, in sRGB, brought down to the box; and whether it came as a drawing, of few colours.

    A JPEG is decoded at the fraction that is enough for the box.
    """
    across = (box[1], box[0]) if orientation in _SIDEWAYS else box
    profile = opened.info.get("icc_profile")
    if opened.format == "JPEG":
        # From a picture hardly larger than it should become a small one comes out soft.
        finer = _FINER if max(across) <= _SMALL else 1
        opened.draft("RGB", (across[0] * finer, across[1] * finer))
    picture: Image.Image = opened
    if picture.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    if not (picture.mode == "CMYK" and profile):  # what inks look like, their profile says
        picture = _plain(picture)
    is_drawing = opened.format != "JPEG" and picture.getcolors(_SOFT) is not None
    picture = _smaller(picture, across)
    if profile:
        picture = _in_srgb(picture, profile)
    turn = _TURNS.get(orientation)
    if turn is not None:
        return picture.transpose(turn), is_drawing
    return (picture.copy() if picture is opened else picture), is_drawing  # its file is about to be closed


def _smaller(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Within the box, its aspect kept."""
    if picture.width <= box[0] and picture.height <= box[1]:
        return picture
    scale = min(box[0] / picture.width, box[1] / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def _plain(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where something can be seen through."""
    if picture.mode in ("RGB", "RGBA"):
        return picture
    clear = picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if clear else "RGB")


def _is_srgb(picture: Image.Image) -> bool:
    """Whether its colours are those of sRGB: what it says of them can be left out."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return True
    try:
        return "srgb" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).lower()
    except LIES:
        return False


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """In the colours every screen takes for granted; as well as can be where its profile says nothing that fits it."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        flat = picture if picture.mode == "CMYK" else picture.convert("RGB")
        converted = ImageCms.profileToProfile(flat, source, _SRGB, outputMode="RGB")
    except LIES:
        converted = None
    if converted is None:
        return _plain(picture)
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _nearer(true: Image.Image, one: bytes, other: bytes) -> bool:
    """Whether the first of two files, both of the size of the true picture, comes nearer to it."""
    missed_by = []
    for data in (one, other):
        with Image.open(io.BytesIO(data)) as shown:
            missed_by.append(missed(true, shown) if shown.size == true.size else math.inf)
    return missed_by[0] < missed_by[1]


def _bitmap(data: bytes) -> Image.Image:
    try:
        bitmap = wbmp.decode(data)
    except MmsFormatError as error:
        raise MediaRefused("this picture is damaged") from error
    return Image.frombytes("1", (bitmap.width, bitmap.height), bitmap.rows).convert("RGB")


def _factors() -> Iterator[float]:
    factor = 1.0
    while factor > 0.1:
        yield factor
        factor *= 0.8
