"""What a client announces in the headers of its requests: media types and character sets it takes. Pure.

The values found are as they stand in the catalogue: a list takes the place of what was known, a list of +… adds to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.core.errors import BadRequest
from mms.handsets.media_types import WILDCARDS, canonical
from mms.handsets.values import MAX_TYPES, read_value

MAX_HEADER: Final = 4096  # characters that are looked at
#: Fields of media types by their first word.
_FIELD: Final = {"image": "images", "audio": "sounds", "video": "videos"}
#: Types of the transport and of presentation, which say nothing of parts.
_ENVELOPES: Final = ("application/vnd.wap.", "application/smil", "multipart/", "application/xhtml", "application/xml")
_PAGES: Final = frozenset({"text/plain", "text/html", "text/css", "text/xml", "application/javascript"})


def read_accept(accept: str, accept_charset: str = "") -> dict[str, list[str]]:
    """Values from the headers Accept and Accept-Charset; what cannot be read says nothing."""
    found = media_values(_named(accept))
    charsets = [f"+{name}" for name in _named(accept_charset) if name not in ("*", "")]
    kept = readable({"charsets": charsets}) if charsets else {}
    return {**found, **kept}


def media_values(names: Iterable[str]) -> dict[str, list[str]]:
    """Values from a list of media types.

    A list that names JPEG or GIF was made with care: it is believed to be whole for pictures, and for sounds and videos
    when it names any. Beside a wildcard it only adds to what is known.
    """
    types = [canonical(name) for name in names]
    everything = "*/*" in types or "*" in types
    by_field: dict[str, list[str]] = {field: [] for field in (*_FIELD.values(), "others")}
    wild: set[str] = set()
    for name in types[:MAX_TYPES]:
        kind, _, rest = name.partition("/")
        field = _FIELD.get(kind, "others")
        if rest == "*":
            wild.add(field)
            by_field[field] += sorted(WILDCARDS.get(kind, ()))
        elif rest and not name.startswith(_ENVELOPES) and name not in _PAGES:
            by_field[field].append(name)
    with_care = not everything and bool({"image/jpeg", "image/gif"} & set(types))
    found: dict[str, list[str]] = {}
    for field, media_types in by_field.items():
        if not media_types:
            continue
        whole = with_care and field != "others" and field not in wild
        found[field] = sorted(set(media_types)) if whole else sorted({f"+{name}" for name in media_types})
    return readable(found)


def readable(values: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The lists without entries that are no media types and no character sets."""
    found: dict[str, list[str]] = {}
    for field, entries in values.items():
        kept = [entry for entry in entries[:MAX_TYPES] if is_readable(field, [entry.removeprefix("+")])]
        if kept:
            found[field] = kept
    return found


def is_readable(field: str, value: Any) -> bool:
    """Whether a value can stand in that field."""
    try:
        read_value(field, value)
    except BadRequest:
        return False
    return True


def _named(header: str) -> list[str]:
    """The entries of a header in order, lower case, without parameters; those with q=0 are left out."""
    found = []
    for entry in header[:MAX_HEADER].split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        if name and not any(one.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for one in parameters):
            found.append(name)
    return found
