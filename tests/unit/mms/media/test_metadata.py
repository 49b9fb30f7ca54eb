"""What files tell of their makers is gone, and nothing of what they show."""

from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import replace
from typing import Any

import av
import pytest
from PIL import Image, ImageSequence
from PIL.PngImagePlugin import PngInfo

from mms.handsets.catalogue import resolve
from mms.media.metadata import bare
from mms.media.sound import Sound
from tests.fakes.media import camera_exif, drawing, encoded, jpeg, moving, sound

SECRET = b"SecretMaker"


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gif_head(data: bytes) -> int:
    return 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)


def cases() -> dict[str, tuple[str, bytes]]:
    info = PngInfo()
    info.add_text("Location", SECRET.decode())
    png, gif = encoded(drawing((60, 40)), "PNG"), moving((60, 40), 5)
    head = gif_head(gif)
    told = jpeg((64, 48), exif=camera_exif())
    return {
        "jpeg": ("image/jpeg", jpeg((64, 48), exif=camera_exif(), comment=SECRET)),
        "jpeg, many scans": ("image/jpeg", jpeg((64, 48), exif=camera_exif(), progressive=True)),
        "jpeg, restarts": ("image/jpeg", jpeg((64, 48), exif=camera_exif(), restart_marker_blocks=2)),
        "jpeg, a second behind": ("image/jpeg", jpeg((64, 48)) + jpeg((64, 48), exif=camera_exif())),
        "jpeg, fill octets": ("image/jpeg", told.replace(b"\xff\xdb", b"\xff\xff\xdb", 1)),
        "png, text": ("image/png", encoded(drawing((60, 40)), "PNG", pnginfo=info)),
        "png, a chunk of its own": ("image/png", png[:33] + png_chunk(b"prVt", SECRET) + png[33:]),
        "png, behind": ("image/png", png + SECRET),
        "gif, comment": ("image/gif", gif[:head] + b"\x21\xfe\x0b" + SECRET + b"\x00" + gif[head:]),
        "gif, xmp": ("image/gif", gif[:head] + b"\x21\xff\x0bXMP DataXMP\x0b" + SECRET + b"\x00" + gif[head:]),
        "gif, behind": ("image/gif", gif + SECRET),
    }


@pytest.mark.parametrize("name", cases())
def test_pictures_look_as_before_and_tell_nothing(name: str) -> None:
    kind, data = cases()[name]
    assert SECRET in data
    found = bare(data, kind)
    assert found is not None
    assert SECRET not in found
    assert frames(found) == frames(data)
    assert bare(found, kind) is found  # nothing is left to be taken out


def frames(data: bytes) -> list[tuple[bytes, Any]]:
    with Image.open(io.BytesIO(data)) as picture:
        return [
            (frame.convert("RGBA").tobytes(), frame.info.get("duration")) for frame in ImageSequence.Iterator(picture)
        ]


TAGGED = [
    ("libmp3lame", "mp3", "audio/mpeg"), ("pcm_s16le", "wav", "audio/wav"), ("aac", "ipod", "audio/mp4"),
    ("libopus", "ogg", "audio/ogg"),
]  # fmt: skip


@pytest.mark.parametrize(("codec", "form", "kind"), TAGGED)
def test_sounds_are_the_same_and_tell_nothing(codec: str, form: str, kind: str) -> None:
    rate = 48_000 if codec == "libopus" else 16_000
    data = sound(1, codec, form, rate, {"title": "SecretMaker", "comment": "SecretMaker"})
    assert SECRET in data
    made = Sound(data, kind, replace(resolve("iphone-13"), sounds=frozenset({kind}))).fit(1_000_000)
    assert (made.media_type, made.reasons) == (kind, ("metadata",))
    assert SECRET not in made.data
    assert heard(made.data) == heard(data)


def heard(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "image/gif", "audio/mpeg", "audio/wav"])
def test_octets_that_lie_never_do_more_than_give_nothing(kind: str) -> None:
    rng = random.Random(3)
    whole = dict(cases().values()) | {"audio/mpeg": sound(1, "libmp3lame", "mp3")}
    data = whole.get(kind, sound(1))[:6000]
    for _ in range(300):
        octets = bytearray(data[: rng.randrange(len(data))])
        for _ in range(rng.randrange(4)):
            if octets:
                octets[rng.randrange(len(octets))] = rng.randrange(256)
        found = bare(bytes(octets), kind)
        assert found is None or len(found) <= len(octets) + 24


def test_formats_nobody_walks_are_not_called_bare() -> None:
    assert bare(b"II*\x00", "image/tiff") is None


def test_tags_of_several_programs_all_go() -> None:
    song = b"\xff\xfb\x90\x64" + bytes(400)
    first = b"ID3\x04\x00\x00\x00\x00\x00\x03abc"
    old = b"TAG" + bytes(125)
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32 + 5, 1, 0x80000000) + bytes(8)
    ape = ape + b"title" + b"APETAGEX" + struct.pack("<IIII", 2000, 32 + 5, 1, 0x80000000) + bytes(8)
    assert bare(first + first + song + old + ape + old + old, "audio/mpeg") == song
    assert bare(first + old, "audio/mpeg") is None
