"""Templates of a description: text with named values, each escaped for the place it stands in.

`{name}` stands for a value, `{name|json}` for one that is escaped first for something within the place (JSON in a form
field), `{{` and `}}` for the braces themselves. What a value holds never ends the place it stands in.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from gateway.core.errors import ConfigError

Escape = Callable[[str], str]

_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z][\w:.\-\[\]]*)((?:\|[a-z0-9]+)*)\}|[{}]")
# XML 1.0 section 2.2: what no document may hold, however it is written.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_HEADER = re.compile(r"[^\x20-\x7e]")
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"})


def plain(text: str) -> str:
    """The text as it is."""
    return text


def percent(text: str) -> str:
    """The text for a path, a query or a form: everything but letters, digits and -._~ as %XX of its UTF-8."""
    return quote(text, safe="", errors="replace")


def in_json(text: str) -> str:
    """The text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def in_xml(text: str) -> str:
    """The text for an element or an attribute; characters that XML cannot hold become U+FFFD."""
    return _NOT_XML.sub("\ufffd", text).translate(_XML)


def in_header(text: str) -> str:
    """The text for a header: what is not printable ASCII as %XX of its UTF-8, so that no line can end within it."""
    return _NOT_HEADER.sub(lambda found: percent(found[0]), text)


#: What a filter does to a value.
FILTERS: dict[str, Escape] = {
    "percent": percent,
    "json": in_json,
    "xml": in_xml,
    "upper": str.upper,
    "lower": str.lower,
    "query": lambda text: text + ("&" if "?" in text else "?"),  # an address to which fields are added
    "base64": lambda text: base64.b64encode(text.encode("utf-8", "replace")).decode(),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value comes in."""

    name: str
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """Text with slots."""

    parts: tuple[str | Slot, ...]

    @property
    def names(self) -> frozenset[str]:
        """The values it needs."""
        return frozenset(part.name for part in self.parts if isinstance(part, Slot))

    def render(self, values: Mapping[str, str], escape: Escape = plain) -> str:
        """The text with its values, each escaped for the place."""
        return "".join(part if isinstance(part, str) else escape(_filtered(part, values)) for part in self.parts)


def _filtered(slot: Slot, values: Mapping[str, str]) -> str:
    value = values[slot.name]
    for name in slot.filters:
        value = FILTERS[name](value)
    return value


def parse(text: str, known: Collection[str] | None, where: str, extra_filters: Collection[str] = ()) -> Template:
    """Read a template. `known` is what may stand in it (None: anything); `where` names file and key in errors.

    Raises ConfigError for a name nobody gives, a filter there is not, and a brace that stands alone.
    """
    parts: list[str | Slot] = []
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() > at:
            parts.append(text[at : token.start()])
        at = token.end()
        if token[0] in ("{{", "}}"):
            parts.append(token[0][0])
            continue
        name = token[1]
        if name is None:
            raise ConfigError(f"{where}: a brace stands alone at character {token.start() + 1}; write it twice")
        filters = tuple(token[2].split("|")[1:])
        unknown = next((word for word in filters if word not in FILTERS and word not in extra_filters), None)
        if unknown is not None:
            raise ConfigError(f"{where}: there is no filter {unknown!r}; the filters are {', '.join(sorted(FILTERS))}")
        if known is not None and name not in known:
            raise ConfigError(f"{where}: there is no value {name!r}; the values are {', '.join(sorted(known))}")
        parts.append(Slot(name, filters))
    if at < len(text):
        parts.append(text[at:])
    return Template(tuple(parts))
