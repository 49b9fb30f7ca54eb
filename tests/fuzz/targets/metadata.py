"""Media robbed of their metadata: never longer, of the same kind, and with nothing left to take."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from mms.media.kinds import kind_of
from mms.media.metadata import bare
from tests.fakes.media import camera_exif, drawing, encoded, moving, sound
from tests.fuzz.target import Target, at_most


def check(data: bytes) -> None:
    with at_most(1.0):
        kind = kind_of(data)
        found = bare(data, kind)
        if found is None or found is data:
            return
        assert len(found) <= len(data) + (kind == "audio/wav")  # an odd chunk at the end is filled up
        assert bare(found, kind) in (found, None)
        if kind != "audio/mpeg":  # behind its tags may be anything
            assert kind_of(found) == kind


def _files() -> Iterator[bytes]:
    small = drawing((24, 16))
    yield encoded(small, "JPEG", exif=camera_exif(6), comment=b"who")
    yield encoded(small, "PNG", exif=camera_exif(3))
    yield encoded(small.convert("P"), "GIF", comment=b"who")
    yield moving((16, 12), 3)
    yield sound(0.1, tags={"title": "who"})
    yield b"ID3\x04\x00\x00\x00\x00\x00\x05abcde" + b"\xff\xfb\x90\x64" + bytes(300) + b"TAG" + bytes(125)
    yield encoded(Image.new("1", (9, 3)), "PNG")


TARGET = Target(
    check, _files, max_len=2048, words=(b"\xff\xe1", b"\xff\xd9", b"NETSCAPE2.0", b"eXIf", b"APETAGEX", b"!\xfe")
)
