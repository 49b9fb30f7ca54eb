"""What kind of picture some octets are, by how they begin, whatever was said of them. Pure."""

from __future__ import annotations

from typing import Final

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


def picture_type(octets: bytes) -> str:
    """The type of a picture that browsers show and that can hold no program; "" for anything else."""
    for magic, media_type in _MAGIC:
        if octets.startswith(magic):
            return media_type
    return "image/webp" if octets[:4] == b"RIFF" and octets[8:12] == b"WEBP" else ""
