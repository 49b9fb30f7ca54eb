"""Pictures that move, made to fit: smaller first, then fewer colours, then fewer frames that each stand longer."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageSequence

from mms.media.encodings import missed, settled_palette
from mms.media.plan import octets_words

#: Frames, and pixels of all frames together, that are decoded.
MAX_FRAMES: Final = 300
MAX_PIXELS: Final = 60_000_000
_FRAME_MS: Final = 100  # where a frame does not say, or says less than phones can do
_SHORTEST_MS: Final = 20
#: Every so many frames are kept, one after the other until it fits.
_STEPS: Final = (1, 2, 3, 5)
_TRIES: Final = 7
#: Of its sides, before colours go; and colours, before frames go.
_SMALL_ENOUGH: Final = 0.6
_FEWEST: Final = 32
#: So much of the room used is enough; what is aimed at where it is not; how often.
_ENOUGH, _CLOSE = 0.88, 0.95
_REFINEMENTS: Final = 3
#: Frames from which the octets of all are estimated.
_SAMPLE: Final = 4
#: Frames that stand for all where colours are chosen, and pixels of the longer side they are looked at with.
_SCENES, _GLANCE = 8, 120
#: One palette for all frames may miss their colours by so many times what palettes of their own miss them by.
_AS_NEAR: Final = 1.4
#: So many times too large with few colours: only fewer frames can help.
_HOPELESS: Final = 2.5
_SMALLEST: Final = 40


@dataclass(frozen=True, slots=True)
class Frames:
    """A picture that moves."""

    pictures: tuple[Image.Image, ...]  # RGB, or RGBA where something can be seen through; all of one size
    durations_ms: tuple[int, ...]
    #: Times it plays; 0 = for ever.
    loops: int
    #: Some frames behind the last one were not read.
    is_cut: bool
    #: By the number of colours: the palette that does for every frame, None where each needs its own.
    palettes: dict[int, Image.Image | None] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Moving:
    """A GIF that moves."""

    data: bytes
    after: str
    reasons: tuple[str, ...]


def read(opened: Image.Image, box: tuple[int, int]) -> Frames:
    """Every frame as it is seen, brought down to the box."""
    wide, high = opened.size
    scale = min(1.0, box[0] / wide, box[1] / high)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    most = max(2, min(MAX_FRAMES, MAX_PIXELS // (wide * high)))
    pictures: list[Image.Image] = []
    durations: list[int] = []
    is_cut = False
    for number, frame in enumerate(ImageSequence.Iterator(opened)):
        if number >= most:
            is_cut = True
            break
        if number == 0 and frame.info.get("default_image"):
            continue  # shown by those who know nothing of APNG; no frame
        picture = _opaque(frame.convert("RGBA"))
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        duration = int(frame.info.get("duration", 0) or 0)
        if pictures and picture.mode == pictures[-1].mode and picture.tobytes() == pictures[-1].tobytes():
            durations[-1] += max(duration, _SHORTEST_MS)
        else:
            pictures.append(picture)
            durations.append(duration if duration >= _SHORTEST_MS else _FRAME_MS)
    loops = int(opened.info.get("loop", 1) or 0)
    return Frames(tuple(pictures), tuple(durations), loops, is_cut)


def _opaque(picture: Image.Image) -> Image.Image:
    """RGB where nothing can be seen through."""
    return picture.convert("RGB") if picture.getchannel("A").getextrema()[0] == 255 else picture


def fit(frames: Frames, room: int, colours: int) -> Moving | None:
    """A GIF of at most so many octets that still moves; None where even the smallest is larger.

    How large one is shows how much smaller it has to be: octets go about with the pixels, and half as many colours save
    about a seventh.
    """
    wide, high = frames.pictures[0].size
    least = min(1.0, _SMALLEST / max(wide, high)) if max(wide, high) > _SMALLEST else 1.0
    for step in _STEPS:
        kept = _thinned(frames, step)
        if len(kept.pictures) < 2:
            return None
        size, depth = 1.0, colours
        for _ in range(_TRIES):
            sides = max(1, round(wide * size)), max(1, round(high * size))
            octets = _estimated(kept, sides, depth)
            if octets <= room:
                data = _encoded(kept, sides, depth)
                octets = len(data)
                if octets <= room:
                    return _larger(data, frames, kept, size, depth, room)
            over = octets / room
            if size > _SMALL_ENOUGH:
                size = max(_SMALL_ENOUGH, least, min(size * 0.9, size / math.sqrt(over) * 0.98))
            elif depth > _FEWEST:
                depth = max(_FEWEST, depth // (2 if over < 1.3 else 4))
            else:
                size = max(least, size / math.sqrt(over) * 0.98)
                if size <= least or over > _HOPELESS:
                    break
    return None


def _thinned(frames: Frames, step: int) -> Frames:
    """Every so many frames, each for as long as those it stands for."""
    pictures = frames.pictures[::step]
    durations = [sum(frames.durations_ms[at : at + step]) for at in range(0, len(frames.durations_ms), step)]
    return Frames(pictures, tuple(durations), frames.loops, frames.is_cut, frames.palettes)


def _larger(data: bytes, frames: Frames, kept: Frames, size: float, depth: int, room: int) -> Moving:
    """What fits, or a little larger where that leaves room unused: estimates and steps are coarse."""
    wide, high = frames.pictures[0].size
    sides = max(1, round(wide * size)), max(1, round(high * size))
    too_large = 1.1
    for _ in range(_REFINEMENTS):
        if size >= 1 or len(data) >= _ENOUGH * room:
            break
        guess = size * math.sqrt(_CLOSE * room / len(data))
        guess = min(1.0, guess if guess < too_large else (size + too_large) / 2)
        wider = max(1, round(wide * guess)), max(1, round(high * guess))
        again = _encoded(kept, wider, depth)
        if len(again) > room:
            too_large = guess
        else:
            data, sides, size = again, wider, guess
    return _made(data, frames, kept, sides, depth)


def _estimated(frames: Frames, size: tuple[int, int], colours: int) -> int:
    """About the octets of the whole, from its beginning: the first frame, and what a further one costs."""
    count = len(frames.pictures)
    if count <= _SAMPLE + 2:
        return 0
    first = len(_encoded(_beginning(frames, 1), size, colours))
    some = len(_encoded(_beginning(frames, _SAMPLE), size, colours))
    return first + (some - first) * (count - 1) // (_SAMPLE - 1)


def _beginning(frames: Frames, count: int) -> Frames:
    some = frames.pictures[:count], frames.durations_ms[:count]
    return Frames(*some, frames.loops, frames.is_cut, frames.palettes)


def _encoded(frames: Frames, size: tuple[int, int], colours: int) -> bytes:
    pictures = [
        picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)
        for picture in frames.pictures
    ]
    shared = _shared_palette(frames, colours)
    reduced = [_reduced(picture, colours, shared) for picture in pictures]
    out = io.BytesIO()
    loop = {} if frames.loops == 1 else {"loop": frames.loops}
    reduced[0].save(
        out, "GIF", save_all=True, append_images=reduced[1:], duration=list(frames.durations_ms), optimize=True,
        disposal=2 if any(picture.mode == "RGBA" for picture in reduced) else 1, **loop,
    )  # fmt: skip
    return out.getvalue()


def _reduced(picture: Image.Image, colours: int, shared: Image.Image | None) -> Image.Image:
    if picture.mode == "RGB" and shared is not None:
        return picture.quantize(palette=shared, dither=Image.Dither.NONE)
    return picture.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def _shared_palette(frames: Frames, colours: int) -> Image.Image | None:
    """Colours for all frames, where they do: what stands still then stays the same octets, and is left out of a GIF."""
    if colours not in frames.palettes:
        frames.palettes[colours] = _chosen_palette(frames, colours)
    return frames.palettes[colours]


def _chosen_palette(frames: Frames, colours: int) -> Image.Image | None:
    every = -(-len(frames.pictures) // _SCENES)
    scenes = [picture.convert("RGB") for picture in frames.pictures[::every] if picture.mode == "RGB"]
    if not scenes:
        return None
    shared = settled_palette(scenes, colours)
    for scene in scenes:
        scene.thumbnail((_GLANCE, _GLANCE), Image.Resampling.NEAREST)
    own = [scene.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE) for scene in scenes]
    apart = sum(missed(scene, picture) for scene, picture in zip(scenes, own, strict=True))
    together = sum(missed(scene, scene.quantize(palette=shared, dither=Image.Dither.NONE)) for scene in scenes)
    return shared if together <= _AS_NEAR * apart + 1 else None


def _made(data: bytes, before: Frames, kept: Frames, size: tuple[int, int], colours: int) -> Moving:
    reasons = []
    if size != before.pictures[0].size:
        reasons.append("budget")
    if colours < 256:
        reasons.append("colours")
    if len(kept.pictures) < len(before.pictures) or before.is_cut:
        reasons.append("frames")
    after = f"{size[0]}x{size[1]}, {len(kept.pictures)} frames, {colours} colours, {octets_words(len(data))}"
    return Moving(data, after, tuple(reasons))
