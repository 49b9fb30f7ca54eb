"""Media made on the spot: photographs, drawings, what moves, sounds and films; the same for the same seed."""

from __future__ import annotations

import array
import io
import itertools
import math
import random
from fractions import Fraction
from typing import Any

import av
import pillow_heif
from PIL import Image, ImageDraw, ImageFilter

_GRAIN = 0.12  # as much as a sensor's: a photograph of 12 megapixels is of some four megabytes


pillow_heif.register_heif_opener()


def landscape(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """Something like a photograph: soft shapes, edges, and grain."""
    rng = random.Random(seed)
    small = (max(2, size[0] // 8), max(2, size[1] // 8))
    picture = Image.new("RGB", small)
    for y in range(small[1]):
        shade = 255 * y // small[1]
        ImageDraw.Draw(picture).line((0, y, small[0], y), fill=(shade // 2, 120, 255 - shade))
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y, r = rng.randrange(small[0]), rng.randrange(small[1]), rng.randrange(2, max(3, small[0] // 6))
        draw.ellipse((x - r, y - r, x + r, y + r // 2), fill=tuple(rng.randrange(256) for _ in range(3)))
    picture = picture.filter(ImageFilter.GaussianBlur(0.7)).resize(size, Image.Resampling.BICUBIC)
    tile = Image.frombytes("RGB", (128, 128), rng.randbytes(3 * 128 * 128)).filter(ImageFilter.BoxBlur(0.2))
    grain = Image.new("RGB", size)
    for x, y in itertools.product(range(0, size[0], 128), range(0, size[1], 128)):
        grain.paste(tile, (x, y))
    return Image.blend(picture, grain, _GRAIN)


def jpeg(size: tuple[int, int], *, quality: int = 88, seed: int = 1, **more: Any) -> bytes:
    """A photograph as a camera gives it."""
    out = io.BytesIO()
    landscape(size, seed).save(out, "JPEG", quality=quality, **more)
    return out.getvalue()


def camera_exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes about itself and where it was."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 27.0), 3: "E", 4: (116.0, 23.0, 17.0)})
    return exif


def drawing(size: tuple[int, int], *, clear: bool = False) -> Image.Image:
    """Lines and words in a few colours."""
    picture = Image.new("RGBA" if clear else "RGB", size, (255, 255, 255, 0) if clear else "white")
    draw = ImageDraw.Draw(picture)
    for n in range(12):
        draw.rectangle((n * 9, n * 7, n * 9 + 30, n * 7 + 20), outline="navy", width=2)
    draw.text((10, size[1] // 2), "Hello MMS 1234567890", fill="black")
    return picture


def encoded(picture: Image.Image, form: str, **more: Any) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


def moving(size: tuple[int, int] = (320, 240), frames: int = 20, duration_ms: int = 80, form: str = "GIF") -> bytes:
    """A ball that rolls over a photograph."""
    ground = landscape(size)
    pictures = []
    for n in range(frames):
        picture = ground.copy()
        x = n * size[0] // frames
        ImageDraw.Draw(picture).ellipse((x, size[1] // 3, x + size[0] // 6, size[1] // 3 + size[0] // 6), fill="gold")
        pictures.append(picture)
    return encoded(pictures[0], form, save_all=True, append_images=pictures[1:], duration=duration_ms, loop=0)


def pcm(seconds: float, rate: int = 8000) -> bytes:
    """A tone that rises and falls: samples of 16 bits."""
    bends = (440 + 80 * math.sin(n / rate) for n in range(int(seconds * rate)))
    samples = (int(9000 * math.sin(n * pitch * 2 * math.pi / rate)) for n, pitch in enumerate(bends))
    return array.array("h", samples).tobytes()


def sound(
    seconds: float,
    codec: str = "pcm_s16le",
    form: str = "wav",
    rate: int = 16_000,
    tags: dict[str, str] | None = None,
) -> bytes:
    """The tone as a file."""
    out = io.BytesIO()
    samples = pcm(seconds, rate)
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        container.metadata.update(tags or {})
        size = (stream.codec_context.frame_size or 1024) * 2
        resampler = av.AudioResampler(stream.codec_context.format or "s16", "mono", rate, size // 2)
        for start in range(0, len(samples), size):
            block = samples[start : start + size].ljust(size, b"\0")
            frame = av.AudioFrame(format="s16", layout="mono", samples=size // 2)
            frame.planes[0].update(block)
            frame.sample_rate, frame.pts = rate, start // 2
            for made in resampler.resample(frame):
                container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return out.getvalue()


def film(seconds: float = 4, size: tuple[int, int] = (640, 360), form: str = "mp4", *, silent: bool = False) -> bytes:
    """The ball as a film, with the tone."""
    out = io.BytesIO()
    ground = landscape(size)
    with av.open(out, "w", format=form) as container:
        container.metadata["location"] = "+39.9075+116.3972/"
        video = container.add_stream("libx264", rate=15)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = None
        if not silent:
            audio = container.add_stream("aac", rate=16_000)
            audio.layout = "mono"
        for n in range(int(seconds * 15)):
            picture = ground.copy()
            ImageDraw.Draw(picture).ellipse((n * 4, 50, n * 4 + 80, 130), fill="gold")
            frame: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = n, Fraction(1, 15)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            samples = pcm(seconds, 16_000)
            resampler = av.AudioResampler("fltp", "mono", 16_000, 1024)
            for start in range(0, len(samples), 2048):
                block = av.AudioFrame(format="s16", layout="mono", samples=1024)
                block.planes[0].update(samples[start : start + 2048].ljust(2048, b"\0"))
                block.sample_rate, block.pts = 16_000, start // 2
                for made in resampler.resample(block):
                    container.mux(audio.encode(made))
            container.mux(audio.encode(None))
    return out.getvalue()
