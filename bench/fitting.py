"""How well and how fast media are fitted: more than two hundred made inputs on twelve handsets.

    python -m bench.fitting [--every N] [--only corpus|quality|speed|memory]

Prints, and fails where it does not hold: never over the budget; at least 85 % of the budget used where the original is
larger and there was more to gain; nothing that moves lost without a word; pictures at least as like the original
(SSIM) as a plain resize and search for quality to the same octets, in 95 % of cases; 48 megapixels in less than 300 MB;
photographs of 12 megapixels at 85 % of the speed of the plainest Pillow pipeline in the same run.
"""

from __future__ import annotations

import argparse
import io
import itertools
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from mms.codec import imelody, midi, rtttl
from mms.content import Content, Medium, Part
from mms.handsets.catalogue import resolve
from mms.media.encodings import BEST
from mms.media.fitting import HEADERS, HEADROOM, fit
from mms.media.pictures import MediaRefused
from mms.media.plan import What
from mms.media.sound import encode_amr
from tests.fakes.media import camera_exif, drawing, encoded, film, jpeg, landscape, moving, pcm, sound

HANDSETS = (
    "mono-2002", "nokia-3510i", "nokia-6610", "sony-ericsson-t610", "nokia-7650", "siemens-s65", "motorola-v3",
    "nokia-n73", "unknown", "feature-4g", "iphone-4", "iphone-13",
)  # fmt: skip
MEGAPIXELS = (0.3, 0.5, 1, 2, 3, 4, 5, 8, 12, 16)
LARGE = (24, 48)
TUNE = rtttl.decode(b"Scale:d=4,o=5,b=120:c,d,e,f,8g,8a.,p,2b,c6,16c#6")


@dataclass(frozen=True)
class Input:
    """Something somebody wants to send."""

    name: str
    media_type: str
    data: bytes
    is_moving: bool = False
    is_photograph: bool = False


def _size(megapixels: float, seed: int) -> tuple[int, int]:
    ratio = (4 / 3, 3 / 4, 3 / 2, 16 / 9, 9 / 16, 1.0)[seed % 6]
    high = (megapixels * 1e6 / ratio) ** 0.5
    return round(high * ratio), round(high)


