"""SMIL, tunes, WBMP, AMR, and bodies of such: the value or the one error; what was read is written and read again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from mms.assembly import assemble, content_of, linear, text_of
from mms.codec import amr, imelody, midi, rtttl, smil, wbmp
from mms.codec.errors import MmsFormatError
from mms.content import SMIL, Arrangement, Body, Part
from tests.fuzz.target import Target, assert_storable, at_most, records, script
from tests.unit.mms.codec.test_amr import SILENCE, TONE
from tests.unit.mms.codec.test_smil import SENT
from tests.unit.mms.codec.test_tunes import IMELODY, RTTTL
from tests.unit.mms.codec.test_wbmp import RAIN, VECTORS

_TYPES = (
    "image/jpeg", "text/plain", "audio/amr", "video/3gpp", "text/x-imelody", "text/html", "application/octet-stream",
    "application/vnd.oma.drm.message", "text/x-vcard", SMIL,
)  # fmt: skip


def check_smil(data: bytes) -> None:
    with at_most(1.0):
        found = smil.read(data)
    assert len(found.pages) <= smil.MAX_PAGES
    for page in found.pages:
        assert 0 <= page.duration_ms <= smil.MAX_MS
        assert page.media
        assert_storable(*(text for medium in page.media for text in medium))
    body = Body((Part(SMIL, data, "s.smil", "s"), Part("image/jpeg", b"1"), Part("text/plain", b"2")))
    content = content_of(body)
    assert len(content.parts) == 2
    named = {name for slide in content.slides for name in (slide.visual, slide.text)}
    assert named >= {part.name for part in content.parts}


def check_tune(data: bytes) -> None:
    for codec in (imelody, rtttl, midi):
        with at_most(2.0), contextlib.suppress(MmsFormatError):
            _check_tune(codec, codec.decode(data))


def _check_tune(codec: Any, tune: Any) -> None:
    assert tune.notes
    assert_storable(tune.name)
    assert tune.duration_ms >= 0
    for other in (imelody, rtttl, midi):
        octets = other.encode(tune)
        if any(note.pitch is not None for note in tune.notes):
            again = other.decode(octets)
            assert codec is not other or codec.decode(codec.encode(again)) == again


def check_pixels_and_frames(data: bytes) -> None:
    with contextlib.suppress(MmsFormatError):
        bitmap = wbmp.decode(data)
        assert wbmp.decode(wbmp.encode(bitmap)) == bitmap
    with contextlib.suppress(MmsFormatError):
        sound = amr.read(data)
        assert sound.octets <= len(data)
        short = amr.cut(data, max_octets=len(data) // 2, max_ms=1000)
        assert len(short) <= max(len(data) // 2, len(amr.MAGIC))
        assert amr.read(short).octets == len(short)


def check_body(data: bytes) -> None:
    """Steps: what kind of part, and its name, a NUL, its Content-ID, a NUL, its octets."""
    parts = []
    for kind, octets in list(records(data))[:30]:
        name, _, rest = octets.partition(b"\0")
        content_id, _, content = rest.partition(b"\0")
        parts.append(Part(_TYPES[kind % len(_TYPES)], content, name.decode("latin-1"), content_id.decode("latin-1")))
    arrangement = tuple(Arrangement)[len(data) % 3]
    with at_most(2.0):
        content = content_of(Body(tuple(parts), arrangement, parts[0].content_id if parts else ""))
        body = assemble(content, screen=(128, 160))
        names = [part.name for part in body.parts]
        assert len({name.lower() for name in names}) == len(names)
        assert all(name.isascii() and name.isprintable() and " " not in name for name in names)
        again = content_of(body)
        assert len(again.parts) == len(content.parts)
        assert sorted(part.media_type for part in again.parts) == sorted(part.media_type for part in content.parts)
        assert len(linear(content).parts) == len(content.parts)
        assert_storable(text_of(content))
        assert len(text_of(content, 70).encode("utf-16-be")) <= 140


def _smils() -> Iterator[bytes]:
    yield from (octets for octets, _ in SENT.values())


def _bodies() -> Iterator[bytes]:
    page = b'<smil><par dur="2s"><img src="a.jpg"/><text src="cid:t"/></par></smil>'
    yield script((9, b"s.smil\0s\0" + page), (0, b"a.jpg\0\0\xff\xd8"), (1, b"t.txt\0t\0hello"))
    yield script((1, b"\0\0hello"), (0, b"\0\0\xff\xd8"), (2, b"a\0\0" + SILENCE), (5, b"\0\0<p>x</p>"), (4, b"\0\0"))
    yield script(
        (3, b"A\0\0"), (2, b"a\0\0"), (7, b"C:\\x y.dm\0\0"), (8, b"a\0\0"), (6, "照片".encode() + b".jpg\0\0")
    )


def _tunes() -> Iterator[bytes]:
    yield from (IMELODY, RTTTL, midi.encode(rtttl.decode(RTTTL)))


def _files() -> Iterator[bytes]:
    yield from (SILENCE, TONE, bytes.fromhex(RAIN), *map(bytes.fromhex, VECTORS))


SMILS = Target(check_smil, _smils, max_len=2048, words=(b"<par", b"<seq>", b"<img src=", b"cid:", b"<!--", b"region="))
TUNES = Target(check_tune, _tunes, max_len=1024, words=(b"MTrk", b"\xff\x51\x03", b"MELODY:", b"@2)", b"ledon", b":d="))
FILES = Target(check_pixels_and_frames, _files, max_len=512, words=(b"#!AMR\n", b"\x00\x00\x80\x20", b"\xe0\x91"))
BODIES = Target(check_body, _bodies, max_len=2048, words=(b"<smil>", b"cid:", b".smil", b"\0\0"))
