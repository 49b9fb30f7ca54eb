"""What a handset makes of each part: a picture, words, or a sign with the reason why it is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image

from mms.codec.charsets import read_text
from mms.content import Medium, Part
from mms.handsets import media_types
from mms.handsets.handset import Handset
from mms.preview.fonts import can_write
from mms.preview.opening import PictureRefused, open_picture
from mms.preview.playing import duration_ms
from mms.preview.symbols import Symbol
from templates.engine import Texts

#: Pixels decoded for one message; what is beyond stands as a sign.
MAX_PIXELS: Final = 40_000_000
_MAX_PICTURE: Final = 24_000_000
_MAX_NAME: Final = 40
#: Screens so wide have pixels so small that pictures drawn for others are enlarged.
_DENSE: Final = 480
_READ_ANYWHERE: Final = frozenset({"", "us-ascii"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, each frame at the size it has on the screen (mode RGB)."""

    frames: tuple[Image.Image, ...]
    durations_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A text."""

    text: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign with words beside it; `is_missing`: something the phone does not show."""

    symbol: Symbol
    label: str
    is_missing: bool = False


Block = Shown | Words | Sign


class Reader:
    """Reads the parts of one message for one handset, and gathers what is to be said about them."""

    def __init__(self, handset: Handset, texts: Texts) -> None:
        self.handset = handset
        self.texts = texts
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self._pixels = MAX_PIXELS

    def take_notes(self) -> tuple[str, ...]:
        """What was noted since the last call."""
        notes, self.notes = tuple(self.notes), []
        return notes

    def read(self, part: Part, room: tuple[int, int]) -> Block:
        """The part as it is shown, a picture no larger than `room`."""
        name = part.name[:_MAX_NAME] or part.media_type[:_MAX_NAME]
        if part.is_locked:
            self.notes.append(self.texts.render("locked", name=name))
            return Sign(Symbol.LOCK, name)
        kind = media_types.canonical(part.media_type)
        if kind == media_types.IMELODY:
            return self._sound(part, kind, name)
        match part.medium:
            case Medium.TEXT:
                return self._words(part, name)
            case Medium.IMAGE:
                return self._picture(part, kind, name, room)
            case Medium.AUDIO:
                return self._sound(part, kind, name)
            case Medium.VIDEO:
                if kind not in self.handset.videos:
                    return self._missing(name, kind)
                self.notes.append(self.texts.render("video", name=name))
                return Sign(Symbol.FILM, name)
            case _:
                return self.attached(part)

    def attached(self, part: Part) -> Block:
        """The part as an attachment: a sign with its name and size."""
        name = part.name[:_MAX_NAME] or part.media_type[:_MAX_NAME]
        kind = media_types.canonical(part.media_type)
        size = self.texts.render("octets", kilobytes=f"{max(0.1, len(part.data) / 1024):.1f}")
        if part.is_locked:
            return self.read(part, (1, 1))
        handset = self.handset
        if kind != "text/plain" and kind not in handset.images | handset.sounds | handset.videos | handset.others:
            return self._missing(name, kind)
        symbol, key = {
            media_types.VCARD: (Symbol.CONTACT, "contact"),
            media_types.VCALENDAR: (Symbol.DATE, "calendar"),
        }.get(kind, (Symbol.FILE, "attachment"))
        return Sign(symbol, f"{self.texts.render(key, name=name)} {size}")

    def _missing(self, name: str, kind: str) -> Sign:
        reason = self.texts.render("not_shown", name=name, type=kind[:_MAX_NAME])
        self.warnings.append(reason)
        return Sign(Symbol.BROKEN, reason, is_missing=True)

    def _words(self, part: Part, name: str) -> Block:
        words = read_text(part.data, part.charset).text
        if part.charset not in _READ_ANYWHERE and part.charset not in self.handset.charsets:
            self.warnings.append(self.texts.render("charset", name=name, charset=part.charset[:_MAX_NAME]))
        if not can_write(words[:2_000]):
            self.notes.append(self.texts.render("glyphs", name=name))
        return Words(words)

    def _sound(self, part: Part, kind: str, name: str) -> Sign:
        if kind not in self.handset.sounds:
            return self._missing(name, kind)
        length = duration_ms(part, kind)
        spoken = self.texts.render("seconds", seconds=f"{length / 1000:.0f}") if length else ""
        self.notes.append(self.texts.render("plays", name=name, duration=spoken).strip())
        return Sign(Symbol.SOUND, f"{name} {spoken}".strip())

    def _picture(self, part: Part, kind: str, name: str, room: tuple[int, int]) -> Block:
        handset = self.handset
        if kind not in handset.images:
            return self._missing(name, kind)
        try:
            opened = open_picture(part.data, largest=room, max_pixels=min(_MAX_PICTURE, self._pixels))
        except PictureRefused as error:
            reason = self.texts.render("damaged", name=name, reason=error)
            self.warnings.append(reason)
            return Sign(Symbol.BROKEN, reason, is_missing=True)
        wide, high = opened.size
        self._pixels -= min(self._pixels, wide * high)
        self._remark(opened.size, opened.is_progressive, name)
        count = len(opened.frames)
        if count > 1 and not handset.animation:
            self.notes.append(self.texts.render("still", name=name))
            count = 1
        elif opened.is_cut:
            self.notes.append(self.texts.render("cut_frames", name=name, count=count))
        frames = tuple(_enlarged(_on_white(frame), room) for frame in opened.frames[:count])
        if frames[0].width < wide:
            self.notes.append(
                self.texts.render(
                    "shrunk", name=name, width=wide, height=high, shown_width=frames[0].width,
                    shown_height=frames[0].height,
                )
            )  # fmt: skip
        return Shown(frames, opened.durations_ms[:count])

    def _remark(self, size: tuple[int, int], is_progressive: bool, name: str) -> None:
        wide, high = size
        limit_wide, limit_high = self.handset.max_image
        # Turned by a quarter it is as large: makers name one of the two.
        if wide * high > limit_wide * limit_high or max(size) > max(limit_wide, limit_high):
            self.warnings.append(
                self.texts.render("too_wide", name=name, width=wide, height=high, limit_width=limit_wide,
                                  limit_height=limit_high)
            )  # fmt: skip
        if is_progressive and not self.handset.progressive:
            self.warnings.append(self.texts.render("progressive", name=name))


def _on_white(frame: Image.Image) -> Image.Image:
    if frame.mode != "RGBA":
        return frame
    ground = Image.new("RGB", frame.size, (255, 255, 255))
    ground.paste(frame, (0, 0), frame)
    return ground


def _enlarged(frame: Image.Image, room: tuple[int, int]) -> Image.Image:
    if room[0] < _DENSE or frame.width >= room[0] // 2:
        return frame
    times = min(3.0, room[0] * 0.75 / frame.width, room[1] / frame.height)
    if times <= 1:
        return frame
    return frame.resize((round(frame.width * times), round(frame.height * times)), Image.Resampling.BICUBIC)