def corpus() -> Iterator[Input]:
    """The inputs; the same in every run."""
    for seed, megapixels in enumerate([*MEGAPIXELS * 9, *LARGE]):
        more: dict[str, Any] = {}
        if seed % 5 == 1:
            more["exif"] = camera_exif(1 + seed % 8)
        if seed % 7 == 2:
            more["progressive"] = True
        data = jpeg(_size(megapixels, seed), quality=(70, 80, 88, 92, 96)[seed % 5], seed=seed, **more)
        yield Input(f"photo-{seed}-{megapixels}Mpx", "image/jpeg", data, is_photograph=True)
    for seed in range(20):
        size = ((360, 640), (720, 1280), (1080, 1920), (1920, 1080))[seed % 4]
        shot = drawing(size)
        shot.paste(landscape((size[0] // 2, size[1] // 3), seed), (20, 20 + seed * 5))
        yield Input(f"screenshot-{seed}", "image/png", encoded(shot, "PNG"))
    for seed in range(20):
        yield Input(f"line-{seed}", "image/png", encoded(drawing((80 + 60 * seed, 60 + 40 * seed)), "PNG"))
    for seed in range(15):
        clear = drawing((100 + 80 * seed, 90 + 60 * seed), clear=True)
        yield Input(f"clear-{seed}", "image/png", encoded(clear, "PNG"))
    for seed in range(15):
        size = (80 + 30 * seed, 60 + 22 * seed)
        yield Input(f"moving-{seed}", "image/gif", moving(size, 4 + seed * 2, 60 + seed * 10), is_moving=True)
    for seed in range(10):
        picture = landscape((400 + 200 * seed, 300 + 150 * seed), seed)
        yield Input(f"webp-{seed}", "image/webp", encoded(picture, "WEBP"))
    yield Input("webp-moving", "image/webp", moving((160, 120), 6, form="WEBP"), is_moving=True)
    for seed in range(5):
        picture = landscape((640 + 320 * seed, 480 + 240 * seed), seed)
        yield Input(f"avif-{seed}", "image/avif", encoded(picture, "AVIF"))
        yield Input(f"heic-{seed}", "image/heic", encoded(picture, "HEIF"))
    for seconds in (1, 8, 40):
        yield Input(f"amr-{seconds}", "audio/amr", encode_amr(pcm(seconds), 12_200))
        yield Input(f"mp3-{seconds}", "audio/mpeg", sound(seconds, "libmp3lame", "mp3"))
        yield Input(f"wav-{seconds}", "audio/wav", sound(seconds))
        yield Input(f"aac-{seconds}", "audio/aac", sound(seconds, "aac", "adts"))
    yield Input("midi", "audio/midi", midi.encode(TUNE))
    yield Input("imelody", "text/x-imelody", imelody.encode(TUNE))
    for seconds in (2, 6, 15):
        yield Input(f"film-{seconds}", "video/mp4", film(seconds))
        yield Input(f"film-silent-{seconds}", "video/mp4", film(seconds, (320, 240), silent=True))
    yield from hostile()


def hostile() -> Iterator[Input]:
    """Torn, lying and exploding ones."""
    rng = random.Random(7)
    whole = jpeg((640, 480))
    for seed in range(8):
        yield Input(f"torn-{seed}", "image/jpeg", whole[: rng.randrange(4, len(whole))])
    for seed in range(8):
        octets = bytearray(moving((120, 90), 4) if seed % 2 else whole)
        for _ in range(20):
            octets[rng.randrange(20, len(octets))] = rng.randrange(256)
        yield Input(f"bitten-{seed}", "image/gif" if seed % 2 else "image/jpeg", bytes(octets))
    yield Input("bomb", "image/png", encoded(Image.new("1", (20_000, 20_000)), "PNG"))
    yield Input("liar", "image/gif", b"GIF89a" + bytes(200))
    yield Input("empty", "image/jpeg", b"")
    yield Input("noise", "video/mp4", b"\x00\x00\x00\x18ftypmp42" + rng.randbytes(4000))


# --- the corpus on twelve handsets ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """One input on one handset."""

    name: str
    handset: str
    over: int
    used: float  # of the budget; 1.0 where the original is smaller or nothing more was to gain
    is_lost_silently: bool
    refused: str
    seconds: float
    likeness: tuple[float, float] | None  # ours, plain


def judge(pair: tuple[Input, str]) -> Result:
    """Fit the input to the handset of that key, and look at what became of it."""
    one, key = pair
    handset = resolve(key)
    began = time.perf_counter()
    try:
        fitted = fit(Content((Part(one.media_type, one.data, one.name),)), handset)
    except MediaRefused as error:
        return Result(one.name, key, 0, 1.0, False, str(error), time.perf_counter() - began, None)
    seconds = time.perf_counter() - began
    limit = handset.max_octets
    room = limit * (1 - HEADROOM) - HEADERS
    part = fitted.content.parts[0]
    step = fitted.plan.steps[0]
    gains = len(one.data) > room and {"budget", "frames", "cut"} & set(step.reasons)
    used = fitted.octets / limit if gains else 1.0
    silent = False
    if one.is_moving and part.media_type == "image/gif":
        still = not getattr(Image.open(io.BytesIO(part.data)), "is_animated", False)
        silent = still and "still" not in step.reasons
    elif one.is_moving:
        silent = step.what is not What.LOST and "still" not in step.reasons
    likeness = _likeness(one, part, int(room)) if one.is_photograph and part.media_type == "image/jpeg" else None
    return Result(one.name, key, max(0, fitted.octets - limit), used, silent, "", seconds, likeness)


def _likeness(one: Input, part: Part, room: int) -> tuple[float, float]:
    """SSIM of ours and of a plain picture of as many octets, both against the original at twice the size."""
    assert part.medium is Medium.IMAGE
    ours = Image.open(io.BytesIO(part.data)).convert("RGB")
    if len(part.data) >= len(one.data):
        return 1.0, 1.0
    with Image.open(io.BytesIO(one.data)) as original:
        upright = ImageOps.exif_transpose(original).convert("RGB")
    source = upright.resize(ours.size, Image.Resampling.LANCZOS)
    low, high, plain = 1, BEST, b""
    while low <= high:
        middle = (low + high) // 2
        out = io.BytesIO()
        source.save(out, "JPEG", quality=middle)
        if out.tell() <= max(len(part.data), 400):
            plain, low = out.getvalue(), middle + 1
        else:
            high = middle - 1
    if not plain:
        return 1.0, 0.0
    scale = min(2.0, upright.width / ours.width)
    size = round(ours.width * scale), round(ours.height * scale)
    true = upright.resize(size, Image.Resampling.BOX)
    theirs = Image.open(io.BytesIO(plain)).convert("RGB")
    return (
        ssim(true, ours.resize(size, Image.Resampling.BICUBIC)),
        ssim(true, theirs.resize(size, Image.Resampling.BICUBIC)),
    )


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of the brightness, over windows of eight by eight."""
    a, b = (np.asarray(picture.convert("L"), dtype=np.float64) for picture in (one, other))
    windows = [np.lib.stride_tricks.sliding_window_view(plane, (8, 8))[::4, ::4] for plane in (a, b)]
    means = [window.mean(axis=(2, 3)) for window in windows]
    spreads = [window.var(axis=(2, 3)) for window in windows]
    both = (windows[0] * windows[1]).mean(axis=(2, 3)) - means[0] * means[1]
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * means[0] * means[1] + c1) * (2 * both + c2)
    bottom = (means[0] ** 2 + means[1] ** 2 + c1) * (spreads[0] + spreads[1] + c2)
    return float((top / bottom).mean())


def judge_corpus(every: int) -> bool:
    """Every input on every handset."""
    inputs = list(corpus())
    pairs = list(itertools.product(inputs, HANDSETS))[::every]
    print(f"{len(inputs)} inputs on {len(HANDSETS)} handsets: {len(pairs)} MMS", flush=True)
    began = time.perf_counter()
    with multiprocessing.get_context("fork").Pool() as pool:
        results = list(pool.imap_unordered(judge, pairs, chunksize=8))
    took = time.perf_counter() - began
    over = [one for one in results if one.over]
    silent = [one for one in results if one.is_lost_silently]
    unused = sorted((one for one in results if one.used < 0.85), key=lambda one: one.used)
    alike = [one.likeness for one in results if one.likeness is not None]
    as_good = sum(ours >= plain - 0.002 for ours, plain in alike) / max(1, len(alike))
    slowest = max(results, key=lambda one: one.seconds)
    print(f"over the budget: {len(over)}; moving lost without a word: {len(silent)}")
    print(f"less than 85 % of the budget where more was to gain: {len(unused)} of {len(results)}")
    for one in unused[:8]:
        print(f"  {one.name} on {one.handset}: {one.used:.0%}")
    print(f"as like the original as a plain picture of the same octets: {as_good:.1%} of {len(alike)}")
    print(f"refused: {dict(Counter(one.refused for one in results if one.refused))}")
    print(f"{took:.0f} s; slowest {slowest.name} on {slowest.handset}: {slowest.seconds:.1f} s")
    return not over and not silent and len(unused) <= 0.02 * len(results) and as_good >= 0.95


# --- speed and memory -----------------------------------------------------------------------------------------------


def judge_speed(runs: int = 3) -> bool:
    """Photographs of 12 megapixels, against draft, LANCZOS and one encode; in time of the processor, turn about."""
    photographs = [jpeg((4000, 3000), quality=95, seed=seed) for seed in range(4)]
    handset = resolve("unknown")
    plain = fitted = 0.0
    for data in photographs * runs * 3:
        began = time.process_time()
        picture = Image.open(io.BytesIO(data))
        picture.draft("RGB", (640, 480))
        picture.resize((640, 480), Image.Resampling.LANCZOS).save(io.BytesIO(), "JPEG", quality=85)
        between = time.process_time()
        fit(Content((Part("image/jpeg", data, "a.jpg"),)), handset)
        plain += between - began
        fitted += time.process_time() - between
    count = 12 * runs
    print(f"12 megapixels: {count / plain:.1f}/s plain, {count / fitted:.1f}/s fitted: {plain / fitted:.0%}")
    return plain / fitted >= 0.85


def _peak(data: bytes) -> int:
    """KiB this process needs at most while it fits a photograph."""
    Path("/proc/self/clear_refs").write_text("5")  # its peak counts from here: not what its parent had
    fit(Content((Part("image/jpeg", data, "a.jpg"),)), resolve("iphone-13"))
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def judge_memory() -> bool:
    """A photograph of 48 megapixels in a process of its own."""
    data = jpeg((8000, 6000), quality=90)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak = pool.apply(_peak, (data,)) / 1024
    print(f"48 megapixels: peak {peak:.0f} MB")
    return peak < 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--every", type=int, default=1, help="only every so many pairs of input and handset")
    parser.add_argument("--only", choices=("corpus", "speed", "memory"))
    options = parser.parse_args()
    well = True
    if options.only in (None, "memory"):
        well &= judge_memory()
    if options.only in (None, "speed"):
        well &= judge_speed()
    if options.only in (None, "corpus"):
        well &= judge_corpus(options.every)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
