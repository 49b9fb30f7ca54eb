"""Handsets that tests of cards and previews show things on."""

from __future__ import annotations

from dataclasses import replace

from mms.handsets.handset import Handset, Smil

COLOUR = Handset(
    key="colour",
    name="Colour 128",
    parent="",
    year=2003,
    mms=True,
    mms_version="1.0",
    max_octets=46_080,
    screen=(128, 128),
    max_image=(160, 120),
    colours=4_096,
    grey=False,
    images=frozenset({"image/jpeg", "image/gif", "image/png", "image/vnd.wap.wbmp"}),
    sounds=frozenset({"audio/amr", "audio/midi", "audio/imelody"}),
    videos=frozenset(),
    others=frozenset({"text/x-vcard"}),
    animation=True,
    progressive=False,
    charsets=frozenset({"us-ascii", "utf-8"}),
    smil=Smil.SLIDES,
    text_first=False,
    text_height=16,
)
MONO = replace(
    COLOUR, key="mono", name="Mono", mms=False, year=2001, max_octets=30_720, screen=(96, 65), max_image=(96, 65),
    colours=2, grey=True, images=frozenset({"image/vnd.wap.wbmp"}), sounds=frozenset(), animation=False,
    smil=Smil.PARTS, text_height=13,
)  # fmt: skip
QVGA = replace(
    COLOUR, key="qvga", name="QVGA", year=2006, max_octets=307_200, screen=(240, 320), max_image=(1600, 1200),
    colours=262_144, videos=frozenset({"video/3gpp"}), text_height=20,
)  # fmt: skip
SMART = replace(
    COLOUR, key="smart", name="Smart", year=2020, mms_version="1.3", max_octets=1_048_576, screen=(1080, 2340),
    max_image=(2560, 2560), colours=16_777_216, images=frozenset({"image/jpeg", "image/gif", "image/png"}),
    sounds=frozenset({"audio/amr"}), progressive=True, smil=Smil.SCROLL, text_height=72,
)  # fmt: skip
ALL = (MONO, COLOUR, QVGA, SMART)
