"""What a file is, by its first octets: names and types that came with it are nobody's word. Pure."""

from __future__ import annotations

from typing import Final

_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"#!AMR-WB\n", "audio/amr-wb"),
    (b"#!AMR\n", "audio/amr"),
    (b"MThd", "audio/midi"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"FLV", "video/x-flv"),
    (b"caff", "audio/x-caf"),
    (b".snd", "audio/basic"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_BRANDS: Final = {
    b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic", b"heim": "image/heic", b"msf1": "image/heic",
    b"hevc": "image/heic", b"avif": "image/avif", b"avis": "image/avif", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
    b"3g": "video/3gpp", b"qt  ": "video/quicktime",
}  # fmt: skip
_RIFF: Final = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"QLCM": "audio/qcelp"}


def kind_of(data: bytes) -> str:
    """The media type the octets speak of; "" for what they say nothing of (texts, cards …)."""
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], "")
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data[4:8] == b"ftyp":
        return _brand(data)
    if data[:3].lower() == b"beg" and data[:20].upper().startswith(b"BEGIN:IMELODY"):
        return "audio/imelody"
    if len(data) > 4 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "audio/aac" if data[1] & 0xF6 == 0xF0 else "audio/mpeg"
    if data[:2] == b"\x00\x00" and 5 <= len(data) <= 1 << 21 and _is_bitmap(data):
        return "image/vnd.wap.wbmp"
    return ""


def _brand(data: bytes) -> str:
    """By the brands a file of this family names, its own first."""
    size = min(int.from_bytes(data[:4]), 64, len(data))
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))]
    for brand in brands:
        if brand[:2] == b"3g":
            return "video/3gpp"
        if brand in _BRANDS:
            return _BRANDS[brand]
    return "video/mp4"


def _is_bitmap(data: bytes) -> bool:
    """Whether sizes and length are those of a WBMP."""
    sizes, at = [], 2
    for _ in range(2):
        value = 0
        for _ in range(3):
            if at >= len(data):
                return False
            octet = data[at]
            at += 1
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                break
        sizes.append(value)
    return sizes[0] > 0 and sizes[1] > 0 and len(data) == at + (sizes[0] + 7) // 8 * sizes[1]
