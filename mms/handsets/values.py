"""The values of a handset read from TOML and JSON, checked, and written again. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.core.errors import BadRequest
from mms.handsets.handset import Smil
from mms.handsets.media_types import canonical

MIN_OCTETS: Final = 10 * 1024  # below that a slide with a picture has no room
MAX_OCTETS: Final = 20 * 1024 * 1024
MIN_PIXELS: Final = 32
MAX_PIXELS: Final = 8192
MAX_TYPES: Final = 128
COLOURS: Final = (2, 4, 16, 256, 4096, 65_536, 262_144, 16_777_216)
VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3")

_MEDIA_TYPE: Final = re.compile(r"(image|audio|video|text|application)/[a-z0-9][a-z0-9.+-]{0,63}")
_CHARSET: Final = re.compile(r"[a-z0-9][a-z0-9_.:+-]{1,39}")


def read_value(field: str, value: object) -> Any:
    """A value of that field as `Handset` has it. Raises BadRequest naming the field."""
    reader = _READERS.get(field)
    if reader is None:
        raise BadRequest(f"{field[:32]}: a handset has no such value; it has {', '.join(_READERS)}")
    return reader(field, value)


def write_value(value: Any) -> Any:
    """A value as JSON and TOML take it: sets sorted, pairs as lists."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return value


def merge(inherited: frozenset[str], field: str, value: object) -> frozenset[str]:
    """A list over an inherited one: entries with + and - change it, a list without them takes its place.

    Raises BadRequest when both kinds stand in one list.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadRequest(f"{field}: give a list of texts")
    changes = [item for item in value if item[:1] in ("+", "-")]
    if not changes:
        found: frozenset[str] = read_value(field, value)
        return found
    if len(changes) != len(value):
        raise BadRequest(f"{field}: write + or - before every entry, or before none")
    more: frozenset[str] = read_value(field, [item[1:] for item in value if item[0] == "+"])
    less: frozenset[str] = read_value(field, [item[1:] for item in value if item[0] == "-"])
    return (inherited | more) - less


def _wrong(field: str, value: object, remedy: str) -> BadRequest:
    return BadRequest(f"{field}: {str(value)[:40]!r} cannot be used; {remedy}")


def _yes_or_no(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, value, "give true or false")
    return value


def _octets(field: str, value: object) -> int:
    return _whole(field, value, MIN_OCTETS, MAX_OCTETS)


def _height(field: str, value: object) -> int:
    return _whole(field, value, 6, 200)


def _whole(field: str, value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _wrong(field, value, f"give a whole number from {least} to {most}")
    return value


def _pair(field: str, value: object) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise _wrong(field, value, "give width and height")
    return (_whole(field, value[0], MIN_PIXELS, MAX_PIXELS), _whole(field, value[1], MIN_PIXELS, MAX_PIXELS))


def _colours(field: str, value: object) -> int:
    if value not in COLOURS or isinstance(value, bool):
        raise _wrong(field, value, f"give one of {', '.join(map(str, COLOURS))}")
    return int(str(value))


def _version(field: str, value: object) -> str:
    if value not in VERSIONS:
        raise _wrong(field, value, f"give one of {', '.join(VERSIONS)}")
    return str(value)


def _smil(field: str, value: object) -> Smil:
    if value not in list(Smil):
        raise _wrong(field, value, f"give one of {', '.join(Smil)}")
    return Smil(str(value))


def _types(field: str, value: object) -> frozenset[str]:
    found = frozenset(canonical(item) for item in _texts(field, value))
    for item in found:
        if not _MEDIA_TYPE.fullmatch(item):
            raise _wrong(field, item, "give media types")
    return found


def _charsets(field: str, value: object) -> frozenset[str]:
    found = frozenset(item.lower() for item in _texts(field, value))
    for item in found:
        if not _CHARSET.fullmatch(item):
            raise _wrong(field, item, "give names of character sets")
    return found


def _texts(field: str, value: object) -> list[str]:
    if not isinstance(value, list | tuple | frozenset) or len(value) > MAX_TYPES:
        raise _wrong(field, value, f"give a list of at most {MAX_TYPES} texts")
    if not all(isinstance(item, str) for item in value):
        raise _wrong(field, value, "give a list of texts")
    return list(value)


_READERS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "mms": _yes_or_no,
    "mms_version": _version,
    "max_octets": _octets,
    "screen": _pair,
    "max_image": _pair,
    "colours": _colours,
    "grey": _yes_or_no,
    "images": _types,
    "sounds": _types,
    "videos": _types,
    "others": _types,
    "animation": _yes_or_no,
    "progressive": _yes_or_no,
    "charsets": _charsets,
    "smil": _smil,
    "text_first": _yes_or_no,
    "text_height": _height,
}

#: Every value that is inherited, in the order people read them.
FIELDS: Final = tuple(_READERS)
#: Those that are lists, and grow and shrink on the way down.
LISTS: Final = ("images", "sounds", "videos", "others", "charsets")
