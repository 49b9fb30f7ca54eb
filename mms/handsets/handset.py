"""A handset: what one model, family or class of phones can show. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Smil(enum.StrEnum):
    """What a handset makes of SMIL."""

    SLIDES = "slides"  # one page after the other, timed
    SCROLL = "scroll"  # all pages below one another, in order
    PARTS = "parts"  # SMIL is ignored: parts in their order


@dataclass(frozen=True, slots=True)
class Handset:
    """What a phone can show. Sizes in pixels and octets."""

    key: str  # "nokia-6610", "class-2004-colour", "unknown"
    name: str  # for people
    #: The key of what it is a case of: model -> family -> class; "" at the top. Values not given come from there.
    parent: str
    year: int
    mms: bool
    #: "1.0" … "1.3"
    mms_version: str
    #: Of the whole encoded message.
    max_octets: int
    #: Width, height.
    screen: tuple[int, int]
    #: Largest picture it takes.
    max_image: tuple[int, int]
    #: Colours it can show: 2, 4, 16, 256, 4096, 65536, 262144, 16777216.
    colours: int
    grey: bool
    #: Media types it shows or plays: "image/jpeg", "audio/amr" …
    images: frozenset[str]
    sounds: frozenset[str]
    videos: frozenset[str]
    #: Other media types it takes: "text/x-vcard" …
    others: frozenset[str]
    #: GIFs move.
    animation: bool
    #: Progressive JPEG is shown.
    progressive: bool
    #: Character sets of texts, IANA names.
    charsets: frozenset[str]
    smil: Smil
    #: The text stands above the picture by habit.
    text_first: bool
    #: Height of a line of text on its screen.
    text_height: int
