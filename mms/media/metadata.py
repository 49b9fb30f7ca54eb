"""The same medium without what tells of its maker: camera, place, program, names, hidden second pictures. Pure.

Formats are walked, not searched: what is kept is named, everything else goes, and nothing behind the end is kept.
Cameras put films and further pictures, each with its place, behind the end of a JPEG.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Final

#: Segments of a JPEG that stay: JFIF, what its colours mean (Adobe), tables and frames.
_TOLD: Final = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
_MARKER: Final = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])", re.DOTALL)
_SOS, _EOI = 0xDA, 0xD9
#: Chunks of a PNG without which it would look otherwise.
_SEEN: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM", b"bKGD", b"acTL", b"fcTL", b"fdAT"}
)
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_HEARD: Final = frozenset({b"fmt ", b"fact", b"data"})  # chunks of a WAV
_ID3V1_OCTETS: Final = 128


def bare(data: bytes, kind: str) -> bytes | None:
    """The same octets without metadata: `data` itself where there are none, None where that cannot be said.

    None is for formats nobody can walk here, and for files that break off.
    """
    walk = _WALKS.get(kind)
    if walk is None:
        return None
    try:
        found = walk(data)
    except (struct.error, IndexError):
        return None
    if found is None:
        return None
    return data if len(found) == len(data) else found


def _bare_jpeg(data: bytes) -> bytes | None:
    """JFIF and Adobe segments, tables, frames, scans; up to the first end (ITU-T T.81, annex B)."""
    out, at = [data[:2]], 2
    while (marker := _MARKER.match(data, at)) is not None:
        kind = marker[1][0]
        if kind == _EOI:
            return b"".join((*out, b"\xff\xd9"))
        end = marker.end() + struct.unpack_from(">H", data, marker.end())[0]
        if kind == _SOS:
            # Within a scan 0xFF is followed by 0x00 or a restart; anything else ends it.
            behind = _MARKER.search(data, end)
            if behind is None:
                return None
            end = behind.start()
        if kind not in _TOLD:
            out.append(data[marker.end() - 2 : end])
        at = end
    return None


def _bare_png(data: bytes) -> bytes | None:
    out, at = [data[:8]], 8
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind in _SEEN:
            out.append(data[at : at + 12 + size])
        at += 12 + size
        if kind == b"IEND":
            return b"".join(out)
    return None


def _bare_gif(data: bytes) -> bytes | None:
    """Pictures, their timing, and how often they play; no comments, no other extensions (GIF89a, sections 17-26)."""
    at = 13 + _table(data[10])
    out = [data[:at]]
    while at < len(data):
        start, introducer = at, data[at]
        if introducer == 0x3B:
            return b"".join((*out, b"\x3b"))
        if introducer == 0x2C:
            at = _behind_blocks(data, at + 11 + _table(data[at + 9]))
            out.append(data[start:at])
        elif introducer == 0x21:
            at = _behind_blocks(data, at + 2)
            label = data[start + 1]
            if label == 0xF9 or (label == 0xFF and data[start + 3 : start + 14] in _LOOPS):
                out.append(data[start:at])
        else:
            return None
    return None


def _table(flags: int) -> int:
    """Octets of the palette these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _bare_mp3(data: bytes) -> bytes | None:
    """Without ID3 before and behind it, nor APE tags, however often programs have put them there."""
    start, end = 0, len(data)
    while data[start : start + 3] == b"ID3":
        octets = data[start + 6 : start + 10]
        size = 10 + (octets[0] << 21 | octets[1] << 14 | octets[2] << 7 | octets[3])
        start += size + (10 if data[start + 5] & 0x10 else 0)
    while start < end:
        if data[max(start, end - _ID3V1_OCTETS) : end].startswith(b"TAG"):
            end -= _ID3V1_OCTETS
        elif end - 32 >= start and data[end - 32 : end - 24] == b"APETAGEX":
            size, _, flags = struct.unpack_from("<III", data, end - 20)
            end -= max(32, size + (32 if flags & 0x80000000 else 0))
        else:
            break
    return data[start:end] if start < end else None


def _bare_wav(data: bytes) -> bytes | None:
    out, at = [b"WAVE"], 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        size = min(size, len(data) - at - 8)  # recorders that were cut off leave sizes that are none
        if kind in _HEARD:
            out.append(struct.pack("<4sI", kind, size) + data[at + 8 : at + 8 + size] + b"\0" * (size & 1))
        at += 8 + size + (size & 1)
    form = b"".join(out)
    return struct.pack("<4sI", b"RIFF", len(form)) + form


_WALKS: Final[dict[str, Callable[[bytes], bytes | None]]] = {
    "image/jpeg": _bare_jpeg,
    "image/png": _bare_png,
    "image/gif": _bare_gif,
    "image/vnd.wap.wbmp": lambda data: data,
    "audio/mpeg": _bare_mp3,
    "audio/wav": _bare_wav,
}
