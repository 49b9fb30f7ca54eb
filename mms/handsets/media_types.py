"""Media types under one name each, and what wildcards of handsets mean. Pure.

Handsets and their makers write one format in many ways ("image/jpg", "audio/x-amr", "text/x-imelody"). Handsets here
name each by one; whoever asks whether a handset takes a part asks with `canonical(part.media_type)`.
"""

from __future__ import annotations

import re
from typing import Final

JPEG: Final = "image/jpeg"
GIF: Final = "image/gif"
PNG: Final = "image/png"
WBMP: Final = "image/vnd.wap.wbmp"
AMR: Final = "audio/amr"
IMELODY: Final = "audio/imelody"
MIDI: Final = "audio/midi"
THREE_GP: Final = "video/3gpp"
MP4: Final = "video/mp4"
VCARD: Final = "text/x-vcard"
VCALENDAR: Final = "text/x-vcalendar"

_SAME: Final = {
    "image/jpg": JPEG,
    "image/pjpeg": JPEG,
    "image/jpe": JPEG,
    "image/gif87a": GIF,
    "image/gif89a": GIF,
    "image/x-png": PNG,
    "image/wbmp": WBMP,
    "image/x-wbmp": WBMP,
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/vnd.wap.bmp": "image/bmp",
    "audio/x-amr": AMR,
    "audio/amr-nb": AMR,
    "audio/x-amr-wb": "audio/amr-wb",
    "audio/x-imelody": IMELODY,
    "audio/imy": IMELODY,
    "audio/imel": IMELODY,
    "text/x-imelody": IMELODY,
    "text/imelody": IMELODY,
    "text/x-imy": IMELODY,
    "audio/mid": MIDI,
    "audio/x-mid": MIDI,
    "audio/x-midi": MIDI,
    "x-music/x-midi": MIDI,
    "audio/x-sp-midi": "audio/sp-midi",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/mpg": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-aac": "audio/aac",
    "audio/mp4a-latm": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/vnd.qcelp": "audio/qcelp",
    "audio/3gp": "audio/3gpp",
    "video/3gp": THREE_GP,
    "video/x-3gpp": THREE_GP,
    "video/mpeg4": MP4,
    "video/mp4v-es": MP4,
    "text/vcard": VCARD,
    "text/directory": VCARD,
    "text/x-vcal": VCALENDAR,
    "text/vcalendar": VCALENDAR,
}

_PLAIN: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
#: Types that say nothing.
UNSAID: Final = frozenset(("application/octet-stream", "application/binary", "application/x-unknown", ""))
_BY_ENDING: Final = {
    "jpg": JPEG, "jpeg": JPEG, "gif": GIF, "png": PNG, "bmp": "image/bmp", "wbmp": WBMP, "webp": "image/webp",
    "heic": "image/heic", "avif": "image/avif", "amr": AMR, "mid": MIDI, "midi": MIDI, "imy": IMELODY,
    "mp3": "audio/mpeg", "wav": "audio/wav", "m4a": "audio/mp4", "3gp": THREE_GP, "mp4": MP4, "mov": "video/quicktime",
    "vcf": VCARD, "vcs": VCALENDAR, "ics": "text/calendar", "txt": "text/plain",
}  # fmt: skip

#: What "image/*" of a handset may be believed to mean: what every phone that says so was made for.
WILDCARDS: Final = {
    "image": frozenset({JPEG, GIF, WBMP}),
    "audio": frozenset({AMR}),
    "video": frozenset({THREE_GP}),
}


def of_file(media_type: str, name: str) -> str:
    """The media type of a file; by the ending of its name where its type says nothing."""
    if media_type not in UNSAID and _PLAIN.fullmatch(media_type):
        return media_type
    return _BY_ENDING.get(name.rpartition(".")[2].lower() if "." in name else "", "application/octet-stream")


def canonical(media_type: str) -> str:
    """The one name of a media type: lower case, without parameters."""
    plain = media_type.partition(";")[0].strip().lower()
    return _SAME.get(plain, plain)
